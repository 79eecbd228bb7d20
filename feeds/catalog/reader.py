"""Reading the catalog: the entries of a feed, the feeds there are, what changed.

What a feed asks of it may take a limited time, see `Reader`; what commands and lists of
all feeds ask may take as long as it takes.
"""

# ruff: noqa: S608 - only our own names are put into statements

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy
from sqlalchemy import (
    Engine,
    Table,
    bindparam,
    func,
    select,
    text,
)

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog import totals
from feeds.catalog.bulk import among, listed
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.catalog.query import EntryFilter, EntryQuery, find, limited
from feeds.catalog.query import select as select_rows
from feeds.model import Entry, Visibility

# A transaction that reads one state of the catalog. Readers outside this package name
# the type by this alias, so that SQLAlchemy is imported in this package only.
Connection: TypeAlias = sqlalchemy.Connection


@dataclass(frozen=True, slots=True)
class Stored:
    """An entry as the catalog has it. Times in seconds since 1970.

    The entry's scores are those that documents show; `quality` is what counts now.
    """

    entry: Entry
    position: int
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

    @classmethod
    def of(cls, topics: dict[int, Name], providers: dict[int, Name]) -> "Names":
        """By id is by address too."""
        return cls(
            topics,
            providers,
            {name.address: id for id, name in topics.items()},
            {name.address: id for id, name in providers.items()},
        )


class Change(NamedTuple):
    """A line of the change log: a feed, and whether public entries changed in it."""

    seq: int
    kind: str
    ref: int
    public: bool


class Reader:
    """Reads one catalog; safe to share between threads.

    A query for entries that takes more than `time_limit` seconds is interrupted and
    raises SelectionTooSlow.
    """

    def __init__(self, engine: Engine, time_limit: float | None = None) -> None:
        self._engine = engine
        self._time_limit = time_limit

    def connect(self) -> Connection:
        """A connection, for several reads of one state."""
        return self._engine.connect()

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._engine.dispose()

    # --- selection ---------------------------------------------------------

    def select(self, connection: Connection, query: EntryQuery) -> list[Stored]:
        """Return the entries that a query selects, in order."""
        with limited(connection, self._time_limit):
            rows = select_rows(connection, query, _STORED)
        if rows is None:
            return self.entries(connection, self.find(connection, query))
        return [_stored(*row) for row in rows]

    def find(self, connection: Connection, query: EntryQuery) -> list[int]:
        """Return the positions of the same entries."""
        with limited(connection, self._time_limit):
            return find(connection, query)

    def entry(self, connection: Connection, id: UUID) -> Stored | None:
        """One entry, withdrawn ones aside."""
        row = connection.execute(_ENTRY, {"key": key_of(id.bytes)}).first()
        return _stored(*row) if row is not None and row.id == id.bytes else None

    def entries(self, connection: Connection, positions: Sequence[int]) -> list[Stored]:
        """Return the entries at some positions, in that order, withdrawn ones aside."""
        rows = connection.execute(_ENTRIES, {"positions": listed(positions)}).all()
        found = {row.position: row for row in rows}
        return [_stored(*found[position]) for position in positions if position in found]

    def entries_by_key(self, connection: Connection, keys: Sequence[int]) -> list[Stored]:
        """Return the entries with some keys, in no order, withdrawn ones aside."""
        return [_stored(*row) for row in connection.execute(_BY_KEY, {"keys": listed(keys)})]

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

    # --- names, and what bears them ----------------------------------------

    def names(self, connection: Connection) -> Names:
        """All topics and providers."""
        return Names.of(_named(connection, t.topics), _named(connection, t.providers))

    def renewed(self, connection: Connection, names: Names, changes: Iterable[Change]) -> Names:
        """Names, with those read anew that changes speak of."""
        spoken: dict[str, set[int]] = {"topic": set(), "provider": set()}
        for change in changes:
            if change.kind in spoken:
                spoken[change.kind].add(change.ref)
        topics = _named(connection, t.topics, spoken["topic"])
        providers = _named(connection, t.providers, spoken["provider"])
        if topics.items() <= names.topics.items() and providers.items() <= names.providers.items():
            return names
        return Names.of(names.topics | topics, names.providers | providers)

    def newest_icons(
        self, connection: Connection, providers: Iterable[int], tiers: Sequence[int]
    ) -> dict[int, tuple[int, str]]:
        """Return the icon that the newest entry of each provider names, and its position, by id."""
        newest = {}
        for id in providers:
            query = EntryQuery(tiers, 1, [EntryFilter(providers=(id,))])
            for position in find(connection, query):
                newest[position] = id
        icons = connection.execute(_ICONS, {"positions": listed(newest)})
        return {newest[position]: (position, icon or "") for position, icon in icons}

    def qualities(self, connection: Connection, positions: Sequence[int]) -> list[float]:
        """Return the scores of those entries that have one, as documents show them."""
        return list(connection.scalars(_QUALITIES, {"positions": listed(positions)}))

    def any_entry(
        self, connection: Connection, kind: str, ids: Sequence[int], tiers: Sequence[int]
    ) -> bool:
        """Return whether any of some topics or providers has an entry in some tiers."""
        return bool(totals.counts_of(connection, kind, ids, tiers))

    # --- what changed ------------------------------------------------------

    def departed(
        self, connection: Connection, places: Sequence[tuple[str, int]], public: Iterable[bool]
    ) -> int:
        """When an entry last left any of these feeds, in seconds since 1970, or 0."""
        if not places:
            return 0
        wanted = {"places": listed(places), "public": listed(map(int, public))}
        return int(connection.scalar(_DEPARTED, wanted) or 0)

    def shaped(
        self,
        connection: Connection,
        places: Iterable[tuple[str, int]],
        public: Iterable[bool],
        parts: Iterable[str],
    ) -> tuple[int, int]:
        """The same, and when any of some parts of the configuration last changed: see
        `tables.settings`."""
        wanted = {
            "places": listed(places),
            "public": listed(map(int, public)),
            "parts": listed(parts),
        }
        left, configured = connection.execute(_SHAPED, wanted).one()
        return left or 0, configured or 0

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
        value: str | None = connection.scalar(_META, {"name": name})
        return value


