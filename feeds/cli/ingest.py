"""`feeds ingest`: the seeds folder into the catalog, once or for as long as it runs."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final

import typer

from feeds.catalog.database import accepted, ask_to_accept, identity, open_to_write
from feeds.catalog.writer import Writer
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_SEEDS,
    PARENT,
    START,
    ConfigFolder,
    Data,
    Poll,
    Seeds,
    check_config_folder,
    kept_config,
    say,
)
from feeds.cli.progress import progress
from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogBusy, FeedsError, SeedsUnreadable
from feeds.ingest.pipeline import Ingest, Report
from feeds.ingest.scanner import check, is_there
from feeds.ingest.watcher import EVERYTHING, changes
from feeds.ingest.withdrawal_guard import FEW
from feeds.util import process_tuning

_PATIENCE: Final = 60.0  # seconds for a running ingest to hear of an acceptance
# Articles on their way from one process to another are a megabyte or two at a time:
# to give that back each time costs a fiftieth of all processor time.
_LARGE: Final = 4 * 1024 * 1024
# Beside a server: than the processes that answer, and than their threads that render.
_NICER: Final = 10


def ingest(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    watching: Annotated[
        bool, typer.Option("--watch", envvar="FEEDS_WATCH", help="Go on with what changes.")
    ] = False,
    poll: Poll = False,
    accept_withdrawals: Annotated[
        bool,
        typer.Option(
            "--accept-withdrawals",
            envvar="FEEDS_ACCEPT_WITHDRAWALS",
            help="Withdraw what is gone, however much it is.",
        ),
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

    Reads only what changed since the last time. Shows a progress bar on a
    terminal and prints one summary line. Articles that cannot be used are
    reported on standard error, and cost nothing else. Exit status 1 if
    withdrawals wait for --accept-withdrawals.
    """
    process_tuning.spare_the_collector()
    process_tuning.give_back(_LARGE)
    if PARENT in os.environ:
        os.nice(_NICER)  # readers come first
    kept = kept_config()
    if kept is None:
        check_config_folder(config)
    live = ConfigReloader(config, "", kept)
    if not watching:
        check(seeds)

    def run() -> bool:
        """Whether withdrawals wait."""
        with open_to_write(data) as engine, _ending_well():
            writer = Writer(engine)
            if not writer.files:
                check(seeds)  # nothing to go on with: a slip of the pen
            work = Ingest(
                seeds,
                writer,
                lambda problem: say(str(problem)),
                processes or None,
                share=live.config.withdraw_at_most,
            )
            run = _Run(seeds, data, live, work)
            if watching:
                run.watch(poll=poll, accept=accept_withdrawals)
                return False
            return run.scan(accept=accept_withdrawals).waiting > 0

    try:
        while True:
            try:
                waiting = run()
                break
            except _Replaced:
                say(f"{data}: the catalog was deleted or replaced; it is opened anew")
    except CatalogBusy:
        if not accept_withdrawals or watching:
            raise
        _pass_on(data)
        waiting = False
    if waiting:
        raise typer.Exit(1)


class _Replaced(Exception):
    """The catalog that is written is a file without a name by now."""


def _pass_on(data: Path) -> None:
    """Another ingest holds the catalog: it does what was asked for here."""
    if not ask_to_accept(data, _PATIENCE):
        raise FeedsError(
            f"{data}: the ingest that holds the catalog did not take this up; "
            "stop it, then run feeds ingest --accept-withdrawals again"
        )
    say("the ingest that is running has been told to withdraw what is gone")


class _Run:
    """One run of the command: what it says, and when it ends."""

    def __init__(self, seeds: Path, data: Path, live: ConfigReloader, work: Ingest) -> None:
        self._seeds = seeds
        self._data = data
        self._live = live
        self._work = work
        self._waiting = 0
        self._parent = os.getppid() if PARENT in os.environ else None
        self._catalog = _file_of(data)

    def scan(self, *, accept: bool = False, tell: bool = True) -> Report:
        """A whole scan, with its progress shown; with a summary though nothing has changed."""
        with progress(self._look_around) as shown:
            report = self._work.scan(
                self._live.config.digests, shown, accept=accept, start=os.environ.get(START, "")
            )
        self._tell(report, always=tell)
        return report

    def watch(self, *, poll: bool, accept: bool) -> None:
        """A whole scan, then what changes, until the process is told to end."""
        accepted(self._data)  # an answer to another question
        first = True
        while True:
            try:
                followed = self._work.is_elsewhere
                for paths in changes(self._seeds, say, poll=poll, is_elsewhere=followed):
                    self._look_around()
                    released = False
                    # Its problems are told by `serve`; here it only dates a change of documents.
                    if self._live.refresh(lambda problem: None):
                        self._work.share = self._live.config.withdraw_at_most
                        self._work.configured(self._live.config.digests)
                        released = self._waiting > 0  # more of it may be believed by now
                    if is_there(self._seeds) and accepted(self._data):
                        self.scan(accept=True)
                    elif paths is EVERYTHING:
                        self.scan(accept=accept and first, tell=first)
                        first = False
                    elif released or (paths and not self._follow(paths)):
                        self.scan(tell=False)
                return
            except SeedsUnreadable:
                continue  # `changes` says so, and waits for it

    def _follow(self, paths: frozenset[str]) -> bool:
        report = self._work.follow(paths)
        if report is not None:
            self._tell(report)
        return report is not None

    def _look_around(self) -> None:
        """End if the server that this process belongs to is gone.

        Raises _Replaced if the catalog is: nobody would ever read what is written.
        """
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)
        if _file_of(self._data) != self._catalog:
            raise _Replaced

    def _tell(self, report: Report, *, always: bool = False) -> None:
        if always or report.read or report.removed:
            print(report, flush=True)
        if report.waiting and report.waiting != self._waiting:
            share = self._live.config.withdraw_at_most
            gone = "1 file is" if report.waiting == 1 else f"{report.waiting} files are"
            say(
                f"{self._seeds}: {gone} gone, more than is believed: what was there goes on being "
                f"served. Within an hour go at most {share:.0%} of all (ingest.withdraw_at_most) "
                f"or {FEW}, whichever is more, and never all. If this was on purpose, run feeds "
                "ingest --accept-withdrawals"
            )
        self._waiting = report.waiting


def _file_of(data: Path) -> tuple[int, int] | None:
    found = identity(data)
    return found and found[:2]


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
