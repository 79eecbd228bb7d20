"""The catalog's file: its tables, and what becomes of older ones."""

import shutil
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from feeds.catalog import database
from feeds.catalog.database import close_for_all, locked
from feeds.errors import CatalogBusy, CatalogMissing
from tests.support.application import ingest
from tests.support.catalog_content import content, sound
from tests.support.examples import article
from tests.support.folders import put


def test_files_of_an_older_catalog_are_compared_and_not_parsed_again(tmp_path: Path) -> None:
    seeds = put(tmp_path / "seeds", article(1), article(2, topics=["AI"]))
    ingest(seeds, tmp_path / "now")
    shutil.copytree(tmp_path / "now", tmp_path / "old")
    config = Config()
    config.set_main_option("script_location", str(Path(database.__file__).parent / "migrations"))
    engine = create_engine(f"sqlite:///{tmp_path}/old/{database.FILE}")
    with engine.begin() as connection:  # as 0002 left it
        for name in ("tombstones", "counts", "topic_sets", "topic_moves"):
            connection.execute(text(f"DROP TABLE {name}"))
        for name in ("entries_heat", "entries_provider"):
            connection.execute(text(f"DROP INDEX {name}"))
        connection.execute(text("ALTER TABLE entries DROP COLUMN common"))
        connection.execute(
            text("CREATE INDEX entries_provider ON entries (provider, tier, published, key)")
        )
        connection.execute(text("ALTER TABLE files DROP COLUMN stamp"))
        for name in ("size", "mtime"):
            connection.execute(text(f"ALTER TABLE files ADD COLUMN {name} BIGINT DEFAULT 1"))
        config.attributes["connection"] = connection
        command.stamp(config, "0002")
    engine.dispose()
    with pytest.raises(CatalogMissing, match="run feeds ingest"):
        database.open_to_read(tmp_path / "old")
    report = ingest(seeds, tmp_path / "old")
    assert (report.files, report.read) == (2, 0)
    assert sound(tmp_path / "old") == "ok"
    assert content(tmp_path / "old") == content(tmp_path / "now")


def test_one_process_may_write_and_a_second_waits_no_longer_than_told(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(CatalogBusy), locked(tmp_path, 0.1):
        pass
    with locked(tmp_path):
        pass


def test_a_note_is_taken_up_once(tmp_path: Path) -> None:
    assert not database.accepted(tmp_path)
    assert not database.ask_to_accept(tmp_path, 0.1)  # nobody is there to take it up
    assert not database.accepted(tmp_path)


def test_closing_leaves_one_file_though_a_reader_was_the_last(tmp_path: Path) -> None:
    ingest(put(tmp_path / "seeds", article()), tmp_path / "data")
    reader = database.open_to_read(tmp_path / "data")
    connection = reader.connect()
    ingest(put(tmp_path / "seeds", article(title="Changed")), tmp_path / "data")
    connection.close()
    reader.dispose()
    close_for_all(tmp_path / "data")
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == [
        database.FILE,
        database.LOCK,
    ]
    close_for_all(tmp_path / "nowhere")  # nothing to close
