"""How many entries every feed has: kept with each batch, so that no list has to count them.

The numbers are exact: they equal what counting would give, after any sequence
of changes. An entry counts for each of its topics; `topic_sets` tells how many
entries have which topics together, so that a topic with subtopics counts it once.
"""

from collections import defaultdict
from typing import Final

from sqlalchemy import Connection

from feeds.catalog.bulk import run_rows

# A feed's kind (all, topic, provider), its id, and the tier of entries in it.
Place = tuple[str, int, int]

_COUNT: Final = (
    "INSERT INTO counts (kind, ref, tier, entries, modified) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, tier) DO UPDATE SET entries = counts.entries + excluded.entries, "
    "modified = CASE WHEN excluded.modified > counts.modified "
    "THEN excluded.modified ELSE counts.modified END"
)
_COUNT_SET: Final = (
    "INSERT INTO topic_sets (topics, tier, entries) VALUES (?, ?, ?) "
    "ON CONFLICT (topics, tier) DO UPDATE SET entries = topic_sets.entries + excluded.entries"
)
_MOVED: Final = "INSERT INTO topic_moves (topics, tier, entries) VALUES (?, ?, ?)"
_TRIM: Final = "DELETE FROM topic_moves WHERE seq <= (SELECT max(seq) FROM topic_moves) - {}"
_KEPT_MOVES: Final = 10_000
_FORGET: Final = "DELETE FROM counts WHERE kind = ? AND ref = ? AND tier = ? AND entries = 0"
_FORGET_SET: Final = "DELETE FROM topic_sets WHERE topics = ? AND tier = ? AND entries = 0"


class Moves:
    """How many entries came to a place and went from it, and when one last did."""

    __slots__ = ("came", "modified", "went")

    def __init__(self) -> None:
        self.came = self.went = self.modified = 0

    def __iadd__(self, other: "Moves") -> "Moves":
        self.came += other.came
        self.went += other.went
        if other.modified > self.modified:
            self.modified = other.modified
        return self


class Tally:
    """What one batch moves. No I/O."""

    def __init__(self) -> None:
        # Entries of one file share their topics: few combinations are in use.
        self._by_topics: defaultdict[tuple[int, tuple[int, ...]], Moves] = defaultdict(Moves)
        self._by_provider: defaultdict[tuple[int, int], Moves] = defaultdict(Moves)

    def came(self, tier: int, topics: tuple[int, ...], provider: int, at: int) -> None:
        """An entry is there that was not, or was otherwise."""
        for moves in self._by_topics[tier, topics], self._by_provider[tier, provider]:
            moves.came += 1
            if at > moves.modified:
                moves.modified = at

    def went(self, tier: int, topics: tuple[int, ...], provider: int, at: int) -> None:
        """An entry is no longer there, or no longer as it was."""
        for moves in self._by_topics[tier, topics], self._by_provider[tier, provider]:
            moves.went += 1
            if at > moves.modified:
                moves.modified = at

    def places(self) -> dict[Place, Moves]:
        """Every feed that entries came to or went from."""
        found: defaultdict[Place, Moves] = defaultdict(Moves)
        for (tier, topics), moves in self._by_topics.items():
            found["all", 0, tier] += moves
            for topic in topics:
                found["topic", topic, tier] += moves
        for (tier, provider), moves in self._by_provider.items():
            found["provider", provider, tier] += moves
        return found

    def sets(self) -> dict[tuple[str, int], int]:
        """By how many the entries with just these topics become more."""
        found: defaultdict[tuple[str, int], int] = defaultdict(int)
        for (tier, topics), moves in self._by_topics.items():
            if topics:
                found[",".join(map(str, sorted(topics))), tier] += moves.came - moves.went
        return found


def write(connection: Connection, places: dict[Place, Moves], tally: Tally) -> None:
    """Bring the counts up to date with a batch."""
    rows = sorted(
        (*place, moves.came - moves.went, moves.modified) for place, moves in places.items()
    )
    gone = [(*place,) for place, moves in places.items() if moves.went]
    run_rows(connection, _COUNT, rows)
    run_rows(connection, _FORGET, gone)
    sets = sorted((*key, by) for key, by in tally.sets().items() if by)
    run_rows(connection, _COUNT_SET, sets)
    if sets:
        run_rows(connection, _MOVED, sets)
        connection.exec_driver_sql(_TRIM.format(_KEPT_MOVES))
    run_rows(connection, _FORGET_SET, [(topics, tier) for topics, tier, by in sets if by < 0])
