"""The log of `feeds serve`, its workers and `feeds ingest`: one form, on standard error.

    2026-11-29 10:00:00Z INFO    feeds 0.1.0 running on http://127.0.0.1:8000

Times are UTC. The access log of `serve` is another one, on standard output.
"""

import asyncio
import logging
import logging.config
import sys
import time
from contextlib import suppress
from typing import Any, Final

from feeds.cli.terminal import shown
from feeds.problems import Problem

log: Final = logging.getLogger("feeds")


class Formatter(logging.Formatter):
    """Lines with the time in UTC."""

    converter = staticmethod(time.gmtime)

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's own name
        """Return the line of a record, without a traceback: in colours on a terminal."""
        return shown(super().formatMessage(record), sys.stderr)


class StandardError(logging.Handler):
    """Writes to the present `sys.stderr`: above a progress bar, if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a failure, such as a closed pipe, does not stop the program."""
        try:
            # In one piece: otherwise lines of several processes mix if the stream is not buffered.
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as every handler of logging does
            self.handleError(record)


class RepeatedWarnings(logging.Filter):
    """Counts a warning that comes again within some time, and writes only how often it did.

    uvicorn warns of every connection that does not speak HTTP, and while the catalog cannot be
    read, every request may fail: any client could fill the disk with lines. These warnings contain
    no client and no address, so there are only a few different ones.
    """

    def __init__(self, seconds: float = 60.0) -> None:
        super().__init__()
        self._seconds = seconds
        self._repeated: dict[str, int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record: all but repeated warnings in an event loop."""
        if record.levelno != logging.WARNING:
            return True
        message = record.getMessage()
        if message in self._repeated:
            self._repeated[message] += 1
            return False
        with suppress(RuntimeError):  # no event loop that could write the number later
            asyncio.get_running_loop().call_later(self._seconds, self._write_number, message)
            self._repeated[message] = 0
        return True

    def _write_number(self, message: str) -> None:
        times = self._repeated.pop(message)
        if times:
            log.warning("%s (repeated %d times in %g s)", message, times, self._seconds)


LOGGING: Final[dict[str, Any]] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "lines": {
            "()": Formatter,
            "fmt": "%(asctime)s %(levelname)-7s %(message)s",
            "datefmt": "%Y-%m-%d %H:%M:%SZ",
        },
    },
    "filters": {"repeated": {"()": RepeatedWarnings}},
    "handlers": {
        "stderr": {"()": StandardError, "formatter": "lines"},
        "access": {
            "class": "feeds.server.protocol.access_log.AccessLog",
            "stream": "ext://sys.stdout",
        },
    },
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.error": {"filters": ["repeated"]},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "feeds": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "feeds.requests": {"filters": ["repeated"]},
    },
}


def configure() -> None:
    """Set up the log of a process that is not a server itself."""
    loggers = {"feeds": LOGGING["loggers"]["feeds"]}
    handlers = {"stderr": LOGGING["handlers"]["stderr"]}
    logging.config.dictConfig({**LOGGING, "handlers": handlers, "loggers": loggers})


def log_problem(problem: Problem) -> None:
    """Log a problem in the form that `feeds check` prints."""
    log.log(logging.ERROR if problem.is_error else logging.WARNING, "%s", problem)
