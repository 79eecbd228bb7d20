"""Closes connections whose client is too slow: one timer for all connections of a server.

uvicorn sets and cancels a timer of its own for each response, which costs as much as the
rest of the fast path.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final, Protocol, runtime_checkable

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

    def __init__(self, connections: Collection[object], loop: asyncio.AbstractEventLoop) -> None:
        self._connections = connections
        self._loop = loop
        self._is_running = False

    @classmethod
    def of(cls, state: Any, loop: asyncio.AbstractEventLoop) -> "ConnectionTimeouts":
        """Return the timer of a server, by the state that its connections share (uvicorn's)."""
        timer: ConnectionTimeouts | None = getattr(state, "feeds_timeouts", None)
        if timer is None:
            timer = state.feeds_timeouts = cls(state.connections, loop)
        return timer

    def start(self) -> None:
        """Start the timer unless it runs."""
        if not self._is_running:
            self._is_running = True
            self._loop.call_later(_INTERVAL, self._check)

    def _check(self) -> None:
        now = self._loop.time()
        for connection in list(self._connections):
            # Connections of uvicorn's own protocol may be among them.
            if isinstance(connection, TimedConnection) and connection.is_overdue(now):
                connection.hang_up()
        self._is_running = bool(self._connections)
        if self._is_running:
            self._loop.call_later(_INTERVAL, self._check)
