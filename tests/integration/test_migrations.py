"""The migrations: they create the tables that the program describes, and need nothing of it."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from feeds.catalog import database
from feeds.catalog import schema as t
from feeds.catalog.database import open_to_write, upgrade

_MIGRATIONS = Path(database.__file__).parent / "migrations"


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """Give a catalog that was created by the migrations."""
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.begin() as connection:
        upgrade(connection)
    yield engine
    engine.dispose()


def test_a_new_catalog_has_the_tables_that_the_migrations_create(
    tmp_path: Path, migrated: Engine
) -> None:
    with open_to_write(tmp_path / "new") as engine, engine.connect() as connection:
        new = _statements(connection), _index_options(connection)
    with migrated.connect() as connection:
        assert (_statements(connection), _index_options(connection)) == new


def _index_options(connection: Connection) -> dict[str, int]:
    """Return the options of the full-text index."""
    return {row.k: row.v for row in connection.execute(text("SELECT * FROM documents_config"))}


def _statements(connection: Connection) -> dict[tuple[str, str], str]:
    """Return the statement that created each table and index, without blanks."""
    rows = connection.execute(text("SELECT type, name, sql FROM sqlite_master"))
    return {(row.type, row.name): "".join((row.sql or "").split()) for row in rows}


def test_the_schema_names_the_last_migration() -> None:
    assert ScriptDirectory(str(_MIGRATIONS)).get_current_head() == t.REVISION


@pytest.mark.parametrize("path", sorted((_MIGRATIONS / "versions").glob("0*.py")))
def test_a_migration_imports_nothing_of_the_program(path: Path) -> None:
    program = "import runpy, sys; runpy.run_path(sys.argv[1]); print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", program, path], text=True).split()
    assert "alembic" in loaded
    assert not [name for name in loaded if name.partition(".")[0] == "feeds"]
