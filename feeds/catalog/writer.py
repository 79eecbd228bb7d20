"""Writing the catalog: what ingest found, to entries and the change log.

One `Writer` lives as long as its ingest. A batch of files is one transaction:
their old mentions go, their new ones come, and every entry that either speaks
of is settled anew from all mentions that remain.
"""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    bindparam,
    delete,
    insert,
    select,
    update,
)

from feeds.catalog import counters, documents, files, salvage
from feeds.catalog import schema as t
from feeds.catalog.bulk import among, insert_rows, listed
from feeds.catalog.change_log import PARSER, Settings, get_meta, log, note_settings, set_meta
from feeds.catalog.changeset import Batch, Outcome
from feeds.catalog.fileread import FileRead
from feeds.catalog.files import Files
from feeds.catalog.merge import WITHDRAWN, recall
from feeds.catalog.names import NameBook, Spelling
from feeds.util.sqlite_file import keep_newest_put_aside
from feeds.util.text import slug

_TOGETHER: Final = 1024  # files in one transaction, where many are written
# Made once: they are asked for every batch.
_ENTRIES: Final = select(t.entries).where(among(t.entries.c.key, "keys"))
_MENTIONS: Final = select(t.mentions).where(among(t.mentions.c.key, "keys"))
_TAKEN: Final = select(t.entries.c.position).where(among(t.entries.c.position, "positions"))


class Writer:
    """The one writer of a catalog."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._path = Path(str(engine.url.database))
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
            self._files = Files(connection)
            self._first = get_meta(connection, "scanned") is None
            self._empty = connection.scalar(select(t.entries.c.key).limit(1)) is None

    # --- the files it knows ------------------------------------------------

    @property
    def files(self) -> int:
        """How many files the catalog has."""
        return self._files.known

    def signatures(self, below: str | None = None) -> dict[str, int]:
        """Return the signature of every file in the catalog, by path; or of those below a path."""
        with self._engine.connect() as connection:
            return files.signatures(connection, below)

    def digests(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The digests of the content of those files that the catalog has."""
        with self._transaction() as connection:
            return self._files.digests(connection, paths)

    def withdrawing(self, gone: Sequence[str]) -> list[str]:
        """Those of some files with which an entry would go that no other file speaks of."""
        with self._engine.begin() as connection:
            ids = self._files.ids(connection, gone)
            return files.withdrawing(connection, ids.values()) if ids else []

    # --- writing -------------------------------------------------------------

    def apply(self, read: Sequence[FileRead], gone: Sequence[str], now: int) -> Outcome:
        """Write a batch of files, and take out those that are gone, in one transaction."""
        taken = _TakenPositions()
        batch = Batch(now, self._first, self._topics, self._providers, taken)
        with self._transaction() as connection:
            known = self._files.ids(connection, [one.path for one in read])
            leaving = self._files.ids(connection, gone)
            said = [one.path for one in read if one.mentions is not None]
            replaced = [known[path] for path in said if path in known]
            self._take_out(connection, batch, [*replaced, *leaving.values()])
            self._files.take_out(connection, leaving.values())
            self._put_in(connection, batch, self._files.put_in(connection, read, known))
            self._settle(connection, batch, taken)
            self._write(connection, batch)
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
        except Exception:
            self._load()  # what was kept at hand belongs to a transaction that is undone
            raise

    def use_parser(self, version: str) -> None:
        """Have every file read again if another version of the parser has read it."""
        with self._engine.begin() as connection:
            if get_meta(connection, PARSER) != version:
                files.to_be_read_again(connection)
                set_meta(connection, PARSER, version)

    def scanned(
        self,
        now: int,
        settings: Settings,
        start: str = "",
        believed: salvage.Believed = lambda going, staying: True,
    ) -> None:
        """Note that a whole scan has ended, for which start of the server, and
        with which configuration.

        A first scan dates nothing by the clock: the same folder gives the same
        dates everywhere. A later change of configuration is dated. If another
        catalog was put aside for this one, its dates are taken over; `believed`
        tells whether so many of its entries may have been withdrawn meanwhile.
        """
        with self._engine.begin() as connection:
            salvaged = salvage.is_pending(connection)
            if salvaged:
                self._take_over(connection, now, believed)
            if get_meta(connection, "scanned") is None:
                set_meta(connection, "scanned", str(now))
                log(connection, {("site", 0, 1), ("site", 0, 0)}, now)
            self._first = False
            if start and get_meta(connection, "start") != start:
                set_meta(connection, "start", start)
            note_settings(connection, settings, now)
        if salvaged:
            self._load()  # names have been added
            keep_newest_put_aside(self._path)

    def _take_over(self, connection: Connection, now: int, believed: salvage.Believed) -> None:
        taken = _TakenPositions()
        batch = Batch(now, False, self._topics, self._providers, taken)
        taken.look_up(connection, batch)
        salvage.take_over(connection, self._path, batch, believed)
        self._write(connection, batch)

    def lately(self) -> list[tuple[int, int]]:
        """When files were last withdrawn, and how many."""
        with self._engine.connect() as connection:
            return [(at, count) for at, count in json.loads(get_meta(connection, "lately") or "[]")]

    def note_lately(self, withdrawn: Sequence[tuple[int, int]]) -> None:
        """Remember when files were withdrawn, and how many, over a restart."""
        with self._engine.begin() as connection:
            set_meta(connection, "lately", json.dumps(withdrawn))

    def configured(self, now: int, settings: Settings) -> None:
        """Note a change of the configuration while ingest goes on."""
        with self._engine.begin() as connection:
            note_settings(connection, settings, now)

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

    def _put_in(
        self, connection: Connection, batch: Batch, rows: Sequence[tuple[int, FileRead]]
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

    def _settle(self, connection: Connection, batch: Batch, taken: "_TakenPositions") -> None:
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
        if batch.new_entries:
            insert_rows(connection, t.entries, sorted(batch.new_entries))
        if batch.changed_entries:
            _update_entries(connection, batch.changed_entries)
        if batch.rescored:
            connection.execute(
                update(t.entries).where(t.entries.c.key == bindparam("b_key")), batch.rescored
            )
        documents.delete(connection, batch.old_documents)
        documents.insert(connection, batch.new_documents)
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
        counters.write(connection, moved, batch.tally)
        log(connection, batch.places(moved), batch.now)

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


class _TakenPositions:
    """Which positions entries outside a batch have: the likeliest are read ahead."""

    def __init__(self) -> None:
        self._taken: dict[int, bool] = {}
        self._connection: Connection | None = None  # none for an empty catalog

    def __call__(self, position: int) -> bool:
        if self._connection is None:
            return False
        if position not in self._taken:
            self._read([position])
        return self._taken[position]

    def look_up(self, connection: Connection, batch: Batch) -> None:
        """Read ahead the preferred positions of the entries of a batch."""
        self._connection = connection
        self._read(
            [
                next(iter(documents.positions(mention.published, key)))
                for key, mentions in batch.mentions.items()
                for _, mention in mentions
            ]
        )

    def _read(self, positions: Sequence[int]) -> None:
        assert self._connection is not None
        taken = set(self._connection.scalars(_TAKEN, {"positions": listed(positions)}))
        self._taken |= {position: position in taken for position in positions}


def _update_entries(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Update whole rows, by their keys."""
    names = ["b_key" if column is t.entries.c.key else column.name for column in t.entries.columns]
    connection.execute(
        update(t.entries).where(t.entries.c.key == bindparam("b_key")),
        [dict(zip(names, row, strict=True)) for row in rows],
    )
