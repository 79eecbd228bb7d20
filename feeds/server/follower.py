"""Follow the change log and the configuration, and drop affected documents from the cache.

A document is rendered again once something in it has changed, and not before. The follower
remembers the generation of the catalog, and the last line of its change log whose documents were
dropped. It moves that position in the same transaction in which it reads the lines, so no line is
missed.

Threads: `step` belongs to the event loop and is called by one task. It reads the catalog in another
thread, under a lock, because that thread outlives a cancelled task.
"""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Final, NamedTuple

from feeds.catalog.database import database_errors, file_state
from feeds.catalog.reader import Change, Connection, Reader
from feeds.config import Config
from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogError, CatalogMissing
from feeds.server.catalog_access import CatalogAccess
from feeds.server.http.cache import IsTouched, RepresentationCache, untouched
from feeds.server.http.representation import Document
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

# A file that was written this recently, in nanoseconds, may be written again without a new change
# time.
_TICK: Final = 2_000_000_000


class _Dropped(NamedTuple):
    """The documents that a change affects, and those that it closes to readers."""

    touched: IsTouched
    closed: IsTouched = untouched


_EVERYTHING: Final = _Dropped(lambda document: True)


class Follower:
    """The follower of one serving process."""

    def __init__(
        self,
        data: Path,
        catalog: CatalogAccess,
        live: ConfigReloader,
        cache: RepresentationCache,
        now: Callable[[], datetime],
    ) -> None:
        self._data = data
        self._catalog = catalog
        self._live = live
        self._cache = cache
        self._now = now
        self._lock = threading.Lock()
        self._config = live.config  # with which the cached documents were made
        self._generation: int | None = None  # of the catalog that is followed
        self._position = 0  # the last line of the change log whose documents were dropped
        self._watching: Connection | None = None  # of this generation
        self._version: int | None = None  # as SQLite numbers the commits of other processes
        self._files: object = None  # the catalog's files at the last check
        self._has_complained = False
        self._has_ended = False

    async def step(self) -> None:
        """Drop from the cache what has changed since the last step."""
        try:
            dropped = None if self._is_quiet() else await in_low_priority_thread(self._look)
            if dropped is not None:
                self._cache.drop(*dropped)
            self._cache.expire(self._now())
            self._has_complained = False
        except CatalogMissing:
            pass
        except CatalogError as error:
            self._files = None  # check again, even if the files are unchanged
            if not self._has_complained:
                log.error("%s", error)
            self._has_complained = True

    def close(self) -> None:
        """Stop for good."""
        with self._lock:
            self._has_ended = True
            self._stop_watching()

    def _is_quiet(self) -> bool:
        """Return whether the files show that nothing has changed since the last check.

        A query, in a thread, would take a hundred times as long, twenty times a second.
        """
        files, before = file_state(self._data), self._files
        if files is None:
            return False
        self._files, changed = files
        return (
            self._files == before
            and changed < time.time_ns() - _TICK
            and self._live.config is self._config
            and self._version is not None  # the catalog has been read
            and self._catalog.generation == self._generation
        )

    def _look(self) -> _Dropped | None:
        """Return the documents that a change since the last check affects; None without a
        change."""
        with self._lock:
            if self._has_ended:
                return None
            if self._live.config is not self._config:
                return self._take_config()
            if self._catalog.is_replaced():
                self._stop_watching()
                self._catalog.close()
            state = self._catalog.open()
            if state.generation != self._generation:
                self._stop_watching()
                is_first = self._generation is None
                self._generation, self._position = state.generation, state.first_seq
                if not is_first:
                    return _EVERYTHING  # it is not known what has changed
            with database_errors(self._data):
                return self._read_changes(state.reader)

    def _read_changes(self, reader: Reader) -> _Dropped | None:
        if self._watching is None:
            self._watching = reader.connect()
        # Changes when another process commits, and takes almost no time.
        version = self._watching.exec_driver_sql("PRAGMA data_version").scalar()
        self._watching.rollback()
        if version == self._version:
            return None
        with self._catalog.connect() as (state, connection):
            changes = reader.changes_since(connection, self._position)
            if self._live.config is not self._config:
                # Ingest saw it first, and this state shows it. What is dropped must not be
                # rendered with the old one: popular documents would stay so for a second.
                return self._take_config()
            self._position = state.seq
        self._version = version
        if changes is None:
            return _EVERYTHING
        return _Dropped(_touched_by(changes)) if changes else None

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.close()
        self._watching = self._version = None

    def _take_config(self) -> _Dropped:
        """Take another configuration; return which documents it changes.

        This works even without the catalog: a set that is private now must not be served from the
        cache because it cannot be rendered again.
        """
        before, self._config = self._config, self._live.config
        log.info("the configuration was read again and is in use")
        return _Dropped(_differing(before, self._config), _closed_by(before, self._config))


def _differing(before: Config, after: Config) -> IsTouched:
    """Return a test for documents that a change of the configuration changes."""
    names = {*before.digests, *after.digests}
    changed = {name for name in names if before.digests.get(name) != after.digests.get(name)}
    return lambda document: "site" in changed or not changed.isdisjoint(document.settings)


def _closed_by(before: Config, after: Config) -> IsTouched:
    """Return a test for documents of sets that a change makes private, and for lists of them."""
    closed = {
        f"set/{name}"
        for name, set in after.sets.items()
        if set.private and name in before.sets and not before.sets[name].private
    }
    if not closed:
        return untouched
    closed.add("sets")
    return lambda document: not closed.isdisjoint(document.settings)


def _touched_by(changes: Iterable[Change]) -> IsTouched:
    """Return a test for documents that lines of the change log touch."""
    keys = {(change.kind, change.ref, change.level) for change in changes}
    is_site = any(change.kind == "site" for change in changes)

    def touched(document: Document) -> bool:
        return is_site or any(
            (kind, ref, level) in keys
            for kind, ref in document.feed_keys
            for level in document.levels
        )

    return touched
