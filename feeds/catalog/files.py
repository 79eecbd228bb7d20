"""The files that a catalog was made from, and their problems.

The cost of each function depends on its arguments, not on the size of the catalog.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import nsmallest
from typing import Any, Final, NamedTuple

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
    true,
    update,
)

from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, insert_rows, json_array
from feeds.catalog.change_log import PARSER, SETTINGS, get_meta, set_meta
from feeds.catalog.merge import EXPIRED, MOVING, OWN, REREAD, FileRead
from feeds.locale import Message
from feeds.problems import Code, Problem, Severity

# Ids of files that would be removed, while their entries are checked.
_removed = Table(
    "removed", MetaData(), Column("id", BigInteger, primary_key=True), prefixes=["TEMPORARY"]
)
_DIGESTS: Final = select(t.files.c.path, t.files.c.digest, t.files.c.signature).where(
    in_json(t.files.c.path, "paths")
)
_IDS: Final = select(t.files.c.path, t.files.c.id).where(in_json(t.files.c.path, "paths"))
_NO_PROBLEMS: Final = "[]"
_WAITING: Final = "waiting"  # the name of a row of `meta`
_NAMED: Final = 5  # deleted files of those that wait
ACCEPT_COMMAND: Final = "feeds ingest --accept-withdrawals"


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much the catalog has: files, those refused among them, and entries."""

    files: int
    refused: int
    entries: int


class Waiting(NamedTuple):
    """The changes that wait for a person to accept them: the number of files, and the first of
    their paths.

    The articles of `deleted` files are still served, and those of `moving` files still at the
    addresses that they had before the settings of articles changed.
    """

    deleted: int = 0
    paths: tuple[str, ...] = ()
    moving: int = 0
    moving_paths: tuple[str, ...] = ()

    @property
    def number(self) -> int:
        """How many files wait."""
        return self.deleted + self.moving

    def __str__(self) -> str:
        """Return sentences that say which files wait and what to do; no full stop after the
        last."""
        return ". ".join(self.sentences)

    @property
    def sentences(self) -> list[Message]:
        """Sentences that say what waits and what to do, without a full stop."""
        sentences = []
        if self.deleted:
            sentences.append(
                Message.counted(
                    "%(n)s deleted article is still served: %(names)s. To withdraw, run "
                    "%(command)s with the same --seeds and --data; to keep, put the files back",
                    "%(n)s deleted articles are still served: %(names)s. To withdraw, run "
                    "%(command)s with the same --seeds and --data; to keep, put the files back",
                    self.deleted,
                    names=_named(self.deleted, self.paths),
                    command=ACCEPT_COMMAND,
                )
            )
        if self.moving:
            sentences.append(
                Message.counted(
                    "%(n)s article is still served at the address before the last change of "
                    "articles.yaml: %(names)s. To withdraw the old addresses for new ones, run "
                    "%(command)s with the same --seeds and --data; to keep them, take the change "
                    "back",
                    "%(n)s articles are still served at the address before the last change of "
                    "articles.yaml: %(names)s. To withdraw the old addresses for new ones, run "
                    "%(command)s with the same --seeds and --data; to keep them, take the change "
                    "back",
                    self.moving,
                    names=_named(self.moving, self.moving_paths),
                    command=ACCEPT_COMMAND,
                )
            )
        return sentences


def _named(number: int, paths: Sequence[str]) -> str:
    names, more = ", ".join(paths), number - len(paths)
    if not more:
        return names
    return Message.counted(
        "%(names)s and %(n)s more", "%(names)s and %(n)s more", more, names=names
    )


