"""OPML 2.0 subscription documents: http://opml.org/spec2.opml"""

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from feeds.model import FeedSummary, Format, Site


def opml(site: Site, title: str, feeds: Iterable[FeedSummary], format: Format) -> bytes:
    """All feeds as outlines, grouped by what their path begins with."""
    root = ET.Element("opml", version="2.0")
    head = ET.SubElement(root, "head")
    ET.SubElement(head, "title").text = title
    body = ET.SubElement(root, "body")
    groups: dict[str, ET.Element] = {}
    for feed in feeds:
        kind, _, name = feed.path.strip("/").partition("/")
        parent = body
        if name:
            if kind not in groups:
                groups[kind] = ET.SubElement(body, "outline", text=kind.capitalize())
            parent = groups[kind]
        outline = ET.SubElement(
            parent,
            "outline",
            type="rss",  # every reader takes this, whatever the format behind it
            text=feed.title,
            title=feed.title,
            xmlUrl=site.base_url + feed.address(format),
            htmlUrl=site.base_url + feed.address(),
        )
        if feed.description:
            outline.set("description", feed.description)
    document: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return document + b"\n"
