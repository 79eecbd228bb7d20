"""What a serving process keeps: configuration, catalog, representations.

It follows the change log, so that a document is made anew once what is in it
has changed, and not before.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, NamedTuple, TypeVar

from feeds.catalog.database import identity, is_locked, open_to_read, outside, reporting
from feeds.catalog.reader import Change, Connection, Names, Reader
from feeds.config import Config
from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogError, CatalogMissing
from feeds.selection.feed_index import FeedIndexCache
from feeds.selection.site_view import SiteView
from feeds.server.http.cache import IsTouched, RepresentationCache, untouched
from feeds.server.http.representation import Document
from feeds.server.tokens import Tokens
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")
_POLL: Final = 0.05  # seconds between looks at the change log
# A file that was written so short a time ago, in nanoseconds, may be written again without
# its time of change moving.
_TICK: Final = 2_000_000_000
# Threads that read and render at a time. They all want the interpreter's lock;
# more would gain nothing and keep the event loop from its turn.
_READERS: Final = 2

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Catalog:
    """One state of the catalog's names, and how far the change log is read."""

    reader: Reader
    config: Config
    names: Names
    seq: int
    index_cache: FeedIndexCache = field(default_factory=FeedIndexCache)

    def view(self, connection: Connection) -> SiteView:
        """Return the site as a connection sees it, whose state has these names."""
        return SiteView(self.config, self.reader, connection, self.names, self.index_cache)


class _Change(NamedTuple):
    """Which documents are no longer as they were, and which are no longer for all."""

    touched: IsTouched
    closed: IsTouched = untouched


_EVERYTHING: Final = _Change(lambda document: True)


