"""Documents, ready to send: rendered once, kept in every coding asked for. Pure.

Kept in those alone: a feed is eight times its gzip, and most are never asked
for plain. What is wanted in another coding is unpacked from one at hand.

Compression is quick at first and better for what is asked for often. The two
differ in bytes, so they differ in ETag; the digest in both is of the document,
so either tag revalidates either.
"""

import gzip
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import brotli
import zstandard

from feeds.server.http.conditional import IDENTITY, etag, http_date

_QUICK: Final = "-quick"

Places = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document and what its headers say of it.

    `places` are the names by which the change log calls what is in it; a change
    of public entries does not concern one that has none, and the reverse.
    `settings` are the parts of the configuration that shape it, `max_age` is in
    seconds, and at `expires` time alone will change it. One that is `private`
    is for those who have a token, and for no cache that others share. `keep` is a
    Cache-Control of its own, `vary` what of a request decides which document it gets.
    """

    body: bytes
    media_type: str
    modified: datetime
    places: Places
    public: frozenset[bool]
    headers: tuple[tuple[str, str], ...] = ()
    settings: frozenset[str] = frozenset()
    max_age: int = 300
    expires: datetime | None = None
    private: bool = False
    keep: str = ""
    vary: str = "Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Coded:
    """A document in one coding."""

    coding: str
    body: bytes
    etag: str
    best: bool


class Representation:
    """A document in all codings asked for so far."""

    def __init__(self, document: Document, now: datetime | None = None) -> None:
        self.document = replace(document, body=b"")  # what is said of it; the body is kept below
        self.length = len(document.body)
        self.digest = blake2b(document.body, digest_size=8).hexdigest()
        # RFC 9110 8.8.2.1: never later than the clock of the answer.
        self.modified = min(document.modified, now or datetime.now(UTC)).replace(microsecond=0)
        self.last_modified = http_date(self.modified)
        self.stale = False
        self.used = False
        self._plain: bytes | None = document.body  # until there is a coding to make it of
        self._coded: dict[str, Coded] = {}

    @property
    def body(self) -> bytes:
        """The document without a coding; takes its time where it has to be unpacked."""
        # In this order, and a list made at once: `code` may run in another thread.
        plain = self._plain
        if plain is not None:
            return plain
        held = self._coded.get(IDENTITY) or list(self._coded.values())[0]  # noqa: RUF015
        return unpack(held.body, held.coding)

    def coded(self, coding: str) -> Coded | None:
        """The document in a coding, if it is at hand."""
        return self._coded.get(coding)

    def code(self, coding: str, *, best: bool = False) -> Coded:
        """Compress the document, quickly or as well as can be. Takes its time."""
        body = self.body
        if coding == IDENTITY:
            coded = Coded(IDENTITY, body, etag(self.digest, IDENTITY), best=True)
        else:
            variant = coding if best else coding + _QUICK
            coded = Coded(
                coding, compress(body, coding, best=best), etag(self.digest, variant), best
            )
        self._coded[coding] = coded
        self._plain = None
        return coded

    def codings(self) -> tuple[str, ...]:
        """The codings at hand."""
        return tuple(self._coded)

    def coded_tag(self, coding: str) -> str:
        """The tag sent with the document in a coding that is at hand."""
        return self._coded[coding].etag

    def echoed(self, tag: str, coding: str) -> str:
        """The tag of a 304: the client's own, if we ever sent it (RFC 9111 4.3.4)."""
        return tag if tag in self.tags(coding) else self.coded_tag(coding)

    def tags(self, coding: str) -> tuple[str, ...]:
        """The tags under which the document may have been sent in a coding."""
        if coding == IDENTITY:
            return (etag(self.digest, IDENTITY),)
        return etag(self.digest, coding), etag(self.digest, coding + _QUICK)

    @property
    def size(self) -> int:
        """Bytes kept at most: in each coding a body and an answer made of it."""
        return len(self._plain or b"") + 2 * sum(len(one.body) for one in self._coded.values())


def compress(body: bytes, coding: str, *, best: bool) -> bytes:
    """Quick takes a millisecond or two for a feed of fifty entries, best up to fifty."""
    match coding:
        case "gzip":
            return gzip.compress(body, 9 if best else 6, mtime=0)  # no time of day in the bytes
        case "br":
            compressed: bytes = brotli.compress(body, quality=11 if best else 5)
            return compressed
        case "zstd":
            return zstandard.ZstdCompressor(level=19 if best else 3).compress(body)
        case _:
            raise ValueError(coding)


def unpack(body: bytes, coding: str) -> bytes:
    """What was compressed."""
    match coding:
        case "gzip":
            return gzip.decompress(body)
        case "br":
            unpacked: bytes = brotli.decompress(body)
            return unpacked
        case "zstd":
            return zstandard.ZstdDecompressor().decompress(body)
        case _:
            return body
