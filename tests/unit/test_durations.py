"""Spans of time and dates that bound a feed: read, and written one way."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.model import Since
from feeds.util import durations

NOW = datetime(2020, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "canonical", "said"),
    [
        ("7d", "7d", "from the last 7 days"),
        ("1w", "7d", "from the last 7 days"),
        ("168h", "7d", "from the last 7 days"),
        (" 24 H ", "1d", "from the last day"),
        ("90m", "90m", "from the last 90 minutes"),
        ("3600s", "1h", "from the last hour"),
        ("61s", "61s", "from the last 61 seconds"),
        ("٧d", "7d", "from the last 7 days"),
        ("36500d", "36500d", "from the last 36500 days"),
        ("2026-01-31", "2026-01-31", "from 2026-01-31 on"),
        ("2026-01-31T00:00:00Z", "2026-01-31", "from 2026-01-31 on"),
        ("2026-01-31T00:00:00+01:00", "2026-01-30T23:00:00Z", "from 2026-01-30T23:00:00Z on"),
        ("Sat, 31 Jan 2026 06:00:00 GMT", "2026-01-31T06:00:00Z", "from 2026-01-31T06:00:00Z on"),
        ("1000-01-01", "1000-01-01", "from 1000-01-01 on"),
    ],
)
def test_a_limit_has_one_spelling(written: str, canonical: str, said: str) -> None:
    found = durations.since(written)
    assert durations.write(found) == canonical
    assert durations.in_words(found) == said


@given(
    st.one_of(
        st.integers(1, 100 * 365 * 86400).map(lambda span: Since(span=span)),
        st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).map(  # noqa: DTZ001
            lambda one: Since(moment=one.replace(microsecond=0, tzinfo=UTC))
        ),
    )
)
def test_what_is_written_is_read_as_the_same(limit: Since) -> None:
    assert durations.since(durations.write(limit)) == limit


@pytest.mark.parametrize(
    "written",
    ["", "soon", "0d", "-1d", "7", "7 years", "1e3s", "36501d", "9" * 12 + "w", "9" * 300 + "d",
     "2026-13-01", "0999-01-01", "1579000000000", "7d 3h", "\ud800", "\0"],
)  # fmt: skip
def test_what_is_no_time_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a span or a date; write one such as 7d"):
        durations.since(written)


def test_a_limit_begins_at_its_date_or_a_span_ago() -> None:
    assert durations.earliest(Since(moment=NOW), NOW) == NOW
    assert durations.earliest(Since(span=60), NOW) == NOW - timedelta(minutes=1)


def test_a_limit_is_the_same_throughout_a_second() -> None:
    later = NOW.replace(microsecond=999_999)
    assert durations.earliest(Since(span=60), later) == NOW - timedelta(minutes=1)
