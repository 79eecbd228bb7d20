"""The page of a feed: its newest entries, or those that come after one.

A page begins at an entry and not at a number, so what is new moves nothing and
every page costs the same. There are as many as there are entries, and no more.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from starlette.requests import Request

from feeds.errors import BadParameter, MovedFeed
from feeds.model import Feed, FeedSpec
from feeds.render import html
from feeds.selection import loader
from feeds.selection.site_view import SiteView

_PARAMETER = "before"


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a feed its page begins: after an entry, or at its start."""

    id: UUID | None = None
    written: str = ""

    def address(self, spec: FeedSpec) -> str:
        """The one address of a feed's page that begins here."""
        start = spec.address()
        return start + _then(start, str(self.id)) if self.id else start

    def asked(self, address: str) -> str:
        """The address that was asked for, from the part of it that says which feed."""
        return address + _then(address, self.written) if self.id else address


def place_of(request: Request) -> Place:
    """The place that a request is for. Raises BadParameter."""
    written = request.query_params.get(_PARAMETER, "")
    if not written:
        return Place()
    try:
        return Place(UUID(written), written)
    except ValueError:
        raise BadParameter(f"{_PARAMETER} is the id of an article.") from None


def _then(address: str, id: str) -> str:
    return f"{'&' if '?' in address else '?'}{_PARAMETER}={id}"


def page(view: SiteView, spec: FeedSpec, now: datetime, place: Place) -> tuple[Feed, bytes]:
    """The feed from a place on, and its page."""
    if spec.story or spec.order != "published":
        if place.id:
            raise MovedFeed(
                replace(spec, token="").address()
            )  # all of it is on one page, or in no lasting order
        feed = loader.load(view, spec, now)
        return feed, (html.story_page if spec.story else html.feed_page)(feed)
    before = loader.entry(view, spec, place.id, now) if place.id else None
    # One more than are shown, to know whether there are more.
    feed = loader.load(view, replace(spec, limit=spec.limit + 1), now, before)
    more = len(feed.entries) > spec.limit
    feed = replace(feed, spec=spec, entries=feed.entries[: spec.limit])
    older = Place(feed.entries[-1].entry.id) if more else None
    shown = view.feed_entries([before])[0] if before else None
    return feed, html.feed_page(
        feed,
        before=shown,
        here=place.address(spec),
        older=older.address(spec) if older else "",
    )
