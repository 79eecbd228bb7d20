"""Values, links, pictures and HTML: the same wherever they stand."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

from tests.support.feed_readers import ATOM, MEDIA

RFC822 = re.compile(
    r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) "
    r"\d{4} \d\d:\d\d:\d\d [+-]\d{4}"
).fullmatch
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)").fullmatch
EMAIL = re.compile(r"[\w.+'-]+@([\w-]+\.)+[\w-]+").fullmatch
EDITOR = re.compile(r"[\w.+'-]+@([\w-]+\.)+[\w-]+ \(.+\)").fullmatch
LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*").fullmatch
MIME = re.compile(r"[\w.+-]+/[\w.+-]+").fullmatch
URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[0-9A-Za-z;/?:@&=+$.\-_!~*'()%,#]+").fullmatch

# Elements that the W3C validator takes for safe, as far as an article needs them.
SAFE_TAGS = set(
    "a abbr b blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strong sub sup "
    "table tbody td tfoot th thead tr tt u ul var".split()
)

MEDIUMS = ("audio", "video", "document", "image")


def self_links(parent: ET.Element, address: str) -> Iterator[str]:
    """Check that a feed has exactly one link to itself, to the address that it is served at."""
    found = [link for link in parent.findall(f"{ATOM}link") if link.get("rel") == "self"]
    hrefs = [link.get("href") for link in found]
    if hrefs != [address]:
        yield f"links to itself as {hrefs}, not {address}"
    yield from links(parent)


def links(parent: ET.Element) -> Iterator[str]:
    """Check atom:link in Atom and in RSS: RFC 4287 4.2.7."""
    seen = set()
    for link in parent.findall(f"{ATOM}link"):
        rel, type = link.get("rel", "alternate"), link.get("type", "")
        if not URI(link.get("href", "")):
            yield f"a link has the href {link.get('href')!r}"
        if type and not MIME(type):
            yield f"a link has the type {type!r}"
        if set(link.attrib) - {"href", "rel", "type", "hreflang", "title", "length"}:
            yield f"a link has the attributes {sorted(link.attrib)}"
        if rel == "enclosure":  # 4.2.7.2: there may be several, each to a file of its own
            yield from enclosure(link, "href", has_length=False)
        kind = (rel, type, link.get("hreflang"), link.get("href") if rel == "enclosure" else "")
        if kind in seen:
            yield f"two links are {rel} of type {type!r}"
        seen.add(kind)
        if (link.text or "").strip() or len(link):
            yield "a link has content"


def enclosure(element: ET.Element, address: str, *, has_length: bool) -> Iterator[str]:
    """Check a file of an entry: its address, its type and its length."""
    if not re.match("https?://", element.get(address, "")):
        yield f"enclosure is at {element.get(address)!r}"
    if not MIME(element.get("type", "")):
        yield f"enclosure is of type {element.get('type')!r}"
    length = element.get("length")
    if not re.fullmatch(
        "[0-9]+" if has_length else "[1-9][0-9]*", length or ("" if has_length else "1")
    ):
        yield f"enclosure has the length {length!r}"


def is_id(text: str | None) -> bool:
    """Return whether this is an id that this project gives an entry, or one that an article may
    give itself: an absolute URI, of the tags and URNs those that the W3C validator takes."""
    scheme, _, rest = (text or "").partition(":")
    if rest.startswith("uuid:"):
        return bool(re.fullmatch(r"uuid:[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", rest))
    asked = {
        "tag": r"([a-z0-9\-._]+?@)?[a-z0-9.\-]+?,\d{4}(-\d{2}(-\d{2})?)?:[\w;/?:@&=+$.!~*'(),%#-]*",
        "urn": r"[a-zA-Z0-9][a-zA-Z0-9-]{1,31}:([a-zA-Z0-9()+,.:=@;$_!*'\-]|%[0-9A-Fa-f]{2})+",
    }
    return bool(URI(text or "") and re.fullmatch(asked.get(scheme.lower(), ".+"), rest))


def media(parent: ET.Element) -> Iterator[str]:
    """Check the elements of Media RSS: https://www.rssboard.org/media-rss"""
    for content in parent.iter(f"{MEDIA}content"):
        medium, type = content.get("medium", ""), content.get("type")
        is_picture = type is None
        if not URI(content.get("url", "")) or medium not in MEDIUMS[is_picture:]:
            yield f"media:content is {content.attrib}"
        sizes = {"width", "height"} if is_picture else {"fileSize", "duration"}
        if set(content.attrib) - {"url", "medium", "type", *sizes}:
            yield f"media:content has the attributes {sorted(content.attrib)}"
        if type is not None and not MIME(type):
            yield f"media:content has the type {type!r}"
        for size in sizes:
            if not re.fullmatch(r"[1-9]\d*", content.get(size, "1")):
                yield f"media:content has the {size} {content.get(size)!r}"
        for child in content:
            if child.tag not in (f"{MEDIA}title", f"{MEDIA}credit") or not child.text:
                yield f"media:content has an odd {child.tag}"
    for player in parent.iter(f"{MEDIA}player"):
        if not URI(player.get("url", "")):
            yield f"media:player is {player.attrib}"


def html(source: str) -> Iterator[str]:
    """Check that HTML has only what is safe, and no address that depends on where it is read."""
    found = _Html()
    found.feed(source)
    found.close()
    yield from found.complaints


class _Html(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.complaints: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in SAFE_TAGS:
            self.complaints.append(f"content has <{tag}>")
        for name, value in attrs:
            if name in ("href", "src", "cite") and not urlsplit(value or "").scheme:
                self.complaints.append(f"content has the relative {name} {value!r}")
            if name.startswith("on") or name == "style":
                self.complaints.append(f"content has the attribute {name}")
