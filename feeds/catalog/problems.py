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


def holdings(connection: Connection) -> Holdings:
    """Counts of files and entries; takes as long as reading an index."""
    f = t.files.c
    files, good = connection.execute(
        select(func.count(), func.sum(f.good)).select_from(t.files)
    ).one()
    everything = select(func.sum(t.counts.c.entries)).where(t.counts.c.kind == "all")
    return Holdings(files, files - int(good or 0), connection.scalar(everything) or 0)


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
