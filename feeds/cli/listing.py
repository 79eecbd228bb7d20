"""`feeds list`: every feed there is."""

import json

from rich.console import Console
from rich.table import Table

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
    Output,
    OutputFormat,
    Port,
    configuration,
)
from feeds.selection import Selection


def list_feeds(
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    format: Output = OutputFormat.TEXT,
) -> None:
    """List every feed: path, title, number of entries, last change."""
    settings = configuration(config, host, port)
    reader = Reader(open_to_read(data))
    with reporting(data), reader.connect() as connection:
        feeds = Selection(settings, reader, reader.names(connection)).feeds(connection)
    if format is OutputFormat.JSON:
        rows = [
            {
                "path": feed.path,
                "title": feed.title,
                "entries": feed.entries,
                "changed": feed.changed.isoformat() if feed.changed else None,
            }
            for feed in feeds
        ]
        print(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    console = Console()
    if not console.is_terminal:
        for feed in feeds:
            changed = feed.changed.isoformat() if feed.changed else "-"
            print(f"{feed.path}\t{feed.title}\t{feed.entries}\t{changed}")
        return
    table = Table("Path", "Title", "Entries", "Last change", box=None, pad_edge=False)
    table.columns[2].justify = "right"
    for feed in feeds:
        changed = f"{feed.changed:%Y-%m-%d %H:%M}" if feed.changed else "-"
        table.add_row(feed.path, feed.title, str(feed.entries), changed)
    console.print(table, markup=False)
