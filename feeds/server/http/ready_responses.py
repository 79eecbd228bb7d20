"""Answers ready to be written to a socket, by the target of a request.

The application puts here what it has just answered from its cache; the fast
lane reads it. An answer is held as the application gave it, so that both give
the same bytes. Only public documents are ever put here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from feeds.server.http.conditional import coding as negotiated
from feeds.server.http.conditional import matched_tag, unmodified_since
from feeds.server.http.representation import Representation

RawHeaders = list[tuple[bytes, bytes]]
Unmodified = Callable[[Representation, str], "Answer"]

# A client may send what it likes: what is noted of it is bounded in number and in bytes.
_MOST_PREFERENCES: Final = 1024
_LONGEST_PREFERENCE: Final = 256
_MOST_KNOWN: Final = 4096
_LONGEST_KNOWN: Final = 1024
_LONGEST_AGENT: Final = 256
_MOST_CALLERS: Final = 1000  # of one request
_MOST_READ: Final = 8192  # requests between two counts


_STATUS_LINES: Final[dict[int, bytes]] = {
    status: f"HTTP/1.1 {status} {status.phrase}\r\n".encode() for status in HTTPStatus
}


class Answer:
    """One answer without its date: what stays the same from second to second."""

    __slots__ = ("_body", "_headers", "_ready", "_stamp", "asked", "sent", "status")

    def __init__(self, status: int, headers: RawHeaders, body: bytes = b"") -> None:
        self.status = status
        self.asked = 0  # by the fast lane …
        self.sent = 0  # … and by the application itself
        self._headers = _wire(headers) + b"\r\n"
        self._body = body
        self._stamp: object = None
        self._ready = b""

    def head(self) -> "Answer":
        """The answer to a HEAD in place of a GET."""
        made = Answer(self.status, [])
        made._headers = self._headers
        return made

    @property
    def length(self) -> int:
        """Bytes of the body."""
        return len(self._body)

    def wire(self, first: RawHeaders) -> bytes:
        """The answer with the server's own headers first, as uvicorn writes it.

        They hold the date and are a new list each second: until then, the bytes
        made last will do.
        """
        if self._stamp is not first:
            status_line = _STATUS_LINES[self.status]
            self._ready = status_line + _wire(first) + self._headers + self._body
            self._stamp = first
        return self._ready


class Known:
    """A request that the fast lane has read: its answer, and what it says of who asks.

    `asked` is how often the same bytes came again and were not yet counted; it
    is all that is noted of them. `callers` are addresses of clients whose
    connection began with it. `said` is what the access log has of it, once it has.
    """

    __slots__ = (
        "agent", "answer", "asked", "callers", "conditional", "head", "racked", "request", "said",
        "target",
    )  # fmt: skip

    def __init__(
        self,
        racked: "Racked",
        answer: Answer,
        target: bytes = b"",
        agent: bytes = b"",
        *,
        conditional: bool = False,
        head: bool = False,
    ) -> None:
        self.racked, self.answer, self.target = racked, answer, target
        self.agent = agent[:_LONGEST_AGENT]
        self.conditional, self.head = conditional, head
        self.request = b""
        self.said = ""
        self.asked = 0
        self.callers: set[bytes] = set()

    def met(self, caller: bytes) -> None:
        """Note who asked, for as long as it takes to count them."""
        if len(self.callers) < _MOST_CALLERS:
            self.callers.add(caller)


class Racked:
    """A document's answers, in the codings it was asked for in so far."""

    __slots__ = ("_full", "_others", "_unmodified", "carried", "known", "live", "representation")

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self.live = True  # false once it is taken from the rack
        self.carried = 0  # how popular what stood here before was, fading
        self.known: list[Known] = []  # requests that it has answered before
        self._full: dict[str, Answer] = {}
        self._unmodified: Unmodified | None = None
        # The 304s by coding and the tag they carry, answers to HEAD by coding and no tag.
        self._others: dict[tuple[str, str], Answer] | None = None

    def has(self, coding: str) -> bool:
        """Whether the answers in a coding are here."""
        return coding in self._full

    def put(self, coding: str, full: Answer, unmodified: Unmodified) -> None:
        """Add the answers in one coding, once; `unmodified` makes the 304 that carries a tag."""
        self._full[coding] = full
        self._unmodified = unmodified

    def pick(
        self, coding: str, if_none_match: str | None, if_modified_since: str | None, *, head: bool
    ) -> Answer | None:
        """The answer to a GET or HEAD, None if it is not here."""
        full = self._full.get(coding)
        if full is None:
            return None
        representation = self.representation
        if if_none_match is not None:
            tag = matched_tag(if_none_match, representation.digest)
            if tag is not None:
                return self._other(coding, representation.echoed(tag, coding))
        elif if_modified_since is not None and unmodified_since(
            if_modified_since, representation.last_modified, representation.modified
        ):
            return self._other(coding, representation.coded_tag(coding))
        return self._other(coding, "") if head else full

    def _other(self, coding: str, tag: str) -> Answer:
        """A 304, or without a tag what answers a HEAD: made when it is first asked for."""
        if self._others is None:
            self._others = {}
        found = self._others.get((coding, tag))
        if found is None:
            assert self._unmodified is not None
            made = self._unmodified(self.representation, tag) if tag else self._full[coding].head()
            found = self._others[coding, tag] = made
        return found

    def sent(self, coding: str) -> None:
        """Count a document that the application itself sent."""
        self._full[coding].sent += 1

    def total(self) -> int:
        """How often the fast lane sent any of the answers, and a share of times before."""
        answers = (*self._full.values(), *(self._others or {}).values())
        again = sum(known.asked for known in self.known)
        return self.carried + again + sum(answer.asked for answer in answers)

    def asked(self) -> Iterator[tuple[str, int]]:
        """How often the document was sent in each coding."""
        for coding, answer in self._full.items():
            again = sum(known.asked for known in self.known if known.answer is answer)
            yield coding, answer.asked + again + answer.sent


