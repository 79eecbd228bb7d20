"""Count the files of a site that become entries and those that do not, with reasons."""

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.catalog.merge import OWN, PUBLIC, FileRead
from feeds.cli.init_from.site import Site
from feeds.cli.terminal import progress
from feeds.config import inspect
from feeds.ingest.pool import Limits, ParserPool
from feeds.ingest.scanner import PathFilter, is_article, scan, unreadable_problem
from feeds.problems import Problem
from feeds.util.globs import glob
from feeds.util.text import many

# Used in place of an address that the user still has to write, to tell which files then become
# entries.
_NO_ADDRESS: Final = "https://example.invalid"
_MOST_REASONS: Final = 20


@dataclass
class _Tally:
    """Count files by what becomes of them; each reason has its number and the first such file."""

    public: int = 0
    drafts: int = 0
    ahead: int = 0
    reasons: dict[str, tuple[int, str]] = field(default_factory=dict)

    def refuse(self, reason: str, path: str) -> None:
        count, first = self.reasons.get(reason, (0, path))
        self.reasons[reason] = count + 1, first

    def add(self, file: FileRead, now: float) -> None:
        own = [mention for mention in file.mentions or () if mention.flags & OWN]
        errors = [problem for problem in file.problems if problem.is_error]
        if not own:
            self.refuse(_reason(errors), file.path)
        elif own[0].expires is not None and own[0].expires <= now:
            self.refuse("expires: has passed", file.path)
        elif not own[0].flags & PUBLIC:
            self.drafts += 1
        elif own[0].appears > now:
            self.ahead += 1
        else:
            self.public += 1


def lines(site: Site, content: Path, config: Path) -> Iterator[str]:
    """Yield what becomes of the files in a folder of articles by a configuration, line by line.

    If base or permalink is not known yet, the lines tell what happens once they are.
    """
    loaded = inspect(config, seeds=content)
    settings = loaded.config.articles
    missing = site.asked
    if missing:
        settings = _completed(site, settings)
    yield from (str(problem) for problem in loaded.problems)
    tally = _Tally()
    now = datetime.now(UTC).timestamp()
    for path in site.paths:
        if is_article(path) and not site.is_included(path):
            why = next((why for one, why in site.exclude.items() if glob(one).matches(path)), "")
            tally.refuse(f"left out: {why or 'in no folder of articles'}", path)
    scanned = scan(content, PathFilter(settings))
    files = sorted(scanned)
    for unreadable in scanned.unreadable:
        tally.refuse(_reason([unreadable_problem(unreadable)]), unreadable.path)
    limits = Limits(loaded.config.seconds_per_file, loaded.config.memory_per_file)
    with (
        closing(ParserPool(content, os.cpu_count() or 1, limits, settings)) as pool,
        progress() as show,
    ):
        done = 0
        for batch in pool.parse_all(((file, None) for file in files), len(files)):
            done += len(batch)
            show(done, len(files))
            for read in batch:
                tally.add(read, now)
    yield from _written(tally, missing)


def _completed(site: Site, settings: ArticleSettings) -> ArticleSettings:
    """Return settings with something in the place of base and permalink."""
    permalink = site.values.get("permalink", (site.guess or "/:path/", ""))[0]
    return replace(settings, base=_NO_ADDRESS, permalink=permalink)


def _written(tally: _Tally, missing: Sequence[str]) -> Iterator[str]:
    used = tally.public + tally.drafts + tally.ahead
    unused = sum(count for count, _ in tally.reasons.values())
    become = "becomes an entry" if used == 1 else "become entries"
    if missing:
        become += f" once {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} known"
    do_not = f", {unused} {'does not' if unused == 1 else 'do not'}" if unused else ""
    yield f"{many(used + unused, 'file')}: {used} {become}{do_not}"
    for count, what in (
        (tally.drafts, "drafts, in no public feed"),
        (tally.ahead, "held until their date"),
    ):
        if count:
            yield f"  {count:>6}  of these are {what}"
    reasons = sorted(tally.reasons.items(), key=lambda item: (-item[1][0], item[0]))
    for reason, (count, first) in reasons[:_MOST_REASONS]:
        yield f"  {count:>6}  {reason} ({first}{' and others' if count > 1 else ''})"
    if len(reasons) > _MOST_REASONS:
        yield f"  and {many(len(reasons) - _MOST_REASONS, 'other reason')}; feeds check names all"


def _reason(errors: Iterable[Problem]) -> str:
    first = min(errors, key=lambda problem: (problem.line, problem.column), default=None)
    return f"{first.field}: {first.message}" if first else "is not an article"
