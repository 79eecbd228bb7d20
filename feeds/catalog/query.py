"""What a selection asks of the catalog, as statements that stop at their limit.

Each reads an index in the order of the feed and tests every entry it comes by
against all else that is wanted. Which index is read decides what that costs:
the one with the fewest entries, so that what is rare bounds the work, and not
what is common.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)

from feeds import words
from feeds.catalog import fulltext
from feeds.catalog import payload as payloads
from feeds.catalog import tables as t
from feeds.model import Order, Phrase

_ENOUGH: Final = 5000  # entries: beyond that, one index is as good as another
_FEW: Final = 2000  # entries that are read through for words, rather than asked of the index
_FIRST_PAGE: Final = 250  # of the full-text index; each further page is twice as long
_LONGEST_PAGE: Final = 8000
_IN_ONE_STATEMENT: Final = 240  # ranges: https://www.sqlite.org/limits.html allows 500
_LIMIT: Final = bindparam("limit", type_=Integer)


class Wanted(NamedTuple):
    """What entries are wanted, by the catalog's ids. All fields must hold.

    A group without members, or an empty tuple of providers or kinds, is met by
    none. Times are in seconds since 1970; `since` is the first, `before` the
    first that is too late. `after` is when an entry was published, and its key:
    wanted is what comes after it, newest first.
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


class Row(NamedTuple):
    """An entry found, and what it is ordered by."""

    score: float
    published: int
    key: int


class _Range(NamedTuple):
    """A part of an index: its table, that table's columns, and what is in the part.

    `topic` is that of a part of `entry_topics`; `dated` tells whether the part
    is in order of publication.
    """

    table: FromClause
    c: Any
    condition: ColumnElement[bool]
    topic: int | None = None
    dated: bool = True
    provider: int | None = None


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
    for one in wanted:
        kind, ids = _plain(one)
        if kind and order == "published":
            found.update(_newest(connection, tuple(tiers), limit, kind, ids))
        elif _is_possible(one):
            found.update(_found(connection, tiers, limit, one, order))
    return [row.key for row in sorted(found, reverse=True)[:limit]]


def _is_possible(one: Wanted) -> bool:
    return all(one.topics) and one.providers != () and one.kinds != ()


def _found(
    connection: Connection, tiers: Sequence[int], limit: int, one: Wanted, order: Order
) -> Iterator[Row]:
    ranges, size = _ranges(connection, tiers, one)
    if one.phrases and size > _FEW:
        yield from _by_words(connection, tiers, limit, one, order)
        return
    for start in range(0, len(ranges), _IN_ONE_STATEMENT):
        some = ranges[start : start + _IN_ONE_STATEMENT]
        yield from _in_ranges(connection, tiers, limit, one, order, some)


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


def _newest(
    connection: Connection, tiers: tuple[int, ...], limit: int, kind: str, ids: tuple[int, ...]
) -> Iterator[Row]:
    if kind == "all":
        statements = [(_statement_of(tiers, kind, 1), {"limit": limit})]
    else:
        size = _IN_ONE_STATEMENT // len(tiers)
        chunks = (ids[start : start + size] for start in range(0, len(ids), size))
        statements = [
            (
                _statement_of(tiers, kind, len(chunk)),
                {"limit": limit, **{f"id{number}": id for number, id in enumerate(chunk)}},
            )
            for chunk in chunks
        ]
    for statement, values in statements:
        for published, key in connection.execute(statement, values).all():
            yield Row(0.0, published, key)


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


# --- reading an index ----------------------------------------------------------


def _ranges(connection: Connection, tiers: Sequence[int], one: Wanted) -> tuple[list[_Range], int]:
    """The shortest ranges that all wanted entries lie in, and how many those are, if few."""
    choices = list(_choices(one))
    if not choices:
        return [_Range(t.entries, t.entries.c, true())], _ENOUGH
    if len(choices) == 1 and choices[0][0].dated and not one.phrases:
        return choices[0], _ENOUGH
    sizes = [_size(connection, tiers, ranges) for ranges in choices]
    smallest = min(range(len(choices)), key=sizes.__getitem__)
    if sizes[smallest] >= _ENOUGH and not choices[smallest][0].dated:
        # What is not in order has to be read whole: only good where it is short.
        return [_Range(t.entries, t.entries.c, true())], _ENOUGH
    return choices[smallest], sizes[smallest]


