"""What ingest noted of the folder: how much there is, and what is wrong with it."""

import json
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection, func, select

from feeds.catalog import schema as t
from feeds.problems import Code, Problem, Severity

_NONE: Final = "[]"


@dataclass(frozen=True, slots=True)
class Holdings:
    """How much the catalog holds."""

    files: int
    refused: int
    entries: int
    withdrawn: int


def holdings(connection: Connection) -> Holdings:
    """Counts of files and entries; takes as long as reading an index."""
    f, e = t.files.c, t.entries.c
    files, good = connection.execute(
        select(func.count(), func.sum(f.good)).select_from(t.files)
    ).one()
    here = connection.scalar(select(func.count()).where(e.tier >= 0)) or 0
    gone = connection.scalar(select(func.count()).where(e.tier < 0)) or 0
    return Holdings(files, files - int(good or 0), here, gone)


def problems(connection: Connection, most: int) -> list[Problem]:
    """What is wrong with files, those refused whole first; at most so many."""
    c = t.files.c
    rows = connection.execute(
        select(c.path, c.problems).where(c.problems != _NONE).order_by(c.good, c.path).limit(most)
    )
    found = [
        Problem(path, line, column, field, Code(code), message, hint, Severity(severity))
        for path, noted in rows
        for line, column, field, code, message, hint, severity in json.loads(noted)
    ]
    return found[:most]
