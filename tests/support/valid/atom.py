"""Atom 1.0: RFC 4287, with the rules of its RELAX NG schema written out."""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.support.feed_readers import ATOM, DC, XML_LANG
from tests.support.valid.shared import (
    EMAIL,
    LANGUAGE,
    RFC3339,
    URI,
    html,
    is_id,
    links,
    media,
    self_links,
)

TOMBSTONES = "{http://purl.org/atompub/tombstones/1.0}"
BASE_TEXT = {None, "text", "html"}
FEED_ONCE = {f"{ATOM}{name}" for name in "generator icon id logo rights subtitle title".split()} | {
    f"{ATOM}updated"
}
FEED_MANY = {f"{ATOM}{name}" for name in "author category contributor link entry".split()}
ENTRY_ONCE = {
    f"{ATOM}{name}" for name in "content id published rights source summary title updated".split()
}
ENTRY_MANY = {f"{ATOM}{name}" for name in "author category contributor link".split()}


def check(document: bytes, address: str) -> Iterator[str]:
    """Return what is wrong with an Atom document."""
    feed = ET.fromstring(document)
    if feed.tag != f"{ATOM}feed":
        yield "is no Atom feed"
        return
    yield from _children(feed, FEED_ONCE, FEED_MANY)
    yield from _construct(feed)
    yield from self_links(feed, address)
    entries = feed.findall(f"{ATOM}entry")
    if not feed.findall(f"{ATOM}author") and not all(e.findall(f"{ATOM}author") for e in entries):
        yield "an entry has no author, and nor has the feed"  # 4.1.1
    if any(child.tag != f"{ATOM}entry" for child in list(feed)[len(feed) - len(entries) :]):
        yield "feed goes on after its entries"
    for gone in feed.findall(f"{TOMBSTONES}deleted-entry"):  # RFC 6721 3
        if set(gone.attrib) != {"ref", "when"} or not RFC3339(gone.get("when", "")):
            yield f"deleted-entry is {gone.attrib}"
        if not is_id(gone.get("ref")):
            yield "deleted-entry refers to an id that is none"
        if any(entry.findtext(f"{ATOM}id") == gone.get("ref") for entry in entries):
            yield "an entry is shown and deleted"
    ids = [entry.findtext(f"{ATOM}id") for entry in entries]
    if len(ids) != len(set(ids)):
        yield "two entries have one id"  # 4.1.1, as all of them are of one time
    for entry in entries:
        yield from _children(entry, ENTRY_ONCE, ENTRY_MANY)
        yield from _construct(entry)
        yield from links(entry)
        yield from media(entry)
        if len(entry.findall(f"{DC}publisher")) != 1 or not entry.findtext(f"{DC}publisher"):
            yield "entry has not one publisher"
        if not LANGUAGE(entry.get(XML_LANG, "en")):
            yield "entry's language is no code"
        if not is_id(entry.findtext(f"{ATOM}id")):
            yield "entry has an id that is none"
        content = entry.find(f"{ATOM}content")
        if content is not None and content.get("type") == "html":
            yield from html(content.text or "")
        alternates = [
            link
            for link in entry.findall(f"{ATOM}link")
            if link.get("rel", "alternate") == "alternate"
        ]
        if content is None and not alternates:
            yield "entry has neither content nor link"  # 4.1.2


def _children(parent: ET.Element, once: set[str], many: set[str]) -> Iterator[str]:
    """Check which elements there are and how often: RFC 4287 4.1.1 and 4.1.2."""
    counts = Counter(child.tag for child in parent)
    for name, number in counts.items():
        if name.startswith(ATOM) and name not in once | many:
            yield f"{parent.tag} has an unknown {name}"
        if name in once and number > 1:
            yield f"{parent.tag} has {number} {name}"
    for name in ("id", "title", "updated"):
        if not (parent.findtext(f"{ATOM}{name}") or "").strip():
            yield f"{parent.tag} has no {name}"
    for name in ("id", "icon", "logo"):
        for found in parent.findall(f"{ATOM}{name}"):
            if not URI(found.text or ""):
                yield f"{name} is {found.text!r}"


def _construct(parent: ET.Element) -> Iterator[str]:
    """Check texts, persons and dates (RFC 4287 3.1 to 3.3), and categories (4.2.2)."""
    for name in ("title", "subtitle", "rights", "summary", "content"):
        for text in parent.findall(f"{ATOM}{name}"):
            if text.get("type") not in BASE_TEXT or len(text) or set(text.attrib) - {"type"}:
                yield f"{name} is neither text nor html"
    for person in parent.findall(f"{ATOM}author"):
        parts = Counter(child.tag for child in person)
        if parts[f"{ATOM}name"] != 1 or not (person.findtext(f"{ATOM}name") or "").strip():
            yield "author has no name"
        if set(parts) - {f"{ATOM}{name}" for name in ("name", "uri", "email")}:
            yield f"author has {sorted(parts)}"
        if not URI(person.findtext(f"{ATOM}uri", "x:x")):
            yield "author's uri is no address"
        if not EMAIL(person.findtext(f"{ATOM}email", "a@example.org")):
            yield "author's email is none"
    for name in ("updated", "published"):
        for date in parent.findall(f"{ATOM}{name}"):
            if not RFC3339(date.text or ""):
                yield f"{name} is {date.text!r}"
    for category in parent.findall(f"{ATOM}category"):
        if not category.get("term") or category.get("label") == "":
            yield "category has no term"
        if set(category.attrib) - {"term", "scheme", "label"} or not URI(
            category.get("scheme", "x:x")
        ):
            yield f"category is {category.attrib}"
