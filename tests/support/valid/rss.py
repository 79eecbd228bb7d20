"""RSS 2.0: https://www.rssboard.org/rss-specification and /rss-profile"""

from collections import Counter
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from tests.support.feed_readers import ATOM, CONTENT, DC, ITUNES, MEDIA
from tests.support.valid.shared import (
    EDITOR,
    LANGUAGE,
    RFC822,
    RFC3339,
    URI,
    enclosure,
    html,
    is_id,
    media,
    self_links,
)

CHANNEL_ONCE = set(
    "title link description language copyright managingEditor webMaster pubDate lastBuildDate "
    "generator docs cloud ttl image rating textInput skipHours skipDays".split()
)
PODCAST_ONCE = {f"{ITUNES}{name}" for name in "author owner category image explicit".split()}
ITEM_ONCE = {
    f"{ITUNES}duration",
    f"{ITUNES}image",
    *"title link description author comments enclosure guid pubDate source".split(),
    f"{CONTENT}encoded",
    f"{ATOM}updated",
    f"{DC}publisher",
    f"{DC}language",
}
ITEM_MANY = {"category", f"{ATOM}link", f"{DC}creator", f"{MEDIA}content", f"{MEDIA}player"}


DUBLIN_CORE = (f"{DC}creator", f"{DC}publisher")


def check(document: bytes, address: str) -> Iterator[str]:
    """Return what is wrong with an RSS document."""
    root = ET.fromstring(document)
    if (root.tag, root.get("version")) != ("rss", "2.0") or [c.tag for c in root] != ["channel"]:
        yield "is no <rss version='2.0'> with one channel"
        return
    channel = root[0]
    counts = Counter(child.tag for child in channel)
    for name, number in counts.items():
        if name not in CHANNEL_ONCE | PODCAST_ONCE | {"category", "item", f"{ATOM}link"}:
            yield f"channel has an unknown {name}"
        if name in CHANNEL_ONCE | PODCAST_ONCE and number > 1:
            yield f"channel has {number} {name}"
    for name in ("title", "link", "description", "language"):
        if not channel.findtext(name):
            yield f"channel has no {name}"
    first = next((at for at, child in enumerate(channel) if child.tag == "item"), len(channel))
    if any(child.tag != "item" for child in channel[first:]):
        yield "channel goes on after its items"
    yield from _values(channel)
    yield from _podcast(channel)
    yield from self_links(channel, address)
    guids = [item.findtext("guid") for item in channel.iter("item")]
    if len(guids) != len(set(guids)):
        yield "two items have one guid"
    for item in channel.iter("item"):
        yield from _item(item)


def _podcast(channel: ET.Element) -> Iterator[str]:
    """Check what Apple asks of podcasts: https://help.apple.com/itc/podcasts_connect/"""
    if channel.findtext(f"{ITUNES}explicit", "false") not in ("true", "false"):
        yield "explicit is neither true nor false"
    for category in channel.findall(f"{ITUNES}category"):
        parts = category.findall(f"{ITUNES}category")
        if len(parts) > 1 or not all(one.get("text") for one in (category, *parts)):
            yield "category is none"
    for image in channel.iter(f"{ITUNES}image"):
        if set(image.attrib) != {"href"} or not URI(image.get("href", "")):
            yield f"podcast's image is {image.attrib}"
    for owner in channel.findall(f"{ITUNES}owner"):
        names = [(part.tag, bool(part.text)) for part in owner]
        if names != [(f"{ITUNES}name", True), (f"{ITUNES}email", True)]:
            yield "podcast's owner has not one name and one address"
    for duration in channel.iter(f"{ITUNES}duration"):
        if not (duration.text or "").isdecimal():
            yield f"duration is {duration.text!r}"


def _values(channel: ET.Element) -> Iterator[str]:
    for name in ("pubDate", "lastBuildDate"):
        for date in channel.iter(name):
            if not RFC822(date.text or ""):
                yield f"{name} is {date.text!r}"
    if not LANGUAGE(channel.findtext("language", "")):
        yield "language is no code"
    if not URI(channel.findtext("link", "")):
        yield "channel's link is no address"
    editor = channel.findtext("managingEditor")
    if editor is not None and not EDITOR(editor):
        yield f"managingEditor is {editor!r}"
    image = channel.find("image")
    if image is not None:
        if not URI(image.findtext("url", "")):
            yield "image's url is no address"
        for name in ("title", "link"):
            if image.findtext(name) != channel.findtext(name):
                yield f"image's {name} is not the channel's"


def _item(item: ET.Element) -> Iterator[str]:
    counts = Counter(child.tag for child in item)
    for name, number in counts.items():
        if name not in ITEM_ONCE | ITEM_MANY:
            yield f"item has an unknown {name}"
        if name in ITEM_ONCE and number > 1:
            yield f"item has {number} {name}"
    for name in ("title", "link", "description", "guid", "pubDate", *DUBLIN_CORE):
        if not (item.findtext(name) or "").strip():
            yield f"item has no {name}"
    if not LANGUAGE(item.findtext(f"{DC}language", "en")):
        yield "item's language is no code"
    order = [child.tag for child in item]
    if f"{CONTENT}encoded" in order[: order.index("description")]:
        yield "item has its content before its description"
    guid = item.find("guid")
    if guid is None or guid.get("isPermaLink") != "false" or not is_id(guid.text):
        yield "item has a guid that is none"
    if not URI(item.findtext("link", "")):
        yield f"item's link is {item.findtext('link')!r}"
    if not RFC822(item.findtext("pubDate", "")):
        yield f"pubDate is {item.findtext('pubDate')!r}"
    if not RFC3339(item.findtext(f"{ATOM}updated", "")):
        yield f"updated is {item.findtext(f'{ATOM}updated')!r}"
    for category in item.iter("category"):
        if not (category.text or "").strip() or set(category.attrib) - {"domain"}:
            yield "item has a category without a name"
    yield from html(item.findtext("description", ""))
    yield from html(item.findtext(f"{CONTENT}encoded", ""))
    yield from media(item)
    for file in item.findall("enclosure"):
        yield from enclosure(file, "url", has_length=True)
        if set(file.attrib) != {"url", "type", "length"}:
            yield f"enclosure has the attributes {sorted(file.attrib)}"
