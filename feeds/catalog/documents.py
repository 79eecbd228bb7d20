"""The full-text index: one document for each entry, with its words and its facets.

It is a table of SQLite's FTS5 without a copy of the text
(https://www.sqlite.org/fts5.html#contentless_tables). A document's row number is the entry's
position, so matches are read newest first and a search stops at its limit. Facets (tier, provider,
type and topics) are tokens beside the words. They begin with `§`, which folded text never contains,
so no word equals a facet. In one column with the words they take less space than in a column of
their own, and no match has to check its column. Each facet contains the tier too, so that most
feeds, which are of a topic or a provider, need no separate term for it.

Everything that depends on the database's full-text index is here.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection

from feeds.catalog import payload as payloads
from feeds.model import Phrase

# Folded text has no other signs than these. `columnsize=0`: nothing is ranked.
CREATE: Final = (
    "CREATE VIRTUAL TABLE documents USING fts5"
    "(text, content='', columnsize=0, tokenize=\"ascii tokenchars '+#'\")"
)
# What is written in a transaction is sorted in memory, up to 16 MiB instead of one:
# a first scan spends a quarter less time on the index, which has fewer segments.
CONFIGURE: Final = "INSERT INTO documents (documents, rank) VALUES ('hashsize', 16777216)"

# Fails where the index is damaged: https://www.sqlite.org/fts5.html#the_integrity_check_command
CHECK: Final = "INSERT INTO documents (documents) VALUES ('integrity-check')"

_LAST_SECOND: Final = 253_402_300_799  # of the year 9999, since 1970
_TIE_BITS: Final = 24  # for entries of one second
_KEY_BITS: Final = 63

# Words in an expression of which each is looked up in what the others leave. FTS5 takes
# expressions with at most 100 open brackets, and of a depth of 256.
_MOST_WANTED: Final = 20
_MOST_UNWANTED: Final = 100
_NO_WORD: Final = '"§§"'


# --- positions: the lower, the newer -------------------------------------------
# FTS5 reads its lists forwards three times as fast as backwards.


def newest_position(published: int) -> int:
    """Return the lowest position of entries that were published in a second since 1970."""
    return (_LAST_SECOND - published) << _TIE_BITS


END: Final = newest_position(-62_135_596_801)  # beyond all positions: before the year 1


def published_at(position: int) -> int:
    """Return the second that a position belongs to."""
    return _LAST_SECOND - (position >> _TIE_BITS)


def positions(published: int, key: int) -> Iterable[int]:
    """Yield the possible positions of an entry, the preferred one first.

    Of entries of one second, those with a higher key come first, so the order is the
    same on every machine, unless two keys begin with the same 24 bits.
    """
    first, ties = newest_position(published), 1 << _TIE_BITS
    preferred = ties - 1 - (key >> (_KEY_BITS - _TIE_BITS))
    for step in range(ties):
        yield first + (preferred + step) % ties


# --- documents -----------------------------------------------------------------


def document(tier: int, provider: int, kind: str, topics: str, text: str) -> str:
    """Return the indexed text of an entry.

    `topics` are ids separated by commas, as in `entries.topics`; `text` is its
    words as `payload.indexed` returns them.
    """
    mark = _mark(tier)
    its_topics = "".join([f" §t{id}{mark}" for id in topics.split(",")]) if topics else ""
    return f"{mark} §p{provider}{mark} §k{kind.encode().hex()}{mark}{its_topics} {text}"


def _mark(tier: int) -> str:
    """Return a tier as it is written in facets: a minus would divide words, so -1 is 9."""
    return f"§{tier % 10}"


def insert(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Add documents at their positions, in order: FTS5 is fastest so."""
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO documents (rowid, text) VALUES (?, ?)", sorted(rows)
        )


def delete(connection: Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Remove documents, which must be given as they were inserted: no copy is stored.

    (`contentless_delete=1` would need SQLite 3.43; Debian 12 has 3.40.)
    """
    if rows:
        connection.exec_driver_sql(
            "INSERT INTO documents (documents, rowid, text) VALUES ('delete', ?, ?)", sorted(rows)
        )


# --- match expressions ---------------------------------------------------------
# https://www.sqlite.org/fts5.html#full_text_query_syntax


def expression(
    facets: Iterable[Iterable[str]],
    words: Iterable[Sequence[str]],
    without: Iterable[str],
) -> str:
    """Return the match expression for any term of each group, and none of some others.

    There is at least one group of facets: FTS5 cannot say only what must not occur.

    FTS5 moves forward in all terms of an `AND`, or of an excluded `OR`, together. So words are
    looked up one after another instead, each only in the remaining documents, which takes a fifth
    of the time if they are common. Included words begin with the longest, which are usually the
    rarest, excluded ones with the shortest. A `NOT` of a term that never occurs separates two
    `AND`.
    """
    found = " AND ".join(map(_any_of, facets))
    wanted = sorted(map(_any_of, words), key=len, reverse=True)
    for word in wanted[:_MOST_WANTED]:
        found = f"(({found}) NOT {_NO_WORD}) AND {word}"
    found = " AND ".join([found, *wanted[_MOST_WANTED:]])
    unwanted = sorted(without, key=len)
    if unwanted[_MOST_UNWANTED:]:
        unwanted[_MOST_UNWANTED:] = [_any_of(unwanted[_MOST_UNWANTED:])]
    return " NOT ".join([f"({found})", *unwanted])


def _any_of(terms: Iterable[str]) -> str:
    return f"({' OR '.join(terms)})"


def tiers(tiers: Iterable[int]) -> list[str]:
    """Return the terms of all entries of some tiers."""
    return [f'"{_mark(tier)}"' for tier in tiers]


def topics(ids: Iterable[int], tiers: Sequence[int]) -> list[str]:
    """Return the terms of some topics' entries of some tiers."""
    return [f'"§t{id}{_mark(tier)}"' for id in ids for tier in tiers]


def providers(ids: Iterable[int], tiers: Sequence[int]) -> list[str]:
    """Return the terms of some providers' entries of some tiers."""
    return [f'"§p{id}{_mark(tier)}"' for id in ids for tier in tiers]


def kinds(kinds: Iterable[str], tiers: Sequence[int]) -> list[str]:
    """Return the terms of some types' entries of some tiers."""
    return [f'"§k{kind.encode().hex()}{_mark(tier)}"' for kind in kinds for tier in tiers]


def icons() -> list[str]:
    """Return the term of all entries that name their provider's icon."""
    return [f'"{payloads.HAS_ICON}"']


def phrases(phrases: Iterable[Phrase]) -> list[str]:
    """Return the terms of some phrases.

    They are folded: letters and digits alone, so nothing in them is syntax.
    """
    return [f'"{" ".join(phrase)}"' for phrase in phrases]
