"""The parts of the indexes that entries are looked for in.

Which index is read decides what a selection costs: the one with the fewest
entries, so that what is rare bounds the work, and not what is common.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    FromClause,
    and_,
    func,
    literal_column,
    select,
    true,
)

from feeds.catalog import schema as t
from feeds.catalog.wanted import Question, Wanted
from feeds.model import Order

ENOUGH: Final = 5000  # entries: beyond that, one index is as good as another
FEW: Final = 8  # ranges worth reading each by itself, topics worth looking for one by one
_DEAR: Final = 8  # entries of a provider that are looked at in the time of one of a topic
_SHARE: Final = 16  # where one of so many is wanted, all may as well be read


class Range(NamedTuple):
    """A part of an index: its table, that table's columns, and what is in the part.

    `kept` is what `tables.counts` calls it, if it counts it; `dated` tells whether
    the part is in order of publication.
    """

    table: FromClause
    c: Any
    condition: ColumnElement[bool]
    kept: tuple[str, int] | None = None
    dated: bool = True


EVERYTHING: Final = Range(t.entries, t.entries.c, true(), ("all", 0))
# The same in two: `entries_heat` has only those of one.
_HOT: Final = Range(t.entries, t.entries.c, t.entries.c.heat.is_not(None), ("all", 0))
_COLD: Final = Range(t.entries, t.entries.c, t.entries.c.heat.is_(None), ("all", 0))
_WHOLE: Final = (EVERYTHING, _HOT, _COLD)


def shortest(question: Question) -> tuple[list[Range], int]:
    """The shortest ranges that all wanted entries lie in, and about how many lie there."""
    wanted = question.wanted
    choices = list(_choices(wanted)) or [[EVERYTHING]]
    if len(choices) == 1 and choices[0][0].dated and not (wanted.phrases or wanted.not_phrases):
        return choices[0], ENOUGH
    sized = [(_size(question, ranges), ranges) for ranges in choices]
    # What is not in order has to be read whole: only good where it is short.
    good = [one for one in sized if one[0] < ENOUGH or one[1][0].dated]
    size, smallest = min(good, key=_cost, default=(-1, [EVERYTHING]))
    return smallest, _size(question, smallest) if size < 0 else size


def _cost(sized: tuple[int, Sequence[Range]]) -> int:
    """About what it takes to look at all entries of some ranges."""
    size, ranges = sized
    return size if tells(ranges[0]) else _DEAR * size


def together(question: Question, parts: Sequence[Range], size: int) -> Sequence[Range]:
    """Some ranges as few: hundreds in order cost more than all their entries in none."""
    if len(parts) <= FEW:
        return parts
    if are_more(question, size, _SHARE):
        return [EVERYTHING]
    c, ids = parts[0].c, [part.kept[1] for part in parts if part.kept]
    column: ColumnElement[int] = c.topic if _is_topic(parts[0]) else c.provider
    return [Range(parts[0].table, c, column.in_(ids), dated=False)]


def are_more(question: Question, size: int, share: int) -> bool:
    """Whether so many are more than one in so many of all entries."""
    return size * share > _size(question, [EVERYTHING])


def _choices(one: Wanted) -> Iterator[list[Range]]:
    """Ranges that all wanted entries lie in, by each thing that is wanted."""
    e, et = t.entries.c, t.entry_topics.c
    for group in one.topics:
        yield [Range(t.entry_topics, et, et.topic == topic, ("topic", topic)) for topic in group]
    if one.providers is not None:
        yield [Range(t.entries, e, e.provider == id, ("provider", id)) for id in one.providers]
    if one.kinds is not None and "article" not in one.kinds:
        rare = e.kind != literal_column("'article'")  # to the letter as the index says it
        if len(one.kinds) > FEW:
            yield [Range(t.entries, e, and_(rare, e.kind.in_(one.kinds)), dated=False)]
        else:
            yield [Range(t.entries, e, and_(rare, e.kind == kind)) for kind in one.kinds]
    if one.min_quality is not None:
        yield [Range(t.entries, e, e.quality >= one.min_quality, dated=False)]


def _size(question: Question, ranges: Sequence[Range]) -> int:
    """How many entries some ranges have. Of topics and providers that is kept; else it
    is counted, up to where it no longer matters."""
    connection, tiers = question.connection, question.tiers
    if ranges[0].kept:
        c = t.counts.c
        refs = [one.kept[1] for one in ranges if one.kept]
        mine = (c.kind == ranges[0].kept[0], c.ref.in_(refs), c.tier.in_(tiers))
        return int(connection.scalar(select(func.sum(c.entries)).where(*mine)) or 0)
    size = 0
    for one in ranges:
        for tier in tiers:
            some = (
                select(one.c.key)
                .select_from(one.table)
                .where(one.condition, one.c.tier == tier)
                .limit(ENOUGH - size)
            )
            size += connection.scalar(select(func.count()).select_from(some.subquery())) or 0
            if size >= ENOUGH:
                return ENOUGH
    return size


def are_ready(parts: Sequence[Range], order: Order) -> bool:
    """Whether the first of some ranges are known before all of them have been read."""
    if order == "published":
        return all(part.dated for part in parts)
    return all(is_whole(part) for part in parts)


def in_turn(parts: Sequence[Range], order: Order) -> list[Sequence[Range]]:
    """The same, in groups of which each comes before the next in the order of a feed."""
    if order == "heat" and all(part is EVERYTHING for part in parts):
        return [[_HOT], [_COLD]]
    return [parts]


def is_whole(range: Range) -> bool:
    """Whether a range is there for its order, and not for being short."""
    return any(range is one for one in _WHOLE)


def tells(range: Range) -> bool:
    """Whether the index itself tells which topics an entry has, and which stop words."""
    return range.kept is not None and range.kept[0] == "provider"


def _is_topic(range: Range) -> bool:
    return range.table is t.entry_topics
