"""Store the counts of all serving processes, by day, in a small database of their own.

Any number of processes may add to it; the catalog is written by ingest alone. Hours are kept for
five weeks and days for a year. The hashes that tell clients apart, and the salt that they are made
with, are deleted after their day: only numbers remain. The number of rows for names that clients
choose is limited for each day, so the file has some 50 MB at most.

A use opens the file and closes it. There is one connection at a time in a process,
and no write-ahead log: where the file is deleted while one thread has it open and
another opens a new one at its path, SQLite truncates the log's index, which the
first has mapped into memory, and the process dies of SIGBUS. Nor do POSIX locks tell
two connections of one process apart: https://www.sqlite.org/howtocorrupt.html
"""

import fcntl
import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from feeds.stats.counters import Counters
from feeds.stats.report import DAY, HOUR, AgentLine, Period, Report
from feeds.util.sqlite_file import (
    copy_readable_rows,
    is_damaged,
    keep_newest_put_aside,
    open_put_aside,
    put_aside,
)

log: Final = logging.getLogger("feeds")

FILE: Final = "audience.db"
VERSION: Final = 1  # of the tables, as the file's `user_version`; 0 before the first release
_HOURS_KEPT: Final = 35 * 24
_DAYS_KEPT: Final = 366
# Table, key, the column whose lowest values go first, and rows of a day.
_BOUNDS: Final = (
    ("readers", "name", "requests", 5_000),
    ("targets", "target", "requests", 10_000),
    ("subscribers", "name, target", "number", 10_000),
    ("pollers", "hash", "hash", 500_000),
)
_SHOWN: Final = 50  # lines of a table
_WITHOUT: Final = 10  # requests without a validator, from which on a program is listed

# `same` are responses with status 304.
_TABLES: Final = """
CREATE TABLE hours (
  hour INTEGER PRIMARY KEY, requests INTEGER NOT NULL, same INTEGER NOT NULL,
  errors INTEGER NOT NULL, sent INTEGER NOT NULL, saved INTEGER NOT NULL);
CREATE TABLE sizes (hour INTEGER PRIMARY KEY, entries INTEGER NOT NULL);
CREATE TABLE days (
  day INTEGER PRIMARY KEY, subscribers INTEGER NOT NULL, pollers INTEGER NOT NULL);
CREATE TABLE readers (
  day INTEGER, name TEXT, requests INTEGER NOT NULL, conditional INTEGER NOT NULL,
  same INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE targets (
  day INTEGER, target TEXT, requests INTEGER NOT NULL, PRIMARY KEY (day, target)) WITHOUT ROWID;
CREATE TABLE subscribers (
  name TEXT, target TEXT, day INTEGER NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (name, target)) WITHOUT ROWID;
CREATE TABLE pollers (day INTEGER, hash BLOB, PRIMARY KEY (day, hash)) WITHOUT ROWID;
CREATE TABLE salts (day INTEGER PRIMARY KEY, salt BLOB NOT NULL);
"""
_one_connection: Final = threading.Lock()

T = TypeVar("T")


class _UnknownVersion(sqlite3.DatabaseError):
    """The tables are of another version of this program."""


