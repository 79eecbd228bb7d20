"""Maintain the number of entries of each feed with each batch, so that no list has to count them.

The numbers are exact after any sequence of changes. An entry counts for each of its topics;
`topic_sets` has how many entries have which topics together, so that a topic with subtopics counts
it once.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array, run_rows

# A feed's kind (all, topic, provider), its id, and the tier of entries in it.
CounterKey = tuple[str, int, int]

_MOST_MOVES: Final = 10_000  # of `topic_moves` that are stored


# --- writing -------------------------------------------------------------------


class Delta:
    """How many entries were added to a feed and removed from it, and when that was last."""

    __slots__ = ("added", "modified", "removed")

    def __init__(self) -> None:
        self.added = self.removed = self.modified = 0

    def __iadd__(self, other: "Delta") -> "Delta":
        self.added += other.added
        self.removed += other.removed
        if other.modified > self.modified:
            self.modified = other.modified
        return self


class Deltas:
    """The changes that one batch makes to the counters. No I/O."""

    def __init__(self) -> None:
        # Entries of one file share their topics: few combinations are in use.
        self._by_topics: defaultdict[tuple[int, tuple[int, ...]], Delta] = defaultdict(Delta)
        self._by_provider: defaultdict[tuple[int, int], Delta] = defaultdict(Delta)

    def add(self, tier: int, topics: tuple[int, ...], provider: int, at: int) -> None:
        """Count an entry that is new, or new in this form."""
        for delta in self._by_topics[tier, topics], self._by_provider[tier, provider]:
            delta.added += 1
            if at > delta.modified:
                delta.modified = at

    def remove(self, tier: int, topics: tuple[int, ...], provider: int, at: int) -> None:
        """Subtract an entry that is removed, or that had this form before."""
        for delta in self._by_topics[tier, topics], self._by_provider[tier, provider]:
            delta.removed += 1
            if at > delta.modified:
                delta.modified = at

    def date(self, tier: int, topics: tuple[int, ...], provider: int, at: int) -> None:
        """Give a new date to an entry that is unchanged, but is shown in another way."""
        for delta in self._by_topics[tier, topics], self._by_provider[tier, provider]:
            delta.modified = max(delta.modified, at)

    def by_feed(self) -> dict[CounterKey, Delta]:
        """Return the delta of every feed that has one."""
        deltas: defaultdict[CounterKey, Delta] = defaultdict(Delta)
        for (tier, topics), delta in self._by_topics.items():
            deltas["all", 0, tier] += delta
            for topic in topics:
                deltas["topic", topic, tier] += delta
        for (tier, provider), delta in self._by_provider.items():
            deltas["provider", provider, tier] += delta
        return deltas

    def by_topic_set(self) -> dict[tuple[str, int], int]:
        """Return by how many the number of entries with exactly these topics grows."""
        more: defaultdict[tuple[str, int], int] = defaultdict(int)
        for (tier, topics), delta in self._by_topics.items():
            if topics:
                more[",".join(map(str, sorted(topics))), tier] += delta.added - delta.removed
        return more


def write(connection: Connection, by_feed: dict[CounterKey, Delta], deltas: Deltas) -> None:
    """Update the counters with the changes of a batch."""
    rows = sorted(
        (*feed, delta.added - delta.removed, delta.modified) for feed, delta in by_feed.items()
    )
    run_rows(connection, _ADD, rows)
    run_rows(connection, _PRUNE, [feed for feed, delta in by_feed.items() if delta.removed])
    sets = sorted((*key, more) for key, more in deltas.by_topic_set().items() if more)
    run_rows(connection, _ADD_SET, sets)
    if sets:
        run_rows(connection, _MOVE, sets)
        connection.exec_driver_sql(_TRIM.format(_MOST_MOVES))
    run_rows(connection, _PRUNE_SET, [(topics, tier) for topics, tier, more in sets if more < 0])


_ADD: Final = (
    "INSERT INTO counts (kind, ref, tier, entries, modified) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, tier) DO UPDATE SET entries = counts.entries + excluded.entries, "
    "modified = CASE WHEN excluded.modified > counts.modified "
    "THEN excluded.modified ELSE counts.modified END"
)
_PRUNE: Final = "DELETE FROM counts WHERE kind = ? AND ref = ? AND tier = ? AND entries = 0"
_ADD_SET: Final = (
    "INSERT INTO topic_sets (topics, tier, entries) VALUES (?, ?, ?) "
    "ON CONFLICT (topics, tier) DO UPDATE SET entries = topic_sets.entries + excluded.entries"
)
_PRUNE_SET: Final = "DELETE FROM topic_sets WHERE topics = ? AND tier = ? AND entries = 0"
_MOVE: Final = "INSERT INTO topic_moves (topics, tier, entries) VALUES (?, ?, ?)"
_TRIM: Final = "DELETE FROM topic_moves WHERE seq <= (SELECT max(seq) FROM topic_moves) - {}"


# --- reading -------------------------------------------------------------------


class Count(NamedTuple):
    """How many entries a feed has, and when one was last added, changed or removed."""

    entries: int
    modified: int


def counts(
    connection: Connection, tiers: Sequence[int]
) -> tuple[Count, dict[int, Count], dict[int, Count]]:
    """Return the counts of all entries, by topic id and by provider id, in some tiers."""
    c = t.counts.c
    rows = connection.execute(
        select(c.kind, c.ref, func.sum(c.entries), func.max(c.modified))
        .where(c.tier.in_(tiers))
        .group_by(c.kind, c.ref)
    )
    by_kind: dict[str, dict[int, Count]] = {"all": {}, "topic": {}, "provider": {}}
    for kind, ref, entries, modified in rows:
        by_kind[kind][ref] = Count(entries, modified)
    return by_kind["all"].get(0, Count(0, 0)), by_kind["topic"], by_kind["provider"]


def counts_of(
    connection: Connection, kind: str, refs: Iterable[int], tiers: Sequence[int]
) -> dict[int, Count]:
    """Return the counts of some topics or providers; those without entries are left out."""
    values = {"kind": kind, "refs": json_array(refs), "tiers": json_array(tiers)}
    return {ref: Count(*count) for ref, *count in connection.execute(_COUNTS, values)}


def topic_sets(connection: Connection, tiers: Sequence[int]) -> list[tuple[tuple[int, ...], int]]:
    """Return which topics entries have together, and how many have just these."""
    c = t.topic_sets.c
    rows = connection.execute(
        select(c.topics, func.sum(c.entries)).where(c.tier.in_(tiers)).group_by(c.topics)
    )
    return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]


def topic_moves(
    connection: Connection, tiers: Sequence[int], after: int
) -> list[tuple[tuple[int, ...], int]] | None:
    """Return by how many entries the sets of topics have changed since a move.

    `after` is the number of that move. None if later ones have been deleted.
    """
    c = t.topic_moves.c
    oldest = connection.scalar(select(func.min(c.seq)))
    if oldest is not None and oldest > after + 1:
        return None
    rows = connection.execute(select(c.topics, c.entries).where(c.seq > after, c.tier.in_(tiers)))
    return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]


def newest_topic_move(connection: Connection) -> int:
    """Return the number of the last move, or 0."""
    return connection.scalar(select(func.max(t.topic_moves.c.seq))) or 0


_COUNTS: Final = (
    select(t.counts.c.ref, func.sum(t.counts.c.entries), func.max(t.counts.c.modified))
    .where(
        t.counts.c.kind == bindparam("kind"),
        in_json(t.counts.c.ref, "refs"),
        in_json(t.counts.c.tier, "tiers"),
    )
    .group_by(t.counts.c.ref)
)
