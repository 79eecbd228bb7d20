"""Reading the catalog: the entries of a feed, the feeds there are, what changed.

Every selection reads ranges of an index, newest first, and stops at its limit,
so it costs the same in a catalog of a hundred entries and of a million.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import (
    Connection,
    Engine,
    Table,
    bindparam,
    func,
    select,
    true,
)

from feeds.catalog import payload as payloads
from feeds.catalog import tables as t
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.catalog.query import at_once, find
from feeds.catalog.rows import among, listed
from feeds.catalog.wanted import Wanted
from feeds.model import Entry, Order, Tombstone, Visibility

_EVER: Final = -(1 << 62)  # before any time


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


class Count(NamedTuple):
    """How many entries a feed has, and when one last came, changed or went."""

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
        plain = at_once(tiers, limit, wanted, order, _COLUMNS)
        if plain is not None:
            return [_stored(*columns) for _, *columns in connection.execute(*plain)]
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

    def tombstones(
        self,
        connection: Connection,
        tiers: Sequence[int],
        limit: int,
        wanted: Sequence[Wanted],
        after: tuple[int, int] | None = None,
    ) -> list[Tombstone]:
        """The newest entries that `select` gave and that have been withdrawn from
        there, whatever else they still are in.

        `after` is the published time and the key of an entry: only those that
        stood before it. What an entry said is gone with it, so criteria that
        ask for words find none.
        """
        found: dict[int, Any] = {}
        for each in wanted:
            shown, one = each.within(tiers)
            if not one.phrases and not one.not_phrases:
                for row in self._graves(connection, shown, one, after):
                    found[row.key] = max(row, found.get(row.key, row), key=lambda row: row.at)
        rows = sorted(found.values(), key=lambda row: (row.published, row.key), reverse=True)
        return [Tombstone(UUID(bytes=row.id), payloads.moment(row.at)) for row in rows[:limit]]

    def _graves(
        self,
        connection: Connection,
        tiers: Sequence[int],
        wanted: Wanted,
        after: tuple[int, int] | None,
    ) -> list[Any]:
        kind, refs = "all", tuple[int, ...]((0,))
        if wanted.topics:
            kind, refs = "topic", wanted.topics[0]
        elif wanted.providers is not None:
            kind, refs = "provider", wanted.providers
        place = {
            "kind": kind,
            "refs": listed(refs),
            "tiers": listed(tiers),
            "since": after[0] if after else _EVER,
        }
        found = connection.execute(_GRAVES, place)
        rows = [row for row in found if after is None or (row.published, row.key) > after]
        plain = Wanted(topics=wanted.topics[:1]), Wanted(providers=wanted.providers)
        if rows and wanted not in plain:
            were = self._places_of(connection, [row.key for row in rows])
            rows = [row for row in rows if _was_wanted(row, were[row.key, row.tier], wanted)]
        return rows

    def _places_of(
        self, connection: Connection, keys: list[int]
    ) -> dict[tuple[int, int], set[tuple[str, int]]]:
        """Where withdrawn entries were, by key and tier."""
        found: dict[tuple[int, int], set[tuple[str, int]]] = defaultdict(set)
        for row in connection.execute(_BURIED, {"keys": listed(keys)}):
            found[row.key, row.tier].add((row.kind, row.ref))
        return found

    def gone(self, connection: Connection, id: UUID, tiers: Sequence[int]) -> bool:
        """Whether an entry was once in these tiers and is no longer: gone, not unknown."""
        wanted = {"key": key_of(id.bytes), "id": id.bytes, "tiers": listed(tiers)}
        return connection.execute(_GONE, wanted).first() is not None

    def _load(self, connection: Connection, keys: list[int]) -> list[Stored]:
        rows = connection.execute(_ENTRIES, {"keys": listed(keys)})
        found = {key: columns for key, *columns in rows}
        return [_stored(*found[key]) for key in keys if key in found]

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

    def counts(
        self, connection: Connection, tiers: Sequence[int]
    ) -> tuple[Count, dict[int, Count], dict[int, Count]]:
        """Entries in all, by topic id and by provider id."""
        c = t.counts.c
        rows = connection.execute(
            select(c.kind, c.ref, func.sum(c.entries), func.max(c.modified))
            .where(c.tier.in_(tiers))
            .group_by(c.kind, c.ref)
        )
        found: dict[str, dict[int, Count]] = {"all": {}, "topic": {}, "provider": {}}
        for kind, ref, entries, modified in rows:
            found[kind][ref] = Count(entries, modified)
        return found["all"].get(0, Count(0, 0)), found["topic"], found["provider"]

    def counts_of(
        self, connection: Connection, kind: str, refs: Iterable[int], tiers: Sequence[int]
    ) -> dict[int, Count]:
        """The same of some topics or providers."""
        wanted = {"kind": kind, "refs": listed(refs), "tiers": listed(tiers)}
        return {ref: Count(*rest) for ref, *rest in connection.execute(_COUNTS, wanted)}

    def newest_icons(
        self, connection: Connection, providers: Iterable[int], tiers: Sequence[int]
    ) -> dict[int, tuple[tuple[int, int], str]]:
        """The icon that the newest entry of providers names, and where that stands, by id."""
        newest: dict[int, tuple[int, int]] = {}
        wanted = {"providers": listed(providers), "tiers": listed(tiers)}
        for id, *place in connection.execute(_NEWEST, wanted):
            newest[id] = max(newest.get(id, (_EVER, 0)), (place[0], place[1]))
        keys = listed(key for _, key in newest.values())
        icons = {key: icon or "" for key, icon in connection.execute(_ICONS, {"keys": keys})}
        return {id: (place, icons.get(place[1], "")) for id, place in newest.items()}

    def qualities(self, connection: Connection, keys: list[int]) -> list[float]:
        """The scores of those entries that have one, as documents show them."""
        return list(connection.scalars(_QUALITIES, {"keys": listed(keys)}))

    def topic_sets(
        self, connection: Connection, tiers: Sequence[int]
    ) -> list[tuple[tuple[int, ...], int]]:
        """Which topics entries have together, and how many have just these."""
        c = t.topic_sets.c
        rows = connection.execute(
            select(c.topics, func.sum(c.entries)).where(c.tier.in_(tiers)).group_by(c.topics)
        )
        return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]

    def topic_moves(
        self, connection: Connection, tiers: Sequence[int], after: int
    ) -> list[tuple[tuple[int, ...], int]] | None:
        """By how many entries which sets of topics have changed since a move of theirs;
        None if not all of that is known any more."""
        c = t.topic_moves.c
        oldest = connection.scalar(select(func.min(c.seq)))
        if oldest is not None and oldest > after + 1:
            return None
        rows = connection.execute(
            select(c.topics, c.entries).where(c.seq > after, c.tier.in_(tiers))
        )
        return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]

    def newest_topic_move(self, connection: Connection) -> int:
        """The last of them, or 0."""
        return connection.scalar(select(func.max(t.topic_moves.c.seq))) or 0

    def any_entry(
        self, connection: Connection, kind: str, ids: Sequence[int], tiers: Sequence[int]
    ) -> bool:
        """Whether any of these topics or providers has an entry in these ranges."""
        wanted = {"ids": listed(ids), "tiers": listed(tiers)}
        return connection.execute(_ANY[kind], wanted).first() is not None

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
_GRAVES: Final = (
    select(
        t.entries.c.id,
        t.entries.c.kind.label("type"),
        t.entries.c.quality,
        t.tombstones.c.tier,
        t.tombstones.c.published,
        t.tombstones.c.key,
        t.tombstones.c.at,
    )
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.kind == bindparam("kind"),
        among(t.tombstones.c.ref, "refs"),
        among(t.tombstones.c.tier, "tiers"),
        t.tombstones.c.published >= bindparam("since"),
        # One that is shown again at another tier has not gone.
        ~among(t.entries.c.tier, "tiers"),
    )
)
_BURIED: Final = select(
    t.tombstones.c.key, t.tombstones.c.tier, t.tombstones.c.kind, t.tombstones.c.ref
).where(among(t.tombstones.c.key, "keys"))
_GONE: Final = (
    select(t.tombstones.c.key)
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.key == bindparam("key"),
        among(t.tombstones.c.tier, "tiers"),
        t.entries.c.id == bindparam("id"),
        ~among(t.entries.c.tier, "tiers"),
    )
    .limit(1)
)
_COUNTS: Final = (
    select(t.counts.c.ref, func.sum(t.counts.c.entries), func.max(t.counts.c.modified))
    .where(
        t.counts.c.kind == bindparam("kind"),
        among(t.counts.c.ref, "refs"),
        among(t.counts.c.tier, "tiers"),
    )
    .group_by(t.counts.c.ref)
)
_OF: Final = func.json_each(bindparam("providers")).table_valued("value", name="of")
_AT: Final = func.json_each(bindparam("tiers")).table_valued("value", name="at")
_NEWER: Final = t.entries.alias("newer")
# Of each tier by itself: each is the end of one range of the index.
_NEWEST: Final = select(_OF.c.value, t.entries.c.published, t.entries.c.key).select_from(
    _OF.join(_AT, true()).join(
        t.entries,
        t.entries.c.key
        == select(_NEWER.c.key)
        .where(_NEWER.c.provider == _OF.c.value, _NEWER.c.tier == _AT.c.value)
        .order_by(_NEWER.c.published.desc(), _NEWER.c.key.desc())
        .limit(1)
        .correlate(_OF, _AT)
        .scalar_subquery(),
    )
)
_ICONS: Final = (
    select(t.entries.c.key, func.json_extract(t.mentions.c.payload, payloads.ICON))
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(among(t.entries.c.key, "keys"))
)
_QUALITIES: Final = select(t.entries.c.shown_quality).where(
    among(t.entries.c.key, "keys"), t.entries.c.shown_quality.is_not(None)
)
_ANY: Final = {
    "topic": select(t.entry_topics.c.key)
    .where(among(t.entry_topics.c.topic, "ids"), among(t.entry_topics.c.tier, "tiers"))
    .limit(1),
    "provider": select(t.entries.c.key)
    .where(among(t.entries.c.provider, "ids"), among(t.entries.c.tier, "tiers"))
    .limit(1),
}
# An entry's key, and what `_stored` takes, in its order.
_COLUMNS: Final = (
    t.entries.c.key,
    t.entries.c.id,
    t.mentions.c.payload,
    t.entries.c.tier,
    t.entries.c.shown_quality,
    t.entries.c.shown_heat,
    t.entries.c.updated,
    t.entries.c.modified,
    t.entries.c.topics,
    t.entries.c.quality,
)
_ENTRIES: Final = (
    select(*_COLUMNS)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(among(t.entries.c.key, "keys"))
)


def _was_wanted(row: Any, places: set[tuple[str, int]], wanted: Wanted) -> bool:
    """Whether a withdrawn entry was what is wanted, words aside."""

    def any_of(kind: str, refs: Iterable[int]) -> bool:
        return any((kind, ref) in places for ref in refs)

    return (
        all(any_of("topic", group) for group in wanted.topics)
        and (wanted.providers is None or any_of("provider", wanted.providers))
        and (wanted.kinds is None or row.type in wanted.kinds)
        and (wanted.min_quality is None or (row.quality or 0) >= wanted.min_quality)
        and (wanted.since is None or row.published >= wanted.since)
        and not any_of("topic", wanted.not_topics)
        and not any_of("provider", wanted.not_providers)
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
    quality_now: float | None,
) -> Stored:
    entry = payloads.entry(UUID(bytes=id), payload, tier=tier, quality=quality, heat=heat)
    ids = tuple(map(int, topics.split(","))) if topics else ()
    return Stored(entry, updated, modified, ids, quality_now)
