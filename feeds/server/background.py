"""The background tasks of a serving process, each supervised: see `feeds.util.supervise`.

Besides following the catalog and the configuration:

- Popular documents are rendered again after a change while their old responses stay ready.
  Otherwise each change would make every reader of the moment wait for a render. Each is
  rendered at most once a second, and less often if it takes long, as a list of all feeds
  may: a catalog that changes all the time costs a bounded share of the core.
- Documents that are sent often are compressed better, one at a time.
- Soon after the start the index of feeds is made, so that the first person at the front
  page need not wait until thousands of feeds are in order.
- File descriptors that are used up are reported: the system refuses connections then, and
  the server does not notice.
- The counts of responses are written to the statistics.

All of it belongs to the event loop; renders and compression run in other threads.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogError, FeedsError, Overloaded, RequestError
from feeds.selection.feed_index_builder import feed_index
from feeds.server.catalog_access import report
from feeds.server.documents import Documents
from feeds.server.http.cache import RepresentationCache
from feeds.server.http.representation import Representation
from feeds.server.responses import make_ready
from feeds.server.state import Service
from feeds.util import process_tuning
from feeds.util.process_tuning import in_low_priority_thread
from feeds.util.sqlite_file import lack_of_descriptors
from feeds.util.supervise import DEFAULT_BACKOFF, Backoff, Supervised

log: Final = logging.getLogger("feeds")

FOLLOWER: Final = "following the catalog"

_PREPARE_AFTER: Final = 2.0  # seconds: readers come first
_WRITE_INTERVAL: Final = 10.0  # seconds between two writes of statistics
_PAUSE: Final = 1.0  # seconds until the same document is rendered again …
_PAUSE_FACTOR: Final = 10  # … and at least this many times as long as its render took
_PAUSE_AFTER_DEFECT: Final = 30.0  # … and after an unexpected exception
_PAUSE_AFTER_REPORT: Final = 60.0  # seconds until used-up file descriptors are reported again
_MOST_PAUSES: Final = 1024  # that are remembered


@dataclass(frozen=True, slots=True)
class Task:
    """Work in steps: `step` is awaited again `interval` seconds after it has returned.

    Without an interval it is done once. The first step comes after `delay` seconds.
    """

    name: str
    step: Callable[[], Awaitable[None]]
    interval: float | None = None
    delay: float = 0.0


def tasks(service: Service) -> list[Task]:
    """Return all background tasks of a serving process."""
    metrics = service.metrics
    return [
        Task(FOLLOWER, service.follower.step, 0.05),
        Task("following the configuration", partial(follow_config, service.live)),
        Task("rendering popular documents", Rerenderer(service.documents).step, 0.02),
        Task("compressing popular documents", partial(compress_popular, service), 1.0, delay=1.0),
        Task("indexing the feeds", partial(prepare, service), delay=_PREPARE_AFTER),
        Task("taking the secret of the day", metrics.start_day, 10.0),
        Task("watching file descriptors", watch_descriptors, 1.0),
        Task("writing statistics", metrics.write, _WRITE_INTERVAL, delay=_WRITE_INTERVAL),
    ]


class Background:
    """The running tasks of one serving process. Clock and sleep are for tests to replace."""

    def __init__(
        self,
        tasks: Sequence[Task],
        backoff: Backoff = DEFAULT_BACKOFF,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._tasks = {task: Supervised(task.name, backoff, clock) for task in tasks}
        self._sleep = sleep

    async def run(self) -> None:
        """Run all tasks until cancelled."""
        await asyncio.gather(*map(self._run, self._tasks))

    def seconds_down(self, name: str) -> float:
        """Return the seconds since a task failed, 0 if it has worked since."""
        task = next(task for task in self._tasks if task.name == name)
        return self._tasks[task].seconds_down()

    async def _run(self, task: Task) -> None:
        supervised = self._tasks[task]

        async def steps() -> None:
            while True:
                await task.step()
                supervised.working()
                if task.interval is None:
                    return
                await self._sleep(task.interval)

        if task.delay:
            await self._sleep(task.delay)
        await supervised.run(steps, self._sleep)


async def follow_config(live: ConfigReloader) -> None:
    """Follow the configuration until cancelled; the follower takes up what has changed."""

    async def look() -> None:
        await in_low_priority_thread(live.refresh, report)

    await live.follow(look)


class Rerenderer:
    """Render popular documents again after a change."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._cache = documents.cache
        self._outdated: dict[str, None] = {}
        self._not_before: dict[str, float] = {}

    async def step(self) -> None:
        """Render those whose pause is over, after waiting for some if there are none."""
        if not self._outdated:
            await self._cache.has_outdated.wait()
        self._outdated |= self._cache.take_outdated()
        for address in list(self._outdated):
            now = time.monotonic()
            if now < self._not_before.get(address, 0.0):
                continue
            if len(self._not_before) >= _MOST_PAUSES:
                self._not_before.clear()
            pause = await self._renew(address)
            seconds = time.monotonic() - now
            self._not_before[address] = now + max(pause, _PAUSE_FACTOR * seconds)

    async def _renew(self, address: str) -> float:
        """Make the present version of a document ready; return how many seconds to pause."""
        del self._outdated[address]
        try:
            representation = await self._documents.renewed(address)
            old = self._cache.ready.documents.get(address.encode("latin-1"))
            if representation is None or old is None or old.representation is representation:
                return _PAUSE
            for coding in old.representation.codings():
                await self._documents.encoded(address, representation, coding)
        except RequestError:
            return _PAUSE  # the feed is gone, and its document with it
        except Exception as error:
            self._outdated[address] = None
            is_defect = not isinstance(error, FeedsError)
            trace = error if is_defect else None
            log.warning("%s could not be rendered again: %s", address, error, exc_info=trace)
            return _PAUSE_AFTER_DEFECT if is_defect else _PAUSE
        if representation.stale:
            self._outdated[address] = None  # it has changed again meanwhile
        _replace_ready(self._cache, address, representation)
        return _PAUSE


def _replace_ready(
    cache: RepresentationCache, address: str, representation: Representation
) -> None:
    """Replace the ready responses of a document.

    A set may have become private meanwhile, and the fast path checks no tokens.
    """
    target = address.encode("latin-1")
    if representation.document.private:
        cache.ready.drop(target)
        return
    cache.ready.replace(target, representation)
    for coding in representation.codings():
        make_ready(cache.ready, address, representation, coding)


async def compress_popular(service: Service) -> None:
    """Compress popular documents thoroughly, one at a time."""
    cache = service.cache
    for target, document in list(cache.ready.documents.items()):
        representation = document.representation
        for coding, sent in list(document.sent_by_coding()):
            encoded = representation.encoded(coding)
            if sent < service.compress_after or encoded is None or encoded.best:
                continue
            address = target.decode("latin-1")
            await in_low_priority_thread(partial(representation.encode, coding, best=True))
            cache.resized(address)
            if document.is_current:
                _replace_ready(cache, address, representation)


async def watch_descriptors() -> None:
    """Report file descriptors that are used up, at most once a minute."""
    lack = lack_of_descriptors()
    if lack:
        log.warning("connections are refused: %s", lack)
        await asyncio.sleep(_PAUSE_AFTER_REPORT)


async def prepare(service: Service) -> None:
    """Make the index of feeds, of which lists are made."""
    with suppress(CatalogError, Overloaded):  # then the first request for a list makes it
        await service.catalog.read(feed_index)
        await in_low_priority_thread(process_tuning.trim)
