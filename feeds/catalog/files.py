"""The list of files that a catalog was made of, and what became of each.

Whatever is asked here costs what is asked for, not what the catalog holds.
"""

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    MetaData,
    Table,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    update,
)

from feeds.catalog import schema as t
from feeds.catalog.bulk import among, insert_rows, listed
from feeds.catalog.fileread import AGAIN, UNREADABLE, FileRead
from feeds.problems import Problem

# Ids of files, while it is looked at what would go with them.
_going = Table(
    "going", MetaData(), Column("id", BigInteger, primary_key=True), prefixes=["TEMPORARY"]
)
# Made once: they are asked for every batch.
_DIGESTS: Final = select(t.files.c.path, t.files.c.digest).where(among(t.files.c.path, "paths"))
_IDS: Final = select(t.files.c.path, t.files.c.id).where(among(t.files.c.path, "paths"))


class Files:
    """Keeps the list. `known` is how many there are."""

    def __init__(self, connection: Connection) -> None:
        self._next = 1 + (connection.scalar(select(func.max(t.files.c.id))) or 0)
        self.known = connection.scalar(select(func.count()).select_from(t.files)) or 0

    def digests(self, connection: Connection, paths: Sequence[str]) -> dict[str, bytes]:
        """The digests of the content of those files that are in the list."""
        if not self.known:
            return {}
        rows = connection.execute(_DIGESTS, {"paths": listed(paths)})
        return {path: digest for path, digest in rows}  # noqa: C416

    def ids(self, connection: Connection, paths: Iterable[str]) -> dict[str, int]:
        """The ids of those files that are in the list."""
        if not self.known:
            return {}
        rows = connection.execute(_IDS, {"paths": listed(paths)})
        return {path: id for path, id in rows}  # noqa: C416

    def take_out(self, connection: Connection, ids: Collection[int]) -> None:
        """Strike files off the list."""
        if ids:
            gone = among(t.files.c.id, "ids")
            connection.execute(delete(t.files).where(gone), {"ids": listed(ids)})
            self.known -= len(ids)

    def put_in(
        self, connection: Connection, read: Iterable[FileRead], ids: dict[str, int]
    ) -> list[tuple[int, FileRead]]:
        """Note what was read, `ids` being those of files that are in the list already;
        give each file's id that has something to say."""
        new, old, same, saying = [], [], [], []
        for one in read:
            id = ids.get(one.path)
            if id is not None and one.same:
                same.append({"b_id": id, "b_signature": one.signature})
                continue
            row = {
                "path": one.path,
                "signature": one.signature,
                "digest": one.digest,
                "good": not one.refused,
                "problems": json.dumps([_row(problem) for problem in one.problems]),
            }
            if id is None:
                id, self._next = self._next, self._next + 1
                new.append({"id": id, **row})
            else:
                old.append({"b_id": id, **{f"b_{name}": value for name, value in row.items()}})
            if one.mentions is not None:
                saying.append((id, one))
        if new:
            connection.execute(insert(t.files), new)
            self.known += len(new)
        here = t.files.c.id == bindparam("b_id")
        for rows, names in (
            (old, ("signature", "digest", "good", "problems")),
            (same, ("signature",)),
        ):
            if rows:
                values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
                connection.execute(update(t.files).where(here).values(values), rows)
        return saying


def signatures(connection: Connection, below: str | None) -> dict[str, int]:
    """Return the signature of every file, by path; or of those at and below a path."""
    c = t.files.c
    wanted = select(c.path, c.signature)
    if below is not None:
        # `0` is what comes after `/`, so this is a range of the index.
        wanted = wanted.where((c.path == below) | ((c.path > f"{below}/") & (c.path < f"{below}0")))
    return {path: signature for path, signature in connection.execute(wanted)}  # noqa: C416


def to_be_read_again(connection: Connection) -> None:
    """Forget the signatures and digests of all files."""
    connection.execute(update(t.files).values(signature=AGAIN, digest=UNREADABLE))


def withdrawing(connection: Connection, ids: Iterable[int]) -> list[str]:
    """The paths of those of some files with which an entry would go that no other speaks of."""
    m, other = t.mentions.c, t.mentions.alias().c
    elsewhere = exists().where(
        other.key == m.key, (other.id // t.MENTIONS_PER_FILE).not_in(select(_going.c.id))
    )
    first = _going.c.id * t.MENTIONS_PER_FILE
    last_ones = (
        select(t.files.c.path)
        .distinct()
        .join_from(_going, t.files, t.files.c.id == _going.c.id)
        .join(t.mentions, m.id.between(first, first + t.MENTIONS_PER_FILE - 1))
        .where(~elsewhere)
    )
    _going.create(connection)
    insert_rows(connection, _going, [(id,) for id in ids])
    found = list(connection.scalars(last_ones))
    _going.drop(connection)
    return found


def _row(problem: Problem) -> list[Any]:
    return [
        problem.line,
        problem.column,
        problem.field,
        problem.code,
        problem.message,
        problem.hint,
        problem.severity,
    ]
