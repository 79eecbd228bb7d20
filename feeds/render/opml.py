"""OPML 2.0 subscription documents: http://opml.org/spec2.opml"""

from collections.abc import Iterable
from io import BytesIO
from typing import Final
from xml.etree import ElementTree as ET

from feeds.model import FeedSummary, Format, Site

_AT_A_TIME: Final = 256  # elements


class _Group:
    """Outlines below one heading, or none: written bit by bit.

    Thousands of elements at a time are tens of megabytes.
    """

    def __init__(self) -> None:
        self._waiting = ET.Element("body")
        self._written = BytesIO()

    def add(self, **attributes: str) -> None:
        """One more."""
        ET.SubElement(self._waiting, "outline", attributes)
        if len(self._waiting) >= _AT_A_TIME:
            self._write()

    def outlines(self) -> memoryview:
        """All of them."""
        self._write()
        return self._written.getbuffer()

    def _write(self) -> None:
        if len(self._waiting):
            body: bytes = ET.tostring(self._waiting, encoding="utf-8", xml_declaration=False)
            self._written.write(body.removeprefix(b"<body>").removesuffix(b"</body>"))
            self._waiting.clear()


def opml(site: Site, title: str, feeds: Iterable[FeedSummary], format: Format) -> bytes:
    """Return all feeds as outlines, grouped by kind; the feed of everything is in no group."""
    groups: dict[str | int, _Group] = {}  # what is in none has a place of its own
    for feed in feeds:
        described = {"description": feed.description} if feed.description else {}
        groups.setdefault(feed.path.kind if feed.path.names else len(groups), _Group()).add(
            type="rss",  # every reader takes this, whatever the format behind it
            text=feed.title,
            title=feed.title,
            xmlUrl=site.base_url + feed.address(format),
            htmlUrl=site.base_url + feed.address(),
            **described,
        )
    head = ET.Element("head")
    ET.SubElement(head, "title").text = title
    document = BytesIO()
    document.write(b"<?xml version='1.0' encoding='utf-8'?>\n")
    document.write(
        b'<opml version="2.0">%b<body>' % ET.tostring(head, encoding="utf-8", xml_declaration=False)
    )
    for name, group in groups.items():
        heading = f'<outline text="{name.capitalize()}">' if isinstance(name, str) else ""
        document.write(heading.encode())
        document.write(group.outlines())
        document.write(b"</outline>" if heading else b"")
    document.write(b"</body></opml>\n")
    return document.getvalue()
