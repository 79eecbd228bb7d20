"""Open the catalog, reopen it when it was replaced, and give requests a view of it.

There is one `CatalogState` for each state of the change log and each configuration: the names of
topics and providers are read once for it and shared by all requests. A request reads everything in
one transaction, with the names of exactly that state, because entries that were written a moment
ago may have new topics.

Each opening has a generation, a number of its own. A follower of an earlier generation does not
know what has changed since.

Threads: `read` is called from the event loop, which only awaits it; everything else runs in other
threads. A state is immutable and exchanged as a whole. The lock is held to open and to close, so
that each generation is opened once.
"""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, TypeVar

from feeds.catalog.database import database_errors, identity, open_to_read
from feeds.catalog.reader import Change, Connection, Names, Reader
from feeds.config import Config
from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogMissing, NobodyWaits, SelectionTooSlow
from feeds.problems import Problem
from feeds.selection.feed_index import FeedIndexCache
from feeds.selection.site_view import SiteView
from feeds.server.admission import Demand, lanes
from feeds.util.process_tuning import in_low_priority_thread
from feeds.util.text import many

log: Final = logging.getLogger("feeds")

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class CatalogState:
    """One configuration with one state of the names in the catalog.

    `seq` is the number of the last line of the change log, `first_seq` that at the opening.
    `scanned` says whether a first scan has ended.
    """

    reader: Reader
    generation: int
    first_seq: int
    config: Config
    names: Names
    seq: int
    scanned: bool
    index_cache: FeedIndexCache = field(default_factory=FeedIndexCache)

    def view(self, connection: Connection, is_wanted: Callable[[], bool]) -> SiteView:
        """Return the site as a connection of this state sees it, while that is wanted."""
        reader = self.reader.wanted(is_wanted)
        return SiteView(self.config, reader, connection, self.names, self.index_cache)


