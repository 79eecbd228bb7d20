"""Options, messages and configuration that the commands share."""

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, cast

import typer

from feeds.config import Config, load
from feeds.config.yaml_files import explain_invalid
from feeds.errors import FeedsError, RequestError, UnknownFeed
from feeds.model import Format

Seeds = Annotated[
    Path, typer.Option("--seeds", envvar="FEEDS_SEEDS", help="The folder of articles.")
]
ConfigFolder = Annotated[
    Path,
    typer.Option(
        "--config", envvar="FEEDS_CONFIG", help="The folder of the configuration, in YAML."
    ),
]
Data = Annotated[
    Path, typer.Option("--data", envvar="FEEDS_DATA", help="The folder of the catalog.")
]
Host = Annotated[
    str,
    typer.Option(
        "--host",
        envvar="FEEDS_HOST",
        help="The address to listen on. Without base_url, links in feeds lead there.",
    ),
]
Port = Annotated[
    int,
    typer.Option(
        "--port",
        envvar="FEEDS_PORT",
        min=0,
        max=65535,
        help="The port to listen on. Without base_url, links in feeds lead there.",
    ),
]

Poll = Annotated[
    bool,
    typer.Option(
        "--poll",
        envvar="FEEDS_POLL",
        help="Look for changes at intervals. Network drives need this: they report none.",
    ),
]
FollowLinks = Annotated[
    bool,
    typer.Option(
        "--follow-links",
        envvar="FEEDS_FOLLOW_LINKS",
        help="Follow symbolic links that lead out of the folder of articles.",
    ),
]
CacheSize = Annotated[
    int,
    typer.Option(
        "--cache-size",
        envvar="FEEDS_CACHE_SIZE",
        min=1,
        help="Memory for rendered feeds in each process that serves, in MiB.",
    ),
]
QueryTimeLimit = Annotated[
    float,
    typer.Option(
        "--query-time-limit",
        envvar="FEEDS_QUERY_TIME_LIMIT",
        min=0.001,
        help="The longest that finding the entries of a feed may take, in seconds.",
    ),
]
ContentLimitSize = Annotated[
    int,
    typer.Option(
        "--content-limit",
        envvar="FEEDS_CONTENT_LIMIT",
        min=1,
        help="The most content in a feed, in MiB. Articles beyond it have only a summary.",
    ),
]

DEFAULT_CACHE_SIZE = 64
DEFAULT_CONTENT_LIMIT = 16
DEFAULT_QUERY_TIME_LIMIT = 1.0
DEFAULT_SEEDS = Path("seeds")
DEFAULT_CONFIG = Path("config")
DEFAULT_DATA = Path(".feeds")
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8000

# The id of the process of the server that an ingest belongs to, and with which it ends.
PARENT = "FEEDS_PARENT"
# A random id of the start of the server that a process belongs to.
START = "FEEDS_START"
# The file in which the processes of a server keep its last good configuration.
CONFIG_SNAPSHOT = "FEEDS_CONFIG_SNAPSHOT"


class OutputFormat(StrEnum):
    """The forms in which a command prints its result."""

    TEXT = "text"
    JSON = "json"


Output = Annotated[
    OutputFormat, typer.Option("--format", envvar="FEEDS_FORMAT", help="How to print the result.")
]


# typer raises this for a command line that it cannot parse, but does not export it.
UsageError = cast("type[Exception]", typer.BadParameter.__base__)


def usage_message(error: Any) -> str:
    """Return what to tell someone whose command line cannot be read.

    `error` is a UsageError. Without a command, that is the help of all commands.
    """
    message = error.format_message().strip()
    if type(error).__name__ == "NoArgsIsHelpError":
        return str(message)
    parameter = getattr(error, "param", None)
    if parameter is not None:
        is_option = parameter.param_type_name == "option"
        name = parameter.opts[0] if is_option else parameter.metavar or parameter.name.upper()
        message = f"{name} is missing"
        if invalid := explain_invalid(error.__cause__):
            if os.environ.get(parameter.envvar or "") == invalid.value:
                name = parameter.envvar
            message = f"{name}: {'; '.join(filter(None, (invalid.message, invalid.hint)))}"
        elif error.message:  # as older versions of typer have it
            message = f"{name}: {error.message}"
    command = error.ctx.command_path if error.ctx else "feeds"
    return f"error: {message.rstrip('.')}; see {command} --help"


def no_articles(seeds: Path, others: str, *, are_left_out: bool) -> str:
    """Return a message for a user whose folder has no articles, and who may be new.

    `others` says which other files there are, and `are_left_out` whether articles.yaml may leave
    articles out.
    """
    if are_left_out:
        message = "articles.yaml includes none of the files here"
        return f"{seeds}: {message}; correct its include or exclude"
    message = f"no articles here, {others}" if others else "no articles here"
    return f"{seeds}: {message}; add one, or run feeds init DIR for a sample"


def config_snapshot() -> Path | None:
    """Return the file with the last good configuration of this process's server, if it has one."""
    return Path(os.environ[CONFIG_SNAPSHOT]) if CONFIG_SNAPSHOT in os.environ else None


def configuration(folder: Path, host: str = DEFAULT_HOST, port: int = DEFAULT_PORT) -> Config:
    """Load the configuration; without a base_url, links in feeds go to host and port."""
    check_config_folder(folder)
    return load(folder, default_base_url(host, port))


def default_base_url(host: str, port: int, *, tls: bool = False) -> str:
    """Return the base of links in feeds for a configuration without base_url."""
    shown = f"[{host}]" if ":" in host else host
    return f"http{'s' if tls else ''}://{shown}:{port}"


def served_base_url() -> str:
    """Return the same for the server that this process belongs to, from its environment."""
    host, port = os.environ["FEEDS_HOST"], int(os.environ["FEEDS_PORT"])
    return default_base_url(host, port, tls=bool(os.environ.get("FEEDS_SSL_CERTFILE")))


def check_config_folder(folder: Path) -> None:
    """Raise FeedsError if the folder was named and does not exist.

    A folder without files is fine, and so is a default folder that does not exist.
    """
    if folder.is_dir() or (not folder.exists() and folder.absolute() == DEFAULT_CONFIG.absolute()):
        return
    reason = "Not a directory" if folder.exists() else "No such file or directory"
    raise FeedsError(f"{folder}: {reason}; name the folder of configuration with --config")


def suggestion(error: RequestError, format: Format | None = None) -> str:
    """Return a sentence with the nearest feeds that exist, to be added to a message."""
    if not isinstance(error, UnknownFeed):
        return ""
    suffix = f".{format}" if format else ""
    near = [path + suffix for path in error.nearest if path != "/"]  # which is no feed
    return f" Perhaps you meant {' or '.join(near)}." if near else " feeds list names all feeds."
