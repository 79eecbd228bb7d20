"""Entries by their places in the full-text index: those that have words, those that lack them.

Places are in order of publication, so pages of them are read newest first.
"""

from collections.abc import Generator, Sequence
from typing import Any, Final

from sqlalchemy import bindparam, except_, literal_column, select

from feeds.catalog import conditions, documents
from feeds.catalog import schema as t
from feeds.catalog.bulk import among, listed
from feeds.catalog.ranges import Range
from feeds.catalog.saying import Saying
from feeds.catalog.wanted import Question, Row, Wanted

Pages = Generator[list[Row]]

_FIRST_PAGE: Final = 250  # each further page is twice as long, so that few matches cost
_LONGEST_PAGE: Final = 8000  # little and many stay few queries
_FIRST_SPAN: Final = 8000  # entries, of which few lack what is unwanted
_LONGEST_SPAN: Final = 64_000
_HIGHEST: Final = 2**63 - 1


def by_words(question: Question) -> Pages:
    """Entries that have words, newest first: places page by page, then who stands there."""
    connection, one = question.connection, question.wanted
    asked = documents.query(one.phrases, one.not_phrases)
    first, last = _bounds(one)
    page, count = _FIRST_PAGE, 0
    while places := documents.newest(connection, asked, page, first, last):
        rows = _at(question, places)
        count += len(rows)
        yield rows
        last = places[-1]
        if len(places) < page:
            return
        if question.order == "published" and count >= question.limit:
            # Those of one second are in order of their keys: all of them are needed.
            second = documents.first_place(documents.published_at(last))
            yield _at(question, documents.newest(connection, asked, _LONGEST_PAGE, second, last))
            return
        page = min(2 * page, _LONGEST_PAGE)


def by_lack(question: Question, saying: Saying) -> Pages:
    """Entries that say nothing unwanted, newest first.

    They are looked for where the commonest unwanted phrases are lacking, in spans
    that begin with a second. What is found lacks them all if these are all, or is read.
    """
    first, last = _bounds(question.wanted)
    span, missing = _FIRST_SPAN, question.limit
    while first < last:
        start = max(first, _start(question, span, last))
        leaders = saying.leaders()
        values = {"asked": documents.any_of(leaders), "first": start, "last": last}
        rows = _at(question, question.connection.scalars(_LACKING, values).all())
        if len(leaders) < len(question.wanted.not_phrases):
            rows = list(saying.among(rows))
        yield rows
        missing -= len(rows)
        if question.order == "published" and missing <= 0:
            return
        last, span = start, min(2 * span, _LONGEST_SPAN)


def _bounds(one: Wanted) -> tuple[int, int]:
    """The first place that may be wanted, and the first that is too late."""
    ends = [] if one.before is None else [one.before]
    ends += [] if one.after is None else [one.after[0] + 1]
    first = 0 if one.since is None else documents.first_place(one.since)
    return first, documents.first_place(min(ends)) if ends else _HIGHEST


def _start(question: Question, span: int, last: int) -> int:
    """Where so many entries before a place begin, and with them their first second."""
    place = documents.nth_before(question.connection, last, span)
    return 0 if place is None else documents.first_place(documents.published_at(place))


def _at(question: Question, places: Sequence[int]) -> list[Row]:
    """The wanted entries at some places, in no order."""
    e = t.entries.c
    here = Range(t.entries, e, among(e.place, "places"))
    columns: Any = (conditions.score_of(here, question.order), e.published, e.key)
    # The tier as an expression: no index that it leads is any good here.
    mine = (e.tier + literal_column("0")).in_(question.tiers)
    rest = conditions.conditions(here, question.wanted)
    found = question.connection.execute(
        select(*columns).where(here.condition, mine, *rest), {"places": listed(places)}
    )
    return [Row.of(*row) for row in found]


# In order, SQLite goes through both side by side, and needs no room: three times as fast.
_LACKING: Final = except_(
    select(t.entries.c.place).where(
        t.entries.c.place >= bindparam("first"), t.entries.c.place < bindparam("last")
    ),
    documents.within("asked", "first", "last"),
).order_by(literal_column("1"))
