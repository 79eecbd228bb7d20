"""One scan of the folder, or of some paths in it, into the catalog.

What is new is written before what is gone is taken out, so that an article
that moved is never missing. What is gone in too large numbers is not believed:
see `guard`.
"""

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Final

from feeds.articles import PARSER_VERSION
from feeds.catalog.change_log import Settings
from feeds.catalog.changeset import Outcome
from feeds.catalog.merge import FileRead
from feeds.catalog.writer import Writer
from feeds.ingest import withdrawal_guard
from feeds.ingest.pool import cannot_be_read, parse_all
from feeds.ingest.scanner import Found, Scan, Unread, look, scan
from feeds.problems import Problem
from feeds.util.text import many

_BATCH: Final = 256  # files that are written at a time


@dataclass(slots=True)
class Report:
    """What a scan found and did.

    `read` are files that are new or have another content than they had;
    `waiting` are gone, and go on being served.
    """

    files: int = 0
    read: int = 0
    refused: int = 0
    removed: int = 0
    waiting: int = 0
    seconds: float = 0.0
    outcome: Outcome = field(default_factory=Outcome)

    def __str__(self) -> str:
        parts = [many(self.files, "file"), f"{self.read} read"]
        if self.refused:
            parts.append(f"{self.refused} refused")
        if self.removed:
            parts.append(f"{self.removed} removed")
        if self.waiting:
            parts.append(f"{self.waiting} gone but kept")
        o = self.outcome
        parts.append(f"entries: {o.added} new, {o.updated} updated, {o.withdrawn} withdrawn")
        return f"{', '.join(parts)} in {self.seconds:.1f} s"


Progress = Callable[[int, int], None]
OnProblem = Callable[[Problem], None]


def silent(done: int, total: int) -> None:
    """Nobody looks at the progress."""


