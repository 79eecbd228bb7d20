"""A `Feed`, to the bytes of a document. Pure: the same feed gives the same bytes."""

from collections.abc import Callable
from typing import Final

from feeds.model import Feed, Format
from feeds.render import json_feed as jsonfeed
from feeds.render import rss_atom

RENDERERS: Final[dict[Format, Callable[[Feed], bytes]]] = {
    Format.RSS: rss_atom.rss,
    Format.ATOM: rss_atom.atom,
    Format.JSON: jsonfeed.json_feed,
}


def render(feed: Feed, format: Format) -> bytes:
    """The feed as a document, in UTF-8."""
    return RENDERERS[format](feed)
