"""Reading the catalog: the entries of a feed, the feeds there are, what changed.

Every selection reads ranges of an index, newest first, and stops at its limit,
so it costs the same in a catalog of a hundred entries and of a million.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    BindParameter,
    Connection,
    Engine,
    Integer,
    Select,
    bindparam,
    func,
    select,
    true,
    tuple_,
    union_all,
)

from feeds.catalog import payload as payloads
from feeds.catalog import tables as t
from feeds.catalog.merge import key_of
from feeds.model import Entry, Visibility

# SQLite joins at most 500 SELECTs: https://www.sqlite.org/limits.html
_MOST_RANGES: Final = 240
_LIMIT: Final = bindparam("limit", type_=Integer)


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as the catalog has it. Times in seconds since 1970."""

    entry: Entry
    updated: int
    modified: int
    topics: tuple[int, ...]


class Name(NamedTuple):
    """A topic or provider: the catalog's id, slug or domain, and most frequent spelling."""

    id: int
    address: str
    name: str


@dataclass(frozen=True, slots=True)
class Names:
    """Everything that has a name, by id and by address."""

    topics: dict[int, Name]
    providers: dict[int, Name]
    topic_ids: dict[str, int]
    provider_ids: dict[str, int]


class Change(NamedTuple):
    """A line of the change log: a feed, and whether public entries changed in it."""

    seq: int
    kind: str
    ref: int
    public: bool


class Count(NamedTuple):
    """How many entries a feed has, and the newest `modified` of them."""

    entries: int
    modified: int


