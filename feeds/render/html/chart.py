"""Turn numbers into the bars of a chart, as SVG draws them. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 120  # pixels
_GAP: Final = 0.2  # of the width that a bar has


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar in two parts, the lower one first: `x` and `width` in per cent, heights in pixels."""

    x: float
    width: float
    lower: float
    upper: float
    label: str

    @property
    def lower_y(self) -> float:
        """Return the top edge of the lower part, counted from the top of the chart."""
        return round(HEIGHT - self.lower, 2)

    @property
    def upper_y(self) -> float:
        """Return the top edge of the upper part, counted from the top of the chart."""
        return round(HEIGHT - self.lower - self.upper, 2)


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, the number at the top of the chart, the first and the last label."""

    bars: tuple[Bar, ...]
    top: int
    first: str
    last: str


def chart(rows: Sequence[tuple[str, int, int]]) -> Chart:
    """Return a chart of rows: a label, the lower part of a bar, the upper part."""
    top = _round_up(max((lower + upper for _, lower, upper in rows), default=0))
    room = 100 / max(1, len(rows))
    scale = HEIGHT / top
    bars = tuple(
        Bar(
            round(number * room + room * _GAP / 2, 3),
            round(room * (1 - _GAP), 3),
            round(lower * scale, 2),
            round(upper * scale, 2),
            label,
        )
        for number, (label, lower, upper) in enumerate(rows)
    )
    return Chart(bars, top, rows[0][0] if rows else "", rows[-1][0] if rows else "")


def _round_up(number: int) -> int:
    """Return the next number with one digit that is not zero, which reads well on an axis."""
    unit = 1
    while unit * 10 <= number:
        unit *= 10
    return max(1, -(-number // unit) * unit)
