"""`feeds check`: report every problem in configuration and articles; change no catalog."""

import json
import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from feeds.articles.field_names import URL
from feeds.catalog.database import database_errors, open_to_read
from feeds.catalog.reader import Reader
from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_DATA,
    DEFAULT_QUERY_TIME_LIMIT,
    DEFAULT_SEEDS,
    ConfigFolder,
    Data,
    FollowLinks,
    QueryTimeLimit,
    Seeds,
    check_config_folder,
    no_articles,
)
from feeds.cli.terminal import say, shown_problem
from feeds.config import Loaded, inspect
from feeds.config.validation import check_security
from feeds.config.yaml_files import is_read
from feeds.errors import CatalogMissing
from feeds.ingest.lint import ArticleLinter, unused_patterns
from feeds.ingest.pool import Limits, ParserPool
from feeds.ingest.scanner import (
    PathFilter,
    ScannedFile,
    check_readable,
    named_others,
    scan,
    unreadable_problem,
)
from feeds.problems import Code, Problem, printable
from feeds.selection.lint import SetLinter, slow_sets
from feeds.selection.site_view import SiteView
from feeds.util.text import many

_SHOWN: Final = 5  # problems of one kind that are printed; others are only counted


class CheckFormat(StrEnum):
    """The forms in which problems are printed."""

    TEXT = "text"
    JSON = "json"
    GITHUB = "github"


def check(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    query_time_limit: QueryTimeLimit = DEFAULT_QUERY_TIME_LIMIT,
    follow_links: FollowLinks = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            envvar="FEEDS_STRICT",
            help="Exit with status 1 also if there are only warnings.",
        ),
    ] = False,
    all: Annotated[
        bool,
        typer.Option(
            "--all",
            envvar="FEEDS_ALL",
            help="Print every problem, not only the first five of each kind.",
        ),
    ] = False,
    format: Annotated[
        CheckFormat,
        typer.Option(
            "--format",
            envvar="FEEDS_FORMAT",
            help="How to print problems; github prints annotations for GitHub Actions.",
        ),
    ] = CheckFormat.TEXT,
) -> None:
    """Check the configuration and every article. The catalog is not changed.

    Prints one line for each problem: path:line:column: severity: field: message; hint. An
    error means that the article or the configuration is not used. A warning means that it
    is used after a repair, or that something in it is probably a mistake. If there is a
    catalog, feed sets that take too long to find are reported too. The exit status is 0
    without errors, 1 with errors, and 2 if the check could not run.
    """
    check_readable(seeds)
    check_config_folder(config)
    loaded = inspect(config, seeds=seeds)
    settings = loaded.config.articles
    filter = PathFilter(settings)
    scanned = scan(seeds, filter, follow_links=follow_links)
    files = sorted(scanned)
    now = datetime.now(UTC)
    hold = settings.future == "hold"
    set_linter, linter = SetLinter(loaded, now), ArticleLinter(seeds, now, hold=hold)
    limits = Limits(loaded.config.seconds_per_file, loaded.config.memory_per_file)
    with closing(ParserPool(seeds, os.cpu_count() or 1, limits, settings)) as pool:
        of_articles = [
            *map(unreadable_problem, scanned.unreadable),
            *_parse(pool, files, set_linter, linter),
            *linter.warnings(),
        ]
    written = str(config / "articles.yaml")
    if not settings.permalink and any(
        problem.is_error and problem.path == written for problem in loaded.problems
    ):  # which may have deleted it
        of_articles = [problem for problem in of_articles if not _lacks_address(problem)]
    problems = [
        *loaded.problems,
        *check_security(loaded.site, loaded.config.security, now),
        *unused_patterns(loaded.articles, settings, [file.path for file in files]),
        *set_linter.warnings(),
        *_slow_sets(loaded, data, query_time_limit, now),
    ]
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.column))
    if format is CheckFormat.GITHUB:
        of_articles = [_from_here(seeds, problem) for problem in of_articles]
    problems += of_articles
    _print(problems, format, most=len(problems) if all else _SHOWN)
    others = named_others(scanned.others)
    say(_summary(problems, len(files) + _files_in(config), others))
    if not files:
        say(no_articles(seeds, others, are_left_out=filter.is_needed))
    lacking = {problem.path for problem in of_articles if problem.is_error and problem.field in URL}
    if 2 * len(lacking) > len(files) and not settings.permalink:
        message = f"{len(lacking)} of {many(len(files), 'file')} have no address"
        hint = f"run feeds init DIR --from {seeds}, or write base: and permalink: there"
        say(f"{seeds}: {message}, and articles.yaml has no permalink; {hint}")
    if any(strict or problem.is_error for problem in problems):
        raise typer.Exit(1)


