"""A cache of representations, with a limit in bytes. Changes drop the ones that they affect.

A document that a change affects is stale, and is rendered again at its next request; it stays in
the cache in case that fails. A popular document stays ready after a change until it has been
rendered again in the background.

Everything here runs in the event loop; nothing is thread-safe.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from feeds.server.admission import Demand
from feeds.server.http.ready_responses import ReadyResponses
from feeds.server.http.representation import Document, Representation

# Bytes that a document takes besides its own, measured by the growth of a process: objects,
# headers, entries of ready responses and known requests, and fragmentation.
OVERHEAD: Final = 12 * 1024

Render = Callable[[Demand], Awaitable[Representation]]
IsTouched = Callable[[Document], bool]

_MOST_POPULAR: Final = 32  # documents that stay ready until they are rendered again
_REMEMBERED_DROPS: Final = 64


def untouched(document: Document) -> bool:
    """Return False: the predicate of a change that touches no document."""
    return False


@dataclass(slots=True)
class Cached:
    """A document in the cache, its size in bytes, and how it is rendered again."""

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
    _cached: OrderedDict[str, Cached] = field(default_factory=OrderedDict)
    _expiring: dict[str, datetime] = field(default_factory=dict)
    _bytes: int = 0
    drops: int = 0  # how many there have been, and the latest of them
    _latest_drops: deque[IsTouched] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_DROPS))
    # Addresses of changed documents whose old responses are still ready, until they are taken.
    has_outdated: asyncio.Event = field(default_factory=asyncio.Event)
    _outdated: dict[str, None] = field(default_factory=dict)

    def get(self, address: str) -> Representation | None:
        """Return the representation cached for an address, unless it is stale."""
        cached = self._cached.get(address)
        if cached is None or cached.representation.stale:
            return None
        self._cached.move_to_end(address)
        self.counters.hits += 1
        return cached.representation

    def any_version(self, address: str) -> Cached | None:
        """Return the document cached for an address, stale or not."""
        return self._cached.get(address)

    def put(self, address: str, representation: Representation, render: Render, drops: int) -> None:
        """Cache a document that was just rendered; `drops` is the number of drops before the
        render."""
        self.counters.renders += 1
        representation.stale = self._touched_since(drops, representation.document)
        before = self._cached.pop(address, None)
        if before is not None:
            self._bytes -= before.size
        cached = Cached(representation, representation.size + OVERHEAD, render)
        self._cached[address] = cached
        self._bytes += cached.size
        self._expiring.pop(address, None)
        if representation.document.expires is not None:
            self._expiring[address] = representation.document.expires
        self._evict()

    def _touched_since(self, drops: int, document: Document) -> bool:
        """Return whether a change arrived during the render, so that the document may lack it."""
        missed = self.drops - drops
        if missed > len(self._latest_drops):
            return True
        latest = list(self._latest_drops)[len(self._latest_drops) - missed :]
        return any(touched(document) for touched in latest)

    def resized(self, address: str) -> None:
        """Update the size of a representation that has got another coding."""
        cached = self._cached.get(address)
        if cached is not None:
            size = cached.representation.size + OVERHEAD
            self._bytes += size - cached.size
            cached.size = size
            self._evict()

    def drop(self, touched: IsTouched, closed: IsTouched = untouched) -> None:
        """Mark every document that a change affects as stale.

        Old responses stay ready for the documents that are requested most, no more than can be
        rendered in a moment, which `take_outdated` returns. Documents that the change `closed` to
        readers are removed at once.
        """
        self._latest_drops.append(touched)
        self.drops += 1
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
            self._outdated[address] = None
            self.has_outdated.set()

    def expire(self, now: datetime) -> None:
        """Mark documents that have changed only because time has passed as stale, as `drop`
        does."""
        due = [address for address, moment in self._expiring.items() if moment <= now]
        if not due:
            return
        for address in due:
            del self._expiring[address]
        self.drop(lambda document: document.expires is not None and document.expires <= now)

    def take_outdated(self) -> dict[str, None]:
        """Return the addresses that `drop` has left to be rendered since the last call."""
        outdated, self._outdated = self._outdated, {}
        self.has_outdated.clear()
        return outdated

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