@dataclass(slots=True)
class Rack:
    """Answers by request target, exactly as a client spells it."""

    answered: int = 0  # by the fast lane
    answers: dict[bytes, Racked] = field(default_factory=dict)
    # What whole requests, byte for byte, were answered before: see `remember`.
    known: dict[bytes, Known] = field(default_factory=dict)
    # Requests read since they were last counted, those of documents taken away
    # since, and how many more than can be told apart.
    _read: list[Known] = field(default_factory=list)
    _gone: list[tuple[Known, int]] = field(default_factory=list)
    _beyond: int = 0
    _preferences: dict[bytes | None, str] = field(default_factory=dict)

    def coding(self, accept_encoding: bytes | None) -> str:
        """The coding for an Accept-Encoding: the same few values come again and again."""
        found = self._preferences.get(accept_encoding)
        if found is None:
            found = negotiated(
                None if accept_encoding is None else accept_encoding.decode("latin-1")
            )
            if len(accept_encoding or b"") <= _LONGEST_PREFERENCE:
                if len(self._preferences) >= _MOST_PREFERENCES:
                    self._preferences.clear()
                self._preferences[accept_encoding] = found
        return found

    def put(self, target: bytes, representation: Representation) -> Racked:
        """The place of a document, a new one if another document is there."""
        racked = self.answers.get(target)
        if racked is None or racked.representation is not representation:
            self.drop(target)
            racked = self.answers[target] = Racked(representation)
        return racked

    def exchange(self, target: bytes, representation: Representation) -> Racked:
        """A new place in that of a document that was popular: so, it is thought, is the new one."""
        before = self.asked(target)
        self.drop(target)
        racked = self.put(target, representation)
        racked.carried = before // 2
        return racked

    def asked(self, target: bytes) -> int:
        """How often the fast lane sent a document or said that it has not changed."""
        racked = self.answers.get(target)
        return 0 if racked is None else racked.total()

    def drop(self, target: bytes) -> None:
        """Take a document away."""
        racked = self.answers.pop(target, None)
        if racked is not None:
            racked.live = False
            for known in racked.known:
                self._settle(known)
                self.known.pop(known.request, None)
            racked.known.clear()

    # --- requests seen before ------------------------------------------------
    #
    # A reader sends the same bytes at every poll, and a cache in front sends
    # the same for all its readers. What they were answered needs no parsing to
    # find again: the same bytes are the same request.

    def remember(self, request: bytes, known: Known) -> None:
        """Note the answer to a whole request; a bounded number of short ones."""
        racked = known.racked
        if len(request) <= _LONGEST_KNOWN and racked.live:
            if len(self.known) >= _MOST_KNOWN:
                self._forget_known()
            known.request = request
            self.known[request] = known
            racked.known.append(known)

    def _forget_known(self) -> None:
        for known in self.known.values():
            self._settle(known)
            known.racked.known.clear()
        self.known.clear()

    # --- counting who asks ---------------------------------------------------

    def read(self, known: Known) -> None:
        """Note a request that had to be read."""
        if len(self._read) < _MOST_READ:
            self._read.append(known)
        else:
            self._beyond += 1

    def counted(self) -> tuple[list[tuple[Known, int]], int]:
        """Requests since this was last asked, each with how often it came; and how many more."""
        for known in self.known.values():
            self._settle(known)
        found = [(known, 1) for known in self._read] + self._gone
        beyond = self._beyond
        self._read, self._gone, self._beyond = [], [], 0
        return found, beyond

    def _settle(self, known: Known) -> None:
        """Move what came again to where it is counted."""
        times, known.asked = known.asked, 0
        if times:
            known.answer.asked += times
            if len(self._gone) < _MOST_READ:
                self._gone.append((known, times))
            else:
                self._beyond += times


def _wire(headers: RawHeaders) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)
