"""Take over the data from a catalog that was put aside which the articles do not contain.

A catalog that cannot be used, because it is of an unknown revision or damaged, is put aside by
`database.open_to_write`, and the first scan of the folder fills a new one. That scan dates its
entries as any first scan does. When it ends, in the transaction that says so, `take_over` corrects
it with the readable data of the old catalog: first seen, updated, withdrawn, tombstones, and the
dates of feeds and of the configuration. Until then the new catalog cannot be opened to read, so no
subscriber sees an `updated` that moved or a withdrawn entry that never existed.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Table, delete, exists, func, select

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog import tombstones
from feeds.catalog.bulk import in_json, insert_rows, json_array, run_rows
from feeds.catalog.change_log import DATE_REMOVAL, PARSER, SETTINGS, get_meta, set_meta
from feeds.catalog.changeset import Batch, topic_ids
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.catalog.names import LOWEST
from feeds.errors import CatalogError
from feeds.util import sqlite_file
from feeds.util.sqlite_file import last_damage, open_put_aside, readable_rows, those_put_aside

log: Final = logging.getLogger("feeds")
_PENDING: Final = "put_aside"  # the name of a row of `meta`
_REBUILT_AGAIN: Final = 3600  # seconds after which a damaged catalog is rebuilt once more
_TOGETHER: Final = 1000  # entries looked up at a time
_NO_TIER: Final = 4  # above all tiers
_LEVELS: Final = range(LOWEST, 2)  # of `merge.level_of`
_YEARS: Final = range(-62_135_596_800, 253_402_300_800)  # seconds of the years 1 to 9999

# Return whether a number of entries may be withdrawn if another number stays.
Believed = Callable[[int, int], bool]


def begin(connection: Connection) -> None:
    """Record in a new catalog that another one was put aside for it."""
    set_meta(connection, _PENDING, "pending")


def is_pending(connection: Connection) -> bool:
    """Return whether the first scan of a catalog that replaces another is still running."""
    return get_meta(connection, _PENDING) is not None


def check_last_rebuild(path: Path, note: Path, reason: str) -> None:
    """Raise CatalogError if a damaged catalog was rebuilt less than an hour ago.

    The note, which asks for a check, is written: its time is that of the file system's clock.
    """
    note.touch()
    last = last_damage(path)
    if last is not None and note.stat().st_mtime - last < _REBUILT_AGAIN:
        raise CatalogError(
            f"{path}: the catalog {reason}, and was rebuilt less than an hour ago; check the "
            "disk. After an hour it is rebuilt again, or at once if you delete it"
        )


class _OldEntry(NamedTuple):
    """An entry of the old catalog; see `schema.entries`, whose columns these are."""

    key: int
    id: bytes
    tier: int
    published: int
    updated: int
    modified: int
    first_seen: int
    withdrawn: int | None
    provider: int
    kind: str
    quality: float | None
    heat: float | None
    shown_quality: float | None
    shown_heat: float | None
    digest: bytes
    topics: str | None  # None if their names cannot be read

    def is_sound(self) -> bool:
        """Return whether all values can be those of an entry: they may come from a damaged page."""
        times = (self.published, self.updated, self.modified, self.first_seen)
        return (
            type(self.id) is bytes
            and len(self.id) == 16
            and self.key == key_of(self.id)
            and self.tier in range(WITHDRAWN, 4)
            and all(map(_is_time, times))
            and (self.withdrawn is None or _is_time(self.withdrawn))
            and (type(self.kind), type(self.digest), type(self.topics)) == (str, bytes, str)
            and all(type(score) in (float, type(None)) for score in self[10:14])
        )

    def differs_from(self, entry: Row[Any]) -> bool:
        """Return whether readers see a difference between this entry and its present state."""
        return bool(self.digest != entry.digest or self.topics not in (None, entry.topics))


def find_damage(path: Path) -> str:
    """Return the first damage in a catalog, empty if none. Raises sqlite3.Error if it cannot be
    read.

    SQLite's own check does not find changed texts; the digests of entries do.
    """
    return sqlite_file.find_damage(path, _changed_payload)


def _changed_payload(database: sqlite3.Connection) -> str:
    """Return that an entry's payload has not the digest that was stored with it, if so."""
    for payload, digest in database.execute(_DIGESTS):
        if payloads.digest(payload) != digest:
            return "the text of an entry is not what was written"
    return ""


