"""Closes connections whose client is too slow: one timer for all connections of a server.

uvicorn sets and cancels a timer of its own for each response, which costs as much as the
rest of the fast path.
"""

import asyncio
from typing import Final, Protocol, runtime_checkable

from uvicorn.server import ServerState

_INTERVAL: Final = 1.0  # seconds between two checks


@runtime_checkable
class TimedConnection(Protocol):
    """A connection that knows how long it has waited for its client."""

    def is_overdue(self, now: float) -> bool:
        """Return whether the client has kept the connection waiting for too long.

        `now` is the event loop's time in seconds.
        """

    def hang_up(self) -> None:
        """Close the connection."""


class ConnectionTimeouts:
    """The timer of one server; it runs while there are connections."""

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._loop = loop
        self._is_running = False

    @classmethod
    def of(cls, state: ServerState, loop: asyncio.AbstractEventLoop) -> "ConnectionTimeouts":
        """Return the timer of a server."""
        timer: ConnectionTimeouts | None = getattr(state, "feeds_timeouts", None)
        if timer is None:
            timer = cls(state, loop)
            state.feeds_timeouts = timer  # type: ignore[attr-defined]
        return timer

    def start(self) -> None:
        """Start the timer unless it runs."""
        if not self._is_running:
            self._is_running = True
            self._loop.call_later(_INTERVAL, self._check)

    def _check(self) -> None:
        now = self._loop.time()
        for connection in list(self._state.connections):
            # Connections of uvicorn's own protocol may be among them.
            if isinstance(connection, TimedConnection) and connection.is_overdue(now):
                connection.hang_up()
        self._is_running = bool(self._state.connections)
        if self._is_running:
            self._loop.call_later(_INTERVAL, self._check)
