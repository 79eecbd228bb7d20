"""Documents, ready to send: rendered once, kept in every coding asked for.

The cache is bounded in bytes. However many requests wait for a document, it is
rendered once. What a change touches is made anew at its next request; should
that fail, what was good before goes on being served.
"""

import asyncio
import gzip
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final

import brotli
import zstandard

from feeds.conditional import IDENTITY, etag, http_date

# Below this, a coding's own bytes outweigh what it saves.
_SMALLEST: Final = 300

Places = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Document:
    """A rendered document and what its headers say of it.

    `places` are the names by which the change log calls what is in it; a change
    of public entries does not concern one that has none, and the reverse.
    """

    body: bytes
    media_type: str
    modified: datetime
    places: Places
    public: frozenset[bool]
    headers: tuple[tuple[str, str], ...] = ()
    status: int = 200


@dataclass(frozen=True, slots=True)
class Coded:
    """A document in one coding."""

    coding: str
    body: bytes
    etag: str


class Representation:
    """A document in all codings asked for so far."""

    def __init__(self, document: Document, now: datetime | None = None) -> None:
        self.document = document
        self.digest = blake2b(document.body, digest_size=8).hexdigest()
        # RFC 9110 8.8.2.1: never later than the clock of the answer.
        self.modified = min(document.modified, now or datetime.now(UTC)).replace(microsecond=0)
        self.last_modified = http_date(self.modified)
        self.stale = False
        self._coded: dict[str, Coded] = {}

    def coded(self, coding: str) -> Coded:
        """The document in a coding, compressed quickly the first time."""
        found = self._coded.get(coding)
        if found is None:
            found = self._coded[coding] = self._encode(coding)
        return found

    def has(self, coding: str) -> bool:
        """Whether a coding is at hand already."""
        return coding in self._coded

    @property
    def size(self) -> int:
        """Bytes kept."""
        kept = sum(len(one.body) for one in self._coded.values() if one.coding != IDENTITY)
        return len(self.document.body) + kept

    def _encode(self, coding: str) -> Coded:
        body = self.document.body
        if len(body) < _SMALLEST:
            coding = IDENTITY
        return Coded(coding, compress(body, coding), etag(self.digest, coding))


def compress(body: bytes, coding: str) -> bytes:
    """Quick compression: a millisecond or two for a feed of fifty entries."""
    match coding:
        case "gzip":
            return gzip.compress(body, 6, mtime=0)  # no time of day in the bytes
        case "br":
            compressed: bytes = brotli.compress(body, quality=5)
            return compressed
        case "zstd":
            return zstandard.ZstdCompressor(level=3).compress(body)
        case _:
            return body


@dataclass(slots=True)
class _Kept:
    representation: Representation
    size: int


@dataclass(slots=True)
class Counters:
    """What the cache did since the process began."""

    hits: int = 0
    renders: int = 0
    failures: int = 0
    evictions: int = 0


Make = Callable[[], Awaitable[Representation]]


@dataclass(slots=True)
class RepresentationCache:
    """Representations by canonical address, the least recently used going first."""

    most_bytes: int = 64 * 1024 * 1024
    counters: Counters = field(default_factory=Counters)
    _kept: OrderedDict[str, _Kept] = field(default_factory=OrderedDict)
    _making: dict[str, asyncio.Task[Representation]] = field(default_factory=dict)
    _bytes: int = 0
    _generation: int = 0

    def get(self, address: str) -> Representation | None:
        """What is kept for an address, if it is still good."""
        kept = self._kept.get(address)
        if kept is None or kept.representation.stale:
            return None
        self._kept.move_to_end(address)
        self.counters.hits += 1
        return kept.representation

    async def get_or_make(self, address: str, make: Make) -> Representation:
        """What is kept, or what `make` gives; one call of it for all who wait.

        If it raises, so does this, unless something older is kept.
        """
        found = self.get(address)
        if found is not None:
            return found
        task = self._making.get(address)
        if task is None:
            # A task of its own: a client that goes away takes no one's answer along.
            task = self._making[address] = asyncio.create_task(self._make(address, make))
            task.add_done_callback(lambda _: self._making.pop(address, None))
        try:
            return await asyncio.shield(task)
        except Exception:
            kept = self._kept.get(address)
            if kept is None:
                raise
            return kept.representation

    async def _make(self, address: str, make: Make) -> Representation:
        generation = self._generation
        try:
            made = await make()
        except Exception:
            self.counters.failures += 1
            raise
        self.counters.renders += 1
        # A change that came in while this was made may not be in it.
        made.stale = generation != self._generation
        self._keep(address, made)
        return made

    def grown(self, address: str) -> None:
        """Count a representation anew after it got another coding."""
        kept = self._kept.get(address)
        if kept is not None:
            self._bytes += kept.representation.size - kept.size
            kept.size = kept.representation.size
            self._evict()

    def drop(self, touched: Callable[[Document], bool]) -> None:
        """Mark as stale every document that a change touched."""
        self._generation += 1
        for kept in self._kept.values():
            if touched(kept.representation.document):
                kept.representation.stale = True

    @property
    def bytes(self) -> int:
        """Bytes kept."""
        return self._bytes

    def __len__(self) -> int:
        return len(self._kept)

    def _keep(self, address: str, made: Representation) -> None:
        before = self._kept.pop(address, None)
        if before is not None:
            self._bytes -= before.size
        self._kept[address] = _Kept(made, made.size)
        self._bytes += made.size
        self._evict()

    def _evict(self) -> None:
        while self._bytes > self.most_bytes and self._kept:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= oldest.size
            self.counters.evictions += 1
