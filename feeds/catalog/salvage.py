"""Take over from a catalog that was put aside what the articles cannot tell.

A catalog that cannot be used, because it is of an unknown revision or damaged, is
put aside by `database.open_to_write`, and the first scan of the folder fills a new
one. That scan dates its entries as any first scan does. When it ends, in the
transaction that says so, `take_over` corrects it by what can be read of the old
catalog: first seen, updated, withdrawn, tombstones, and the dates of feeds and of
the configuration. Until then the new catalog cannot be opened to read, so no
subscriber sees an `updated` that moved or a withdrawn entry that never existed.
"""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, Table, delete, exists, func, select

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, insert_rows, json_array, run_rows
from feeds.catalog.change_log import PARSER, get_meta, set_meta
from feeds.catalog.changeset import Batch, topic_ids
from feeds.catalog.merge import WITHDRAWN, key_of
from feeds.util.sqlite_file import open_put_aside, readable_rows, those_put_aside

log: Final = logging.getLogger("feeds")
_PENDING: Final = "put_aside"  # the name of a row of `meta`
_TOGETHER: Final = 1000  # entries looked up at a time
_YEARS: Final = range(-62_135_596_800, 253_402_300_800)  # seconds of the years 1 to 9999

# Tells whether so many entries may be withdrawn where so many others stay.
Believed = Callable[[int, int], bool]


def begin(connection: Connection) -> None:
    """Note in a new catalog that another was put aside for it."""
    set_meta(connection, _PENDING, "pending")


def is_pending(connection: Connection) -> bool:
    """Tell whether the first scan of a catalog that replaces another has not ended yet."""
    return get_meta(connection, _PENDING) is not None


class _Old(NamedTuple):
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


def take_over(connection: Connection, path: Path, batch: Batch, believed: Believed) -> None:
    """Correct a catalog whose first scan has ended by those put aside from its path.

    What is known of more than one is taken from the newest. `batch` gathers what is
    to be written: entries that are gone, their tombstones, the dates of feeds they left.
    """
    taken: set[int] = set()
    gone: list[_Old] = []
    for aside in those_put_aside(path):
        with closing(open_put_aside(aside)) as database:
            gone += _Source(connection, database, batch).take_over(taken)
    _withdraw(connection, batch, gone, believed)
    connection.execute(delete(t.meta).where(t.meta.c.name == _PENDING))
    log.warning(
        "the catalog is rebuilt; %d entries have their dates from before, %d of them are withdrawn",
        len(taken), len(gone),
    )  # fmt: skip


