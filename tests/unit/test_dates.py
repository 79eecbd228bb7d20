"""Every way of writing a date that articles use is the same moment."""

import re
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
        assert dates.parse(written) == dates.Instant(moment, True, moment.date()), written


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
        ("2015-11-3", "2015-11-03T00:00:00+00:00", False),
        ("2019-01-01 10:00:00 +0100", "2019-01-01T09:00:00+00:00", True),
        ("2021/03/04", "2021-03-04T00:00:00+00:00", False),
        ("2021/3/4 10:00 +0100", "2021-03-04T09:00:00+00:00", True),
        ("2021.03.04", "2021-03-04T00:00:00+00:00", False),
        ("Mar 4, 2021", "2021-03-04T00:00:00+00:00", False),
        ("Mar 4, 2021 5:06 PM", "2021-03-04T17:06:00+00:00", False),
        ("Thursday, 4th March 2021", "2021-03-04T00:00:00+00:00", False),
        ("2024-05-01 12:00 am", "2024-05-01T00:00:00+00:00", False),
        ("2024-05-01 24:00", "2024-05-02T00:00:00+00:00", False),
        ("2024-12-31T24:00:00+01:00", "2024-12-31T23:00:00+00:00", True),
        ("2020-01-24 18:11:00 UTC", "2020-01-24T18:11:00+00:00", True),
        ("2020-07-24 18:11 Europe/Berlin", "2020-07-24T16:11:00+00:00", True),
        ("2024-10-27T02:30:00+01:00[Europe/Berlin]", "2024-10-27T01:30:00+00:00", True),
        ("2020-07-24T18:11:00Z[Europe/Berlin]", "2020-07-24T18:11:00+00:00", True),
        ("2020-07-24 18:11:00 -0700 PDT", "2020-07-25T01:11:00+00:00", True),
    ],
)
def test_odd_spellings_are_understood(written: str, expected: str, zoned: bool) -> None:
    found = dates.parse(written)
    assert (found.moment.isoformat(), found.zoned) == (expected, zoned)


@pytest.mark.parametrize(
    "written",
    ["", "yesterday", "2020-13-01", "2020-02-30", "0999-12-31", "1000-01-01T00:59:59+01:00",
     "99999-01-01", "24", "2016-12-31T23:58:60Z", "2016-12-31T25:59:60Z",
     f"2020-01-24{' ' * 100}Z", "2024-13-45", "2024-05-01 24:01", "9999-12-31 24:00",
     "Mar 4, 2021 15:06 PM"],
)  # fmt: skip
def test_what_is_no_date_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is "):
        dates.parse(written)


@pytest.mark.parametrize("written", ["03/04/2021", "3.4.2021", "24/3/2021", "2020-01-24 18:11 CET"])
def test_what_may_be_several_times_is_refused_with_the_ways_to_write_it(written: str) -> None:
    with pytest.raises(dates.NotADate) as refused:
        dates.parse(written)
    assert re.search(r"write it like 20\d\d-\d\d-\d\dT", refused.value.hint)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-01-15 10:00", "2024-01-15T09:00:00+00:00"),
        ("2024-07-15", "2024-07-14T22:00:00+00:00"),
        ("2024-03-31 02:30", "2024-03-31T01:30:00+00:00"),  # skipped: 03:30 in summer time
        ("2024-10-27 02:30", "2024-10-27T00:30:00+00:00"),  # shown twice: in summer time first
        ("2024-10-26 24:00", "2024-10-26T22:00:00+00:00"),
        ("2024-07-15T10:00:00Z", "2024-07-15T10:00:00+00:00"),
    ],
)
def test_a_time_without_a_zone_is_in_the_given_one(written: str, expected: str) -> None:
    assert dates.parse(written, dates.zone_of("Europe/Berlin")).moment.isoformat() == expected


@given(st.text(max_size=40))
def test_any_text_is_a_date_or_refused(written: str) -> None:
    try:
        found = dates.parse(written)
    except ValueError:
        return
    assert found.moment.tzinfo is UTC
    assert found.moment.microsecond == 0


def test_a_moment_is_shown_by_the_clocks_of_a_zone_or_else_in_utc() -> None:
    moment = datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert f"{dates.in_zone(moment, 'Europe/Berlin'):%H:%M %Z}" == "13:00 CET"
    last = datetime.max.replace(tzinfo=UTC)
    assert dates.in_zone(last, "Pacific/Kiritimati") == last
