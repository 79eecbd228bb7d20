"""Rows, many at once.

Per row, SQLAlchemy's own way costs as much again as SQLite, and a cold ingest
writes a dozen rows for every file.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows in the order of the table's columns."""
    marks = ", ".join("?" * len(table.columns))
    names = ", ".join(column.name for column in table.columns)
    # Only names of our own tables and columns are put into the statement.
    run_rows(connection, f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608


def run_rows(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement of ours, its values marked `?`, for each row; no row is no work."""
    if rows:
        if connection.dialect.paramstyle != "qmark":
            statement = statement.replace("?", "%s")
        connection.exec_driver_sql(statement, list(rows))


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """The condition that a column is one of many numbers or texts: see `listed`.

    They are one value of the statement, which therefore is the same however many
    they are: a value for each would be put into it anew with every call.
    """
    values = func.json_each(bindparam(name)).table_valued("value")
    return column.in_(select(values.c.value))


def listed(values: Iterable[int] | Iterable[str] | Iterable[tuple[str, int]]) -> str:
    """Numbers, texts or pairs of both as that one value: a list in JSON."""
    return json.dumps(list(values))
