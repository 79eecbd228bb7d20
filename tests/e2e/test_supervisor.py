"""The ingest process beside a server is started until it runs."""

import threading
from pathlib import Path

import pytest

from feeds.cli.supervisor import _Keeper
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


def test_an_ingest_that_could_not_be_started_is_tried_again(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """As when there is no memory for another process, for a while."""
    program = tmp_path / "program"
    keeper = _Keeper([str(program), str(tmp_path / "ran")], watching=True)
    thread = threading.Thread(target=keeper.keep)
    thread.start()
    told = ""

    def said(text: str) -> bool:
        nonlocal told
        told += capfd.readouterr().err
        return text in told

    try:
        wait_for(
            lambda: said("ingest could not be started: No such file or directory; it is"),
            "the message of the failure",
        )
        program.write_text('#!/bin/sh\ntouch "$1"\nexec sleep 60\n')
        program.chmod(0o755)
        wait_for((tmp_path / "ran").exists, "the start of the program")
    finally:
        keeper.end()
        thread.join(60)
    assert not thread.is_alive()
