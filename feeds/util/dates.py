"""Dates as articles write them, as instants in UTC. Pure."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# YAML timestamps allow a space before a short zone: 2001-12-14 21:59:43.10 -5
# https://yaml.org/type/timestamp.html
_SHORT_ZONE: Final = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_OF_SCRIPTS: Final = re.compile(r"GMT(?=[+-]\d{4}\b)")  # as JavaScript writes an offset
_FRACTION: Final = re.compile(r"(?<=:\d\d)\.\d+")  # of a second
_LEAP: Final = ":59:60"  # RFC 3339 section 5.7; datetime has no leap seconds
_EARLIEST: Final = 1000  # year; the latest is Python's own, 9999


class NotADate(ValueError):
    """A text that is not a date: why, and the forms to write instead."""

    def __init__(self, message: str, *examples: str) -> None:
        super().__init__(message)
        self.hint = f"write it like {' or '.join(examples or ('2020-01-24T18:11:00Z',))}"


class Instant(NamedTuple):
    """A time in UTC, to the second, and whether a zone was written with it."""

    moment: datetime
    zoned: bool


def parse(text: str) -> Instant:
    """Return the instant of an RFC 3339, RFC 822 or YAML timestamp; no zone means UTC.

    Raises NotADate for anything else and for years outside 1000 to 9999.
    """
    text = text.strip()
    if len(text) > _LONGEST:
        raise _explained(text)
    parsed = _iso(text) or _rfc822(text)
    if parsed is None:
        if _LEAP in text:
            return parse(text.replace(_LEAP, ":59:59"))
        raise _explained(text)
    zoned = parsed.tzinfo is not None
    try:
        moment = (parsed if zoned else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise NotADate("is out of range") from None
    if moment.microsecond:
        moment = moment.replace(microsecond=0)
    if moment.year < _EARLIEST:
        raise NotADate("is outside the years 1000 to 9999")
    return Instant(moment, zoned)


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
    r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[Tt\s]+(\d{1,2}):(\d{2})(?::(\d{2}))?(.*))?$"
)


def _unpadded(text: str) -> datetime | None:
    match = _UNPADDED.match(text)
    if not match:
        return None
    year, month, day, hour, minute, second, zone = match.groups()
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


# --- explaining ------------------------------------------------------------------

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
    r"\s*(?:[+-][\d:]+)?\s*\[?((?:UTC|GMT) ?[+-] ?\d[\d:]*|[A-Z]{2,5}|[A-Za-z]+(?:/[\w+-]+)+)\]?$"
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
    return zone[1] if zone else ""


def _explained(text: str) -> NotADate:
    """Return why a text is not a date, with its date in the right form if it has one."""
    text = text[:_LONGEST]
    unit = _SINCE_EPOCH.get(len(text)) if text.isdecimal() else None
    if unit:
        moment = _EPOCH + timedelta(**{unit: int(text)})
        example = f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
        return NotADate(f"is a number of {unit} since 1970", example)
    match = next(filter(None, (form.match(text) for form in _FORMS)), None)
    if match is None:
        return NotADate("names no day" if _NO_DAY.fullmatch(text) else "is not a date")
    try:
        order, days = _days(match.groupdict())
        times = [_at(day, text[match.end() :]) for day in days]
    except ValueError as error:
        return NotADate(str(error))
    return NotADate(order or times[0][0] or "is not a date", *(example for _, example in times))


def _days(parts: dict[str, str | None]) -> tuple[str, list[datetime]]:
    """Return what is wrong with the order of a day's parts, and the days that it may be.

    Raises ValueError if it is none.
    """
    numbers = {name: int(part) for name, part in parts.items() if part and part.isdecimal()}
    year, day = numbers["year"], numbers.get("day", 0)
    if word := parts.get("word"):
        return "is a date in words", [_day(year, _MONTHS.index(word[:3].lower()) + 1, day)]
    if "month" in numbers:
        sign = parts["sign"] or "-"
        return f"is written with {sign}" * (sign != "-"), [_day(year, numbers["month"], day)]
    if len(parts["year"] or "") == len("24"):
        raise ValueError("has a year of two digits")
    first, second = numbers["first"], numbers["second"]
    if second > len(_MONTHS):
        return "has the month first", [_day(year, first, second)]
    days = [_day(year, second, first)]
    if first > len(_MONTHS) or first == second:
        return "has the day first", days
    return "has the day or the month first", [*days, _day(year, first, second)]


def _day(year: int, month: int, day: int) -> datetime:
    if not 1 <= month <= len(_MONTHS):
        raise ValueError(f"is not a date: no year has a month {month}")
    if not year or not 1 <= day <= monthrange(year, month)[1]:
        raise ValueError(f"is not a date: {year}-{month:02} has no day {day}")
    return datetime(year, month, day)  # noqa: DTZ001 - as it was written


def _at(day: datetime, clock: str) -> tuple[str, str]:
    """Return what is wrong with the time that is written after a day, and what to write.

    Raises ValueError if it is no time.
    """
    if not clock.strip():
        return "", f"{day.isoformat()}Z"
    unreadable = f"has a time that cannot be read: {clock.strip()}"
    match = _CLOCK.match(clock)
    if match is None:
        return unreadable, f"{day.date()}T18:11:00Z"
    hour, minute, second, rest = int(match[1]), int(match[2]), int(match[3] or 0), match[4]
    message = ""
    if half := _HALF.match(rest):
        rest = rest[half.end() :]
        hour = hour % 12 + 12 * (half[1] in "pP")
        message = "has an hour of 12, with AM or PM"
    if (hour, minute, second) == (24, 0, 0) and day.date() < date.max:
        message = "has no hour 24: midnight is 00:00 of the day after"
        return message, f"{(day + timedelta(1)).isoformat()}Z"
    for number, most, unit in ((hour, 23, "hour"), (minute, 59, "minute"), (second, 59, "second")):
        if number > most:
            raise ValueError(f"is not a time: no day has {unit} {number}")
    local = day.replace(hour=hour, minute=minute, second=second)
    if zone := _ZONE.match(rest):
        offset = _offset(zone[1], local) or f"+01:00, with the offset of {zone[1]}"
        message = message or f"names the zone {zone[1]} and not its offset"
        return message, f"{local.isoformat()}{offset}"
    return message or unreadable * bool(rest.strip()), f"{local.isoformat()}Z"


def _offset(zone: str, local: datetime) -> str:
    """Return the offset of a zone at a local time, such as +02:00; empty if it is not known."""
    if match := _OFFSET.search(zone):
        return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"
    if zone in ("UTC", "GMT", "UT"):
        return "Z"
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return local.replace(tzinfo=ZoneInfo(zone)).isoformat()[len("2024-05-01T10:00:00") :][:6]
    return ""
