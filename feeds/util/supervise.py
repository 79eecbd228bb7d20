"""Background work that does not die silently.

An exception that work raises is logged with its traceback and the work is started
again after a pause, which doubles from failure to failure up to a limit. A task also
says since when it has been down, for readiness checks. One class serves asyncio tasks
and plain loops alike.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

log: Final = logging.getLogger("feeds")


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses before restarts, in seconds: `first`, then twice as long each time, up to `most`."""

    first: float = 0.5
    most: float = 30.0


DEFAULT_BACKOFF: Final = Backoff()


class Supervised:
    """One background task.

    Belongs to the thread or event loop that runs it; `seconds_down` may be called from
    any. `clock` and the sleeps are parameters so that tests need not wait.
    """

    def __init__(
        self,
        name: str,
        backoff: Backoff = DEFAULT_BACKOFF,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.failures = 0  # in a row
        self._backoff = backoff
        self._clock = clock
        self._pause = backoff.first
        self._started = 0.0
        self._down_since: float | None = None

    async def run(
        self,
        work: Callable[[], Awaitable[None]],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Await `work()` until it returns, again after each exception; ends when cancelled."""
        while True:
            self._started = self._clock()
            try:
                await work()
            except Exception as error:  # noqa: BLE001 - none may end the task
                pause = self._failed(error)
            else:
                return self.working()
            await sleep(pause)

    def run_blocking(
        self,
        work: Callable[[], None],
        *,
        raised: tuple[type[Exception], ...] = (),
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        """Call `work()` until it returns, again after each exception.

        Exceptions of the types in `raised` are the caller's business and are raised.
        """
        while True:
            self._started = self._clock()
            try:
                work()
            except raised:
                raise
            except Exception as error:  # noqa: BLE001 - none may end the task
                pause = self._failed(error)
            else:
                return self.working()
            sleep(pause)

    def working(self) -> None:
        """Note that a step of the work has succeeded: the task is up again.

        Endless work calls this after each of its steps.
        """
        self.failures = 0
        self._pause = self._backoff.first
        self._down_since = None

    def seconds_down(self) -> float:
        """Return how long ago the task failed, 0 if it has worked since."""
        since = self._down_since
        return 0.0 if since is None else self._clock() - since

    def _failed(self, error: Exception) -> float:
        """Log a failure; return the seconds until the restart."""
        now = self._clock()
        if now - self._started > self._backoff.most:
            self.working()  # it did, for so long
        self.failures += 1
        if self._down_since is None:
            self._down_since = now
        pause, self._pause = self._pause, min(2 * self._pause, self._backoff.most)
        log.error("%s failed and restarts in %.1f s", self.name, pause, exc_info=error)
        return pause
