"""`feeds check`: every problem in configuration and articles, the catalog untouched."""

import os
from collections.abc import Sequence
from pathlib import Path

import typer

from feeds.cli.common import (
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
from feeds.config import load
from feeds.errors import ConfigError, Problem
from feeds.ingest.folder import Found, scan
from feeds.ingest.parse import cannot_be_read, parse_all


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
    unread = [cannot_be_read(one) for one in looked.unread]
    problems = [*_config_problems(config), *unread, *_article_problems(seeds, found)]
    print_problems(problems, format)
    say(f"{_many(len(found), 'article')} checked: {_outcome(problems)}")
    if problems:
        raise typer.Exit(1)


def _config_problems(folder: Path) -> tuple[Problem, ...]:
    check_config_folder(folder)
    try:
        load(folder)
    except ConfigError as error:
        return error.problems
    return ()


def _article_problems(seeds: Path, found: list[Found]) -> list[Problem]:
    wanted = [(one, None) for one in found]
    return [
        problem
        for batch in parse_all(seeds, wanted, len(wanted), os.cpu_count() or 1)
        for one in batch
        for problem in one.problems
    ]


def _outcome(problems: Sequence[Problem]) -> str:
    if not problems:
        return "no problems"
    refused = sum(problem.refused for problem in problems)
    repaired = len(problems) - refused
    return f"{_many(len(problems), 'problem')}, {refused} refused, {repaired} repaired"


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
