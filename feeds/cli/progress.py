"""How far a scan has come: a bar on a terminal, else a line every few seconds."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from feeds.cli.options import say

_EVERY: Final = 5.0  # seconds

Shown = Callable[[int, int], None]


@contextmanager
def progress(each: Callable[[], None]) -> Iterator[Shown]:
    """Gives what is to be called with how many files are read, and of how many.

    It calls `each` every time, which may end it all.
    """
    if not sys.stderr.isatty():
        yield _Lines(each)
        return
    # Takes longer to import than most of what a scan of few changes does.
    from feeds.cli.bar import bar  # noqa: PLC0415

    with bar() as shown:

        def show(done: int, total: int) -> None:
            each()
            shown(done, total)

        yield show


class _Lines:
    """A line every few seconds: short scans say nothing."""

    def __init__(self, each: Callable[[], None]) -> None:
        self._each = each
        self._began = self._last = time.monotonic()

    def __call__(self, done: int, total: int) -> None:
        self._each()
        now = time.monotonic()
        if now - self._last < _EVERY:
            return
        self._last = now
        say(line(done, total, now - self._began))


def line(done: int, total: int, seconds: float) -> str:
    """How far it has come after so many seconds, how fast, and how long it takes still."""
    rate = done / seconds if seconds else 0.0
    left = f", {_long((total - done) / rate)} left" if rate else ""
    return f"{done:,} of {total:,} articles read, {rate:,.0f} a second{left}"


def _long(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
