"""Return documents by address: from the cache, or rendered once for all requests that wait.

Only documents reach the cache. The render first resolves the address, and raises a RequestError if
it does not exist or is not canonical. Both happen in one transaction: a separate one for the
address would make requests for uncached documents a tenth slower.

Everything here runs in the event loop, except `ContentLimit`.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from feeds.errors import NobodyWaits, RequestError
from feeds.model import Feed
from feeds.render.entry_content import within
from feeds.server.admission import Demand, Lane, Receive, SharedTask
from feeds.server.http.cache import Render, RepresentationCache
from feeds.server.http.representation import Encoded, Representation
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

_MOST_NAMED: Final = 100  # feeds over the limit that are remembered

_Key = TypeVar("_Key")
_Result = TypeVar("_Result")


class ContentLimit:
    """The limit on the content of a document, and the feeds that exceed it. Thread-safe."""

    def __init__(self, most_bytes: int = 16 << 20) -> None:
        self._most_bytes = most_bytes
        self._exceeding: dict[str, None] = {}

    def apply(self, feed: Feed) -> Feed:
        """Return the feed within the limit; log it when content is first left out."""
        limited = within(feed, self._most_bytes)
        address = replace(feed.spec, token="").address()
        if limited is feed:
            self._exceeding.pop(address, None)
        elif address not in self._exceeding:
            if len(self._exceeding) >= _MOST_NAMED:
                self._exceeding.clear()
            self._exceeding[address] = None
            log.warning(
                "%s: its articles have more than %d MiB of content, so the last ones have "
                "their summary instead; lower the feed's limit, or raise --content-limit",
                address,
                self._most_bytes >> 20,
            )
        return limited

    def exceeding(self) -> list[str]:
        """Return the addresses of the feeds that have more."""
        return sorted(self._exceeding)


class Documents:
    """The documents of one serving process, by the keys that they have in its cache."""

    def __init__(self, cache: RepresentationCache) -> None:
        self.cache = cache
        self._rendering: dict[str, SharedTask[Representation]] = {}
        self._encoding: dict[tuple[str, str], SharedTask[Encoded]] = {}

    async def get(self, key: str, render: Render, receive: Receive | None = None) -> Representation:
        """Return the document in the cache, else that of `render`, which is then cached.

        All requests for a key share one call of `render`. If it raises a RequestError, this does
        too; after any other exception, an older cached document is returned if there is one.
        `receive` tells when the client has disconnected; then this raises NobodyWaits.
        """
        representation = self.cache.get(key)
        if representation is not None:
            return representation
        try:
            return await self._rendered(key, render, "requests").result(receive)
        except (RequestError, NobodyWaits):
            raise
        except Exception:
            older = self.cache.any_version(key)
            if older is None:
                raise
            return older.representation

    async def renewed(self, key: str) -> Representation | None:
        """Return a document that is cached, rendered again if it is stale; None without one.

        Raises RequestError if there is no document at its address any more; it is removed.
        """
        cached = self.cache.any_version(key)
        if cached is None:
            return None
        if not cached.representation.stale:
            return cached.representation
        return await self._rendered(key, cached.render, "renewals").result()

    def _rendered(self, key: str, render: Render, lane: Lane) -> SharedTask[Representation]:
        return _shared(self._rendering, key, lambda demand: self._render(key, render, demand), lane)

    async def _render(self, key: str, render: Render, demand: Demand) -> Representation:
        drops = self.cache.drops
        try:
            representation = await render(demand)
        except RequestError:
            self.cache.remove(key)  # there may have been a document until now
            raise
        except Exception:
            self.cache.counters.failures += 1
            raise
        self.cache.put(key, representation, render, drops)
        return representation

    async def encoded(self, key: str, representation: Representation, coding: str) -> Encoded:
        """Return a document in a coding, compressed once for all requests that wait."""
        encoded = representation.encoded(coding)
        if encoded is not None:
            return encoded

        async def encode(_: Demand) -> Encoded:
            encoded = await in_low_priority_thread(representation.encode, coding)
            self.cache.resized(key)
            return encoded

        shared = _shared(self._encoding, (key + representation.digest, coding), encode)
        return await shared.result()


def _shared(
    tasks: dict[_Key, SharedTask[_Result]],
    key: _Key,
    work: Callable[[Demand], Awaitable[_Result]],
    lane: Lane = "requests",
) -> SharedTask[_Result]:
    """Return the task under a key; begin it unless it is running already."""
    shared = tasks.get(key)
    if shared is not None and shared.demand():
        return shared
    shared = tasks[key] = SharedTask(work, lane)

    def done(task: asyncio.Future[_Result]) -> None:
        if tasks.get(key) is shared:
            del tasks[key]
        if not task.cancelled():
            task.exception()  # all clients may have left, so that nothing retrieves it

    shared.task.add_done_callback(done)
    return shared
