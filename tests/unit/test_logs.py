"""The log of the commands, one form for all processes."""

import asyncio
import io
import logging
import sys

import pytest

from feeds.cli.logs import RepeatedWarnings, StandardError
from tests.support.waiting import wait_for


class Pieces(io.StringIO):
    """A stream that remembers each write."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[str] = []

    def write(self, text: str) -> int:
        self.written.append(text)
        return len(text)


def test_a_line_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines of several processes would mix where standard error is not buffered."""
    stream = Pieces()
    monkeypatch.setattr(sys, "stderr", stream)
    StandardError().emit(logging.makeLogRecord({"msg": "one %s", "args": ("line",)}))
    assert stream.written == ["one line\n"]


def test_a_log_that_nobody_reads_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    stream.close()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(logging, "raiseExceptions", False)
    StandardError().emit(logging.makeLogRecord({"msg": "one line"}))


def test_warnings_that_come_again_are_counted_and_not_written(
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger = logging.getLogger("uvicorn.error")
    repeated = RepeatedWarnings(0.05)
    logger.addFilter(repeated)

    def messages() -> list[str]:
        return [record.getMessage() for record in caplog.records]

    async def receive() -> None:
        for _ in range(1000):
            logger.warning("Invalid HTTP request received.")
            logger.error("Exception in ASGI application")
        logger.warning("Something else.")
        await asyncio.to_thread(wait_for, lambda: len(messages()) == 1003, "the number")

    try:
        asyncio.run(receive())
    finally:
        logger.removeFilter(repeated)
    once = "Invalid HTTP request received."
    assert messages().count(once) == 1
    assert messages().count("Exception in ASGI application") == 1000
    assert messages()[-1] == f"{once} (repeated 999 times in 0.05 s)"
    assert messages().count("Something else.") == 1
