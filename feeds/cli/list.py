"""`feeds list`: list every feed."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from feeds.catalog import files, schedule
from feeds.catalog.database import database_errors, open_to_read
from feeds.catalog.reader import Reader
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    ConfigFolder,
    Data,
    Output,
    OutputFormat,
    configuration,
)
from feeds.cli.terminal import say
from feeds.model import FeedSummary
from feeds.selection import listing
from feeds.selection.site_view import SiteView

_WIDEST: Final = 10_000  # columns
_MOST_HELD: Final = 20  # articles that are named


def list_feeds(
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    format: Output = OutputFormat.TEXT,
) -> None:
    """List every feed, with its number of entries and its last change.

    Prints a table on a terminal. Elsewhere, prints one line for each feed: path, title,
    number of entries, last change, and public or private, separated by tabs. Articles that
    are held until their date are named on standard error.
    """
    settings = configuration(config)
    reader = Reader(open_to_read(data))
    with database_errors(data), reader.connect() as connection:
        view = SiteView(settings, reader, connection, reader.names(connection))
        now = datetime.now(UTC)
        feeds = [
            listing.counted(view, feed, now) if feed.entries is None else feed
            for feed in listing.summaries(view)
        ]
        waiting = files.waiting(connection)
        held = schedule.held(connection, _MOST_HELD)
    # A title is plain text: [brackets] and :colons: in it have no meaning for rich.
    console = Console(markup=False, emoji=False, highlight=False)
    if format is OutputFormat.JSON:
        _print_json(feeds)
    elif console.is_terminal:
        _print_table(console, feeds)
    else:
        for feed in feeds:
            changed = feed.changed.isoformat() if feed.changed else "-"
            print(feed.path, feed.title, feed.entries, changed, _access(feed), sep="\t")
    for line in held.lines(settings.site.timezone):
        say(f"{data}: {line}")
    if waiting.number:
        say(f"warning: {data}: {waiting}")


def _access(feed: FeedSummary) -> str:
    return "private" if feed.private else "public"


def _print_json(feeds: Sequence[FeedSummary]) -> None:
    rows = [
        {
            "path": str(feed.path),
            "title": feed.title,
            "entries": feed.entries,
            "changed": feed.changed.isoformat() if feed.changed else None,
            "private": feed.private,
        }
        for feed in feeds
    ]
    print(json.dumps(rows, ensure_ascii=False, indent=1))


def _print_table(console: Console, feeds: Sequence[FeedSummary]) -> None:
    table = Table(box=None, pad_edge=False)
    table.add_column("Path", no_wrap=True)  # people copy it
    table.add_column("Title", overflow="fold", min_width=12)
    table.add_column("Entries", justify="right", no_wrap=True)
    table.add_column("Last change (UTC)", no_wrap=True)
    for feed in feeds:
        changed = f"{feed.changed:%Y-%m-%d %H:%M}" if feed.changed else "-"
        title = Text(feed.title) + Text(" (private)" if feed.private else "", "yellow")
        table.add_row(str(feed.path), title, str(feed.entries), changed)
    # On a narrow terminal, long lines are better than paths cut short.
    unbounded = console.options.update(width=_WIDEST)
    console.width = max(console.width, console.measure(table, options=unbounded).minimum)
    console.print(table, crop=False)
