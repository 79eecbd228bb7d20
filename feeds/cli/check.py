"""`feeds check`: every problem in configuration and articles, the catalog untouched."""

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import typer

from feeds.cli.options import (
    DEFAULT_CONFIG,
    DEFAULT_SEEDS,
    ConfigFolder,
    Output,
    OutputFormat,
    Seeds,
    check_config_folder,
    print_problems,
    say,
)
from feeds.config import inspect
from feeds.ingest.lint import Review
from feeds.ingest.pool import cannot_be_read, parse_all
from feeds.ingest.scanner import Found, scan
from feeds.problems import Problem
from feeds.selection.lint import Advisor
from feeds.util.text import many


def check(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    format: Output = OutputFormat.TEXT,
) -> None:
    """Validate the configuration and every article, without touching the catalog.

    One line a problem: path:line:column: field: what is wrong; what to write
    instead. Exit status 0 without problems, 1 with problems, 2 if it could not
    run.
    """
    looked = scan(seeds)
    found = sorted(looked)
    check_config_folder(config)
    loaded = inspect(config)
    now = datetime.now(UTC)
    advisor, review = Advisor(loaded, now), Review(seeds, now)
    articles = [*_article_problems(seeds, found, advisor, review), *review.doubts()]
    problems = [*loaded.problems, *advisor.doubts()]
    problems.sort(key=lambda p: (p.path, p.line, p.column))
    problems += map(cannot_be_read, looked.unread)
    problems += articles
    print_problems(problems, format)
    say(f"{many(len(found), 'article')} checked: {_outcome(problems)}")
    if problems:
        raise typer.Exit(1)


def _article_problems(
    seeds: Path, found: list[Found], advisor: Advisor, review: Review
) -> Iterator[Problem]:
    wanted = [(one, None) for one in found]
    for batch in parse_all(seeds, wanted, len(wanted), os.cpu_count() or 1):
        for one in batch:
            yield from one.problems
            review.see(one)
            for mention in one.mentions or ():
                advisor.see(mention)


def _outcome(problems: Sequence[Problem]) -> str:
    if not problems:
        return "no problems"
    errors = sum(problem.is_error for problem in problems)
    return f"{many(errors, 'error')}, {many(len(problems) - errors, 'warning')}"
