"""Which of some entries say what is wanted: read one by one, or asked of the full-text index.

To read an entry takes a fixed time, to ask the index one for every match between
the first and the last of them. So it is asked where they stand close together.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from sqlalchemy import Connection, select

from feeds.catalog import documents
from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import among, listed
from feeds.catalog.wanted import Row, Wanted
from feeds.model import Phrase
from feeds.util import tokenizer

_AT_ONCE: Final = 500  # texts in memory
_FEW: Final = 64  # entries that are read in any case
_SAMPLE: Final = 1000  # entries that tell how close others stand
_DEAR: Final = 32  # matches of the full-text index that take the time of reading one entry
_LEADERS: Final = 4  # phrases that the index is asked for at a time
_NEARLY: Final = 15 / 16  # of what all together rule out


class Saying:
    """What entries have to say; and, as they are read, which unwanted phrases rule out most."""

    def __init__(self, connection: Connection, one: Wanted) -> None:
        self._connection = connection
        self._wanted = one.phrases
        self._unwanted = list(one.not_phrases)
        self._ruled_out: Counter[Phrase] = Counter()

    def among(self, rows: Sequence[Row]) -> Iterator[Row]:
        """Those of some entries that say it."""
        if len(rows) > _FEW and self._wanted and self._are_close(rows):
            found = self._matching(rows)
            yield from (row for row in rows if row.key in found)
            return
        yield from self._read(rows)

    # --- by reading ------------------------------------------------------------

    def _read(self, rows: Sequence[Row]) -> Iterator[Row]:
        for start in range(0, len(rows), _AT_ONCE):
            some = rows[start : start + _AT_ONCE]
            texts = self._connection.execute(_PAYLOADS, {"keys": listed(r.key for r in some)})
            found = {key for key, payload in texts.all() if self._says(payload)}
            # What rules out most is looked for first.
            self._unwanted.sort(key=self._ruled_out.__getitem__, reverse=True)
            yield from (row for row in some if row.key in found)

    def _says(self, payload: str) -> bool:
        fields = payloads.load(payload)
        if self._unwanted:
            # What is unwanted is mostly common, and so at the head of a text already.
            head = payloads.head(fields)
            if self._note(_first_in(tokenizer.fold(head), self._unwanted)):
                return False
        folded = tokenizer.fold(payloads.said_by(fields))
        return not self._note(_first_in(folded, self._unwanted)) and all(
            _first_in(folded, group) for group in self._wanted
        )

    def _note(self, unwanted: Phrase | None) -> bool:
        """Whether there is a phrase that rules an entry out: then it has done so once more."""
        if unwanted is None:
            return False
        self._ruled_out[unwanted] += 1
        return True

    # --- by the full-text index ------------------------------------------------

    def _are_close(self, rows: Sequence[Row]) -> bool:
        """Whether so few others stand between that the index is the shorter reading."""
        first, last = _bounds(rows)
        sample = documents.nth_before(self._connection, last, _SAMPLE)
        return sample is None or (last - first) * _SAMPLE <= (last - sample) * _DEAR * len(rows)

    def _matching(self, rows: Sequence[Row]) -> set[int]:
        """The keys of those that the index finds."""
        first, last = _bounds(rows)
        stand = self._connection.execute(_STAND, {"keys": listed(row.key for row in rows)}).all()
        asked = documents.query(self._wanted, self._unwanted)
        values = {"asked": asked, "first": first, "last": last}
        places = listed(place for _, place in stand)
        found = set(self._connection.scalars(_MATCHING, values | {"places": places}))
        return {key for key, place in stand if place in found}

    def leaders(self) -> tuple[Phrase, ...]:
        """The few unwanted phrases that rule out nearly all that any does, as far as is known."""
        if len(self._unwanted) <= _LEADERS:
            return tuple(self._unwanted)
        found, enough = [], self._ruled_out.total() * _NEARLY
        for phrase, times in self._ruled_out.most_common(_LEADERS):
            found.append(phrase)
            enough -= times
            if enough <= 0:
                break
        return tuple(found or self._unwanted[:_LEADERS])


def _bounds(rows: Sequence[Row]) -> tuple[int, int]:
    """The first place that some entries may have, and the first that is beyond theirs."""
    published = [row.published for row in rows]
    return documents.first_place(min(published)), documents.first_place(max(published) + 1)


def _first_in(folded: str, phrases: Iterable[Phrase]) -> Phrase | None:
    return next((phrase for phrase in phrases if tokenizer.contains(folded, phrase)), None)


_PAYLOADS: Final = (
    select(t.entries.c.key, t.mentions.c.payload)
    .join_from(t.entries, t.mentions, t.mentions.c.id == t.entries.c.winner)
    .where(among(t.entries.c.key, "keys"))
)
_STAND: Final = select(t.entries.c.key, t.entries.c.place).where(among(t.entries.c.key, "keys"))
_MATCHING: Final = documents.matching("asked", "first", "last", "places")