class Files:
    """The table of files, for the writer. `count` is how many there are."""

    def __init__(self, connection: Connection) -> None:
        self._next = 1 + (connection.scalar(select(func.max(t.files.c.id))) or 0)
        self.count = connection.scalar(select(func.count()).select_from(t.files)) or 0

    def digests(
        self, connection: Connection, paths: Sequence[str]
    ) -> dict[str, tuple[bytes, bool]]:
        """Return the digests of the content of those files that the catalog has, by path, and
        whether another version of the parser has read it."""
        if not self.count:
            return {}
        rows = connection.execute(_DIGESTS, {"paths": json_array(paths)})
        return {path: (digest, signature == REREAD) for path, digest, signature in rows}

    def ids(self, connection: Connection, paths: Iterable[str]) -> dict[str, int]:
        """Return the ids of those files that the catalog has, by path."""
        if not self.count:
            return {}
        rows = connection.execute(_IDS, {"paths": json_array(paths)})
        return {path: id for path, id in rows}  # noqa: C416

    def delete(self, connection: Connection, ids: Collection[int]) -> None:
        """Delete files."""
        if ids:
            where = in_json(t.files.c.id, "ids")
            connection.execute(delete(t.files).where(where), {"ids": json_array(ids)})
            self.count -= len(ids)

    def write(
        self, connection: Connection, files: Iterable[FileRead], ids: dict[str, int]
    ) -> list[tuple[int, FileRead]]:
        """Write files that were read; return those that have mentions, with their ids.

        `ids` are those of files that the catalog already has, by path.
        """
        new, old, same, with_mentions = [], [], [], []
        for file in files:
            id = ids.get(file.path)
            if id is not None and file.same:
                same.append({"b_id": id, "b_signature": file.signature})
                continue
            row = {
                "path": file.path,
                "signature": file.signature,
                "digest": file.digest,
                "settings": file.settings,
                "good": not file.refused,
                "problems": json.dumps([_row(problem) for problem in file.problems]),
                "again": file.again,
            }
            if id is None:
                id, self._next = self._next, self._next + 1
                new.append({"id": id, **row})
            else:
                old.append({"b_id": id, **{f"b_{name}": value for name, value in row.items()}})
            if file.mentions is not None:
                with_mentions.append((id, file))
        if new:
            connection.execute(insert(t.files), new)
            self.count += len(new)
        where = t.files.c.id == bindparam("b_id")
        for rows, names in (
            (old, ("signature", "digest", "settings", "good", "problems", "again")),
            (same, ("signature",)),
        ):
            if rows:
                values: dict[str, Any] = {name: bindparam(f"b_{name}") for name in names}
                connection.execute(update(t.files).where(where).values(values), rows)
        return with_mentions


def signatures(connection: Connection, below: str | None) -> dict[str, int]:
    """Return the signature of every file, by path; or of those at and below a path."""
    c = t.files.c
    query = select(c.path, c.signature)
    if below is not None:
        # `0` is what comes after `/`, so this is a range of the index.
        query = query.where((c.path == below) | ((c.path > f"{below}/") & (c.path < f"{below}0")))
    return {path: signature for path, signature in connection.execute(query)}  # noqa: C416


def use_parser(
    connection: Connection, version: str, settings: str, settings_of: Callable[[str], int]
) -> bool:
    """Mark the files to be read again whose parser or settings have changed.

    `version` is that of the parser, `settings` the digest of all settings, and `settings_of` gives
    the digest of those for the file at a path. If neither of the first two has changed since the
    last time, do nothing and return False.
    """
    c = t.files.c
    before = get_meta(connection, PARSER), get_meta(connection, SETTINGS)
    if get_meta(connection, PARSER) != version:
        connection.execute(update(t.files).values(signature=REREAD))
        set_meta(connection, PARSER, version)
    if get_meta(connection, SETTINGS) != settings:
        rows = connection.execute(select(c.id, c.path, c.settings)).all()
        if ids := [id for id, path, digest in rows if settings_of(path) != digest]:
            where = in_json(c.id, "ids")
            connection.execute(
                update(t.files).where(where).values(signature=REREAD), {"ids": json_array(ids)}
            )
        set_meta(connection, SETTINGS, settings)
    return before != (version, settings)


def moved(connection: Connection, read: Sequence[FileRead]) -> list[FileRead]:
    """Return those files whose content is the same, but which give their article another address,
    or no entry, by the new settings."""
    reread = {file.path: file for file in read if file.reread and file.mentions is not None}
    if not reread:
        return []
    m = t.mentions.c
    paths = {
        id * t.MENTIONS_PER_FILE: path
        for path, id in connection.execute(_IDS, {"paths": json_array(reread)})
    }
    firsts = connection.execute(
        select(m.id, m.key).where(in_json(m.id, "ids"), m.flags.op("&")(OWN) != 0),
        {"ids": json_array(paths)},
    )
    found = []
    for id, key in firsts:
        file = reread[paths[id]]
        if not file.mentions or file.mentions[0].key != key:
            found.append(file)
    return found


