"""Offer ways to subscribe to a feed: links for readers in common use, a QR code. Pure."""

from typing import Final, NamedTuple
from urllib.parse import quote

import segno


class ReaderLink(NamedTuple):
    """A link that subscribes to a feed with one click."""

    name: str
    address: str


# Each takes the feed's address, percent-encoded, at the end of its own.
_SERVICES: Final = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F"),
    ("Inoreader", "https://www.inoreader.com/?add_feed="),
    ("NewsBlur", "https://www.newsblur.com/?url="),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url="),
)


def reader_links(address: str) -> list[ReaderLink]:
    """Return links that subscribe to the feed at an address."""
    links = [ReaderLink(name, prefix + quote(address, safe="")) for name, prefix in _SERVICES]
    # NetNewsWire, and any other program that a person has set up for `feed:` addresses.
    return [*links, ReaderLink("NetNewsWire", f"feed:{address}")]


def qr_code(address: str) -> str:
    """Return an address as a QR code in SVG, which needs no escaping: it contains no text."""
    code = segno.make(address, error="m", micro=False)
    svg: str = code.svg_inline(border=3, svgclass="qr", lineclass="", omitsize=True, light="#fff")
    return svg
