"""What is in a feed: its entries in order, and its dates."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from feeds.catalog import tombstones as graves
from feeds.catalog.merge import key_of
from feeds.catalog.payload import moment
from feeds.catalog.reader import Connection, Stored, tiers
from feeds.catalog.wanted import Wanted
from feeds.model import Criteria, Feed, FeedEntry, FeedSpec, Since, Tombstone, Topic
from feeds.selection.site_view import EVERYWHERE, Known
from feeds.selection.titles import headline
from feeds.util import durations

_ALL: Final = 2**31
_NEVER: Final = 2**62


def load(
    known: Known,
    connection: Connection,
    spec: FeedSpec,
    now: datetime,
    after: Stored | None = None,
) -> Feed:
    """The feed with its entries, as of a moment: only feeds over a span of time need it.

    With `after`, those that come after an entry.
    """
    shown_tiers = tiers(spec.unpublished, spec.related)
    wanted = [_wanted(known, one, now) for one in spec.criteria]
    if after is not None:
        place = int(after.entry.published.timestamp()), key_of(after.entry.id.bytes)
        wanted = [one._replace(after=place) for one in wanted]
    stored = known.reader.select(connection, shown_tiers, spec.limit, wanted, spec.order)
    last = _last(spec, stored)
    left, configured = _shaped(known, connection, spec)
    deleted: list[Tombstone] = []
    if left:  # whatever leaves a tombstone in a place departs from it
        deleted = graves.tombstones(connection, shown_tiers, spec.limit, wanted, last)
    modified = max((one.modified for one in (*stored, *([after] if after else []))), default=0)
    updated = max((one.updated for one in stored), default=None)
    title, description, image, language = headline(known, spec)
    return Feed(
        spec=spec,
        site=known.config.site,
        title=title,
        description=description,
        entries=shown(known, stored),
        updated=None if updated is None else moment(updated),
        modified=moment(max(modified, left, configured, _aged(known, connection, spec, now))),
        image=image,
        language=language,
        expires=expires(spec, stored, now),
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


def count(known: Known, connection: Connection, spec: FeedSpec, now: datetime) -> int:
    """How many entries belong to a feed, whether its document has room for them or not."""
    shown = tiers(spec.unpublished, spec.related)
    wanted = [_wanted(known, one, now) for one in spec.criteria]
    return len(known.reader.find(connection, shown, _ALL, wanted))


def qualities(known: Known, connection: Connection, spec: FeedSpec, now: datetime) -> list[float]:
    """The scores of the first entries of a feed, of those that have one."""
    shown = tiers(spec.unpublished, spec.related)
    wanted = [_wanted(known, one, now) for one in spec.criteria]
    keys = known.reader.find(connection, shown, spec.limit, wanted, spec.order)
    return known.reader.qualities(connection, keys)


def last_departure(known: Known, connection: Connection, parts: Iterable[str]) -> datetime:
    """When an entry last left the site, or any of some parts of its configuration changed."""
    return moment(max(known.reader.shaped(connection, [EVERYWHERE], known.publicity(), parts)))


def _shaped(known: Known, connection: Connection, spec: FeedSpec) -> tuple[int, int]:
    """When an entry may last have left a feed, and when what shapes it was changed."""
    public = known.publicity(spec.unpublished)
    parts = ["site", f"set/{spec.set}"] if spec.set else ["site"]
    return known.reader.shaped(connection, known.departures(spec), public, parts)


# --- spans of time: they change a feed without any change of the catalog -------


def _spans(spec: FeedSpec) -> list[int]:
    """The spans back from now that bound a feed, in seconds."""
    return [since.span for one in spec.criteria for since in one.since if since.moment is None]


def expires(spec: FeedSpec, stored: list[Stored], now: datetime) -> datetime | None:
    """When the next entry will be too old for a span: never later than it leaves."""
    published = [one.entry.published for one in stored]
    ends = (_end(one, span) for span in _spans(spec) for one in published)
    # In a bundle, an entry too old for one member may be in it by another.
    return min((end for end in ends if end > now), default=None)


def _end(published: datetime, span: int) -> datetime:
    """The first second in which an entry is too old for a span; the last there is for one
    that never will be."""
    try:
        return published + timedelta(seconds=span + 1)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)


def _aged(known: Known, connection: Connection, spec: FeedSpec, now: datetime) -> int:
    """When an entry last became too old for a span, in seconds since 1970, or 0."""
    latest = 0
    for one in spec.criteria:
        span = min((since.span for since in one.since if since.moment is None), default=0)
        if span:
            end = int(now.timestamp()) - span
            wanted = _wanted(known, _without_spans(one), now)._replace(before=end)
            shown_tiers = tiers(spec.unpublished, spec.related)
            for left in known.reader.select(connection, shown_tiers, 1, [wanted]):
                latest = max(latest, int(left.entry.published.timestamp()) + span + 1)
    return latest


def _without_spans(one: Criteria) -> Criteria:
    return replace(one, since=tuple(since for since in one.since if since.moment is not None))


# --- in the catalog's own terms ------------------------------------------------


def _wanted(known: Known, one: Criteria, now: datetime) -> Wanted:
    return Wanted(
        topics=tuple(tuple(known.topic_ids(group)) for group in one.topics),
        providers=None if one.providers is None else tuple(known.provider_ids(one.providers)),
        kinds=None if one.kinds is None else tuple(sorted(one.kinds)),
        phrases=one.phrases,
        min_quality=one.min_quality,
        since=_earliest(one.since, now),
        not_topics=tuple(known.topic_ids(one.not_topics)),
        not_providers=tuple(known.provider_ids(one.not_providers)),
        not_phrases=one.not_phrases,
        tiers=None if one.shown is None else tiers(*one.shown),
    )


def _earliest(limits: tuple[Since, ...], now: datetime) -> int | None:
    moments = [durations.earliest(limit, now).timestamp() for limit in limits]
    return int(max(moments)) if moments else None


def shown(known: Known, stored: Iterable[Stored]) -> tuple[FeedEntry, ...]:
    """Entries with their provider and topics as configured."""
    return tuple(_entries(known, stored))


def _entries(known: Known, stored: Iterable[Stored]) -> Iterator[FeedEntry]:
    taxonomy, names = known.config.taxonomy, known.names.topics
    topics: dict[tuple[int, ...], tuple[Topic, ...]] = {}  # an entry's neighbours have the same
    for one in stored:
        if one.topics not in topics:
            slugs = (taxonomy.topic_slug(names[id].address) for id in one.topics if id in names)
            topics[one.topics] = tuple(known.topic(slug) for slug in dict.fromkeys(slugs))
        yield FeedEntry(
            one.entry,
            taxonomy.provider(one.entry.provider),
            moment(one.updated),
            topics[one.topics],
        )
