"""The log of `feeds serve`, its workers and `feeds ingest`: one form, on standard error.

    2026-11-29 10:00:00Z INFO    feeds 0.1.0 running on http://127.0.0.1:8000

Times are UTC. The access log of `serve` is another one, on standard output.
"""

import logging
import logging.config
import sys
import time
from typing import Any, Final

from feeds.problems import Problem

log: Final = logging.getLogger("feeds")


class Formatter(logging.Formatter):
    """Lines with the time in UTC."""

    converter = staticmethod(time.gmtime)


class StandardError(logging.Handler):
    """Writes to the present `sys.stderr`: above a progress bar, if there is one."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record; a failure, such as a closed pipe, does not stop the program."""
        try:
            # In one piece, or lines of several processes mix where nothing is buffered.
            sys.stderr.write(f"{self.format(record)}\n")
            sys.stderr.flush()
        except Exception:  # noqa: BLE001 - as every handler of logging does
            self.handleError(record)


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
    "handlers": {
        "stderr": {"()": StandardError, "formatter": "lines"},
        "access": {
            "class": "feeds.server.protocol.access_log.AccessLog",
            "stream": "ext://sys.stdout",
        },
    },
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "feeds": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


def configure() -> None:
    """Set up the log of a process that serves nothing itself."""
    loggers = {"feeds": LOGGING["loggers"]["feeds"]}
    handlers = {"stderr": LOGGING["handlers"]["stderr"]}
    logging.config.dictConfig({**LOGGING, "handlers": handlers, "loggers": loggers})


def log_problem(problem: Problem) -> None:
    """Log a problem in the form that `feeds check` prints."""
    log.log(logging.ERROR if problem.is_error else logging.WARNING, "%s", problem)
