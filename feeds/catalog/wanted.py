"""What is asked of the catalog, and what it answers, in its own terms."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from sqlalchemy import Connection

from feeds.model import Order, Phrase


class Wanted(NamedTuple):
    """What entries are wanted, by the catalog's ids. All fields must hold.

    A group without members, or an empty tuple of providers or kinds, is met by
    none. Times are in seconds since 1970; `since` is the first, `before` the
    first that is too late. `after` is when an entry was published, and its key:
    wanted is what comes after it, newest first. `not_common` are stop words that
    must not be known to occur, as `stopwords.bits` has them.
    """

    topics: tuple[tuple[int, ...], ...] = ()
    providers: tuple[int, ...] | None = None
    kinds: tuple[str, ...] | None = None
    phrases: tuple[tuple[Phrase, ...], ...] = ()
    min_quality: float | None = None
    since: int | None = None
    before: int | None = None
    after: tuple[int, int] | None = None
    not_topics: tuple[int, ...] = ()
    not_providers: tuple[int, ...] = ()
    not_phrases: tuple[Phrase, ...] = ()
    not_common: int = 0
    tiers: tuple[int, ...] | None = None  # where alone it is wanted, of those that are read

    def within(self, tiers: Sequence[int]) -> "tuple[tuple[int, ...], Wanted]":
        """Those of some tiers where it is wanted, and what is wanted there."""
        mine = tiers if self.tiers is None else [one for one in tiers if one in self.tiers]
        return tuple(mine), self._replace(tiers=None)


class Question(NamedTuple):
    """So many entries that are wanted, in an order: of a state of the catalog, in some tiers."""

    connection: Connection
    tiers: Sequence[int]
    limit: int
    wanted: Wanted
    order: Order

    def after(self, row: "Row", limit: int) -> "Question":
        """What comes after an entry, newest first."""
        wanted = self.wanted._replace(after=(row.published, row.key))
        return self._replace(wanted=wanted, limit=limit)


class Row(NamedTuple):
    """An entry found, and what it is ordered by."""

    score: float
    published: int
    key: int

    @classmethod
    def of(cls, score: float | None, published: int, key: int) -> Self:
        """A row as it is read: those without a score come last."""
        return cls(float("-inf") if score is None else float(score), published, key)
