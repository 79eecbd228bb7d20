"""Write OPML 2.0 subscription documents: http://opml.org/spec2.opml"""

from collections.abc import Iterable
from html import escape
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

from feeds.locale import Message
from feeds.locale.locales import locale_of
from feeds.model import FeedSummary, Format, Site

_AT_A_TIME: Final = 256  # elements
_HEADINGS: Final = {
    "topics": Message("Topics"),
    "providers": Message("Providers"),
    "sets": Message("Sets"),
    "stories": Message("Stories"),
}


class _Group:
    """The outlines below one heading, or below none.

    They are serialised a few at a time: thousands of elements take tens of megabytes.
    """

    def __init__(self) -> None:
        self._pending = ET.Element("body")
        self._written = BytesIO()

    def add(self, **attributes: str) -> None:
        """Add an outline."""
        ET.SubElement(self._pending, "outline", attributes)
        if len(self._pending) >= _AT_A_TIME:
            self._write()

    def outlines(self) -> memoryview:
        """Return all outlines as XML."""
        self._write()
        return self._written.getbuffer()

    def _write(self) -> None:
        if len(self._pending):
            body = _serialise(self._pending)
            self._written.write(body.removeprefix(b"<body>").removesuffix(b"</body>"))
            self._pending.clear()


def opml(site: Site, title: str, feeds: Iterable[FeedSummary], format: Format) -> bytes:
    """Return all feeds as outlines, grouped by kind; the feed of everything is in no group."""
    groups: dict[str | int, _Group] = {}  # those without a heading have a number
    for feed in feeds:
        group = groups.setdefault(feed.path.kind if feed.path.names else len(groups), _Group())
        group.add(
            type="rss",  # every reader takes this, whatever the format of the feed
            text=feed.title,
            title=feed.title,
            xmlUrl=site.base_url + feed.address(format),
            htmlUrl=site.base_url + feed.address(),
            **({"description": feed.description} if feed.description else {}),
        )
    head = ET.Element("head")
    ET.SubElement(head, "title").text = title
    document = BytesIO()
    document.write(b"<?xml version='1.0' encoding='utf-8'?>\n")
    document.write(b'<opml version="2.0">%b<body>' % _serialise(head))
    for name, group in groups.items():
        heading = ""
        if isinstance(name, str):
            words = escape(locale_of(site.language).say(_HEADINGS[name]))
            heading = f'<outline text="{words}">'
        document.write(heading.encode())
        document.write(group.outlines())
        document.write(b"</outline>" if heading else b"")
    document.write(b"</body></opml>\n")
    return document.getvalue()


def _serialise(element: ET.Element) -> bytes:
    return bytes(ET.tostring(element, encoding="utf-8", xml_declaration=False))
