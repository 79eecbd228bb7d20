"""Charts as SVG: numbers to bars, in places of a grid. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

HEIGHT: Final = 120
_GAP: Final = 0.2  # of a bar's place


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar in two parts, the lower one first, and what it stands for. In per cent and pixels."""

    x: float
    width: float
    lower: float
    upper: float
    label: str

    @property
    def lower_y(self) -> float:
        """Where the lower part begins, from the top."""
        return round(HEIGHT - self.lower, 2)

    @property
    def upper_y(self) -> float:
        """Where the upper part begins, from the top."""
        return round(HEIGHT - self.lower - self.upper, 2)


@dataclass(frozen=True, slots=True)
class Chart:
    """Bars side by side, and the number that the top of the chart stands for."""

    bars: tuple[Bar, ...]
    top: int
    first: str
    last: str


def chart(rows: Sequence[tuple[str, int, int]]) -> Chart:
    """Bars of two parts each: a label, the lower part, the upper part."""
    top = max((lower + upper for _, lower, upper in rows), default=0)
    top = _round_up(top)
    place = 100 / max(1, len(rows))
    scale = HEIGHT / top
    bars = tuple(
        Bar(
            round(number * place + place * _GAP / 2, 3),
            round(place * (1 - _GAP), 3),
            round(lower * scale, 2),
            round(upper * scale, 2),
            label,
        )
        for number, (label, lower, upper) in enumerate(rows)
    )
    return Chart(bars, top, rows[0][0] if rows else "", rows[-1][0] if rows else "")


def _round_up(number: int) -> int:
    """The next number with one digit that is not zero, which reads well on an axis."""
    unit = 1
    while unit * 10 <= number:
        unit *= 10
    return max(1, -(-number // unit) * unit)