class Service:
    """The state of one serving process."""

    def __init__(
        self,
        live: ConfigReloader,
        data: Path,
        cache_bytes: int = 64 * 1024 * 1024,
        compress_after: int = 50,
        start: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.live = live
        self._shaped_by = live.config  # what is cached; see `_reshaped`
        self._looking = threading.Lock()
        self.cache = RepresentationCache(cache_bytes)
        # Addresses whose old responses stay ready until they are rendered again.
        self.to_rerender: dict[str, None] = {}
        self.has_to_rerender = asyncio.Event()  # set while there are any
        self._data = data
        self._start = start  # of the server; empty if ingest is no concern of it
        self.tokens = Tokens(data)
        self.now = clock
        self.compress_after = compress_after  # responses in one coding
        self._catalog: _Catalog | None = None
        self._turns = asyncio.Semaphore(_READERS)
        self._followed = 0  # the change log up to here has dropped what it touched
        self._version: int | None = None
        self._identity: tuple[int, int, bool] | None = None
        self._outside: object = None  # what the catalog's files looked like
        self._following = threading.Lock()
        self._ended = False
        self._built_anew = False  # what was made of the one before is still to be dropped
        self._watching: Connection | None = None
        self._opening = threading.Lock()

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.live.config

    # --- reading -------------------------------------------------------------

    async def read(self, work: Callable[[SiteView], _Result]) -> _Result:
        """Run `work` on one state of the catalog, in a thread.

        Raises CatalogError where there is none or it cannot be read.
        """
        async with self._turns:
            return await in_low_priority_thread(self._read, work)

    def _read(self, work: Callable[[SiteView], _Result]) -> _Result:
        catalog = self._catalog or self._open()
        with self._reporting(), catalog.reader.connect() as connection:
            # Names and entries of one state: what was written since the log was
            # last followed may speak of topics that were not there then.
            catalog = self._up_to_date(catalog, connection)
            return work(catalog.view(connection))

    async def scanned(self) -> tuple[bool, bool]:
        """Whether a first scan has ended, ever and since the server was started."""

        def look(view: SiteView) -> tuple[bool, bool]:
            ever = view.reader.meta(view.connection, "scanned") is not None
            ended = view.reader.meta(view.connection, "start")
            return ever, ever and ended == (self._start or ended)

        return await self.read(look)

    @property
    def data(self) -> Path:
        """The folder of the catalog."""
        return self._data

    def is_ingesting(self) -> bool | None:
        """Whether ingest is running; None where that cannot be told."""
        return is_locked(self._data)

    def _reporting(self) -> AbstractContextManager[None]:
        return reporting(self._data)

    def close(self) -> None:
        """Let go of the catalog for good."""
        with self._following:  # in a thread, which cancelling does not end
            self._ended = True
            self._close()

    def _close(self) -> None:
        if self._watching is not None:
            self._watching.close()
        if self._catalog is not None:
            self._catalog.reader.close()
        self._catalog = self._watching = self._version = None

    def _open(self) -> _Catalog:
        # Requests and the follower come here at once when a process begins. A second
        # one to open would move `_followed` past changes that nobody has dropped.
        with self._opening:
            if self._catalog is not None:
                return self._catalog
            if self._ended:
                raise CatalogMissing(f"{self._data}: this server has ended")
            seen = identity(self._data)
            reader = Reader(open_to_read(self._data))
            with self._reporting(), reader.connect() as connection:
                catalog = self._state(reader, connection)
            self._identity, self._catalog = seen, catalog
            self._followed = catalog.seq
            return catalog

    def _state(self, reader: Reader, connection: Connection) -> _Catalog:
        seq = reader.newest_change(connection)
        return _Catalog(reader, self.config, reader.names(connection), seq)

    # --- following -----------------------------------------------------------

    async def follow(self) -> None:
        """Follow the change log until cancelled."""
        complained = False
        while True:
            try:
                change = None if self._is_quiet() else await in_low_priority_thread(self._catch_up)
                if change is not None:
                    self.to_rerender.update(dict.fromkeys(self.cache.drop(*change)))
                self.to_rerender.update(dict.fromkeys(self.cache.expire(self.now())))
                if self.to_rerender:
                    self.has_to_rerender.set()
                complained = False
            except CatalogMissing:
                pass
            except CatalogError as error:
                self._outside = None  # to be looked at again, whatever it looks like
                if not complained:
                    log.error("%s", error)
                complained = True
            await asyncio.sleep(_POLL)

    def _is_quiet(self) -> bool:
        """Whether nothing can have changed since the last look, as files show by themselves.

        To ask the catalog takes a hundred times as long, in a thread, twenty times a second.
        """
        seen, before = outside(self._data), self._outside
        if seen is None:
            return False
        self._outside, changed = seen
        return (
            self._outside == before
            and changed < time.time_ns() - _TICK
            and self.config is self._shaped_by
            and self._version is not None  # it is open, and has been looked at
            and not self._built_anew
        )

    def _catch_up(self) -> _Change | None:
        """Look at what has changed; gives what tells whether a document was touched by it."""
        with self._following:
            return None if self._ended else self._caught_up()

    def _caught_up(self) -> _Change | None:
        if self.config is not self._shaped_by:
            return self._reshaped()
        if self._catalog is not None and identity(self._data) not in (None, self._identity):
            # Deleted and built anew: what is open is a file without a name. Or it
            # could not be written before, and was not expected to change.
            self._close()
            self._built_anew = True  # and perhaps not ready to be opened: then it is tried again
        catalog = self._catalog or self._open()
        if self._built_anew:
            self._built_anew = False
            return _EVERYTHING
        with self._reporting():
            if self._watching is None:
                self._watching = catalog.reader.connect()
            # Moves when another process commits, and costs next to nothing.
            version = self._watching.exec_driver_sql("PRAGMA data_version").scalar()
            self._watching.rollback()
            if version == self._version:
                return None
            with catalog.reader.connect() as connection:
                changes = catalog.reader.changes_since(connection, self._followed)
                followed = self._up_to_date(catalog, connection).seq
                if self.config is not self._shaped_by:
                    # Ingest saw it first. What is dropped now must not be made anew as it
                    # was: popular documents would stay so for another second.
                    return self._reshaped()
                self._followed = followed
        self._version = version
        if changes is None:
            return _EVERYTHING
        return _Change(_touched_by(changes)) if changes else None

    async def follow_config(self) -> None:
        """Follow the configuration until cancelled; `follow` takes up what has changed."""
        await self.live.follow(lambda: in_low_priority_thread(self._look_at_config))

    def _look_at_config(self) -> None:
        with self._looking:
            self.live.refresh(lambda problem: log.error("%s", problem))

    def _reshaped(self) -> _Change:
        """Take up another configuration; gives what tells which documents it changes.

        That is known whatever becomes of the catalog: what is private now must not be
        served because nothing else can be.
        """
        before, self._shaped_by = self._shaped_by, self.config
        if self._catalog is not None:
            try:
                with self._reporting(), self._catalog.reader.connect() as connection:
                    self._catalog = self._state(self._catalog.reader, connection)
            except CatalogError as error:
                log.error("%s", error)
                self._close()  # it is opened anew with this configuration, once it can be
        log.info("the configuration has changed")
        return _Change(_differing(before, self._shaped_by), _closed_by(before, self._shaped_by))

    def _up_to_date(self, catalog: _Catalog, connection: Connection) -> _Catalog:
        """The catalog as this connection sees it, its names read anew if that is needed."""
        seq = catalog.reader.newest_change(connection)
        if seq == catalog.seq:
            return catalog
        changes = catalog.reader.changes_since(connection, catalog.seq)
        if changes and _speak_of_config(changes):
            # No document is dated by a change that it does not show.
            self._look_at_config()
        if changes is None or seq < catalog.seq or catalog.config is not self.config:
            catalog = self._state(catalog.reader, connection)
        else:
            if any(one.kind == "site" for one in changes):
                names = catalog.reader.names(connection)
            else:
                names = catalog.reader.renewed(connection, catalog.names, changes)
            catalog = replace(catalog, names=names, seq=seq)
        self._catalog = catalog
        return catalog


def _differing(before: Config, after: Config) -> IsTouched:
    """Tells which documents a change of the configuration changes."""
    names = {*before.digests, *after.digests}
    changed = {name for name in names if before.digests.get(name) != after.digests.get(name)}
    return lambda document: "site" in changed or not changed.isdisjoint(document.settings)


def _closed_by(before: Config, after: Config) -> IsTouched:
    """Tells which documents are of sets that a change of the configuration makes private,
    or may name them: lists of all."""
    closed = {
        f"set/{name}"
        for name, one in after.sets.items()
        if one.private and name in before.sets and not before.sets[name].private
    }
    if not closed:
        return untouched
    closed.add("sets")
    return lambda document: not closed.isdisjoint(document.settings)


def _speak_of_config(changes: Iterable[Change]) -> bool:
    """Whether ingest has dated a part of the configuration: see `tables.settings`."""
    return any(one.kind in ("site", "sets") or one.kind.startswith("set/") for one in changes)


def _touched_by(changes: Iterable[Change]) -> IsTouched:
    feed_keys = {(change.kind, change.ref, change.public) for change in changes}
    site = any(change.kind == "site" for change in changes)

    def touched(document: Document) -> bool:
        return site or any(
            (kind, ref, public) in feed_keys
            for kind, ref in document.feed_keys
            for public in document.public
        )

    return touched
