"""The table of results: a row for each figure, a column for each size."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from benchmarks.delivery.table import against, table


@dataclass(slots=True)
class Report:
    """What was measured, in the order it was."""

    sizes: tuple[int, ...]
    _rows: list[list[str]] = field(default_factory=list)

    def add(
        self,
        name: str,
        values: Sequence[float],
        show: Callable[[float], str],
        *,
        ratio: float | None = None,
        limit: float | None = None,
    ) -> None:
        """A figure at every size.

        `ratio` is the most that the largest size may have of what the smallest
        has, `limit` the most that the largest may have.
        """
        grown = values[-1] / values[0] if ratio is not None and len(values) > 1 else None
        kept = []
        if ratio is not None and grown is not None:
            kept.append(f"ratio {against(grown, ratio, at_most=True)}")
        if limit is not None:
            kept.append(f"{show(limit)}: {'yes' if values[-1] <= limit else 'NO'}")
        shown = "" if grown is None else f"{grown:.2f}"
        self._rows.append([name, *map(show, values), shown, ", ".join(kept)])
        print(f"{name}: {', '.join(map(show, values))} {shown} {', '.join(kept)}", flush=True)

    def __str__(self) -> str:
        head = ["", *(f"{size:,}" for size in self.sizes), "largest / smallest", "at most"]
        return table(head, self._rows)


def milliseconds(seconds: float) -> str:
    """Seconds, for people."""
    return f"{1000 * seconds:.2f} ms" if seconds < 0.02 else f"{1000 * seconds:.0f} ms"


def seconds(value: float) -> str:
    """Seconds as such."""
    return f"{value:.2f} s"


def megabytes(count: float) -> str:
    """Bytes, for people: a million of them."""
    return f"{count / 1e6:,.0f} MB"


def times(value: float) -> str:
    """How many times as much."""
    return f"{value:.2f} ×"


def median(values: Sequence[float]) -> float:
    """The one in the middle."""
    return statistics.median(values)
