"""Write a `Feed` as the bytes of a document. Pure: the same feed gives the same bytes."""

from collections.abc import Callable
from typing import Final

from feeds.model import Feed, Format
from feeds.render.json_feed import json_feed
from feeds.render.rss_atom import atom, rss

_RENDERERS: Final[dict[Format, Callable[[Feed], bytes]]] = {
    Format.RSS: rss,
    Format.ATOM: atom,
    Format.JSON: json_feed,
}


def render(feed: Feed, format: Format) -> bytes:
    """Return the feed as a document in UTF-8."""
    return _RENDERERS[format](feed)
