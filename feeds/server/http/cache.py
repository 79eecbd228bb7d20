"""Representations by address: bounded in bytes, made once, dropped when touched.

However many requests wait for a document, it is rendered once. What a change
touches is made anew at its next request; should that fail, what was good
before goes on being served. What the fast lane sends all the time is not taken
from it at a change: `drop` names it, and whoever calls makes it anew beside.
Not safe to use from several threads: it lives in the event loop.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeVar

from feeds.errors import RequestError
from feeds.server.http.ready_responses import Rack
from feeds.server.http.representation import Coded, Document, Representation

# What one document costs beyond its bytes, as a full process was seen to grow: objects,
# headers, places in the rack and among the requests seen, and what is lost between blocks.
OVERHEAD: Final = 12 * 1024

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")
Make = Callable[[], Awaitable[Representation]]
Touched = Callable[[Document], bool]

_MOST_HOT: Final = 32  # documents made anew ahead of their next request
_DROPS_KNOWN: Final = 64


def untouched(document: Document) -> bool:
    """What a change tells of documents if it concerns none."""
    return False


@dataclass(slots=True)
class _Kept:
    representation: Representation
    size: int
    make: Make


@dataclass(slots=True)
class Counters:
    """What the cache did since the process began."""

    hits: int = 0
    renders: int = 0
    failures: int = 0
    evictions: int = 0


@dataclass(slots=True)
class RepresentationCache:
    """Representations by canonical address; those least recently used go first."""

    most_bytes: int = 64 * 1024 * 1024
    counters: Counters = field(default_factory=Counters)
    rack: Rack = field(default_factory=Rack)
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _expiring: dict[str, datetime] = field(default_factory=dict)
    _making: dict[str, asyncio.Task[Representation]] = field(default_factory=dict)
    _coding: dict[tuple[str, str], asyncio.Task[Coded]] = field(default_factory=dict)
    _bytes: int = 0
    # The latest drops, and how many there have been.
    _drops: deque[Touched] = field(default_factory=lambda: deque(maxlen=_DROPS_KNOWN))
    _dropped: int = 0

    def get(self, address: str) -> Representation | None:
        """What is kept for an address, if it is still good."""
        kept = self._kept.get(address)
        if kept is None or kept.representation.stale:
            return None
        self._kept.move_to_end(address)
        self.counters.hits += 1
        return kept.representation

    async def get_or_make(self, address: str, make: Make) -> Representation:
        """What is kept, or what `make` gives; one call of it for all who wait.

        If it raises, so does this, unless something older is kept.
        """
        found = self.get(address)
        if found is not None:
            return found
        try:
            return await _shared(self._making, address, lambda: self._make(address, make))
        except RequestError:  # the feed itself is gone, or has moved: not to be shown again
            self.forget(address)
            raise
        except Exception:
            kept = self._kept.get(address)
            if kept is None:
                raise
            return kept.representation

    async def coded(
        self,
        address: str,
        representation: Representation,
        coding: str,
        code: Callable[[], Awaitable[Coded]],
    ) -> Coded:
        """A representation in a coding, compressed once for all who wait."""
        found = representation.coded(coding)
        if found is not None:
            return found

        async def work() -> Coded:
            coded = await code()
            self.grown(address)
            return coded

        return await _shared(self._coding, (address + representation.digest, coding), work)

    def grown(self, address: str) -> None:
        """Count a representation anew after it got another coding."""
        kept = self._kept.get(address)
        if kept is not None:
            size = kept.representation.size + OVERHEAD
            self._bytes += size - kept.size
            kept.size = size
            self._evict()

    def drop(self, touched: Touched, closed: Touched = untouched) -> list[str]:
        """Mark as stale every document that a change touched.

        Gives the addresses that the fast lane goes on answering as before until
        they are made anew with `renew`: those asked for most, and no more than
        can be made in a moment. What the change `closed` to readers is not kept
        for a moment longer, whatever becomes of the attempt to make it anew.
        """
        self._drops.append(touched)
        self._dropped += 1
        hot: list[tuple[int, str]] = []
        for address, kept in list(self._kept.items()):
            if closed(kept.representation.document):
                self.forget(address)
                continue
            if not touched(kept.representation.document):
                continue
            kept.representation.stale = True
            asked = self.rack.asked(address.encode("latin-1"))
            if asked:
                hot.append((asked, address))
            else:
                self.rack.drop(address.encode("latin-1"))
        hot.sort(reverse=True)
        for _, address in hot[_MOST_HOT:]:
            self.rack.drop(address.encode("latin-1"))
        return [address for _, address in hot[:_MOST_HOT]]

    def expire(self, now: datetime) -> list[str]:
        """Mark as stale what time alone has changed, as `drop` does."""
        due = [address for address, moment in self._expiring.items() if moment <= now]
        if not due:
            return []
        for address in due:
            del self._expiring[address]
        return self.drop(lambda document: document.expires is not None and document.expires <= now)

    async def renew(self, address: str) -> tuple[Representation, Representation] | None:
        """Make a stale document anew; gives the old one and the new one.

        None if it is no longer kept or no longer stale. If its feed is gone, so
        is the document.
        """
        kept = self._kept.get(address)
        if kept is None or not kept.representation.stale:
            return None
        try:
            made = await _shared(self._making, address, lambda: self._make(address, kept.make))
        except RequestError:
            self.forget(address)
            raise
        return kept.representation, made

    def keeps(self, address: str, representation: Representation) -> bool:
        """Whether a representation is kept, so that a change would be noticed, and good."""
        kept = self._kept.get(address)
        return (
            kept is not None and kept.representation is representation and not representation.stale
        )

    def forget(self, address: str) -> None:
        """Let go of a document."""
        kept = self._kept.pop(address, None)
        if kept is not None:
            self._bytes -= kept.size
        self._expiring.pop(address, None)
        self.rack.drop(address.encode("latin-1"))

    @property
    def bytes(self) -> int:
        """Bytes kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    async def _make(self, address: str, make: Make) -> Representation:
        dropped = self._dropped
        try:
            made = await make()
        except Exception:
            self.counters.failures += 1
            raise
        self.counters.renders += 1
        made.stale = self._touched_since(dropped, made.document)
        self._keep(address, made, make)
        return made

    def _touched_since(self, dropped: int, document: Document) -> bool:
        """Whether a change came in while a document was made: it may not be in it."""
        missed = self._dropped - dropped
        if missed > len(self._drops):
            return True
        return any(touched(document) for touched in list(self._drops)[len(self._drops) - missed :])

    def _keep(self, address: str, made: Representation, make: Make) -> None:
        before = self._kept.pop(address, None)
        if before is not None:
            self._bytes -= before.size
        self._kept[address] = kept = _Kept(made, made.size + OVERHEAD, make)
        self._bytes += kept.size
        self._expiring.pop(address, None)
        if made.document.expires is not None:
            self._expiring[address] = made.document.expires
        self._evict()

    def _evict(self) -> None:
        """Let the oldest go. What the fast lane used meanwhile gets a second chance."""
        chances = len(self._kept)
        while self._bytes > self.most_bytes and self._kept:
            address, oldest = self._kept.popitem(last=False)
            if oldest.representation.used and chances > 0:
                oldest.representation.used = False
                self._kept[address] = oldest
                chances -= 1
                continue
            self._bytes -= oldest.size
            self._expiring.pop(address, None)
            self.counters.evictions += 1
            self.rack.drop(address.encode("latin-1"))


async def _shared(
    tasks: dict[_Key, asyncio.Task[_Result]],
    key: _Key,
    work: Callable[[], Awaitable[_Result]],
) -> _Result:
    """Run one piece of work for all who ask for it at the same time.

    In a task of its own: a client that goes away takes no one's answer along.
    """
    task = tasks.get(key)
    if task is None:

        async def run() -> _Result:
            return await work()

        def done(task: asyncio.Task[_Result]) -> None:
            del tasks[key]
            if not task.cancelled():
                task.exception()  # whoever waited may have gone: it is no one's to retrieve then

        task = tasks[key] = asyncio.create_task(run())
        task.add_done_callback(done)
    return await asyncio.shield(task)
