"""The fast lane: answers what is on the rack before any of ASGI is set up.

A subclass of uvicorn's httptools protocol. A request that is a plain GET or
HEAD of an address on the rack gets its ready-made answer as soon as its head
is read; everything else goes the ordinary way, unchanged. The Starlette
application remains the reference: what stands on the rack is what it answered.

It also bounds what a client can make a server hold and how long it can make it
wait, by the limits below. uvicorn itself has none of them.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote, unquote

import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from feeds.server.http.ready_responses import Answer, Known, Rack, Racked
from feeds.server.protocol.access_log import AccessLog, said
from feeds.server.protocol.timeouts import Sweeper

TESTED: Final = ("0.54.",)  # releases of uvicorn that the tests have run with

HEAD_LIMIT: Final = 64 * 1024  # bytes of request line and header fields
HEAD_SECONDS: Final = 15.0  # to send them in, from the first byte
STALL_SECONDS: Final = 60.0  # without reading anything of an answer
MOST_WAITING: Final = 100  # requests of one connection that await the application

_NOTHING: Final = Rack()
_BETWEEN, _HEAD, _BODY = range(3)  # what a connection is reading
_JUST_NOW: Final = 0.0  # the sweeper, which comes every second, looks at the clock
# With one of these, a request is none of the fast lane's business.
_ORDINARY_ONLY: Final = frozenset((
    b"expect", b"a-im", b"authorization", b"content-length", b"transfer-encoding", b"upgrade",
    b"if-match", b"if-unmodified-since",
))  # fmt: skip
# These decide the answer; given twice, the application joins them.
_DECIDING: Final = frozenset((b"accept-encoding", b"if-none-match", b"if-modified-since"))
_OF_INTEREST: Final = _ORDINARY_ONLY | _DECIDING | {
    b"host", b"connection", b"user-agent", b"x-forwarded-for",
}  # fmt: skip


class FastLaneProtocol(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._rack: Rack = self.app_state.get("rack", _NOTHING)
        self._recall: Callable[[bytes], Known | None] = self._meet
        self._reading = _BETWEEN
        self._packet = 0  # bytes of the data that came last
        self._first = 0  # … of the data that the present head began in
        self._head_bytes = 0  # … that have come for it since
        self._begun = 0  # requests begun in the data that came last
        self._odd = False  # the present request needs the application
        self._hosts = 0  # it has to name one
        self._deciding: dict[bytes, bytes] = {}
        self._forwarded: bytes | None = None  # its X-Forwarded-For, if the access log needs it
        self._given: Known | None = None  # it has its answer already
        self._agent = self._proxied = b""  # what it says of who asks
        self._access = AccessLog.of(self.access_logger)
        self._named = ""  # the client, in the access log
        self._deaf = False  # nothing more is taken from this client
        self._unread = 0  # bytes of answers that the client has yet to take
        self._stalled = 0.0  # since when these have not become fewer
        self._since = _JUST_NOW  # when the head, or the pause, that lasts now began

    # --- the connection ------------------------------------------------------

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._named = _named(self.client)
        self._since = _JUST_NOW
        Sweeper.of(self.server_state, self.loop).start()

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        between = self._reading == _BETWEEN
        if between:
            known = self._recall(data)
            if known is not None and self._is_free():
                self._since = _JUST_NOW
                self._forwarded = None
                self._send(known, data)
                known.asked += 1
                return
        self._begun = 0
        self._packet = len(data)
        self._head_bytes += self._packet
        super().data_received(data)
        if self._reading == _HEAD:
            if self._head_bytes > HEAD_LIMIT:
                self._refuse_head()
        elif between and self._given is not None and self._was_one_request():
            self._rack.remember(data, self._given)

    def _meet(self, data: bytes) -> Known | None:
        """The first request of a connection, if it is known: its client is noted with it.

        Only the first: all others of the connection cost no more than to look them up.
        """
        self._recall = self._rack.known.get
        known = self._recall(data)
        if known is not None and self.client:
            known.met(self.client[0].encode())
        return known

    def _was_one_request(self) -> bool:
        """Whether the data that came last was one whole request and is no news to the log."""
        return self._begun == 1 and self._forwarded is None

    def overdue(self, now: float) -> bool:
        """Whether the client has kept the connection waiting for too long."""
        unread = self.transport.get_write_buffer_size()
        if unread != self._unread:
            self._unread, self._stalled = unread, now
        if unread:
            return now - self._stalled > STALL_SECONDS
        if self._is_answering():
            return False
        if self._since == _JUST_NOW:
            self._since = now
        patience = HEAD_SECONDS if self._reading == _HEAD else self.timeout_keep_alive
        return now - self._since > patience

    def hang_up(self) -> None:
        """End the connection; at once where the client does not read anyway."""
        if self._unread:
            self.transport.abort()
        else:
            self.transport.close()

    def _is_answering(self) -> bool:
        """Whether the application has yet to answer an earlier request."""
        cycle: RequestResponseCycle | None = self.cycle  # None before the first
        return cycle is not None and not cycle.response_complete

    def _is_free(self) -> bool:
        """Whether an answer may be written now: none before it is owed, the client
        is not too slow to read, and the server has not reached its limit."""
        cycle: RequestResponseCycle | None = self.cycle  # as `_is_answering`; no call, for speed
        return (
            (cycle is None or cycle.response_complete)
            and not self.flow.write_paused
            and not self.transport.is_closing()
            and (self.limit_concurrency is None or self._is_below(self.limit_concurrency))
        )

    def _is_below(self, limit: int) -> bool:
        return len(self.connections) < limit and len(self.tasks) < limit

    def _refuse_head(self) -> None:
        """A head that is too long: say so in few words and hang up."""
        status = b"431 Request Header Fields Too Large"
        sentence = b"The request line and header fields may have %d bytes at most.\n" % HEAD_LIMIT
        if len(self.url) > HEAD_LIMIT or not self.headers:
            # Not how long it may be: that is for the application to say, and far less.
            status, sentence = b"414 URI Too Long", b"The address is too long.\n"
        self._deaf = True
        if not self._is_answering() and not self.transport.is_closing():
            self.transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: text/plain; charset=utf-8\r\n"
                b"content-length: %d\r\nconnection: close\r\n\r\n%b"
                % (status, len(sentence), sentence)
            )
        self.transport.close()

    # --- one request ---------------------------------------------------------

    def on_message_begin(self) -> None:
        # Most of what uvicorn prepares here, only the application needs.
        self.url = b""
        self.headers = []
        self._begun += 1
        self._reading = _HEAD
        self._first = self._packet
        self._head_bytes = 0
        self._odd = False
        self._hosts = 0
        self._deciding = {}
        self._forwarded = None
        self._given = None
        self._agent = self._proxied = b""
        self._since = _JUST_NOW

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        self.headers.append((name, value))
        if name in _OF_INTEREST:
            self._mind(name, value)

    def _mind(self, name: bytes, value: bytes) -> None:
        if name == b"host":
            self._hosts += 1
        elif name in _DECIDING:
            self._odd = self._odd or name in self._deciding
            self._deciding[name] = value
        elif name == b"user-agent":
            self._agent = value
        elif name == b"connection":
            self._odd = self._odd or value.lower() != b"keep-alive"
        elif name == b"x-forwarded-for":
            self._proxied = value
            if self.access_log:
                before = self._forwarded
                self._forwarded = value if before is None else before + b", " + value
        else:
            self._odd = True

    def on_headers_complete(self) -> None:
        self._reading = _BODY
        if self._deaf:
            return
        if self._is_head_too_long():
            self._refuse_head()
            return
        racked = self._rack.answers.get(self.url)
        if racked is not None and not self._odd and self._hosts == 1 and self._is_free():
            method = self.parser.get_method()
            if method in (b"GET", b"HEAD") and self.parser.get_http_version() == "1.1":
                answer = self._pick(racked, head=method == b"HEAD")
                if answer is not None:
                    self._given = given = self._read(racked, answer, head=method == b"HEAD")
                    answer.asked += 1
                    self._send(given, method + b" " + self.url + b" ")
                    return
        if len(self.pipeline) < MOST_WAITING:
            self._go_the_ordinary_way()
        else:
            # RFC 9112 9.3.2: a client that pipelines has to ask again for what a
            # connection that was closed did not answer.
            self._deaf = True
            self.pipeline[0][0].keep_alive = False

    def _is_head_too_long(self) -> bool:
        if self._first + self._head_bytes <= HEAD_LIMIT:
            return False  # nor is all that came with it
        fields = sum(len(name) + len(value) + 4 for name, value in self.headers)
        return len(self.url) + fields > HEAD_LIMIT

    def _pick(self, racked: Racked, *, head: bool) -> Answer | None:
        get = self._deciding.get
        tags, since = get(b"if-none-match"), get(b"if-modified-since")
        return racked.pick(
            self._rack.coding(get(b"accept-encoding")),
            None if tags is None else tags.decode("latin-1"),
            None if since is None else since.decode("latin-1"),
            head=head,
        )

    def _read(self, racked: Racked, answer: Answer, *, head: bool) -> Known:
        """The request that has just been read, noted with what it says of who asks."""
        conditional = b"if-none-match" in self._deciding or b"if-modified-since" in self._deciding
        known = Known(racked, answer, self.url, self._agent, conditional=conditional, head=head)
        client = self._proxied or (self.client[0].encode() if self.client else b"")
        known.met(client)
        self._rack.read(known)
        return known

    def _send(self, known: Known, request: bytes) -> None:
        answer = known.answer
        if self.timeout_keep_alive_task is not None:  # set after an ordinary answer
            self._unset_keepalive_if_required()
        if self.access_log:
            self._log(known, request)
        state = self.server_state
        self.transport.write(answer.wire(state.default_headers))
        known.racked.representation.used = True
        self._rack.answered += 1
        state.total_requests += 1

    def _log(self, known: Known, request: bytes) -> None:
        """One line of the access log, as uvicorn writes it."""
        client = self._named if self._forwarded is None else _named(self._client_behind())
        if self._access is None:  # logging was set up otherwise
            line = '%s - "%s %s HTTP/%s" %d'
            self.access_logger.info(line, client, *_shown(known, request))
            return
        if not known.said:
            known.said = said(*_shown(known, request))
        self._access.add(client, known.said)

    def _client_behind(self) -> tuple[str, int] | None:
        """The client, as uvicorn names it: the one behind a proxy that is believed."""
        if self._forwarded is not None and isinstance(self.app, ProxyHeadersMiddleware):
            trusted = self.app.trusted_hosts
            if (self.client[0] if self.client else None) in trusted:
                host, port = trusted.get_trusted_client_address(self._forwarded.decode("latin-1"))
                if host:
                    return host, port
        return self.client

    def _unsupported_upgrade_warning(self) -> None:
        """RFC 9110 7.8: a server may leave an upgrade alone. Nobody need be told."""

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
        if self._given is None and not self._deaf:
            super().on_body(body)

    def on_message_complete(self) -> None:
        self._reading = _BETWEEN
        self._head_bytes = 0
        if self._given is None and not self._deaf:
            super().on_message_complete()

    def on_response_complete(self) -> None:
        self._since = _JUST_NOW
        super().on_response_complete()
        if self._deaf:
            self.flow.pause_reading()


def _shown(known: Known, request: bytes) -> tuple[str, str, str, int]:
    """Method, target, version and status, as uvicorn gives them to the access log."""
    method, target, _ = request.split(b" ", 2)
    path, mark, query = target.decode("ascii").partition("?")
    return method.decode(), quote(unquote(path)) + mark + query, "1.1", known.answer.status


def _named(client: tuple[str, int] | None) -> str:
    return "{}:{}".format(*client) if client else ""


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
