"""Dates as articles write them, as instants in UTC. Pure."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Final, NamedTuple

# YAML timestamps allow a space before a short zone: 2001-12-14 21:59:43.10 -5
# https://yaml.org/type/timestamp.html
_SHORT_ZONE: Final = re.compile(r"\s*([+-])(\d{1,2})(?::?(\d{2}))?$")
_FRACTION: Final = re.compile(r"\.\d+")
_LEAP: Final = ":59:60"  # RFC 3339 section 5.7; datetime has no leap seconds
_EARLIEST: Final = 1000  # year; the latest is Python's own, 9999


class Instant(NamedTuple):
    """A time in UTC, to the second, and whether a zone was written with it."""

    moment: datetime
    zoned: bool


def parse(text: str) -> Instant:
    """Return the instant of an RFC 3339, RFC 822 or YAML timestamp; no zone means UTC.

    Raises ValueError for anything else and for years outside 1000 to 9999.
    """
    text = text.strip()
    parsed = _iso(text) or _rfc822(text)
    if parsed is None:
        if _LEAP in text:
            return parse(text.replace(_LEAP, ":59:59"))
        raise ValueError("is no date")
    zoned = parsed.tzinfo is not None
    try:
        moment = (parsed if zoned else parsed.replace(tzinfo=UTC)).astimezone(UTC)
    except OverflowError:
        raise ValueError("is out of range") from None
    if moment.microsecond:
        moment = moment.replace(microsecond=0)
    if moment.year < _EARLIEST:
        raise ValueError("is outside the years 1000 to 9999")
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
