"""Limit how much memory and time a client can take.

uvicorn's httptools protocol has none of these limits. Every request takes the ASGI path here;
the fast path is a subclass.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

HEAD_LIMIT: Final = 64 * 1024  # bytes of request line and header fields
BODY_LIMIT: Final = 64 * 1024  # bytes of a request's body, and as many of its chunks' framing
HEAD_SECONDS: Final = 15.0  # to send a request in, from the first byte
STALL_SECONDS: Final = 60.0  # without reading anything of a response
MOST_WAITING: Final = 100  # requests of one connection that wait for the application

IDLE, HEAD, BODY = range(3)  # what a connection is reading
NOT_YET: Final = 0.0  # the timer, which comes every second, reads the clock
_INTERVAL: Final = 1.0  # seconds between two checks


class ConnectionTimeouts:
    """Close connections whose client is too slow, with one timer for all connections of a server.

    It runs while there are connections. uvicorn sets and cancels a timer of its own for each
    response, which costs as much as the rest of the fast path.
    """

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
            if isinstance(connection, BoundedProtocol) and connection.is_overdue(now):
                connection.hang_up()
        self._is_running = bool(self._connections)
        if self._is_running:
            self._loop.call_later(_INTERVAL, self._check)


class BoundedProtocol(HttpToolsProtocol):
    """One connection, all of whose requests take the ASGI path."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reading = IDLE
        self._packet_bytes = 0  # of the data that came last
        self._first_packet_bytes = 0  # … of the data in which the current head began
        self._later_bytes = 0  # … that have come for this head, or then this body, since
        self._is_deferred = False  # the application gets the current request with its body
        self._body = bytearray()  # … of which this has come
        self._is_refused = False  # nothing more is read from this client
        self._running: RequestResponseCycle | None = None  # the request in work
        self._unread = 0  # bytes of responses that the client has not read yet
        self._stalled_since = 0.0  # since when these have not become fewer
        self._since = NOT_YET  # when the current head or the current pause began

    # --- the connection ------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = NOT_YET
        ConnectionTimeouts.of(self.server_state, self.loop).start()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and self._running is not self.cycle:
            # uvicorn informs only the latest request, which may still wait behind this one.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        self._packet_bytes = len(data)
        self._later_bytes += self._packet_bytes
        super().data_received(data)
        if self._reading == HEAD:
            if self._later_bytes > HEAD_LIMIT:
                self._refuse_head()
        elif self._reading == BODY and self._later_bytes > BODY_LIMIT + HEAD_LIMIT:
            self._refuse_body()  # most of this is framing: chunk extensions, and trailer fields

    def is_overdue(self, now: float) -> bool:
        """Return whether the connection has waited too long for the client."""
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread:
            self._unread, self._stalled_since = unread, now
        if unread:
            return now - self._stalled_since > STALL_SECONDS
        if self._is_responding():
            return False
        if self._since == NOT_YET:
            self._since = now
        patience = self.timeout_keep_alive if self._reading == IDLE else HEAD_SECONDS
        return now - self._since > patience

    def hang_up(self) -> None:
        """Close the connection; at once if the client does not read anyway."""
        if self._unread:
            self.transport.abort()
        else:
            self.transport.close()

    def _is_responding(self) -> bool:
        """Return whether the application has yet to respond to an earlier request."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first
        return cycle is not None and not cycle.response_complete

    def _refuse_head(self) -> None:
        """Respond to a head that is too long, and hang up."""
        if len(self.url) > HEAD_LIMIT or not self.headers:
            # Not how long it may be: the application's own limit is far lower.
            self._refuse(b"414 URI Too Long", b"The address is too long.")
        else:
            self._refuse(
                b"431 Request Header Fields Too Large",
                b"The request line and header fields may have %d bytes at most." % HEAD_LIMIT,
            )

    def _refuse_body(self) -> None:
        """Respond to a body that is too long, and hang up: RFC 9110 15.5.14."""
        self._refuse(
            b"413 Content Too Large",
            b"The body of a request may have %d bytes at most." % BODY_LIMIT,
        )

    def _refuse(self, status: bytes, sentence: bytes) -> None:
        """Read nothing more and hang up, after a response unless an earlier one is still to be
        sent."""
        self._is_refused = True
        if not self._is_responding() and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\n"
                b"content-length: %d\r\nconnection: close\r\n\r\n%b\n"
                % (status, len(sentence) + 1, sentence)
            )
        self.transport.close()

    # --- one request: callbacks of the parser --------------------------------

    def on_message_begin(self) -> None:
        # Most of what uvicorn prepares here is for the application alone.
        self.url = b""
        self.headers = []
        self._reading = HEAD
        self._first_packet_bytes = self._packet_bytes
        self._later_bytes = 0
        self._is_deferred = False
        self._since = NOT_YET

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading == HEAD:  # RFC 9110 6.5.1: trailer fields are dropped
            self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._reading = BODY
        if self._is_refused:
            return
        if self._is_head_too_long():
            self._refuse_head()
            return
        self._later_bytes = 0
        if self._respond_at_once():
            return
        fields = dict(self.headers)
        if int(fields.get(b"content-length", b"0")) > BODY_LIMIT:
            self._refuse_body()
        elif b"transfer-encoding" in fields and b"expect" not in fields:
            # Its length is known only at its end, and until there is a response, the client sends
            # all of it.
            self._is_deferred = True
            self._body.clear()
        else:
            self._enqueue()

    def _respond_at_once(self) -> bool:
        """Respond to the head that has come, without the application; return whether it did."""
        return False

    def _enqueue(self) -> None:
        """Pass the current request to the application, after earlier ones."""
        if len(self.pipeline) < MOST_WAITING:
            self._take_asgi_path()
        else:
            # RFC 9112 9.3.2: a client that pipelines has to repeat the requests that a
            # connection did not respond to before it was closed.
            self._is_refused = True
            self.pipeline[0][0].keep_alive = False

    def _is_head_too_long(self) -> bool:
        if self._first_packet_bytes + self._later_bytes <= HEAD_LIMIT:
            return False  # not even with everything that was received with it
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return len(self.url) + fields > HEAD_LIMIT

    def _unsupported_upgrade_warning(self) -> None:
        """Say nothing. RFC 9110 7.8: a server may ignore an upgrade."""

    def _take_asgi_path(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)  # the list that the scope holds
        self.expect_100_continue = any(
            name == b"expect" and value.lower() == b"100-continue" for name, value in headers
        )
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._is_refused:
            return
        if self._is_deferred:
            self._body += body
            if len(self._body) > BODY_LIMIT:
                self._refuse_body()
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading = IDLE
        self._later_bytes = 0
        if self._is_deferred and not self._is_refused:
            self._is_deferred = False
            self._enqueue()
            self.on_body(bytes(self._body))
        if not self._is_refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._since = NOT_YET
        super().on_response_complete()
        if self._is_refused:
            self.flow.pause_reading()
