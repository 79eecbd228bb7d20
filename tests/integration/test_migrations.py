"""Catalogs made by earlier versions: what they hold goes on, with what has been added since."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from feeds.catalog import documents
from feeds.catalog import schema as t
from feeds.catalog.database import FILE, open_to_write
from feeds.catalog.upgrade import upgrade
from tests.support.application import ingest, serving
from tests.support.examples import Fields, article
from tests.support.folders import put
from tests.support.paths import NOWHERE
from tests.support.requests import ask

ARTICLES: list[Fields] = [
    article(1, title="The Met police", topics=["AI"], quality=50),
    article(2, title="Café C++", topics=["AI"], published=False),
    article(3, title="Gone away"),
    article(4, content="人工智能", type="video", related=[article(5, excerpt="Police too")]),
    article(6, title="Police again", date="2020-01-04T12:00:00Z"),
]
_MIGRATIONS = Path(documents.__file__).parent / "migrations"


def as_of_0001(data: Path, config: tuple[str, str] | None) -> None:
    """Make a catalog what version 0001 made of the same articles."""
    old = data / "old.db"
    engine = create_engine(f"sqlite:///{old}")
    alembic = AlembicConfig()
    alembic.set_main_option("script_location", str(_MIGRATIONS))
    with engine.begin() as connection:
        alembic.attributes["connection"] = connection
        command.upgrade(alembic, "0001")
    engine.dispose()
    with closing(connect(old)) as database:
        database.execute("ATTACH ? AS new", (str(data / FILE),))
        tables = [
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            if not name.startswith(("sqlite_", "alembic"))
        ]
        for table in tables:
            names = [row[1] for row in database.execute(f"PRAGMA main.table_info({table})")]
            kept = {row[1] for row in database.execute(f"PRAGMA new.table_info({table})")}
            # What later versions keep otherwise: how a file looked, so it is read again.
            values = ", ".join(name if name in kept else "0" for name in names)
            columns = ", ".join(names)
            database.execute(f"INSERT INTO {table} ({columns}) SELECT {values} FROM new.{table}")
        if config:
            database.executemany("INSERT INTO meta (name, value) VALUES (?, ?)", [
                ("config", config[0]), ("config_changed", config[1])])  # fmt: skip
        database.commit()
    for path in data.glob(f"{FILE}*"):
        path.unlink()
    old.rename(data / FILE)


@pytest.mark.parametrize("config", [None, ("digest", "0"), ("digest", "1500000000")])
@pytest.mark.parametrize("collide", [False, True])
def test_a_catalog_of_the_first_version_is_searched_like_a_new_one(
    tmp_path: Path, collide: bool, config: tuple[str, str] | None
) -> None:
    seeds, data = put(tmp_path / "seeds", *ARTICLES), tmp_path / "data"
    ingest(seeds, data)
    (seeds / "3.json").unlink()
    ingest(seeds, data, now=1_600_000_100)
    with serving(data, NOWHERE) as client:
        asked = ["/all.json", "/all.json?q=police", "/all.json?q=met", "/all.json?q=gone",
                 "/all.json?q=c%2B%2B", "/all.json?q=%E4%BA%BA%E5%B7%A5", "/all.json?type=video",
                 "/all.json?min_quality=10"]  # fmt: skip
        before = {target: ask(client, target) for target in asked}
    as_of_0001(data, config)
    with pytest.MonkeyPatch.context() as patch:
        if collide:
            patch.setattr(documents, "_TIES", 1)
        with open_to_write(data):
            pass
        with serving(data, NOWHERE) as client:
            assert {target: ask(client, target).body for target in asked} == {
                target: answer.body for target, answer in before.items()
            }
        # What is changed, comes back or goes afterwards is indexed as ever.
        put(seeds, {**ARTICLES[0], "title": "Changed"}, {**ARTICLES[1], "published": True},
            ARTICLES[2])  # fmt: skip
        ingest(seeds, data, now=1_600_000_200)
        with serving(data, NOWHERE) as client:
            found = {
                word: len(json.loads(ask(client, f"/all.json?q={word}").body)["items"])
                for word in ("met", "changed", "gone", "cafe", "police")
            }
    assert found == {"met": 0, "changed": 1, "gone": 1, "cafe": 1, "police": 2}


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Engine]:
    """A catalog that has seen every migration, which a new one has not."""
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    with engine.begin() as connection:
        upgrade(connection)
    yield engine
    engine.dispose()


def test_the_migrations_make_the_tables_as_they_are_described(migrated: Engine) -> None:
    with migrated.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_object": _is_ours})
        assert compare_metadata(context, t.metadata) == []


def test_a_new_catalog_has_what_the_migrations_make(tmp_path: Path, migrated: Engine) -> None:
    with open_to_write(tmp_path / "new") as engine, engine.connect() as connection:
        new = _shape(connection)
    with migrated.connect() as connection:
        assert _shape(connection) == new


def _shape(connection: Connection) -> dict[tuple[str, str], object]:
    """Tables and indexes. Columns were added at the end, and with a default for old rows."""
    found: dict[tuple[str, str], object] = {}
    made = text("SELECT type, name, tbl_name, sql FROM sqlite_master")
    for kind, name, table, statement in connection.execute(made).all():
        if kind == "table" and "VIRTUAL" not in statement:
            columns = connection.execute(text(f"PRAGMA table_info({table})"))
            found[kind, name] = (
                sorted((row.name, row.type, row.notnull, row.pk) for row in columns),
                "WITHOUT ROWID" in statement,
                "AUTOINCREMENT" in statement,
            )
        else:
            found[kind, name] = statement
    return found


def _is_ours(table: object, name: str, kind: str, *_: object) -> bool:
    """The full-text index keeps tables of its own."""
    return kind != "table" or not name.startswith("texts")


def test_the_release_names_the_last_migration() -> None:
    assert ScriptDirectory(str(_MIGRATIONS)).get_current_head() == t.REVISION
