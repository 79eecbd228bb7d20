"""One scan of the folder, or of some paths in it, into the catalog."""

import os
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from feeds.catalog.batch import Outcome
from feeds.catalog.writer import FileRead, KnownFile, Settings, Writer
from feeds.errors import Problem
from feeds.ingest.folder import Found, has_a_name, is_article, look, scan
from feeds.ingest.parse import parse_all

_TRANSACTION: Final = 256  # files in one transaction


@dataclass(slots=True)
class Report:
    """What a scan found and did."""

    files: int = 0
    read: int = 0
    refused: int = 0
    removed: int = 0
    seconds: float = 0.0
    outcome: Outcome = field(default_factory=Outcome)

    def __str__(self) -> str:
        parts = [f"{self.files} files", f"{self.read} read"]
        if self.refused:
            parts.append(f"{self.refused} refused")
        if self.removed:
            parts.append(f"{self.removed} removed")
        o = self.outcome
        parts.append(f"entries: {o.added} new, {o.updated} updated, {o.withdrawn} withdrawn")
        return f"{', '.join(parts)} in {self.seconds:.1f} s"


Progress = Callable[[int, int], None]
OnProblem = Callable[[Problem], None]


class Ingest:
    """Keeps one catalog in step with one folder."""

    def __init__(
        self,
        seeds: Path,
        writer: Writer,
        on_problem: OnProblem,
        processes: int | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._seeds = seeds
        self._writer = writer
        self._on_problem = on_problem
        self._processes = processes or os.cpu_count() or 1
        self._clock = clock
        self._known = writer.known_files()

    def scan(self, settings: Settings, progress: Progress = lambda done, total: None) -> Report:
        """Look at every file; read those that changed."""
        found = list(scan(self._seeds))
        names = {one.path for one in found}
        gone = [file for path, file in self._known.items() if path not in names]
        report = self._bring_in(found, gone, progress)
        report.files = len(found)
        self._writer.scanned(self._now(), settings)
        return report

    def configured(self, settings: Settings) -> None:
        """Note a change of the configuration: it dates every document."""
        self._writer.configured(self._now(), settings)

    def follow(self, paths: Iterable[str]) -> Report:
        """Look at some paths below the folder, of files or of folders, that may have changed."""
        found: dict[str, Found] = {}
        gone: dict[str, KnownFile] = {}
        for path in paths:
            below = f"{path}/"
            one = look(self._seeds, path)
            if one is not None and is_article(path):
                found[path] = one
            elif os.path.isdir(self._seeds / path):
                for inside in scan(self._seeds / path):
                    found[below + inside.path] = inside._replace(path=below + inside.path)
            for known in self._known.values():
                if known.path == path or known.path.startswith(below):
                    gone[known.path] = known
        for path in found:
            gone.pop(path, None)
        report = self._bring_in(list(found.values()), list(gone.values()), lambda done, total: None)
        report.files = len(found)
        return report

    def _bring_in(
        self, found: Sequence[Found], gone: Sequence[KnownFile], progress: Progress
    ) -> Report:
        started = time.perf_counter()
        report = Report(removed=len(gone))
        wanted = [(one, self._digest(one)) for one in found if self._changed(one)]
        progress(0, len(wanted))
        pending: list[FileRead] = []
        leaving = list(gone)
        for batch in parse_all(self._seeds, wanted, self._processes):
            for one in batch:
                report.refused += one.refused
                for problem in one.problems:
                    self._on_problem(problem)
            pending += (one for one in batch if has_a_name(one.path))
            report.read += len(batch)
            if len(pending) >= _TRANSACTION:
                report.outcome += self._write(pending, leaving)
                pending, leaving = [], []
            progress(report.read, len(wanted))
        if pending or leaving:
            report.outcome += self._write(pending, leaving)
        report.seconds = time.perf_counter() - started
        return report

    def _write(self, read: list[FileRead], gone: list[KnownFile]) -> Outcome:
        return self._writer.apply(read, gone, self._known, self._now())

    def _changed(self, one: Found) -> bool:
        known = self._known.get(one.path)
        return known is None or (known.size, known.mtime) != (one.size, one.mtime)

    def _digest(self, one: Found) -> bytes | None:
        known = self._known.get(one.path)
        return known.digest if known is not None and known.good else None

    def _now(self) -> int:
        return int(self._clock())
