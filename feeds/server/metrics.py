"""Counts answers of both lanes, and writes them down from time to time.

The application's are counted as they pass. The fast lane does not wait for
this: it counts how often each remembered request came, and what these say of
themselves is read here, beside, once for each.
"""

import asyncio
import logging
import sqlite3
import time
from pathlib import Path
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from feeds.errors import CatalogError
from feeds.server.http.ready_responses import Known
from feeds.server.responses import WHOLE
from feeds.server.state import Service
from feeds.stats.counters import Answered, Tally
from feeds.stats.store import DAY, HOUR, History
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

_WRITE: Final = 10.0  # seconds


class Counting:
    """What one serving process has answered."""

    def __init__(self, data: Path) -> None:
        self.history = History(data)
        self.tally = Tally()
        self._day = 0
        self._hour = 0
        self._complained = False

    async def keep(self, service: Service) -> None:
        """Write down what was counted, until cancelled; and then for the last time."""
        try:
            while True:
                await in_low_priority_thread(self._new_day)
                await asyncio.sleep(_WRITE)
                await self.write(service)
        finally:
            self._write(self._taken(service), None)

    async def write(self, service: Service) -> None:
        """Write down what was counted since the last time."""
        taken = self._taken(service)
        entries = None
        if self._hour != int(time.time()) // HOUR:
            entries = await _entries(service)
        await in_low_priority_thread(self._write, taken, entries)

    def _taken(self, service: Service) -> Tally:
        """What both lanes have answered since the last time."""
        requests, beyond = service.cache.rack.counted()
        for known, times in requests:
            self.tally.add(_recalled(known), times)
            known.callers.clear()
        self.tally.sum.requests += beyond
        return self.tally.take()

    def _write(self, taken: Tally, entries: int | None) -> None:
        now = int(time.time())
        if not taken.sum.requests and entries is None:
            return
        try:
            self.history.add(taken, now, entries)
        except (sqlite3.Error, OSError) as error:
            self._complain(error)
        if entries is not None:
            self._hour = now // HOUR

    def _complain(self, error: Exception) -> None:
        """Once: a folder that cannot be written will not be ten seconds later."""
        if not self._complained:
            log.warning("what is answered cannot be written down: %s", error)
        self._complained = True

    def _new_day(self) -> None:
        """Clients are told apart with a secret of the day."""
        now = int(time.time())
        if self._day != now // DAY:
            try:
                self.tally.salt = self.history.salt(now)
            except (sqlite3.Error, OSError) as error:
                self._complain(error)
                return
            self._day = now // DAY


async def _entries(service: Service) -> int | None:
    try:
        return (
            await service.read(lambda selection, connection: selection.holdings(connection))
        ).entries
    except CatalogError:
        return None


class Counted:
    """The application, its answers counted."""

    def __init__(self, app: ASGIApp, counting: Counting) -> None:
        self._app = app
        self._counting = counting

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, sent = 0, 0

        async def sending(message: Message) -> None:
            nonlocal status, sent
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += len(message.get("body", b""))
            await send(message)

        await self._app(scope, receive, sending)
        self._counting.tally.add(_answered(scope, status, sent))


def _recalled(known: Known) -> Answered:
    """What the fast lane answered to a request."""
    whole = 0 if known.head else known.racked.representation.length
    return Answered(
        known.target.decode("latin-1"),
        known.answer.status,
        known.answer.length,
        whole,
        known.conditional,
        known.agent.decode("latin-1"),
        tuple(one.decode("latin-1") for one in known.callers),
    )


def _answered(scope: Scope, status: int, sent: int) -> Answered:
    headers = dict(scope["headers"])
    head = scope["method"] == "HEAD"
    target = (scope.get("raw_path") or b"").decode("latin-1")
    return Answered(
        target,
        status,
        0 if head else sent,
        0 if head else scope.get(WHOLE, sent),
        b"if-none-match" in headers or b"if-modified-since" in headers,
        headers.get(b"user-agent", b"").decode("latin-1"),
        (scope["client"][0],) if scope.get("client") else (),
    )
