"""The change log, the dates of the configuration, and metadata of the catalog itself."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from feeds.catalog import schema as t
from feeds.catalog.bulk import run_rows

PARSER: Final = "parser"  # metadata: the version of the parser that has read the articles

_MOST_CHANGES: Final = 100_000  # that are stored
_APPEND: Final = "INSERT INTO changes (kind, ref, public, at) VALUES (?, ?, ?, ?)"

# The parts of a configuration and their digests: see `schema.settings`.
Settings = Mapping[str, str]


def append(connection: Connection, changed: Iterable[tuple[str, int, int]], now: int) -> None:
    """Append a line for each feed that has changed: kind, id and whether public entries did."""
    rows = [(*feed, now) for feed in sorted(changed)]
    if not rows:
        return
    run_rows(connection, _APPEND, rows)
    newest = connection.scalar(select(func.max(t.changes.c.seq))) or 0
    connection.execute(delete(t.changes).where(t.changes.c.seq <= newest - _MOST_CHANGES))


def record_settings(connection: Connection, settings: Settings, now: int) -> None:
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
    dated = {name for name in changed if name in before}
    append(connection, {(name, 0, public) for name in dated for public in (0, 1)}, now)


def get_meta(connection: Connection, name: str) -> str | None:
    """Return a value of the catalog's metadata, None if it has none by this name."""
    value: str | None = connection.scalar(select(t.meta.c.value).where(t.meta.c.name == name))
    return value


def set_meta(connection: Connection, name: str, value: str) -> None:
    """Write a value of the catalog's metadata."""
    if not connection.execute(
        update(t.meta).where(t.meta.c.name == name).values(value=value)
    ).rowcount:
        connection.execute(insert(t.meta), {"name": name, "value": value})
