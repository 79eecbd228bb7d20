"""Write what a batch has collected: see `changeset`."""

from typing import Any

from sqlalchemy import Connection, bindparam, delete, update

from feeds.catalog import change_log, counters, documents, stories, tombstones
from feeds.catalog import schema as t
from feeds.catalog.bulk import insert_rows, run_rows
from feeds.catalog.changeset import Batch


def write(connection: Connection, batch: Batch) -> None:
    """Write entries, documents, tombstones, dates, counters and the change log."""
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
    tombstones.add(connection, batch.tombstones)
    if batch.unveiled and not batch.first:
        _touch_naming(connection, batch)
    change_log.record_removals(connection, batch.removals, batch.at)
    for feed, at in batch.expiries.items():
        change_log.record_removals(connection, [feed], at)
    deltas = batch.deltas.by_feed()
    counters.write(connection, deltas, batch.deltas)
    change_log.append(connection, batch.all_changed_feeds(deltas), batch.at)


def _touch_naming(connection: Connection, batch: Batch) -> None:
    """Date the entries anew that name one as related coverage which is seen now, or no
    longer."""
    rows = stories.naming(connection, batch.unveiled)
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