def take_over(connection: Connection, path: Path, batch: Batch, believed: Believed) -> None:
    """Correct a catalog whose first scan has ended by those put aside from its path.

    An entry that several of them have is taken from the newest. `batch` collects what
    is to be written: entries that are gone, their tombstones, the dates of feeds they left.
    """
    taken: set[int] = set()
    gone: list[_OldEntry] = []
    for aside in those_put_aside(path):
        with closing(open_put_aside(aside)) as database:
            gone += _OldCatalog(connection, database, batch).take_over(taken)
    _withdraw(connection, batch, gone, believed)
    connection.execute(delete(t.meta).where(t.meta.c.name == _PENDING))
    log.warning(
        "the catalog was rebuilt; %d entries keep their dates, and %d of these are withdrawn",
        len(taken), len(gone),
    )  # fmt: skip


class _OldCatalog:
    """A catalog that was put aside, its ids of topics and providers replaced by the new ones."""

    def __init__(self, connection: Connection, database: sqlite3.Connection, batch: Batch) -> None:
        self._connection = connection
        self._database = database
        self._batch = batch
        self._topics = self._names(t.topics, "slug")
        self._providers = self._names(t.providers, "domain")
        self._take_names()
        self._take_given_ids()
        # Digests of what another parser has read, or by other settings, may differ though no
        # file has changed.
        meta = dict(self._rows("meta", "name", "value"))
        of_reading = (PARSER, SETTINGS)
        self._comparable = all(meta.get(name) == get_meta(connection, name) for name in of_reading)

    def _rows(self, table: str, *columns: str, key: int = 1) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a table that can be read; the first columns are its key."""
        return readable_rows(self._database, table, columns, columns[:key])

    def _names(self, table: Table, column: str) -> dict[int, int]:
        """Return the new ids of topics or providers by their old ones; add those that are new.

        The column has the slug or domain that a name is known by.
        """
        c = table.c
        ids = {row[0]: row[1] for row in self._connection.execute(select(c[column], c.id))}
        unused = count(max(ids.values(), default=0) + 1)
        new_ids: dict[int, int] = {}
        missing: list[tuple[Any, ...]] = []
        names = dict(self._rows("topics", "id", "name") if table is t.topics else ())
        for ref, address in self._rows(table.name, "id", column):
            if (type(ref), type(address)) == (int, str):
                if address not in ids:
                    ids[address] = next(unused)
                    rest = (names.get(ref) or address, LOWEST) if table is t.topics else ("", 0)
                    missing.append((ids[address], address, *rest))
                new_ids[ref] = ids[address]
        insert_rows(self._connection, table, missing)
        return new_ids

    def _take_names(self) -> None:
        """Take over names that more people have seen than those that the articles give now."""
        books = (("topics", "name", self._topics), ("providers", "shown_name", self._providers))
        for table, column, ids in books:
            names = [
                (name, level, ids[ref], level, level)
                for ref, name, level in self._rows(table, "id", column, "public_name")
                if type(name) is str and level in _LEVELS and ref in ids
            ]
            run_rows(self._connection, _NAME.format(table, column), names)

    def take_over(self, taken: set[int]) -> list[_OldEntry]:
        """Correct the entries that there are now, and return the others.

        `taken` are the keys of those that a newer catalog had; all that this one has are added.
        """
        tiers: dict[int, int] = {}
        gone: list[_OldEntry] = []
        entries = (old for old in self._entries() if old.key not in taken)
        while chunk := list(islice(entries, _TOGETHER)):
            tiers.update((old.key, old.tier) for old in chunk)
            keys = json_array(old.key for old in chunk)
            now = {entry.key: entry for entry in self._connection.execute(_ENTRIES, {"keys": keys})}
            gone += [old for old in chunk if old.key not in now]
            self._correct([(old, now[old.key]) for old in chunk if old.key in now])
        taken.update(tiers)
        self._take_tombstones(tiers)
        self._take_dates()
        return gone

    def _entries(self) -> Iterator[_OldEntry]:
        for _, *columns in self._rows("entries", "rowid", *_OldEntry._fields):
            old = _OldEntry(*columns)
            if old.is_sound():
                topics = _by_new_ids(old.topics, self._topics)
                # Before articles were held, -1 was the tier of what is withdrawn.
                tier = old.tier if old.withdrawn is None else WITHDRAWN
                provider = self._providers.get(old.provider, 0)
                yield old._replace(topics=topics, tier=tier, provider=provider)

    def _correct(self, pairs: list[tuple[_OldEntry, Row[Any]]]) -> None:
        """Date entries as if the old catalog had seen their present state."""
        dates: list[tuple[Any, ...]] = []
        changed: list[tuple[_OldEntry, Row[Any]]] = []
        for old, entry in pairs:
            if old.tier != entry.tier or old.differs_from(entry):
                changed.append((old, entry))
                continue
            shown = old.shown_quality, old.shown_heat
            dates.append((old.updated, old.modified, old.first_seen, *shown, old.key))
            if (old.quality, old.heat) != (entry.quality, entry.heat):
                self._batch.removals.add(("score", 0, entry.tier >> 1))
        keys = json_array(old.key for old, _ in changed)
        payload = {
            row.key: row.payload for row in self._connection.execute(_PAYLOADS, {"keys": keys})
        }
        for old, entry in changed:
            updated: int | None = old.updated
            if entry.winner:  # no file describes what has expired
                updated = payloads.load(payload[old.key]).get("updated")
            if updated is None:
                is_edited = self._comparable and old.differs_from(entry)
                updated = max(self._batch.now, entry.published) if is_edited else old.updated
            modified = self._batch.at
            shown = entry.shown_quality, entry.shown_heat
            dates.append((updated, modified, old.first_seen, *shown, old.key))
            topics = set(topic_ids(entry.topics))
            self._batch.remove_from_feeds(
                old, topic_ids(old.topics), entry.tier, topics, entry.provider, entry.withdrawn
            )
        run_rows(self._connection, _DATE, dates)

    def _take_tombstones(self, tiers: dict[int, int]) -> None:
        """Take those of entries that are not back at their tier or above, then or now."""
        columns = ("kind", "ref", "tier", "published", "key")
        rows = self._feeds("tombstones", *columns, "at", key=len(columns))
        guids = {row[0]: row[-1] for row in self._rows("tombstones", "key", *columns[:4], "guid")}
        rows = (row for row in rows if tiers.get(row[4], _NO_TIER) < row[2])
        tombstones.add(self._connection, ((*row, _text(guids.get(row[4]))) for row in rows))
        entry, tombstone = t.entries.c, t.tombstones.c
        is_back = exists().where(entry.key == tombstone.key, entry.tier >= tombstone.tier)
        self._connection.execute(delete(t.tombstones).where(is_back))

    def _take_given_ids(self) -> None:
        """Note which given ids feeds wrote, for the tombstones of entries that are gone."""
        taken = set[str]()
        for guid, _, _, key in self._rows("given_ids", "guid", "hidden", "url", "key", key=3):
            if type(key) is int and _text(guid) and guid not in taken:
                taken.add(guid)
                self._batch.former_ids.setdefault(key, guid)

    def _take_dates(self) -> None:
        """Take when feeds were last left and changed, and when the configuration was changed."""
        for table in ("last_removals", "departures"):  # the latter before the first release
            rows = self._feeds(table, "kind", "ref", "public", "at", key=3)
            run_rows(self._connection, DATE_REMOVAL, list(rows))
        rows = self._feeds("counts", "kind", "ref", "tier", "modified", key=3)
        run_rows(self._connection, _CHANGE, [(at, *feed, at) for *feed, at in rows])
        settings = [
            row
            for row in self._rows("settings", "name", "digest", "at")
            if type(row[0]) is type(row[1]) is str and _is_time(row[2])
        ]
        run_rows(self._connection, _CONFIGURE, settings)

    def _feeds(self, table: str, *columns: str, key: int) -> Iterator[tuple[Any, ...]]:
        """Yield rows that begin with a feed's kind and id and end with a time, by the new ids."""
        by_kind = {"topic": self._topics, "provider": self._providers}
        for kind, ref, *numbers, at in self._rows(table, *columns, key=key):
            if type(kind) is str and _is_time(at) and all(type(n) is int for n in numbers):
                ids = by_kind.get(kind.rpartition(" ")[2], {0: 0})  # `edited topic`
                if ref in ids:
                    yield (kind, ids[ref], *numbers, at)


