"""What is in a feed: its entries in order, and its dates."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from feeds.catalog import tombstones as graves
from feeds.catalog.merge import key_of
from feeds.catalog.payload import moment
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.catalog.reader import Stored, tiers
from feeds.errors import UnknownFeed
from feeds.model import Criteria, Feed, FeedSpec, Since, Tombstone
from feeds.selection import criteria, matcher, story
from feeds.selection.site_view import EVERYTHING, FeedKeys, SiteView
from feeds.selection.titles import heading
from feeds.util import durations

_ALL: Final = 2**31
_NEVER: Final = 2**62


def load(
    view: SiteView,
    spec: FeedSpec,
    now: datetime,
    after: Stored | None = None,
) -> Feed:
    """The feed with its entries, as of a moment: only feeds over a span of time need it.

    With `after`, those that come after an entry.
    """
    if spec.story:
        return story.load(view, spec, now)
    query = _query(view, spec, now)
    if after is not None:
        filters = [filter._replace(after=after.position) for filter in query.filters]
        query = query._replace(filters=filters)
    stored = view.reader.select(view.connection, query)
    last = _last(spec, stored)
    left, configured = _shaped(view, spec)
    deleted: list[Tombstone] = []
    if left:  # whatever leaves a tombstone in a place departs from it
        deleted = graves.tombstones(view.connection, query, last)
    modified = max((one.modified for one in (*stored, *([after] if after else []))), default=0)
    updated = max((one.updated for one in stored), default=None)
    title, description, image, language = heading(view, spec)
    return Feed(
        spec=spec,
        site=view.config.site,
        title=title,
        description=description,
        entries=view.feed_entries(stored),
        updated=None if updated is None else moment(updated),
        modified=moment(max(modified, left, configured, _aged(view, spec, now))),
        image=image,
        language=language,
        expires=criteria.expires(spec, (one.entry.published for one in stored), now),
        deleted=tuple(deleted),
    )


def _last(spec: FeedSpec, stored: list[Stored]) -> tuple[int, int] | None:
    """Where the last entry of a full document stands: what stood below has left it anyway."""
    if len(stored) < spec.limit or not stored:
        return None
    if spec.order != "published":
        return _NEVER, 0  # nobody can tell how far a score would have reached
    last = stored[-1].entry
    return int(last.published.timestamp()), key_of(last.id.bytes)


def count(view: SiteView, spec: FeedSpec, now: datetime) -> int:
    """How many entries belong to a feed, whether its document has room for them or not."""
    query = _query(view, spec, now)._replace(limit=_ALL, order="published")
    return len(view.reader.find(view.connection, query))


def qualities(view: SiteView, spec: FeedSpec, now: datetime) -> list[float]:
    """The scores of the first entries of a feed, of those that have one."""
    positions = view.reader.find(view.connection, _query(view, spec, now))
    return view.reader.qualities(view.connection, positions)


def entry(view: SiteView, spec: FeedSpec, id: UUID, now: datetime) -> Stored:
    """Return an entry that readers of a feed may know of: of drafts, only those in it.

    Raises UnknownFeed.
    """
    stored = view.reader.entry(view.connection, id)
    if (
        stored is None
        or stored.tier not in tiers(spec.unpublished, related=True)
        or not (stored.entry.public or matcher.is_met(spec.criteria, view.facts(stored), now))
    ):
        raise UnknownFeed(f"There is no article {id}.", ("/",))
    return stored


def change_keys(view: SiteView, feed: Feed) -> FeedKeys:
    """Return the keys of changes after which a loaded feed may be another."""
    return story.change_keys(view, feed) if feed.spec.story else view.change_keys(feed.spec)


def last_removal(view: SiteView, parts: Iterable[str]) -> datetime:
    """Return when an entry last left the site, or parts of its configuration last changed."""
    return moment(max(view.reader.shaped(view.connection, [EVERYTHING], view.publicity(), parts)))


def _shaped(view: SiteView, spec: FeedSpec) -> tuple[int, int]:
    """When an entry may last have left a feed, and when what shapes it was changed."""
    public = view.publicity(spec.unpublished)
    parts = ["site", f"set/{spec.set}"] if spec.set else ["site"]
    return view.reader.shaped(view.connection, view.removal_keys(spec), public, parts)


# --- spans of time: they change a feed without any change of the catalog -------


def _aged(view: SiteView, spec: FeedSpec, now: datetime) -> int:
    """When an entry last became too old for a span, in seconds since 1970, or 0."""
    latest = 0
    for one in spec.criteria:
        span = min((since.span for since in one.since if since.moment is None), default=0)
        if span:
            end = int(now.timestamp()) - span
            filter = _filter(view, _without_spans(one), now)._replace(before=end)
            query = EntryQuery(tiers(spec.unpublished, spec.related), 1, [filter])
            for left in view.reader.select(view.connection, query):
                latest = max(latest, int(left.entry.published.timestamp()) + span + 1)
    return latest


def _without_spans(one: Criteria) -> Criteria:
    return replace(one, since=tuple(since for since in one.since if since.moment is not None))


# --- in the catalog's own terms ------------------------------------------------


def _query(view: SiteView, spec: FeedSpec, now: datetime) -> EntryQuery:
    filters = [_filter(view, criteria, now) for criteria in spec.criteria]
    return EntryQuery(tiers(spec.unpublished, spec.related), spec.limit, filters, spec.order)


def _filter(view: SiteView, one: Criteria, now: datetime) -> EntryFilter:
    return EntryFilter(
        topics=tuple(tuple(view.topic_ids(group)) for group in one.topics),
        providers=None if one.providers is None else tuple(view.provider_ids(one.providers)),
        kinds=None if one.kinds is None else tuple(sorted(one.kinds)),
        phrases=one.phrases,
        min_quality=one.min_quality,
        since=_earliest(one.since, now),
        not_topics=tuple(view.topic_ids(one.not_topics)),
        not_providers=tuple(view.provider_ids(one.not_providers)),
        not_phrases=one.not_phrases,
        tiers=None if one.shown is None else tiers(*one.shown),
    )


def _earliest(limits: tuple[Since, ...], now: datetime) -> int | None:
    moments = [durations.earliest(limit, now).timestamp() for limit in limits]
    return int(max(moments)) if moments else None
