"""The access log: a line on standard output for each request, in uvicorn's words.

Python's `logging` takes ten times as long for a line as the fast lane for an
answer. Here a line is put together from what is known of it, and many are
written at once: a tenth of a second after the first of them, or as the server
ends.
"""

import asyncio
import logging
import re
import time
from contextlib import suppress
from http import HTTPStatus
from typing import Final, TextIO
from urllib.parse import unquote_plus

from feeds.server.tokens import PREFIX

_PAUSE: Final = 0.1  # seconds
_MOST: Final = 1000  # lines that wait
# What several processes write to one pipe at a time stays whole up to here: pipe(7).
_WHOLE: Final = 4096  # bytes
_PARAMETER: Final = re.compile(r"(?<=[?&])([^=&\s]*)=[^&\s]*")
# A token of a private feed wherever an address that was written wrongly has it.
_TOKEN: Final = re.compile(rf"{PREFIX[:-1]}(?:{PREFIX[-1]}|%5f)[\w%-]{{16,}}", re.IGNORECASE)


class AccessLog(logging.Handler):
    """Takes what uvicorn tells its access logger, and lines that are put together already."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: list[bytes] = []
        self._second = 0
        self._time = ""  # … as lines begin

    @classmethod
    def of(cls, logger: logging.Logger) -> "AccessLog | None":
        """The only handler of a logger, if it is one of these."""
        only = logger.handlers[0] if len(logger.handlers) == 1 and not logger.propagate else None
        return only if isinstance(only, cls) and logger.isEnabledFor(logging.INFO) else None

    def emit(self, record: logging.LogRecord) -> None:
        """A line for what uvicorn says: client, method, target, version and status."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, target, version, status = record.args
            self.add(str(client), said(str(method), str(target), str(version), int(str(status))))
        else:
            self.add("-", record.getMessage())

    def add(self, client: str, said: str) -> None:
        """A line for a request that was answered now."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._time = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(second))
        line = f"{self._time},{int((now - second) * 1000):03} {client} {said}\n"
        self._lines.append(line.encode(self._stream.encoding, "backslashreplace"))
        if len(self._lines) == 1:
            self._flush_soon()
        elif len(self._lines) >= _MOST:
            self.flush()

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_PAUSE, self.flush)
        except RuntimeError:  # nothing that could do it later
            self.flush()

    def flush(self) -> None:
        """Write what waits, in pieces that stay whole."""
        lines, self._lines = self._lines, []
        piece = b""
        for line in lines:
            if piece and len(piece) + len(line) > _WHOLE:
                self._write(piece)
                piece = b""
            piece += line
        if piece:
            self._write(piece)

    def _write(self, piece: bytes) -> None:
        # Nobody may read it any more: no reason to stop serving.
        with suppress(OSError, ValueError):
            self._stream.buffer.write(piece)
            self._stream.buffer.flush()


def said(method: str, target: str, version: str, status: int) -> str:
    """A request and its answer as a line has them; tokens of private feeds are hidden."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    shown = _TOKEN.sub("…", _PARAMETER.sub(_hidden, target))
    return f'"{method} {shown} HTTP/{version}" {status} {phrase}'.rstrip()


def _hidden(found: re.Match[str]) -> str:
    """A parameter without its value if it is a token, misspelled ones too."""
    return f"{found[1]}=…" if unquote_plus(found[1]).casefold() == "token" else found[0]
