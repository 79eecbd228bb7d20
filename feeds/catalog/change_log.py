"""What the catalog keeps beside entries: the change log, when parts of the configuration
changed, and notes about itself."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from feeds.catalog import schema as t
from feeds.catalog.bulk import run_rows

PARSER: Final = "parser"  # the name of the version of what reads articles, see `get_meta`
_KEPT_CHANGES: Final = 100_000

# The parts of a configuration and their digests: see `tables.settings`.
Settings = Mapping[str, str]


def log(connection: Connection, touched: set[tuple[str, int, int]], now: int) -> None:
    """Write a line of the change log for each feed that was touched."""
    if not touched:
        return
    rows = [(*place, now) for place in sorted(touched)]
    run_rows(connection, "INSERT INTO changes (kind, ref, public, at) VALUES (?, ?, ?, ?)", rows)
    newest = connection.scalar(select(func.max(t.changes.c.seq))) or 0
    connection.execute(delete(t.changes).where(t.changes.c.seq <= newest - _KEPT_CHANGES))


def note_settings(connection: Connection, settings: Settings, now: int) -> None:
    """Date the parts of the configuration that have changed; a part's first state has no date."""
    c = t.settings.c
    before = {row.name: row.digest for row in connection.execute(select(c.name, c.digest))}
    changed = [name for name, digest in settings.items() if before.get(name) != digest]
    if not changed:
        return
    connection.execute(
        delete(t.settings).where(c.name == bindparam("b_name")),
        [{"b_name": name} for name in changed],
    )
    connection.execute(
        insert(t.settings),
        [
            {"name": name, "digest": settings[name], "at": now if name in before else 0}
            for name in changed
        ],
    )
    again = {name for name in changed if name in before}
    log(connection, {(name, 0, public) for name in again for public in (0, 1)}, now)


def get_meta(connection: Connection, name: str) -> str | None:
    """A note about the catalog itself."""
    value: str | None = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name))
    return value


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Write one."""
    if not connection.execute(
        update(t.meta).where(t.meta.c.name == name).values(value=value)
    ).rowcount:
        connection.execute(insert(t.meta), {"name": name, "value": value})
