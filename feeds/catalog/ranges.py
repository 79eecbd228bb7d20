"""The parts of the indexes that entries are looked for in, and the conditions on them.

Which index is read decides what a selection costs: the one with the fewest
entries, so that what is rare bounds the work, and not what is common.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    and_,
    column,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
)

from feeds.catalog import tables as t
from feeds.catalog.rows import listed
from feeds.catalog.wanted import Wanted
from feeds.model import Order

ENOUGH: Final = 5000  # entries: beyond that, one index is as good as another
FEW: Final = 8  # ranges worth reading each by itself, topics worth looking for one by one
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


_EVERYTHING: Final = Range(t.entries, t.entries.c, true(), ("all", 0))


def shortest(connection: Connection, tiers: Sequence[int], one: Wanted) -> tuple[list[Range], int]:
    """The shortest ranges that all wanted entries lie in, and about how many lie there."""
    choices = list(_choices(one)) or [[_EVERYTHING]]
    if len(choices) == 1 and choices[0][0].dated and not (one.phrases or one.not_phrases):
        return choices[0], ENOUGH
    sized = [(_size(connection, tiers, ranges), ranges) for ranges in choices]
    # What is not in order has to be read whole: only good where it is short.
    good = [one for one in sized if one[0] < ENOUGH or one[1][0].dated]
    size, smallest = min(good, key=lambda one: one[0], default=(-1, [_EVERYTHING]))
    return smallest, _size(connection, tiers, smallest) if size < 0 else size


def together(
    connection: Connection, tiers: Sequence[int], parts: Sequence[Range], size: int
) -> Sequence[Range]:
    """Some ranges as few: hundreds in order cost more than all their entries in none."""
    if len(parts) <= FEW:
        return parts
    if size * _SHARE > _size(connection, tiers, [_EVERYTHING]):
        return [_EVERYTHING]
    c, ids = parts[0].c, [part.kept[1] for part in parts if part.kept]
    column: ColumnElement[int] = c.topic if _is_topic(parts[0]) else c.provider
    return [Range(parts[0].table, c, column.in_(ids), dated=False)]


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


def _size(connection: Connection, tiers: Sequence[int], ranges: Sequence[Range]) -> int:
    """How many entries some ranges have. Of topics and providers that is kept; else it
    is counted, up to where it no longer matters."""
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


def members(range: Range, tier: int, one: Wanted, order: Order) -> Select[tuple[Any, int, int]]:
    """What is wanted of a range, with what it is ordered by; in no order, and without end."""
    c = range.c
    columns = (_ranking(range, order).label("score"), _dated(range).label("published"), c.key)
    inside = c.tier == tier
    if range is _EVERYTHING and order == "heat" and one.since is one.before is None:
        # Everything, and no index has it in order: the table is read as it lies, many
        # times as fast as by an index. As an expression, the tier leads to none.
        inside = c.tier + literal_column("0") == tier
    members = select(*columns).select_from(range.table)
    return members.where(range.condition, inside, *conditions(range, one, order))


def are_ready(parts: Sequence[Range], order: Order) -> bool:
    """Whether the first of some ranges are known before all of them have been read."""
    if order == "published":
        return all(part.dated for part in parts)
    return order == "quality" and all(part is _EVERYTHING for part in parts)


def ordered(members: Any, order: Order) -> Any:
    """The same in the order of a feed: by what its columns are called."""
    score: list[Any] = [] if order == "published" else [column("score").desc().nulls_last()]
    return members.order_by(*score, column("published").desc(), column("key").desc())


def first(members: Select[Any], order: Order, limit: int) -> Select[Any]:
    """So many of them, as a part of a statement that joins several."""
    some = ordered(members, order).limit(limit).subquery()
    return select(some.c.score, some.c.published, some.c.key)


def _ranking(range: Range, order: Order) -> ColumnElement[Any]:
    """The score to order by, as an expression for the same reason."""
    score = score_of(range, order)
    return score + literal_column("0") if order != "published" and _is_short(range) else score


def _is_short(range: Range) -> bool:
    """Whether no other index of its table is any good, whatever SQLite may think."""
    return range.table is t.entries and range.dated and range is not _EVERYTHING


def _dated(range: Range) -> ColumnElement[int]:
    """The date to order by. As an expression, it keeps SQLite from reading all
    entries by date for the sake of the order, where another index has few."""
    published: ColumnElement[int] = range.c.published
    return published if range.dated else published + literal_column("0")


def score_of(range: Range, order: Order) -> ColumnElement[Any]:
    """What entries are ordered by ahead of their dates."""
    if order == "published":
        return literal_column("0")
    if range.table is t.entries:
        own: ColumnElement[Any] = range.c[order]
        return own
    e = t.entries.alias("scored")
    return select(e.c[order]).where(e.c.key == range.c.key).scalar_subquery()


def conditions(range: Range, one: Wanted, order: Order = "published") -> list[ColumnElement[bool]]:
    """All that is wanted beyond the range itself, as conditions on a row of its table."""
    c = range.c
    found: list[ColumnElement[bool]] = []
    if one.since is not None:
        found.append(c.published >= one.since)
    if one.before is not None:
        found.append(c.published < one.before)
    if one.after is not None:
        published, key = one.after
        found.append(c.published <= published)  # where the index is entered
        found.append(or_(c.published < published, c.key < key))
    e = range.c if range.table is t.entries else t.entries.alias("same").c
    of_entry = _of_entry(e, one)
    if one.min_quality is not None:
        # As an expression, but where the index by quality is the one to read.
        ordered = range is _EVERYTHING and order == "quality"
        quality = e.quality if ordered else e.quality + literal_column("0")
        of_entry.append(quality >= one.min_quality)
    groups = [group for group in one.topics if not _is_one_of(range, group)]
    of_entry += [_names_any(e, group) for group in groups if len(group) > FEW]
    if len(one.not_topics) > FEW:
        of_entry.append(not_(_names_any(e, one.not_topics)))
    if range.table is t.entries:
        found += of_entry
    elif of_entry:
        found.append(exists().where(e.key == c.key, *of_entry))
    found += [_has_topic(c, group) for group in groups if len(group) <= FEW]
    if 0 < len(one.not_topics) <= FEW:
        found.append(not_(_has_topic(c, one.not_topics)))
    return found


def _of_entry(e: Any, one: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if one.providers is not None:
        found.append(e.provider.in_(one.providers))
    if one.not_providers:
        found.append(e.provider.not_in(one.not_providers))
    if one.kinds is not None:
        found.append(e.kind.in_(one.kinds))
    return found


def _names_any(e: Any, topics: tuple[int, ...]) -> ColumnElement[bool]:
    """Whether an entry has any of many topics: its own, which are few, are gone through."""
    listed_there = literal_column("'['").concat(e.topics).concat(literal_column("']'"))
    its = func.json_each(listed_there).table_valued("value")
    wanted = func.json_each(listed(topics)).table_valued("value")
    return exists().where(its.c.value.in_(select(wanted.c.value)))


def _has_topic(c: Any, topics: tuple[int, ...]) -> ColumnElement[bool]:
    et = t.entry_topics.alias().c
    return exists().where(
        et.topic.in_(topics), et.tier == c.tier, et.published == c.published, et.key == c.key
    )


def _is_one_of(range: Range, topics: tuple[int, ...]) -> bool:
    return range.kept is not None and range.kept[0] == "topic" and range.kept[1] in topics


def _is_topic(range: Range) -> bool:
    return range.table is t.entry_topics
