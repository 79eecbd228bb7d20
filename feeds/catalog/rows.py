"""Rows, many at once, through the driver.

Per row, SQLAlchemy's own way costs as much again as SQLite, and a cold ingest
writes a dozen rows for every file.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Table


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
