"""The log of the commands, one form for all processes."""

import io
import logging
import sys

import pytest

from feeds.cli.logs import StandardError


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
