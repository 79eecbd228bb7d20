"""Every way of writing a date that articles use is the same moment."""

from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.util import dates

MOMENTS = st.datetimes(
    datetime(1000, 1, 2),  # noqa: DTZ001 # hypothesis wants naive bounds
    datetime(9999, 12, 30),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda moment: moment.replace(microsecond=0))


@given(MOMENTS)
def test_a_moment_is_the_same_however_it_is_written(moment: datetime) -> None:
    for written in (
        moment.isoformat(),
        moment.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0"),
        moment.isoformat(" "),
        format_datetime(moment),
        format_datetime(moment, usegmt=True),
    ):
        assert dates.parse(written) == dates.Instant(moment, zoned=True), written


@pytest.mark.parametrize(
    ("written", "expected", "zoned"),
    [
        ("2020-01-24", "2020-01-24T00:00:00+00:00", False),
        ("2020-1-4 8:05", "2020-01-04T08:05:00+00:00", False),
        ("2001-12-14 21:59:43.10 -5", "2001-12-15T02:59:43+00:00", True),
        ("2001-12-14t21:59:43.10-05:00", "2001-12-15T02:59:43+00:00", True),
        ("2001-12-15 2:59:43.10", "2001-12-15T02:59:43+00:00", False),
        ("2020-01-24T18:11:00.123456789Z", "2020-01-24T18:11:00+00:00", True),
        ("24 Jan 2020 18:11 GMT", "2020-01-24T18:11:00+00:00", True),
        ("2016-12-31T23:59:60Z", "2016-12-31T23:59:59+00:00", True),
        ("2016-12-31 15:59:60.5 -8", "2016-12-31T23:59:59+00:00", True),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2016-12-31T23:59:59+00:00", True),
        ("Fri, 24 Jan 2020 18:11:00 EST", "2020-01-24T23:11:00+00:00", True),
    ],
)
def test_odd_spellings_are_understood(written: str, expected: str, zoned: bool) -> None:
    found = dates.parse(written)
    assert (found.moment.isoformat(), found.zoned) == (expected, zoned)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2020-13-01", "2020-02-30", "0999-12-31", "1000-01-01T00:59:59+01:00",
     "99999-01-01", "24", "2016-12-31T23:58:60Z", "2016-12-31T25:59:60Z",
     f"2020-01-24{' ' * 100}Z"],
)  # fmt: skip
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is "):
        dates.parse(written)


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(written: str) -> None:
    try:
        found = dates.parse(written)
    except ValueError:
        return
    assert found.moment.tzinfo is UTC
    assert found.moment.microsecond == 0
