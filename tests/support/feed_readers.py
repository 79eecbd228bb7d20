"""Feeds read back by parsers that know nothing of this project.

`read` takes each format by its specification alone, to the letter. `subscribe`
reads as feedparser does, which is how readers do it: it mends what it takes for
mistakes, so hostile text may come out of it changed.
"""

import calendar
import html
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import struct_time
from typing import Any
from xml.etree import ElementTree as ET

import feedparser

from feeds.model import Format

ATOM = "{http://www.w3.org/2005/Atom}"
CONTENT = "{http://purl.org/rss/1.0/modules/content/}"
DC = "{http://purl.org/dc/elements/1.1/}"
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ITUNES = "{http://www.itunes.com/dtds/podcast-1.0.dtd}"
MEDIA = "{http://search.yahoo.com/mrss/}"


@dataclass(frozen=True)
class ReadEntry:
    """An entry, as all three formats can express it."""

    id: str
    url: str
    title: str
    published: datetime
    updated: datetime
    authors: tuple[str, ...]
    publisher: str
    language: str
    categories: tuple[str, ...]
    summary: str
    content: str
    files: tuple["ReadFile", ...] = ()


@dataclass(frozen=True)
class ReadFile:
    """A file of an entry, such as a recording; bytes and seconds, 0 where they are unknown."""

    url: str
    type: str
    length: int
    duration: int


@dataclass(frozen=True)
class ReadFeed:
    """A feed, as all three formats can express it; only `self` differs between them."""

    title: str
    description: str
    page: str
    self: str
    entries: tuple[ReadEntry, ...]


def read(document: bytes, format: Format) -> ReadFeed:
    """Read a feed by its format's specification."""
    return {Format.RSS: _read_rss, Format.ATOM: _read_atom, Format.JSON: _read_json}[format](
        document
    )


def _read_rss(document: bytes) -> ReadFeed:
    channel = ET.fromstring(document)[0]
    return ReadFeed(
        _text(channel, "title"),
        _text(channel, "description"),
        _text(channel, "link"),
        next(link.attrib["href"] for link in channel.iter(f"{ATOM}link") if _rel(link) == "self"),
        tuple(
            ReadEntry(
                id=_text(item, "guid"),
                url=_text(item, "link"),
                title=_text(item, "title"),
                published=parsedate_to_datetime(_text(item, "pubDate")),
                updated=datetime.fromisoformat(_text(item, f"{ATOM}updated")),
                authors=tuple(one.text or "" for one in item.iter(f"{DC}creator")),
                publisher=_text(item, f"{DC}publisher"),
                language=item.findtext(f"{DC}language", ""),
                categories=tuple(one.text or "" for one in item.iter("category")),
                # HTML, by usage; where it is alone, it is the content.
                summary=html.unescape(_text(item, "description")) if has_both else "",
                content=_text(item, f"{CONTENT}encoded" if has_both else "description"),
                files=_files(item),
            )
            for item in channel.iter("item")
            for has_both in [item.find(f"{CONTENT}encoded") is not None]
        ),
    )


def _read_atom(document: bytes) -> ReadFeed:
    feed = ET.fromstring(document)
    links = feed.findall(f"{ATOM}link")
    return ReadFeed(
        _text(feed, f"{ATOM}title"),
        _text(feed, f"{ATOM}subtitle"),
        next(
            link.attrib["href"]
            for link in links
            if _rel(link) == "alternate" and link.get("type") == "text/html"
        ),
        next(link.attrib["href"] for link in links if _rel(link) == "self"),
        tuple(
            ReadEntry(
                id=_text(entry, f"{ATOM}id"),
                url=next(
                    link.attrib["href"]
                    for link in entry.iter(f"{ATOM}link")
                    if _rel(link) == "alternate"
                ),
                title=_text(entry, f"{ATOM}title"),
                published=datetime.fromisoformat(_text(entry, f"{ATOM}published")),
                updated=datetime.fromisoformat(_text(entry, f"{ATOM}updated")),
                authors=tuple(_text(one, f"{ATOM}name") for one in entry.iter(f"{ATOM}author")),
                publisher=_text(entry, f"{DC}publisher"),
                language=entry.get(XML_LANG, ""),
                categories=tuple(one.attrib["label"] for one in entry.iter(f"{ATOM}category")),
                summary=entry.findtext(f"{ATOM}summary", ""),
                content=_text(entry, f"{ATOM}content"),
                files=_files(entry),
            )
            for entry in feed.iter(f"{ATOM}entry")
        ),
    )


