"""Writing the catalog: what ingest found, to entries and the change log.

One `Writer` lives as long as its ingest. A batch of files is one transaction:
their old mentions go, their new ones come, and every entry that either speaks
of is settled anew from all mentions that remain.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Engine,
    MetaData,
    Row,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from feeds.catalog import counts, fulltext
from feeds.catalog import tables as t
from feeds.catalog.batch import Batch, Outcome
from feeds.catalog.merge import WITHDRAWN, Mention, recall
from feeds.catalog.names import NameBook, Spelling
from feeds.catalog.rows import among, insert_rows, listed, run_rows
from feeds.errors import Problem
from feeds.text import slug

_TOGETHER: Final = 1024  # files in one transaction, where many are written
_KEPT_CHANGES: Final = 100_000

# The parts of a configuration and their digests: see `tables.settings`.
Settings = Mapping[str, str]

# Ids of files, while it is looked at what would go with them.
_going = Table(
    "going", MetaData(), Column("id", BigInteger, primary_key=True), prefixes=["TEMPORARY"]
)

# Made once: they are asked for every batch.
_DIGESTS: Final = select(t.files.c.path, t.files.c.digest).where(among(t.files.c.path, "paths"))
_IDS: Final = select(t.files.c.path, t.files.c.id).where(among(t.files.c.path, "paths"))
_ENTRIES: Final = select(t.entries).where(among(t.entries.c.key, "keys"))
_MENTIONS: Final = select(t.mentions).where(among(t.mentions.c.key, "keys"))
_PLACES: Final = select(t.entries.c.place).where(among(t.entries.c.place, "places"))

# In place of a stamp: the file is to be read again whatever it looks like.
AGAIN: Final = 0
# In place of a digest, and none of any content: the file is there and could not be read,
# or is to be read again.
UNREADABLE: Final = b""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it is now. `mentions` is None if it was refused or says the `same` as before."""

    path: str
    stamp: int
    digest: bytes
    mentions: tuple[Mention, ...] | None
    problems: tuple[Problem, ...] = ()
    refused: bool = False
    same: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Its way from one process to another: Python packs each named tuple by a call
        of its own, plain ones all at once."""
        plain = None if self.mentions is None else tuple(map(tuple, self.mentions))
        rest = self.problems, self.refused, self.same
        return _received, (self.path, self.stamp, self.digest, plain, *rest)


def _received(
    path: str, stamp: int, digest: bytes, plain: tuple[tuple[Any, ...], ...] | None, *rest: Any
) -> FileRead:
    mentions = None if plain is None else tuple(map(_mention, plain))
    return FileRead(path, stamp, digest, mentions, *rest)


# `Mention._make` for values that are known to be all there.
_mention: Final = partial(tuple.__new__, Mention)


class Writer:
    """The one writer of a catalog."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._shared: Connection | None = None  # see `together`
        self._unsaved = 0  # files written with it that a crash would undo
        self._load()

    def _load(self) -> None:
        """What the writer keeps at hand: names and their ids, by which all else refers to them."""
        with self._engine.connect() as connection:
            self._topics = NameBook.load(connection, "topic", t.topics, t.topics.c.slug)
            self._providers = NameBook.load(
                connection, "provider", t.providers, t.providers.c.domain
            )
            self._next_file = 1 + (connection.scalar(select(func.max(t.files.c.id))) or 0)
            self._files_known = connection.scalar(select(func.count()).select_from(t.files)) or 0
            self._first = get_meta(connection, "scanned") is None
            self._empty = connection.scalar(select(t.entries.c.key).limit(1)) is None

    # --- the files it knows ------------------------------------------------

    @property
    def files(self) -> int:
        """How many files the catalog has."""
        return self._files_known

    def stamps(self, below: str | None = None) -> dict[str, int]:
        """The stamp of every file in the catalog, by path; or of those at and below a path."""
        c = t.files.c
        wanted = select(c.path, c.stamp)
        if below is not None:
            # `0` is what comes after `/`, so this is a range of the index.
            wanted = wanted.where(
                (c.path == below) | ((c.path > f"{below}/") & (c.path < f"{below}0"))
            )
        with self._engine.connect() as connection:
            return {path: stamp for path, stamp in connection.execute(wanted)}  # noqa: C416

    def digests(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The digests of the content of those files that the catalog has."""
        if not self._files_known:
            return {}
        with self._transaction() as connection:
            rows = connection.execute(_DIGESTS, {"paths": listed(paths)})
            return {path: digest for path, digest in rows}  # noqa: C416

    def withdrawing(self, gone: Sequence[str]) -> list[str]:
        """Those of some files with which an entry would go that no other file speaks of."""
        m, other = t.mentions.c, t.mentions.alias().c
        elsewhere = exists().where(
            other.key == m.key, (other.id // t.MENTIONS_PER_FILE).not_in(select(_going.c.id))
        )
        first = _going.c.id * t.MENTIONS_PER_FILE
        last_ones = (
            select(t.files.c.path)
            .distinct()
            .join_from(_going, t.files, t.files.c.id == _going.c.id)
            .join(t.mentions, m.id.between(first, first + t.MENTIONS_PER_FILE - 1))
            .where(~elsewhere)
        )
        with self._engine.begin() as connection:
            ids = self._ids(connection, gone)
            if not ids:
                return []
            _going.create(connection)
            insert_rows(connection, _going, [(id,) for id in ids.values()])
            found = list(connection.scalars(last_ones))
            _going.drop(connection)
        return found

    def _ids(self, connection: Connection, paths: Iterable[str]) -> dict[str, int]:
        """The ids of those files that the catalog has."""
        if not self._files_known:
            return {}
        rows = connection.execute(_IDS, {"paths": listed(paths)})
        return {path: id for path, id in rows}  # noqa: C416

    # --- writing -------------------------------------------------------------

    def apply(self, read: Sequence[FileRead], gone: Sequence[str], now: int) -> Outcome:
        """Write a batch of files, and take out those that are gone, in one transaction."""
        taken = _Places()
        batch = Batch(now, self._first, self._topics, self._providers, taken)
        with self._transaction() as connection:
            known = self._ids(connection, [one.path for one in read])
            leaving = self._ids(connection, gone)
            said = [one.path for one in read if one.mentions is not None]
            replaced = [known[path] for path in said if path in known]
            self._take_out(connection, batch, [*replaced, *leaving.values()])
            rows = self._files(connection, read, leaving, known)
            self._put_in(connection, batch, rows)
            self._settle(connection, batch, taken)
            self._write(connection, batch)
        self._files_known += len(read) - len(known) - len(leaving)
        self._unsaved += len(read) + len(gone)
        if self._shared is not None and self._unsaved >= _TOGETHER:
            self._shared.commit()
            self._unsaved = 0
        return batch.outcome

    @contextmanager
    def together(self) -> Iterator[None]:
        """Batches that are applied meanwhile share a transaction, until it is large.

        The end of one costs a third of what writing costs: entries lie scattered
        over all indexes, so that each batch changes pages which the next changes too.
        """
        with self._own_transaction() as connection:
            self._shared, self._unsaved = connection, 0
            try:
                yield
            finally:
                self._shared = None

    @contextmanager
    def _transaction(self) -> Iterator[Connection]:
        if self._shared is not None:
            yield self._shared
            return
        with self._own_transaction() as connection:
            yield connection

    @contextmanager
    def _own_transaction(self) -> Iterator[Connection]:
        try:
            with self._engine.connect() as connection:
                yield connection
                connection.commit()
        except BaseException:
            self._load()  # what was kept at hand belongs to a transaction that is undone
            raise

    def read_by(self, reading: str) -> None:
        """Have all files read again, though none has changed, if they were read by another
        version of what reads them."""
        with self._engine.begin() as connection:
            if get_meta(connection, "reading") != reading:
                connection.execute(update(t.files).values(stamp=AGAIN, digest=UNREADABLE))
                _set_meta(connection, "reading", reading)

    def scanned(self, now: int, settings: Settings, start: str = "") -> None:
        """Note that a whole scan has ended, for which start of the server, and
        with which configuration.

        A first scan dates nothing by the clock: the same folder gives the same
        dates everywhere. A later change of configuration is dated.
        """
        with self._engine.begin() as connection:
            if get_meta(connection, "scanned") is None:
                _set_meta(connection, "scanned", str(now))
                _log(connection, {("site", 0, 1), ("site", 0, 0)}, now)
            self._first = False
            if start and get_meta(connection, "start") != start:
                _set_meta(connection, "start", start)
            _note_settings(connection, settings, now)

    def lately(self) -> list[tuple[int, int]]:
        """When files were last withdrawn, and how many."""
        with self._engine.connect() as connection:
            return [(at, count) for at, count in json.loads(get_meta(connection, "lately") or "[]")]

    def note_lately(self, withdrawn: Sequence[tuple[int, int]]) -> None:
        """Remember when files were withdrawn, and how many, over a restart."""
        with self._engine.begin() as connection:
            _set_meta(connection, "lately", json.dumps(withdrawn))

    def configured(self, now: int, settings: Settings) -> None:
        """Note a change of the configuration while ingest goes on."""
        with self._engine.begin() as connection:
            _note_settings(connection, settings, now)

    # --- one batch ---------------------------------------------------------

    def _take_out(self, connection: Connection, batch: Batch, file_ids: list[int]) -> None:
        """Remove the mentions of files, and remember whose entries they were."""
        c = t.mentions.c
        for file_id in file_ids:
            span = _span(file_id)
            for row in connection.execute(select(c.id, c.key, c.flags, c.payload).where(span)):
                batch.mentions.setdefault(row.key, [])
                batch.removed[row.id] = row.payload
                old = recall(row.key, b"", row.flags, 0, None, None, row.payload)
                batch.name(old, -1)
            connection.execute(delete(t.mentions).where(span))

    def _files(
        self,
        connection: Connection,
        read: Sequence[FileRead],
        leaving: dict[str, int],
        known: dict[str, int],
    ) -> Iterator[tuple[int, FileRead]]:
        """Write the list of files; give each file's id with what was read of it."""
        new, old, same, out = [], [], [], []
        for one in read:
            id = known.get(one.path)
            if id is not None and one.same:
                same.append({"b_id": id, "b_stamp": one.stamp})
                continue
            row = {
                "path": one.path,
                "stamp": one.stamp,
                "digest": one.digest,
                "good": not one.refused,
                "problems": json.dumps([_problem_row(p) for p in one.problems]),
            }
            if id is None:
                id, self._next_file = self._next_file, self._next_file + 1
                new.append({"id": id, **row})
            else:
                old.append({"b_id": id, **{f"b_{name}": value for name, value in row.items()}})
            if one.mentions is not None:
                out.append((id, one))
        here = t.files.c.id == bindparam("b_id")
        if leaving:
            gone = among(t.files.c.id, "ids")
            connection.execute(delete(t.files).where(gone), {"ids": listed(leaving.values())})
        if new:
            connection.execute(insert(t.files), new)
        for rows, names in ((old, ("stamp", "digest", "good", "problems")), (same, ("stamp",))):
            if rows:
                values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
                connection.execute(update(t.files).where(here).values(values), rows)
        return iter(out)

    def _put_in(
        self, connection: Connection, batch: Batch, rows: Iterator[tuple[int, FileRead]]
    ) -> None:
        """Add the mentions of files."""
        inserted = []
        mentions = batch.mentions
        for file_id, one in rows:
            start = file_id * t.MENTIONS_PER_FILE
            for id, mention in enumerate(one.mentions or (), start):
                key, _, flags, richness, quality, heat = mention[:6]
                inserted.append((id, key, flags, richness, quality, heat, mention.payload))
                if key in mentions:
                    mentions[key].append((id, mention))
                else:
                    mentions[key] = [(id, mention)]
                batch.name(mention, 1)
        if inserted:
            insert_rows(connection, t.mentions, inserted)

    def _settle(self, connection: Connection, batch: Batch, taken: "_Places") -> None:
        """Decide what every entry spoken of is now."""
        before: dict[int, Row[Any]] = {}
        if not self._empty:
            rows = connection.execute(_ENTRIES, {"keys": listed(batch.mentions)})
            before = {row.key: row for row in rows}
            self._recall_others(connection, batch, before)
            taken.look_up(connection, batch)
        for key, mentions in batch.mentions.items():
            old = before.get(key)
            if mentions:
                batch.settle(key, mentions, old)
            elif old is not None and old.tier != WITHDRAWN:
                batch.withdraw(old)
        self._empty = False

    def _recall_others(
        self, connection: Connection, batch: Batch, before: dict[int, Row[Any]]
    ) -> None:
        """Add what files outside the batch say of the same entries."""
        for row in connection.execute(_MENTIONS, {"keys": listed(before)}):
            mentions = batch.mentions[row.key]
            if any(id == row.id for id, _ in mentions):
                continue
            id = before[row.key].id
            mentions.append(
                (
                    row.id,
                    recall(
                        row.key, id, row.flags, row.richness, row.quality, row.heat, row.payload
                    ),
                )
            )

    # --- the end of a batch ------------------------------------------------

    def _write(self, connection: Connection, batch: Batch) -> None:
        self._write_names(connection, batch)
        if batch.topics_out:
            names = ("topic", "tier", "published", "key")
            c = t.entry_topics.c
            connection.execute(
                delete(t.entry_topics).where(*(c[name] == bindparam(name) for name in names)),
                [dict(zip(names, row, strict=True)) for row in batch.topics_out],
            )
        if batch.new_entries:
            insert_rows(connection, t.entries, sorted(batch.new_entries))
        if batch.changed_entries:
            _update_entries(connection, batch.changed_entries)
        if batch.rescored:
            connection.execute(
                update(t.entries).where(t.entries.c.key == bindparam("b_key")), batch.rescored
            )
        if batch.topics_in:
            insert_rows(connection, t.entry_topics, sorted(batch.topics_in))
        fulltext.take_out(connection, batch.texts_out)
        fulltext.put_in(connection, batch.texts_in)
        if batch.returned:
            c = t.tombstones.c
            connection.execute(
                delete(t.tombstones).where(
                    c.key == bindparam("b_key"), c.tier <= bindparam("b_tier")
                ),
                [{"b_key": key, "b_tier": tier} for key, tier in batch.returned],
            )
        if batch.buried:
            insert_rows(connection, t.tombstones, sorted(batch.buried))
        for kind, ref, public in sorted(batch.left):
            c = t.departures.c
            here = (c.kind == kind) & (c.ref == ref) & (c.public == public)
            values = {"kind": kind, "ref": ref, "public": public, "at": batch.now}
            if not connection.execute(
                update(t.departures).where(here).values(at=batch.now)
            ).rowcount:
                connection.execute(insert(t.departures), values)
        moved = batch.tally.places()
        counts.write(connection, moved, batch.tally)
        _log(connection, batch.places(moved), batch.now)

    def _write_names(self, connection: Connection, batch: Batch) -> None:
        """Bring names up to date: each topic and provider shows its most frequent spelling."""
        by_name: Counter[Spelling] = Counter()
        for (public, together), by in batch.named_topics.items():
            by_name.update({(public, name): by for name in together})
        topics = {(slug(one[1]), one): by for one, by in by_name.items()}
        for names, spelled in (
            (self._topics, topics),
            (self._providers, batch.named_providers),
        ):
            for ref in names.respell(connection, spelled):
                # A topic's name stands in the entries of any feed.
                places = ("site", 0) if names is self._topics else (names.kind, ref)
                batch.touched |= {(*places, 0), (*places, 1)}


def _span(file_id: int) -> ColumnElement[bool]:
    """The mentions of a file."""
    start = file_id * t.MENTIONS_PER_FILE
    return t.mentions.c.id.between(start, start + t.MENTIONS_PER_FILE - 1)


class _Places:
    """Which places entries outside a batch have: the likeliest are read ahead."""

    def __init__(self) -> None:
        self._known: dict[int, bool] = {}
        self._connection: Connection | None = None  # none for an empty catalog

    def __call__(self, place: int) -> bool:
        if self._connection is None:
            return False
        if place not in self._known:
            self._read([place])
        return self._known[place]

    def look_up(self, connection: Connection, batch: Batch) -> None:
        """Read ahead where the entries of a batch would stand."""
        self._connection = connection
        self._read(
            [
                fulltext.place(one.published, key)
                for key, mentions in batch.mentions.items()
                for _, one in mentions
            ]
        )

    def _read(self, places: Sequence[int]) -> None:
        assert self._connection is not None
        found = set(self._connection.scalars(_PLACES, {"places": listed(places)}))
        self._known |= {place: place in found for place in places}


def _update_entries(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    names = ["b_key", *t.entries.columns.keys()[1:]]
    connection.execute(
        update(t.entries).where(t.entries.c.key == bindparam("b_key")),
        [dict(zip(names, row, strict=True)) for row in rows],
    )


def _log(connection: Connection, touched: set[tuple[str, int, int]], now: int) -> None:
    if not touched:
        return
    rows = [(*place, now) for place in sorted(touched)]
    run_rows(connection, "INSERT INTO changes (kind, ref, public, at) VALUES (?, ?, ?, ?)", rows)
    newest = connection.scalar(select(func.max(t.changes.c.seq))) or 0
    connection.execute(delete(t.changes).where(t.changes.c.seq <= newest - _KEPT_CHANGES))


def _note_settings(connection: Connection, settings: Settings, now: int) -> None:
    """Date the parts of the configuration that have changed; a part's first state has no date."""
    c = t.settings.c
    before = {row.name: row.digest for row in connection.execute(select(c.name, c.digest))}
    changed = [name for name, digest in settings.items() if before.get(name) != digest]
    if not changed:
        return
    connection.execute(
        delete(t.settings).where(c.name == bindparam("b_name")),
        [{"b_name": name} for name in changed],
    )
    connection.execute(
        insert(t.settings),
        [
            {"name": name, "digest": settings[name], "at": now if name in before else 0}
            for name in changed
        ],
    )
    again = {name for name in changed if name in before}
    _log(connection, {(name, 0, public) for name in again for public in (0, 1)}, now)


def get_meta(connection: Connection, name: str) -> str | None:
    """A note about the catalog itself."""
    value: str | None = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name))
    return value


def _set_meta(connection: Connection, name: str, value: str) -> None:
    if not connection.execute(
        update(t.meta).where(t.meta.c.name == name).values(value=value)
    ).rowcount:
        connection.execute(insert(t.meta), {"name": name, "value": value})


def _problem_row(problem: Problem) -> list[Any]:
    return [
        problem.line,
        problem.column,
        problem.field,
        problem.code,
        problem.what,
        problem.cure,
        problem.refused,
    ]
