"""The fast path: sends ready responses before any of ASGI is set up.

A subclass of uvicorn's httptools protocol. A plain GET or HEAD whose target has a ready
response gets it as soon as its head is parsed; every other request takes the ASGI path,
unchanged. The Starlette application stays the reference: a ready response is one that it
has sent before.

The protocol also bounds how much a client can make a server hold and how long it can make
it wait, by the limits below. uvicorn itself has none of them.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feeds.server.http.ready_responses import (
    KnownRequest,
    ReadyDocument,
    ReadyResponse,
    ReadyResponses,
)
from feeds.server.protocol.access_log import (
    AccessLog,
    client_name,
    forwarded_client,
    log_fields,
    request_line,
)
from feeds.server.protocol.timeouts import ConnectionTimeouts

HEAD_LIMIT: Final = 64 * 1024  # bytes of request line and header fields
BODY_LIMIT: Final = 64 * 1024  # bytes of a request's body, and as many of its chunks' framing
HEAD_SECONDS: Final = 15.0  # to send a request in, from the first byte
STALL_SECONDS: Final = 60.0  # without reading anything of a response
MOST_WAITING: Final = 100  # requests of one connection that wait for the application

_NOTHING_READY: Final = ReadyResponses()
_IDLE, _HEAD, _BODY = range(3)  # what a connection is reading
_NOT_YET: Final = 0.0  # the timer, which comes every second, reads the clock
# A request with one of these header fields takes the ASGI path.
_ASGI_ONLY: Final = frozenset((
    b"expect", b"a-im", b"authorization", b"content-length", b"transfer-encoding", b"upgrade",
    b"if-match", b"if-unmodified-since",
))  # fmt: skip
# These select the response; sent twice, the application joins them.
_SELECTING: Final = frozenset((b"accept-encoding", b"if-none-match", b"if-modified-since"))
_RELEVANT: Final = _ASGI_ONLY | _SELECTING | {
    b"host", b"connection", b"user-agent", b"x-forwarded-for",
}  # fmt: skip


class FastPathProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ready: ReadyResponses = self.app_state.get("ready", _NOTHING_READY)
        self._recall: Callable[[bytes], KnownRequest | None] = self._recall_first
        self._reading = _IDLE
        self._packet_bytes = 0  # of the data that came last
        self._first_packet_bytes = 0  # … of the data in which the current head began
        self._later_bytes = 0  # … that have come for this head, or then this body, since
        self._is_deferred = False  # the application gets the current request with its body
        self._body = bytearray()  # … of which this has come
        self._requests_begun = 0  # in the data that came last
        self._needs_asgi = False  # the current request takes the ASGI path
        self._hosts = 0  # Host fields of the current request
        self._selecting: dict[bytes, bytes] = {}
        self._forwarded: bytes | None = None  # its X-Forwarded-For, if the access log needs it
        self._sent: KnownRequest | None = None  # the current request has its response already
        self._user_agent = self._proxied = b""
        self._access_log = AccessLog.of(self.access_logger)
        self._client_name = ""  # in the access log
        self._is_refused = False  # nothing more is read from this client
        self._running: RequestResponseCycle | None = None  # what the application responds to now
        self._unread = 0  # bytes of responses that the client has yet to read
        self._stalled_since = 0.0  # since when these have not become fewer
        self._since = _NOT_YET  # when the current head or the current pause began

    # --- the connection ------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._client_name = client_name(self.client)
        self._since = _NOT_YET
        ConnectionTimeouts.of(self.server_state, self.loop).start()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._running is not None and self._running is not self.cycle:
            # uvicorn tells the latest request alone, which may still wait behind this one.
            self._running.disconnected = True
            self._running.message_event.set()
        super().connection_lost(exc)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        super()._start_asgi_task(cycle, app)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        was_idle = self._reading == _IDLE
        if was_idle:
            known = self._recall(data)
            if known is not None and self._can_write():
                self._since = _NOT_YET
                self._forwarded = None
                self._send(known, data)
                known.repeats += 1
                return
        self._requests_begun = 0
        self._packet_bytes = len(data)
        self._later_bytes += self._packet_bytes
        super().data_received(data)
        if self._reading == _HEAD:
            if self._later_bytes > HEAD_LIMIT:
                self._refuse_head()
        elif self._reading == _BODY:
            # Most of this is framing: chunk extensions, and trailer fields.
            if self._later_bytes > BODY_LIMIT + HEAD_LIMIT:
                self._refuse_body()
        elif was_idle and self._sent is not None and self._was_one_request():
            self._ready.remember(data, self._sent)

    def _recall_first(self, data: bytes) -> KnownRequest | None:
        """Return the first request of a connection if it is known, and note its client.

        Only the first: all others of the connection cost no more than a look-up.
        """
        self._recall = self._ready.requests.get
        known = self._recall(data)
        if known is not None and self.client:
            known.add_client(self.client[0].encode())
        return known

    def _was_one_request(self) -> bool:
        """Return whether the data that came last was one whole request, without a client
        of its own for the access log."""
        return self._requests_begun == 1 and self._forwarded is None

    def is_overdue(self, now: float) -> bool:
        """Return whether the client has kept the connection waiting for too long."""
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread:
            self._unread, self._stalled_since = unread, now
        if unread:
            return now - self._stalled_since > STALL_SECONDS
        if self._is_responding():
            return False
        if self._since == _NOT_YET:
            self._since = now
        patience = self.timeout_keep_alive if self._reading == _IDLE else HEAD_SECONDS
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

    def _can_write(self) -> bool:
        """Return whether a response may be written now: no earlier one is owed, the client
        is not too slow to read, and the server has not reached its limit."""
        cycle: RequestResponseCycle | None = self.cycle  # as `_is_responding`; no call, for speed
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and (self.limit_concurrency is None or self._is_below(self.limit_concurrency))
        )

    def _is_below(self, limit: int) -> bool:
        return len(self.connections) < limit and len(self.tasks) < limit

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
        """Read nothing more and hang up, after a response unless an earlier one is owed."""
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
        self._requests_begun += 1
        self._reading = _HEAD
        self._first_packet_bytes = self._packet_bytes
        self._later_bytes = 0
        self._is_deferred = False
        self._needs_asgi = False
        self._hosts = 0
        self._selecting = {}
        self._forwarded = None
        self._sent = None
        self._user_agent = self._proxied = b""
        self._since = _NOT_YET

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading == _BODY:
            return  # RFC 9110 6.5.1: a trailer field that nobody understands is dropped
        name = name.lower()
        self.headers.append((name, value))
        if name in _RELEVANT:
            self._note_header(name, value)

    def _note_header(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name in _SELECTING:
            self._needs_asgi = self._needs_asgi or name in self._selecting
            self._selecting[name] = value
        elif name == b"user-agent":
            self._user_agent = value
        elif name == b"connection":
            self._needs_asgi = self._needs_asgi or value.lower() != b"keep-alive"
        elif name == b"x-forwarded-for":
            self._proxied = value
            if self.access_log:
                before = self._forwarded
                self._forwarded = value if before is None else before + b", " + value
        else:
            self._needs_asgi = True

    def on_headers_complete(self) -> None:
        self._reading = _BODY
        if self._is_refused:
            return
        if self._is_head_too_long():
            self._refuse_head()
            return
        self._later_bytes = 0
        document = self._ready.documents.get(self.url)
        if document is not None and not self._needs_asgi and self._hosts == 1 and self._can_write():
            method = self.parser.get_method()
            if method in (b"GET", b"HEAD") and self.parser.get_http_version() == "1.1":
                response = self._select(document, head=method == b"HEAD")
                if response is not None:
                    self._sent = request = self._parsed(document, response, head=method == b"HEAD")
                    response.sent_by_fast_path += 1
                    self._send(request, method + b" " + self.url + b" ")
                    return
        fields = dict(self.headers)
        if int(fields.get(b"content-length", b"0")) > BODY_LIMIT:
            self._refuse_body()
        elif b"transfer-encoding" in fields and b"expect" not in fields:
            # Its length shows at its end, and a client without a response sends it whole.
            self._is_deferred = True
            self._body.clear()
        else:
            self._enqueue()

    def _enqueue(self) -> None:
        """Give the current request to the application, after those before it."""
        if len(self.pipeline) < MOST_WAITING:
            self._take_asgi_path()
        else:
            # RFC 9112 9.3.2: a client that pipelines has to repeat the requests that a
            # connection did not respond to before it was closed.
            self._is_refused = True
            self.pipeline[0][0].keep_alive = False

    def _is_head_too_long(self) -> bool:
        if self._first_packet_bytes + self._later_bytes <= HEAD_LIMIT:
            return False  # neither is everything that came with it
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return len(self.url) + fields > HEAD_LIMIT

    def _select(self, document: ReadyDocument, *, head: bool) -> ReadyResponse | None:
        get = self._selecting.get
        tags, since = get(b"if-none-match"), get(b"if-modified-since")
        return document.select(
            self._ready.coding(get(b"accept-encoding")),
            None if tags is None else tags.decode("latin-1"),
            None if since is None else since.decode("latin-1"),
            head=head,
        )

    def _parsed(
        self, document: ReadyDocument, response: ReadyResponse, *, head: bool
    ) -> KnownRequest:
        """Return the request that was just parsed, counted and with its client noted."""
        is_conditional = (
            b"if-none-match" in self._selecting or b"if-modified-since" in self._selecting
        )
        request = KnownRequest(
            document,
            response,
            self.url,
            self._user_agent,
            is_conditional=is_conditional,
            is_head=head,
        )
        client = self._proxied or (self.client[0].encode() if self.client else b"")
        request.add_client(client)
        self._ready.count(request)
        return request

    def _send(self, request: KnownRequest, raw: bytes) -> None:
        if self.timeout_keep_alive_task is not None:  # set after a response of the ASGI path
            self._unset_keepalive_if_required()
        if self.access_log:
            self._log(request, raw)
        state = self.server_state
        self.transport.write(request.response.wire(state.default_headers))
        request.document.representation.used = True
        self._ready.served += 1
        state.total_requests += 1

    def _log(self, request: KnownRequest, raw: bytes) -> None:
        """Write one line of the access log, as uvicorn does."""
        client = self._client_name
        if self._forwarded is not None:
            client = forwarded_client(self.app, self.client, self._forwarded)
        if self._access_log is None:  # logging was set up in another way
            line = '%s - "%s %s HTTP/%s" %d'
            self.access_logger.info(line, client, *log_fields(request, raw))
            return
        if not request.log_line:
            request.log_line = request_line(*log_fields(request, raw))
        self._access_log.add(client, request.log_line)

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
        self._reading = _IDLE
        self._later_bytes = 0
        if self._is_deferred and not self._is_refused:
            self._is_deferred = False
            self._enqueue()
            self.on_body(bytes(self._body))
        if self._sent is None and not self._is_refused:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._since = _NOT_YET
        super().on_response_complete()
        if self._is_refused:
            self.flow.pause_reading()
