"""Write the operator's page: problems first, then readers and requests, then the rest."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from feeds.model import Site
from feeds.problems import Problem
from feeds.render.html.chart import HEIGHT, Chart, chart
from feeds.render.html.environment import page
from feeds.stats.report import DAY, HOUR, Period, Report

_UNITS: Final = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class SystemState:
    """The state of the service at a moment. Times in seconds since 1970."""

    now: int
    ingesting: bool | None  # None if the system does not tell
    trouble: str = ""  # why the catalog cannot be read
    scanned: bool = False
    changed: int = 0
    files: int = 0
    refused: int = 0
    entries: int = 0
    feeds: int = 0
    problems: tuple[Problem, ...] = ()
    config: tuple[str, ...] = ()  # problems of a configuration that was refused
    slow_sets: tuple[str, ...] = ()  # names of feed sets that exceed the time limit
    deleted: int = 0  # articles that wait to be withdrawn …
    moving: int = 0  # … and those that wait for new addresses
    withdrawals: str = ""  # what to do about both
    held: tuple[str, ...] = ()  # what is held until its date: how much, and what appears next
    long_feeds: tuple[str, ...] = ()  # addresses of feeds that exceed the limit of content


def status_page(site: Site, state: SystemState, report: Report | None) -> bytes:
    """Return the page; `report` is None if the statistics cannot be read."""
    return page(
        "status.html",
        site,
        state=state,
        now=_moment(state.now),
        changed=_moment(state.changed) if state.changed else None,
        report=report,
        height=HEIGHT,
        today=_total(report.hours) if report else None,
        growth=_growth(state, report) if report else {},
        charts=_charts(report) if report else (),
        size=size,
        share=share,
    )


def size(bytes: float) -> str:
    """Return a number of bytes as `12.3 MB`."""
    number, unit = bytes, 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{number:.1f} {_UNITS[unit]}" if unit else f"{int(number)} {_UNITS[0]}"


def share(part: int, whole: int) -> str:
    """Return a part of a whole as `87 %`."""
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _charts(report: Report) -> tuple[tuple[str, str, str, Chart], ...]:
    """Return title, names of the lower and the upper part of a bar, and the bars."""
    hours = [(f"{_moment(hour.number * HOUR):%H:00}", *_parts(hour)) for hour in report.hours]
    days = [(_day(day.number), *_parts(day)) for day in report.days]
    by_day = {day: (subscribers, pollers) for day, subscribers, pollers in report.readers}
    readers = [(_day(day.number), *by_day.get(day.number, (0, 0))) for day in report.days]
    return (
        ("Requests in the last day", "not modified", "sent in full", chart(hours)),
        ("Requests in the last month", "not modified", "sent in full", chart(days)),
        (
            "Readers in the last month",
            "subscribers of services",
            "others that poll",
            chart(readers),
        ),
    )


def _parts(period: Period) -> tuple[int, int]:
    return period.not_modified, period.requests - period.not_modified


def _total(periods: tuple[Period, ...]) -> Period:
    columns = list(zip(*periods, strict=True))[1:]
    return Period(0, *map(sum, columns))


def _growth(state: SystemState, report: Report) -> dict[str, int]:
    """Return how many more entries there are than an hour, a day and a week ago."""
    growth = {}
    for name, span in (("hour", HOUR), ("day", DAY), ("week", 7 * DAY)):
        before = [entries for hour, entries in report.entries if hour * HOUR <= state.now - span]
        if before:
            growth[name] = state.entries - before[-1]
    return growth


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _day(day: int) -> str:
    moment = _moment(day * DAY)
    return f"{moment.day} {moment:%b}"