class Reader:
    """Reads one catalog; safe to share between threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def connect(self) -> Connection:
        """A connection, for several reads of one state."""
        return self._engine.connect()

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._engine.dispose()

    # --- selection ---------------------------------------------------------

    def newest(
        self,
        connection: Connection,
        tiers: Sequence[int],
        limit: int,
        topics: Iterable[int] | None = None,
        providers: Iterable[int] | None = None,
    ) -> list[Stored]:
        """The newest entries of some topics or some providers, or of all there are.

        Published last comes first; ties go by key, which is the same everywhere.
        """
        found: dict[tuple[int, int], Sequence[Any]] = {}
        for statement, ids in _ranges(tuple(tiers), topics, providers):
            for published, key, *columns in connection.execute(
                statement, {**ids, "limit": limit}
            ).all():
                found[published, key] = columns
        return [_stored(*found[place]) for place in sorted(found, reverse=True)[:limit]]

    def entry(self, connection: Connection, id: UUID) -> Stored | None:
        """One entry, withdrawn ones aside."""
        for row in connection.execute(_ENTRY, {"key": key_of(id.bytes)}):
            found = _stored(*row)
            return found if found.entry.id == id else None
        return None

    # --- names and counts --------------------------------------------------

    def names(self, connection: Connection) -> Names:
        """All topics and providers."""
        topics = {
            row.id: Name(*row)
            for row in connection.execute(select(t.topics.c.id, t.topics.c.slug, t.topics.c.name))
        }
        providers = {
            row.id: Name(*row)
            for row in connection.execute(
                select(t.providers.c.id, t.providers.c.domain, t.providers.c.name)
            )
        }
        return Names(
            topics,
            providers,
            {name.address: id for id, name in topics.items()},
            {name.address: id for id, name in providers.items()},
        )

    def counts(
        self, connection: Connection, tiers: Sequence[int]
    ) -> tuple[Count, dict[int, Count], dict[int, Count]]:
        """Entries in all, by topic id and by provider id."""
        e, et = t.entries.c, t.entry_topics.c
        total = connection.execute(
            select(func.count(), func.max(e.modified)).where(e.tier.in_(tiers))
        ).one()
        by_topic = connection.execute(
            select(et.topic, func.count(), func.max(e.modified))
            .join_from(t.entry_topics, t.entries, e.key == et.key)
            .where(et.tier.in_(tiers))
            .group_by(et.topic)
        )
        by_provider = connection.execute(
            select(e.provider, func.count(), func.max(e.modified))
            .where(e.tier.in_(tiers))
            .group_by(e.provider)
        )
        return (
            Count(total[0], total[1] or 0),
            {row[0]: Count(row[1], row[2]) for row in by_topic},
            {row[0]: Count(row[1], row[2]) for row in by_provider},
        )

    def any_entry(
        self, connection: Connection, kind: str, ids: Sequence[int], tiers: Sequence[int]
    ) -> bool:
        """Whether any of these topics or providers has an entry in these ranges."""
        return connection.execute(_ANY[kind], {"ids": ids, "tiers": tiers}).first() is not None

    def count_in_topics(
        self, connection: Connection, tiers: Sequence[int], topics: Sequence[int]
    ) -> int:
        """How many entries have any of some topics; each counts once."""
        et = t.entry_topics.c
        found = connection.scalar(
            select(func.count(et.key.distinct())).where(et.topic.in_(topics), et.tier.in_(tiers))
        )
        return int(found or 0)

    # --- what changed ------------------------------------------------------

    def departed(
        self, connection: Connection, places: Sequence[tuple[str, int]], public: Iterable[bool]
    ) -> int:
        """When an entry last left any of these feeds, in seconds since 1970, or 0."""
        if not places:
            return 0
        wanted = {"places": list(places), "public": [int(p) for p in public]}
        return int(connection.scalar(_DEPARTED, wanted) or 0)

    def changes_since(self, connection: Connection, seq: int) -> list[Change] | None:
        """The change log after `seq`, oldest first; None if its beginning is gone."""
        c = t.changes.c
        oldest = connection.scalar(select(func.min(c.seq)))
        if oldest is not None and oldest > seq + 1:
            return None
        rows = connection.execute(
            select(c.seq, c.kind, c.ref, c.public).where(c.seq > seq).order_by(c.seq)
        )
        return [Change(row.seq, row.kind, row.ref, bool(row.public)) for row in rows]

    def newest_change(self, connection: Connection) -> int:
        """The last line of the change log, or 0."""
        return connection.scalar(select(func.max(t.changes.c.seq))) or 0

    def meta(self, connection: Connection, name: str) -> str | None:
        """A note about the catalog itself: `scanned`, `config`, `config_changed`."""
        value: str | None = connection.scalar(_META, {"name": name})
        return value


def tiers(unpublished: Visibility, related: bool) -> tuple[int, ...]:
    """Which ranges of the indexes a feed reads: see `tables.entries`."""
    wanted = {"exclude": (3, 2), "only": (1, 0), "include": (3, 2, 1, 0)}[unpublished]
    return tuple(tier for tier in wanted if related or tier in (1, 3))


# --- statements -------------------------------------------------------------
# Made once: to build one costs SQLAlchemy more than SQLite needs to answer it.


def _many(name: str) -> BindParameter[Any]:
    return bindparam(name, expanding=True)


_META: Final = select(t.meta.c.value).where(t.meta.c.name == bindparam("name"))
_DEPARTED: Final = select(func.max(t.departures.c.at)).where(
    tuple_(t.departures.c.kind, t.departures.c.ref).in_(_many("places")),
    t.departures.c.public.in_(_many("public")),
)
_ANY: Final = {
    "topic": select(t.entry_topics.c.key)
    .where(t.entry_topics.c.topic.in_(_many("ids")), t.entry_topics.c.tier.in_(_many("tiers")))
    .limit(1),
    "provider": select(t.entries.c.key)
    .where(t.entries.c.provider.in_(_many("ids")), t.entries.c.tier.in_(_many("tiers")))
    .limit(1),
}
# What `_stored` takes, in its order.
_COLUMNS: Final = (
    t.entries.c.id,
    t.mentions.c.payload,
    t.entries.c.tier,
    t.entries.c.shown_quality,
    t.entries.c.shown_heat,
    t.entries.c.updated,
    t.entries.c.modified,
    t.entries.c.topics,
)
_ENTRY: Final = (
    select(*_COLUMNS)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(t.entries.c.key == bindparam("key"))
)


def _ranges(
    tiers: tuple[int, ...], topics: Iterable[int] | None, providers: Iterable[int] | None
) -> Iterator[tuple[Select[Any], dict[str, int]]]:
    """Statements for the newest of all ranges that a feed reads, and the ids in them."""
    if topics is None and providers is None:
        yield _newest(tiers, "all", 1), {}
        return
    kind, ids = ("provider", providers) if topics is None else ("topic", topics)
    ordered = sorted(ids or ())
    for start in range(0, len(ordered), _MOST_RANGES // len(tiers)):
        chunk = ordered[start : start + _MOST_RANGES // len(tiers)]
        named = {f"id{number}": id for number, id in enumerate(chunk)}
        yield _newest(tiers, kind, len(chunk)), named


@lru_cache(maxsize=64)
def _newest(tiers: tuple[int, ...], kind: str, count: int) -> Select[Any]:
    """The newest entries of so many topics or providers: published, key and what is stored."""
    e, et = t.entries.c, t.entry_topics.c
    table, c, column = {
        "all": (t.entries, e, None),
        "topic": (t.entry_topics, et, et.topic),
        "provider": (t.entries, e, e.provider),
    }[kind]
    ranges = []
    for number in range(count):
        mine = true() if column is None else column == bindparam(f"id{number}", type_=Integer)
        for tier in tiers:
            inside = select(c.published, c.key).select_from(table).where(c.tier == tier, mine)
            part = inside.order_by(c.published.desc(), c.key.desc()).limit(_LIMIT).subquery()
            ranges.append(select(part.c.published, part.c.key))
    found = union_all(*ranges).subquery()
    newest = (
        select(found.c.published, found.c.key)
        .distinct()  # an entry of two of the topics is in two ranges
        .order_by(found.c.published.desc(), found.c.key.desc())
        .limit(_LIMIT)
        .subquery()
    )
    return (
        select(newest.c.published, newest.c.key, *_COLUMNS)
        .join_from(newest, t.entries, t.entries.c.key == newest.c.key)
        .join(t.mentions, t.mentions.c.id == t.entries.c.winner)
    )


def _stored(
    id: bytes,
    payload: str,
    tier: int,
    quality: float | None,
    heat: float | None,
    updated: int,
    modified: int,
    topics: str,
) -> Stored:
    entry = payloads.entry(UUID(bytes=id), payload, tier=tier, quality=quality, heat=heat)
    return Stored(entry, updated, modified, tuple(map(int, topics.split(","))) if topics else ())
