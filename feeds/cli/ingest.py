"""`feeds ingest`: bring the catalog in line with the seeds folder, once or continuously."""

import os
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer

from feeds.catalog.changeset import Outcome
from feeds.catalog.database import (
    CHECK,
    FILE,
    ask_to_accept,
    identity,
    is_check_due,
    open_to_write,
    take_acceptance,
)
from feeds.catalog.salvage import find_damage
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
    FollowLinks,
    Poll,
    Seeds,
    check_config_folder,
    config_snapshot,
    no_articles,
    served_base_url,
)
from feeds.cli.supervisor import noting_sigterm
from feeds.cli.terminal import progress, say
from feeds.config.reloader import ConfigReloader
from feeds.errors import CatalogBusy, CatalogUnusable, FeedsError, SeedsUnreadable
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.pool import Limits
from feeds.ingest.report import Report
from feeds.ingest.scanner import PathFilter, check_readable, is_readable, named_others
from feeds.ingest.watcher import EVERYTHING, TURN, changes
from feeds.ingest.withdrawal_guard import ALWAYS_ALLOWED
from feeds.util import process_tuning
from feeds.util.supervise import Supervised

_GRACE: Final = 10  # seconds to end gracefully after SIGTERM
_PATIENCE: Final = 60.0  # seconds for a running ingest to notice an acceptance
_LOOK: Final = 10.0  # seconds between two searches for damage in the catalog …
_LOOK_SHARE: Final = 200  # … or this many times as long as a search took
_LONGEST_LOOK: Final = 3  # seconds: none begins this shortly before an article appears
# Checking 60 MB takes half a second, during which changes wait.
_LARGEST_LOOKED_AT: Final = 256_000_000  # bytes

_Result = TypeVar("_Result")


def ingest(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    watching: Annotated[
        bool,
        typer.Option(
            "--watch",
            envvar="FEEDS_WATCH",
            help="Keep running, and read each file that changes.",
        ),
    ] = False,
    poll: Poll = False,
    follow_links: FollowLinks = False,
    accept_withdrawals: Annotated[
        bool,
        typer.Option(
            "--accept-withdrawals",
            envvar="FEEDS_ACCEPT_WITHDRAWALS",
            help="Withdraw articles whose file or address is gone, however many they are.",
        ),
    ] = False,
    processes: Annotated[
        int,
        typer.Option(
            "--processes",
            envvar="FEEDS_PROCESSES",
            min=0,
            help="The number of processes that read articles. 0 means one for each core.",
        ),
    ] = 0,
) -> None:
    """Read the folder of articles into the catalog, then exit.

    Reads only files that have changed since the last time. Shows a progress bar on a
    terminal, and prints one line with a summary. Articles that cannot be used are reported
    on standard error, and do not stop the others. If too many articles are gone at once,
    they are kept, and the exit status is 1: --accept-withdrawals withdraws them.
    """
    configure()
    process_tuning.tune_ingest(beside_server=PARENT in os.environ)
    if PARENT in os.environ:
        process_tuning.end_with_parent(signal.SIGTERM)
    if _has_lost_server():
        raise typer.Exit
    snapshot = config_snapshot()
    if snapshot is None:
        check_config_folder(config)
    base_url = served_base_url() if PARENT in os.environ else ""
    reloader = ConfigReloader(config, base_url, snapshot, seeds)
    if not watching:
        check_readable(seeds)

    with noting_sigterm(_GRACE) as is_ending:
        job = _Job(seeds, data, reloader, processes, is_ending, follow_links=follow_links)
        if watching:
            task = Supervised("ingest")
            watch = partial(job.watch, task, poll=poll, accept=accept_withdrawals)
            task.run_blocking(partial(job.run, watch), raised=(FeedsError,), sleep=job.sleep)
            return
        try:
            report = job.run(partial(job.scan, accept=accept_withdrawals))
        except CatalogBusy:
            if not accept_withdrawals:
                raise
        else:
            print(report, flush=True)
            raise typer.Exit(1 if report.waiting or report.moving else 0)
    _pass_on(data)  # no file is open yet, so SIGTERM may end the process at once


class _Reopen(Exception):
    """Raised if the catalog has to be opened again; the message says why."""


