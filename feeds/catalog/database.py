"""Open the catalog, lock it against a second ingest, and keep its tables up to date.

A folder has `catalog.db` in WAL mode, so that readers never wait for the writer,
and the file of the lock.
"""

import fcntl
import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from feeds.catalog import documents, salvage
from feeds.catalog import schema as t
from feeds.errors import CatalogBusy, CatalogError, CatalogMissing, CatalogUnusable, TextDamaged
from feeds.util.sqlite_file import is_damaged, lack_of_descriptors, put_aside, remove

log: Final = logging.getLogger("feeds")

FILE: Final = "catalog.db"
LOCK: Final = "ingest.lock"
ACCEPT: Final = "accept-withdrawals"
CHECK: Final = "check-catalog"
_MIGRATIONS: Final = Path(__file__).parent / "migrations"
_POLL: Final = 0.05  # seconds between checks whether another process is done


def open_to_read(data: Path) -> Engine:
    """Open an engine that cannot write.

    Raises CatalogMissing before the first ingest, while a catalog is rebuilt, and
    for one of another version; CatalogUnusable if it cannot be read.
    """
    path = data / FILE
    if not path.is_file():
        raise CatalogMissing(f"{data}: no articles have been read yet")
    engine = _engine(path, read_only=True)
    try:
        with database_errors(data), engine.connect() as connection:
            _check_version(data, connection)
    except CatalogError:
        engine.dispose()  # an open file would prevent the last writer from merging its log
        raise
    return engine


@contextmanager
def open_to_write(data: Path) -> Iterator[Engine]:
    """Open the one engine that writes; its tables are up to date.

    A catalog that is damaged or of an unknown revision is put aside, and a new one begun in its
    place: see `salvage`. If a process has found damage, a check confirms it first. Raises
    CatalogBusy while another ingest holds the catalog, and CatalogUnusable if the folder cannot be
    written or the catalog is damaged again.
    """
    path = data / FILE
    with locked(data), database_errors(data):
        if not path.exists():  # SQLite would use a log without its database for the new one
            with _file_errors(data):
                remove(path)
        engine = _engine(path, read_only=False)
        try:
            reason, damaged = _unusable(engine, data)
            if reason:
                engine.dispose()
                with _file_errors(data):
                    if damaged:
                        salvage.check_last_rebuild(path, data / CHECK, reason)
                    aside = put_aside(path, damaged=damaged)
                log.warning("%s: the catalog %s; it is put aside as %s and rebuilt from the folder",
                            path, reason, aside.name)  # fmt: skip
                _migrate(engine, instead=True)
            with _file_errors(data):
                (data / CHECK).unlink(missing_ok=True)
            yield engine
        finally:
            engine.dispose()


def is_check_due(data: Path) -> bool:
    """Return whether a process has found damage in the catalog that no ingest has checked yet."""
    return (data / CHECK).exists()


def ask_to_accept(data: Path, patience: float) -> bool:
    """Ask the ingest that holds the catalog to withdraw the articles of all deleted files.

    Return whether it has noticed this within `patience` seconds.
    """
    note = data / ACCEPT
    with _file_errors(data):
        note.touch()
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if not note.exists():
            return True
        time.sleep(_POLL)
    return not take_acceptance(data)


def take_acceptance(data: Path) -> bool:
    """Return whether this ingest was asked to accept withdrawals, once for each request."""
    try:
        (data / ACCEPT).unlink()
    except OSError:
        return False
    return True


def identity(data: Path) -> tuple[int, int, bool] | None:
    """Return device and inode of the catalog, and whether its folder can be written.

    They are others if the catalog was replaced; None if there is none.
    """
    try:
        status = (data / FILE).stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, os.access(data, os.W_OK)


def file_state(data: Path) -> tuple[object, int] | None:
    """Return a value that differs after every commit, and when the files last changed.

    That time is in nanoseconds since 1970. None if there is no catalog.
    """
    try:
        files = [_file_state(data / FILE)]
    except OSError:
        return None
    with suppress(OSError):  # there may be no log
        files.append(_file_state(data / f"{FILE}-wal"))
    return (identity(data), *files), max(modified for modified, *_ in files)


