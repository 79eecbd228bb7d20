"""Put a SQLite database that cannot be used aside, and read what can be read of it."""

import os
import resource
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from feeds.errors import TextDamaged

_DAMAGED: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_TYPES: Final = {"INTEGER": int, "TEXT": str, "BLOB": bytes}
_NEEDED: Final = 8  # file descriptors, to open a database and what is beside it
_BESIDE: Final = ("-wal", "-shm", "-journal")  # https://www.sqlite.org/tempfiles.html


def is_damaged(error: BaseException | None) -> bool:
    """Return whether an error says that the file is damaged or is not a database.

    SQLite has no checksums: of text that was overwritten, Python says that it is not UTF-8.
    """
    if isinstance(error, TextDamaged) or str(error).startswith("Could not decode to UTF-8"):
        return True
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def lack_of_descriptors() -> str:
    """Return what to do where too few file descriptors are free to open a database, else nothing.

    SQLite says only that it is "unable to open database file" then.
    """
    try:
        with ExitStack() as stack:
            for _ in range(_NEEDED):
                stack.callback(os.close, os.open(os.devnull, os.O_RDONLY))
    except OSError:
        most, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
        return (
            f"all {most} file descriptors of the process are in use; "
            "raise the limit, by ulimit -n or systemd's LimitNOFILE"
        )
    return ""


def find_damage(path: Path, contents: Callable[[sqlite3.Connection], str]) -> str:
    """Return the first damage that SQLite's own check or one of `contents` finds in a database,
    empty if none.

    The file is read, and not what a connection has in memory. Raises sqlite3.Error if it
    cannot be read: https://www.sqlite.org/pragma.html#pragma_quick_check
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as database:
            found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
            if found == "ok":
                return contents(database)
    except sqlite3.DatabaseError as error:
        if not is_damaged(error):
            raise
        return str(error)
    return " ".join(found.split())


def put_aside(path: Path, *, damaged: bool = False) -> Path:
    """Rename a database and return its new path.

    The name says when it was last written, in UTC: `catalog.db` becomes
    `catalog-2026-11-29-184500-put-aside.db`, or `…-damaged-put-aside.db`. No other
    process may write to it meanwhile; those that have it open for reading keep what
    they have open.
    """
    last = max(file.stat().st_mtime for file in (path, *_beside(path)))
    with suppress(sqlite3.Error), closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    while (aside := _named(path, last, damaged)).exists():
        last += 1
    beside = _beside(path)
    path.rename(aside)
    for file in beside:  # a new database at the old path must not take them for its own
        file.rename(aside.with_name(file.name.replace(path.name, aside.name)))
    return aside


def those_put_aside(path: Path) -> list[Path]:
    """Return the databases that were put aside from a path, the newest first."""
    return sorted(path.parent.glob(f"{path.stem}-*-put-aside{path.suffix}"), reverse=True)


def last_damage(path: Path) -> float | None:
    """Return when a damaged database was last put aside from a path, in seconds since 1970."""
    times = [aside.stat().st_ctime for aside in those_put_aside(path) if "-damaged-" in aside.name]
    return max(times, default=None)


def keep_newest_put_aside(path: Path) -> None:
    """Delete the databases that were put aside from a path but the newest."""
    for aside in those_put_aside(path)[1:]:
        remove(aside)


def remove(path: Path) -> None:
    """Delete a database and the files that belong to it, if they exist."""
    for file in (path, *_beside(path)):
        file.unlink(missing_ok=True)


def open_put_aside(path: Path) -> sqlite3.Connection:
    """Open a database to read what can be read: text that is not UTF-8 is repaired."""
    # Not `mode=ro`: that could not fold a write-ahead log that was left behind.
    database = sqlite3.connect(path)
    database.text_factory = lambda raw: raw.decode(errors="replace")
    return database


def readable_rows(
    database: sqlite3.Connection, table: str, columns: Sequence[str], key: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of a table that can be read, each once.

    The key is the first of the columns. Rows come in its order; where a page is
    damaged, those after it come from the end backwards. A table that is missing,
    or lacks one of the columns, has no rows. The values may be anything.
    """
    last = None
    for direction in ("ASC", "DESC"):
        order = ", ".join(f"{name} {direction}" for name in key)
        statement = f"SELECT {', '.join(columns)} FROM {table} ORDER BY {order}"  # noqa: S608
        number = 0
        try:
            for row in database.execute(statement):
                position = row[: len(key)]
                if direction == "DESC" and position == last:
                    return
                if direction == "ASC":
                    last = position
                number += 1
                yield row
            return
        except sqlite3.Error:
            # Python has read one row more, and lost it when it went on to the next.
            with suppress(sqlite3.Error):
                yield from database.execute(f"{statement} LIMIT 1 OFFSET {number}")


def copy_readable_rows(source: sqlite3.Connection, target: sqlite3.Connection) -> None:
    """Copy what can be read of the tables that both databases have, where the types are right."""
    tables = target.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (table,) in tables:
        columns = target.execute(f"PRAGMA table_info({table})").fetchall()
        columns.sort(key=lambda column: (not column[5], column[5]))  # the primary key first
        names = [column[1] for column in columns]
        types = [_TYPES[column[2]] for column in columns]
        rows = readable_rows(source, table, names, [column[1] for column in columns if column[5]])
        marks = ", ".join("?" * len(names))
        target.executemany(
            f"INSERT OR IGNORE INTO {table} ({', '.join(names)}) VALUES ({marks})",  # noqa: S608
            [row for row in rows if [type(value) for value in row] == types],
        )


def _named(path: Path, written: float, damaged: bool) -> Path:
    moment = datetime.fromtimestamp(written, UTC)
    why = "damaged-" * damaged
    return path.with_name(f"{path.stem}-{moment:%Y-%m-%d-%H%M%S}-{why}put-aside{path.suffix}")


def _beside(path: Path) -> list[Path]:
    files = (path.with_name(path.name + suffix) for suffix in _BESIDE)
    return [file for file in files if file.exists()]