def _pass_on(data: Path) -> None:
    """Ask the ingest that holds the catalog to withdraw the articles of deleted files."""
    if not ask_to_accept(data, _PATIENCE):
        raise FeedsError(
            f"{data}: the ingest that holds the catalog did not take this up; "
            "stop it, then run feeds ingest --accept-withdrawals again"
        )
    say("the running ingest will withdraw the articles of deleted files")


class _Job:
    """Update a catalog from the folder, and report on it."""

    _pipeline: Pipeline

    def __init__(
        self,
        seeds: Path,
        data: Path,
        reloader: ConfigReloader,
        processes: int,
        is_ending: Callable[[], bool],
        *,
        follow_links: bool,
    ) -> None:
        self._seeds = seeds
        self._data = data
        self._reloader = reloader
        self._processes = processes or None
        self._is_ending = is_ending
        self._follow_links = follow_links

    def run(self, work: Callable[[], _Result]) -> _Result:
        """Open the catalog and do some work; start again if it is replaced or damaged meanwhile."""
        checked = False
        while True:
            try:
                with self._opened():
                    return work()
            except _Reopen as reason:
                log.warning("%s: the catalog %s; it is opened again", self._data, reason)
            except CatalogUnusable as error:
                if checked or not is_check_due(self._data):
                    raise
                checked = True
                log.error("%s", error)

    @contextmanager
    def _opened(self) -> Iterator[None]:
        with open_to_write(self._data) as engine:
            writer = Writer(engine)
            if not writer.files:
                check_readable(self._seeds)  # there is no catalog that could be served meanwhile
            self._pipeline = Pipeline(
                self._seeds,
                writer,
                log_problem,
                self._processes,
                follow_links=self._follow_links,
                check=self._check_surroundings,
            )
            self._configure()
            self._next_look = time.monotonic() + _LOOK
            # The numbers of files whose withdrawal waits, and of waiting new addresses, as last
            # reported.
            self._waiting = self._moving = 0
            self._catalog = _file_of(self._data)
            with closing(self._pipeline):
                yield

    def _configure(self) -> None:
        config = self._reloader.config
        self._pipeline.use(config.articles)
        self._pipeline.guard.share = config.withdraw_at_most
        self._pipeline.pool.limits = Limits(config.seconds_per_file, config.memory_per_file)

    def scan(self, *, accept: bool = False) -> Report:
        """Scan the whole folder, and show the progress."""
        with progress() as show:
            report = self._pipeline.scan(
                self._reloader.config.digests,
                show,
                accept=accept,
                start=os.environ.get(START, ""),
            )
        self._warn_of_withdrawals(report)
        if not report.files:
            filter = PathFilter(self._reloader.config.articles)
            others = named_others(report.others)
            log.warning(no_articles(self._seeds, others, are_left_out=filter.is_needed))
        return report

    def watch(self, task: Supervised, *, poll: bool, accept: bool) -> None:
        """Scan the whole folder, then follow its changes, until the process has to end."""
        self._pipeline.pool.start()  # while there are no threads
        take_acceptance(self._data)  # it was meant for an earlier ingest
        first = True
        while True:
            try:
                for paths in changes(
                    self._seeds,
                    poll=poll,
                    links_have_moved=self._pipeline.links_have_moved,
                    links_are_refused=lambda: self._pipeline.refuses_folders,
                    is_excluded=self._pipeline.excludes,
                ):
                    self._check_surroundings()
                    released = self._follow_config()
                    self._settle_due()
                    if is_readable(self._seeds) and take_acceptance(self._data):
                        self._log(self.scan(accept=True), always=True)
                    elif paths is EVERYTHING:
                        self._log(self.scan(accept=accept and first), always=first)
                        first = False
                    elif released or not self._follow(paths | self._pipeline.outdated()):
                        self._log(self.scan())
                    elif not paths:
                        self._look_for_damage()
                    task.working()
                return
            except SeedsUnreadable:
                continue  # `changes` reports it, and waits for the folder

    def _settle_due(self) -> None:
        """Let articles appear and expire. This is called several times a second, because the clock
        may have been set, or the machine may have been suspended. If the next article is due before
        the next call, wait for it."""
        seconds = self._pipeline.seconds_to_next()
        if 0 < seconds <= TURN:
            time.sleep(seconds)
        outcome = self._pipeline.settle_due()
        if outcome != Outcome():
            log.info("%s", outcome)

    def _look_for_damage(self) -> None:
        """Check the catalog at intervals, if that takes no longer than about two seconds."""
        began = time.monotonic()
        if began < self._next_look or 0 < self._pipeline.seconds_to_next() < _LONGEST_LOOK:
            return
        with suppress(OSError, sqlite3.Error):
            path = self._data / FILE
            if path.stat().st_size <= _LARGEST_LOOKED_AT and find_damage(path):
                (self._data / CHECK).touch()
        now = time.monotonic()
        self._next_look = now + max(_LOOK, _LOOK_SHARE * (now - began))

    def _follow_config(self) -> bool:
        """Apply a change of the configuration; return whether the folder has to be scanned for it,
        because waiting withdrawals may now be allowed or files have to be read with other settings.
        `serve` reports problems of the configuration; here a change only dates documents and reads
        files again."""
        settings = self._reloader.config.articles
        is_dating = self._reloader.refresh(lambda problems: None)
        is_reading = self._reloader.config.articles != settings
        if is_dating or is_reading:
            self._configure()
        if is_dating:
            self._pipeline.configured(self._reloader.config.digests)
        return is_reading or (is_dating and self._waiting + self._moving > 0)

    def _follow(self, paths: frozenset[str]) -> bool:
        """Scan some paths, if there are any; return whether that was enough."""
        if not paths:
            return True
        report = self._pipeline.follow(paths)
        if report is None:
            return False
        self._log(report)
        self._warn_of_withdrawals(report)
        return True

    def check_end(self) -> None:
        """End if this process was asked to, or if the server that it belongs to has ended."""
        if _has_lost_server() or self._is_ending():
            raise SystemExit(0)

    def sleep(self, seconds: float) -> None:
        """Wait for some seconds, unless this process is asked to end."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.check_end()
            time.sleep(min(left, TURN))

    def _check_surroundings(self) -> None:
        """End as `check_end` does.

        Raises _Reopen if the catalog was replaced, or if another process has found damage in it.
        """
        self.check_end()
        if _file_of(self._data) != self._catalog:
            raise _Reopen("was deleted or replaced")
        if is_check_due(self._data):
            raise _Reopen("is reported to be damaged")

    def _log(self, report: Report, *, always: bool = False) -> None:
        if always or report.read or report.removed:
            log.info("%s", report)

    def _warn_of_withdrawals(self, report: Report) -> None:
        """Warn once of the number of articles that are still served although their files are
        missing, or that are still served at their old addresses."""
        share = self._reloader.config.withdraw_at_most
        if report.moving and report.moving != self._moving:
            articles = "1 article has" if report.moving == 1 else f"{report.moving} articles have"
            log.warning(
                f"{self._seeds}: {articles} another address after a change of articles.yaml, too "
                "many at once, so the old addresses are still served. At most "
                f"{share:.0%} of all articles (ingest.withdraw_at_most) or {ALWAYS_ALLOWED}, "
                "whichever is more, get new addresses within an hour, and never all. If this was "
                "on purpose, run feeds ingest --accept-withdrawals; otherwise undo the change"
            )
        if report.waiting and report.waiting != self._waiting:
            gone = "1 file is" if report.waiting == 1 else f"{report.waiting} files are"
            log.warning(
                f"{self._seeds}: {gone} gone, too many to withdraw at once, so their articles are "
                f"still served. At most {share:.0%} of all files (ingest.withdraw_at_most) or "
                f"{ALWAYS_ALLOWED}, whichever is more, are withdrawn within an hour, and never "
                "all. If this was on purpose, run feeds ingest --accept-withdrawals"
            )
        self._waiting, self._moving = report.waiting, report.moving


def _has_lost_server() -> bool:
    """Return whether the server that this process belongs to has ended.

    It may have ended before this process started, so its id is passed in the environment.
    """
    return PARENT in os.environ and os.environ[PARENT] != str(os.getppid())


def _file_of(data: Path) -> tuple[int, int] | None:
    of_catalog = identity(data)
    return of_catalog and of_catalog[:2]