class _Source:
    """One catalog that was put aside, its ids of topics and providers replaced by the new ones."""

    def __init__(self, connection: Connection, database: sqlite3.Connection, batch: Batch) -> None:
        self._connection = connection
        self._database = database
        self._batch = batch
        self._topics = self._names(t.topics, "slug")
        self._providers = self._names(t.providers, "domain")
        # Digests of what another version has read may differ though no file has changed.
        meta = dict(self._rows(t.meta, ("name", "value"), ("name",)))
        self._comparable = meta.get(PARSER) == get_meta(connection, PARSER)

    def _rows(
        self, table: Table, columns: tuple[str, ...], key: tuple[str, ...]
    ) -> Iterator[tuple[Any, ...]]:
        return readable_rows(self._database, table.name, columns, key)

    def _names(self, table: Table, address: str) -> dict[int, int]:
        """Return the new ids of topics or providers by their old ones; add those that are new."""
        c = table.c
        ids = {row[0]: row[1] for row in self._connection.execute(select(c[address], c.id))}
        found: dict[int, int] = {}
        missing: list[tuple[int, str, str]] = []
        following = max(ids.values(), default=0) + 1
        for ref, where, name in self._rows(table, ("id", address, "name"), ("id",)):
            if type(ref) is int and type(where) is str and type(name) is str:
                if where not in ids:
                    ids[where], following = following, following + 1
                    missing.append((ids[where], where, name))
                found[ref] = ids[where]
        insert_rows(self._connection, table, missing)
        return found

    def take_over(self, taken: set[int]) -> list[_Old]:
        """Correct what is there; return the entries that are not. `taken` are keys done with."""
        gone: list[_Old] = []
        entries = (old for old in self._entries() if old.key not in taken)
        while some := list(islice(entries, _TOGETHER)):
            taken.update(old.key for old in some)
            keys = json_array(old.key for old in some)
            here = {row.key: row for row in self._connection.execute(_HERE, {"keys": keys})}
            gone += [old for old in some if old.key not in here]
            self._correct([(old, here[old.key]) for old in some if old.key in here])
        self._take_tombstones()
        self._take_dates()
        return gone

    def _entries(self) -> Iterator[_Old]:
        for _, *columns in self._rows(t.entries, ("rowid", *_Old._fields), ("rowid",)):
            old = _Old(*columns)
            if _is_sound(old):
                topics = _mapped(old.topics, self._topics)
                yield old._replace(topics=topics, provider=self._providers.get(old.provider, 0))

    def _correct(self, pairs: list[tuple[_Old, Row[Any]]]) -> None:
        """Date entries as if the old catalog had met them as they are now."""
        values: list[tuple[Any, ...]] = []
        changed: list[tuple[_Old, Row[Any]]] = []
        for old, new in pairs:
            if old.tier != new.tier or _differ(old, new):
                changed.append((old, new))
                continue
            shown = old.shown_quality, old.shown_heat
            values.append((old.updated, old.modified, old.first_seen, *shown, old.key))
            if (old.quality, old.heat) != (new.quality, new.heat):
                self._batch.removals.add(("score", 0, int(new.tier >= 2)))
        keys = json_array(old.key for old, _ in changed)
        payload = {row.key: row.payload for row in self._connection.execute(_SAID, {"keys": keys})}
        for old, new in changed:
            updated = payloads.load(payload[old.key]).get("updated")
            if updated is None:
                seen = self._comparable and _differ(old, new)
                updated = max(self._batch.now, new.published) if seen else old.updated
            modified = max(updated, self._batch.now)
            shown = new.shown_quality, new.shown_heat
            values.append((updated, modified, old.first_seen, *shown, old.key))
            topics = set(topic_ids(new.topics))
            self._batch.remove_from_feeds(
                old, topic_ids(old.topics), new.tier, topics, new.provider
            )
        run_rows(self._connection, _DATE, values)

    def _take_tombstones(self) -> None:
        """Take those of entries that do not stand as high now as they did."""
        c = t.tombstones.c
        fresh = {row[:5] for row in self._batch.tombstones}
        names = tuple(column.name for column in c)
        rows = [
            (kind, ref, tier, published, key, at)
            for kind, ref, tier, published, key, at in self._feeds(t.tombstones, names, names[:5])
            if (kind, ref, tier, published, key) not in fresh
        ]
        run_rows(self._connection, _BURY, rows)
        e = t.entries.c
        back = exists().where(e.key == c.key, e.tier >= c.tier)
        self._connection.execute(delete(t.tombstones).where(back))

    def _take_dates(self) -> None:
        """Take when feeds were last left and changed, and when parts of the configuration were."""
        key = ("kind", "ref", "public")
        run_rows(self._connection, _LEAVE, list(self._feeds(t.last_removals, (*key, "at"), key)))
        key = ("kind", "ref", "tier")
        rows = self._feeds(t.counts, (*key, "modified"), key)
        run_rows(self._connection, _CHANGE, [(at, *feed, at) for *feed, at in rows])
        settings = self._rows(t.settings, ("name", "digest", "at"), ("name",))
        kept = [
            (name, digest, at)
            for name, digest, at in settings
            if type(name) is type(digest) is str and _is_time(at)
        ]
        run_rows(self._connection, _CONFIGURE, kept)

    def _feeds(
        self, table: Table, columns: tuple[str, ...], key: tuple[str, ...]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield rows that begin with a feed's kind and id and end with a time, by the new ids."""
        for kind, ref, *numbers, at in self._rows(table, columns, key):
            if type(kind) is str and _is_time(at) and all(type(one) is int for one in numbers):
                refs = {"topic": self._topics, "provider": self._providers}.get(
                    kind.rpartition(" ")[2], {0: 0}
                )
                if ref in refs:
                    yield (kind, refs[ref], *numbers, at)


def _withdraw(
    connection: Connection, batch: Batch, gone: Iterable[_Old], believed: Believed
) -> None:
    """Remember entries that are not in the folder, with tombstones where they newly went.

    They leave no tombstones if they are too many to be believed: they have their
    dates back once they return.
    """
    newly = sum(old.tier != WITHDRAWN for old in gone)
    staying = connection.scalar(select(func.count()).select_from(t.entries)) or 0
    before = len(batch.tombstones)
    for old in gone:
        topics = topic_ids(old.topics)
        dates = {"modified": old.modified, "withdrawn": old.withdrawn}
        if old.tier != WITHDRAWN:
            dates = {"modified": batch.now, "withdrawn": batch.now}
            batch.remove_from_feeds(old, topics, WITHDRAWN, set(), 0)
        values = old._asdict() | dates
        values |= {"tier": WITHDRAWN, "winner": 0, "topics": old.topics or ""}
        values |= {"position": batch.position(old.published, old.key)}
        batch.new_entries.append(tuple(values[column.name] for column in t.entries.columns))
    if newly and not believed(newly, staying):
        del batch.tombstones[before:]
        log.warning(
            "%d entries of before are not in the folder, more than is believed: "
            "feeds do not say that they were withdrawn", newly,
        )  # fmt: skip


def _is_sound(old: _Old) -> bool:
    times = (old.published, old.updated, old.modified, old.first_seen)
    return (
        type(old.id) is bytes
        and len(old.id) == 16
        and old.key == key_of(old.id)
        and old.tier in range(WITHDRAWN, 4)
        and all(map(_is_time, times))
        and (old.withdrawn is None or _is_time(old.withdrawn))
        and type(old.kind) is str
        and all(type(score) in (float, type(None)) for score in old[10:14])
        and type(old.digest) is bytes
        and type(old.topics) is str
    )


def _is_time(value: object) -> bool:
    return type(value) is int and value in _YEARS


def _mapped(topics: str | None, ids: dict[int, int]) -> str | None:
    """Return the topics of an entry by their new ids, None if not all can be read."""
    try:
        return ",".join(str(ids[id]) for id in topic_ids(topics))
    except (KeyError, ValueError):
        return None


def _differ(old: _Old, new: Row[Any]) -> bool:
    """Tell whether readers see a difference between an entry of before and of now."""
    return bool(old.digest != new.digest or old.topics not in (None, new.topics))


_HERE: Final = select(t.entries).where(in_json(t.entries.c.key, "keys"))
_SAID: Final = (
    select(t.entries.c.key, t.mentions.c.payload)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(in_json(t.entries.c.key, "keys"))
)
_DATE: Final = (
    "UPDATE entries SET updated = ?, modified = ?, first_seen = ?, "
    "shown_quality = ?, shown_heat = ? WHERE key = ?"
)
_BURY: Final = (
    "INSERT INTO tombstones (kind, ref, tier, published, key, at) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO NOTHING"
)
_LEAVE: Final = (
    "INSERT INTO last_removals (kind, ref, public, at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, public) DO UPDATE SET at = excluded.at "
    "WHERE excluded.at > last_removals.at"
)
_CHANGE: Final = (
    "UPDATE counts SET modified = ? WHERE kind = ? AND ref = ? AND tier = ? AND modified < ?"
)
_CONFIGURE: Final = (
    "INSERT INTO settings (name, digest, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
)
