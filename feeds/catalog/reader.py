"""Read the catalog: the entries of a feed, all feeds, the changes.

The time limit of a `Reader` is for the entries of feeds; lists of all feeds have none.
"""

# ruff: noqa: S608 - only our own names are put into statements

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, TypeAlias
from uuid import UUID

import sqlalchemy
from sqlalchemy import Engine, Table, bindparam, func, select, text

from feeds.catalog import counters
from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.catalog.query import EntryFilter, EntryQuery, find, limited
from feeds.catalog.query import select as select_rows
from feeds.errors import NobodyWaits
from feeds.model import Entry, Visibility

# A transaction that reads one state of the catalog. Readers outside this package name
# the type by this alias, so that SQLAlchemy is imported in this package only.
Connection: TypeAlias = sqlalchemy.Connection


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the catalog has it. Times in seconds since 1970.

    The entry's scores are those that documents show; `quality` is the present one.
    """

    entry: Entry
    position: int
    tier: int  # see `schema.entries`
    updated: int
    modified: int
    topics: tuple[int, ...]
    quality: float | None

    @property
    def level(self) -> int:
        """Its visibility: see `merge.level_of`."""
        return self.tier >> 1


class Name(NamedTuple):
    """A topic or provider: the catalog's id, slug or domain, and the name that is shown.

    The name of a provider is empty where each entry shows its own: see `names`.
    """

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
        """Return them by id and, as each id has one address, by address."""
        return cls(
            topics,
            providers,
            {name.address: id for id, name in topics.items()},
            {name.address: id for id, name in providers.items()},
        )


class Change(NamedTuple):
    """A line of the change log: a feed, and who sees the entries that changed in it."""

    seq: int
    kind: str
    ref: int
    level: int  # see `merge.level_of`


class Reader:
    """Read one catalog; safe to share between threads.

    A query for entries that takes more than `time_limit` seconds is interrupted and
    raises SelectionTooSlow; one that `is_wanted` calls off raises NobodyWaits.
    """

    def __init__(
        self,
        engine: Engine,
        time_limit: float | None = None,
        is_wanted: Callable[[], bool] | None = None,
    ) -> None:
        self._engine = engine
        self._time_limit = time_limit
        self._is_wanted = is_wanted

    def wanted(self, is_wanted: Callable[[], bool]) -> "Reader":
        """Return a reader of the same catalog whose queries end when no client waits for them."""
        return Reader(self._engine, self._time_limit, is_wanted)

    def unlimited(self) -> "Reader":
        """Return a reader of the same catalog whose queries may take any time."""
        return Reader(self._engine, None, self._is_wanted)

    def check_wanted(self) -> None:
        """Raise NobodyWaits if no client waits any more."""
        if self._is_wanted is not None and not self._is_wanted():
            raise NobodyWaits

    def connect(self) -> Connection:
        """Return a connection that reads one state of the catalog."""
        return self._engine.connect()

    def close(self) -> None:
        """Close all connections that are not in use."""
        self._engine.dispose()

    # --- selection ---------------------------------------------------------

    def select(self, connection: Connection, query: EntryQuery) -> list[StoredEntry]:
        """Return the entries that a query selects, in order."""
        with limited(connection, self._time_limit, self._is_wanted):
            rows = select_rows(connection, query, _STORED)
        if rows is None:
            return self.entries(connection, self.find(connection, query))
        return [_stored(*row) for row in rows]

    def find(self, connection: Connection, query: EntryQuery) -> list[int]:
        """Return the positions of the same entries."""
        with limited(connection, self._time_limit, self._is_wanted):
            return find(connection, query)

    def entry(self, connection: Connection, id: UUID) -> StoredEntry | None:
        """Return an entry; None if there is none, or it was withdrawn."""
        row = connection.execute(_ENTRY, {"key": key_of(id.bytes)}).first()
        return _stored(*row) if row is not None and row.id == id.bytes else None

    def entries(self, connection: Connection, positions: Sequence[int]) -> list[StoredEntry]:
        """Return the entries at some positions, in that order, without those withdrawn."""
        rows = connection.execute(_ENTRIES, {"positions": json_array(positions)}).all()
        found = {row.position: row for row in rows}
        return [_stored(*found[position]) for position in positions if position in found]

    def entries_by_key(self, connection: Connection, keys: Sequence[int]) -> list[StoredEntry]:
        """Return the entries with some keys, in no order, without those withdrawn."""
        return [_stored(*row) for row in connection.execute(_BY_KEY, {"keys": json_array(keys)})]

    def unseen(
        self, connection: Connection, ids: Iterable[UUID], tiers: Sequence[int]
    ) -> set[UUID]:
        """Return those of some entries that have been withdrawn, or are held until their date
        and are in none of some tiers."""
        keys = {key_of(id.bytes): id for id in ids}
        values = {"keys": json_array(keys), "tiers": json_array(tiers)}
        return {keys[key] for key in connection.scalars(_UNSEEN, values)}

    def withdrawn_at(self, connection: Connection, id: UUID) -> int | None:
        """Return when an entry was withdrawn, in seconds since 1970; None if it was not."""
        e = t.entries.c
        query = select(e.withdrawn).where(e.key == key_of(id.bytes), e.tier == WITHDRAWN)
        at: int | None = connection.scalar(query)
        return at

    def files_of(self, connection: Connection, id: UUID) -> list[str]:
        """Return the paths of the files that mention an entry, the winning mention's first."""
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

    def check(self, connection: Connection) -> None:
        """Read the newest entry and some others as documents do, from the file and not from memory.
        Raises a database error if it is damaged."""
        connection.exec_driver_sql("PRAGMA shrink_memory")
        self.select(connection, EntryQuery((3, 2, 1, 0), 1))
        for _ in range(_CHECKED):
            connection.execute(_ANY).first()

    # --- names, and what has them ------------------------------------------

    def names(self, connection: Connection) -> Names:
        """Return all topics and providers."""
        return Names.of(_names(connection, t.topics), _names(connection, t.providers))

    def refreshed_names(
        self, connection: Connection, names: Names, changes: Iterable[Change]
    ) -> Names:
        """Return names with those read again that some changes concern."""
        ids: dict[str, set[int]] = {"topic": set(), "provider": set()}
        for change in changes:
            if change.kind in ids:
                ids[change.kind].add(change.ref)
        topics = _names(connection, t.topics, ids["topic"])
        providers = _names(connection, t.providers, ids["provider"])
        if topics.items() <= names.topics.items() and providers.items() <= names.providers.items():
            return names
        return Names.of(names.topics | topics, names.providers | providers)

    def newest_icons(
        self, connection: Connection, providers: Iterable[int], tiers: Sequence[int]
    ) -> dict[int, tuple[int, str]]:
        """Return the newest icon that entries of each provider name, and its position, by id."""
        newest = {}
        for id in providers:
            query = EntryQuery(tiers, 1, [EntryFilter(providers=(id,), has_icon=True)])
            for position in find(connection, query):
                newest[position] = id
        icons = connection.execute(_ICONS, {"positions": json_array(newest)})
        return {newest[position]: (position, icon) for position, icon in icons}

    def qualities(self, connection: Connection, positions: Sequence[int]) -> list[float]:
        """Return the scores of those entries that have one, as documents show them."""
        return list(connection.scalars(_QUALITIES, {"positions": json_array(positions)}))

    def has_entries(
        self, connection: Connection, kind: str, ids: Sequence[int], tiers: Sequence[int]
    ) -> bool:
        """Return whether any of some topics or providers has an entry in some tiers."""
        return bool(counters.counts_of(connection, kind, ids, tiers))

    # --- what changed ------------------------------------------------------

    def last_removed(
        self, connection: Connection, feeds: Sequence[tuple[str, int]], levels: Iterable[int]
    ) -> int:
        """Return when an entry was last removed from any of some feeds, in seconds since 1970.

        0 if none ever was. Feeds are named by kind and id; entries of some levels count: see
        `merge.level_of`.
        """
        if not feeds:
            return 0
        values = {"feeds": json_array(feeds), "public": json_array(levels)}
        return int(connection.scalar(_LAST_REMOVED, values) or 0)

    def last_removed_and_configured(
        self,
        connection: Connection,
        feeds: Iterable[tuple[str, int]],
        levels: Iterable[int],
        parts: Mapping[str, str],
    ) -> tuple[int, int, bool]:
        """Return the same, when any of some parts of the configuration last changed, and
        whether ingest has dated them all as they are now, if it was given any.

        Parts are named as in `schema.settings`, with their digests. A change of the whole
        site, as of a topic's name, counts as a removal.
        """
        values = {
            "feeds": json_array((*feeds, ("site", 0))),
            "public": json_array(levels),
            "parts": json_array(parts),
            "digests": json_array(map("=".join, parts.items())),
        }
        row = connection.execute(_LAST_REMOVED_AND_CONFIGURED, values).one()
        removed, configured, dated, has_settings = row
        return removed or 0, configured or 0, dated == len(parts) or not has_settings

    def changes_since(self, connection: Connection, seq: int) -> list[Change] | None:
        """Return the lines after number `seq`, oldest first; None if some have been deleted."""
        c = t.changes.c
        oldest = connection.scalar(select(func.min(c.seq)))
        if oldest is not None and oldest > seq + 1:
            return None
        rows = connection.execute(
            select(c.seq, c.kind, c.ref, c.public).where(c.seq > seq).order_by(c.seq)
        )
        return [Change(row.seq, row.kind, row.ref, row.public) for row in rows]

    def newest_change(self, connection: Connection) -> int:
        """Return the number of the last line of the change log, or 0."""
        return connection.scalar(select(func.max(t.changes.c.seq))) or 0

    def meta(self, connection: Connection, name: str) -> str | None:
        """Return a value of the catalog's metadata; None if it has none by this name."""
        value: str | None = connection.scalar(_META, {"name": name})
        return value


