"""Write the catalog: make entries and the change log from files that were read.

One `Writer` lives as long as its ingest. A batch of files is one transaction: their
old mentions are deleted, their new ones inserted, and every entry of either is
settled again from all the mentions that it has now.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    delete,
    select,
)

from feeds.catalog import batch_store, change_log, files, salvage, schedule
from feeds.catalog import schema as t
from feeds.catalog.batch_store import TakenPositions
from feeds.catalog.bulk import in_json, insert_rows, json_array
from feeds.catalog.change_log import Settings, get_meta, set_meta
from feeds.catalog.changeset import Batch, Outcome
from feeds.catalog.files import Files
from feeds.catalog.merge import EXPIRED, WITHDRAWN, FileRead, Mention, stored_mention
from feeds.catalog.names import NameBooks
from feeds.util.sqlite_file import keep_newest_put_aside

_MOST_UNCOMMITTED: Final = 1024  # files in one transaction, if many are written
_ENTRIES: Final = select(t.entries).where(in_json(t.entries.c.key, "keys"))
_MENTIONS: Final = select(t.mentions).where(in_json(t.mentions.c.key, "keys"))


class Writer:
    """The one writer of a catalog.

    `next_moment` is when an article appears or expires next, in seconds since 1970; 0 if that is
    not known yet. `outdated` are files that link to an article which has appeared since they were
    read.
    """

    def __init__(self, engine: Engine) -> None:
        self._hold = True
        self.outdated: set[str] = set()
        self._engine = engine
        self._path = Path(str(engine.url.database))
        self._shared: Connection | None = None  # see `shared_transaction`
        self._uncommitted = 0  # files written in it
        self._at: int | None = None  # the date of the state that the present transaction makes
        self._load()

    def _load(self) -> None:
        """Read what the writer holds in memory: names, their ids, and the number of files."""
        with self._engine.connect() as connection:
            self._names = NameBooks(connection)
            self.next_moment: float = 0
            self._files = Files(connection)
            self._first = get_meta(connection, "scanned") is None
            self._empty = connection.scalar(select(t.entries.c.key).limit(1)) is None

    # --- the files that it has ---------------------------------------------

    @property
    def files(self) -> int:
        """The number of files in the catalog."""
        return self._files.count

    def newest_date(self) -> int:
        """Return the date of the catalog's present state, in seconds since 1970."""
        with self._engine.connect() as connection:
            return change_log.newest_date(connection)

    def signatures(self, below: str | None = None) -> dict[str, int]:
        """Return the signature of every file in the catalog, by path; or of those below a path."""
        with self._engine.connect() as connection:
            return files.signatures(connection, below)

    def digests(self, paths: Sequence[str]) -> dict[str, tuple[bytes, bool]]:
        """Return the digests of those files that the catalog has: see `Files.digests`."""
        with self._transaction() as connection:
            return self._files.digests(connection, paths)

    def last_mentioning(self, paths: Sequence[str]) -> list[str]:
        """Return those of some files that have an entry which no other file has."""
        with self._engine.begin() as connection:
            ids = self._files.ids(connection, paths)
            return files.last_mentioning(connection, ids.values()) if ids else []

    # --- writing -------------------------------------------------------------

    def apply(self, read: Sequence[FileRead], removed: Sequence[str], now: int) -> Outcome:
        """Write a batch of files, and delete those with some paths, in one transaction.

        Files of which only the parser or the settings have changed come first, in a separate
        transaction: they do not change `updated` of any entry.
        """
        reread = [file for file in read if file.reread]
        if reread and (removed or len(reread) < len(read)):
            outcome = self.apply(reread, (), now)
            outcome += self.apply([file for file in read if not file.reread], removed, now)
            return outcome
        taken = TakenPositions()
        with self._transaction() as connection:
            at = self._date(connection, now)
            batch = Batch(now, at, self._first, self._names.topics, self._names.providers, taken)
            batch.is_reread = bool(reread)
            ids = self._files.ids(connection, [file.path for file in read])
            removed_ids = self._files.ids(connection, removed).values()
            replaced = [
                ids[file.path] for file in read if file.mentions is not None and file.path in ids
            ]
            self._delete_mentions(connection, batch, [*replaced, *removed_ids])
            self._files.delete(connection, removed_ids)
            written = self._files.write(connection, read, ids)
            self._insert_mentions(connection, batch, written)
            self._settle(connection, batch, taken)
            self._write(connection, batch)
            self._look_ahead(connection)
        self._uncommitted += len(read) + len(removed)
        is_large = self._uncommitted >= _MOST_UNCOMMITTED
        if is_large and now >= at:  # or the next date is far ahead
            self._commit_shared()
        return batch.outcome

    def _commit_shared(self) -> None:
        if self._shared is not None:
            self._commit(self._shared)
            self._uncommitted, self._at = 0, None

    def hold(self, *, until_date: bool) -> None:
        """Hold articles until their date from now on, or show them at once."""
        if until_date != self._hold:
            self._hold, self.next_moment = until_date, 0

    def _look_ahead(self, connection: Connection) -> None:
        if self.next_moment:
            self.next_moment = schedule.next_moment(connection)

    def settle_due(self, now: int) -> Outcome:
        """Let the articles that are due appear and expire; hold or release others if the
        configuration has changed."""
        outcome = Outcome()
        while True:
            with self._transaction() as connection:
                rows = schedule.due(connection, now, hold=self._hold)
                if not rows:
                    self.outdated.update(files.read_again(connection, now, hold=self._hold))
                    self.next_moment = schedule.next_moment(connection)
                    return outcome
                outcome += self._settle_mentions(connection, rows, now)
            self._commit_shared()

    def _settle_mentions(
        self, connection: Connection, rows: Sequence[Row[Any]], now: int
    ) -> Outcome:
        taken = TakenPositions()
        at = self._date(connection, now)
        batch = Batch(now, at, self._first, self._names.topics, self._names.providers, taken)
        changed = []
        for row in rows:
            flags = schedule.flags_at(row.flags, row.appears, row.expires, now, hold=self._hold)
            is_ahead = row.appears is not None and row.appears > now and not flags & EXPIRED
            changed.append((flags, row.appears if is_ahead else None, row.id))
            mention = stored_mention(row.key, b"", row.flags, 0, None, None, row.payload, None)
            batch.count_topics(mention, -1)
            batch.count_topics(mention._replace(flags=flags), 1)
            batch.mentions[row.key] = []
        schedule.write(connection, changed)
        self._settle(connection, batch, taken)
        self._write(connection, batch)
        return batch.outcome

    @contextmanager
    def shared_transaction(self) -> Iterator[None]:
        """Let the batches that are applied meanwhile share a transaction, until it is large.

        A commit takes a third of the time of writing: entries are scattered over all indexes, so
        that each batch changes pages that the next one changes too.
        """
        with self._own_transaction() as connection:
            self._shared, self._uncommitted = connection, 0
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
        self._at = None
        try:
            with self._engine.connect() as connection:
                yield connection
                self._commit(connection)
        except Exception:
            self._load()  # what is in memory belongs to a transaction that is rolled back
            raise

    def _commit(self, connection: Connection) -> None:
        """Choose the names that are shown in the state that is made, and commit it."""
        if self._at is not None:
            self._names.write(connection, self._at, is_first=self._first)
        connection.commit()

    def _date(self, connection: Connection, now: int) -> int:
        """Return the date of the state that this transaction makes."""
        if self._at is None:
            self._at = change_log.next_date(connection, now, first=self._first)
        return self._at

    def use_parser(self, version: str, settings: str, settings_of: Callable[[str], int]) -> bool:
        """Mark files to be read again if the parser or settings have changed: see
        `files.use_parser`."""
        with self._engine.begin() as connection:
            return files.use_parser(connection, version, settings, settings_of)

    def finish_scan(
        self,
        now: int,
        settings: Settings,
        start: str = "",
        believed: salvage.Believed = lambda _going, _staying: True,
    ) -> None:
        """Record that a whole scan has ended, and date what has changed of the configuration.

        `start` names the start of the server that ingest belongs to. A first scan dates nothing by
        the clock: the same folder gives the same dates everywhere. If another catalog was put aside
        for this one, its dates are taken over; `believed` returns whether a number of its entries
        may have been withdrawn since.
        """
        with self._own_transaction() as connection:
            salvaged = salvage.is_pending(connection)
            if salvaged:
                self._take_over(connection, now, believed)
            if get_meta(connection, "scanned") is None:
                set_meta(connection, "scanned", str(now))
                at = self._date(connection, now)
                change_log.append(connection, {("site", 0, 1), ("site", 0, 0)}, at)
            self._first = False
            if start and get_meta(connection, "start") != start:
                set_meta(connection, "start", start)
            change_log.record_settings(connection, settings, self._date(connection, now))
        if salvaged:
            self._load()  # names have been added
            keep_newest_put_aside(self._path)

    def _take_over(self, connection: Connection, now: int, believed: salvage.Believed) -> None:
        taken = TakenPositions()
        at = self._date(connection, now)
        batch = Batch(now, at, False, self._names.topics, self._names.providers, taken)
        taken.look_up(connection, batch)
        salvage.take_over(connection, self._path, batch, believed)
        self._write(connection, batch)

    def recent_withdrawals(self) -> list[tuple[int, int]]:
        """Return when files were last withdrawn, in seconds since 1970, and how many."""
        with self._engine.connect() as connection:
            stored = json.loads(get_meta(connection, "lately") or "[]")
            return [(at, count) for at, count in stored]

    def record_withdrawals(self, withdrawals: Sequence[tuple[int, int]]) -> None:
        """Record when files were last withdrawn, and how many, for the next start."""
        with self._engine.begin() as connection:
            set_meta(connection, "lately", json.dumps(withdrawals))

    def record_waiting(self, deleted: Collection[str], moving: Collection[str]) -> None:
        """Record the paths of files that wait for a person: see `files.Waiting`."""
        with self._engine.begin() as connection:
            files.record_waiting(connection, deleted, moving)

    def moving(self) -> set[str]:
        """Return the paths of files whose articles are still served at their old addresses."""
        with self._engine.connect() as connection:
            return files.moving(connection)

    def moved(self, read: Sequence[FileRead]) -> list[FileRead]:
        """Return the files that have other addresses only because of new settings."""
        with self._transaction() as connection:
            return files.moved(connection, read)

    def keep_addresses(self, signatures: Mapping[str, int]) -> None:
        """Keep the earlier entries of files: see `files.keep_addresses`."""
        with self._transaction() as connection:
            files.keep_addresses(connection, signatures)

    def release_addresses(self) -> None:
        """Mark the files to be read again that kept the old addresses of their articles."""
        with self._engine.begin() as connection:
            files.release_addresses(connection)

    def record_settings(self, now: int, settings: Settings) -> None:
        """Date the parts of the configuration that have changed since they were last recorded."""
        with self._own_transaction() as connection:
            change_log.record_settings(connection, settings, self._date(connection, now))

    # --- one batch ---------------------------------------------------------

    def _delete_mentions(
        self, connection: Connection, batch: Batch, file_ids: Iterable[int]
    ) -> None:
        """Delete the mentions of files; the batch is given whose entries they were."""
        c = t.mentions.c
        for file_id in file_ids:
            of_file = _of_file(file_id)
            for row in connection.execute(select(c.id, c.key, c.flags, c.payload).where(of_file)):
                batch.mentions.setdefault(row.key, [])
                batch.removed_payloads[row.id] = row.payload
                mention = stored_mention(row.key, b"", row.flags, 0, None, None, row.payload, None)
                batch.count_topics(mention, -1)
            connection.execute(delete(t.mentions).where(of_file))

    def _insert_mentions(
        self, connection: Connection, batch: Batch, files: Sequence[tuple[int, FileRead]]
    ) -> None:
        """Insert the mentions of files, which are given with their ids."""
        rows = []
        mentions = batch.mentions
        for file_id, file in files:
            said = self._judged(connection, file.mentions or (), batch.now)
            for id, (mention, ahead) in enumerate(said, file_id * t.MENTIONS_PER_FILE):
                key, _, flags, richness, quality, heat = mention[:6]
                payload, expires = mention.payload, mention.expires
                rows.append((id, key, flags, richness, quality, heat, payload, ahead, expires))
                if key in mentions:
                    mentions[key].append((id, mention))
                else:
                    mentions[key] = [(id, mention)]
                batch.count_topics(mention, 1)
        if rows:
            insert_rows(connection, t.mentions, rows)

    def _judged(
        self, connection: Connection, mentions: Sequence[Mention], now: int
    ) -> Iterable[tuple[Mention, int | None]]:
        """Return mentions of one file with the flags that they have now, and their dates where
        those lie ahead."""
        if not any(one.appears > now or one.expires is not None for one in mentions):
            return ((mention, None) for mention in mentions)
        if self._hold and not self._empty:
            # The date of a published article has passed, even if the clock has been set back since.
            now = max(now, schedule.passed(connection, [mention.key for mention in mentions]))
        return [schedule.judged(mention, now, hold=self._hold) for mention in mentions]

    def _settle(self, connection: Connection, batch: Batch, taken: TakenPositions) -> None:
        """Decide the new state of every entry whose mentions have changed."""
        before: dict[int, Row[Any]] = {}
        if not self._empty:
            rows = connection.execute(_ENTRIES, {"keys": json_array(batch.mentions)})
            before = {row.key: row for row in rows}
            self._add_other_mentions(connection, batch, before)
            taken.look_up(connection, batch)
        for key, mentions in batch.mentions.items():
            old = before.get(key)
            if mentions:
                batch.settle(key, mentions, old)
            elif old is not None and old.tier != WITHDRAWN:
                batch.withdraw(old)
        self._empty = False

    def _add_other_mentions(
        self, connection: Connection, batch: Batch, entries: dict[int, Row[Any]]
    ) -> None:
        """Add the mentions of the same entries by files outside the batch."""
        for row in connection.execute(_MENTIONS, {"keys": json_array(entries)}):
            mentions = batch.mentions[row.key]
            if any(id == row.id for id, _ in mentions):
                continue
            scores = row.quality, row.heat
            mention = stored_mention(
                row.key, entries[row.key].id, row.flags, row.richness, *scores, row.payload,
                row.expires,
            )  # fmt: skip
            mentions.append((row.id, mention))

    def _write(self, connection: Connection, batch: Batch) -> None:
        batch.announce_topicless(level for (level, _), by in batch.topicless.items() if by)
        self._names.count(batch.named_topics, batch.named_providers)
        batch_store.write(connection, batch)


def _of_file(file_id: int) -> ColumnElement[bool]:
    """Return the condition that a mention is one of a file."""
    start = file_id * t.MENTIONS_PER_FILE
    return t.mentions.c.id.between(start, start + t.MENTIONS_PER_FILE - 1)
