"""What was written about the same thing: entries that one file names together.

A mention's id is its file's id and its place in the file, so all that a file
names is one range of ids, and a story costs the same in a catalog of any size.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Integer, bindparam, select

from feeds.catalog import schema as t
from feeds.catalog.merge import PUBLIC, key_of

_BITS: Final = t.MENTIONS_PER_FILE.bit_length() - 1
_MOST: Final = 1000  # entries looked at: some pieces are named by thousands of files

_mine, _other = t.mentions.alias("mine"), t.mentions.alias("other")
_start: Final[Any] = _mine.c.id.op(">>")(_BITS).op("<<")(_BITS)
_public: Final[Any] = bindparam("public", expanding=True)
_TOGETHER: Final = (
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


def together(connection: Connection, id: UUID, public: Iterable[bool]) -> list[int]:
    """The keys of all entries that any file names together with one, itself among them.

    `public` says whether public articles, drafts or both may tell: what a draft
    names together must not be known from it.
    """
    flags = [PUBLIC if one else 0 for one in public]
    wanted = {"key": key_of(id.bytes), "public": flags, "most": _MOST}
    return list(connection.scalars(_TOGETHER, wanted))


def tier(connection: Connection, id: UUID) -> int | None:
    """The tier of an entry, see `tables.entries`; None if there never was such an entry."""
    row = connection.execute(_TIER, {"key": key_of(id.bytes)}).first()
    return int(row.tier) if row is not None and row.id == id.bytes else None
