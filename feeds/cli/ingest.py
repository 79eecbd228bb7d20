"""`feeds ingest`: bring the catalog in line with the seeds folder, once or continuously."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from feeds.catalog.database import accepted, ask_to_accept, identity, open_to_write
from feeds.catalog.writer import Writer
from feeds.cli.logs import configure, log, log_problem
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
from feeds.ingest.pipeline import Pipeline, Report
from feeds.ingest.scanner import check_readable, is_readable
from feeds.ingest.watcher import EVERYTHING, changes
from feeds.ingest.withdrawal_guard import ALWAYS_ALLOWED
from feeds.util import process_tuning
from feeds.util.supervise import Supervised

_PATIENCE: Final = 60.0  # seconds for a running ingest to hear of an acceptance
_UNFINISHED: Final = "ingest.unfinished"  # a file in the data folder while an ingest runs

_Result = TypeVar("_Result")


def ingest(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    watching: Annotated[
        bool, typer.Option("--watch", envvar="FEEDS_WATCH", help="Continue with what changes.")
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
    configure()
    process_tuning.tune_ingest(beside_server=PARENT in os.environ)
    snapshot = kept_config()
    if snapshot is None:
        check_config_folder(config)
    reloader = ConfigReloader(config, "", snapshot)
    if not watching:
        check_readable(seeds)

    @contextmanager
    def opened() -> Iterator[_Job]:
        with open_to_write(data) as engine, _was_killed(data) as killed:
            writer = Writer(engine)
            if not writer.files:
                check_readable(seeds)  # nothing to serve meanwhile: a slip of the pen
            share = reloader.config.withdraw_at_most
            pipeline = Pipeline(
                seeds, writer, log_problem, processes or None, share=share, isolated=killed
            )
            yield _Job(seeds, data, reloader, pipeline)

    def run(work: Callable[[_Job], _Result]) -> _Result:
        while True:
            with suppress(_Replaced), opened() as job:
                return work(job)
            log.warning("%s: the catalog was deleted or replaced; it is opened again", data)

    def watch(job: _Job) -> None:
        job.watch(task, poll=poll, accept=accept_withdrawals)

    with _ended_by_sigterm():
        if watching:
            task = Supervised("ingest")
            return task.run_blocking(partial(run, watch), raised=(FeedsError,))
        try:
            report = run(lambda job: job.scan(accept=accept_withdrawals))
        except CatalogBusy:
            if not accept_withdrawals:
                raise
            _pass_on(data)
        else:
            print(report, flush=True)
            if report.waiting:
                raise typer.Exit(1)


class _Replaced(Exception):
    """The catalog that is written has no name any more: nobody would read it."""


def _pass_on(data: Path) -> None:
    """Ask the ingest that holds the catalog to withdraw what is gone."""
    if not ask_to_accept(data, _PATIENCE):
        raise FeedsError(
            f"{data}: the ingest that holds the catalog did not take this up; "
            "stop it, then run feeds ingest --accept-withdrawals again"
        )
    say("the ingest that is running has been told to withdraw what is gone")


class _Job:
    """Brings an open catalog in line with the folder, and reports on it."""

    def __init__(
        self, seeds: Path, data: Path, reloader: ConfigReloader, pipeline: Pipeline
    ) -> None:
        self._seeds = seeds
        self._data = data
        self._reloader = reloader
        self._pipeline = pipeline
        self._waiting = 0  # files whose withdrawal waits, as it was last reported
        self._parent = os.getppid() if PARENT in os.environ else None
        self._catalog = _file_of(data)

    def scan(self, *, accept: bool = False) -> Report:
        """Scan the whole folder, and show the progress."""
        with progress(self._check_surroundings) as show:
            report = self._pipeline.scan(
                self._reloader.config.digests,
                show,
                accept=accept,
                start=os.environ.get(START, ""),
            )
        self._warn_of_withdrawals(report)
        return report

    def watch(self, task: Supervised, *, poll: bool, accept: bool) -> None:
        """Scan the whole folder, then what changes, until the process is told to end."""
        accepted(self._data)  # it was meant for an earlier ingest
        first = True
        while True:
            try:
                moved = self._pipeline.links_have_moved
                for paths in changes(self._seeds, poll=poll, links_have_moved=moved):
                    self._check_surroundings()
                    released = self._follow_config()
                    if is_readable(self._seeds) and accepted(self._data):
                        self._log(self.scan(accept=True), always=True)
                    elif paths is EVERYTHING:
                        self._log(self.scan(accept=accept and first), always=first)
                        first = False
                    elif released or (paths and not self._follow(paths)):
                        self._log(self.scan())
                    task.working()
                return
            except SeedsUnreadable:
                continue  # `changes` says so, and waits for it

    def _follow_config(self) -> bool:
        """Take up a change of the configuration; return whether waiting withdrawals may be
        allowed by now. `serve` reports its problems: here it only dates documents."""
        if not self._reloader.refresh(lambda problem: None):
            return False
        self._pipeline.share = self._reloader.config.withdraw_at_most
        self._pipeline.configured(self._reloader.config.digests)
        return self._waiting > 0

    def _follow(self, paths: frozenset[str]) -> bool:
        """Look at some paths; return whether that was enough."""
        report = self._pipeline.follow(paths)
        if report is None:
            return False
        self._log(report)
        self._warn_of_withdrawals(report)
        return True

    def _check_surroundings(self) -> None:
        """End if the server that this process belongs to has ended.

        Raises _Replaced if the catalog was.
        """
        if self._parent is not None and os.getppid() != self._parent:
            raise SystemExit(0)
        if _file_of(self._data) != self._catalog:
            raise _Replaced

    def _log(self, report: Report, *, always: bool = False) -> None:
        if always or report.read or report.removed:
            log.info("%s", report)

    def _warn_of_withdrawals(self, report: Report) -> None:
        """Say once how many files are gone whose articles are still served."""
        if report.waiting and report.waiting != self._waiting:
            share = self._reloader.config.withdraw_at_most
            gone = "1 file is" if report.waiting == 1 else f"{report.waiting} files are"
            log.warning(
                f"{self._seeds}: {gone} gone, more than is believed: what was there is still "
                f"served. Within an hour go at most {share:.0%} of all (ingest.withdraw_at_most) "
                f"or {ALWAYS_ALLOWED}, whichever is more, and never all. If this was on purpose, "
                "run feeds ingest --accept-withdrawals"
            )
        self._waiting = report.waiting


def _file_of(data: Path) -> tuple[int, int] | None:
    found = identity(data)
    return found and found[:2]


@contextmanager
def _was_killed(data: Path) -> Iterator[bool]:
    """Yield whether the last ingest ended without a word: killed by the kernel, or by a file
    that it read. Such a file must not end this one too, so then each is read elsewhere."""
    marker = data / _UNFINISHED
    killed = marker.exists()
    with suppress(OSError):
        marker.touch()
    try:
        yield killed
    finally:
        with suppress(OSError):
            marker.unlink()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """End in good order on SIGTERM: the database undoes what is half written."""

    def end(signum: int, frame: object) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
