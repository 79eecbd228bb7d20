"""Run statements that write many rows, or read many values, at once.

For single rows, SQLAlchemy takes as much time as SQLite itself, and a first scan writes a dozen
rows for every file.
"""

import json
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, bindparam, func, select


def insert_rows(connection: Connection, table: Table, rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert rows whose values are in the order of the table's columns."""
    marks = ", ".join("?" * len(table.columns))
    names = ", ".join(column.name for column in table.columns)
    # Only names of our own tables and columns are put into the statement.
    run_rows(connection, f"INSERT INTO {table.name} ({names}) VALUES ({marks})", rows)  # noqa: S608


def run_rows(connection: Connection, statement: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Run a statement, whose values are marked `?`, for each row; do nothing without rows."""
    if rows:
        if connection.dialect.paramstyle != "qmark":
            statement = statement.replace("?", "%s")
        connection.exec_driver_sql(statement, list(rows))


def in_json(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return the condition that a column is one of the values that `json_array` gives.

    They are one parameter of the statement, by this name. So the statement does not depend on their
    number: with a parameter for each value, it would be compiled again for each number.
    """
    values = func.json_each(bindparam(name)).table_valued("value")
    return column.in_(select(values.c.value))


def json_array(values: Iterable[int] | Iterable[str] | Iterable[tuple[str, int]]) -> str:
    """Return numbers, texts or pairs of both as one parameter: an array in JSON."""
    return json.dumps(list(values))