def _file_state(path: Path) -> tuple[int, int, int]:
    status = os.stat(path)
    return status.st_mtime_ns, status.st_size, status.st_ino


def fold_log(data: Path, patience: float) -> None:
    """Write the log of the catalog into its file, if no process has it open.

    A reader cannot, and may have closed it last. Wait `patience` seconds for an ingest that ends.
    """
    try:
        uri = _uri(data / FILE, "rw")
        with locked(data, patience), closing(sqlite3.connect(uri, uri=True)) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except (CatalogError, sqlite3.Error):
        pass  # read-only, or in use: nothing is lost


def is_locked(data: Path) -> bool | None:
    """Return whether an ingest holds the catalog now; None if the system does not tell.

    Taking the lock could stop an ingest that starts at that moment, so this reads the system's list
    of locks: proc_locks(5).
    """
    try:
        status = (data / LOCK).stat()
        locks = Path("/proc/locks").read_text(encoding="ascii")
    except FileNotFoundError:
        return None
    device = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
    return any(line.split()[5] == device for line in locks.splitlines() if " FLOCK " in line)


@contextmanager
def locked(data: Path, patience: float = 0.0) -> Iterator[None]:
    """Hold the catalog for writing, after waiting for `patience` seconds at most.

    Raises CatalogBusy if another process holds it longer. The system releases the lock when the
    process ends, in whatever way.
    """
    with _file_errors(data):
        data.mkdir(parents=True, exist_ok=True)
        lock = os.open(data / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    until = time.monotonic() + patience
    try:
        while not _lock(lock):
            if time.monotonic() >= until:
                raise CatalogBusy(
                    f"{data}: another feeds process{_holder(lock)} is ingesting into this "
                    "catalog; stop it, or choose another folder with --data"
                )
            time.sleep(_POLL)
        with suppress(OSError):  # a full disk
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(lock)


def _lock(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(lock: int) -> str:
    """Return the id of the process that holds a lock, for a message; empty if it is unknown."""
    written = os.pread(lock, 20, 0).decode(errors="replace").strip()
    return f" (pid {written})" if written.isdigit() else ""


@contextmanager
def _file_errors(data: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        hint = lack_of_descriptors() or "make it writable, or choose another folder with --data"
        raise CatalogUnusable(f"{data}: {error.strerror}; {hint}") from None


@contextmanager
def database_errors(data: Path) -> Iterator[None]:
    """Raise errors of the database as CatalogUnusable, with a hint.

    If it is damage, ingest is asked to check the catalog.
    """
    try:
        yield
    except (DBAPIError, sqlite3.Error, TextDamaged) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        if is_damaged(reason):
            with suppress(OSError):  # read-only, or full
                (data / CHECK).touch()
        # Python's message about text that is not UTF-8 ends with that text.
        what = str(reason).partition(" with text ")[0]
        raise CatalogUnusable(f"{data / FILE}: {what}; {_hint(reason)}") from None


def _migrate(engine: Engine, *, instead: bool = False) -> str:
    """Create the tables or upgrade them; return why this is not possible, empty if it is.

    `instead` says that a catalog was put aside for this one.
    """
    with engine.begin() as connection:
        revision = _revision(connection)
        if not inspect(connection).get_table_names():
            _create(connection)
            if instead:
                salvage.begin(connection)
        elif revision is None or (revision != t.REVISION and not upgrade(connection)):
            return f"has an unknown version ({revision})"
    return ""


def _unusable(engine: Engine, data: Path) -> tuple[str, bool]:
    """Return why the catalog cannot be used, empty if it can, and whether it is damaged.

    It is damaged if SQLite reports that for the definitions of tables, or if a check of the whole
    catalog, when one is due, finds damage. I/O errors and a full disk are raised.
    """
    try:
        reason = _migrate(engine)
        if not reason and is_check_due(data):
            damage = salvage.find_damage(data / FILE)
            if damage:
                return f"is damaged ({damage})", True
            with engine.begin() as connection:
                connection.exec_driver_sql(documents.CHECK)
            log.warning("%s: damage was reported, but the check found none", data / FILE)
    except DBAPIError as error:
        if not is_damaged(error.orig):
            raise
        return f"is damaged ({error.orig})", True
    return reason, False


def upgrade(connection: Connection) -> bool:
    """Run all migrations that the catalog has not seen; return whether its revision is known."""
    # Slow to import, and rarely needed.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError:
        return False
    return True


def _create(connection: Connection) -> None:
    """Create the tables as all migrations together would, without loading Alembic.

    https://alembic.sqlalchemy.org/en/latest/cookbook.html#building-an-up-to-date-database-from-scratch
    """
    t.metadata.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(documents.CREATE)
    connection.exec_driver_sql(documents.CONFIGURE)
    # As Alembic creates it: later migrations continue from here.
    connection.exec_driver_sql(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(
        f"INSERT INTO alembic_version (version_num) VALUES ('{t.REVISION}')"  # noqa: S608
    )


def _check_version(data: Path, connection: Connection) -> None:
    revision = _revision(connection)
    if revision is None:
        raise CatalogMissing(f"{data}: no articles have been read yet")
    if revision != t.REVISION:
        raise CatalogMissing(
            f"{data}: the catalog has another version ({revision}, not {t.REVISION})"
        )
    if salvage.is_pending(connection):
        raise CatalogMissing(
            f"{data}: the catalog is being rebuilt from the folder",
            "wait until feeds ingest has scanned it",
        )


def _revision(connection: Connection) -> str | None:
    """Return the last migration that the catalog has seen, as Alembic records it."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    revision: str | None = connection.exec_driver_sql(
        "SELECT version_num FROM alembic_version"
    ).scalar()
    return revision


def _uri(path: Path, mode: str) -> str:
    return f"file:{quote(str(path.absolute()))}?mode={mode}"


def _engine(path: Path, *, read_only: bool) -> Engine:
    uri = _uri(path, "ro" if read_only else "rwc")
    if read_only and not (
        os.access(path.parent, os.W_OK) or path.with_name(f"{FILE}-wal").exists()
    ):
        # The index of the log cannot be created in a folder that cannot be written:
        # https://www.sqlite.org/wal.html#read_only_databases
        uri += "&immutable=1"

    def connect() -> sqlite3.Connection:
        # The driver does not begin transactions, `_begin` does: the driver would begin
        # them too late for reads. https://docs.sqlalchemy.org/en/21/dialects/sqlite.html
        return sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False)

    engine = create_engine(
        URL.create("sqlite", database=str(path)), creator=connect,
        poolclass=QueuePool, pool_size=8, max_overflow=64,
    )  # fmt: skip

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA busy_timeout = 10000")
        if not read_only:
            # Of a new file: a change is written in half as many pages.
            cursor.execute("PRAGMA page_size = 8192")
            cursor.execute("PRAGMA journal_mode = WAL")
            cursor.execute("PRAGMA synchronous = NORMAL")
            cursor.execute("PRAGMA cache_size = -65536")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        if read_only:
            # Past SQLAlchemy, at a tenth of the cost: it cannot fail, since SQLite
            # takes no lock before the first read.
            driver: Any = connection.connection.driver_connection
            driver.execute("BEGIN")
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _hint(error: BaseException | None) -> str:
    reason = str(error)
    if "full" in reason:
        return "free some space on the disk; until then the catalog is served as it is"
    if "readonly" in reason or "unable to open" in reason:
        return lack_of_descriptors() or "make the folder writable, or choose another with --data"
    if is_damaged(error):
        return "run feeds ingest, which puts the file aside and rebuilds it"
    return "run feeds ingest again"
