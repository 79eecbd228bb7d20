"""The catalog's file: its tables, and what becomes of older ones."""

from pathlib import Path

import pytest

from feeds.catalog import database
from feeds.catalog.database import fold_log, locked
from feeds.errors import CatalogBusy
from tests.support.application import ingest
from tests.support.examples import article
from tests.support.folders import put


def test_one_process_may_write_and_a_second_waits_no_longer_than_told(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(CatalogBusy), locked(tmp_path, 0.1):
        pass
    with locked(tmp_path):
        pass


def test_a_note_is_taken_up_once(tmp_path: Path) -> None:
    assert not database.take_acceptance(tmp_path)
    assert not database.ask_to_accept(tmp_path, 0.1)  # nobody is there to take it up
    assert not database.take_acceptance(tmp_path)


def test_closing_leaves_one_file_though_a_reader_was_the_last(tmp_path: Path) -> None:
    ingest(put(tmp_path / "seeds", article()), tmp_path / "data")
    reader = database.open_to_read(tmp_path / "data")
    connection = reader.connect()
    ingest(put(tmp_path / "seeds", article(title="Changed")), tmp_path / "data")
    connection.close()
    reader.dispose()
    fold_log(tmp_path / "data")
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == [
        database.FILE,
        database.LOCK,
    ]
    fold_log(tmp_path / "nowhere")  # nothing to close