class StatsStore:
    """The statistics in a data folder. Methods raise sqlite3.Error or OSError if it fails.

    Times are in seconds since 1970.
    """

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    def salt(self, now: int) -> bytes:
        """Return the secret that clients are hashed with today, the same for all processes."""
        day = now // DAY

        def take(database: sqlite3.Connection) -> bytes:
            database.execute("INSERT OR IGNORE INTO salts VALUES (?, ?)", (day, os.urandom(16)))
            row = database.execute("SELECT salt FROM salts WHERE day = ?", (day,)).fetchone()
            return bytes(row[0])

        return self._use(take)

    def add(self, counters: Counters, now: int, entries: int | None = None) -> None:
        """Add the counts of a process and delete those that are too old.

        `entries` is the number of entries in the catalog now, if it was counted.
        """
        self._use(lambda database: _add(database, counters, now, entries))

    def report(self, now: int) -> Report:
        """Return the statistics as of now."""
        return self._use(lambda database: _report(database, now))

    def _use(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Run `work` in a transaction; replace a file that cannot be used, and try again."""
        with _one_connection:
            try:
                with self._locked(fcntl.LOCK_SH), self._open() as database:
                    return work(database)
            except sqlite3.Error as error:
                if _is_unusable(error):
                    self._replace(error)
                elif not _was_deleted(error):
                    raise
            with self._locked(fcntl.LOCK_SH), self._open() as database:
                return work(database)

    def _replace(self, error: sqlite3.Error) -> None:
        """Put the file aside and begin another one with its readable data."""
        with self._locked(fcntl.LOCK_EX):  # while no process has it open
            if self._is_usable():  # another process has replaced it
                return
            aside = put_aside(self._path)
            log.warning("%s: the statistics cannot be used (%s); they are put aside as %s, "
                        "and what can be read of them is taken over",
                        self._path, error, aside.name)  # fmt: skip
            with self._open() as database, closing(open_put_aside(aside)) as old:
                copy_readable_rows(old, database)
            keep_newest_put_aside(self._path)

    def _is_usable(self) -> bool:
        try:
            with self._open() as database:
                return bool(database.execute("PRAGMA quick_check").fetchone()[0] == "ok")
        except sqlite3.Error as error:
            if _is_unusable(error):
                return False
            raise

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """Open the database in one transaction; create its tables if it is new."""
        with closing(sqlite3.connect(self._path, timeout=10, isolation_level=None)) as database:
            database.execute("BEGIN IMMEDIATE")
            version = database.execute("PRAGMA user_version").fetchone()[0]
            if version != VERSION:
                if database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise _UnknownVersion(f"they are of version {version}, not {VERSION}")
                for statement in _TABLES.split(";"):
                    database.execute(statement)
                database.execute(f"PRAGMA user_version = {VERSION}")
            yield database
            database.execute("COMMIT")

    @contextmanager
    def _locked(self, kind: int) -> Iterator[None]:
        """Hold a lock on the folder: all transactions share it, a replacement is alone."""
        folder = os.open(self._path.parent, os.O_RDONLY | os.O_CLOEXEC)
        try:
            with suppress(OSError):  # a network drive may have no such locks
                fcntl.flock(folder, kind)
            yield
        finally:
            os.close(folder)


def _is_unusable(error: sqlite3.Error) -> bool:
    return isinstance(error, _UnknownVersion) or is_damaged(error)


def _was_deleted(error: sqlite3.Error) -> bool:
    """Tell whether the file was deleted or renamed while it was open."""
    return getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_DBMOVED


def _add(database: sqlite3.Connection, counters: Counters, now: int, entries: int | None) -> None:
    hour, day, totals = now // HOUR, now // DAY, counters.totals
    database.execute(
        "INSERT INTO hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "requests = requests + excluded.requests, same = same + excluded.same, "
        "errors = errors + excluded.errors, sent = sent + excluded.sent, "
        "saved = saved + excluded.saved",
        (hour, totals.requests, totals.not_modified, totals.errors, totals.sent, totals.saved),
    )
    if entries is not None:
        database.execute("INSERT OR IGNORE INTO sizes VALUES (?, ?)", (hour, entries))
    database.executemany(
        "INSERT INTO readers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
        "requests = requests + excluded.requests, same = same + excluded.same, "
        "conditional = conditional + excluded.conditional",
        [
            (day, name, agent.requests, agent.conditional, agent.not_modified)
            for name, agent in counters.agents.items()
        ],
    )
    database.executemany(
        "INSERT INTO targets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
        "requests = requests + excluded.requests",
        [(day, target, requests) for target, requests in counters.targets.items()],
    )
    database.executemany(
        "INSERT OR REPLACE INTO subscribers VALUES (?, ?, ?, ?)",
        [(*key, day, number) for key, number in counters.subscribers.items()],
    )
    database.executemany(
        "INSERT OR IGNORE INTO pollers VALUES (?, ?)", [(day, hash) for hash in counters.pollers]
    )
    for table, key, order, most in _BOUNDS:
        _trim(database, table, key, order, day, most)
    subscribers, pollers = _readers(database, day)
    database.execute("INSERT OR REPLACE INTO days VALUES (?, ?, ?)", (day, subscribers, pollers))
    for table, column, first in (
        ("pollers", "day", day),
        ("salts", "day", day),
        ("readers", "day", day - 1),
        ("targets", "day", day - 1),
        ("subscribers", "day", day - 1),
        ("hours", "hour", hour - _HOURS_KEPT),
        ("sizes", "hour", hour - _HOURS_KEPT),
        ("days", "day", day - _DAYS_KEPT),
    ):
        database.execute(f"DELETE FROM {table} WHERE {column} < ?", (first,))  # noqa: S608


def _trim(
    database: sqlite3.Connection, table: str, key: str, order: str, day: int, most: int
) -> None:
    """Delete the rows of a day beyond a number, those that are lowest in `order`."""
    count = f"SELECT count(*) FROM {table} WHERE day = ?"  # noqa: S608
    if database.execute(count, (day,)).fetchone()[0] > most:
        database.execute(
            f"DELETE FROM {table} WHERE day = ?1 AND ({key}) NOT IN "  # noqa: S608
            f"(SELECT {key} FROM {table} WHERE day = ?1 ORDER BY {order} DESC LIMIT ?2)",
            (day, most),
        )


def _report(database: sqlite3.Connection, now: int) -> Report:
    hour, day = now // HOUR, now // DAY

    def rows(statement: str, *values: int) -> list[tuple[Any, ...]]:
        return database.execute(statement, values).fetchall()

    hours = rows("SELECT * FROM hours WHERE hour > ?", hour - 24)
    days = rows(
        "SELECT hour / 24, sum(requests), sum(same), sum(errors), sum(sent), sum(saved) "
        "FROM hours WHERE hour / 24 > ? GROUP BY 1", day - 30,
    )  # fmt: skip
    agents = [
        AgentLine(*row)
        for row in rows(
            "SELECT r.name, sum(requests), sum(conditional), sum(same), "
            "(SELECT sum(number) FROM subscribers s WHERE s.name = r.name) "
            "FROM readers r GROUP BY 1 ORDER BY 2 DESC, 1"
        )
    ]
    without = [line for line in agents if not line.conditional and line.requests >= _WITHOUT]
    subscribers, pollers = _readers(database, day)
    return Report(
        hours=_filled(hours, range(hour - 23, hour + 1)),
        days=_filled(days, range(day - 29, day + 1)),
        readers=tuple(rows("SELECT * FROM days WHERE day > ? ORDER BY day", day - 30)),
        agents=tuple(agents[:_SHOWN]),
        without_validators=tuple(without[:_SHOWN]),
        targets=tuple(
            rows("SELECT target, sum(requests) FROM targets GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20")
        ),
        subscribers=subscribers,
        pollers=pollers,
        entries=tuple(rows("SELECT * FROM sizes ORDER BY hour")),
    )


def _readers(database: sqlite3.Connection, day: int) -> tuple[int, int]:
    """Return the subscribers that services name, and the other readers of a day."""
    return (
        # Services fetch at least once a day: one without a request since yesterday has left.
        database.execute(
            "SELECT coalesce(sum(number), 0) FROM subscribers WHERE day >= ?", (day - 1,)
        ).fetchone()[0],
        database.execute("SELECT count(*) FROM pollers WHERE day = ?", (day,)).fetchone()[0],
    )


def _filled(rows: list[tuple[Any, ...]], numbers: range) -> tuple[Period, ...]:
    """Return a period for each number, empty if there was no request."""
    periods = {row[0]: Period(*row) for row in rows}
    return tuple(periods.get(number, Period(number, 0, 0, 0, 0, 0)) for number in numbers)
