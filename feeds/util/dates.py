"""Dates as articles write them, as instants in UTC. Pure."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, tzinfo
from email.utils import parsedate_to_datetime
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# YAML timestamps allow a space before a short zone: 2001-12-14 21:59:43.10 -5
# https://yaml.org/type/timestamp.html
_SHORT_ZONE: Final = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_OF_SCRIPTS: Final = re.compile(r"GMT(?=[+-]\d{4}\b)")  # as JavaScript writes an offset
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+")  # of a second
_END_OF_DAY: Final = re.compile(r"(?<=[Tt\s])24:00(?::00(?:\.0+)?)?(?![\d:.])")  # ISO 8601
_HALF_OF_DAY: Final = 12  # hours
_UTC: Final = ("UTC", "GMT", "UT")
_LEAP: Final = ":59:60"  # RFC 3339 section 5.7; datetime has no leap seconds
_EARLIEST: Final = 1000  # year; the latest is Python's own, 9999


class NotADate(ValueError):
    """A text that is not a date: why, and the forms to write instead."""

    def __init__(self, message: str, *examples: str) -> None:
        super().__init__(message)
        self.hint = f"write it like {' or '.join(examples or ('2020-01-24T18:11:00Z',))}"


class Instant(NamedTuple):
    """A time in UTC, to the second; whether a zone was written with it; and its day as written."""

    moment: datetime
    zoned: bool
    day: date


def parse(text: str, zone: tzinfo = UTC) -> Instant:
    """Return the instant of an RFC 3339, RFC 822 or YAML timestamp, or as people write a date.

    `zone` is that of a time without one. Of a time that a clock shows twice the first counts;
    one that it skips is as much later. Raises NotADate for anything else, for what may be several
    days, and for years outside 1000 to 9999.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise NotADate("is not a valid date")
    try:
        parsed = _local(text)
        zoned = parsed.tzinfo is not None
        moment = (parsed if zoned else parsed.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        raise NotADate("is out of range") from None
    if moment.microsecond:
        moment = moment.replace(microsecond=0)
    if moment.year < _EARLIEST:
        raise NotADate("is outside the years 1000 to 9999")
    return Instant(moment, zoned, parsed.date())


@lru_cache(maxsize=16)
def zone_of(name: str) -> tzinfo:
    """Return the zone of a name such as `Europe/Berlin`; none is UTC.

    Raises ZoneInfoNotFoundError or ValueError for a name of no zone.
    """
    return ZoneInfo(name) if name and name != "UTC" else UTC


def in_zone(moment: datetime, zone: str) -> datetime:
    """Return a moment by the clocks of a zone; in UTC where these go beyond the year 9999."""
    try:
        return moment.astimezone(zone_of(zone))
    except OverflowError:
        return moment


def _local(text: str) -> datetime:
    """Return a time as it is written, without a zone if none is. Raises NotADate."""
    # RFC 822 has no hours of 12: Python would read 5:06 PM as 5:06.
    parsed = _iso(text) or (None if _HALF.search(text) else _rfc822(text))
    if parsed is not None:
        return parsed
    if _LEAP in text:
        return _local(text.replace(_LEAP, ":59:59"))
    if _END_OF_DAY.search(text):
        return _local(_END_OF_DAY.sub("00:00:00", text, count=1)) + timedelta(1)
    return _as_people_write(text)


def _iso(text: str) -> datetime | None:
    # Seconds since 1970 are not a date, though Python would read a year from some of them.
    if text.isdecimal() and len(text) > len("20011214"):
        return None
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        pass
    # Fractions of other lengths than 3 or 6 and zones of one digit.
    text = _FRACTION.sub("", text, count=1)
    if len(text) > len("2001-12-14"):
        text = _SHORT_ZONE.sub(
            lambda zone: f"{zone[1]}{int(zone[2]):02}:{zone[3] or '00'}", text, count=1
        )
    # RFC 3339 5.6: Z may be in lower case.
    text = re.sub(r"\s*[Zz]$", "Z", text)
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return _unpadded(text)


_UNPADDED: Final = re.compile(
    r"(\d{4})(?P<sign>[-/.])(\d{1,2})(?P=sign)(\d{1,2})(?:[Tt\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(.*))?$"
)


def _unpadded(text: str) -> datetime | None:
    match = _UNPADDED.match(text)
    if not match:
        return None
    year, _, month, day, hour, minute, second, zone = match.groups()
    padded = f"{year}-{int(month):02}-{int(day):02}"
    if hour is not None:
        padded += f"T{int(hour):02}:{minute}:{second or '00'}{(zone or '').strip()}"
    try:
        return datetime.fromisoformat(padded)
    except ValueError:
        return None


def _rfc822(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(_OF_SCRIPTS.sub("", text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# --- as people write dates -------------------------------------------------------

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WORD: Final = rf"(?P<word>{'|'.join(f'{month}[a-z]*' for month in _MONTHS)})"
_WEEKDAY: Final = r"(?:[a-z]+,? )?"
# The forms in which people write a day, before a time or nothing.
_FORMS: Final = [
    re.compile(form, re.IGNORECASE)
    for form in (
        r"(?P<year>\d{4})(?P<sign>[-/.]?)(?P<month>\d{1,2})(?P=sign)(?P<day>\d{1,2})(?!\d)",
        r"(?P<first>\d\d?)(?P<sign>[-/.]) ?(?P<second>\d\d?)(?P=sign) ?(?P<year>\d{4}|\d\d)(?!\d)",
        rf"{_WEEKDAY}(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?[ -]{_WORD}\.?,?[ -](?P<year>\d{{4}})",
        rf"{_WEEKDAY}{_WORD}\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})",
    )
]
_NO_DAY: Final = re.compile(
    rf"\d{{4}}([-/.]\d\d?)?|\d\d?[-/.]\d{{4}}|{_WORD}\.? \d{{4}}|T?\d{{1,2}}:\d\d.*", re.IGNORECASE
)
_CLOCK: Final = re.compile(r"[Tt,\s]+(?:at )?(\d{1,2})[:.h](\d\d)(?:[:.](\d\d)(?:\.\d+)?)?(.*)")
_HALF: Final = re.compile(r"\s*([ap])\.?m\b\.?", re.IGNORECASE)
_ZONE: Final = re.compile(
    r"\s*(?P<offset>[Zz]|[+-](?:[01]?\d|2[0-3])(?::?[0-5]\d)?)?\s*"
    r"\[?(?P<name>(?:UTC|GMT) ?[+-] ?\d[\d:]*|[A-Z]{2,5}|[A-Za-z]+(?:/[\w+-]+)+)\]?$"
)
_OFFSET: Final = re.compile(r"([+-])\s*(\d{1,2})(?::?(\d\d))?$")
_LONGEST: Final = 100  # characters of a date; more would take the square of their number
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
# Digits of a number of seconds, milliseconds or microseconds since 1970, for dates since 2001.
_SINCE_EPOCH: Final = {10: "seconds", 13: "milliseconds", 16: "microseconds"}


def zone_name(text: str) -> str:
    """Return the name of a zone that a date ends with, or an empty string."""
    clock = re.search(r"\d[:.h]\d\d(?::\d\d)?(.*)", text)
    zone = _ZONE.match(_HALF.sub("", clock[1])) if clock else None
    return zone["name"] if zone else ""


def _as_people_write(text: str) -> datetime:
    """Return the time of a date in one of the other forms in which people write it.

    Raises NotADate with the reason and the date in the right form, if it has one.
    """
    unit = _SINCE_EPOCH.get(len(text)) if text.isdecimal() else None
    if unit:
        moment = _EPOCH + timedelta(**{unit: int(text)})
        example = f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
        raise NotADate(f"is a number of {unit} since 1970", example)
    match = next(filter(None, (form.match(text) for form in _FORMS)), None)
    if match is None:
        raise NotADate("has no day" if _NO_DAY.fullmatch(text) else "is not a valid date")
    try:
        reason, days = _days(match.groupdict())
        readings = [_at(day, text[match.end() :]) for day in days]
    except ValueError as error:
        raise NotADate(str(error)) from None
    reason = reason or readings[0].reason
    if reason:
        raise NotADate(reason, *(reading.example for reading in readings))
    return readings[0].local


class _Reading(NamedTuple):
    """A time as written; why it is refused, and how to write it."""

    local: datetime
    reason: str = ""
    instead: str = ""

    @property
    def example(self) -> str:
        written = self.instead or self.local.isoformat()
        return written if self.instead or self.local.tzinfo else f"{written}Z"


def _days(parts: dict[str, str | None]) -> tuple[str, list[datetime]]:
    """Return why the order of a day's parts is refused, and the days that it may be.

    Raises ValueError if it is none.
    """
    numbers = {name: int(part) for name, part in parts.items() if part and part.isdecimal()}
    year, day = numbers["year"], numbers.get("day", 0)
    if word := parts.get("word"):
        return "", [_day(year, _MONTHS.index(word[:3].lower()) + 1, day)]
    if "month" in numbers:
        return "", [_day(year, numbers["month"], day)]
    if len(parts["year"] or "") == len("24"):
        raise ValueError("has a year of two digits")
    first, second = numbers["first"], numbers["second"]
    if second > len(_MONTHS):
        return "has the month first", [_day(year, first, second)]
    days = [_day(year, second, first)]
    if first > len(_MONTHS) or first == second:
        return "has the day first", days
    return "may have the day or the month first", [*days, _day(year, first, second)]


def _day(year: int, month: int, day: int) -> datetime:
    if not 1 <= month <= len(_MONTHS):
        raise ValueError(f"is not a valid date: there is no month {month}")
    if not year or not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"is not a valid date: {year}-{month:02} has no day {day}")
    return datetime(year, month, day)  # noqa: DTZ001 - as it was written


def _at(day: datetime, clock: str) -> _Reading:
    """Return the time that is written after a day. Raises ValueError if it is none."""
    if not clock.strip():
        return _Reading(day)
    unreadable = f"has a time that cannot be read: {clock.strip()}"
    match = _CLOCK.match(clock)
    if match is None:
        return _Reading(day, unreadable, f"{day.date()}T18:11:00Z")
    hour, minute, second, rest = int(match[1]), int(match[2]), int(match[3] or 0), match[4]
    if half := _HALF.match(rest):
        rest = rest[half.end() :]
        if not 1 <= hour <= _HALF_OF_DAY:
            raise ValueError(f"is not a valid time: there is no hour {hour} before AM or PM")
        hour = hour % _HALF_OF_DAY + _HALF_OF_DAY * (half[1] in "pP")
    for number, most, unit in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")):
        if number > most:
            raise ValueError(f"is not a valid time: there is no {unit} {number}")
    local = day.replace(hour=hour, minute=minute, second=second)
    zone = _ZONE.match(rest)
    if zone is None:
        return _Reading(local, unreadable * bool(rest.strip()))
    name, given = zone["name"], zone["offset"]  # RFC 9557 has both; the offset counts
    offset = _offset("UTC" if given in ("Z", "z") else given or name, local)
    if offset and (given or "/" in name or name in _UTC):
        return _Reading(datetime.fromisoformat(f"{local.isoformat()}{offset}"))
    instead = f"{local.isoformat()}{offset or f'+01:00, with the offset of {name}'}"
    return _Reading(local, f"has the time zone {name} instead of an offset", instead)


def _offset(zone: str, local: datetime) -> str:
    """Return the offset of a zone at a local time, such as +02:00; empty if it is not known."""
    if match := _OFFSET.search(zone):
        return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"
    if zone in _UTC:
        return "Z"
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return local.replace(tzinfo=ZoneInfo(zone)).isoformat()[len("2024-05-01T10:00:00") :][:6]
    return ""
