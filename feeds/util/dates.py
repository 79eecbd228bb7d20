"""Dates as articles write them, as instants in UTC. Pure."""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

# YAML timestamps allow a space before a short zone: 2001-12-14 21:59:43.10 -5
# https://yaml.org/type/timestamp.html
_SHORT_ZONE: Final = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_FRACTION: Final = re.compile(r"\.\d+")
_LEAP: Final = ":59:60"  # RFC 3339 section 5.7; datetime has no leap seconds
_EARLIEST: Final = 1000  # year; the latest is Python's own, 9999


class NotADate(ValueError):
    """A text that is not a date: why, and the form to write instead."""

    def __init__(self, message: str, example: str = "2020-01-24T18:11:00Z") -> None:
        super().__init__(message)
        self.hint = f"write it like {example}"


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
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


# --- explaining ------------------------------------------------------------------

_MONTHS: Final = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_WORDS: Final = "|".join(f"{month}[a-z]*" for month in _MONTHS)
# The day, in the orders in which people write it, before a time or nothing.
_YEAR_FIRST: Final = re.compile(r"(\d{4})([-/.]?)(\d{1,2})\2(\d{1,2})(?!\d)")
_YEAR_LAST: Final = re.compile(r"(\d{1,2})([-/.]) ?(\d{1,2})\2 ?(\d{4}|\d\d)(?!\d)")
_DAY_IN_WORDS: Final = re.compile(
    rf"(?:[a-z]+,? )?(\d{{1,2}})(?:\.|st|nd|rd|th)?[ -]({_WORDS})\.?,?[ -](\d{{4}})", re.IGNORECASE
)
_MONTH_IN_WORDS: Final = re.compile(
    rf"(?:[a-z]+,? )?({_WORDS})\.? (\d{{1,2}})(?:st|nd|rd|th)?,? (\d{{4}})", re.IGNORECASE
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
    clock = re.search(r"\d[:.h]\d\d(.*)", text)
    zone = _ZONE.match(_HALF.sub("", clock[1])) if clock else None
    return zone[1] if zone else ""


def _explained(text: str) -> NotADate:
    """Return why a text is not a date, with its date in the right form if it has one."""
    text = text[:_LONGEST]
    if text.isdecimal() and len(text) in _SINCE_EPOCH:
        unit = _SINCE_EPOCH[len(text)]
        moment = _EPOCH + timedelta(**{unit: int(text)})
        example = f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
        return NotADate(f"is a number of {unit} since 1970", example)
    if match := _YEAR_FIRST.match(text):
        year, sign, month, day = match.groups()
        message = f"is written with {sign}" if sign in "/." and sign else ""
        return _of_day(text[match.end() :], message, int(year), int(month), int(day))
    if match := _YEAR_LAST.match(text):
        first, _, second, year = match.groups()
        return _of_national(text[match.end() :], year, int(first), int(second))
    if match := _DAY_IN_WORDS.match(text):
        day, word, year = match.groups()
    elif match := _MONTH_IN_WORDS.match(text):
        word, day, year = match.groups()
    else:
        has_no_day = re.fullmatch(r"\d{4}(-\d\d?)?|\d{1,2}:\d\d(:\d\d)?", text)
        return NotADate("names no day" if has_no_day else "is not a date")
    month = _MONTHS.index(word[:3].lower()) + 1
    return _of_day(text[match.end() :], "is a date in words", int(year), month, int(day))


def _of_national(clock: str, year: str, first: int, second: int) -> NotADate:
    """Explain a date with the day or the month first."""
    if len(year) == len("24"):
        return NotADate("has a year of two digits")
    if second > len(_MONTHS):
        return _of_day(clock, "has the month first", int(year), first, second)
    error = _of_day(clock, "has the day first", int(year), second, first)
    if first > len(_MONTHS) or first == second:
        return error
    other = _of_day(clock, "", int(year), first, second).hint.removeprefix("write it like ")
    error = NotADate("has the day or the month first", error.hint.removeprefix("write it like "))
    error.hint += f" or {other}"
    return error


def _of_day(clock: str, message: str, year: int, month: int, day: int) -> NotADate:
    """Explain a date by its day and the text of its time; `message` is what is known already."""
    if not 1 <= month <= len(_MONTHS):
        return NotADate(f"is not a date: no year has a month {month}")
    if not year or not 1 <= day <= monthrange(year, month)[1]:
        return NotADate(f"is not a date: {year}-{month:02} has no day {day}")
    date = f"{year:04}-{month:02}-{day:02}"
    if not clock.strip():
        return NotADate(message or "is not a date", f"{date}T00:00:00Z")
    match = _CLOCK.match(clock)
    if match is None:
        return NotADate(
            message or f"has a time that cannot be read: {clock.strip()}", f"{date}T18:11:00Z"
        )
    hour, minute, second, rest = int(match[1]), match[2], match[3] or "00", match[4]
    if half := _HALF.match(rest):
        rest = rest[half.end() :]
        hour = hour % 12 + 12 * (half[1] in "pP")
        message = message or "has an hour of 12, with AM or PM"
    if (hour, minute, second) == (24, "00", "00") and date != "9999-12-31":
        midnight = datetime(year, month, day) + timedelta(1)  # noqa: DTZ001 - as it was written
        message = "has no hour 24: midnight is 00:00 of the day after"
        return NotADate(message, f"{midnight.isoformat()}Z")
    for number, most, unit in (
        (hour, 23, "hour"),
        (int(minute), 59, "minute"),
        (int(second), 59, "second"),
    ):
        if number > most:
            return NotADate(f"is not a time: no day has {unit} {number}")
    time = f"{date}T{hour:02}:{minute}:{second}"
    if zone := _ZONE.match(rest):
        offset = _offset(zone[1], datetime.fromisoformat(time))
        hint = f"{time}{offset}" if offset else f"{time}+01:00, with the offset of {zone[1]}"
        return NotADate(message or f"names the zone {zone[1]} and not its offset", hint)
    if not message and rest.strip():
        message = f"has a time that cannot be read: {clock.strip()}"
    return NotADate(message or "is not a date", f"{time}Z")


def _offset(zone: str, local: datetime) -> str:
    """Return the offset of a zone at a local time, such as +02:00; empty if it is not known."""
    if match := _OFFSET.search(zone):
        return f"{match[1]}{int(match[2]):02}:{match[3] or '00'}"
    if zone in ("UTC", "GMT", "UT"):
        return "Z"
    with suppress(ZoneInfoNotFoundError, ValueError, OSError):
        return local.replace(tzinfo=ZoneInfo(zone)).isoformat()[len("2024-05-01T10:00:00") :][:6]
    return ""
