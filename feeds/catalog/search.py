"""Entries by their words, at the cost of what is rarest among all that is wanted.

There are two ways. One reads a range of an index and looks at what each entry
says; the other reads the full-text index and looks where each match belongs.
Which is shorter depends on how words and topics fall together, and no count
kept beforehand tells. So both are gone by turns, page by page, until one has
arrived: that costs twice the shorter one at most.
"""

from collections.abc import Generator, Sequence
from contextlib import closing
from itertools import islice
from typing import Final

from sqlalchemy import union

from feeds.catalog import conditions, documents, places, ranges, stopwords
from feeds.catalog.ranges import Range
from feeds.catalog.saying import Saying
from feeds.catalog.wanted import Question, Row
from feeds.model import Phrase

Pages = Generator[list[Row]]

_FIRST_PAGE: Final = 250  # each further page is twice as long
_LONGEST_PAGE: Final = 8000
_READABLE: Final = 500  # entries that may as well all be read
_FAR: Final = 8  # entries that are put in order in the time of finding whose a match is
_TRIED: Final = 150  # entries that are read in any case: another statement costs as much
_PATIENCE: Final = 400  # entries that are read, going by how many of them are good
_SHARE: Final = 64  # entries that the index is asked of in the time of looking at one


def _beside_stopwords(question: Question, parts: Sequence[Range], size: int) -> Question:
    """The same, without entries that are known to have an unwanted stop word.

    Not where many entries would have to be looked at one by one.
    """
    one = question.wanted
    common = stopwords.bits_of(one.not_phrases)
    if not common or (not ranges.tells(parts[0]) and ranges.are_more(question, size, _SHARE)):
        return question
    return question._replace(wanted=one._replace(not_common=common))


def found(question: Question, parts: Sequence[Range], size: int) -> list[Row]:
    """The first entries of some ranges, which have about so many, that say what is wanted."""
    one = question.wanted
    if not one.phrases:
        question = _beside_stopwords(question, parts, size)
    parts = ranges.together(question, parts, size)
    if not one.phrases:
        return _first_to_arrive([_by_lack(question, parts, size)])
    by_range = _by_range(question, parts)
    if size <= _READABLE:
        # The index would be read as far as it goes where common words never come together.
        return _first_to_arrive([by_range])
    by_words = places.by_words(question)
    if ranges.are_ready(parts, question.order):
        return _first_to_arrive([by_words, by_range])
    # Neither knows its first before it has read all it reads: the shorter one is gone alone.
    asked = documents.query(one.phrases, one.not_phrases)
    if documents.are_fewer(question.connection, asked, size // _FAR):
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


def _by_range(question: Question, parts: Sequence[Range], unsaid: Sequence[Phrase] = ()) -> Pages:
    """Entries of some ranges, in order, that say what is wanted."""
    saying, missing = Saying(question.connection, question.wanted), question.limit
    with closing(_members(question, parts, unsaid)) as pages:
        for rows in pages:
            said = list(islice(saying.among(rows), missing))
            yield said
            missing -= len(said)
            if not missing:
                return


def _by_lack(question: Question, parts: Sequence[Range], size: int) -> Pages:
    """Entries of some ranges that say nothing unwanted.

    Mostly that is so of the first that are read. Where it is of few, what is unwanted
    is common: of many entries, the index tells which lack it, in one pass through
    all there are; of fewer, SQLite is left to look, which is faster than reading here.
    """
    saying, found, read = Saying(question.connection, question.wanted), 0, 0
    with closing(_members(question, parts)) as pages:
        for rows in pages:
            said = list(islice(saying.among(rows), question.limit - found))
            yield said
            found, read = found + len(said), read + len(rows)
            missing = question.limit - found
            if not missing:
                return
            if read >= _TRIED and read * missing > _PATIENCE * found:
                break
        else:
            return
    rest = question.after(rows[-1], missing) if question.order == "published" else question
    if ranges.are_more(question, size, _SHARE):
        yield from places.by_lack(rest, saying)
    else:
        yield from _by_range(rest, parts, saying.leaders())


def _members(question: Question, parts: Sequence[Range], unsaid: Sequence[Phrase] = ()) -> Pages:
    """All entries of some ranges, in order, each once, but those with unwanted phrases."""
    page = min(question.limit, _FIRST_PAGE)
    for group in ranges.in_turn(parts, question.order):
        members = [
            conditions.members(part, tier, question, unsaid)
            for part in group
            for tier in question.tiers
        ]
        joined = union(*members) if len(members) > 1 else members[0].distinct()
        statement = conditions.ordered(joined, question.order)
        with closing(question.connection.execute(statement)) as stream:
            while rows := [Row.of(*row) for row in stream.fetchmany(page)]:
                yield rows
                page = min(2 * page, _LONGEST_PAGE)
