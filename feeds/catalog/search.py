"""Entries by their words, at the cost of what is rarest among all that is wanted.

There are two ways. One reads a range of an index and looks at what each entry
says; the other reads the full-text index and looks where each match belongs.
Which is shorter depends on how words and topics fall together, and no count
kept beforehand tells. So both are gone by turns, page by page, until one has
arrived: that costs twice the shorter one at most.
"""

from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, bindparam, literal_column, select, union

from feeds import words
from feeds.catalog import fulltext, ranges
from feeds.catalog import payload as payloads
from feeds.catalog import tables as t
from feeds.catalog.ranges import Range
from feeds.catalog.rows import among, listed
from feeds.catalog.wanted import Row, Wanted
from feeds.model import Order, Phrase

Pages = Generator[list[Row]]

_FIRST_PAGE: Final = 250  # of the full-text index; each further page is twice as long
_LONGEST_PAGE: Final = 8000
_AT_ONCE: Final = 500  # texts in memory
_SAMPLE: Final = 1000  # entries that tell how close others stand
_FAR: Final = 8  # entries that are put in order in the time of finding whose a match is
_DEAR: Final = 32  # matches of the full-text index that take the time of reading one entry


def found(
    connection: Connection,
    tiers: Sequence[int],
    limit: int,
    one: Wanted,
    order: Order,
    parts: Sequence[Range],
    size: int,
) -> list[Row]:
    """The first entries of some ranges, which have about so many, that say what is wanted."""
    parts = ranges.together(connection, tiers, parts, size)
    by_range = _by_range(connection, tiers, limit, one, order, parts)
    if not one.phrases:
        return _first_to_arrive([by_range])
    by_words = _by_words(connection, tiers, limit, one, order)
    if ranges.are_ready(parts, order):
        return _first_to_arrive([by_words, by_range])
    # Neither knows its first before it has read all it reads: the shorter one is gone alone.
    if fulltext.are_fewer(connection, fulltext.query(one.phrases, one.not_phrases), size // _FAR):
        return _first_to_arrive([by_words])
    return _first_to_arrive([by_range, by_words])


def _first_to_arrive(ways: Sequence[Pages]) -> list[Row]:
    """What one of some ways finds, all gone page by page."""
    gathered: list[list[Row]] = [[] for _ in ways]
    try:
        while True:
            for rows, way in zip(gathered, ways, strict=True):
                page = next(way, None)
                if page is None:
                    return rows
                rows.extend(page)
    finally:
        for way in ways:
            way.close()


# --- by a range of an index ----------------------------------------------------


def _by_range(
    connection: Connection,
    tiers: Sequence[int],
    limit: int,
    one: Wanted,
    order: Order,
    parts: Sequence[Range],
) -> Pages:
    """Entries of some ranges, in order, that say what is wanted."""
    saying = _Saying(connection, one)
    members = [ranges.members(part, tier, one, order) for part in parts for tier in tiers]
    # Each once, though it be in several.
    joined = union(*members) if len(members) > 1 else members[0].distinct()
    page, count = min(limit, _LONGEST_PAGE), 0
    with closing(connection.execute(ranges.ordered(joined, order))) as stream:
        while count < limit:
            rows = [Row.of(*row) for row in stream.fetchmany(page)]
            said = list(islice(saying.among(rows), limit - count))
            yield said
            if len(rows) < page:
                return
            count += len(said)
            page = min(2 * page, _LONGEST_PAGE)


class _Saying:
    """Which entries say what is wanted: read, or asked of the full-text index."""

    def __init__(self, connection: Connection, one: Wanted) -> None:
        self._connection = connection
        self._one = one
        # FTS5 cannot be asked only what must not occur.
        self._inverse = not one.phrases
        self._asked = (
            fulltext.any_of(one.not_phrases)
            if self._inverse
            else fulltext.query(one.phrases, one.not_phrases)
        )

    def among(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Those of some entries that do."""
        if rows and self._are_close(rows):
            found = self._matching(rows)
            yield from (row for row in rows if (row.key in found) != self._inverse)
            return
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            payloads = self._connection.execute(_PAYLOADS, {"keys": listed(r.key for r in some)})
            found = {key for key, payload in payloads.all() if _says(payload, self._one)}
            yield from (row for row in some if row.key in found)

    def _are_close(self, rows: Sequence[Row]) -> bool:
        """Whether so few others stand between that the index is the shorter reading."""
        first, last = _bounds(rows)
        sample = self._connection.scalar(_NTH, {"last": last, "sample": _SAMPLE - 1})
        return sample is None or (last - first) * _SAMPLE <= (last - sample) * _DEAR * len(rows)

    def _matching(self, rows: Sequence[Row]) -> set[int]:
        """The keys of those that the index finds."""
        first, last = _bounds(rows)
        stand = self._connection.execute(_STAND, {"keys": listed(row.key for row in rows)}).all()
        values = {"asked": self._asked, "first": first, "last": last}
        places = listed(place for _, place in stand)
        found = set(self._connection.scalars(_MATCHING, values | {"places": places}))
        return {key for key, place in stand if place in found}


def _bounds(rows: Sequence[Row]) -> tuple[int, int]:
    """The first place that some entries may have, and the first that is beyond theirs."""
    published = [row.published for row in rows]
    return fulltext.first_place(min(published)), fulltext.first_place(max(published) + 1)


def _says(payload: str, one: Wanted) -> bool:
    """Whether an entry has the words that are wanted, and none that are not."""
    fields = payloads.load(payload)
    # What is unwanted is mostly common, and so already in the title or the summary.
    if one.not_phrases and _has_any(words.fold(payloads.head(fields)), one.not_phrases):
        return False
    folded = words.fold(payloads.said_by(fields))
    return all(_has_any(folded, group) for group in one.phrases) and not _has_any(
        folded, one.not_phrases
    )


def _has_any(folded: str, phrases: Iterable[Phrase]) -> bool:
    return any(words.contains(folded, phrase) for phrase in phrases)


_PAYLOADS: Final = (
    select(t.entries.c.key, t.mentions.c.payload)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(among(t.entries.c.key, "keys"))
)
_NTH: Final = (
    select(t.entries.c.place)
    .where(t.entries.c.place < bindparam("last"))
    .order_by(t.entries.c.place.desc())
    .offset(bindparam("sample"))
    .limit(1)
)
_STAND: Final = select(t.entries.c.key, t.entries.c.place).where(among(t.entries.c.key, "keys"))
_MATCHING: Final = fulltext.matching("asked", "first", "last", "places")


# --- by the full-text index ----------------------------------------------------


def _by_words(
    connection: Connection, tiers: Sequence[int], limit: int, one: Wanted, order: Order
) -> Pages:
    """Entries that have words, newest first: places page by page, then who stands there.

    The pages get longer, so that few matches cost little and many stay few queries.
    """
    asked = fulltext.query(one.phrases, one.not_phrases)
    first = None if one.since is None else fulltext.first_place(one.since)
    ends = [one.before] if one.before is not None else []
    ends += [one.after[0] + 1] if one.after is not None else []
    last = fulltext.first_place(min(ends)) if ends else None
    page, count = _FIRST_PAGE, 0
    while places := fulltext.newest(connection, asked, page, first, last):
        rows = _at(connection, tiers, one, order, places)
        count += len(rows)
        yield rows
        last = places[-1]
        if len(places) < page:
            return
        if order == "published" and count >= limit:
            # Those of one second are in order of their keys: all of them are needed.
            second = fulltext.first_place(fulltext.published_at(last))
            rest = fulltext.newest(connection, asked, _LONGEST_PAGE, second, last)
            yield _at(connection, tiers, one, order, rest)
            return
        page = min(2 * page, _LONGEST_PAGE)


def _at(
    connection: Connection, tiers: Sequence[int], one: Wanted, order: Order, places: Sequence[int]
) -> list[Row]:
    """The wanted entries at some places, in no order."""
    e = t.entries.c
    here = Range(t.entries, e, among(e.place, "places"))
    rest = ranges.conditions(here, one._replace(phrases=(), not_phrases=()))
    columns: Any = (ranges.score_of(here, order), e.published, e.key)
    # The tier as an expression: no index that it leads is any good here.
    mine = (e.tier + literal_column("0")).in_(tiers)
    found = connection.execute(
        select(*columns).where(here.condition, mine, *rest), {"places": listed(places)}
    )
    return [Row.of(*row) for row in found]
