"""What the W3C feed validator and the specifications ask of a feed, checked offline.

`complaints` returns what is wrong with a document; a valid one has nothing. There is
a module for each format, and `shared` for what they have in common.
"""

from feeds.model import Format
from tests.support.valid import atom, jsonfeed, rss


def complaints(document: bytes, format: Format, address: str) -> list[str]:
    """Return what is wrong with a feed that is served at an address."""
    check = {Format.RSS: rss.check, Format.ATOM: atom.check, Format.JSON: jsonfeed.check}[format]
    return list(check(document, address))
