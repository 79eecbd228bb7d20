"""The access log: one line on standard output for each request, in uvicorn's words.

Python's `logging` takes ten times as long for a line as the fast path for a response.
Here lines are put together from parts that are known, and many are written at once: a
tenth of a second after the first of them, or when the server ends.
"""

import asyncio
import logging
import re
import time
from contextlib import suppress
from http import HTTPStatus
from ipaddress import ip_address
from typing import Final, TextIO
from urllib.parse import quote, unquote, unquote_plus

from feeds.server.http.ready_responses import KnownRequest
from feeds.server.tokens import PREFIX

UNKNOWN: Final = "-"  # in place of a client
_LAST_PORT: Final = 65535
_DELAY: Final = 0.1  # seconds
_MOST_LINES: Final = 1000  # that wait to be written
# Up to here, lines that several processes write to one pipe stay whole: pipe(7).
_ATOMIC_WRITE: Final = 4096  # bytes
_PARAMETER: Final = re.compile(r"(?<=[?&])([^=&\s]*)=[^&\s]*")
# A token of a private feed, anywhere in a misspelt address.
_TOKEN: Final = re.compile(rf"{PREFIX[:-1]}(?:{PREFIX[-1]}|%5f)[\w%-]{{16,}}", re.IGNORECASE)


class AccessLog(logging.Handler):
    """Take the records of uvicorn's access logger, and complete lines."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: list[bytes] = []
        self._second = 0
        self._time = ""  # of this second, as lines begin

    @classmethod
    def of(cls, logger: logging.Logger) -> "AccessLog | None":
        """Return the only handler of a logger, if it is one of these."""
        only = logger.handlers[0] if len(logger.handlers) == 1 and not logger.propagate else None
        return only if isinstance(only, cls) and logger.isEnabledFor(logging.INFO) else None

    def emit(self, record: logging.LogRecord) -> None:
        """Add a line for a record of uvicorn: client, method, target, version and status."""
        if isinstance(record.args, tuple) and len(record.args) == 5:
            client, method, target, version, status = record.args
            line = request_line(str(method), str(target), str(version), int(str(status)))
            host, _, port = str(client).rpartition(":")
            self.add(valid_client(host, port) if client else "", line)
        else:
            self.add(UNKNOWN, record.getMessage())

    def add(self, client: str, line: str) -> None:
        """Add a line for a request that has just got its response."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._time = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second))
        line = f"{self._time}.{int((now - second) * 1000):03}Z {client} {line}\n"
        self._lines.append(line.encode(self._stream.encoding, "backslashreplace"))
        if len(self._lines) == 1:
            self._flush_soon()
        elif len(self._lines) >= _MOST_LINES:
            self.flush()

    def _flush_soon(self) -> None:
        try:
            asyncio.get_running_loop().call_later(_DELAY, self.flush)
        except RuntimeError:  # no event loop that could do it later
            self.flush()

    def flush(self) -> None:
        """Write the lines that wait, in pieces that stay whole."""
        lines, self._lines = self._lines, []
        piece = b""
        for line in lines:
            if piece and len(piece) + len(line) > _ATOMIC_WRITE:
                self._write(piece)
                piece = b""
            piece += line
        if piece:
            self._write(piece)

    def _write(self, piece: bytes) -> None:
        # If the reader of the log has ended, the server must not stop.
        with suppress(OSError, ValueError):
            self._stream.buffer.write(piece)
            self._stream.buffer.flush()


def request_line(method: str, target: str, version: str, status: int) -> str:
    """Return a request and its status as a line shows them; tokens of private feeds are hidden."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = ""
    shown = _TOKEN.sub("…", _PARAMETER.sub(_hide_token, target))
    return f'"{method} {shown} HTTP/{version}" {status} {phrase}'.rstrip()


def _hide_token(match: re.Match[str]) -> str:
    """Return a parameter without its value if it is a token, misspelt ones included."""
    return f"{match[1]}=…" if unquote_plus(match[1]).casefold() == "token" else match[0]


def log_fields(request: KnownRequest, raw: bytes) -> tuple[str, str, str, int]:
    """Return method, target, version and status, as uvicorn gives them to the access log."""
    method, target, _ = raw.split(b" ", 2)
    path, mark, query = target.decode("ascii").partition("?")
    return method.decode(), quote(unquote(path)) + mark + query, "1.1", request.response.status


def client_name(client: tuple[str, int] | None) -> str:
    """Return a client as lines name it, by address and port; empty if it has none."""
    return "{}:{}".format(*client) if client else ""


def valid_client(host: str, port: str | int) -> str:
    """Return a client as lines name it, `-` unless it is an IP address with a port.

    It may be any text that a client wrote into X-Forwarded-For.
    """
    address, _, zone = host.partition("%")
    try:
        ip_address(address)
        is_valid = 0 <= int(port) <= _LAST_PORT and (zone.isalnum() or "%" not in host)
    except ValueError:
        is_valid = False
    return client_name((host, int(port))) if is_valid else UNKNOWN
