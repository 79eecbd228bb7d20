"""Show messages, wrapped and in colours, and the progress of a scan.

Elsewhere than on a terminal, each message is one line, and progress is a line of the log.

There are no colours if NO_COLOR is set (https://no-color.org) or TERM is dumb.
"""

# ruff: noqa: PLC0415 - rich takes longer to import than most of what a command does

import logging
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TextIO

from feeds.problems import Problem, printable

_INDENT: Final = "  "  # of the continuation of the line above
# The beginning of a line: time and level of the log, the place of a problem, its severity.
_BEGINNING: Final = re.compile(
    r"(?P<indent> *)"
    r"(?:(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ) "
    r"(?:INFO|(?P<WARNING>WARNING)|(?P<ERROR>ERROR)) +)?"
    r"(?:(?P<place>\S.*?:\d+:\d+): (?=error: |warning: ))?"
    r"(?:(?:(?P<error>error)|(?P<warning>warning)|(?P<hint>hint|note)): )?"
)
_WORD: Final = re.compile(r"\s*\S+\s*")
_STYLES: Final = {
    "time": "dim",
    "place": "bold",
    "hint": "bold cyan",
    **dict.fromkeys(("error", "ERROR"), "bold red"),
    **dict.fromkeys(("warning", "WARNING"), "bold yellow"),
}
_EVERY: Final = 5.0  # seconds between lines; a scan that is shorter has none

# Takes how many files are read, and of how many.
Show = Callable[[int, int], None]
_LOG: Final = logging.getLogger("feeds")


def say(message: str) -> None:
    """Print a message to standard error, apart from the output of the command."""
    print(shown(message, sys.stderr), file=sys.stderr, flush=True)


def shown(message: str, stream: TextIO) -> str:
    """Return a message for a stream: on a terminal with colours, and without broken words.

    What it quotes comes from strangers: nothing in it can move a terminal's cursor.
    """
    message = "\n".join(map(printable, message.split("\n")))
    if not stream.isatty():
        return message
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False)
    with console.capture() as capture:
        for line in message.splitlines():
            beginning = _BEGINNING.match(line)
            assert beginning is not None  # each of its parts may be absent
            text = Text(line)
            for group, style in _STYLES.items():
                text.stylize(style, *beginning.span(group))
            indent = beginning["indent"] + _INDENT
            for number, row in enumerate(text.divide(_breaks(line, console.width - len(indent)))):
                row.rstrip()
                console.print(Text(indent if number else "") + row, soft_wrap=True)
    return capture.get().rstrip("\n")


def _breaks(line: str, width: int) -> Iterator[int]:
    """Yield the words at which a line is broken, by their positions; `width` is in columns.

    A word that is longer than a line, such as an address, stays whole.
    """
    from rich.cells import cell_len

    used = 0
    for word in _WORD.finditer(line):
        if used and used + cell_len(word[0].rstrip()) > width:
            yield word.start()
            used = 0
        used += cell_len(word[0])


def shown_problem(problem: Problem, stream: TextIO) -> str:
    """Return a problem for a stream: one line, and on a terminal the hint below it."""
    if not stream.isatty():
        return str(problem)
    message = str(problem).removesuffix(printable(f"; {problem.hint}"))
    return shown(f"{message}\n{_INDENT}hint: {printable(problem.hint)}", stream)


# --- progress ----------------------------------------------------------------------


@contextmanager
def progress() -> Iterator[Show]:
    """Yield a function that shows the progress."""
    with _bar() if sys.stderr.isatty() else _lines() as show:
        yield show


@contextmanager
def _lines() -> Iterator[Show]:
    began = last = time.monotonic()

    def show(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _EVERY:
            last = now
            _LOG.info("%s", line(done, total, now - began))

    yield show


def line(done: int, total: int, seconds: float) -> str:
    """Return how far a scan is after some seconds, how fast it is, and how long it still takes."""
    rate = done / seconds if seconds else 0.0
    left = f", {_duration((total - done) / rate)} left" if rate else ""
    return f"{done:,} of {total:,} articles read, {rate:,.0f} a second{left}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextmanager
def _bar() -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (
        TextColumn("Reading articles"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    began = time.monotonic()
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, rate="")

        def show(done: int, total: int) -> None:
            rate = done / max(time.monotonic() - began, 0.001)
            bar.update(task, completed=done, total=total, rate=f"{rate:,.0f}/s" if done else "")

        yield show
