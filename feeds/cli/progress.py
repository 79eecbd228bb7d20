"""The progress of a scan: a bar on a terminal, else a line in the log every few seconds."""

# ruff: noqa: PLC0415 - rich takes longer to import than most of what a scan of few changes does

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from feeds.cli.logs import log

_EVERY: Final = 5.0  # seconds between lines; a scan that is shorter has none

# Takes how many files are read, and of how many.
Show = Callable[[int, int], None]


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
            log.info("%s", line(done, total, now - began))

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
