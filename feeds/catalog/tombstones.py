"""Tombstones: entries that were removed from a feed, and whether an entry was ever in the
catalog."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, bindparam
from sqlalchemy import select as select_columns

from feeds.catalog import given_ids
from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array, run_rows
from feeds.catalog.merge import key_of
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.model import Tombstone

_ADD: Final = (
    "INSERT INTO tombstones (kind, ref, tier, published, key, at, guid) "
    "VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"
)
_BEFORE_ALL: Final = -(1 << 62)  # seconds since 1970


def add(connection: Connection, rows: Iterable[tuple[Any, ...]]) -> None:
    """Add tombstones, whose values are in the order of the columns, unless they are there."""
    run_rows(connection, _ADD, sorted(rows))


def select(
    connection: Connection, query: EntryQuery, after: tuple[int, int] | None = None
) -> list[Tombstone]:
    """Return the newest entries that a query selected once and no longer does.

    They may still be in other feeds. `after` is the published time and the key of an entry: only
    those that were before it are returned. The words of an entry are removed with it, so filters
    with words find none.
    """
    by_key: dict[int, Any] = {}
    for filter in query.filters:
        if not filter.phrases and not filter.not_phrases:
            for row in _rows(connection, filter.tiers_of(query.tiers), filter, after):
                by_key[row.key] = max(row, by_key.get(row.key, row), key=lambda row: row.at)
    rows = sorted(by_key.values(), key=lambda row: (row.published, row.key), reverse=True)
    gone = [Tombstone(UUID(bytes=row.id), payloads.moment(row.at), row.guid) for row in rows]
    # An id that another entry has given itself since is still in use.
    back = given_ids.held_of(connection, [one.ref for one in gone], query.tiers) if gone else ()
    return [one for one in gone if one.ref not in back][: query.limit]


def was_removed(connection: Connection, id: UUID, tiers: Sequence[int]) -> bool:
    """Return whether an entry was once in some tiers and is no longer."""
    values = {"key": key_of(id.bytes), "id": id.bytes, "tiers": json_array(tiers)}
    return connection.execute(_REMOVED, values).first() is not None


def _rows(
    connection: Connection,
    tiers: Sequence[int],
    filter: EntryFilter,
    after: tuple[int, int] | None,
) -> list[Any]:
    kind, refs = "all", tuple[int, ...]((0,))
    if filter.topics:
        kind, refs = "topic", filter.topics[0]
    elif filter.providers is not None:
        kind, refs = "provider", filter.providers
    values = {
        "kind": kind,
        "refs": json_array(refs),
        "tiers": json_array(tiers),
        "since": after[0] if after else _BEFORE_ALL,
    }
    rows = connection.execute(_TOMBSTONES, values).all()
    rows = [row for row in rows if after is None or (row.published, row.key) > after]
    plain = EntryFilter(topics=filter.topics[:1]), EntryFilter(providers=filter.providers)
    if rows and filter._replace(tiers=None) not in plain:
        feeds = _feeds_of(connection, [row.key for row in rows])
        rows = [row for row in rows if _was_selected(row, feeds[row.key, row.tier], filter)]
    return rows


def _feeds_of(
    connection: Connection, keys: list[int]
) -> dict[tuple[int, int], set[tuple[str, int]]]:
    """Return the feeds that entries were removed from, by key and tier."""
    feeds: dict[tuple[int, int], set[tuple[str, int]]] = defaultdict(set)
    for row in connection.execute(_FEEDS, {"keys": json_array(keys)}):
        feeds[row.key, row.tier].add((row.kind, row.ref))
    return feeds


def _was_selected(row: Any, feeds: set[tuple[str, int]], filter: EntryFilter) -> bool:
    """Return whether a filter without words selected a removed entry."""

    def any_of(kind: str, refs: Iterable[int]) -> bool:
        return any((kind, ref) in feeds for ref in refs)

    return (
        all(any_of("topic", group) for group in filter.topics)
        and (filter.providers is None or any_of("provider", filter.providers))
        and (filter.kinds is None or row.type in filter.kinds)
        and (filter.min_quality is None or (row.quality or 0) >= filter.min_quality)
        and (filter.since is None or row.published >= filter.since)
        and not any_of("topic", filter.not_topics)
        and not any_of("provider", filter.not_providers)
    )


# --- statements: see `reader` ---

_TOMBSTONES: Final = (
    select_columns(
        t.entries.c.id,
        t.entries.c.kind.label("type"),
        t.entries.c.quality,
        t.tombstones.c.tier,
        t.tombstones.c.published,
        t.tombstones.c.key,
        t.tombstones.c.at,
        t.tombstones.c.guid,
    )
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.kind == bindparam("kind"),
        in_json(t.tombstones.c.ref, "refs"),
        in_json(t.tombstones.c.tier, "tiers"),
        t.tombstones.c.published >= bindparam("since"),
        # One that is shown again at another of these tiers has not been removed.
        ~in_json(t.entries.c.tier, "tiers"),
    )
)
_FEEDS: Final = select_columns(
    t.tombstones.c.key, t.tombstones.c.tier, t.tombstones.c.kind, t.tombstones.c.ref
).where(in_json(t.tombstones.c.key, "keys"))
_REMOVED: Final = (
    select_columns(t.tombstones.c.key)
    .join_from(t.tombstones, t.entries, t.entries.c.key == t.tombstones.c.key)
    .where(
        t.tombstones.c.key == bindparam("key"),
        in_json(t.tombstones.c.tier, "tiers"),
        t.entries.c.id == bindparam("id"),
        ~in_json(t.entries.c.tier, "tiers"),
    )
    .limit(1)
)
