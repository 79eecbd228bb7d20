"""`feeds show`: one feed as it is served."""

import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from feeds.catalog.database import database_errors, open_to_read
from feeds.catalog.reader import Reader
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_CONTENT_LIMIT,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    ConfigFolder,
    ContentLimitSize,
    Data,
    Host,
    Port,
    configuration,
    suggestion,
)
from feeds.errors import FeedsError, RequestError
from feeds.feed_path import parse_address
from feeds.model import Format
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.documents import ContentLimit
from feeds.server.routes.feed import document


def show(
    path: Annotated[str, typer.Argument(help="The path of a feed, such as /topics/ai.atom")],
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    content_limit: ContentLimitSize = DEFAULT_CONTENT_LIMIT,
) -> None:
    """Print one feed exactly as it is served."""
    feed_path, query = parse_address(path)
    format = Format(feed_path.suffix) if feed_path.suffix else None
    settings = configuration(config, host, port)
    reader = Reader(open_to_read(data))
    try:
        with database_errors(data), reader.connect() as connection:
            view = SiteView(settings, reader, connection, reader.names(connection))
            spec = resolve(view, feed_path, query)
            limit = ContentLimit(content_limit << 20)
            shown = document(view, spec, format, datetime.now(UTC), limit)
    except RequestError as error:
        raise FeedsError(f"{error}{suggestion(error, format)}") from None
    sys.stdout.buffer.write(shown.body)
    sys.stdout.buffer.flush()