class CatalogAccess:
    """The catalog of one serving process."""

    def __init__(
        self, data: Path, live: ConfigReloader, query_time_limit: float | None = None
    ) -> None:
        """Open nothing yet; the time limit of a query for entries is in seconds."""
        self._data = data
        self._live = live
        self._query_time_limit = query_time_limit
        self._slow_sets: dict[str, str] = {}  # with their digests then
        self._lock = threading.Lock()
        self._state: CatalogState | None = None
        self._identity: tuple[int, int, bool] | None = None
        self._generation = 0
        self._has_ended = False
        self._lanes = lanes()

    async def read(
        self,
        work: Callable[[SiteView], _Result],
        demand: Demand | None = None,
        *,
        unscanned: bool = False,
    ) -> _Result:
        """Return what `work` returns for a view of the present state; it runs in a thread.

        Raises CatalogError if there is no catalog, if it cannot be read, and before the end of the
        first scan, since caches would store incomplete feeds. With `unscanned`, work that shows no
        entries is done before that too. Raises Overloaded, and NobodyWaits if the demand has ended.
        """
        demand = demand or Demand()
        async with self._lanes[demand.lane].turn():
            thread = asyncio.ensure_future(
                in_low_priority_thread(self._read, work, demand, unscanned=unscanned)
            )
            try:
                return await asyncio.shield(thread)
            except asyncio.CancelledError:
                # The turn ends only when the thread has noticed that no client waits.
                await asyncio.gather(thread, return_exceptions=True)
                raise

    def _read(
        self,
        work: Callable[[SiteView], _Result],
        is_wanted: Callable[[], bool],
        *,
        unscanned: bool,
    ) -> _Result:
        if not is_wanted():
            raise NobodyWaits
        with self.connect() as (state, connection):
            if not (state.scanned or unscanned):
                raise CatalogMissing(f"{self._data}: the first scan has not ended yet")
            try:
                return work(state.view(connection, is_wanted))
            except SelectionTooSlow as error:
                if error.feed_set:
                    self._slow_sets[error.feed_set] = _digest(state.config, error.feed_set)
                raise

    def slow_sets(self) -> list[str]:
        """Return the feed sets that have exceeded the time limit in this process and have not
        been changed since."""
        digests = self._slow_sets.items()
        return sorted(
            name for name, digest in digests if digest == _digest(self._live.config, name)
        )

    @contextmanager
    def connect(self) -> Iterator[tuple[CatalogState, Connection]]:
        """Open a transaction; yield the state that it reads, and its connection.

        Raises CatalogError as `read` does.
        """
        state = self.open()
        with database_errors(self._data), state.reader.connect() as connection:
            yield self._at(connection, state), connection

    def open(self) -> CatalogState:
        """Return the last known state of the catalog, opened if it is not open."""
        return self._state or self._open()

    @property
    def generation(self) -> int | None:
        """The number of the present opening, from 1 on; None while the catalog is not open."""
        state = self._state
        return None if state is None else state.generation

    def is_replaced(self) -> bool:
        """Return whether another catalog is in the place of the one that is open.

        The open one is then a file without a name. Or it was opened as unchanging, because its
        folder could not be written.
        """
        return self._state is not None and identity(self._data) not in (None, self._identity)

    def close(self, *, for_good: bool = False) -> None:
        """Close the catalog; the next reader opens it again, unless it is closed for good."""
        with self._lock:
            self._has_ended = self._has_ended or for_good
            state, self._state = self._state, None
        if state is not None:
            state.reader.close()

    def _open(self) -> CatalogState:
        with self._lock:
            if self._state is not None:
                return self._state
            if self._has_ended:
                raise CatalogMissing(f"{self._data}: this server has ended")
            seen = identity(self._data)
            reader = Reader(open_to_read(self._data), self._query_time_limit)
            with database_errors(self._data), reader.connect() as connection:
                seq = reader.newest_change(connection)
                config, names = self._live.config, reader.names(connection)
                scanned = _is_scanned(reader, connection)
            self._identity = seen
            self._generation += 1
            self._state = CatalogState(reader, self._generation, seq, config, names, seq, scanned)
            return self._state

    def _at(self, connection: Connection, state: CatalogState) -> CatalogState:
        """Return the state that a connection reads: the given one, or a newer one made from it."""
        reader = state.reader
        seq = reader.newest_change(connection)
        changes: list[Change] | None = []
        if seq != state.seq:
            changes = reader.changes_since(connection, state.seq)
            if changes and _concern_config(changes):
                # A document must not have the date of a change of the configuration that it does
                # not show.
                self._live.refresh(report)
        config = self._live.config
        if seq == state.seq and config is state.config:
            return state
        if changes is None or seq < state.seq or config is not state.config:
            names = reader.names(connection)
            state = replace(
                state, config=config, names=names, seq=seq, index_cache=FeedIndexCache()
            )
        elif any(change.kind == "site" for change in changes):
            state = replace(state, names=reader.names(connection), seq=seq)
        else:
            names = reader.refreshed_names(connection, state.names, changes)
            state = replace(state, names=names, seq=seq)
        if not state.scanned:  # the end of the first scan is in the change log
            state = replace(state, scanned=_is_scanned(reader, connection))
        self._keep(state)
        return state

    def _keep(self, state: CatalogState) -> None:
        """Use this state for later requests, unless the catalog was closed meanwhile."""
        with self._lock:
            if self._state is not None and self._state.generation == state.generation:
                self._state = state


def report(problems: Sequence[Problem]) -> None:
    """Log why a configuration is refused, and which one stays in use."""
    for problem in problems:
        log.log(logging.ERROR if problem.is_error else logging.WARNING, "%s", problem)
    errors = many(sum(problem.is_error for problem in problems), "error")
    log.error("the configuration is refused because of %s; the last good one stays in use", errors)


def _is_scanned(reader: Reader, connection: Connection) -> bool:
    return reader.meta(connection, "scanned") is not None


def _digest(config: Config, feed_set: str) -> str:
    return config.digests.get(f"set/{feed_set}", "")


def _concern_config(changes: Iterable[Change]) -> bool:
    """Return whether ingest has dated a part of the configuration: see `schema.settings`."""
    return any(
        change.kind in ("site", "sets") or change.kind.startswith("set/") for change in changes
    )
