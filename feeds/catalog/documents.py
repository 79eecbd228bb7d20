"""The full-text index: which entries have which words.

SQLite's FTS5, without a copy of the text. A row is an entry's `place`, so a
search is read newest first and stops at its limit, like every other selection.
What is asked for are words that `feeds.util.tokenizer` has folded: letters and digits
alone, so nothing in them can be an operator of FTS5.

Everything that a full-text index of another database does otherwise is here.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from sqlalchemy import BindParameter, Connection, Select, bindparam, func, literal_column, select
from sqlalchemy import table as named_table
from sqlalchemy.sql.elements import ColumnElement

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import among
from feeds.model import Phrase
from feeds.util import tokenizer

# Folded text has no other signs than these. `columnsize=0`: nothing is ranked.
CREATE: Final = (
    "CREATE VIRTUAL TABLE texts USING fts5"
    "(text, content='', columnsize=0, tokenize=\"ascii tokenchars '+#'\")"
)

_FIRST_SECOND: Final = 62_135_596_800  # of year 1 before 1970, so that no place is negative
_TIES: Final = 24  # bits, for entries of one second

texts: Final = named_table("texts")
rowid: Final[ColumnElement[int]] = literal_column("texts.rowid")


def first_place(published: int) -> int:
    """The lowest place of entries published in a second."""
    return (published + _FIRST_SECOND) << _TIES


def place(published: int, key: int) -> int:
    """Where an entry stands, if no other does."""
    return (published + _FIRST_SECOND) << _TIES | key & ((1 << _TIES) - 1)


def places(published: int, key: int) -> Iterable[int]:
    """Where an entry may stand, the likeliest first: entries share seconds, not places."""
    likeliest = place(published, key)
    yield likeliest
    first, start = first_place(published), likeliest & ((1 << _TIES) - 1)
    for step in range(1, 1 << _TIES):
        yield first | ((start + step) & ((1 << _TIES) - 1))


def published_at(place: int) -> int:
    """The second that a place belongs to."""
    return (place >> _TIES) - _FIRST_SECOND


def nth_before(connection: Connection, place: int, number: int) -> int | None:
    """The place of the entry that stands so many before another; None where there are fewer."""
    return connection.scalar(_NTH_BEFORE, {"place": place, "passed": number - 1})


_NTH_BEFORE: Final = (
    select(t.entries.c.place)
    .where(t.entries.c.place < bindparam("place"))
    .order_by(t.entries.c.place.desc())
    .offset(bindparam("passed"))
    .limit(1)
)


def indexed(payload: str) -> str:
    """What is indexed of an entry: the words that documents show of it."""
    return tokenizer.indexed(payloads.text(payload))


def put_in(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Add texts at their places, in order: FTS5 is fastest so."""
    if rows:
        connection.exec_driver_sql("INSERT INTO texts (rowid, text) VALUES (?, ?)", sorted(rows))


def take_out(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Remove texts; they have to be given as they were put in, since no copy is kept."""
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO texts (texts, rowid, text) VALUES ('delete', ?, ?)", sorted(rows)
        )


def newest(
    connection: Connection, asked: str, most: int, first: int | None, before: int | None
) -> list[int]:
    """The places of texts that a query finds, the newest first, within bounds."""
    found = select(rowid).select_from(texts).where(matches(asked))
    if first is not None:
        found = found.where(rowid >= first)
    if before is not None:
        found = found.where(rowid < before)
    return list(connection.scalars(found.order_by(rowid.desc()).limit(most)))


def are_fewer(connection: Connection, asked: str, than: int) -> bool:
    """Whether a query finds fewer texts than so many; no more are counted."""
    some = select(rowid).select_from(texts).where(matches(asked)).limit(than).subquery()
    return (connection.scalar(select(func.count()).select_from(some)) or 0) < than


def matching(asked: str, first: str, before: str, places: str) -> Select[Any]:
    """Which of some places a query finds; all four by the names of values to come.

    The matches within bounds are read and held against the places: to look for one
    place by itself takes FTS5 as long as to read some hundred matches.
    """
    read = rowid + literal_column("0")  # as an expression it cannot be looked for
    return within(asked, first, before).where(among(read, places))


def within(asked: str, first: str, before: str) -> Select[Any]:
    """What a query finds within bounds; all three by the names of values to come."""
    found = select(rowid).select_from(texts).where(matches(bindparam(asked)))
    return found.where(rowid >= bindparam(first), rowid < bindparam(before))


def query(groups: Iterable[Iterable[Phrase]], without: Iterable[Phrase] = ()) -> str:
    """What FTS5 is asked: any phrase of each group, and none of `without`.

    Empty if nothing is asked for: FTS5 has no way to say only what must not occur.
    """
    asked = " AND ".join(f"({any_of(group)})" for group in groups)
    unwanted = any_of(without)
    return f"({asked}) NOT ({unwanted})" if asked and unwanted else asked


def any_of(phrases: Iterable[Phrase]) -> str:
    """Any of some phrases, as FTS5 is asked."""
    return " OR ".join(f'"{" ".join(phrase)}"' for phrase in phrases)


def matches(asked: str | BindParameter[str]) -> ColumnElement[bool]:
    """The condition that a row of `texts` is what a query asks for."""
    return literal_column("texts").op("MATCH", is_comparison=True)(asked)
