"""What was answered, day by day: a small database of its own beside the catalog.

Serving processes write it, each adding what it counted, so any number of them
may; the catalog stays with ingest. Hours are kept for five weeks and days for a
year. The hashes that tell distinct clients apart live for their day, and so
does the salt they are made with: after it, a number is left and nothing else.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from feeds.stats.counters import Tally

FILE: Final = "audience.db"
HOUR: Final = 3600
DAY: Final = 86400
_HOURS_KEPT: Final = 35 * DAY
_DAYS_KEPT: Final = 366 * DAY
_SHOWN: Final = 50  # lines of a table
_SILENT: Final = 10  # requests without a validator that make a habit

_TABLES: Final = """
CREATE TABLE IF NOT EXISTS hours (
  hour INTEGER PRIMARY KEY, requests INTEGER NOT NULL, same INTEGER NOT NULL,
  errors INTEGER NOT NULL, sent INTEGER NOT NULL, saved INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS sizes (hour INTEGER PRIMARY KEY, entries INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS days (
  day INTEGER PRIMARY KEY, subscribers INTEGER NOT NULL, pollers INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS readers (
  day INTEGER, name TEXT, requests INTEGER NOT NULL, conditional INTEGER NOT NULL,
  same INTEGER NOT NULL, PRIMARY KEY (day, name)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS targets (
  day INTEGER, target TEXT, requests INTEGER NOT NULL, PRIMARY KEY (day, target)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS subscribers (
  name TEXT, target TEXT, day INTEGER NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY (name, target)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pollers (day INTEGER, hash BLOB, PRIMARY KEY (day, hash)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS salts (day INTEGER PRIMARY KEY, salt BLOB NOT NULL);
"""
# Services fetch at least once a day; who has not come since yesterday has left.
_SUBSCRIBERS: Final = "SELECT coalesce(sum(number), 0) FROM subscribers WHERE day >= ?"
_POLLERS: Final = "SELECT count(*) FROM pollers WHERE day = ?"


class Slice(NamedTuple):
    """The answers of an hour or of a day."""

    at: int
    requests: int
    same: int
    errors: int
    sent: int
    saved: int


class ReaderLine(NamedTuple):
    """What a program did today and yesterday, and for how many people it says it asks."""

    name: str
    requests: int
    conditional: int
    same: int
    subscribers: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """What the operator's page shows of the audience."""

    hours: tuple[Slice, ...]  # the last 24
    days: tuple[Slice, ...]  # the last 30
    audience: tuple[tuple[int, int, int], ...]  # day, subscribers, pollers
    readers: tuple[ReaderLine, ...]
    silent: tuple[ReaderLine, ...]  # that never send a validator
    targets: tuple[tuple[str, int], ...]
    subscribers: int
    pollers: int
    entries: tuple[tuple[int, int], ...]  # hour, how many there were


class History:
    """One history; every use opens it anew, for there are few."""

    def __init__(self, data: Path) -> None:
        self._path = data / FILE

    def salt(self, now: int) -> bytes:
        """The secret that clients are hashed with today, the same for all processes."""
        with self._open() as database:
            database.execute("INSERT OR IGNORE INTO salts VALUES (?, ?)",
                             (now // DAY, os.urandom(16)))  # fmt: skip
            row = database.execute("SELECT salt FROM salts WHERE day = ?", (now // DAY,)).fetchone()
            return bytes(row[0])

    def add(self, tally: Tally, now: int, entries: int | None = None) -> None:
        """Add what a process counted, and let go of what is too old."""
        day, total = now // DAY, tally.sum
        with self._open() as database:
            database.execute(
                "INSERT INTO hours VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "requests = requests + excluded.requests, same = same + excluded.same, "
                "errors = errors + excluded.errors, sent = sent + excluded.sent, "
                "saved = saved + excluded.saved",
                (now // HOUR, total.requests, total.same, total.errors, total.sent, total.saved),
            )
            if entries is not None:
                database.execute("INSERT OR IGNORE INTO sizes VALUES (?, ?)",
                                 (now // HOUR, entries))  # fmt: skip
            database.executemany(
                "INSERT INTO readers VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "requests = requests + excluded.requests, same = same + excluded.same, "
                "conditional = conditional + excluded.conditional",
                [(day, name, one.requests, one.conditional, one.same)
                 for name, one in tally.readers.items()],
            )  # fmt: skip
            database.executemany(
                "INSERT INTO targets VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET "
                "requests = requests + excluded.requests",
                [(day, target, count) for target, count in tally.targets.items()],
            )
            database.executemany(
                "INSERT OR REPLACE INTO subscribers VALUES (?, ?, ?, ?)",
                [(*key, day, number) for key, number in tally.subscribers.items()],
            )
            database.executemany("INSERT OR IGNORE INTO pollers VALUES (?, ?)",
                                 [(day, one) for one in tally.pollers])  # fmt: skip
            self._settle(database, now)

    def _settle(self, database: sqlite3.Connection, now: int) -> None:
        day = now // DAY
        subscribers = database.execute(_SUBSCRIBERS, (day - 1,)).fetchone()[0]
        pollers = database.execute(_POLLERS, (day,)).fetchone()[0]
        database.execute(
            "INSERT OR REPLACE INTO days VALUES (?, ?, ?)", (day, subscribers, pollers)
        )
        database.execute("DELETE FROM pollers WHERE day < ?", (day,))
        database.execute("DELETE FROM salts WHERE day < ?", (day,))
        database.execute("DELETE FROM readers WHERE day < ?", (day - 1,))
        database.execute("DELETE FROM targets WHERE day < ?", (day - 1,))
        database.execute("DELETE FROM subscribers WHERE day < ?", (day - 1,))
        database.execute("DELETE FROM hours WHERE hour < ?", ((now - _HOURS_KEPT) // HOUR,))
        database.execute("DELETE FROM sizes WHERE hour < ?", ((now - _HOURS_KEPT) // HOUR,))
        database.execute("DELETE FROM days WHERE day < ?", ((now - _DAYS_KEPT) // DAY,))

    def report(self, now: int) -> Report:
        """What is known, as of now."""
        day, hour = now // DAY, now // HOUR
        with self._open() as database:
            hours = database.execute("SELECT * FROM hours WHERE hour > ?", (hour - 24,)).fetchall()
            days = database.execute(
                "SELECT hour / 24, sum(requests), sum(same), sum(errors), sum(sent), sum(saved) "
                "FROM hours WHERE hour / 24 > ? GROUP BY 1", (day - 30,)).fetchall()  # fmt: skip
            audience = database.execute("SELECT * FROM days WHERE day > ? ORDER BY day",
                                        (day - 30,)).fetchall()  # fmt: skip
            readers = [
                ReaderLine(*row)
                for row in database.execute(
                    "SELECT r.name, sum(requests), sum(conditional), sum(same), "
                    "(SELECT sum(number) FROM subscribers s WHERE s.name = r.name) "
                    "FROM readers r GROUP BY 1 "
                    "ORDER BY 2 DESC, 1"
                )
            ]
            targets = database.execute("SELECT target, sum(requests) FROM targets GROUP BY 1 "
                                       "ORDER BY 2 DESC, 1 LIMIT 20").fetchall()  # fmt: skip
            entries = database.execute("SELECT * FROM sizes ORDER BY hour").fetchall()
            subscribers = database.execute(_SUBSCRIBERS, (day - 1,)).fetchone()[0]
            pollers = database.execute("SELECT count(*) FROM pollers WHERE day = ?",
                                       (day,)).fetchone()[0]  # fmt: skip
        silent = [one for one in readers if not one.conditional and one.requests >= _SILENT]
        return Report(
            _filled(hours, range(hour - 23, hour + 1)),
            _filled(days, range(day - 29, day + 1)),
            tuple(audience),
            tuple(readers[:_SHOWN]),
            tuple(silent[:_SHOWN]),
            tuple(targets),
            subscribers,
            pollers,
            tuple(entries),
        )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """The database in one transaction; made if it is not there."""
        database = sqlite3.connect(self._path, timeout=10, isolation_level=None)
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = NORMAL")
            database.executescript(_TABLES)
            database.execute("BEGIN IMMEDIATE")
            yield database
            database.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                database.execute("ROLLBACK")
            raise
        finally:
            database.close()


def _filled(rows: list[tuple[int, ...]], wanted: range) -> tuple[Slice, ...]:
    """A slice for each hour or day, empty where nothing was asked for."""
    found = {row[0]: Slice(*row) for row in rows}
    return tuple(found.get(at, Slice(at, 0, 0, 0, 0, 0)) for at in wanted)
