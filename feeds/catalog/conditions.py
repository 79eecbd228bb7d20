"""What is wanted of a range, as conditions on its rows and columns to order them by.

Where SQLite might be led to another index than the one chosen, a column is
written as an expression: `+ 0`, or as a literal. https://www.sqlite.org/optoverview.html#uplus
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    column,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
)

from feeds.catalog import schema as t
from feeds.catalog.bulk import listed
from feeds.catalog.ranges import EVERYTHING, FEW, Range, is_whole, tells
from feeds.catalog.wanted import Question, Wanted
from feeds.model import Order, Phrase


def members(
    range: Range, tier: int, question: Question, unsaid: Sequence[Phrase] = ()
) -> Select[tuple[Any, int, int]]:
    """What is wanted of a range, with what it is ordered by; in no order, and without end.

    Left out are entries that have some phrases for sure: others may have them too.
    """
    c, one, order = range.c, question.wanted, question.order
    columns = (_ranking(range, order).label("score"), _dated(range).label("published"), c.key)
    members = select(*columns).select_from(range.table)
    return members.where(range.condition, c.tier == tier, *conditions(range, one, order, unsaid))


def ordered(members: Any, order: Order) -> Any:
    """The same in the order of a feed: by what its columns are called."""
    score: list[Any] = [] if order == "published" else [column("score").desc().nulls_last()]
    return members.order_by(*score, column("published").desc(), column("key").desc())


def first(members: Select[Any], question: Question) -> Select[Any]:
    """So many of them as are wanted, as a part of a statement that joins several."""
    some = ordered(members, question.order).limit(question.limit).subquery()
    return select(some.c.score, some.c.published, some.c.key)


def _ranking(range: Range, order: Order) -> ColumnElement[Any]:
    """The score to order by, as an expression for the same reason."""
    score = score_of(range, order)
    return score + literal_column("0") if order != "published" and _is_short(range) else score


def _is_short(range: Range) -> bool:
    """Whether no other index of its table is any good, whatever SQLite may think."""
    return range.table is t.entries and range.dated and not is_whole(range)


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


def conditions(
    range: Range, one: Wanted, order: Order = "published", unsaid: Sequence[Phrase] = ()
) -> list[ColumnElement[bool]]:
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
        ordered = range is EVERYTHING and order == "quality"
        quality = e.quality if ordered else e.quality + literal_column("0")
        of_entry.append(quality >= one.min_quality)
    groups = [group for group in one.topics if not _is_one_of(range, group)]
    few = 0 if tells(range) else FEW  # topics that are looked for in their own index
    of_entry += [_names_any(e, group) for group in groups if len(group) > few]
    if len(one.not_topics) > few:
        of_entry.append(not_(_names_any(e, one.not_topics)))
    if range.table is t.entries:
        found += of_entry
    elif of_entry:
        found.append(exists().where(e.key == c.key, *of_entry))
    found += [_has_topic(c, group) for group in groups if len(group) <= few]
    if 0 < len(one.not_topics) <= few:
        found.append(not_(_has_topic(c, one.not_topics)))
    # Last, because it is the dearest: SQLite goes by the order as it is written.
    found += [not_(said) for said in _said_plainly(range, unsaid)]
    return found


def _of_entry(e: Any, one: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if one.providers is not None:
        found.append(e.provider.in_(one.providers))
    if one.not_providers:
        found.append(e.provider.not_in(one.not_providers))
    if one.kinds is not None:
        found.append(e.kind.in_(one.kinds))
    if one.not_common:
        found.append(e.common.bitwise_and(one.not_common) == 0)
    return found


def _said_plainly(range: Range, phrases: Sequence[Phrase]) -> Iterator[ColumnElement[bool]]:
    """That an entry has any of some phrases for sure: in ASCII, between spaces of its title
    and summary, where to fold is to lower. That is where common words are found."""
    e, m = range.c, t.mentions.alias("says").c
    mine = []
    if range.table is not t.entries:
        e = t.entries.alias("sayer").c
        mine = [e.key == range.c.key]
    title, summary = (func.json_extract(m.payload, f"$.{name}") for name in ("title", "summary"))
    space: ColumnElement[str] = literal_column("' '")
    head = space.concat(title).concat(space).concat(func.coalesce(summary, "")).concat(space)
    written = (f" {' '.join(phrase)} " for phrase in phrases)
    said = [func.instr(func.lower(head), one) > 0 for one in written if one.isascii()]
    if said:
        yield exists().where(*mine, m.id == e.winner, or_(*said))


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
