"""Documents ready to send: rendered once, stored in each coding that was requested. Pure.

Other codings are not stored: a feed is eight times as large as its gzip, and most are never
requested uncompressed. A further coding is made by unpacking a stored one.

Compression is quick at first, and better for popular documents. The two differ in bytes and so in
ETag; the digest in both tags is that of the document, so each tag revalidates the other.
"""

import gzip
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final

import brotli
import zstandard

from feeds.server.http.conditional import IDENTITY, etag, http_date

_QUICK: Final = "-quick"

FeedKeys = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document, with the facts for its headers and for its invalidation.

    A line of the change log touches the document if its feed is in `feed_keys` and it is about
    entries of its `levels` (`merge.level_of`). `settings` are the parts of the configuration that
    shape the document. At `expires` it changes although nothing else does.

    `modified` is for Last-Modified; if it has a fraction of a second, another version may
    have the same second. `max_age` in seconds is for Cache-Control, which `cache_control`
    replaces as a whole. A `private` document is for those who have a token, and for no
    shared cache. `vary` names the request fields that select it.
    """

    body: bytes
    media_type: str
    modified: datetime
    feed_keys: FeedKeys
    levels: frozenset[int]
    headers: tuple[tuple[str, str], ...] = ()
    settings: frozenset[str] = frozenset()
    max_age: int = 300
    expires: datetime | None = None
    private: bool = False
    cache_control: str = ""
    vary: str = "Accept-Encoding"


@dataclass(frozen=True, slots=True)
class Encoded:
    """A document in one coding; `best` if it cannot be compressed better."""

    coding: str
    body: bytes
    etag: str
    best: bool


class Representation:
    """A document in all codings requested so far.

    `stale` is set when a change affects it, `used` when the fast path sends it.
    """

    def __init__(self, document: Document, now: datetime | None = None) -> None:
        self.document = replace(document, body=b"")  # the body is stored below
        self.length = len(document.body)
        self.digest = blake2b(document.body, digest_size=8).hexdigest()
        # A date that is sent is never later than this, so only this version is revalidated by
        # it; and it is at most a second ahead of the clock, which RFC 9110 8.8.2.1 forbids.
        # Otherwise two versions of a second would share a date.
        self.modified = document.modified
        latest = (now or datetime.now(UTC)) + timedelta(seconds=1)
        self.last_modified = http_date(min(document.modified, latest))
        self.stale = False
        self.used = False
        self._plain: bytes | None = document.body  # until there is a coding to unpack
        self._encoded: dict[str, Encoded] = {}

    @property
    def body(self) -> bytes:
        """The document without a coding; slow where it has to be unpacked."""
        # In this order, and the list in one step: `encode` may run in another thread.
        plain = self._plain
        if plain is not None:
            return plain
        encoded = self._encoded.get(IDENTITY) or list(self._encoded.values())[0]  # noqa: RUF015
        return unpack(encoded.body, encoded.coding)

    def encoded(self, coding: str) -> Encoded | None:
        """Return the document in a coding, if it is stored."""
        return self._encoded.get(coding)

    def encode(self, coding: str, *, best: bool = False) -> Encoded:
        """Compress the document, quickly or as well as possible; milliseconds of work."""
        body = self.body
        if coding == IDENTITY:
            encoded = Encoded(IDENTITY, body, etag(self.digest, IDENTITY), best=True)
        else:
            variant = coding if best else coding + _QUICK
            compressed = compress(body, coding, best=best)
            encoded = Encoded(coding, compressed, etag(self.digest, variant), best)
        self._encoded[coding] = encoded
        self._plain = None
        return encoded

    def codings(self) -> tuple[str, ...]:
        """Return the stored codings."""
        return tuple(self._encoded)

    def tag(self, coding: str) -> str:
        """Return the ETag of the document in a stored coding."""
        return self._encoded[coding].etag

    def not_modified_tag(self, tag: str, coding: str) -> str:
        """Return the ETag of a 304: the client's own if we ever sent it (RFC 9111 4.3.4)."""
        return tag if tag in self.tags(coding) else self.tag(coding)

    def tags(self, coding: str) -> tuple[str, ...]:
        """Return the ETags under which the document may have been sent in a coding."""
        if coding == IDENTITY:
            return (etag(self.digest, IDENTITY),)
        return etag(self.digest, coding), etag(self.digest, coding + _QUICK)

    @property
    def size(self) -> int:
        """Bytes of memory at most: for each coding a body, and a response made of it."""
        bodies = sum(len(encoded.body) for encoded in self._encoded.values())
        return len(self._plain or b"") + 2 * bodies


def compress(body: bytes, coding: str, *, best: bool) -> bytes:
    """Compress a document; for a feed of fifty entries quick takes 1 to 2 ms, best up to 50."""
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
    """Return the document that was compressed."""
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
