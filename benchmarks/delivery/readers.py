"""Readers of feeds and their habits. Pure.

The same seed gives the same readers.
"""

from bisect import bisect
from dataclasses import dataclass, field
from email.utils import formatdate
from random import Random
from typing import Final, TypeVar

from benchmarks.articles import zipf
from benchmarks.delivery.asking import Reply

Headers = list[tuple[str, str]]
_Kind = TypeVar("_Kind")

HOUR: Final = 3600

# What a reader says of what it has, and how many of a hundred do so.
HABITS: Final = {
    "tag and date": 50,
    "tag alone": 10,
    "date as it was sent": 10,
    "date of the last visit": 8,
    "tag, made weak on the way": 4,
    "tag, with -gzip added": 3,
    "nothing": 15,
}
CODINGS: Final = {"gzip": 55, "gzip, deflate, br": 20, "gzip, deflate, br, zstd": 15, "": 10}
INTERVALS: Final = {HOUR: 10, 3 * HOUR: 15, 6 * HOUR: 25, 12 * HOUR: 25, 24 * HOUR: 25}
SUBSCRIPTIONS: Final = {1: 50, 2: 20, 3: 15, 5: 10, 8: 5}


@dataclass(slots=True)
class Seen:
    """What a reader has of a feed."""

    tag: str
    modified: str
    visited: float


@dataclass(slots=True)
class Reader:
    """One reader: what it reads, how often, and what it says."""

    habit: str
    coding: str
    interval: int  # seconds
    first: float  # its first poll, seconds from the start
    feeds: tuple[str, ...]
    seen: dict[str, Seen] = field(default_factory=dict)

    def headers(self, feed: str) -> Headers:
        """What it asks with."""
        found: Headers = [("User-Agent", "reader/1.0")]
        if self.coding:
            found.append(("Accept-Encoding", self.coding))
        seen = self.seen.get(feed)
        if seen is None:
            return found
        match self.habit:
            case "tag and date":
                found += [("If-None-Match", seen.tag), ("If-Modified-Since", seen.modified)]
            case "tag alone":
                found.append(("If-None-Match", seen.tag))
            case "date as it was sent":
                found.append(("If-Modified-Since", seen.modified))
            case "date of the last visit":
                visited = formatdate(seen.visited, usegmt=True)
                found.append(("If-Modified-Since", visited))
            case "tag, made weak on the way":
                found.append(("If-None-Match", f"W/{seen.tag}"))
            case "tag, with -gzip added":
                found.append(("If-None-Match", f'{seen.tag[:-1]}-gzip"'))
        return found

    def take(self, feed: str, reply: Reply, now: float) -> None:
        """Remember what came."""
        if reply.status == 200:
            self.seen[feed] = Seen(reply.etag, reply.headers["last-modified"], now)
        else:
            self.seen[feed].visited = now


def readers(count: int, feeds: list[str], seed: int) -> list[Reader]:
    """Readers of some feeds, the first of which have the most."""
    dice = Random(seed)
    odds = zipf(len(feeds), first=3)
    found = []
    for _ in range(count):
        interval = _one(dice, INTERVALS)
        chosen = {
            feeds[min(bisect(odds, dice.random() * odds[-1]), len(feeds) - 1)]
            for _ in range(_one(dice, SUBSCRIPTIONS))
        }
        found.append(
            Reader(
                _one(dice, HABITS),
                _one(dice, CODINGS),
                interval,
                dice.random() * interval,
                tuple(sorted(chosen)),
            )
        )
    return found


def _one(dice: Random, shares: dict[_Kind, int]) -> _Kind:
    return dice.choices(list(shares), weights=list(shares.values()))[0]