def article_of(connection: Connection, path: str) -> list[int]:
    """Return the key of the entry that a file is the article of; none if there is none."""
    m = t.mentions.c
    id = select(t.files.c.id).where(t.files.c.path == path).scalar_subquery()
    first = select(m.key).where(m.id == id * t.MENTIONS_PER_FILE, m.flags.op("&")(OWN) != 0)
    return list(connection.scalars(first))


def moving(connection: Connection) -> set[str]:
    """Return the paths of files whose articles are still served at their old addresses."""
    if not waiting(connection).moving:
        return set()
    c = t.files.c
    where = (c.settings == MOVING) & (c.signature != REREAD)
    return set(connection.scalars(select(c.path).where(where)))


def keep_addresses(connection: Connection, signatures: Mapping[str, int]) -> None:
    """Keep the earlier entries of files, by path, and do not read the files again for the new
    settings."""
    c = t.files.c
    where = c.path == bindparam("b_path")
    values = {"signature": bindparam("b_signature"), "settings": MOVING}
    connection.execute(
        update(t.files).where(where).values(values),
        [{"b_path": path, "b_signature": signature} for path, signature in signatures.items()],
    )


def release_addresses(connection: Connection) -> None:
    """Mark the files to be read again that kept the old addresses of their articles."""
    where = t.files.c.settings == MOVING
    connection.execute(update(t.files).where(where).values(signature=REREAD))


def read_again(connection: Connection, now: int, *, hold: bool) -> list[str]:
    """Mark the files to be read again that link to an article that has appeared since, or that is
    no longer held; return their paths."""
    c = t.files.c
    due = c.again.is_not(None) & (c.again <= now if hold else true())
    paths = list(connection.scalars(select(c.path).where(due)))
    if paths:
        connection.execute(update(t.files).where(due).values(signature=REREAD, again=None))
    return paths


def last_mentioning(connection: Connection, ids: Iterable[int]) -> list[str]:
    """Return the paths of those of some files that have an entry which no other file has, and
    which has not expired."""
    m, other = t.mentions.c, t.mentions.alias().c
    elsewhere = exists().where(
        other.key == m.key,
        other.flags < EXPIRED,
        (other.id // t.MENTIONS_PER_FILE).not_in(select(_removed.c.id)),
    )
    first = _removed.c.id * t.MENTIONS_PER_FILE
    query = (
        select(t.files.c.path)
        .distinct()
        .join_from(_removed, t.files, t.files.c.id == _removed.c.id)
        .join(t.mentions, m.id.between(first, first + t.MENTIONS_PER_FILE - 1))
        .where(m.flags < EXPIRED, ~elsewhere)
    )
    _removed.create(connection)
    insert_rows(connection, _removed, [(id,) for id in ids])
    paths = list(connection.scalars(query))
    _removed.drop(connection)
    return paths


def holdings(connection: Connection) -> Holdings:
    """Return how much the catalog has, drafts included."""
    c = t.files.c
    files, good = connection.execute(
        select(func.count(), func.sum(c.good)).select_from(t.files)
    ).one()
    entries = select(func.sum(t.counts.c.entries)).where(t.counts.c.kind == "all")
    return Holdings(files, files - int(good or 0), connection.scalar(entries) or 0)


def waiting(connection: Connection) -> Waiting:
    """Return the files that wait for a person."""
    stored = get_meta(connection, _WAITING)
    if stored is None:
        return Waiting()
    deleted, paths, moving, moving_paths = json.loads(stored)
    return Waiting(deleted, tuple(paths), moving, tuple(moving_paths))


def record_waiting(
    connection: Connection, deleted: Collection[str], moving: Collection[str]
) -> None:
    """Record the paths of files that wait for a person."""
    now = Waiting(
        len(deleted),
        tuple(nsmallest(_NAMED, deleted)),
        len(moving),
        tuple(nsmallest(_NAMED, moving)),
    )
    if now != waiting(connection):
        set_meta(connection, _WAITING, json.dumps(now))


def problems(connection: Connection, most: int) -> list[Problem]:
    """Return the problems of files, those of refused files first, up to a number."""
    c = t.files.c
    rows = connection.execute(
        select(c.path, c.problems)
        .where(c.problems != _NO_PROBLEMS)
        .order_by(c.good, c.path)
        .limit(most)
    )
    found = [
        Problem(path, line, column, field, Code(code), message, hint, Severity(severity))
        for path, stored in rows
        for line, column, field, code, message, hint, severity in json.loads(stored)
    ]
    return found[:most]


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
