"""Count the responses of both paths, and write the counts to the statistics.

Responses of the ASGI path are counted when they are sent. For speed, the fast path only counts how
often each remembered request is received. The headers of these are parsed here, in the background,
once for each request.
"""

import logging
import sqlite3
import time
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.catalog import files
from feeds.errors import CatalogError, Overloaded
from feeds.server.admission import Demand
from feeds.server.catalog_access import CatalogAccess
from feeds.server.http.ready_responses import KnownRequest, ReadyResponses
from feeds.stats.counters import Counters, Served
from feeds.stats.report import DAY, HOUR
from feeds.stats.store import StatsStore
from feeds.util.process_tuning import in_low_priority_thread
from feeds.util.sqlite_file import lack_of_descriptors

log: Final = logging.getLogger("feeds")

LENGTH: Final = "feeds.length"  # in a scope: bytes of the document without a coding
CLIENT_LEFT: Final = 499  # the status if the client has disconnected, as in nginx


class Metrics:
    """The counts of one serving process."""

    def __init__(self, data: Path, catalog: CatalogAccess, ready: ReadyResponses) -> None:
        self._catalog = catalog
        self._ready = ready
        self.store = StatsStore(data)
        self.counters = Counters()
        self._day = 0
        self._hour = 0
        self._has_complained = False

    async def write(self) -> None:
        """Write the counts since the last time."""
        taken = self._take()
        entries = None
        if self._hour != int(time.time()) // HOUR:
            entries = await self._entries()
        await in_low_priority_thread(self._write, taken, entries)

    def write_last(self) -> None:
        """Write the counts once more, as the process ends."""
        self._write(self._take(), None)

    async def _entries(self) -> int | None:
        try:
            holdings = await self._catalog.read(
                lambda view: files.holdings(view.connection), Demand("operator")
            )
        except (CatalogError, Overloaded):
            return None
        return holdings.entries

    def _take(self) -> Counters:
        """Return the counts of both paths since the last time."""
        counts, beyond = self._ready.take_counts()
        for request, times in counts:
            self.counters.add(_sent_by_fast_path(request), times)
            request.clients.clear()
        self.counters.totals.requests += beyond
        return self.counters.take()

    def _write(self, taken: Counters, entries: int | None) -> None:
        now = int(time.time())
        if not taken.totals.requests and entries is None:
            return
        try:
            self.store.add(taken, now, entries)
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
        if entries is not None:
            self._hour = now // HOUR

    def _complain(self, error: Exception) -> None:
        """Log once: a folder that cannot be written will not be writable in ten seconds."""
        if not self._has_complained:
            lack = lack_of_descriptors()
            log.warning("the statistics cannot be written: %s", lack or error)
        self._has_complained = True

    async def start_day(self) -> None:
        """Take the secret of the day, with which clients are told apart, on a new day."""
        await in_low_priority_thread(self._start_day)

    def _start_day(self) -> None:
        now = int(time.time())
        if self._day != now // DAY:
            try:
                self.counters.salt = self.store.salt(now)
            except (sqlite3.Error, OSError) as error:
                self._complain(error)
                return
            self._day = now // DAY


class MetricsMiddleware:
    """Count the responses of the application inside it."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, body_bytes = 0, 0

        async def counting_send(message: Message) -> None:
            nonlocal status, body_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                body_bytes += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, counting_send)
        if status != CLIENT_LEFT:
            self._metrics.counters.add(_sent_by_application(scope, status, body_bytes))


def _sent_by_fast_path(request: KnownRequest) -> Served:
    return Served(
        request.target.decode("latin-1"),
        request.response.status,
        request.response.length,
        0 if request.is_head else request.document.representation.length,
        request.is_conditional,
        request.user_agent.decode("latin-1"),
        tuple(client.decode("latin-1") for client in request.clients),
    )


def _sent_by_application(scope: Scope, status: int, body_bytes: int) -> Served:
    headers = dict(scope["headers"])
    is_head = scope["method"] == "HEAD"
    target = (scope.get("raw_path") or b"").decode("latin-1")
    return Served(
        target,
        status,
        0 if is_head else body_bytes,
        0 if is_head else scope.get(LENGTH, body_bytes),
        b"if-none-match" in headers or b"if-modified-since" in headers,
        headers.get(b"user-agent", b"").decode("latin-1"),
        (scope["client"][0],) if scope.get("client") else (),
    )
