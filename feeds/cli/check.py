"""`feeds check`: every problem in configuration and articles, the catalog untouched."""

import os
from pathlib import Path

import typer

from feeds.cli.common import (
    DEFAULT_CONFIG,
    DEFAULT_SEEDS,
    ConfigFolder,
    Output,
    OutputFormat,
    Seeds,
    print_problems,
    say,
)
from feeds.config import load
from feeds.errors import ConfigError, Problem
from feeds.ingest.folder import scan
from feeds.ingest.parse import parse_all


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
    problems = [*_config_problems(config), *_article_problems(seeds)]
    print_problems(problems, format)
    if problems:
        refused = sum(problem.refused for problem in problems)
        say(f"{len(problems)} problems, {refused} of them refusals")
        raise typer.Exit(1)


def _config_problems(folder: Path) -> tuple[Problem, ...]:
    try:
        load(folder)
    except ConfigError as error:
        return error.problems
    return ()


def _article_problems(seeds: Path) -> list[Problem]:
    wanted = [(found, None) for found in scan(seeds)]
    return [
        problem
        for batch in parse_all(seeds, wanted, os.cpu_count() or 1)
        for one in batch
        for problem in one.problems
    ]