def _choices(one: Wanted) -> Iterator[list[_Range]]:
    """Ranges that all wanted entries lie in, by each thing that is wanted."""
    e, et = t.entries.c, t.entry_topics.c
    for group in one.topics:
        yield [_Range(t.entry_topics, et, et.topic == topic, topic) for topic in group]
    if one.providers is not None:
        yield [_Range(t.entries, e, e.provider == id, provider=id) for id in one.providers]
    if one.kinds is not None and "article" not in one.kinds:
        rare = e.kind != literal_column("'article'")  # to the letter as the index says it
        yield [_Range(t.entries, e, and_(rare, e.kind == kind)) for kind in one.kinds]
    if one.min_quality is not None:
        yield [_Range(t.entries, e, e.quality >= one.min_quality, dated=False)]


def _size(connection: Connection, tiers: Sequence[int], ranges: Sequence[_Range]) -> int:
    """How many entries some ranges have. Of topics and providers that is kept; else it
    is counted, up to where it no longer matters."""
    kind = "topic" if ranges[0].topic is not None else "provider"
    refs = [one.topic if kind == "topic" else one.provider for one in ranges]
    if None not in refs:
        c = t.counts.c
        kept = select(func.sum(c.entries)).where(c.kind == kind, c.ref.in_(refs), c.tier.in_(tiers))
        return int(connection.scalar(kept) or 0)
    size = 0
    for one in ranges:
        for tier in tiers:
            some = (
                select(one.c.key)
                .select_from(one.table)
                .where(one.condition, one.c.tier == tier)
                .limit(_ENOUGH - size)
            )
            size += connection.scalar(select(func.count()).select_from(some.subquery())) or 0
            if size >= _ENOUGH:
                return _ENOUGH
    return size


def _in_ranges(
    connection: Connection,
    tiers: Sequence[int],
    limit: int,
    one: Wanted,
    order: Order,
    ranges: Sequence[_Range],
) -> Iterator[Row]:
    if one.phrases or one.not_phrases:
        for part in ranges:
            for tier in tiers:
                yield from _read_through(connection, part, tier, limit, one, order)
        return
    statements = [_statement(part, tier, limit, one, order) for part in ranges for tier in tiers]
    for start in range(0, len(statements), _IN_ONE_STATEMENT):
        some = statements[start : start + _IN_ONE_STATEMENT]
        all_of_them = some[0].union_all(*some[1:]) if len(some) > 1 else some[0]
        for score, published, key in connection.execute(all_of_them):
            yield Row(_score(score), published, key)


def _read_through(
    connection: Connection, range: _Range, tier: int, limit: int, one: Wanted, order: Order
) -> Iterator[Row]:
    """The first of a range that have the right words, found by reading page by page.

    To ask the full-text index of each entry would cost many times as much.
    """
    start, page, found = 0, limit, 0
    while found < limit:
        some = _statement(range, tier, page, one, order, start).subquery()
        rows = connection.execute(
            select(some.c.score, some.c.published, some.c.key, t.mentions.c.payload)
            .join_from(some, t.entries, t.entries.c.key == some.c.key)
            .join(t.mentions, t.mentions.c.id == t.entries.c.winner)
        ).all()
        for score, published, key, payload in rows:
            if _says(payload, one):
                found += 1
                yield Row(_score(score), published, key)
        if len(rows) < page:
            return
        start, page = start + page, min(2 * page, _LONGEST_PAGE)


def _says(payload: str, one: Wanted) -> bool:
    """Whether an entry has the words that are wanted, and none that are not."""
    folded = words.fold(payloads.text(payload))
    return all(
        any(words.contains(folded, phrase) for phrase in group) for group in one.phrases
    ) and not any(words.contains(folded, phrase) for phrase in one.not_phrases)


