"""The migrations make the tables that the program uses, one after the other."""

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import feeds.catalog
from feeds.catalog import tables as t
from feeds.catalog.store import open_to_write


def test_the_migrations_make_the_tables_as_they_are_described(tmp_path: Path) -> None:
    with open_to_write(tmp_path) as engine, engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, t.metadata) == []


def _is_ours(table: object, name: str, kind: str, *_: object) -> bool:
    """The full-text index keeps tables of its own."""
    return kind != "table" or not name.startswith("texts")


def test_the_release_names_the_last_migration() -> None:
    assert feeds.catalog.__file__ is not None
    folder = Path(feeds.catalog.__file__).parent / "migrations"
    assert ScriptDirectory(str(folder)).get_current_head() == t.REVISION
