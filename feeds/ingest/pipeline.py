"""Update the catalog from the folder: by a whole scan, or for some paths that may have changed.

New files are written before deleted ones are removed, so that a moved article is never missing.
Deletions of too many files wait: see `withdrawal_guard`.
"""

import math
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.articles import PARSER_VERSION
from feeds.articles.prescribed_fields import rule_index
from feeds.catalog.change_log import Settings
from feeds.catalog.changeset import Outcome
from feeds.catalog.merge import FileRead
from feeds.catalog.writer import Writer
from feeds.ingest.lint import shared_ids
from feeds.ingest.pool import Known, ParserPool
from feeds.ingest.report import Progress, Report, silent
from feeds.ingest.scanner import (
    EVERYTHING,
    LEADS_OUT,
    PathFilter,
    Scan,
    ScannedFile,
    Unreadable,
    folder_id,
    look_at,
    scan,
    unreadable_problem,
)
from feeds.ingest.withdrawal_guard import WithdrawalGuard
from feeds.problems import Problem
from feeds.util.text import many

_BATCH: Final = 256  # files that are written at a time
_POLL: Final = 0.02  # seconds between two readings of the clock
_LOOK: Final = 4096  # files of a scan between two checks whether an article is due: 0.02 s


OnProblem = Callable[[Problem], None]


