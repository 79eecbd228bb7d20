"""Responses ready to be written to a socket, by request target.

The application puts a response here after it has sent it from its cache; the fast path
sends it from then on. The headers are those that the application gave, so that both
paths send the same bytes. Only public documents are ever put here.

Everything here belongs to the event loop.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from feeds.server.http.conditional import matched_tag, preferred_coding, unmodified_since
from feeds.server.http.representation import Representation

RawHeaders = list[tuple[bytes, bytes]]
MakeNotModified = Callable[[Representation, str], "ReadyResponse"]

# Clients may send anything, so the remembered requests are limited in number and in bytes.
_MOST_PREFERENCES: Final = 1024
_LONGEST_PREFERENCE: Final = 256
_MOST_REQUESTS: Final = 4096
_LONGEST_REQUEST: Final = 1024
_LONGEST_USER_AGENT: Final = 256
_MOST_CLIENTS: Final = 1000  # of one request
_MOST_UNCOUNTED: Final = 8192  # requests between two calls of `take_counts`


_STATUS_LINES: Final[dict[int, bytes]] = {
    status: f"HTTP/1.1 {status} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class ReadyResponse:
    """One response without its date: the part that stays the same from second to second."""

    __slots__ = (
        "_body", "_date_headers", "_headers", "_wire", "sent_by_application", "sent_by_fast_path",
        "status",
    )  # fmt: skip

    def __init__(self, status: int, headers: RawHeaders, body: bytes = b"") -> None:
        self.status = status
        self.sent_by_fast_path = 0
        self.sent_by_application = 0
        self._headers = _header_lines(headers) + b"\r\n"
        self._body = body
        self._date_headers: object = None
        self._wire = b""

    def for_head(self) -> "ReadyResponse":
        """Return the response to HEAD, made from this response to GET."""
        response = ReadyResponse(self.status, [])
        response._headers = self._headers
        return response

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return len(self._body)

    def wire(self, date_headers: RawHeaders) -> bytes:
        """Return the whole response as uvicorn writes it.

        `date_headers` are the server's own headers, which come first. uvicorn makes a new list of
        them each second; until then the same bytes are returned.
        """
        if self._date_headers is not date_headers:
            status_line = _STATUS_LINES[self.status]
            self._wire = status_line + _header_lines(date_headers) + self._headers + self._body
            self._date_headers = date_headers
        return self._wire


class KnownRequest:
    """A request that the fast path has parsed: its response, and who sent it.

    `repeats` is how often the same bytes were received since the last count, `clients` are the
    addresses of clients whose connection began with it, and `log_line` is its part of a line of the
    access log, if one was written.
    """

    __slots__ = (
        "clients", "document", "is_conditional", "is_head", "log_line", "raw", "repeats",
        "response", "target", "user_agent",
    )  # fmt: skip

    def __init__(
        self,
        document: "ReadyDocument",
        response: ReadyResponse,
        target: bytes = b"",
        user_agent: bytes = b"",
        *,
        is_conditional: bool = False,
        is_head: bool = False,
    ) -> None:
        self.document, self.response, self.target = document, response, target
        self.user_agent = user_agent[:_LONGEST_USER_AGENT]
        self.is_conditional, self.is_head = is_conditional, is_head
        self.raw = b""  # the request as it was sent; empty unless remembered
        self.log_line = ""
        self.repeats = 0
        self.clients: set[bytes] = set()

    def add_client(self, address: bytes) -> None:
        """Record the client that sent the request, until it is counted."""
        if len(self.clients) < _MOST_CLIENTS:
            self.clients.add(address)


class ReadyDocument:
    """The responses of one document, in the codings it was requested in so far."""

    __slots__ = (
        "_full", "_make_not_modified", "_others", "inherited_popularity", "is_current",
        "representation", "requests", "target",
    )  # fmt: skip

    def __init__(self, representation: Representation, target: bytes = b"") -> None:
        self.representation = representation
        self.target = target
        self.is_current = True  # false once it is dropped
        self.inherited_popularity = 0  # a share of that of the document it replaced
        self.requests: list[KnownRequest] = []
        self._full: dict[str, ReadyResponse] = {}
        self._make_not_modified: MakeNotModified | None = None
        # Responses with status 304 by coding and tag, responses to HEAD by coding and "".
        self._others: dict[tuple[str, str], ReadyResponse] | None = None

    def has(self, coding: str) -> bool:
        """Return whether there are responses in a coding."""
        return coding in self._full

    def add(self, coding: str, full: ReadyResponse, not_modified: MakeNotModified) -> None:
        """Add the responses in one coding; `not_modified` makes the 304 that carries a tag."""
        self._full[coding] = full
        self._make_not_modified = not_modified

    def select(
        self, coding: str, if_none_match: str | None, if_modified_since: str | None, *, head: bool
    ) -> ReadyResponse | None:
        """Return the response to a GET or HEAD, None if there is none in this coding."""
        full = self._full.get(coding)
        if full is None:
            return None
        representation = self.representation
        if if_none_match is not None:
            tag = matched_tag(if_none_match, representation.digest)
            if tag is not None:
                return self._other(coding, representation.not_modified_tag(tag, coding))
        elif if_modified_since is not None and unmodified_since(
            if_modified_since, representation.modified
        ):
            return self._other(coding, representation.tag(coding))
        return self._other(coding, "") if head else full

    def _other(self, coding: str, tag: str) -> ReadyResponse:
        """Return the 304 with a tag, without a tag the response to HEAD; made at first use."""
        if self._others is None:
            self._others = {}
        response = self._others.get((coding, tag))
        if response is None:
            if tag:
                assert self._make_not_modified is not None
                response = self._make_not_modified(self.representation, tag)
            else:
                response = self._full[coding].for_head()
            self._others[coding, tag] = response
        return response

    def count_sent(self, coding: str) -> None:
        """Count a response that the application sent."""
        self._full[coding].sent_by_application += 1

    def popularity(self) -> int:
        """Return how often the fast path sent it, and a share of the count of earlier versions."""
        responses = (*self._full.values(), *(self._others or {}).values())
        repeats = sum(request.repeats for request in self.requests)
        sent = sum(response.sent_by_fast_path for response in responses)
        return self.inherited_popularity + repeats + sent

    def sent_by_coding(self) -> Iterator[tuple[str, int]]:
        """Yield each coding, and how often the document was sent in it."""
        for coding, full in self._full.items():
            repeats = sum(request.repeats for request in self.requests if request.response is full)
            yield coding, full.sent_by_fast_path + repeats + full.sent_by_application


@dataclass(slots=True)
class ReadyResponses:
    """Ready documents by request target, exactly as a client spells it.

    `base` is the path of `base_url`, with which a proxy may send targets on.
    """

    base: bytes = b""
    served: int = 0  # responses that the fast path has sent
    documents: dict[bytes, ReadyDocument] = field(default_factory=dict)
    # Whole requests, byte for byte, whose responses are known: see `remember`.
    requests: dict[bytes, KnownRequest] = field(default_factory=dict)
    # Not yet counted: requests that were parsed, repeats of others, and the number of
    # those beyond the bound.
    _parsed: list[KnownRequest] = field(default_factory=list)
    _repeated: list[tuple[KnownRequest, int]] = field(default_factory=list)
    _beyond: int = 0
    _preferences: dict[bytes | None, str] = field(default_factory=dict)

    def coding(self, accept_encoding: bytes | None) -> str:
        """Return the coding for an Accept-Encoding; the same few values come all the time."""
        coding = self._preferences.get(accept_encoding)
        if coding is None:
            coding = preferred_coding(
                None if accept_encoding is None else accept_encoding.decode("latin-1")
            )
            if len(accept_encoding or b"") <= _LONGEST_PREFERENCE:
                if len(self._preferences) >= _MOST_PREFERENCES:
                    self._preferences.clear()
                self._preferences[accept_encoding] = coding
        return coding

    def at(self, target: bytes) -> ReadyDocument | None:
        """Return the ready document at a target, with or without the base before it."""
        document = self.documents.get(target)
        if document is None and self.base and target.startswith(self.base + b"/"):
            rest = target[len(self.base) :]
            return self.documents.get(rest) if rest != b"/" else None
        return document

    def add(self, target: bytes, representation: Representation) -> ReadyDocument:
        """Return the ready document at a target, a new one if that is of another document."""
        document = self.documents.get(target)
        if document is None or document.representation is not representation:
            self.drop(target)
            document = self.documents[target] = ReadyDocument(representation, target)
        return document

    def replace(self, target: bytes, representation: Representation) -> ReadyDocument:
        """Replace a document by a new version, which inherits half of its popularity."""
        popularity = self.popularity(target)
        self.drop(target)
        document = self.add(target, representation)
        document.inherited_popularity = popularity // 2
        return document

    def popularity(self, target: bytes) -> int:
        """Return how often the fast path sent a document or its 304."""
        document = self.documents.get(target)
        return 0 if document is None else document.popularity()

    def drop(self, target: bytes) -> None:
        """Remove a document."""
        document = self.documents.pop(target, None)
        if document is not None:
            document.is_current = False
            for request in document.requests:
                self._settle(request)
                self.requests.pop(request.raw, None)
            document.requests.clear()

    # --- whole requests --------------------------------------------------------
    #
    # A reader sends the same bytes at every poll, and a cache in front sends the same
    # for all its readers. Their response is found by these bytes, without parsing.

    def remember(self, raw: bytes, request: KnownRequest) -> None:
        """Remember the response to a request of these bytes; short ones, in bounded number."""
        document = request.document
        if len(raw) <= _LONGEST_REQUEST and document.is_current:
            if len(self.requests) >= _MOST_REQUESTS:
                self._forget_requests()
            request.raw = raw
            self.requests[raw] = request
            document.requests.append(request)

    def _forget_requests(self) -> None:
        for request in self.requests.values():
            self._settle(request)
            request.document.requests.clear()
        self.requests.clear()

    # --- counting --------------------------------------------------------------

    def count(self, request: KnownRequest) -> None:
        """Count a request that had to be parsed."""
        if len(self._parsed) < _MOST_UNCOUNTED:
            self._parsed.append(request)
        else:
            self._beyond += 1

    def take_counts(self) -> tuple[list[tuple[KnownRequest, int]], int]:
        """Return the requests since the last call, each with its number, and the number of all
        others.

        Requests beyond a limit are only counted together.
        """
        for request in self.requests.values():
            self._settle(request)
        counts = [(request, 1) for request in self._parsed] + self._repeated
        beyond = self._beyond
        self._parsed, self._repeated, self._beyond = [], [], 0
        return counts, beyond

    def _settle(self, request: KnownRequest) -> None:
        """Move the repeats of a request to where `take_counts` finds them."""
        repeats, request.repeats = request.repeats, 0
        if repeats:
            request.response.sent_by_fast_path += repeats
            if len(self._repeated) < _MOST_UNCOUNTED:
                self._repeated.append((request, repeats))
            else:
                self._beyond += repeats


def _header_lines(headers: RawHeaders) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)
