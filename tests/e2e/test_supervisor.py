"""The ingest process beside a server is started until it runs."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from feeds.cli.supervisor import IngestSupervisor
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


@contextmanager
def running(supervisor: IngestSupervisor) -> Iterator[None]:
    """Run a supervisor in a thread, and end it afterwards."""
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield
    finally:
        supervisor.end()
        thread.join(LONGEST_WAIT)
    assert not thread.is_alive()


def program(folder: Path) -> Path:
    """Write a program that creates the file it is given, and waits."""
    path = folder / "program"
    path.write_text('#!/bin/sh\ntouch "$1"\nexec sleep 60\n')
    path.chmod(0o755)
    return path


def test_an_ingest_that_could_not_be_started_is_tried_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As when there is no memory for another process, for a while."""
    command = [str(tmp_path / "program"), str(tmp_path / "ran")]
    with running(IngestSupervisor(command, watching=True)):
        wait_for(
            lambda: "ingest could not be started: No such file or directory; it is" in caplog.text,
            "the message of the failure",
        )
        program(tmp_path)
        wait_for((tmp_path / "ran").exists, "the start of the program")


class Defective(IngestSupervisor):
    """Fails once in a way that nobody foresaw."""

    failed = False

    def _start(self) -> str:
        if not self.failed:
            self.failed = True
            raise RuntimeError("nobody foresaw this")
        return super()._start()


def test_a_defect_of_the_supervisor_is_logged_and_ingest_is_started(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    command = [str(program(tmp_path)), str(tmp_path / "ran")]
    with running(Defective(command, watching=True)):
        wait_for((tmp_path / "ran").exists, "the start of the program")
    assert "the supervisor of ingest failed and restarts" in caplog.text
    assert "RuntimeError: nobody foresaw this" in caplog.text