class Ingest:
    """Keeps one catalog in step with one folder.

    `share` is how many of all files may be withdrawn within an hour. Where files are read
    `isolated`, none of them is read in this process, which one could end.
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
        isolated: bool = False,
    ) -> None:
        self._seeds = seeds
        self._writer = writer
        self._on_problem = on_problem
        self._processes = processes or os.cpu_count() or 1
        self._isolated = isolated
        self._clock = clock
        self.share = share
        self._links: list[tuple[str, str]] = []
        self._told: set[Unread] = set()
        self._waiting: set[str] = set()
        self._lately = writer.recent_withdrawals()

    def scan(
        self,
        settings: Settings,
        progress: Progress = silent,
        *,
        accept: bool = False,
        start: str = "",
    ) -> Report:
        """Look at every file; read those that changed.

        With `accept`, whatever is gone is withdrawn, however much it is.
        Raises SeedsUnreadable if the folder itself cannot be looked at.
        """
        self._writer.use_parser(PARSER_VERSION)
        gone = self._writer.signatures()  # so far nothing is known to be there
        looked = scan(self._seeds)
        found = []
        files = 0
        for one in looked:
            files += 1
            if gone.pop(one.path, None) != one.signature:
                found.append(one)
        found.sort()
        self._links = looked.links
        self._waiting.clear()
        self._spare(gone, looked.unread)
        self._told.intersection_update(looked.unread)
        report = self._bring_in(found, gone, files, progress, accept=accept)
        report.files = files
        self._writer.finish_scan(
            self._now(),
            settings,
            start,
            believed=lambda going, staying: accept or not self._waits(going, staying),
        )
        return report

    def configured(self, settings: Settings) -> None:
        """Note a change of the configuration: it dates every document."""
        self._writer.record_settings(self._now(), settings)

    def follow(self, paths: Iterable[str]) -> Report | None:
        """Look at some paths below the folder, of files or of folders, that may have changed.

        None if that cannot be told without a whole scan.
        """
        found: dict[str, Found] = {}
        gone: dict[str, int] = {}
        unread: list[Unread] = []
        for path in sorted(set(map(self._own_path, paths))):
            seen = look(self._seeds, path)
            if isinstance(seen, Scan):
                found |= {one.path: one for one in seen}
                unread += seen.unread
                if seen.links:
                    return None
            elif isinstance(seen, Found):
                found[path] = seen
            elif seen is not None:
                unread.append(seen)
            elif any(link == path or link.startswith(f"{path}/") for link, _ in self._links):
                return None  # another link may lead to the same
            gone |= self._writer.signatures(path)
        changed = [one for one in found.values() if gone.get(one.path) != one.signature]
        new = [path for path in found if gone.pop(path, None) is None]
        self._spare(gone, unread)
        waiting = self._waiting.difference(found)
        if new:  # what waits has perhaps only moved
            gone |= dict.fromkeys(waiting, 0)
        staying = max(0, self._writer.files - len(waiting.union(gone))) + len(new)
        report = self._bring_in(sorted(changed), gone, staying, silent)
        if not new:
            self._waiting |= waiting.difference(gone)
        report.files, report.waiting = len(found), len(self._waiting)
        return report

    def is_elsewhere(self) -> bool:
        """Whether a link that was followed leads elsewhere by now: nobody reports that
        of a link it leads through."""
        return any(os.path.realpath(self._seeds / link) != to for link, to in self._links)

    # --- what is there ---------------------------------------------------------

    def _own_path(self, path: str) -> str:
        """The path by which a scan meets a file that was reported by another."""
        if not self._links:
            return path
        folder, _, name = path.rpartition("/")
        root = os.path.realpath(self._seeds)
        real = os.path.join(os.path.realpath(self._seeds / folder), name)
        # The longest first: a link may lead into what another leads to.
        for walked, target in sorted(self._links, key=lambda one: -len(one[1])):
            if real.startswith(f"{target}{os.sep}"):
                path = f"{walked}/{os.path.relpath(real, target)}"
                break
        else:
            if real.startswith(f"{root}{os.sep}"):
                path = os.path.relpath(real, root)
        return path.replace(os.sep, "/")

    def _spare(self, gone: dict[str, int], unread: Iterable[Unread]) -> None:
        """What cannot be looked at may still be there. Say so, once."""
        for one in unread:
            below = f"{one.path}/" if one.path else ""
            kept = [path for path in gone if path == one.path or path.startswith(below)]
            for path in kept:
                del gone[path]
            if one not in self._told:
                self._told.add(one)
                kept_on = f" ({len(kept)} articles of it go on being served)" if kept else ""
                self._on_problem(cannot_be_read(one._replace(why=one.why + kept_on)))

    # --- bringing it in ----------------------------------------------------------

    def _bring_in(
        self,
        found: Sequence[Found],
        gone: Collection[str],
        staying: int,
        progress: Progress,
        *,
        accept: bool = False,
    ) -> Report:
        started = time.perf_counter()
        report = Report()
        progress(0, len(found))
        done = 0
        pending: list[FileRead] = []
        wanted = self._with_digests(found)
        many = len(gone) > _BATCH or (not accept and self._waits(len(gone), staying))
        with self._writer.shared_transaction():
            parsed = parse_all(
                self._seeds, wanted, len(found), self._processes, isolated=self._isolated
            )
            for batch in parsed:
                for one in batch:
                    report.read += not one.same
                    report.refused += one.refused
                    for problem in one.problems:
                        self._on_problem(problem)
                pending += batch
                done += len(batch)
                if len(pending) >= _BATCH:
                    report.outcome += self._write(pending, ())
                    pending = []
                progress(done, len(found))
            # Few that are gone go with the last that are there. Whether one of many has
            # moved shows once all that is there is written.
            if pending and (many or not gone):
                report.outcome += self._write(pending, ())
                pending = []
        going = list(gone)
        if many and not accept:
            going = self._believed(going, staying)
        self._waiting = set(gone).difference(going)
        report.waiting = len(self._waiting)
        report.removed = len(going)
        leaving = iter(going)
        while (some := list(islice(leaving, _BATCH))) or pending:
            report.outcome += self._write(pending, some)
            pending = []
        if not accept:
            self._count(min(len(going), report.outcome.withdrawn))
        report.seconds = time.perf_counter() - started
        return report

    def _with_digests(self, found: Sequence[Found]) -> Iterator[tuple[Found, bytes | None]]:
        """Files with the digests of their content that the catalog has, a few at a time."""
        for start in range(0, len(found), _BATCH):
            some = found[start : start + _BATCH]
            digests = self._writer.digests([one.path for one in some])
            for one in some:
                yield one, digests.get(one.path)

    def _write(self, read: list[FileRead], gone: Sequence[str]) -> Outcome:
        return self._writer.apply(read, gone, self._now())

    # --- what is gone --------------------------------------------------------------

    def _waits(self, going: int, staying: int) -> bool:
        now = self._now()
        # What is far ahead was noted by a clock that was wrong.
        self._lately = [one for one in self._lately if abs(now - one[0]) < withdrawal_guard.WINDOW]
        lately = sum(count for _, count in self._lately)
        return withdrawal_guard.waits(going, staying, lately, self.share)

    def _believed(self, gone: list[str], staying: int) -> list[str]:
        """Those files of many that are gone whose articles may be withdrawn."""
        if not self._waits(len(gone), staying):
            return gone
        # Those with which no entry goes have moved, or were written anew elsewhere.
        losing = set(self._writer.last_mentioning(gone))
        if not self._waits(len(losing), staying):
            return gone
        return [path for path in gone if path not in losing]

    def _count(self, withdrawn: int) -> None:
        if withdrawn:
            self._lately.append((self._now(), withdrawn))
            self._writer.record_withdrawals(self._lately)

    def _now(self) -> int:
        return int(self._clock())
