"""Stories: entries that one file names together, as coverage of the same event.

A mention's id is its file's id and its place in the file, so all that a file
names is one range of ids, and a story costs the same in a catalog of any size.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Integer, bindparam, select

from feeds.catalog import schema as t
from feeds.catalog.merge import PUBLIC, key_of

_FILE_BITS: Final = t.MENTIONS_PER_FILE.bit_length() - 1
_MOST: Final = 1000  # entries of a story that are looked at: some are named by thousands of files

_mine, _other = t.mentions.alias("mine"), t.mentions.alias("other")
_start: Final[Any] = _mine.c.id.op(">>")(_FILE_BITS).op("<<")(_FILE_BITS)
_public: Final[Any] = bindparam("public", expanding=True)
_KEYS: Final = (
    select(_other.c.key)
    .distinct()
    .where(
        _mine.c.key == bindparam("key"),
        _mine.c.flags.op("&")(PUBLIC).in_(_public),
        _other.c.id.between(_start, _start + (t.MENTIONS_PER_FILE - 1)),
        _other.c.flags.op("&")(PUBLIC).in_(_public),
    )
    .limit(bindparam("most", type_=Integer))
)
_TIER: Final = select(t.entries.c.id, t.entries.c.tier).where(t.entries.c.key == bindparam("key"))


def keys(connection: Connection, id: UUID, public: Iterable[bool]) -> list[int]:
    """Return the keys of all entries that any file names together with one, itself included.

    `public` says whether mentions in public articles, in drafts or in both count:
    what a draft names together must not be known from it.
    """
    flags = [PUBLIC if is_public else 0 for is_public in public]
    values = {"key": key_of(id.bytes), "public": flags, "most": _MOST}
    return list(connection.scalars(_KEYS, values))


def tier_of(connection: Connection, id: UUID) -> int | None:
    """Return the tier of an entry, see `schema.entries`; None if there never was such an entry."""
    row = connection.execute(_TIER, {"key": key_of(id.bytes)}).first()
    return int(row.tier) if row is not None and row.id == id.bytes else None
