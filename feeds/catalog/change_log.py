"""The change log, the dates of the configuration, and metadata of the catalog itself."""

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from feeds.catalog import schema as t
from feeds.catalog.bulk import run_rows

PARSER: Final = "parser"  # metadata: the version of the parser that has read the articles
SETTINGS: Final = "article settings"  # … and the digest of the settings that it used

_MOST_CHANGES: Final = 100_000  # that are stored
_APPEND: Final = "INSERT INTO changes (kind, ref, public, at) VALUES (?, ?, ?, ?)"
# Its values are kind, id, who sees those entries, and the time.
DATE_REMOVAL: Final = (
    "INSERT INTO last_removals (kind, ref, public, at) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, public) DO UPDATE SET at = excluded.at "
    "WHERE excluded.at > last_removals.at"
)

# The parts of a configuration and their digests: see `schema.settings`.
Settings = Mapping[str, str]


def append(connection: Connection, changed: Iterable[tuple[str, int, int]], at: int) -> None:
    """Append a line for each feed that has changed: kind, id and who sees those entries."""
    rows = [(*feed, at) for feed in sorted(changed)]
    if not rows:
        return
    run_rows(connection, _APPEND, rows)
    newest = connection.scalar(select(func.max(t.changes.c.seq))) or 0
    connection.execute(delete(t.changes).where(t.changes.c.seq <= newest - _MOST_CHANGES))


def record_removals(connection: Connection, feeds: Iterable[tuple[str, int, int]], at: int) -> None:
    """Give a new date to feeds that an entry has left, or that show another name: see
    `schema.last_removals`."""
    run_rows(connection, DATE_REMOVAL, [(*feed, at) for feed in sorted(feeds)])


def next_date(connection: Connection, now: int, *, first: bool) -> int:
    """Return the date of the state that a transaction makes, in seconds since 1970.

    It is later than that of every earlier state, so that no two versions of a document have the
    same date, and may be ahead of the clock if states follow each other within a second. States
    before the end of a first scan are never shown.
    """
    return max(now, newest_date(connection) + (not first))


def newest_date(connection: Connection) -> int:
    """Return the date of the present state, 0 if it has none."""
    return connection.scalar(select(t.changes.c.at).order_by(t.changes.c.seq.desc()).limit(1)) or 0


def record_settings(connection: Connection, settings: Settings, at: int) -> None:
    """Date the parts of the configuration that have changed; those of a first scan have no date."""
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
        [{"name": name, "digest": settings[name], "at": at if before else 0} for name in changed],
    )
    kinds = {"site" if name == "server" else name for name in changed if before}
    append(connection, {(kind, 0, public) for kind in kinds for public in (0, 1)}, at)


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
