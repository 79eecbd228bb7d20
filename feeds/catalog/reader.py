"""Reading the catalog: the entries of a feed, the feeds there are, what changed.

Every selection reads ranges of an index, newest first, and stops at its limit,
so it costs the same in a catalog of a hundred entries and of a million.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Engine, func, select, tuple_

from feeds.catalog import payload as payloads
from feeds.catalog import tables as t
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.catalog.query import Wanted, find
from feeds.model import Entry, Order, Visibility

_CHUNK: Final = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as the catalog has it. Times in seconds since 1970.

    The entry's scores are those that documents show; `quality` is what counts now.
    """

    entry: Entry
    updated: int
    modified: int
    topics: tuple[int, ...]
    quality: float | None

    @property
    def tier(self) -> int:
        """See `tables.entries`."""
        return 2 * self.entry.public + self.entry.own


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

    def select(
        self,
        connection: Connection,
        tiers: Sequence[int],
        limit: int,
        wanted: Sequence[Wanted],
        order: Order = "published",
    ) -> list[Stored]:
        """The first entries that meet any of `wanted`, in order."""
        return self._load(connection, self.find(connection, tiers, limit, wanted, order))

    def find(
        self,
        connection: Connection,
        tiers: Sequence[int],
        limit: int,
        wanted: Sequence[Wanted],
        order: Order = "published",
    ) -> list[int]:
        """The keys of the same entries."""
        return find(connection, tiers, limit, wanted, order)

    def entry(self, connection: Connection, id: UUID) -> Stored | None:
        """One entry, withdrawn ones aside."""
        found = self._load(connection, [key_of(id.bytes)])
        return found[0] if found and found[0].entry.id == id else None

    def entries(self, connection: Connection, keys: list[int]) -> list[Stored]:
        """Some entries by their keys, withdrawn ones aside."""
        return self._load(connection, keys)

    def _load(self, connection: Connection, keys: list[int]) -> list[Stored]:
        e = t.entries.c
        found: dict[int, Stored] = {}
        for start in range(0, len(keys), _CHUNK):
            rows = connection.execute(
                select(
                    e.key,
                    e.id,
                    e.tier,
                    e.updated,
                    e.modified,
                    e.topics,
                    e.quality,
                    e.shown_quality,
                    e.shown_heat,
                    t.mentions.c.payload,
                )
                .join_from(t.entries, t.mentions, t.mentions.c.id == e.winner)
                .where(e.key.in_(keys[start : start + _CHUNK]))
            )
            for row in rows:
                found[row.key] = _stored(row)
        return [found[key] for key in keys if key in found]

    def withdrawn(self, connection: Connection, id: UUID) -> int | None:
        """When an entry was withdrawn, None if it was not."""
        e = t.entries.c
        found = select(e.withdrawn).where(e.key == key_of(id.bytes), e.tier == WITHDRAWN)
        at: int | None = connection.scalar(found)
        return at

    def files(self, connection: Connection, id: UUID) -> list[str]:
        """The files that speak of an entry, the one that decides first."""
        key = key_of(id.bytes)
        m = t.mentions.c
        winner = select(t.entries.c.winner).where(t.entries.c.key == key).scalar_subquery()
        file = t.files.c.id == m.id // t.MENTIONS_PER_FILE
        rows = connection.execute(
            select(t.files.c.path)
            .join_from(t.mentions, t.files, file)
            .where(m.key == key)
            .order_by((m.id == winner).desc(), t.files.c.path)
        )
        return list(dict.fromkeys(row.path for row in rows))

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
        e, et = t.entries.c, t.entry_topics.c
        if kind == "topic":
            wanted = select(et.key).where(et.topic.in_(ids), et.tier.in_(tiers))
        else:
            wanted = select(e.key).where(e.provider.in_(ids), e.tier.in_(tiers))
        return connection.execute(wanted.limit(1)).first() is not None

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
        c = t.departures.c
        found = connection.scalar(
            select(func.max(c.at)).where(
                tuple_(c.kind, c.ref).in_(list(places)), c.public.in_([int(p) for p in public])
            )
        )
        return int(found or 0)

    def configured(self, connection: Connection, parts: Sequence[str] | None) -> int:
        """When any of some parts of the configuration, or of all, last changed: see
        `tables.settings`."""
        c = t.settings.c
        newest = select(func.max(c.at))
        return connection.scalar(newest if parts is None else newest.where(c.name.in_(parts))) or 0

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

    def last_change(self, connection: Connection) -> int:
        """When the change log was last written to, in seconds since 1970, or 0."""
        c = t.changes.c
        found = connection.scalar(select(c.at).order_by(c.seq.desc()).limit(1))
        return int(found or 0)

    def meta(self, connection: Connection, name: str) -> str | None:
        """A note about the catalog itself: `scanned`."""
        value: str | None = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name))
        return value


def tiers(unpublished: Visibility, related: bool) -> tuple[int, ...]:
    """Which ranges of the indexes a feed reads: see `tables.entries`."""
    wanted = {"exclude": (3, 2), "only": (1, 0), "include": (3, 2, 1, 0)}[unpublished]
    return tuple(tier for tier in wanted if related or tier in (1, 3))


def _stored(row: Any) -> Stored:
    return Stored(
        payloads.entry(
            UUID(bytes=row.id),
            row.payload,
            tier=row.tier,
            quality=row.shown_quality,
            heat=row.shown_heat,
        ),
        row.updated,
        row.modified,
        tuple(int(id) for id in row.topics.split(",")) if row.topics else (),
        row.quality,
    )