class Pipeline:
    """Update one catalog from one folder.

    `share`, from 0 to 1, is the part of all files that may be withdrawn within an hour. Files are
    parsed only by the processes of `pool`, which `close` ends. With `follow_links`, links that lead
    out of the folder are followed. `check` is called regularly, at points where a scan may be
    interrupted; it may raise.
    """

    def __init__(
        self,
        seeds: Path,
        writer: Writer,
        on_problem: OnProblem,
        processes: int | None = None,
        clock: Callable[[], float] = time.time,
        share: float = 0.2,
        *,
        follow_links: bool = False,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self._seeds = seeds
        self._follow_links = follow_links
        self._writer = writer
        self._on_problem = on_problem
        self._check = check
        self.pool = ParserPool(seeds, processes or os.cpu_count() or 1, clock=clock, check=check)
        self._filter = EVERYTHING
        self._clock = clock
        self._last_look = 0  # the last reported paths
        self.refuses_folders = False  # links to folders, at the last scan
        self._links: list[tuple[str, str]] = []
        self._reported: set[Unreadable] = set()
        self.guard = WithdrawalGuard(writer, self._now, share)

    def scan(
        self,
        settings: Settings,
        progress: Progress = silent,
        *,
        accept: bool = False,
        start: str = "",
    ) -> Report:
        """Check every file, and read those that have changed.

        With `accept`, all deleted files are withdrawn, and all articles get their new addresses,
        however many they are. Raises SeedsUnreadable if the folder itself cannot be read.
        """
        index = rule_index(self.pool.settings)
        if self._writer.use_parser(PARSER_VERSION, str(index.digest), index.digest_of):
            self.guard.moving.clear()  # reading them shows which of them still do
        elif self.guard.moving and (accept or not self.guard.must_keep(self.guard.moving)):
            self._writer.release_addresses()
            self.guard.moving.clear()
        settled = self.settle_due()
        gone = self._writer.signatures()  # at first all files; those that are found are removed
        root = folder_id(self._seeds)
        scanned = scan(self._seeds, self._filter, follow_links=self._follow_links)
        changed = []
        count = 0
        for file in scanned:
            count += 1
            if gone.pop(file.path, None) != file.signature:
                changed.append(file)
            if not count % _LOOK:
                self._check()
                settled += self.settle_due()
        changed.sort()
        if folder_id(self._seeds) != root:
            gone.clear()  # a link to the folder was switched: files of the old one may be deleted
        self._links = scanned.links
        self.guard.waiting.clear()
        self._keep_unreadable(gone, scanned.unreadable)
        self.refuses_folders = any(
            item.reason == LEADS_OUT and os.path.isdir(self._seeds / item.path)
            for item in scanned.unreadable
        )
        self._reported.intersection_update(scanned.unreadable)
        report = self._apply(changed, gone, count, progress, accept=accept)
        report.files, report.others = count, scanned.others
        settled += self.settle_due()
        report.outcome += settled
        self._writer.finish_scan(
            self._now(),
            settings,
            start,
            believed=lambda gone, remaining: accept or not self.guard.must_wait(gone, remaining),
        )
        self.guard.record()
        return report

    def use(self, settings: ArticleSettings) -> None:
        """Read articles by other settings from now on. The next scan reads the files that these
        affect again."""
        self.pool.settings, self._filter = settings, PathFilter(settings)
        self._writer.hold(until_date=settings.future == "hold")

    def excludes(self, path: str) -> bool:
        """Return whether the present settings exclude a path and everything below it."""
        return self._filter.excludes(path)

    def close(self) -> None:
        """End the processes that parse."""
        self.pool.close()

    def configured(self, settings: Settings) -> None:
        """Record a change of the configuration, which gives a new date to documents."""
        self._await_date()
        self._writer.record_settings(self._now(), settings)

    def settle_due(self) -> Outcome:
        """Let the articles that are due appear and expire, by the present time of the clock."""
        if self._writer.next_moment == math.inf or (now := self._now()) < self._writer.next_moment:
            return Outcome()
        return self._writer.settle_due(now)

    def seconds_to_next(self) -> float:
        """Return the seconds until the next article appears or expires."""
        return self._writer.next_moment - self._clock()

    def outdated(self) -> frozenset[str]:
        """Return the files that have to be read again because they link to an article that has
        appeared; each is returned only once."""
        paths = frozenset(self._writer.outdated)
        self._writer.outdated.clear()
        return paths

    def follow(self, paths: Iterable[str]) -> Report | None:
        """Check paths of files or folders below the seeds folder that may have changed.

        Returns None if only a whole scan can tell what has changed.
        """
        files: dict[str, ScannedFile] = {}
        gone: dict[str, int] = {}
        unreadable: list[Unreadable] = []
        for path in sorted(set(map(self._canonical, paths))):
            seen = look_at(self._seeds, path, self._filter, follow_links=self._follow_links)
            if isinstance(seen, Scan):
                files |= {file.path: file for file in seen}
                unreadable += seen.unreadable
                if seen.links:
                    return None
            elif isinstance(seen, ScannedFile):
                files[path] = seen
            elif seen is not None:
                unreadable.append(seen)
            elif any(link == path or link.startswith(f"{path}/") for link, _ in self._links):
                return None  # another link may lead to the same folder
            gone |= self._writer.signatures(path)
        changed = [file for file in files.values() if gone.get(file.path) != file.signature]
        new = [path for path in files if gone.pop(path, None) is None]
        self._keep_unreadable(gone, unreadable)
        waiting = self.guard.waiting.difference(files)
        if new:  # files whose withdrawal waits may only have moved
            gone |= dict.fromkeys(waiting, 0)
        remaining = max(0, self._writer.files - len(waiting.union(gone))) + len(new)
        report = self._apply(sorted(changed), gone, remaining, silent)
        if not new:
            self.guard.waiting |= waiting.difference(gone)
        self.guard.record()
        report.files, report.waiting = len(files), len(self.guard.waiting)
        return report

    def links_have_moved(self) -> bool:
        """Return whether the target of a followed link has changed. The system does not report a
        change of a link in the middle of a chain of links."""
        return any(os.path.realpath(self._seeds / link) != target for link, target in self._links)

    # --- paths -----------------------------------------------------------------

    def _canonical(self, path: str) -> str:
        """Return the path under which a scan finds a file that was reported by another path."""
        if not self._links:
            return path
        folder, _, name = path.rpartition("/")
        root = os.path.realpath(self._seeds)
        real = os.path.join(os.path.realpath(self._seeds / folder), name)
        # The longest first: a link may lead into the target of another one.
        for link, target in sorted(self._links, key=lambda link: -len(link[1])):
            if real.startswith(f"{target}{os.sep}"):
                path = f"{link}/{os.path.relpath(real, target)}"
                break
        else:
            if real.startswith(f"{root}{os.sep}"):
                path = os.path.relpath(real, root)
        return path.replace(os.sep, "/")

    def _keep_unreadable(self, gone: dict[str, int], unreadable: Iterable[Unreadable]) -> None:
        """Remove from `gone` the files at and below paths that cannot be read: they may still
        exist, unless they are behind a link that is not followed. Report each such path once."""
        for item in unreadable:
            below = f"{item.path}/" if item.path else ""
            kept = [
                path
                for path in gone
                if (path == item.path or path.startswith(below)) and item.reason != LEADS_OUT
            ]
            for path in kept:
                del gone[path]
            if item not in self._reported:
                self._reported.add(item)
                served = f" ({many(len(kept), 'article')} of it still served)" if kept else ""
                self._on_problem(unreadable_problem(item._replace(reason=f"{item.reason}{served}")))

    # --- reading and writing -------------------------------------------------------

    def _apply(
        self,
        changed: Sequence[ScannedFile],
        gone: Collection[str],
        remaining: int,
        progress: Progress,
        *,
        accept: bool = False,
    ) -> Report:
        """Read changed files and write them to the catalog; withdraw deleted files."""
        started = time.perf_counter()
        report = Report()
        progress(0, len(changed))
        if changed or gone:
            self._await_date()
        is_mass = len(gone) > _BATCH or (not accept and self.guard.must_wait(len(gone), remaining))
        with self._writer.shared_transaction():
            pending, moved = self._read(changed, report, progress, accept=accept)
            if moved and self.guard.must_keep(moved):
                self._writer.keep_addresses(moved)
                self.guard.moving.update(moved)
                moved = {}
            elif moved:
                again = [file for file in changed if file.path in moved]
                for batch in self.pool.parse_all(self._with_digests(again), len(again)):
                    pending = self._write_many([*pending, *batch], report)
            # A few deleted files are withdrawn together with the last changed ones. If there are
            # many, all changed files are written first, which shows which of them have only moved.
            if pending and (is_mass or not gone):
                report.outcome += self._writer.apply(pending, (), self._now())
                pending = []
        withdrawn = list(gone)
        if is_mass and not accept:
            withdrawn = self.guard.allowed(withdrawn, remaining)
        self.guard.waiting = set(gone).difference(withdrawn)
        self.guard.moving.difference_update(withdrawn)
        report.waiting, report.moving = len(self.guard.waiting), len(self.guard.moving)
        report.removed = len(withdrawn)
        paths = iter(withdrawn)
        with self._writer.shared_transaction():
            while (batch_gone := list(islice(paths, _BATCH))) or pending:
                self._check()
                report.outcome += self._writer.apply(pending, batch_gone, self._now())
                pending = []
        if not accept:
            self.guard.note(min(len(withdrawn) + len(moved), report.outcome.withdrawn))
        for problem in shared_ids(self._seeds, report.outcome.shared_ids):
            self._on_problem(problem)
        report.seconds = time.perf_counter() - started
        return report

    def _read(
        self, files: Sequence[ScannedFile], report: Report, progress: Progress, *, accept: bool
    ) -> tuple[list[FileRead], dict[str, int]]:
        """Read files, and write all but the last few, which are returned.

        Without `accept`, files whose articles have other addresses only because of new settings are
        not written: the second value has their signatures by their paths.
        """
        pending: list[FileRead] = []
        moved: dict[str, int] = {}
        done = 0
        for batch in self.pool.parse_all(self._with_digests(files), len(files)):
            for file in batch:
                report.read += not file.same
                report.refused += file.refused
                report.repaired += bool(file.problems) and not file.refused
                for problem in file.problems:
                    self._on_problem(problem)
            self.guard.moving.difference_update(file.path for file in batch if not file.same)
            if not accept:
                moved |= {file.path: file.signature for file in self._writer.moved(batch)}
            pending += [file for file in batch if file.path not in moved]
            pending = self._write_many(pending, report)
            done += len(batch)
            progress(done, len(files))
            report.outcome += self.settle_due()
        return pending, moved

    def _write_many(self, read: list[FileRead], report: Report) -> list[FileRead]:
        """Write files if there are enough for a batch; return those that remain."""
        if len(read) < _BATCH:
            return read
        report.outcome += self._writer.apply(read, (), self._now())
        return []

    def _await_date(self) -> None:
        """Wait until the next state's date is at most a second ahead of the clock: a second,
        unless that was set back."""
        newest, until = self._writer.newest_date(), time.monotonic() + 1
        while newest > self._last_look and newest > self._now() and time.monotonic() < until:
            time.sleep(_POLL)

    def _with_digests(self, files: Sequence[ScannedFile]) -> Iterator[tuple[ScannedFile, Known]]:
        """Yield files with the digests of their content in the catalog."""
        for start in range(0, len(files), _BATCH):
            batch = files[start : start + _BATCH]
            digests = self._writer.digests([file.path for file in batch])
            for file in batch:
                yield file, digests.get(file.path)

    def _now(self) -> int:
        self._last_look = int(self._clock())
        return self._last_look
