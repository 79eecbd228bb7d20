"""What is told of a scan that takes long."""

import pytest

from feeds.cli.terminal import line


@pytest.mark.parametrize(
    ("done", "total", "seconds", "expected"),
    [
        (0, 10, 5.0, "0 of 10 articles read, 0 a second"),
        (12_800, 100_000, 5.0, "12,800 of 100,000 articles read, 2,560 a second, 34 s left"),
        (10, 1_000, 10.0, "10 of 1,000 articles read, 1 a second, 16 min 30 s left"),
        (1, 10_000, 1.0, "1 of 10,000 articles read, 1 a second, 2 h 46 min left"),
        (10, 10, 0.0, "10 of 10 articles read, 0 a second"),
    ],
)
def test_a_line_says_how_far_how_fast_and_how_much_longer(
    done: int, total: int, seconds: float, expected: str
) -> None:
    assert line(done, total, seconds) == expected
