"""Stories: entries that one file names together, as coverage of the same event.

A mention's id is its file's id and its position in the file, so all mentions of a file are one
range of ids, and the cost of a story does not depend on the size of the catalog.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, Row, bindparam, select, text

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array
from feeds.catalog.merge import EXPIRED, HELD, PUBLIC, key_of

_FILE_BITS: Final = t.MENTIONS_PER_FILE.bit_length() - 1
_MOST: Final = 1000  # entries of a story that are read: some are named by thousands of files

_mine, _other = t.mentions.alias("mine"), t.mentions.alias("other")
_start: Final[Any] = _mine.c.id.op(">>")(_FILE_BITS).op("<<")(_FILE_BITS)
_VISIBILITY: Final = PUBLIC | HELD | EXPIRED
_seen: Final[Any] = bindparam("seen", expanding=True)
_KEYS: Final = (
    select(_other.c.key)
    .distinct()
    .where(
        _mine.c.key == bindparam("key"),
        _mine.c.flags.op("&")(_VISIBILITY).in_(_seen),
        _other.c.id.between(_start, _start + (t.MENTIONS_PER_FILE - 1)),
        _other.c.flags.op("&")(_VISIBILITY).in_(_seen),
    )
    .limit(bindparam("most", type_=Integer))
)
# Entries with what they name, and the address of the one that they might.
_NAMING: Final = (
    select(t.entries, _other.c.payload, _mine.c.payload.label("named"))
    .join_from(_mine, _other, _other.c.id.between(_start, _start + (t.MENTIONS_PER_FILE - 1)))
    .join(t.entries, t.entries.c.winner == _other.c.id)
    .where(in_json(_mine.c.key, "keys"), t.entries.c.key == _other.c.key)
    .limit(_MOST)
)
# For each of some entries, those that a file names with it and that have one of some tiers.
_COVERAGE: Final = text(
    f"""
    SELECT asked.value, (
        SELECT json_group_array(json_array(hex(id), modified)) FROM (
            SELECT * FROM (
                SELECT DISTINCT e.id, e.modified, e.position FROM mentions mine
                JOIN mentions other ON other.id
                    BETWEEN mine.id >> {_FILE_BITS} << {_FILE_BITS}
                    AND (mine.id >> {_FILE_BITS} << {_FILE_BITS}) + {t.MENTIONS_PER_FILE - 1}
                JOIN entries e ON e.key = other.key
                WHERE mine.key = asked.value AND other.key <> mine.key
                    AND mine.flags & {_VISIBILITY} IN (SELECT value FROM json_each(:seen))
                    AND other.flags & {_VISIBILITY} IN (SELECT value FROM json_each(:seen))
                    AND e.tier IN (SELECT value FROM json_each(:tiers))
                LIMIT {_MOST}
            ) ORDER BY position LIMIT :most
        )
    ) FROM json_each(:keys) asked
    """  # noqa: S608 - numbers of our own
)
_TIER: Final = select(t.entries.c.id, t.entries.c.tier).where(t.entries.c.key == bindparam("key"))


class Coverage(NamedTuple):
    """The ids of entries, and when any of them last changed, in seconds since 1970."""

    ids: frozenset[UUID]
    modified: int


def keys(connection: Connection, id: UUID, levels: Iterable[int]) -> list[int]:
    """Return the keys of all entries that any file names together with one, itself included.

    `levels` says whether mentions in public articles, in drafts, or in both count: a draft must not
    be revealed by a story. Held and expired mentions never count.
    """
    values = {"key": key_of(id.bytes), "seen": _flags(levels), "most": _MOST}
    return list(connection.scalars(_KEYS, values))


def coverage(
    connection: Connection,
    ids: Iterable[UUID],
    levels: Iterable[int],
    tiers: Sequence[int],
    most: int,
) -> dict[UUID, Coverage]:
    """Return the newest other entries, at most `most`, in the story of each entry.

    The same mentions count as in `keys`, and entries of some tiers.
    """
    asked = {key_of(id.bytes): id for id in ids}
    values = {
        "keys": json_array(asked),
        "seen": json_array(_flags(levels)),
        "tiers": json_array(tiers),
        "most": most,
    }
    stories = {}
    for key, written in connection.execute(_COVERAGE, values):
        if others := json.loads(written):
            members = frozenset(UUID(hex) for hex, _ in others)
            stories[asked[key]] = Coverage(members, max(modified for _, modified in others))
    return stories


def _flags(levels: Iterable[int]) -> list[int]:
    return [PUBLIC if level > 0 else 0 for level in levels]


def naming(connection: Connection, keys: Iterable[int]) -> list[Row[Any]]:
    """Return the rows of entries that name any of some others as their related coverage."""
    rows = connection.execute(_NAMING, {"keys": json_array(keys)})
    return [
        row for row in rows if payloads.load(row.named)["url"] in payloads.related_urls(row.payload)
    ]


def tier_of(connection: Connection, id: UUID) -> int | None:
    """Return the tier of an entry, see `schema.entries`; None if there never was such an entry."""
    row = connection.execute(_TIER, {"key": key_of(id.bytes)}).first()
    return int(row.tier) if row is not None and row.id == id.bytes else None
