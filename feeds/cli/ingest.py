"""`feeds ingest`: the seeds folder into the catalog, once or for as long as it runs."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from watchfiles import watch

from feeds.catalog.store import open_to_write
from feeds.catalog.writer import Writer
from feeds.cli.common import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_SEEDS,
    PARENT,
    ConfigFolder,
    Data,
    Seeds,
    check_config_folder,
    say,
)
from feeds.config import LiveConfig
from feeds.ingest.folder import is_hidden
from feeds.ingest.parse import spare_the_collector
from feeds.ingest.run import Ingest


def ingest(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    watching: Annotated[
        bool, typer.Option("--watch", envvar="FEEDS_WATCH", help="Go on with what changes.")
    ] = False,
    processes: Annotated[
        int,
        typer.Option(
            "--processes",
            envvar="FEEDS_PROCESSES",
            min=0,
            help="Processes that parse; 0 means one for each core.",
        ),
    ] = 0,
) -> None:
    """Scan the seeds folder into the catalog, then exit.

    Shows a progress bar on a terminal and prints one summary line. Articles
    that cannot be used are reported on standard error, and cost nothing else.
    """
    spare_the_collector()
    check_config_folder(config)
    live = LiveConfig(config, "")
    with open_to_write(data) as engine, _ending_well():
        work = Ingest(seeds, Writer(engine), lambda problem: say(str(problem)), processes or None)
        with _progress() as progress:
            report = work.scan(live.config.digests, progress)
        print(report, flush=True)
        if watching:
            _watch(seeds, live, work)


def _watch(seeds: Path, live: LiveConfig, work: Ingest) -> None:
    root = seeds.resolve()
    parent = os.getppid() if PARENT in os.environ else None
    began = False
    # Quiet for 50 ms means an editor or a `git pull` has drawn breath.
    for changes in watch(
        root,
        step=50,
        debounce=500,
        rust_timeout=1000,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        if parent is not None and os.getppid() != parent:
            return  # the server this process belongs to is gone
        # Its problems are told by `serve`; here it only dates a change of documents.
        if live.refresh(lambda problem: None):
            work.configured(live.config.digests)
        if not began:
            report = work.scan(live.config.digests)  # what changed before the watch began
            began = True
        else:
            below = {os.path.relpath(path, root).replace(os.sep, "/") for _, path in changes}
            report = work.follow(sorted(path for path in below if not is_hidden(path)))
        if report.read or report.removed:
            print(report, flush=True)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda done, total: None
        return
    columns = (
        TextColumn("Reading articles"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


@contextmanager
def _ending_well() -> Iterator[None]:
    """End in good order on SIGTERM: what is half written is undone by the database."""

    def end(signum: int, frame: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
