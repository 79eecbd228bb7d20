"""Answers ready to be written to a socket, by the target of a request.

The application puts here what it has just answered from its cache; the fast
lane reads it. An answer is held as the application gave it, so that both give
the same bytes. Only public documents are ever put here.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from feeds.conditional import coding as negotiated
from feeds.conditional import matched_tag, unmodified_since
from feeds.representation import Representation

RawHeaders = list[tuple[bytes, bytes]]

# A client may send what it likes: what is noted of it is bounded in number and in bytes.
_MOST_PREFERENCES: Final = 1024
_LONGEST_PREFERENCE: Final = 256
_MOST_KNOWN: Final = 4096
_LONGEST_KNOWN: Final = 1024


class Answer:
    """One answer without its date: what stays the same from second to second."""

    __slots__ = ("_body", "_headers", "_ready", "_stamp", "_status_line", "asked", "status")

    def __init__(self, status: int, headers: RawHeaders, body: bytes = b"") -> None:
        self.status = status
        self.asked = 0
        self._status_line = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n".encode()
        self._headers = _wire(headers) + b"\r\n"
        self._body = body
        self._stamp: object = None
        self._ready = b""

    def wire(self, first: RawHeaders) -> bytes:
        """The answer with the server's own headers first, as uvicorn writes it.

        They hold the date and are a new list each second: until then, the bytes
        made last will do.
        """
        if self._stamp is not first:
            self._ready = self._status_line + _wire(first) + self._headers + self._body
            self._stamp = first
        return self._ready


class Racked:
    """A document's answers, in the codings it was asked for in so far."""

    __slots__ = (
        "_full",
        "_heads",
        "_ordinary",
        "_same",
        "carried",
        "known",
        "live",
        "representation",
    )

    def __init__(self, representation: Representation) -> None:
        self.representation = representation
        self.live = True  # false once it is taken from the rack
        self.carried = 0  # how popular what stood here before was, fading
        self.known: list[bytes] = []  # requests that it has answered before
        self._full: dict[str, Answer] = {}
        self._heads: dict[str, Answer] = {}
        self._same: dict[tuple[str, str], Answer] = {}
        self._ordinary: Counter[str] = Counter()

    def has(self, coding: str) -> bool:
        """Whether the answers in a coding are here."""
        return coding in self._full

    def put(self, coding: str, full: Answer, head: Answer, same: dict[str, Answer]) -> None:
        """Add the answers in one coding; `same` are the 304s, by the tag they carry."""
        self._full[coding] = full
        self._heads[coding] = head
        for tag, answer in same.items():
            self._same[coding, tag] = answer

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
                return self._same.get((coding, representation.echoed(tag, coding)))
        elif if_modified_since is not None and unmodified_since(
            if_modified_since, representation.last_modified, representation.modified
        ):
            return self._same.get((coding, representation.coded_tag(coding)))
        return self._heads[coding] if head else full

    def sent(self, coding: str) -> None:
        """Count a document that the application itself sent."""
        self._ordinary[coding] += 1

    def total(self) -> int:
        """How often the fast lane sent any of the answers, and a share of times before."""
        answers = (*self._full.values(), *self._heads.values(), *self._same.values())
        return self.carried + sum(answer.asked for answer in answers)

    def asked(self) -> Iterator[tuple[str, int]]:
        """How often the document was sent in each coding."""
        for coding, answer in self._full.items():
            yield coding, answer.asked + self._ordinary[coding]


@dataclass(slots=True)
class Rack:
    """Answers by request target, exactly as a client spells it."""

    answered: int = 0  # by the fast lane
    answers: dict[bytes, Racked] = field(default_factory=dict)
    # What whole requests, byte for byte, were answered before: see `remember`.
    known: dict[bytes, tuple[Racked, Answer]] = field(default_factory=dict)
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
            for request in racked.known:
                self.known.pop(request, None)

    # --- requests seen before ------------------------------------------------
    #
    # A reader sends the same bytes at every poll, and a cache in front sends
    # the same for all its readers. What they were answered needs no parsing to
    # find again: the same bytes are the same request.

    def remember(self, request: bytes, racked: Racked, answer: Answer) -> None:
        """Note the answer to a whole request; a bounded number of short ones."""
        if len(request) <= _LONGEST_KNOWN and racked.live:
            if len(self.known) >= _MOST_KNOWN:
                self._forget_known()
            self.known[request] = racked, answer
            racked.known.append(request)

    def _forget_known(self) -> None:
        for racked, _ in self.known.values():
            racked.known.clear()
        self.known.clear()


def _wire(headers: RawHeaders) -> bytes:
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)