def _names(
    connection: Connection, table: Table, ids: Iterable[int] | None = None
) -> dict[int, Name]:
    """Return all topics or all providers by id, or some of them."""
    query, values = select(*table.columns), {}
    if ids is not None:
        query, values = query.where(in_json(table.c.id, "ids")), {"ids": json_array(ids)}
    return {row[0]: Name(*row[:3]) for row in connection.execute(query, values)}


def tiers(unpublished: Visibility, related: bool, private: bool = False) -> tuple[int, ...]:
    """Return the tiers of the entries that a feed shows: see `schema.entries`.

    Only a private feed that shows drafts has held articles.
    """
    shown = {"exclude": (3, 2), "only": (1, 0), "include": (3, 2, 1, 0)}[unpublished]
    if private and unpublished != "exclude":
        shown += (-1, -2)
    return tuple(tier for tier in shown if related or tier & 1)


# --- statements -------------------------------------------------------------
# Built once: building one takes SQLAlchemy longer than SQLite needs to run it.


_META: Final = select(t.meta.c.value).where(t.meta.c.name == bindparam("name"))
_FEED: Final = func.json_each(bindparam("feeds")).table_valued("value", name="feed").c.value
_LAST_REMOVED: Final = select(func.max(t.last_removals.c.at)).where(
    t.last_removals.c.kind == func.json_extract(_FEED, "$[0]"),
    t.last_removals.c.ref == func.json_extract(_FEED, "$[1]"),
    in_json(t.last_removals.c.public, "public"),
)
_CONFIGURED: Final = select(func.max(t.settings.c.at)).where(in_json(t.settings.c.name, "parts"))
_DATED: Final = select(func.count()).where(
    in_json(t.settings.c.name, "parts"),
    in_json(t.settings.c.name + "=" + t.settings.c.digest, "digests"),
)
_LAST_REMOVED_AND_CONFIGURED: Final = select(
    _LAST_REMOVED.scalar_subquery(),
    _CONFIGURED.scalar_subquery(),
    _DATED.scalar_subquery(),
    select(t.settings).exists(),
)
_ICONS: Final = (
    select(t.entries.c.position, func.json_extract(t.mentions.c.payload, payloads.ICON))
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(in_json(t.entries.c.position, "positions"))
)
_QUALITIES: Final = select(t.entries.c.shown_quality).where(
    in_json(t.entries.c.position, "positions"), t.entries.c.shown_quality.is_not(None)
)
# The columns that `_stored` takes, in its order.
_STORED: Final = (
    "e.position, e.id, m.payload, e.tier, e.shown_quality, e.shown_heat, e.updated, "
    "e.modified, e.topics, e.quality"
)
_FROM: Final = "FROM entries e JOIN mentions m ON m.id = e.winner WHERE"
_ENTRY: Final = text(f"SELECT {_STORED} {_FROM} e.key = :key")
# The index of entries that are held or withdrawn is small.
_UNSEEN: Final = text(
    "SELECT key FROM entries INDEXED BY entries_unseen WHERE tier < 0 "
    "AND key IN (SELECT value FROM json_each(:keys)) "
    "AND tier NOT IN (SELECT value FROM json_each(:tiers))"
)
_CHECKED: Final = 8  # entries
# Keys are digests, so that the next one after a random number is any. The innermost query is
# run once, and not for each row.
_ANY: Final = text(
    f"SELECT {_STORED} {_FROM} e.key = (SELECT key FROM entries "
    "WHERE key >= (SELECT random() & 9223372036854775807) ORDER BY key LIMIT 1)"
)
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
) -> StoredEntry:
    entry = payloads.entry(UUID(bytes=id), payload, tier=tier, quality=quality, heat=heat)
    ids = tuple(map(int, topics.split(","))) if topics else ()
    return StoredEntry(entry, position, tier, updated, modified, ids, quality_now)
