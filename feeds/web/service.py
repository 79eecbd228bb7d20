"""What a serving process keeps: configuration, catalog, representations.

It follows the change log, so that a document is made anew once what is in it
has changed, and not before.
"""

import asyncio
import logging
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from feeds.cache import RepresentationCache
from feeds.catalog.reader import Change, Reader
from feeds.catalog.store import open_to_read, reporting
from feeds.config import Config
from feeds.errors import CatalogError, CatalogMissing
from feeds.representation import Document
from feeds.selection import Selection

log: Final = logging.getLogger("feeds")
_POLL: Final = 0.05  # seconds between looks at the change log
_IMPROVE: Final = 1.0  # seconds between looks at what is asked for often

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class _Catalog:
    """One state of the catalog's names, and how far the change log is read."""

    reader: Reader
    selection: Selection
    seq: int


class Service:
    """The state of one serving process."""

    def __init__(
        self,
        config: Config,
        data: Path,
        cache_bytes: int = 64 * 1024 * 1024,
        improve_after: int = 50,
    ) -> None:
        self.config = config
        self.cache = RepresentationCache(cache_bytes)
        self._data = data
        self._improve_after = improve_after  # answers in one coding
        self._catalog: _Catalog | None = None
        self._version: int | None = None
        self._watching: Connection | None = None

    # --- reading -------------------------------------------------------------

    async def read(self, work: Callable[[Selection, Connection], _Result]) -> _Result:
        """Run `work` on one state of the catalog, in a thread.

        Raises CatalogError where there is none or it cannot be read.
        """
        return await run_in_threadpool(self._read, work)

    def _read(self, work: Callable[[Selection, Connection], _Result]) -> _Result:
        catalog = self._catalog or self._open()
        with self._reporting(), catalog.reader.connect() as connection:
            return work(catalog.selection, connection)

    async def scanned(self) -> bool:
        """Whether a first scan has ended."""

        def look(selection: Selection, connection: Connection) -> bool:
            return selection.reader.meta(connection, "scanned") is not None

        return await self.read(look)

    def _reporting(self) -> AbstractContextManager[None]:
        return reporting(self._data)

    def _open(self) -> _Catalog:
        reader = Reader(open_to_read(self._data))
        with self._reporting(), reader.connect() as connection:
            catalog = self._state(reader, connection)
        self._catalog = catalog
        return catalog

    def _state(self, reader: Reader, connection: Connection) -> _Catalog:
        seq = reader.newest_change(connection)
        return _Catalog(reader, Selection(self.config, reader, reader.names(connection)), seq)

    # --- following -----------------------------------------------------------

    async def follow(self) -> None:
        """Follow the change log until cancelled."""
        complained = False
        while True:
            try:
                await run_in_threadpool(self._catch_up)
                complained = False
            except CatalogMissing:
                pass
            except CatalogError as error:
                if not complained:
                    log.error("%s", error)
                complained = True
            await asyncio.sleep(_POLL)

    def _catch_up(self) -> None:
        catalog = self._catalog or self._open()
        with self._reporting():
            if self._watching is None:
                self._watching = catalog.reader.connect()
            # Moves when another process commits, and costs next to nothing.
            version = self._watching.exec_driver_sql("PRAGMA data_version").scalar()
            self._watching.rollback()
            if version == self._version:
                return
            with catalog.reader.connect() as connection:
                changes = catalog.reader.changes_since(connection, catalog.seq)
                if changes is None or changes:
                    self._catalog = self._renewed(catalog, connection, changes)
        self._version = version
        if changes is None:
            self.cache.drop(lambda document: True)
        elif changes:
            self.cache.drop(_touched_by(changes))

    def _renewed(
        self, catalog: _Catalog, connection: Connection, changes: Iterable[Change] | None
    ) -> _Catalog:
        """The catalog with new names, if the changes speak of any it does not know."""
        names = catalog.selection.names
        if changes is not None:
            known = {"topic": names.topics, "provider": names.providers}
            changes = list(changes)
            if all(
                change.ref in known[change.kind] if change.kind in known else change.kind != "site"
                for change in changes
            ):
                last = changes[-1].seq
                return _Catalog(catalog.reader, catalog.selection, last)
        return self._state(catalog.reader, connection)

    # --- compressing well what is asked for often ----------------------------------

    async def improve(self) -> None:
        """Compress well what the fast lane sends often, one at a time, until cancelled."""
        rack = self.cache.rack
        while True:
            await asyncio.sleep(_IMPROVE)
            for target, racked in list(rack.answers.items()):
                for coding, asked in list(racked.asked()):
                    coded = racked.representation.coded(coding)
                    if asked < self._improve_after or coded is None or coded.best:
                        continue
                    code = partial(racked.representation.code, coding, best=True)
                    await run_in_threadpool(code)
                    self.cache.grown(target.decode("latin-1"))
                    rack.drop(target)  # the next answer puts the better one there


def _touched_by(changes: Iterable[Change]) -> Callable[[Document], bool]:
    places = {(change.kind, change.ref, change.public) for change in changes}
    site = any(change.kind == "site" for change in changes)

    def touched(document: Document) -> bool:
        return site or any(
            (kind, ref, public) in places
            for kind, ref in document.places
            for public in document.public
        )

    return touched