def _files(parent: ET.Element) -> tuple[ReadFile, ...]:
    """Read the files of an entry; images have no type."""
    return tuple(
        ReadFile(
            file.attrib["url"],
            file.attrib["type"],
            int(file.get("fileSize", "0")),
            int(file.get("duration", "0")),
        )
        for file in parent.findall(f"{MEDIA}content")
        if file.get("type")
    )


def _text(element: ET.Element, path: str) -> str:
    found = element.find(path)
    assert found is not None, path
    return found.text or ""


def _rel(link: ET.Element) -> str:
    return link.get("rel", "alternate")


def _read_json(document: bytes) -> ReadFeed:
    feed = json.loads(document)
    return ReadFeed(
        feed["title"],
        feed["description"],
        feed["home_page_url"],
        feed["feed_url"],
        tuple(
            ReadEntry(
                id=item["id"],
                url=item["url"],
                title=item["title"],
                published=datetime.fromisoformat(item["date_published"]),
                updated=datetime.fromisoformat(item["date_modified"]),
                authors=tuple(author["name"] for author in item["authors"]),
                publisher=item["_feeds"]["provider"]["name"],
                language=item.get("language", ""),
                categories=tuple(item.get("tags", [])),
                summary=item.get("summary", ""),
                content=item["content_html"],
                files=tuple(
                    ReadFile(
                        file["url"],
                        file["mime_type"],
                        file.get("size_in_bytes", 0),
                        file.get("duration_in_seconds", 0),
                    )
                    for file in item.get("attachments", [])
                ),
            )
            for item in feed["items"]
        ),
    )


def subscribe(document: bytes) -> ReadFeed:
    """Read RSS or Atom with feedparser, which must find no fault in it."""
    parsed = feedparser.parse(document, sanitize_html=False, resolve_relative_uris=False)
    assert parsed.bozo is False, parsed.get("bozo_exception")
    assert parsed.version in ("rss20", "atom10")
    return ReadFeed(
        parsed.feed.title,
        parsed.feed.subtitle,
        parsed.feed.link,
        next(link.href for link in parsed.feed.links if link.rel == "self"),
        tuple(
            _subscribed(entry, parsed.version, parsed.feed.title_detail.language)
            for entry in parsed.entries
        ),
    )


def _subscribed(entry: Any, version: str, language: str) -> ReadEntry:
    own = entry.title_detail.language  # in Atom that of the feed where the entry has none
    content = entry.content[0].value if "content" in entry else entry.summary
    # Where there is none, feedparser takes the content for it.
    summary = "" if entry.summary == content else entry.summary
    return ReadEntry(
        id=entry.id,
        url=entry.link,
        title=entry.title,
        published=_moment(entry.published_parsed),
        updated=_moment(entry.updated_parsed),
        authors=tuple(author.name for author in entry.authors),
        publisher=entry.publisher,
        language=entry.get("language", "") or (own if own != language else ""),
        categories=tuple(tag.label or tag.term for tag in entry.get("tags", [])),
        summary=html.unescape(summary) if version == "rss20" else summary,
        content=content,
        files=tuple(
            ReadFile(
                file["url"],
                file["type"],
                int(file.get("filesize", 0)),
                int(file.get("duration", 0)),
            )
            for file in entry.get("media_content", [])
            if "type" in file
        ),
    )


def _moment(parsed: struct_time) -> datetime:
    return datetime.fromtimestamp(calendar.timegm(parsed), UTC)


def outlines(document: bytes) -> list[ET.Element]:
    """Return the outlines of an OPML document that lead to feeds."""
    return [one for one in ET.fromstring(document).iter("outline") if one.get("xmlUrl")]
