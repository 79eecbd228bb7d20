"""Find the entries of a feed: filters, and the statements for them.

The full-text index answers a whole filter, except for the lowest quality (see `documents`). It
reads matches in order of publication and stops at the limit.
"""

# ruff: noqa: S608 - only our own names are put into statements

import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, TextClause, text
from sqlalchemy.exc import OperationalError

from feeds.catalog import documents
from feeds.errors import NobodyWaits, SelectionTooSlow
from feeds.model import Order, Phrase

# Up to this number of matches, all are read and sorted by their score. If there are more, the index
# of the score is read from its top and each entry is looked up among the matches.
_SORTED: Final = 50_000

# Steps of SQLite's virtual machine between two checks of the clock. A scan of the full-text index
# takes few steps: with 10,000, it is never interrupted.
_STEPS: Final = 500


class EntryFilter(NamedTuple):
    """Which entries are selected, by the catalog's ids. All fields must hold.

    A group without members, or an empty tuple of providers or kinds, selects nothing. `since` and
    `before` are in seconds since 1970: the first second that is included, and the first that is too
    late. `after` is the position of an entry: those are selected that come after it, newest first.
    `tiers` restricts the filter to some of the tiers of a query, `has_icon` to entries that name
    their provider's icon.
    """

    topics: tuple[tuple[int, ...], ...] = ()
    providers: tuple[int, ...] | None = None
    kinds: tuple[str, ...] | None = None
    phrases: tuple[tuple[Phrase, ...], ...] = ()
    min_quality: float | None = None
    since: int | None = None
    before: int | None = None
    after: int | None = None
    not_topics: tuple[int, ...] = ()
    not_providers: tuple[int, ...] = ()
    not_phrases: tuple[Phrase, ...] = ()
    tiers: tuple[int, ...] | None = None
    has_icon: bool = False

    def tiers_of(self, tiers: Sequence[int]) -> tuple[int, ...]:
        """Return those of a query's tiers that the filter selects from."""
        return tuple(tier for tier in tiers if self.tiers is None or tier in self.tiers)

    def match(self, tiers: Sequence[int]) -> str:
        """Return the match expression of all but quality and time; empty if nothing can match."""
        shown = self.tiers_of(tiers)
        facets = [documents.topics(group, shown) for group in self.topics]
        if self.providers is not None:
            facets.append(documents.providers(self.providers, shown))
        if self.kinds is not None:
            facets.append(documents.kinds(self.kinds, shown))
        if self.has_icon:
            facets.append(documents.icons())
        if not facets:
            facets.append(documents.tiers(shown))
        words = [documents.phrases(group) for group in self.phrases]
        without = documents.topics(self.not_topics, shown)
        without += documents.providers(self.not_providers, shown)
        without += documents.phrases(self.not_phrases)
        can_match = all(facets) and all(words)
        return documents.expression(facets, words, without) if can_match else ""


class EntryQuery(NamedTuple):
    """The first entries, in an order, that any of some filters selects from some tiers."""

    tiers: Sequence[int]
    limit: int
    filters: Sequence[EntryFilter] = (EntryFilter(),)
    order: Order = "published"


class Hit(NamedTuple):
    """An entry that a filter selects, as entries are ordered: the lowest comes first."""

    rank: float  # the score with its sign changed
    position: int


def find(connection: Connection, query: EntryQuery) -> list[int]:
    """Return the positions of the first entries that a query selects, in order, each once.

    The last published or the best scored comes first. Entries of the same score
    are in order of publication; those without one come last.
    """
    found = [_rows(connection, query, filter) for filter in query.filters]
    if len(found) == 1:
        return [position for _, position in found[0]]
    hits = {Hit(_rank(score), position) for rows in found for score, position in rows}
    return [hit.position for hit in sorted(hits)[: query.limit]]


def select(connection: Connection, query: EntryQuery, columns: str) -> Sequence[Any] | None:
    """Return columns of the same entries by one statement; None if several are needed.

    `columns` are of `entries e` and `mentions m`, the winning mentions.
    """
    if len(query.filters) > 1 or query.order != "published":
        return None
    return _rows(connection, query, query.filters[0], columns)


