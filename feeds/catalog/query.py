"""What a selection asks of the catalog, as statements that stop at their limit.

Each reads an index in the order of the feed and tests every entry it comes by
against all else that is wanted. Which index is read decides what that costs:
the one with the fewest entries, so that what is rare bounds the work, and not
what is common.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    bindparam,
    select,
    true,
    union_all,
)

from feeds.catalog import conditions, ranges, search
from feeds.catalog import schema as t
from feeds.catalog.ranges import Range
from feeds.catalog.wanted import Question, Row, Wanted
from feeds.model import Order

_IN_ONE_STATEMENT: Final = 240  # ranges: https://www.sqlite.org/limits.html allows 500
_LIMIT: Final = bindparam("limit", type_=Integer)


def find(
    connection: Connection,
    tiers: Sequence[int],
    limit: int,
    wanted: Sequence[Wanted],
    order: Order = "published",
) -> list[int]:
    """The keys of the first entries that meet any of `wanted`, in order, each once.

    Published last comes first, or the best score; ties go by key, which is the
    same everywhere. Entries without a score come last.
    """
    found: set[Row] = set()
    for each in wanted:
        shown, one = each.within(tiers)
        kind, ids = _plain(one)
        if not shown or not _is_possible(one):
            continue
        if kind and order == "published":
            found.update(_newest(connection, shown, limit, kind, ids))
        else:
            found.update(_found(Question(connection, shown, limit, one, order)))
    return [row.key for row in sorted(found, reverse=True)[:limit]]


def _is_possible(one: Wanted) -> bool:
    return all(one.topics) and one.providers != () and one.kinds != ()


def _found(question: Question) -> Iterator[Row]:
    """The first entries of the ranges that all wanted ones lie in."""
    parts, size = ranges.shortest(question)
    if question.wanted.phrases or question.wanted.not_phrases:
        yield from search.found(question, parts, size)
        return
    at_once = _IN_ONE_STATEMENT // len(question.tiers)
    for group in ranges.in_turn(parts, question.order):
        starts = range(0, len(group), at_once)
        some = [row for one in starts for row in _in_ranges(question, group[one : one + at_once])]
        yield from some
        if len(some) >= question.limit:
            return


def _in_ranges(question: Question, parts: Sequence[Range]) -> Iterator[Row]:
    firsts = [
        conditions.first(conditions.members(part, tier, question), question)
        for part in parts
        for tier in question.tiers
    ]
    for row in question.connection.execute(union_all(*firsts) if len(firsts) > 1 else firsts[0]):
        yield Row.of(*row)


# --- plain selections ----------------------------------------------------------
#
# Most feeds want a topic, a provider or everything, and nothing else. Their
# statements are made once: to build one costs SQLAlchemy more than SQLite needs
# to answer it.


def _plain(one: Wanted) -> tuple[str, tuple[int, ...]]:
    """What a selection wants if it is one of these: its kind and ids; else no kind."""
    if one == Wanted():
        return "all", ()
    if len(one.topics) == 1 and one == Wanted(topics=one.topics):
        return "topic", one.topics[0]
    if one.providers is not None and one == Wanted(providers=one.providers):
        return "provider", one.providers
    return "", ()


def at_once(
    tiers: Sequence[int],
    limit: int,
    wanted: Sequence[Wanted],
    order: Order,
    columns: tuple[ColumnElement[Any], ...],
) -> tuple[Select[Any], dict[str, int]] | None:
    """One statement that gives columns of the entries that `find` finds, and its values.

    None where what is wanted takes more than one, as it does for all but plain feeds.
    """
    kind, ids = _plain(wanted[0]) if len(wanted) == 1 and order == "published" else ("", ())
    statements = list(_statements(tuple(tiers), limit, kind, ids)) if kind else []
    if len(statements) != 1:
        return None
    count, values = statements[0]
    return _columns_of(tuple(tiers), kind, count, columns), values


def _newest(
    connection: Connection, tiers: tuple[int, ...], limit: int, kind: str, ids: tuple[int, ...]
) -> Iterator[Row]:
    for count, values in _statements(tiers, limit, kind, ids):
        statement = _statement_of(tiers, kind, count)
        for published, key in connection.execute(statement, values).all():
            yield Row(0.0, published, key)


def _statements(
    tiers: tuple[int, ...], limit: int, kind: str, ids: tuple[int, ...]
) -> Iterator[tuple[int, dict[str, int]]]:
    """For how many topics or providers each statement is, and its values."""
    if kind == "all":
        yield 1, {"limit": limit}
    size = _IN_ONE_STATEMENT // len(tiers)
    for start in range(0, len(ids), size):
        some = ids[start : start + size]
        yield len(some), {"limit": limit} | {f"id{number}": id for number, id in enumerate(some)}


@lru_cache(maxsize=64)
def _statement_of(tiers: tuple[int, ...], kind: str, count: int) -> Select[Any]:
    """The newest entries of so many topics or providers."""
    e, et = t.entries.c, t.entry_topics.c
    table, c, column = {
        "all": (t.entries, e, None),
        "topic": (t.entry_topics, et, et.topic),
        "provider": (t.entries, e, e.provider),
    }[kind]
    ranges = []
    for number in range(count):
        mine = true() if column is None else column == bindparam(f"id{number}", type_=Integer)
        for tier in tiers:
            inside = select(c.published, c.key).select_from(table).where(c.tier == tier, mine)
            part = inside.order_by(c.published.desc(), c.key.desc()).limit(_LIMIT).subquery()
            ranges.append(select(part.c.published, part.c.key))
    found = union_all(*ranges).subquery()
    return (
        select(found.c.published, found.c.key)
        .distinct()  # an entry of two of the topics is in two ranges
        .order_by(found.c.published.desc(), found.c.key.desc())
        .limit(_LIMIT)
    )


@lru_cache(maxsize=64)
def _columns_of(
    tiers: tuple[int, ...], kind: str, count: int, columns: tuple[ColumnElement[Any], ...]
) -> Select[Any]:
    """The same, with other columns of what is found."""
    e, found = t.entries.c, _statement_of(tiers, kind, count).subquery()
    return (
        select(*columns)
        .join_from(found, t.entries, e.key == found.c.key)
        .join(t.mentions, t.mentions.c.id == e.winner)
        .order_by(found.c.published.desc(), found.c.key.desc())
    )