def _lacks_address(problem: Problem) -> bool:
    return problem.code is Code.MISSING and problem.field in URL


def _parse(
    pool: ParserPool,
    files: Sequence[ScannedFile],
    set_linter: SetLinter,
    linter: ArticleLinter,
) -> Iterator[Problem]:
    """Parse every file and pass it to both linters; yield the problems of each."""
    for batch in pool.parse_all(((file, None) for file in files), len(files)):
        for file in batch:
            yield from file.problems
            linter.add(file)
            for mention in file.mentions or ():
                set_linter.add(mention)


def _files_in(config: Path) -> int:
    """Return how many files of the configuration are read."""
    return sum(map(is_read, config.iterdir() if config.is_dir() else ()))


def _summary(problems: Sequence[Problem], files: int, others: str) -> str:
    """Return how many files were checked, how many have problems, and what others there are."""
    refused = {problem.path for problem in problems if problem.is_error}
    doubtful = {problem.path for problem in problems} - refused
    counts = f"{len(refused)} with errors, {len(doubtful)} with warnings only"
    return f"{many(files, 'file')} checked: {counts}{f'; {others}' if others else ''}"


def _slow_sets(loaded: Loaded, data: Path, limit: float, now: datetime) -> Iterator[Problem]:
    """Yield a warning for each feed set that is too slow; none before the first ingest."""
    try:
        reader = Reader(open_to_read(data), limit)
    except CatalogMissing:
        return
    with database_errors(data), reader.connect() as connection:
        view = SiteView(loaded.config, reader, connection, reader.names(connection))
        yield from slow_sets(loaded, view, now)


def _print(problems: Sequence[Problem], format: CheckFormat, most: int) -> None:
    """Print problems to standard output, at most `most` of one kind.

    JSON is for programs and always has all of them.
    """
    if format is CheckFormat.JSON:
        print(json.dumps([asdict(problem) for problem in problems], ensure_ascii=False, indent=1))
        return
    is_text = format is CheckFormat.TEXT
    counts = Counter[tuple[str, str, str]]()
    for problem in problems:
        kind = _kind(problem)
        counts[kind] += 1
        if counts[kind] <= most:
            print(shown_problem(problem, sys.stdout) if is_text else annotation(problem))
    for (severity, code, field), count in counts.items():
        if count > most:
            more = f"and {many(count - most, f'more {severity}')} for {printable(field)} ({code})"
            print(f"{'' if is_text else '::notice::'}{more}; feeds check --all shows each")


def _kind(problem: Problem) -> tuple[str, str, str]:
    """Return the kind of a problem: severity, code and the name of the field."""
    field = problem.field.rpartition(".")[2].partition("[")[0]
    return problem.severity, problem.code, field or problem.field


def annotation(problem: Problem) -> str:
    """Return a workflow command that makes GitHub show a problem beside its line.

    https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions
    """
    properties = {
        "file": problem.path,
        "line": problem.line,
        "col": problem.column,
        "title": problem.code,
    }
    written = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
    message = _data(f"{problem.field}: {problem.message}; {problem.hint}")
    return f"::{problem.severity} {written}::{message}"


def _data(text: str) -> str:
    """Escape the message of a workflow command as GitHub's own toolkit does.

    https://github.com/actions/toolkit/blob/main/packages/core/src/command.ts
    """
    return printable(text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A"))


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _from_here(seeds: Path, problem: Problem) -> Problem:
    """Return a problem of an article with its path relative to the working directory, if it is
    below that: GitHub does not know the folder of articles."""
    path = seeds / problem.path
    here = Path.cwd()
    return replace(problem, path=str(path.relative_to(here) if path.is_relative_to(here) else path))
