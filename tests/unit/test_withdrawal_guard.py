"""Which withdrawals wait for a person."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.ingest.withdrawal_guard import ALWAYS_ALLOWED, must_wait

counts = st.integers(0, 2_000_000)
shares = st.floats(0, 1)


@pytest.mark.parametrize(
    ("going", "staying", "lately", "share", "waiting"),
    [
        # a publisher with three articles deletes one, then another, then the last
        (1, 2, 0, 0.2, False),
        (1, 1, 1, 0.2, False),
        (1, 0, 2, 0.2, True),
        # a folder that is not mounted
        (3, 0, 0, 0.2, True),
        (1_000_000, 0, 0, 1.0, True),
        # a fifth, and one more
        (200, 800, 0, 0.2, False),
        (201, 799, 0, 0.2, True),
        # a fifth in two steps, and one more
        (100, 800, 100, 0.2, False),
        (101, 799, 100, 0.2, True),
        # few may go even where they are many
        (5, 1, 0, 0.2, False),
        (6, 1, 0, 0.2, True),
        # as configured
        (1, 999, 0, 0.0, True),
        (999, 1, 0, 1.0, False),
        # nothing is gone
        (0, 0, 0, 0.2, False),
        (0, 10, 9, 0.2, False),
    ],
)
def test_what_waits_and_what_does_not(
    going: int, staying: int, lately: int, share: float, waiting: bool
) -> None:
    assert must_wait(going, staying, lately, share) is waiting


@given(st.integers(1, 2_000_000), counts, shares)
def test_an_empty_folder_never_withdraws_anything(going: int, lately: int, share: float) -> None:
    assert must_wait(going, 0, lately, share)


@given(counts, counts, counts, shares)
def test_what_goes_at_once_goes_in_parts_too_and_no_more(
    going: int, staying: int, lately: int, share: float
) -> None:
    half = going // 2
    if not must_wait(going, staying, lately, share):
        assert not must_wait(half, staying + going - half, lately, share)
        assert not must_wait(going - half, staying, lately + half, share)
    elif staying and going - half:
        assert must_wait(going - half, staying, lately + half, share)


@given(st.integers(1, ALWAYS_ALLOWED), st.integers(1, 10), st.floats(0.001, 1))
def test_a_few_may_always_go_while_something_stays(going: int, staying: int, share: float) -> None:
    assert not must_wait(going, staying, 0, share)
