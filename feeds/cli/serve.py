"""`feeds serve`: ingest beside it, the application in front."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer
import uvicorn

from feeds.catalog.store import locked
from feeds.cli.common import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_SEEDS,
    ConfigFolder,
    Data,
    Host,
    Port,
    Seeds,
    configuration,
    say,
)
from feeds.ingest.folder import scan

_AGAIN_AFTER: Final = 2.0  # seconds before an ingest that ended is started again
_GRACE: Final = 10.0  # seconds an ingest has to end


def serve(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    workers: Annotated[
        int, typer.Option("--workers", envvar="FEEDS_WORKERS", min=1, help="Serving processes.")
    ] = 1,
    no_watch: Annotated[
        bool,
        typer.Option("--no-watch", envvar="FEEDS_NO_WATCH", help="Scan once, then only serve."),
    ] = False,
) -> None:
    """Keep the catalog in step with the seeds folder and serve it.

    Ingest runs in a process of its own beside the serving ones.
    """
    configuration(config, host, port)
    scan(seeds)
    with locked(data):  # say at once what ingest would say later
        pass
    # Serving processes are started anew and find their options here.
    os.environ |= {
        "FEEDS_CONFIG": str(config.absolute()),
        "FEEDS_DATA": str(data.absolute()),
        "FEEDS_HOST": host,
        "FEEDS_PORT": str(port),
    }
    with _ingesting(seeds, config, data, watching=not no_watch):
        uvicorn.run(
            "feeds.cli.worker:application",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            log_config=LOGGING,
            server_header=False,
        )


LOGGING: Final = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"format": "%(asctime)s %(levelname)s %(message)s"},
        "access": {
            "()": "uvicorn.logging.AccessFormatter",
            "fmt": '%(asctime)s %(client_addr)s "%(request_line)s" %(status_code)s',
            "use_colors": False,
        },
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "plain"},
        "access": {
            "class": "logging.StreamHandler",
            "formatter": "access",
            "stream": "ext://sys.stdout",
        },
    },
    "loggers": {
        "uvicorn": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
        "uvicorn.access": {"handlers": ["access"], "level": "INFO", "propagate": False},
        "feeds": {"handlers": ["stderr"], "level": "INFO", "propagate": False},
    },
}


@contextmanager
def _ingesting(seeds: Path, config: Path, data: Path, *, watching: bool) -> Iterator[None]:
    """An ingest process beside the server, started again should it die."""
    command = [
        sys.executable,
        "-m",
        "feeds",
        "ingest",
        "--seeds",
        str(seeds),
        "--config",
        str(config),
        "--data",
        str(data),
        *(["--watch"] if watching else []),
    ]
    ending = threading.Event()
    running: list[subprocess.Popen[bytes]] = []

    def keep() -> None:
        while not ending.is_set():
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, process_group=0)
            running[:] = [process]
            status = process.wait()
            if ending.is_set() or (status == 0 and not watching):
                return
            say(f"ingest ended with status {status}; it is started again")
            ending.wait(_AGAIN_AFTER)

    keeper = threading.Thread(target=keep, name="ingest", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        ending.set()
        for process in running:
            process.terminate()
        keeper.join(_GRACE)
        for process in running:
            if process.poll() is None:
                process.kill()
