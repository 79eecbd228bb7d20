"""Load a feed: its entries in order, and when it last changed."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from feeds.catalog import tombstones
from feeds.catalog.merge import key_of
from feeds.catalog.payload import moment
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.catalog.reader import StoredEntry, tiers
from feeds.errors import SelectionTooSlow, UnknownFeed
from feeds.locale import Message
from feeds.model import Criteria, Feed, FeedSpec, Since
from feeds.selection import matcher, story
from feeds.selection.criteria import expires
from feeds.selection.site_view import FeedKeys, SiteView
from feeds.selection.titles import heading
from feeds.util import durations

_ALL: Final = 2**31
_NEVER: Final = 2**62


def load(view: SiteView, spec: FeedSpec, now: datetime, after: StoredEntry | None = None) -> Feed:
    """Return a feed with its entries, or with those that come after an entry.

    Spans of time end at `now`.
    """
    if spec.story:
        return story.load(view, spec, now)
    query = _query(view, spec, now)
    if after is not None:
        filters = [filter._replace(after=after.position) for filter in query.filters]
        query = query._replace(filters=filters)
    try:
        rows = view.reader.select(view.connection, query)
    except SelectionTooSlow:
        raise SelectionTooSlow(spec.set) from None
    parts = [f"set/{spec.set}"] if spec.set else []
    levels = view.levels(spec.unpublished, private=spec.private)
    departures = view.departures(view.removal_keys(spec), levels, parts)
    deleted = []
    if departures.removed:  # everything that leaves a tombstone has been removed
        deleted = tombstones.select(view.connection, query, _last_position(spec, rows))
    shown = (*rows, after) if after else rows
    title, description, image, language, podcast = heading(view, spec)
    return Feed(
        spec=spec,
        site=view.config.site,
        title=title,
        description=description,
        entries=view.feed_entries(rows, query.tiers),
        updated=moment(max(row.updated for row in rows)) if rows else None,
        modified=departures.modified((row.modified for row in shown), aged(view, spec, now)),
        image=image,
        language=language,
        expires=expires(spec, (row.entry.published for row in rows), now),
        deleted=tuple(deleted),
        podcast=podcast,
    )


def _last_position(spec: FeedSpec, rows: list[StoredEntry]) -> tuple[int, int] | None:
    """Return publication and key of the last entry of a full document, or None.

    Entries below it left the document without being withdrawn.
    """
    if len(rows) < spec.limit or not rows:
        return None
    if spec.order != "published":
        return _NEVER, 0  # the score of a withdrawn entry is not known any more
    last = rows[-1].entry
    return int(last.published.timestamp()), key_of(last.id.bytes)


def count(view: SiteView, spec: FeedSpec, now: datetime, most: int = _ALL) -> int:
    """Return the number of entries of a feed, including those beyond the limit of its document.

    They are counted up to `most`.
    """
    query = _query(view, spec, now)._replace(limit=most, order="published")
    return len(view.reader.find(view.connection, query))


def qualities(view: SiteView, spec: FeedSpec, now: datetime) -> list[float]:
    """Return the scores of those entries in a feed's document that have one."""
    positions = view.reader.find(view.connection, _query(view, spec, now))
    return view.reader.qualities(view.connection, positions)


def entry(view: SiteView, spec: FeedSpec, id: UUID, now: datetime) -> StoredEntry:
    """Return an entry that readers of a feed may know; a draft only if it is in the feed.

    Raises UnknownFeed.
    """
    stored = view.reader.entry(view.connection, id)
    if (
        stored is None
        or stored.tier not in tiers(spec.unpublished, related=True, private=spec.private)
        or not (stored.entry.public or matcher.is_met(spec.criteria, view.facts(stored), now))
    ):
        raise UnknownFeed(Message("There is no article %(id)s.", id=str(id)), ("/",))
    return stored


def change_keys(view: SiteView, feed: Feed) -> FeedKeys:
    """Return the keys of changes after which a loaded feed may be another."""
    return story.change_keys(view, feed) if feed.spec.story else view.change_keys(feed.spec)


def aged(view: SiteView, spec: FeedSpec, now: datetime) -> int:
    """Return when an entry last became too old for a span, in seconds since 1970, or 0.

    This changes a feed without a change of the catalog.
    """
    latest = 0
    for criteria in spec.criteria:
        span = min((since.span for since in criteria.since if since.moment is None), default=0)
        if span:
            fixed = tuple(since for since in criteria.since if since.moment is not None)
            end = int(now.timestamp()) - span
            filter = _filter(view, replace(criteria, since=fixed), now)._replace(before=end)
            query = EntryQuery(_tiers(spec), 1, [filter])
            for row in view.reader.select(view.connection, query):
                latest = max(latest, int(row.entry.published.timestamp()) + span + 1)
    return latest


# --- queries of the catalog ------------------------------------------------------


def _query(view: SiteView, spec: FeedSpec, now: datetime) -> EntryQuery:
    filters = [_filter(view, criteria, now) for criteria in spec.criteria]
    return EntryQuery(_tiers(spec), spec.limit, filters, spec.order)


def _tiers(spec: FeedSpec) -> tuple[int, ...]:
    return tiers(spec.unpublished, spec.related, private=spec.private)


def _filter(view: SiteView, criteria: Criteria, now: datetime) -> EntryFilter:
    """Return criteria with the catalog's ids in place of slugs and domains."""
    providers, kinds = criteria.providers, criteria.kinds
    return EntryFilter(
        topics=tuple(tuple(view.topic_ids(group)) for group in criteria.topics),
        providers=None if providers is None else tuple(view.provider_ids(providers)),
        kinds=None if kinds is None else tuple(sorted(kinds)),
        phrases=criteria.phrases,
        min_quality=criteria.min_quality,
        since=_earliest(criteria.since, now),
        not_topics=tuple(view.topic_ids(criteria.not_topics)),
        not_providers=tuple(view.provider_ids(criteria.not_providers)),
        not_phrases=criteria.not_phrases,
        # The feed decides whether it shows held articles: a private one does.
        tiers=None if criteria.shown is None else tiers(*criteria.shown, private=True),
    )


def _earliest(limits: tuple[Since, ...], now: datetime) -> int | None:
    moments = [durations.earliest(limit, now).timestamp() for limit in limits]
    return int(max(moments)) if moments else None