def _rank(score: float | None) -> float:
    return float("inf") if score is None else -score


def _rows(
    connection: Connection, query: EntryQuery, filter: EntryFilter, columns: str = ""
) -> Sequence[Any]:
    """Return columns of the first entries of one filter, in order; else scores and positions."""
    match = filter.match(query.tiers)
    if not match:
        return ()
    end = documents.END if filter.since is None else documents.newest_position(filter.since - 1)
    first = 0 if filter.before is None else documents.newest_position(filter.before - 1)
    first = first if filter.after is None else max(first, filter.after + 1)
    values = {"match": match, "first": first, "end": end, "limit": query.limit}
    plan = "date"
    if query.order != "published":
        matches: int = connection.scalar(_COUNT, values | {"most": _SORTED}) or 0
        plan = "sort" if matches < _SORTED else "walk"
    if filter.min_quality is not None:
        values["quality"] = filter.min_quality
    statement = _statement(plan, query.order, columns, good=filter.min_quality is not None)
    return connection.execute(statement, values).all()


_WITHIN: Final = "documents MATCH :match AND documents.rowid >= :first AND documents.rowid < :end"
_COUNT: Final = text(f"SELECT count(*) FROM (SELECT 1 FROM documents WHERE {_WITHIN} LIMIT :most)")
# CROSS JOIN keeps the order of the tables, INDEXED BY the index, whatever SQLite estimates:
# https://www.sqlite.org/optoverview.html#manual_control_of_query_plans_using_cross_join
_ENTRIES: Final = "documents CROSS JOIN entries e ON e.position = documents.rowid"


@lru_cache(maxsize=32)
def _statement(plan: str, order: Order, columns: str, *, good: bool) -> TextClause:
    """Return the statement of a plan, with a lowest quality or without."""
    quality = " AND e.quality >= :quality" if good else ""
    by_score = f"ORDER BY e.{order} DESC, e.position"
    if plan == "date":
        tables = _ENTRIES if good or columns else "documents"
        if columns:
            tables += " CROSS JOIN mentions m ON m.id = e.winner"
        found = f"FROM {tables} WHERE {_WITHIN}{quality}"
        columns = columns or "0.0, documents.rowid"
        statement = f"SELECT {columns} {found} ORDER BY documents.rowid"
    elif plan == "sort":
        found = f"FROM {_ENTRIES} WHERE {_WITHIN}{quality}"
        statement = f"SELECT e.{order}, e.position {found} {by_score}"
    else:
        found = (
            f"FROM entries e INDEXED BY entries_{order} "
            f"WHERE e.position >= :first AND e.position < :end{quality} AND EXISTS "
            "(SELECT 1 FROM documents WHERE documents MATCH :match AND rowid = e.position)"
        )
        statement = f"SELECT e.{order}, e.position {found} {by_score}"
    return text(f"{statement} LIMIT :limit")


@contextmanager
def limited(
    connection: Connection, seconds: float | None, is_wanted: Callable[[], bool] | None = None
) -> Iterator[None]:
    """Interrupt the queries of a connection after some seconds; None is no limit.

    It is also interrupted as soon as `is_wanted` returns False. Raises SelectionTooSlow or
    NobodyWaits. https://www.sqlite.org/c3ref/progress_handler.html
    """
    if seconds is None and is_wanted is None:
        yield
        return
    driver: Any = connection.connection.driver_connection
    until = time.monotonic() + seconds if seconds is not None else float("inf")
    driver.set_progress_handler(
        lambda: time.monotonic() > until or (is_wanted is not None and not is_wanted()), _STEPS
    )
    try:
        yield
    except OperationalError as error:
        if getattr(error.orig, "sqlite_errorcode", None) != sqlite3.SQLITE_INTERRUPT:
            raise
        if is_wanted is not None and not is_wanted():
            raise NobodyWaits from None
        raise SelectionTooSlow from None
    finally:
        driver.set_progress_handler(None, 0)
