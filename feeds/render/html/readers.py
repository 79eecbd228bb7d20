"""Where people read feeds, and how a feed is handed to their reader. Pure."""

from typing import Final, NamedTuple
from urllib.parse import quote


class Reader(NamedTuple):
    """A way to subscribe that takes one click."""

    name: str
    address: str


# Each takes the feed's address, percent-encoded, at the end of its own.
_SERVICES: Final = (
    ("Feedly", "https://feedly.com/i/subscription/feed%2F"),
    ("Inoreader", "https://www.inoreader.com/?add_feed="),
    ("NewsBlur", "https://www.newsblur.com/?url="),
    ("The Old Reader", "https://theoldreader.com/feeds/subscribe?url="),
)


def readers(address: str) -> list[Reader]:
    """Links that subscribe to a feed, for readers in common use."""
    found = [Reader(name, before + quote(address, safe="")) for name, before in _SERVICES]
    # NetNewsWire, and whatever else a person has set up for `feed:` addresses.
    return [*found, Reader("NetNewsWire", f"feed:{address}")]