def _named(
    connection: Connection, table: Table, ids: Iterable[int] | None = None
) -> dict[int, Name]:
    """All topics or all providers, or some of them."""
    wanted, values = select(*table.columns), {}
    if ids is not None:
        wanted, values = wanted.where(among(table.c.id, "ids")), {"ids": listed(ids)}
    return {row[0]: Name(*row) for row in connection.execute(wanted, values)}


def tiers(unpublished: Visibility, related: bool) -> tuple[int, ...]:
    """Which ranges of the indexes a feed reads: see `tables.entries`."""
    wanted = {"exclude": (3, 2), "only": (1, 0), "include": (3, 2, 1, 0)}[unpublished]
    return tuple(tier for tier in wanted if related or tier in (1, 3))


# --- statements -------------------------------------------------------------
# Made once: to build one costs SQLAlchemy more than SQLite needs to answer it.


_META: Final = select(t.meta.c.value).where(t.meta.c.name == bindparam("name"))
_LEFT: Final = func.json_each(bindparam("places")).table_valued("value", name="place").c.value
_DEPARTED: Final = select(func.max(t.departures.c.at)).where(
    t.departures.c.kind == func.json_extract(_LEFT, "$[0]"),
    t.departures.c.ref == func.json_extract(_LEFT, "$[1]"),
    among(t.departures.c.public, "public"),
)
_CONFIGURED: Final = select(func.max(t.settings.c.at)).where(among(t.settings.c.name, "parts"))
_SHAPED: Final = select(_DEPARTED.scalar_subquery(), _CONFIGURED.scalar_subquery())
_ICONS: Final = (
    select(t.entries.c.position, func.json_extract(t.mentions.c.payload, payloads.ICON))
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(among(t.entries.c.position, "positions"))
)
_QUALITIES: Final = select(t.entries.c.shown_quality).where(
    among(t.entries.c.position, "positions"), t.entries.c.shown_quality.is_not(None)
)
# The columns that `_stored` takes, in its order.
_STORED: Final = (
    "e.position, e.id, m.payload, e.tier, e.shown_quality, e.shown_heat, e.updated, "
    "e.modified, e.topics, e.quality"
)
_FROM: Final = "FROM entries e JOIN mentions m ON m.id = e.winner WHERE"
_ENTRY: Final = text(f"SELECT {_STORED} {_FROM} e.key = :key")
_BY_KEY: Final = text(f"SELECT {_STORED} {_FROM} e.key IN (SELECT value FROM json_each(:keys))")
_ENTRIES: Final = text(
    f"SELECT {_STORED} {_FROM} e.position IN (SELECT value FROM json_each(:positions))"
)


def _stored(
    position: int,
    id: bytes,
    payload: str,
    tier: int,
    quality: float | None,
    heat: float | None,
    updated: int,
    modified: int,
    topics: str,
    quality_now: float | None,
) -> Stored:
    entry = payloads.entry(UUID(bytes=id), payload, tier=tier, quality=quality, heat=heat)
    ids = tuple(map(int, topics.split(","))) if topics else ()
    return Stored(entry, position, updated, modified, ids, quality_now)
