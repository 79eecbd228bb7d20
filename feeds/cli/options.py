"""What the commands share: options, messages, configuration."""

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from feeds.config import Config, load
from feeds.errors import FeedsError, RequestError, UnknownFeed
from feeds.model import Format

Seeds = Annotated[
    Path, typer.Option("--seeds", envvar="FEEDS_SEEDS", help="The folder of articles.")
]
ConfigFolder = Annotated[
    Path, typer.Option("--config", envvar="FEEDS_CONFIG", help="The folder of YAML configuration.")
]
Data = Annotated[
    Path, typer.Option("--data", envvar="FEEDS_DATA", help="The folder of the catalog.")
]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        envvar="FEEDS_HOST",
        help="The address to listen at; links lead there where no base_url is configured.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        envvar="FEEDS_PORT",
        min=0,
        max=65535,
        help="The port to listen at and to link to.",
    ),
]

Poll = Annotated[
    bool,
    typer.Option(
        "--poll",
        envvar="FEEDS_POLL",
        help="Look for changes every now and then: for network drives, which report none.",
    ),
]
CacheSize = Annotated[
    int,
    typer.Option(
        "--cache-size",
        envvar="FEEDS_CACHE_SIZE",
        min=1,
        help="Rendered feeds kept in each serving process, in MiB.",
    ),
]
QueryTimeLimit = Annotated[
    float,
    typer.Option(
        "--query-time-limit",
        envvar="FEEDS_QUERY_TIME_LIMIT",
        min=0.001,
        help="Seconds that finding the entries of a feed may take.",
    ),
]

DEFAULT_CACHE_SIZE = 64
DEFAULT_QUERY_TIME_LIMIT = 1.0
DEFAULT_SEEDS = Path("seeds")
DEFAULT_CONFIG = Path("config")
DEFAULT_DATA = Path(".feeds")
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

# Set for an ingest that belongs to a server: it ends when that is gone.
PARENT = "FEEDS_PARENT"
# Which start of the server a process belongs to.
START = "FEEDS_START"
# Where the processes of a server keep its last good configuration.
KEPT = "FEEDS_KEPT_CONFIG"


class OutputFormat(StrEnum):
    """How a command prints what it found."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[
    OutputFormat, typer.Option("--format", envvar="FEEDS_FORMAT", help="How to print it.")
]


def say(message: str) -> None:
    """A message to a person, apart from what the command gives."""
    print(message, file=sys.stderr, flush=True)


def kept_config() -> Path | None:
    """Where this process finds its server's last good configuration, if it has a server."""
    return Path(os.environ[KEPT]) if KEPT in os.environ else None


def configuration(folder: Path, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Config:
    """The configuration; links in feeds go to host and port where it names no base_url."""
    check_config_folder(folder)
    return load(folder, default_base_url(host, port))


def default_base_url(host: str, port: int, *, tls: bool = False) -> str:
    """Where links in feeds go if the configuration does not say."""
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if tls else ''}://{shown}:{port}"


def check_config_folder(folder: Path) -> None:
    """A folder without files will do and so will none at the default place, but
    one that was named and is not there is a slip of the pen."""
    if folder.is_dir() or (not folder.exists() and folder.absolute() == DEFAULT_CONFIG.absolute()):
        return
    reason = "Not a directory" if folder.exists() else "No such file or directory"
    raise FeedsError(f"{folder}: {reason}; name the folder of configuration with --config")


def nearest_said(error: RequestError, format: Format | None = None) -> str:
    """What was perhaps meant, in the format that was asked for, to be added to a message."""
    if not isinstance(error, UnknownFeed):
        return ""
    suffix = f".{format}" if format else ""
    near = [one + suffix for one in error.nearest if one != "/"]  # that is no feed
    return f" Perhaps you meant {' or '.join(near)}." if near else " feeds list names all feeds."
