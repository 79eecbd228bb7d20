"""The catalog's file: its tables, and what becomes of older ones."""

import asyncio
import os
import resource
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import Timer

import pytest

from feeds.catalog import database
from feeds.catalog.database import fold_log, locked, open_to_read
from feeds.errors import CatalogBusy, CatalogUnusable
from feeds.server.background import watch_descriptors
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


@pytest.mark.parametrize("held", [0.0, 0.3])  # seconds, by an ingest that is about to end
def test_closing_leaves_one_file_though_a_reader_was_the_last(tmp_path: Path, held: float) -> None:
    ingest(put(tmp_path / "seeds", article()), tmp_path / "data")
    reader = database.open_to_read(tmp_path / "data")
    connection = reader.connect()
    ingest(put(tmp_path / "seeds", article(title="Changed")), tmp_path / "data")
    connection.close()
    reader.dispose()
    with ExitStack() as stack:
        stack.enter_context(locked(tmp_path / "data"))
        Timer(held, stack.pop_all().close).start()
        fold_log(tmp_path / "data", 60.0)
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == [
        database.FILE,
        database.LOCK,
    ]
    fold_log(tmp_path / "nowhere", 0.0)  # nothing to close


@contextmanager
def no_descriptor_left() -> Iterator[str]:
    """Forbid this process to open a file; give what an error says of it."""
    lowest_free = os.open(os.devnull, os.O_RDONLY)
    os.close(lowest_free)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, before[1]))
    try:
        yield (
            f"all {lowest_free} file descriptors of the process are in use; "
            "raise the limit, by ulimit -n or systemd's LimitNOFILE"
        )
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_used_up_file_descriptors_are_named_and_not_the_folder(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ingest(put(tmp_path / "seeds", article()), tmp_path / "data")
    with no_descriptor_left() as hint, pytest.raises(CatalogUnusable) as reading:
        open_to_read(tmp_path / "data")
    catalog = tmp_path / "data" / database.FILE
    assert str(reading.value) == f"{catalog}: unable to open database file; {hint}"
    with (
        no_descriptor_left() as hint,
        pytest.raises(CatalogUnusable) as locking,
        locked(tmp_path),
    ):
        pass
    assert str(locking.value) == f"{tmp_path}: Too many open files; {hint}"

    async def watch() -> None:
        with no_descriptor_left() as hint:
            watching = asyncio.ensure_future(watch_descriptors())
            await asyncio.sleep(0)
        watching.cancel()
        assert [record.message for record in caplog.records] == [f"connections are refused: {hint}"]
        await watch_descriptors()  # ends at once: there are some again

    asyncio.run(watch())
