"""What has left a feed for good: tombstones, and whether an entry is gone or was never there."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import among, listed
from feeds.catalog.merge import key_of
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.model import Tombstone

_EVER: Final = -(1 << 62)  # before any time


def tombstones(
    connection: Connection, query: EntryQuery, after: tuple[int, int] | None = None
) -> list[Tombstone]:
    """The newest entries that `select` gave and that have been withdrawn from
    there, whatever else they still are in.

    `after` is the published time and the key of an entry: only those that
    stood before it. What an entry said is gone with it, so criteria that
    ask for words find none.
    """
    found: dict[int, Any] = {}
    for filter in query.filters:
        if not filter.phrases and not filter.not_phrases:
            for row in _graves(connection, filter.tiers_of(query.tiers), filter, after):
                found[row.key] = max(row, found.get(row.key, row), key=lambda row: row.at)
    rows = sorted(found.values(), key=lambda row: (row.published, row.key), reverse=True)
    return [Tombstone(UUID(bytes=row.id), payloads.moment(row.at)) for row in rows[: query.limit]]


def _graves(
    connection: Connection,
    tiers: Sequence[int],
    wanted: EntryFilter,
    after: tuple[int, int] | None,
) -> list[Any]:
    kind, refs = "all", tuple[int, ...]((0,))
    if wanted.topics:
        kind, refs = "topic", wanted.topics[0]
    elif wanted.providers is not None:
        kind, refs = "provider", wanted.providers
    place = {
        "kind": kind,
        "refs": listed(refs),
        "tiers": listed(tiers),
        "since": after[0] if after else _EVER,
    }
    found = connection.execute(_GRAVES, place)
    rows = [row for row in found if after is None or (row.published, row.key) > after]
    plain = EntryFilter(topics=wanted.topics[:1]), EntryFilter(providers=wanted.providers)
    if rows and wanted._replace(tiers=None) not in plain:
        were = _places_of(connection, [row.key for row in rows])
        rows = [row for row in rows if _was_wanted(row, were[row.key, row.tier], wanted)]
    return rows


def _places_of(
    connection: Connection, keys: list[int]
) -> dict[tuple[int, int], set[tuple[str, int]]]:
    """Where withdrawn entries were, by key and tier."""
    found: dict[tuple[int, int], set[tuple[str, int]]] = defaultdict(set)
    for row in connection.execute(_BURIED, {"keys": listed(keys)}):
        found[row.key, row.tier].add((row.kind, row.ref))
    return found


def gone(connection: Connection, id: UUID, tiers: Sequence[int]) -> bool:
    """Whether an entry was once in these tiers and is no longer: gone, not unknown."""
    wanted = {"key": key_of(id.bytes), "id": id.bytes, "tiers": listed(tiers)}
    return connection.execute(_GONE, wanted).first() is not None


def _was_wanted(row: Any, places: set[tuple[str, int]], wanted: EntryFilter) -> bool:
    """Whether a withdrawn entry was what is wanted, words aside."""

    def any_of(kind: str, refs: Iterable[int]) -> bool:
        return any((kind, ref) in places for ref in refs)

    return (
        all(any_of("topic", group) for group in wanted.topics)
        and (wanted.providers is None or any_of("provider", wanted.providers))
        and (wanted.kinds is None or row.type in wanted.kinds)
        and (wanted.min_quality is None or (row.quality or 0) >= wanted.min_quality)
        and (wanted.since is None or row.published >= wanted.since)
        and not any_of("topic", wanted.not_topics)
        and not any_of("provider", wanted.not_providers)
    )


# --- statements: see `reader` ---

_GRAVES: Final = (
    select(
        t.entries.c.id,
        t.entries.c.kind.label("type"),
        t.entries.c.quality,
        t.tombstones.c.tier,
        t.tombstones.c.published,
        t.tombstones.c.key,
        t.tombstones.c.at,
    )
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.kind == bindparam("kind"),
        among(t.tombstones.c.ref, "refs"),
        among(t.tombstones.c.tier, "tiers"),
        t.tombstones.c.published >= bindparam("since"),
        # One that is shown again at another tier has not gone.
        ~among(t.entries.c.tier, "tiers"),
    )
)
_BURIED: Final = select(
    t.tombstones.c.key, t.tombstones.c.tier, t.tombstones.c.kind, t.tombstones.c.ref
).where(among(t.tombstones.c.key, "keys"))
_GONE: Final = (
    select(t.tombstones.c.key)
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.key == bindparam("key"),
        among(t.tombstones.c.tier, "tiers"),
        t.entries.c.id == bindparam("id"),
        ~among(t.entries.c.tier, "tiers"),
    )
    .limit(1)
)
