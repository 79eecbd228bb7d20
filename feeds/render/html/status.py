"""Write the operator's page: problems first, then readers and requests, then the rest."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final

from feeds.locale.locales import Locale, locale_of
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
    withdrawals: tuple[str, ...] = ()  # what to do about both
    held: tuple[str, ...] = ()  # what is held until its date: how much, and what appears next
    long_feeds: tuple[str, ...] = ()  # addresses of feeds that exceed the limit of content


def status_page(site: Site, state: SystemState, report: Report | None) -> bytes:
    """Return the page; `report` is None if the statistics cannot be read."""
    locale = locale_of(site.language)
    return page(
        "status.html",
        site,
        state=state,
        withdrawals=[locale.say(sentence) for sentence in state.withdrawals],
        held=[locale.say(line) for line in state.held],
        now=_moment(state.now),
        changed=_moment(state.changed) if state.changed else None,
        report=report,
        height=HEIGHT,
        today=_total(report.hours) if report else None,
        growth=_growth(state, report) if report else (None, None, None),
        charts=_charts(locale, report) if report else (),
        size=partial(size, locale),
        share=partial(share, locale),
    )


def size(locale: Locale, bytes: float) -> str:
    """Return a number of bytes as `12.3 MB`."""
    number, unit = bytes, 0
    while number >= 1000 and unit < len(_UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{locale.number(round(number, 1 if unit else 0))} {_UNITS[unit]}"


def share(locale: Locale, part: int, whole: int) -> str:
    """Return a part of a whole as `87%`."""
    return locale.percent(part / whole) if whole else "–"


def _charts(locale: Locale, report: Report) -> tuple[Chart, Chart, Chart]:
    """Return the requests of hours and of days, and the readers of days, each in two parts."""

    def day_of(day: int) -> str:
        return locale.day_of_year(_moment(day * DAY))

    def hour_of(hour: int) -> str:
        return locale.time_of_day(_moment(hour * HOUR))

    hours = [(hour_of(hour.number), *_parts(hour)) for hour in report.hours]
    days = [(day_of(day.number), *_parts(day)) for day in report.days]
    by_day = {day: (subscribers, pollers) for day, subscribers, pollers in report.readers}
    readers = [(day_of(day.number), *by_day.get(day.number, (0, 0))) for day in report.days]
    return chart(hours), chart(days), chart(readers)


def _parts(period: Period) -> tuple[int, int]:
    return period.not_modified, period.requests - period.not_modified


def _total(periods: tuple[Period, ...]) -> Period:
    columns = list(zip(*periods, strict=True))[1:]
    return Period(0, *map(sum, columns))


def _growth(state: SystemState, report: Report) -> list[int | None]:
    """Return how many more entries there are than an hour, a day and a week ago, if known."""
    growth: list[int | None] = []
    for span in (HOUR, DAY, 7 * DAY):
        before = [entries for hour, entries in report.entries if hour * HOUR <= state.now - span]
        growth.append(state.entries - before[-1] if before else None)
    return growth


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
