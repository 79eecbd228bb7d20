"""Two ways of doing the same, taking turns on a machine that others use too."""

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parent.parent


class Took(NamedTuple):
    """Seconds by the clock on the wall, and of all processors together."""

    wall: float
    processor: float


def run(*arguments: str, module: str) -> Took:
    """Run a module of ours in a new interpreter, its pool of processes included.

    Raises RuntimeError with what it said if it fails.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
        # Counts the processes that it waited for itself too.
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    took = Took(time.perf_counter() - started, used.ru_utime + used.ru_stime)
    if process.returncode:
        raise RuntimeError(f"{module} {' '.join(arguments)}: {said.decode()}")
    return took


def called(work: Callable[[], object], times: int) -> Took:
    """Call something some times; what one call took."""
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    for _ in range(times):
        work()
    return Took(
        (time.perf_counter() - wall) / times,
        (time.process_time() - processor) / times,
    )


def alternate(
    ours: Callable[[], Took], theirs: Callable[[], Took], runs: int
) -> tuple[list[Took], list[Took]]:
    """Each once to warm up, then in turn, so that a slow minute meets both."""
    theirs()
    ours()
    first: list[Took] = []
    second: list[Took] = []
    for _ in range(runs):
        first.append(ours())
        second.append(theirs())
    return first, second


def compare(
    names: tuple[str, str], ours: Sequence[Took], theirs: Sequence[Took], limit: float
) -> None:
    """Print both and their ratio: that of the medians by the clock is the figure."""
    for name, took in zip(names, (ours, theirs), strict=True):
        print(f"  {name:<42} {spread([one.wall for one in took])}")
    ratio = _ratio(ours, theirs, "wall")
    processor = _ratio(ours, theirs, "processor")
    pairs = sorted(a.wall / b.wall for a, b in zip(ours, theirs, strict=True))
    verdict = "within" if ratio <= limit else "ABOVE"
    print(
        f"  ratio {ratio:.2f} ({verdict} the limit of {limit}); "
        f"pair by pair {pairs[0]:.2f} to {pairs[-1]:.2f}; of processor time {processor:.2f}"
    )


def spread(seconds: Sequence[float]) -> str:
    """Median, least and most, in a unit that fits."""
    scale, unit = (1, "s ") if min(seconds) >= 0.1 else (1000, "ms")
    middle, least, most = (
        scale * value for value in (statistics.median(seconds), min(seconds), max(seconds))
    )
    return f"median {middle:7.3f} {unit}  min {least:7.3f}  max {most:7.3f}"


def _ratio(ours: Sequence[Took], theirs: Sequence[Took], what: str) -> float:
    first, second = (
        statistics.median(float(getattr(one, what)) for one in took) for took in (ours, theirs)
    )
    return first / second
