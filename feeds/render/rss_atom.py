"""Write RSS 2.0 and Atom 1.0 by feedgen. The only module that imports it.

What feedgen 1.0 gets wrong is put right here and nowhere else; each has a test
in `tests/unit/test_feedgen_faults.py`:

- `updated` and `lastBuildDate` default to now, and cannot be cleared: both are
  always set, of the feed and of its entries.
- RSS dates go through the process-wide locale, which other threads see, so its
  formatter is replaced.
- `add_entry` prepends: the order is named.
- The channel's `<link>` is whichever link was added last: the page is that in RSS.
- RSS keeps no link but `self`, no author without an e-mail address and not when
  an entry was updated; entries have no language and no publisher; Media RSS wants
  strings and puts images into a group; links of Atom entries lose all but their address.
  `_FeedExtension` and `_EntryExtension` write these elements themselves.
- Of podcasts it writes no `itunes:explicit` but `yes`, `no` and `clean`, where directories
  take `true` and `false`, and it refuses an image with a query: the extensions write these.
- Atom has no tombstones (RFC 6721): `_FeedExtension` writes them before the entries.
- `label=None` would give an empty category: labels are always given.
- `content` is plain text unless its type is named, and `description` sets the
  Atom summary too, as HTML: each format is given its own.

Characters that XML cannot carry would cost the whole document; `feeds.util.text`
removes them long before.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any, Final

import feedgen.entry
import feedgen.feed
from feedgen.entry import FeedEntry as Element
from feedgen.ext.base import BaseEntryExtension, BaseExtension
from feedgen.feed import FeedGenerator
from lxml import etree

from feeds.locale.locales import Locale, locale_of
from feeds.model import Entry, Feed, FeedEntry, Format, Tombstone, urn
from feeds.podcast import Podcast
from feeds.render.entry_content import (
    authors,
    categories,
    content,
    enclosure,
    files,
    non_empty,
    player,
    story_url,
)

ATOM: Final = "http://www.w3.org/2005/Atom"
DC: Final = "http://purl.org/dc/elements/1.1/"
TOMBSTONES: Final = "http://purl.org/atompub/tombstones/1.0"
ITUNES: Final = "http://www.itunes.com/dtds/podcast-1.0.dtd"
MEDIA: Final = "http://search.yahoo.com/mrss/"
_CONTENT, _TITLE, _CREDIT, _PLAYER = (
    f"{{{MEDIA}}}{name}" for name in ("content", "title", "credit", "player")
)
_CREATOR, _PUBLISHER, _LANGUAGE = (
    f"{{{DC}}}{name}" for name in ("creator", "publisher", "language")
)
_XML_LANG: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_COVER: Final = re.compile(r".*\.(?:jpe?g|png)", re.IGNORECASE).fullmatch
_MEDIUMS: Final = ("audio", "video", "image")
# Atom wants a date even of a feed without entries, and the W3C validator warns of
# dates before 1990.
_NEVER: Final = datetime(2000, 1, 1, tzinfo=UTC)

feedgen.feed.formatRFC2822 = feedgen.entry.formatRFC2822 = format_datetime


def rss(feed: Feed, check: Callable[[], None]) -> bytes:
    """Return a feed as an RSS 2.0 document."""
    document: bytes = _generator(feed, Format.RSS, check).rss_str()
    return document


def atom(feed: Feed, check: Callable[[], None]) -> bytes:
    """Return a feed as an Atom 1.0 document."""
    document: bytes = _generator(feed, Format.ATOM, check).atom_str()
    return document


def _generator(feed: Feed, format: Format, check: Callable[[], None]) -> FeedGenerator:
    site = feed.site
    generator = FeedGenerator()
    generator.register_extension("ours", _FeedExtension, _EntryExtension)
    generator.id(feed.url())
    generator.title(feed.title)
    generator.description(feed.description)
    generator.language(feed.language or site.language)
    generator.generator("feeds")
    generator.updated(feed.updated or _NEVER)
    generator.docs("https://www.rssboard.org/rss-specification")
    name = site.author.name or site.title
    contact = {"email": site.author.email, "uri": site.author.url}
    generator.author(name=name, **non_empty(contact))
    if site.author.email:
        generator.managingEditor(f"{site.author.email} ({name})")
    if site.copyright:
        generator.rights(site.copyright)
    if feed.image:
        _add_image(generator, feed, format)
    alternates = [(feed.url(other), other.media_type) for other in Format if other is not format]
    generator.link(href=feed.url(format), rel="self", type=format.media_type)
    # The first alternate in Atom: some readers take that for the site, whatever its type.
    generator.link(href=feed.url(), rel="alternate", type="text/html")
    if format is Format.ATOM:
        for href, type in alternates:
            generator.link(href=href, rel="alternate", type=type)
    podcast = _podcast(feed) if format is Format.RSS else None
    generator.ours.set(alternates, feed.deleted if format is Format.ATOM else (), podcast)
    scheme = f"{site.base_url}/topics/"
    locale = locale_of(feed.language or site.language)
    for item in feed.entries:
        check()
        _add_entry(generator, item, feed, format, locale, scheme, podcast is not None)
    return generator


def _podcast(feed: Feed) -> Podcast | None:
    """Return what directories have to know of a feed that has audio and may be listed."""
    played = (enclosure(item.entry) for item in feed.entries if item.entry.media)
    if feed.podcast is None or not any(file and file.type.startswith("audio/") for file in played):
        return None
    return feed.podcast._replace(image=feed.podcast.image or feed.image)


def _add_image(generator: FeedGenerator, feed: Feed, format: Format) -> None:
    if format is Format.RSS:
        # RSS 2.0: title and link of an image are those of the channel.
        generator.image(url=feed.image, title=feed.title, link=feed.url())
    else:
        generator.logo(feed.image)
        if feed.site.icon:
            generator.icon(feed.site.icon)


def _add_entry(
    generator: FeedGenerator,
    item: FeedEntry,
    feed: Feed,
    format: Format,
    locale: Locale,
    scheme: str,
    is_podcast: bool,
) -> None:
    entry = item.entry
    element: Element = generator.add_entry(order="append")
    id = str(entry.id)  # computed from its number each time, and needed twice
    element.id(entry.guid or urn(id))
    element.title(entry.title)
    element.link(href=entry.url)
    element.published(entry.published)
    element.updated(item.updated)
    if format is Format.ATOM:
        for author in authors(item):
            details = {"uri": author.url, "email": author.email}
            element.author(name=author.name, **non_empty(details))
    if format is Format.RSS and (file := enclosure(entry)):
        # https://validator.w3.org/feed/docs/error/UseZeroForUnknown.html
        length = str(file.length or 0)
        element.link(href=file.url, rel="enclosure", type=file.type, length=length)
    # Without a summary, feedgen writes the content of an RSS item as its description.
    if entry.summary and format is Format.RSS:
        element.description(escape(entry.summary, quote=False))  # HTML in RSS, text in Atom
    elif entry.summary:
        element.summary(entry.summary, type="text")
    element.content(content(item, locale, full=feed.spec.full), type="html")
    # All at once: for each that is added, feedgen goes through those that it has.
    element.category(
        [
            {"term": term, "label": label, **({"scheme": scheme} if is_topic else {})}
            for term, label, is_topic in categories(item)
        ]
    )
    element.ours.set(item, story_url(feed.site, item, id), is_podcast)


class _FeedExtension(BaseExtension):  # type: ignore[misc] # feedgen has no types
    """In RSS, links to the other formats and the podcast; in Atom, tombstones: RFC 6721.

    Links of Atom are written by feedgen.
    """

    def __init__(self) -> None:
        self._alternates: list[tuple[str, str]] = []
        self._deleted: tuple[Tombstone, ...] = ()
        self._podcast: Podcast | None = None

    def set(
        self,
        alternates: list[tuple[str, str]],
        deleted: tuple[Tombstone, ...],
        podcast: Podcast | None,
    ) -> None:
        self._alternates, self._deleted, self._podcast = alternates, deleted, podcast

    def extend_ns(self) -> dict[str, str]:
        namespaces = {"media": MEDIA, "dc": DC}
        namespaces |= {"at": TOMBSTONES} if self._deleted else {}
        return namespaces | ({"itunes": ITUNES} if self._podcast else {})

    def extend_atom(self, feed: Any) -> Any:
        name = f"{{{TOMBSTONES}}}deleted-entry"
        for tombstone in self._deleted:
            when = tombstone.when.isoformat()
            etree.SubElement(feed, name, ref=tombstone.ref, when=when)
        return feed

    def extend_rss(self, feed: Any) -> Any:
        for href, type in self._alternates:
            etree.SubElement(feed[0], f"{{{ATOM}}}link", rel="alternate", type=type, href=href)
        if self._podcast is not None:
            _add_podcast(feed[0], self._podcast)
        return feed


class _EntryExtension(BaseEntryExtension):  # type: ignore[misc] # feedgen has no types
    """Publisher, language, story, files, and all media as Media RSS; in RSS, authors and time of
    update."""

    def __init__(self) -> None:
        self._item: FeedEntry | None = None
        self._story = ""
        self._is_podcast = False

    def set(self, item: FeedEntry, story: str, is_podcast: bool) -> None:
        self._item, self._story, self._is_podcast = item, story, is_podcast

    def extend_ns(self) -> dict[str, str]:
        return {"media": MEDIA, "dc": DC}

    def extend_rss(self, element: Any) -> Any:
        if self._item is not None:
            for author in authors(self._item):
                etree.SubElement(element, _CREATOR).text = author.name
            etree.SubElement(element, _PUBLISHER).text = self._item.provider.name
            if self._item.entry.language:
                etree.SubElement(element, _LANGUAGE).text = self._item.entry.language
            etree.SubElement(element, f"{{{ATOM}}}updated").text = self._item.updated.isoformat()
            self._add_story(element, f"{{{ATOM}}}link")
            _add_media(element, self._item.entry)
            if self._is_podcast:
                _add_episode(element, self._item.entry)
        return element

    def extend_atom(self, element: Any) -> Any:
        if self._item is not None:
            if self._item.entry.language:
                element.set(_XML_LANG, self._item.entry.language)
            etree.SubElement(element, _PUBLISHER).text = self._item.provider.name
            self._add_story(element, "link")  # feedgen's Atom has no prefixes
            for file in files(self._item.entry):
                details = {"length": _number(file.length), "title": file.title}
                attributes = {"href": file.url, "type": file.type, **non_empty(details)}
                etree.SubElement(element, "link", rel="enclosure", **attributes)
            _add_media(element, self._item.entry)
        return element

    def _add_story(self, element: Any, name: str) -> None:
        """Link to all articles about the same thing: RFC 4287, section 4.2.7.2."""
        if self._story:
            etree.SubElement(element, name, rel="related", type="text/html", href=self._story)


def _add_media(element: Any, entry: Entry) -> None:
    for image in entry.images:
        attributes = {"url": image.url, "medium": "image"}
        if image.width:
            attributes["width"] = str(image.width)
        if image.height:
            attributes["height"] = str(image.height)
        media = etree.SubElement(element, _CONTENT, attributes)
        if image.title:
            etree.SubElement(media, _TITLE, type="plain").text = image.title
        if image.attribution:
            etree.SubElement(media, _CREDIT).text = image.attribution
    for file in files(entry):
        kind = file.type.partition("/")[0]
        details = {
            "fileSize": _number(file.length),
            "medium": kind if kind in _MEDIUMS else "document",
            "duration": _number(file.duration),
        }
        media = etree.SubElement(
            element, _CONTENT, url=file.url, type=file.type, **non_empty(details)
        )
        if file.title:
            etree.SubElement(media, _TITLE, type="plain").text = file.title
    if address := player(entry):
        etree.SubElement(element, _PLAYER, url=address)


def _add_podcast(channel: Any, podcast: Podcast) -> None:
    """Add what podcast directories need: https://help.apple.com/itc/podcasts_connect/#/itcb54353390"""
    etree.SubElement(channel, f"{{{ITUNES}}}author").text = podcast.author
    if podcast.email:
        owner = etree.SubElement(channel, f"{{{ITUNES}}}owner")
        etree.SubElement(owner, f"{{{ITUNES}}}name").text = podcast.author
        etree.SubElement(owner, f"{{{ITUNES}}}email").text = podcast.email
    category = channel
    for name in filter(None, podcast.category):
        category = etree.SubElement(category, f"{{{ITUNES}}}category", text=name)
    if podcast.image:
        etree.SubElement(channel, f"{{{ITUNES}}}image", href=podcast.image)
    etree.SubElement(channel, f"{{{ITUNES}}}explicit").text = str(podcast.explicit).lower()


def _add_episode(item: Any, entry: Entry) -> None:
    file = enclosure(entry)
    if file is None:
        return
    if file.duration:
        etree.SubElement(item, f"{{{ITUNES}}}duration").text = str(file.duration)
    cover = next((one for one in entry.images if _COVER(one.url.partition("?")[0])), None)
    if cover:
        etree.SubElement(item, f"{{{ITUNES}}}image", href=cover.url)


def _number(value: int | None) -> str:
    return "" if value is None else str(value)
