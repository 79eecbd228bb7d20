"""Read the parts of the catalog that a batch needs, and write the batch: see `changeset`."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, bindparam, delete, select, update

from feeds.catalog import change_log, counters, documents, stories, tombstones
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, insert_rows, json_array, run_rows
from feeds.catalog.changeset import Batch
from feeds.catalog.given_ids import GivenIds

_TAKEN: Final = select(t.entries.c.position).where(in_json(t.entries.c.position, "positions"))

_SEEN: Final = select(t.entries).where(in_json(t.entries.c.key, "keys"), t.entries.c.winner != 0)


class TakenPositions:
    """The positions that entries outside a batch have; the most likely ones are read ahead."""

    def __init__(self) -> None:
        self._taken: dict[int, bool] = {}
        self._connection: Connection | None = None  # none for an empty catalog

    def __call__(self, position: int) -> bool:
        if self._connection is None:
            return False
        if position not in self._taken:
            self._read([position])
        return self._taken[position]

    def look_up(self, connection: Connection, batch: Batch) -> None:
        """Read ahead the preferred positions of the entries of a batch."""
        self._connection = connection
        self._read(
            [
                next(iter(documents.positions(mention.published, key)))
                for key, mentions in batch.mentions.items()
                for _, mention in mentions
            ]
        )

    def _read(self, positions: Sequence[int]) -> None:
        assert self._connection is not None
        taken = set(self._connection.scalars(_TAKEN, {"positions": json_array(positions)}))
        self._taken |= {position: position in taken for position in positions}


def write(connection: Connection, batch: Batch) -> None:
    """Write entries, given ids, documents, tombstones, dates, counters and the change log."""
    ids = GivenIds(connection, batch.claims, batch.mentions)
    if batch.new_entries:
        insert_rows(connection, t.entries, sorted(batch.new_entries))
    if batch.changed_entries:
        _update_entries(connection, batch.changed_entries)
    if batch.rescored:
        connection.execute(
            update(t.entries).where(t.entries.c.key == bindparam("b_key")), batch.rescored
        )
    documents.delete(connection, batch.old_documents)
    documents.insert(connection, batch.new_documents)
    if batch.returned:
        c = t.tombstones.c
        connection.execute(
            delete(t.tombstones).where(c.key == bindparam("b_key"), c.tier <= bindparam("b_tier")),
            [{"b_key": key, "b_tier": tier} for key, tier in batch.returned],
        )
    former = batch.former_ids | ids.before
    tombstones.add(connection, [(*row, former.get(row[4], "")) for row in batch.tombstones])
    renamed, batch.outcome.shared_ids = ids.write()
    if (batch.unveiled or renamed) and not batch.first:
        _touch(connection, batch, renamed)
    change_log.record_removals(connection, batch.removals, batch.at)
    for feed, at in batch.expiries.items():
        change_log.record_removals(connection, [feed], at)
    deltas = batch.deltas.by_feed()
    counters.write(connection, deltas, batch.deltas)
    change_log.append(connection, batch.all_changed_feeds(deltas), batch.at)


def _touch(connection: Connection, batch: Batch, renamed: set[int]) -> None:
    """Give a new date to entries, by key, that have another id in feeds now, and to entries whose
    related coverage has such an entry, or one that has become visible or invisible."""
    rows = stories.naming(connection, batch.unveiled | renamed)
    rows += connection.execute(_SEEN, {"keys": json_array(renamed)}).all()
    run_rows(
        connection,
        "UPDATE entries SET modified = ? WHERE key = ?",
        [(batch.at, row.key) for row in rows],
    )
    for row in rows:
        batch.touch(row)


def _update_entries(connection: Connection, rows: list[tuple[Any, ...]]) -> None:
    """Update whole rows, by their keys."""
    names = ["b_key" if column is t.entries.c.key else column.name for column in t.entries.columns]
    connection.execute(
        update(t.entries).where(t.entries.c.key == bindparam("b_key")),
        [dict(zip(names, row, strict=True)) for row in rows],
    )
