"""Cursor pagination of a feed's page: its newest entries, or those after a given entry.

A page begins after an entry, not at a number, so new entries do not shift it and every page takes
the same time. There are at most as many pages as entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from starlette.requests import Request

from feeds.catalog.reader import StoredEntry
from feeds.errors import BadParameter, MovedFeed
from feeds.locale import Message
from feeds.model import Feed, FeedSpec
from feeds.render.html.feed_pages import feed_page, story_page
from feeds.selection import loader, story
from feeds.selection.site_view import SiteView

_PARAMETER = "before"


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a feed begins: after the entry of this id, without one at the start.

    `written` is the id as the request spells it.
    """

    id: UUID | None = None
    written: str = ""

    @classmethod
    def of(cls, request: Request) -> "Cursor":
        """Return the cursor that a request gives. Raises BadParameter."""
        written = request.query_params.get(_PARAMETER, "")
        if not written:
            return cls()
        try:
            return cls(UUID(written), written)
        except ValueError:
            raise BadParameter(
                Message("%(name)s must be the id of an article.", name=_PARAMETER)
            ) from None

    def address(self, spec: FeedSpec) -> str:
        """Return the canonical address of the page of a feed that begins here."""
        address = spec.address()
        return _with_id(address, str(self.id)) if self.id else address

    def requested(self, address: str) -> str:
        """Return the address of this page as requested, given that of the feed as requested."""
        return _with_id(address, self.written) if self.id else address

    def entry(self, view: SiteView, spec: FeedSpec, now: datetime) -> StoredEntry | None:
        """Return the entry after which the page begins, None at the start of the feed.

        Raises UnknownFeed for an entry that readers of the feed may not know, and MovedFeed for a
        feed with only one page: a story, or a feed in order of a score.
        """
        if self.id is None:
            return None
        if not _has_pages(spec):
            raise MovedFeed(replace(spec, token="").address())
        return loader.entry(view, spec, self.id, now)


def page(view: SiteView, spec: FeedSpec, now: datetime, cursor: Cursor) -> tuple[Feed, bytes]:
    """Return the entries of a feed from a cursor on, and the page of them as HTML."""
    before = cursor.entry(view, spec, now)
    if not _has_pages(spec):
        feed = loader.load(view, spec, now)
        if spec.story:
            return feed, story_page(feed, view.reader.check_wanted)
        feed = story.with_coverage(view, feed)
        return feed, feed_page(feed, view.reader.check_wanted)
    # One more than are shown, to know whether there are more.
    feed = loader.load(view, replace(spec, limit=spec.limit + 1), now, before)
    has_next = len(feed.entries) > spec.limit
    feed = replace(feed, spec=spec, entries=feed.entries[: spec.limit])
    feed = story.with_coverage(view, feed)
    next_page = Cursor(feed.entries[-1].entry.id).address(spec) if has_next else ""
    return feed, feed_page(
        feed,
        view.reader.check_wanted,
        before=view.feed_entries([before])[0] if before else None,
        here=cursor.address(spec),
        older=next_page,
    )


def _has_pages(spec: FeedSpec) -> bool:
    return spec.story is None and spec.order == "published"


def _with_id(address: str, id: str) -> str:
    return f"{address}{'&' if '?' in address else '?'}{_PARAMETER}={id}"