def _statement(
    range: _Range, tier: int, limit: int, one: Wanted, order: Order, start: int = 0
) -> Select[Any]:
    c = range.c
    score = _score_of(range, order)
    conditions = [range.condition, c.tier == tier, *_conditions(range, one)]
    found = select(score.label("score"), c.published, c.key).select_from(range.table)
    ordered = (
        found.where(*conditions)
        .order_by(*_by(order, score), _dated(range).desc(), c.key.desc())
        .limit(limit)
        .offset(start)
        .subquery()
    )
    return select(ordered.c.score, ordered.c.published, ordered.c.key)


def _dated(range: _Range) -> ColumnElement[int]:
    """The date to order by. As an expression, it keeps SQLite from reading all
    entries by date for the sake of the order, where another index has few."""
    published: ColumnElement[int] = range.c.published
    return published if range.dated else published + literal_column("0")


def _by(order: Order, score: ColumnElement[Any]) -> list[Any]:
    return [] if order == "published" else [score.desc().nulls_last()]


def _score_of(range: _Range, order: Order) -> ColumnElement[Any]:
    """What entries are ordered by ahead of their dates."""
    if order == "published":
        return literal_column("0")
    if range.table is t.entries:
        own: ColumnElement[Any] = range.c[order]
        return own
    e = t.entries.alias("scored")
    return select(e.c[order]).where(e.c.key == range.c.key).scalar_subquery()


def _score(found: float | None) -> float:
    return float("-inf") if found is None else float(found)


def _conditions(range: _Range, one: Wanted) -> list[ColumnElement[bool]]:
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
    if range.table is t.entries:
        found += of_entry
    elif of_entry:
        found.append(exists().where(e.key == c.key, *of_entry))
    found += [_has_topic(c, group) for group in one.topics if range.topic not in group]
    if one.not_topics:
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
    if one.min_quality is not None:
        found.append(e.quality >= one.min_quality)
    return found


def _has_topic(c: Any, topics: tuple[int, ...]) -> ColumnElement[bool]:
    et = t.entry_topics.alias().c
    return exists().where(
        et.topic.in_(topics), et.tier == c.tier, et.published == c.published, et.key == c.key
    )


# --- reading the full-text index -----------------------------------------------


def _by_words(
    connection: Connection, tiers: Sequence[int], limit: int, one: Wanted, order: Order
) -> Iterator[Row]:
    """Entries that have words, newest first: places page by page, then who stands there.

    The pages get longer, so that few matches cost little and many stay few queries.
    """
    asked = fulltext.query(one.phrases, one.not_phrases)
    first = None if one.since is None else fulltext.first_place(one.since)
    ends = [one.before] if one.before is not None else []
    ends += [one.after[0] + 1] if one.after is not None else []
    last = fulltext.first_place(min(ends)) if ends else None
    page, found = _FIRST_PAGE, 0
    while places := fulltext.newest(connection, asked, page, first, last):
        for row in _at(connection, tiers, one, order, places):
            found += 1
            yield row
        last = places[-1]
        if len(places) < page:
            return
        if order == "published" and found >= limit:
            # Those of one second are in order of their keys: all of them are needed.
            second = fulltext.first_place(fulltext.published_at(last))
            rest = fulltext.newest(connection, asked, _LONGEST_PAGE, second, last)
            yield from _at(connection, tiers, one, order, rest)
            return
        page = min(2 * page, _LONGEST_PAGE)


def _at(
    connection: Connection, tiers: Sequence[int], one: Wanted, order: Order, places: Sequence[int]
) -> Iterator[Row]:
    """The wanted entries at some places, in no order."""
    e = t.entries.c
    here = _Range(t.entries, e, and_(e.place.in_(places), e.tier.in_(tiers)))
    rest = _conditions(here, one._replace(phrases=(), not_phrases=()))
    found = select(_score_of(here, order), e.published, e.key).where(here.condition, *rest)
    for score, published, key in connection.execute(found):
        yield Row(_score(score), published, key)
