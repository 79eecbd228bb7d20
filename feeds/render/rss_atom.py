"""RSS 2.0 and Atom 1.0, made by feedgen. The only module that imports it.

What feedgen 1.0 gets wrong is put right here and nowhere else; each has a test
in `tests/unit/test_feedgen_faults.py`:

- `updated` and `lastBuildDate` default to now, and cannot be cleared: both are
  always set, of the feed and of its entries.
- RSS dates go through the process-wide locale, which other threads see, so its
  formatter is replaced.
- `add_entry` prepends: the order is named.
- The channel's `<link>` is whichever link was added last: alternate comes last.
- RSS keeps no link but `self`, no author without an e-mail address and not when
  an entry was updated; Media RSS wants strings and puts pictures into a group.
  `_FeedLinks` and `_EntryExtras` write these elements themselves.
- Atom has no tombstones (RFC 6721): `_FeedLinks` writes them before the entries.
- `label=None` would give an empty category: labels are always given.
- `content` is plain text unless its type is named, and `description` sets the
  Atom summary too, as HTML: each format is given its own.

Characters that XML cannot carry would cost the whole document; `feeds.util.text`
removes them long before.
"""

from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any, Final

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry as Item
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.model import Feed, FeedEntry, Format, Tombstone, urn
from feeds.render.entry_content import categories, content, story, summary

ATOM: Final = "http://www.w3.org/2005/Atom"
DC: Final = "http://purl.org/dc/elements/1.1/"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
MEDIA: Final = "http://search.yahoo.com/mrss/"
_CONTENT, _TITLE, _CREDIT, _PLAYER = (
    f"{{{MEDIA}}}{name}" for name in ("content", "title", "credit", "player")
)
# Atom wants a date even of a feed without entries; the W3C validator takes none
# before 1990 for plausible.
_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime


def rss(feed: Feed) -> bytes:
    """An RSS 2.0 document."""
    document: bytes = _generator(feed, Format.RSS).rss_str()
    return document


def atom(feed: Feed) -> bytes:
    """An Atom 1.0 document."""
    document: bytes = _generator(feed, Format.ATOM).atom_str()
    return document


def _generator(feed: Feed, format: Format) -> FeedGenerator:
    site = feed.site
    made = FeedGenerator()
    made.register_extension("links", _FeedLinks, _EntryExtras)
    made.id(feed.url())
    made.title(feed.title)
    made.description(feed.description)
    made.language(feed.language or site.language)
    made.generator("feeds")
    made.updated(feed.updated or _NEVER)
    made.docs("https://www.rssboard.org/rss-specification")
    name = site.author.name or site.title
    made.author(name=name, **_given(email=site.author.email, uri=site.author.url))
    if site.author.email:
        made.managingEditor(f"{site.author.email} ({name})")
    if site.copyright:
        made.rights(site.copyright)
    if feed.image:
        _illustrate(made, feed, format)
    made.link(href=feed.url(format), rel="self", type=format.media_type)
    others = [(feed.url(other), other.media_type) for other in Format if other is not format]
    for href, type in others:
        made.link(href=href, rel="alternate", type=type)
    made.link(href=feed.url(), rel="alternate", type="text/html")
    made.links.give(others, feed.deleted if format is Format.ATOM else ())
    scheme = f"{site.base_url}/topics/"
    for one in feed.entries:
        _add(made, one, feed, format, scheme)
    return made


def _illustrate(made: FeedGenerator, feed: Feed, format: Format) -> None:
    if format is Format.RSS:
        # RSS 2.0: title and link of an image are those of the channel.
        made.image(url=feed.image, title=feed.title, link=feed.url())
    else:
        made.logo(feed.image)
        if feed.site.icon:
            made.icon(feed.site.icon)


def _add(made: FeedGenerator, one: FeedEntry, feed: Feed, format: Format, scheme: str) -> None:
    entry = one.entry
    item: Item = made.add_entry(order="append")
    id = str(entry.id)  # made of its number each time, and wanted twice
    item.id(urn(id))
    item.title(entry.title)
    item.link(href=entry.url)
    item.published(entry.published)
    item.updated(one.updated)
    if format is Format.RSS:
        item.description(escape(summary(one), quote=False))  # HTML in RSS, text in Atom
    else:
        item.author(name=one.provider.name, uri=f"https://{one.provider.domain}/")
        item.summary(summary(one), type="text")
    item.content(content(one, full=feed.spec.full), type="html")
    # All at once: feedgen goes over those it has for each that is added.
    item.category(
        [
            {"term": term, "label": label, **({"scheme": scheme} if is_topic else {})}
            for term, label, is_topic in categories(one)
        ]
    )
    item.links.give(one, story(feed.site, id))


def _given(**values: str) -> dict[str, str]:
    return {name: value for name, value in values.items() if value}


class _FeedLinks(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """Links to a feed's other formats in RSS; in Atom, feedgen's own will do.

    In Atom what has been withdrawn: RFC 6721.
    """

    def __init__(self) -> None:
        self._others: list[tuple[str, str]] = []
        self._deleted: tuple[Tombstone, ...] = ()

    def give(self, others: list[tuple[str, str]], deleted: tuple[Tombstone, ...]) -> None:
        self._others = others
        self._deleted = deleted

    def extend_ns(self) -> dict[str, str]:
        found = {"media": MEDIA, "dc": DC}
        return found | {"at": TOMBSTONES} if self._deleted else found

    def extend_atom(self, feed: Any) -> Any:
        for one in self._deleted:
            etree.SubElement(
                feed,
                f"{{{TOMBSTONES}}}deleted-entry",
                ref=one.urn,
                when=one.when.isoformat(),
            )
        return feed

    def extend_rss(self, feed: Any) -> Any:
        for href, type in self._others:
            etree.SubElement(feed[0], f"{{{ATOM}}}link", rel="alternate", type=type, href=href)
        return feed


class _EntryExtras(BaseEntryExtension):  # type: ignore[misc] # feedgen has no types
    """The story, pictures and players as Media RSS; in RSS, author and time of update."""

    def __init__(self) -> None:
        self._one: FeedEntry | None = None
        self._story = ""

    def give(self, one: FeedEntry, story: str) -> None:
        self._one, self._story = one, story

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA, "dc": DC}

    def extend_rss(self, item: Any) -> Any:
        if self._one is not None:
            etree.SubElement(item, f"{{{DC}}}creator").text = self._one.provider.name
            etree.SubElement(item, f"{{{ATOM}}}updated").text = self._one.updated.isoformat()
            self._link(item, f"{{{ATOM}}}link")
            self._media(item, self._one)
        return item

    def extend_atom(self, item: Any) -> Any:
        if self._one is not None:
            self._link(item, "link")  # feedgen's Atom has no prefixes
            self._media(item, self._one)
        return item

    def _link(self, item: Any, name: str) -> None:
        """To all that was written about the same thing: RFC 4287 4.2.7.2."""
        etree.SubElement(item, name, rel="related", type="text/html", href=self._story)

    def _media(self, item: Any, one: FeedEntry) -> None:
        for image in one.entry.images:
            given = {"url": image.url, "medium": "image"}
            if image.width:
                given["width"] = str(image.width)
            if image.height:
                given["height"] = str(image.height)
            made = etree.SubElement(item, _CONTENT, given)
            if image.title:
                etree.SubElement(made, _TITLE, type="plain").text = image.title
            if image.attribution:
                etree.SubElement(made, _CREDIT).text = image.attribution
        if one.entry.embed:
            etree.SubElement(item, _PLAYER, url=one.entry.embed)
