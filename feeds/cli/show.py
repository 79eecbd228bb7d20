"""`feeds show`: one feed as it is served."""

import sys
from typing import Annotated
from urllib.parse import unquote

import typer

from feeds.catalog.reader import Reader
from feeds.catalog.store import open_to_read, reporting
from feeds.cli.common import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    ConfigFolder,
    Data,
    Host,
    Port,
    configuration,
)
from feeds.errors import FeedsError, UnknownFeed
from feeds.selection import Selection
from feeds.web.feed import document, split_suffix


def show(
    path: Annotated[str, typer.Argument(help="A feed's path, such as /topics/ai.atom")],
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
) -> None:
    """Print one feed, byte for byte as it is served."""
    stem, format = split_suffix(unquote(path.partition("?")[0]))
    settings = configuration(config, host, port)
    reader = Reader(open_to_read(data))
    try:
        with reporting(data), reader.connect() as connection:
            selection = Selection(settings, reader, reader.names(connection))
            spec = selection.resolve(connection, stem)
            shown = document(selection, connection, spec, format)
    except UnknownFeed as error:
        suffix = f".{format}" if format else ""
        near = [one + suffix for one in error.nearest if one != "/"]  # that is no feed
        hint = f"Perhaps you meant {' or '.join(near)}." if near else "feeds list names all feeds."
        raise FeedsError(f"{error} {hint}") from None
    sys.stdout.buffer.write(shown.body)
    sys.stdout.buffer.flush()
