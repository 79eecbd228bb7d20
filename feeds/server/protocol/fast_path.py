"""The fast path: send ready responses before ASGI is set up.

A plain GET or HEAD whose target has a ready response gets it as soon as its head is parsed;
every other request takes the ASGI path, unchanged. The Starlette application stays the
reference: a ready response is one that it has sent before.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from feeds.server.http.ready_responses import (
    KnownRequest,
    ReadyDocument,
    ReadyResponse,
    ReadyResponses,
)
from feeds.server.protocol.access_log import (
    AccessLog,
    client_name,
    log_fields,
    request_line,
    valid_client,
)
from feeds.server.protocol.bounds import BODY, IDLE, NOT_YET, BoundedProtocol

_NOTHING_READY: Final = ReadyResponses()
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


class FastPathProtocol(BoundedProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._ready: ReadyResponses = self.app_state.get("ready", _NOTHING_READY)
        self._recall: Callable[[bytes], KnownRequest | None] = self._recall_first
        self._requests_begun = 0  # in the data that came last
        self._needs_asgi = False  # the current request takes the ASGI path
        self._hosts = 0  # Host fields of the current request
        self._selecting: dict[bytes, bytes] = {}
        self._forwarded: bytes | None = None  # its X-Forwarded-For, if the access log needs it
        self._sent: KnownRequest | None = None  # the current request already has its response
        self._user_agent = self._proxied = b""
        self._access_log = AccessLog.of(self.access_logger)
        self._client_name = ""  # in the access log

    # --- the connection ------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._client_name = client_name(self.client)

    def data_received(self, data: bytes) -> None:
        if self._is_refused:
            return
        was_idle = self._reading == IDLE
        if was_idle:
            known = self._recall(data)
            if known is not None and self._can_write():
                self._since = NOT_YET
                self._forwarded = None
                self._send(known, data)
                known.repeats += 1
                return
        self._requests_begun = 0
        super().data_received(data)
        is_whole = was_idle and self._reading == IDLE
        if is_whole and self._sent is not None and self._was_one_request():
            self._ready.remember(data, self._sent)

    def _recall_first(self, data: bytes) -> KnownRequest | None:
        """Return the first request of a connection if it is known, and record its client.

        Only for the first: all later requests of a connection cost only a look-up.
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

    def _can_write(self) -> bool:
        """Return whether a response may be written now: no earlier one is still to be sent, the
        client is not too slow to read, and the server has not reached its limit."""
        cycle: RequestResponseCycle | None = self.cycle  # as `_is_responding`; no call, for speed
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and (self.limit_concurrency is None or self._is_below(self.limit_concurrency))
        )

    def _is_below(self, limit: int) -> bool:
        return len(self.connections) < limit and len(self.tasks) < limit

    # --- one request: callbacks of the parser --------------------------------

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._requests_begun += 1
        self._needs_asgi = False
        self._hosts = 0
        self._selecting = {}
        self._forwarded = None
        self._sent = None
        self._user_agent = self._proxied = b""

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._reading == BODY:
            return  # as in `BoundedProtocol`, whose method would be one call more for each field
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

    def _respond_at_once(self) -> bool:
        document = self._ready.at(self.url)
        if document is not None and not self._needs_asgi and self._hosts == 1 and self._can_write():
            method = self.parser.get_method()
            if method in (b"GET", b"HEAD") and self.parser.get_http_version() == "1.1":
                response = self._select(document, head=method == b"HEAD")
                if response is not None:
                    self._sent = request = self._parsed(document, response, head=method == b"HEAD")
                    response.sent_by_fast_path += 1
                    self._send(request, method + b" " + self.url + b" ")
                    return True
        return False

    def on_message_complete(self) -> None:
        if self._sent is None:
            super().on_message_complete()
        else:  # uvicorn does not know this request
            self._reading = IDLE
            self._later_bytes = 0

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
            document.target,
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
            client = self._forwarded_client(self._forwarded)
        if self._access_log is None:  # logging was set up in another way
            line = '%s - "%s %s HTTP/%s" %d'
            self.access_logger.info(line, client, *log_fields(request, raw))
            return
        if not request.log_line:
            request.log_line = request_line(*log_fields(request, raw))
        self._access_log.add(client, request.log_line)

    def _forwarded_client(self, forwarded: bytes) -> str:
        """Return the client as uvicorn names it: the one behind a proxy that is trusted."""
        if isinstance(self.app, ProxyHeadersMiddleware):
            trusted = self.app.trusted_hosts
            if (self.client[0] if self.client else None) in trusted:
                host, port = trusted.get_trusted_client_address(forwarded.decode("latin-1"))
                if host:
                    return valid_client(host, port)
        return self._client_name
