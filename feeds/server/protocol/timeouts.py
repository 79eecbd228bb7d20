"""Ends connections that keep a server waiting: one timer for all of them.

uvicorn sets and cancels a timer at every answer, which costs as much as the
rest of the fast lane.
"""

import asyncio
from typing import Final, Protocol, runtime_checkable

from uvicorn.server import ServerState

_EVERY: Final = 1.0  # seconds


@runtime_checkable
class Waiting(Protocol):
    """A connection that knows for how long it has waited."""

    def overdue(self, now: float) -> bool:
        """Whether the client has kept the connection waiting for too long."""

    def hang_up(self) -> None:
        """End the connection."""


class Sweeper:
    """The timer of one server; it runs while there are connections."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._loop = loop
        self._running = False

    @classmethod
    def of(cls, state: ServerState, loop: asyncio.AbstractEventLoop) -> "Sweeper":
        """The one of a server."""
        found: Sweeper | None = getattr(state, "feeds_sweeper", None)
        if found is None:
            found = cls(state, loop)
            state.feeds_sweeper = found  # type: ignore[attr-defined]
        return found

    def start(self) -> None:
        """Begin to sweep, if that is not done already."""
        if not self._running:
            self._running = True
            self._loop.call_later(_EVERY, self._sweep)

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._state.connections):
            # The ordinary protocol's connections may be among them, and know nothing.
            if isinstance(connection, Waiting) and connection.overdue(now):
                connection.hang_up()
        self._running = bool(self._state.connections)
        if self._running:
            self._loop.call_later(_EVERY, self._sweep)
