"""Representations by address: bounded in bytes, rendered once, dropped when touched.

However many requests wait for a document, it is rendered once. A document that a change
touches is rendered again at its next request; if that fails, the last good one is still
served. A document that the fast path sends all the time stays ready when it changes, until
it is rendered again in the background.

Everything here belongs to the event loop; nothing is safe to use from other threads.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from feeds.errors import RequestError
from feeds.server.http.ready_responses import ReadyResponses
from feeds.server.http.representation import Document, Encoded, Representation

# Bytes that one document costs beyond its own, as a full process was seen to grow: objects,
# headers, entries among ready responses and known requests, and what is lost between blocks.
OVERHEAD: Final = 12 * 1024

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")
Render = Callable[[], Awaitable[Representation]]
IsTouched = Callable[[Document], bool]

_MOST_POPULAR: Final = 32  # documents that stay ready until they are rendered again
_REMEMBERED_DROPS: Final = 64


def untouched(document: Document) -> bool:
    """Return False: the predicate of a change that touches no document."""
    return False


@dataclass(slots=True)
class _Cached:
    representation: Representation
    size: int
    render: Render


@dataclass(slots=True)
class Counters:
    """Numbers since the process began."""

    hits: int = 0
    renders: int = 0
    failures: int = 0
    evictions: int = 0


@dataclass(slots=True)
class RepresentationCache:
    """Representations by canonical address; the least recently used are evicted first."""

    most_bytes: int = 64 * 1024 * 1024
    counters: Counters = field(default_factory=Counters)
    ready: ReadyResponses = field(default_factory=ReadyResponses)
    _cached: OrderedDict[str, _Cached] = field(default_factory=OrderedDict)
    _expiring: dict[str, datetime] = field(default_factory=dict)
    _rendering: dict[str, asyncio.Task[Representation]] = field(default_factory=dict)
    _encoding: dict[tuple[str, str], asyncio.Task[Encoded]] = field(default_factory=dict)
    _bytes: int = 0
    # The latest drops, and how many there have been.
    _drops: deque[IsTouched] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_DROPS))
    _dropped: int = 0
    # Stale documents whose old responses are still ready, and whether there are any.
    _popular_stale: dict[str, None] = field(default_factory=dict)
    _has_popular_stale: asyncio.Event = field(default_factory=asyncio.Event)

    def get(self, address: str) -> Representation | None:
        """Return the representation cached for an address, unless it is stale."""
        cached = self._cached.get(address)
        if cached is None or cached.representation.stale:
            return None
        self._cached.move_to_end(address)
        self.counters.hits += 1
        return cached.representation

    async def get_or_render(self, address: str, render: Render) -> Representation:
        """Return the cached representation, or that of `render`; one call of it for all who wait.

        If it raises, so does this, unless an older representation is cached.
        """
        representation = self.get(address)
        if representation is not None:
            return representation
        try:
            return await shared(self._rendering, address, lambda: self._render(address, render))
        except RequestError:  # the feed is gone, or has moved: not to be shown again
            self.remove(address)
            raise
        except Exception:
            cached = self._cached.get(address)
            if cached is None:
                raise
            return cached.representation

    async def encoded(
        self,
        address: str,
        representation: Representation,
        coding: str,
        encode: Callable[[], Awaitable[Encoded]],
    ) -> Encoded:
        """Return a representation in a coding, compressed once for all who wait."""
        encoded = representation.encoded(coding)
        if encoded is not None:
            return encoded

        async def work() -> Encoded:
            encoded = await encode()
            self.resized(address)
            return encoded

        return await shared(self._encoding, (address + representation.digest, coding), work)

    def resized(self, address: str) -> None:
        """Note that a representation has another size, since it got another coding."""
        cached = self._cached.get(address)
        if cached is not None:
            size = cached.representation.size + OVERHEAD
            self._bytes += size - cached.size
            cached.size = size
            self._evict()

    def drop(self, touched: IsTouched, closed: IsTouched = untouched) -> None:
        """Mark every document that a change touched as stale.

        Old responses stay ready until `rerender` for the documents that are requested most,
        no more than can be rendered in a moment. Documents that the change `closed` to
        readers are removed at once, whatever follows.
        """
        self._drops.append(touched)
        self._dropped += 1
        popular: list[tuple[int, str]] = []
        for address, cached in list(self._cached.items()):
            if closed(cached.representation.document):
                self.remove(address)
                continue
            if not touched(cached.representation.document):
                continue
            cached.representation.stale = True
            popularity = self.ready.popularity(address.encode("latin-1"))
            if popularity:
                popular.append((popularity, address))
            else:
                self.ready.drop(address.encode("latin-1"))
        popular.sort(reverse=True)
        for _, address in popular[_MOST_POPULAR:]:
            self.ready.drop(address.encode("latin-1"))
        for _, address in popular[:_MOST_POPULAR]:
            self.rerender_later(address)

    def expire(self, now: datetime) -> None:
        """Mark documents that time alone has changed as stale, as `drop` does."""
        due = [address for address, moment in self._expiring.items() if moment <= now]
        if not due:
            return
        for address in due:
            del self._expiring[address]
        self.drop(lambda document: document.expires is not None and document.expires <= now)

    def rerender_later(self, address: str) -> None:
        """Add a document to those that `popular_stale` returns."""
        self._popular_stale[address] = None
        self._has_popular_stale.set()

    async def popular_stale(self) -> list[str]:
        """Return the addresses of stale documents that are still ready, once there are any."""
        if not self._popular_stale:
            self._has_popular_stale.clear()
            await self._has_popular_stale.wait()
        return list(self._popular_stale)

    async def rerender(self, address: str) -> tuple[Representation, Representation] | None:
        """Render a stale document again; return the old representation and the new one.

        None if it is no longer cached or no longer stale. If its feed is gone, the document
        is removed and the RequestError is raised.
        """
        self._popular_stale.pop(address, None)
        cached = self._cached.get(address)
        if cached is None or not cached.representation.stale:
            return None
        try:
            representation = await shared(
                self._rendering, address, lambda: self._render(address, cached.render)
            )
        except RequestError:
            self.remove(address)
            raise
        return cached.representation, representation

    def is_cached(self, address: str, representation: Representation) -> bool:
        """Return whether a representation is cached, so that changes reach it, and not stale."""
        cached = self._cached.get(address)
        return (
            cached is not None
            and cached.representation is representation
            and not representation.stale
        )

    def remove(self, address: str) -> None:
        """Remove a document."""
        cached = self._cached.pop(address, None)
        if cached is not None:
            self._bytes -= cached.size
        self._expiring.pop(address, None)
        self.ready.drop(address.encode("latin-1"))

    @property
    def bytes(self) -> int:
        """Bytes in use."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._cached)

    async def _render(self, address: str, render: Render) -> Representation:
        dropped = self._dropped
        try:
            representation = await render()
        except RequestError:
            raise
        except Exception:
            self.counters.failures += 1
            raise
        self.counters.renders += 1
        representation.stale = self._touched_since(dropped, representation.document)
        self._put(address, representation, render)
        return representation

    def _touched_since(self, dropped: int, document: Document) -> bool:
        """Return whether a change arrived during the render: it may not be in the document."""
        missed = self._dropped - dropped
        if missed > len(self._drops):
            return True
        return any(touched(document) for touched in list(self._drops)[len(self._drops) - missed :])

    def _put(self, address: str, representation: Representation, render: Render) -> None:
        before = self._cached.pop(address, None)
        if before is not None:
            self._bytes -= before.size
        cached = _Cached(representation, representation.size + OVERHEAD, render)
        self._cached[address] = cached
        self._bytes += cached.size
        self._expiring.pop(address, None)
        if representation.document.expires is not None:
            self._expiring[address] = representation.document.expires
        self._evict()

    def _evict(self) -> None:
        """Evict the oldest. Those that the fast path has used since get a second chance."""
        chances = len(self._cached)
        while self._bytes > self.most_bytes and self._cached:
            address, oldest = self._cached.popitem(last=False)
            if oldest.representation.used and chances > 0:
                oldest.representation.used = False
                self._cached[address] = oldest
                chances -= 1
                continue
            self._bytes -= oldest.size
            self._expiring.pop(address, None)
            self.counters.evictions += 1
            self.ready.drop(address.encode("latin-1"))


async def shared(
    tasks: dict[_Key, asyncio.Task[_Result]],
    key: _Key,
    work: Callable[[], Awaitable[_Result]],
) -> _Result:
    """Do one piece of work for all who wait for it under the same key.

    It runs in a task of its own: a client that goes away ends nobody else's request.
    """
    task = tasks.get(key)
    if task is None:

        async def run() -> _Result:
            return await work()

        def done(task: asyncio.Task[_Result]) -> None:
            del tasks[key]
            if not task.cancelled():
                task.exception()  # all who waited may have gone, and nobody retrieves it

        task = tasks[key] = asyncio.create_task(run())
        task.add_done_callback(done)
    return await asyncio.shield(task)
