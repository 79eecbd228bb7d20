"""How many entries feeds have, as `counts` keeps it with each batch."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, func, select

from feeds.catalog import schema as t
from feeds.catalog.bulk import among, listed


class Count(NamedTuple):
    """How many entries a feed has, and when one last came, changed or went."""

    entries: int
    modified: int


def counts(
    connection: Connection, tiers: Sequence[int]
) -> tuple[Count, dict[int, Count], dict[int, Count]]:
    """Entries in all, by topic id and by provider id."""
    c = t.counts.c
    rows = connection.execute(
        select(c.kind, c.ref, func.sum(c.entries), func.max(c.modified))
        .where(c.tier.in_(tiers))
        .group_by(c.kind, c.ref)
    )
    found: dict[str, dict[int, Count]] = {"all": {}, "topic": {}, "provider": {}}
    for kind, ref, entries, modified in rows:
        found[kind][ref] = Count(entries, modified)
    return found["all"].get(0, Count(0, 0)), found["topic"], found["provider"]


def counts_of(
    connection: Connection, kind: str, refs: Iterable[int], tiers: Sequence[int]
) -> dict[int, Count]:
    """The same of some topics or providers."""
    wanted = {"kind": kind, "refs": listed(refs), "tiers": listed(tiers)}
    return {ref: Count(*rest) for ref, *rest in connection.execute(_COUNTS, wanted)}


def topic_sets(connection: Connection, tiers: Sequence[int]) -> list[tuple[tuple[int, ...], int]]:
    """Which topics entries have together, and how many have just these."""
    c = t.topic_sets.c
    rows = connection.execute(
        select(c.topics, func.sum(c.entries)).where(c.tier.in_(tiers)).group_by(c.topics)
    )
    return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]


def topic_moves(
    connection: Connection, tiers: Sequence[int], after: int
) -> list[tuple[tuple[int, ...], int]] | None:
    """By how many entries which sets of topics have changed since a move of theirs;
    None if not all of that is known any more."""
    c = t.topic_moves.c
    oldest = connection.scalar(select(func.min(c.seq)))
    if oldest is not None and oldest > after + 1:
        return None
    rows = connection.execute(select(c.topics, c.entries).where(c.seq > after, c.tier.in_(tiers)))
    return [(tuple(map(int, topics.split(","))), entries) for topics, entries in rows]


def newest_topic_move(connection: Connection) -> int:
    """The last of them, or 0."""
    return connection.scalar(select(func.max(t.topic_moves.c.seq))) or 0


_COUNTS: Final = (
    select(t.counts.c.ref, func.sum(t.counts.c.entries), func.max(t.counts.c.modified))
    .where(
        t.counts.c.kind == bindparam("kind"),
        among(t.counts.c.ref, "refs"),
        among(t.counts.c.tier, "tiers"),
    )
    .group_by(t.counts.c.ref)
)