def _withdraw(
    connection: Connection, batch: Batch, gone: Iterable[_OldEntry], believed: Believed
) -> None:
    """Record entries that are not in the folder, with tombstones of those that went since.

    If they are suspiciously many, there are no tombstones: the entries get their dates back when
    they return.
    """
    newly = sum(old.tier != WITHDRAWN for old in gone)
    staying = connection.scalar(select(func.count()).select_from(t.entries)) or 0
    before = len(batch.tombstones)
    for old in gone:
        values = old._asdict() | {"winner": 0, "tier": WITHDRAWN, "topics": old.topics or ""}
        values["position"] = batch.position(old.published, old.key)
        if old.tier != WITHDRAWN:
            values["modified"], values["withdrawn"] = batch.at, batch.now
            batch.remove_from_feeds(old, topic_ids(old.topics), WITHDRAWN, set(), 0)
        batch.new_entries.append(tuple(values[column.name] for column in t.entries.columns))
    if newly and not believed(newly, staying):
        del batch.tombstones[before:]
        log.warning(
            "%d entries of the old catalog are not in the folder, too many to be withdrawn: "
            "feeds do not report them as withdrawn", newly,
        )  # fmt: skip


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_time(value: object) -> bool:
    return type(value) is int and value in _YEARS


def _by_new_ids(topics: str | None, ids: dict[int, int]) -> str | None:
    """Return the topics of an entry by their new ids, None if not all can be read."""
    try:
        return ",".join(str(ids[id]) for id in topic_ids(topics))
    except (KeyError, ValueError):
        return None


_DIGESTS: Final = (
    "SELECT CAST(m.payload AS BLOB), e.digest "
    "FROM entries AS e JOIN mentions AS m ON m.id = e.winner"
)
_ENTRIES: Final = select(t.entries).where(in_json(t.entries.c.key, "keys"))
_PAYLOADS: Final = (
    select(t.entries.c.key, t.mentions.c.payload)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(in_json(t.entries.c.key, "keys"))
)
_NAME: Final = (
    "UPDATE {0} SET {1} = ?, public_name = ? "
    "WHERE id = ? AND (public_name < ? OR public_name = ? AND {1} = '')"
)
_DATE: Final = (
    "UPDATE entries SET updated = ?, modified = ?, first_seen = ?, "
    "shown_quality = ?, shown_heat = ? WHERE key = ?"
)
_CHANGE: Final = (
    "UPDATE counts SET modified = ? WHERE kind = ? AND ref = ? AND tier = ? AND modified < ?"
)
_CONFIGURE: Final = (
    "INSERT INTO settings (name, digest, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
