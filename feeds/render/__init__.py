"""Write a `Feed` as the bytes of a document. Pure: the same feed gives the same bytes."""

from collections.abc import Callable
from typing import Final

from feeds.model import Feed, Format
from feeds.render.json_feed import json_feed
from feeds.render.rss_atom import atom, rss

Check = Callable[[], None]
_RENDERERS: Final[dict[Format, Callable[[Feed, Check], bytes]]] = {
    Format.RSS: rss,
    Format.ATOM: atom,
    Format.JSON: json_feed,
}


def go_on() -> None:
    """Continue rendering: the check that never stops it."""


def render(feed: Feed, format: Format, check: Check = go_on) -> bytes:
    """Return the feed as a document in UTF-8.

    `check` is called before each entry, and may end the rendering by an exception.
    """
    return _RENDERERS[format](feed, check)
