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


# Most of a page: a code of 300 characters takes 25 ms, one of 2,000 takes 200 ms.
_LONGEST_IN_CODE: Final = 300


def qr_code(address: str) -> str:
    """Return an address as a QR code in SVG, which needs no escaping: it contains no text.

    Empty for an address that is too long to scan.
    """
    if len(address) > _LONGEST_IN_CODE:
        return ""
    code = segno.make(address, error="m", micro=False)
    svg: str = code.svg_inline(border=3, svgclass="qr", lineclass="", omitsize=True, light="#fff")
    return svg
