"""Limit how many requests do expensive work at a time, and drop work for which no client waits.

Rendering is such work. If all clients that wait for a piece of work have disconnected, it is
dropped from the queue, or ends when it next checks its `Demand`. A request that would have to wait
for long is refused at once.

Everything here belongs to the event loop, but any thread may call a demand.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeVar

from feeds.errors import NobodyWaits, Overloaded

Lane = Literal["requests", "renewals", "operator"]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]  # as in ASGI

# How many threads read and render at a time. All of them need the interpreter's lock: more threads
# would gain nothing, and would delay the event loop. Popular documents and the operator's page have
# lanes of their own, however many requests wait.
_TURNS: Final[dict[Lane, int]] = {"requests": 2, "renewals": 1, "operator": 2}
_MOST_WAITING: Final = 2.0  # seconds of work, and seconds of waiting
_FIRST_GUESS: Final = 0.02  # seconds that work takes, until some has been measured
_WEIGHT: Final = 0.2  # of the latest measurement in the moving mean

_Result = TypeVar("_Result")


@dataclass(slots=True)
class Demand:
    """The number of clients that wait for a piece of work, and the lane in which it waits for its
    turn.

    Calling it returns whether any client still waits.
    """

    lane: Lane = "requests"
    waiting: int = 1

    def __call__(self) -> bool:
        return self.waiting > 0


class Turns:
    """The turns of one lane, first come, first served."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._free = asyncio.Semaphore(number)
        self._waiting = 0
        self._mean = _FIRST_GUESS

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn and hold it.

        Raises Overloaded if the wait is too long: at once by the mean of the latest measurements,
        or by the clock if that was too optimistic.
        """
        if self._waiting * self._mean / self._number > _MOST_WAITING:
            raise Overloaded
        self._waiting += 1
        try:
            async with asyncio.timeout(_MOST_WAITING):
                await self._free.acquire()
        except TimeoutError:
            raise Overloaded from None
        finally:
            self._waiting -= 1
        began = time.monotonic()
        try:
            yield
        finally:
            self._free.release()
            self._mean += (time.monotonic() - began - self._mean) * _WEIGHT


def lanes() -> dict[Lane, Turns]:
    """Return the lanes of a serving process, with all turns free."""
    return {lane: Turns(number) for lane, number in _TURNS.items()}


class SharedTask(Generic[_Result]):
    """A piece of work that is done once for all clients that wait for it.

    It is a separate task: a client that disconnects does not end the requests of others; when the
    last one disconnects, the work ends.
    """

    def __init__(
        self, work: Callable[[Demand], Awaitable[_Result]], lane: Lane = "requests"
    ) -> None:
        """Begin the work; the caller must also await `result`."""
        self.demand = Demand(lane, 0)
        self.task = asyncio.ensure_future(work(self.demand))

    async def result(self, receive: Receive | None = None) -> _Result:
        """Wait for the result; raise NobodyWaits if `receive` says that the client has
        disconnected."""
        self.demand.waiting += 1
        leaving = None if receive is None else asyncio.ensure_future(_disconnected(receive))
        try:
            if leaving is not None:
                await asyncio.wait((self.task, leaving), return_when=asyncio.FIRST_COMPLETED)
                if not self.task.done():
                    raise NobodyWaits
            return await asyncio.shield(self.task)
        finally:
            if leaving is not None:
                leaving.cancel()
            self.demand.waiting -= 1
            if not self.demand.waiting:
                self.task.cancel()


async def _disconnected(receive: Receive) -> None:
    """Wait until the client has disconnected."""
    while (await receive())["type"] != "http.disconnect":
        pass
