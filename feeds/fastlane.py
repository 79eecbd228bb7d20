"""The fast lane: answers what is on the rack before any of ASGI is set up.

A subclass of uvicorn's httptools protocol. A request that is a plain GET or
HEAD of an address on the rack gets its ready-made answer as soon as its head
is read; everything else goes the ordinary way, unchanged. The Starlette
application remains the reference: what stands on the rack is what it answered.

It also bounds what a client can make a server hold and how long it can make it
wait: see `HEAD_LIMIT` and `HEAD_SECONDS`. uvicorn itself has neither limit.
"""

import asyncio
import logging
from typing import Any, Final
from urllib.parse import quote, unquote

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from feeds.rack import Answer, Rack, Racked

TESTED: Final = ("0.54.",)  # releases of uvicorn that the tests have run with

HEAD_LIMIT: Final = 64 * 1024  # bytes of request line and header fields
HEAD_SECONDS: Final = 15.0  # to send them in, from the first byte
STALL_SECONDS: Final = 60.0  # to go on reading an answer

_NOTHING: Final = Rack()
_BETWEEN, _HEAD, _BODY = range(3)  # what a connection is reading
# With one of these, a request is none of the fast lane's business.
_ORDINARY_ONLY: Final = frozenset(
    (b"expect", b"a-im", b"authorization", b"content-length", b"transfer-encoding", b"upgrade")
)
# These decide the answer; given twice, the application joins them.
_DECIDING: Final = frozenset((b"accept-encoding", b"if-none-match", b"if-modified-since"))
_OF_INTEREST: Final = _ORDINARY_ONLY | _DECIDING | {b"connection", b"x-forwarded-for"}


class FastLaneProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rack: Rack = self.app_state.get("rack", _NOTHING)
        self._reading = _BETWEEN
        self._head_bytes = 0
        self._begun = 0  # requests begun in the data that came last
        self._odd = False  # the present request needs the application
        self._deciding: dict[bytes, bytes] = {}
        self._given: tuple[Racked, Answer] | None = None  # … or has its answer already
        self._stalled = 0.0  # when the client stopped reading
        self._since = 0.0  # when the head, or the pause, that lasts now began

    # --- the connection ------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._since = self.loop.time()
        _Sweeper.of(self.server_state, self.loop).start()

    def data_received(self, data: bytes) -> None:
        between = self._reading == _BETWEEN
        if between:
            known = self._rack.recall(data)
            if known is not None and self._is_free():
                self._since = self.loop.time()
                self._send(known, data)
                return
        self._begun = 0
        self._head_bytes += len(data)
        super().data_received(data)
        if self._reading == _HEAD:
            if self._head_bytes > HEAD_LIMIT:
                self._refuse(
                    b"431 Request Header Fields Too Large" if self.headers else b"414 URI Too Long"
                )
        elif between and self._begun == 1 and self._given and self._reading == _BETWEEN:
            self._rack.remember(data, *self._given)

    def overdue(self, now: float) -> bool:
        """Whether the client has kept the connection waiting for too long."""
        if self.flow.write_paused:
            return now - self._stalled > STALL_SECONDS
        if self._is_answering():
            return False
        patience = HEAD_SECONDS if self._reading == _HEAD else self.timeout_keep_alive
        return now - self._since > patience

    def hang_up(self) -> None:
        """End the connection; at once where the client does not read anyway."""
        if self.flow.write_paused:
            self.transport.abort()
        else:
            self.transport.close()

    def pause_writing(self) -> None:
        self._stalled = self.loop.time()
        super().pause_writing()

    def _is_answering(self) -> bool:
        """Whether the application has yet to answer an earlier request."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first
        return cycle is not None and not cycle.response_complete

    def _is_free(self) -> bool:
        """Whether an answer may be written now: none before it is owed, the client
        is not too slow to read, and the server counts no limit."""
        return (
            not self._is_answering()
            and not self.flow.write_paused
            and self.limit_concurrency is None
            and not self.transport.is_closing()
        )

    def _refuse(self, status: bytes) -> None:
        """Answer in few words and hang up."""
        if self.transport.is_closing():
            return
        if not self._is_answering():
            self.transport.write(
                b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            )
        self.transport.close()

    # --- one request ---------------------------------------------------------

    def on_message_begin(self) -> None:
        # Most of what uvicorn prepares here, only the application needs.
        self.url = b""
        self.headers = []
        self._begun += 1
        self._reading = _HEAD
        self._head_bytes = 0
        self._odd = False
        self._deciding = {}
        self._given = None
        self._since = self.loop.time()

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name in _OF_INTEREST:
            self._mind(name, value)

    def _mind(self, name: bytes, value: bytes) -> None:
        if name in _DECIDING:
            self._odd = self._odd or name in self._deciding
            self._deciding[name] = value
        elif name == b"connection":
            self._odd = self._odd or value.lower() != b"keep-alive"
        elif name == b"x-forwarded-for":
            self._odd = self._odd or self.access_log  # the log names the client behind it
        else:
            self._odd = True

    def on_headers_complete(self) -> None:
        self._reading = _BODY
        racked = self._rack.answers.get(self.url)
        if racked is not None and not self._odd and self._is_free():
            method = self.parser.get_method()
            if method in (b"GET", b"HEAD") and self.parser.get_http_version() == "1.1":
                answer = self._pick(racked, head=method == b"HEAD")
                if answer is not None:
                    self._given = racked, answer
                    self._send(self._given, method + b" " + self.url + b" ")
                    return
        self._go_the_ordinary_way()

    def _pick(self, racked: Racked, *, head: bool) -> Answer | None:
        get = self._deciding.get
        tags, since = get(b"if-none-match"), get(b"if-modified-since")
        return racked.pick(
            self._rack.coding(get(b"accept-encoding")),
            None if tags is None else tags.decode("latin-1"),
            None if since is None else since.decode("latin-1"),
            head=head,
        )

    def _send(self, given: tuple[Racked, Answer], request: bytes) -> None:
        racked, answer = given
        if self.timeout_keep_alive_task is not None:  # set after an ordinary answer
            self._unset_keepalive_if_required()
        if self.access_log:
            self._log(answer.status, request)
        self.transport.write(answer.wire(self.server_state.default_headers))
        racked.representation.used = True
        answer.asked += 1
        self._rack.answered += 1
        self.server_state.total_requests += 1

    def _log(self, status: int, request: bytes) -> None:
        """One line of the access log, as uvicorn writes it."""
        method, target, _ = request.split(b" ", 2)
        client = "{}:{}".format(*self.client) if self.client else ""
        path = quote(unquote(target.decode("ascii")))
        self.access_logger.info(
            '%s - "%s %s HTTP/%s" %d', client, method.decode(), path, "1.1", status
        )

    def _go_the_ordinary_way(self) -> None:
        url, headers = self.url, self.headers
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)  # the list that the scope holds
        self.expect_100_continue = any(
            name == b"expect" and value.lower() == b"100-continue" for name, value in headers
        )
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._given is None:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading = _BETWEEN
        self._head_bytes = 0
        if self._given is None:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._since = self.loop.time()
        super().on_response_complete()


class _Sweeper:
    """Closes connections that keep the server waiting: one timer for all of them.

    uvicorn sets and cancels a timer at every answer, which costs as much as the
    rest of the fast lane.
    """

    _EVERY: Final = 1.0  # seconds

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self._state = state
        self._loop = loop
        self._running = False

    @classmethod
    def of(cls, state: ServerState, loop: asyncio.AbstractEventLoop) -> "_Sweeper":
        """The one of a server."""
        found: _Sweeper | None = getattr(state, "feeds_sweeper", None)
        if found is None:
            found = cls(state, loop)
            state.feeds_sweeper = found  # type: ignore[attr-defined]
        return found

    def start(self) -> None:
        """Begin to sweep, if that is not done already."""
        if not self._running:
            self._running = True
            self._loop.call_later(self._EVERY, self._sweep)

    def _sweep(self) -> None:
        now = self._loop.time()
        for connection in list(self._state.connections):
            if isinstance(connection, FastLaneProtocol) and connection.overdue(now):
                connection.hang_up()
        self._running = bool(self._state.connections)
        if self._running:
            self._loop.call_later(self._EVERY, self._sweep)


def supported() -> bool:
    """Whether this release of uvicorn is one the fast lane was tested with."""
    return uvicorn.__version__.startswith(TESTED)


def protocol() -> str:
    """What uvicorn's `http` setting should be; warns once where it is the ordinary one."""
    if supported():
        return f"{__name__}:{FastLaneProtocol.__name__}"
    logging.getLogger("feeds").warning(
        "the fast lane is off: uvicorn %s is not among the releases it was tested with (%s); "
        "feeds are served the ordinary way",
        uvicorn.__version__,
        ", ".join(f"{release}x" for release in TESTED),
    )
    return "httptools"
