"""Durations, and how far back a feed goes, as people write them. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from feeds.locale import Message
from feeds.model import Since
from feeds.util import dates

PATTERN: Final = r"^\d+\s*[smhdwSMHDW]$"
_DURATION: Final = re.compile(r"(\d{1,12})\s*([smhdw])").fullmatch
_CLOCK: Final = re.compile(r"(?:(\d{1,4}):)?(\d{1,6}):(\d\d)(?:[.,]\d*)?").fullmatch
_ISO: Final = re.compile(
    r"p(?:(\d{1,4})d)?(?:t(?:(\d{1,6})h)?(?:(\d{1,8})m)?(?:(\d{1,10})(?:[.,]\d*)?s)?)?"
).fullmatch
_PLAIN: Final = re.compile(r"(\d{1,10})(?:\.\d*)?").fullmatch
_LONGEST_PLAYED: Final = 365 * 86400  # seconds
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST: Final = 100 * 365 * 86400  # seconds


def seconds(written: str) -> int:
    """Return the seconds of a duration such as `30s`, `5m`, `12h`, `7d` or `2w`.

    Raises ValueError.
    """
    match = _DURATION(written.strip().lower())
    if not match or (count := int(match[1]) * _UNITS[match[2]]) > _LONGEST:
        raise ValueError("is not a duration; write a number and a unit, such as 30s, 5m, 12h or 7d")
    return count


def playing_time(written: str) -> int:
    """Return the seconds that a recording takes, without fractions.

    It is written as seconds (`3723`), as a clock has it (`62:03`, `1:02:03`), as ISO 8601 has
    it (`PT1H2M3S`) or with a unit (`62m`). Raises ValueError.
    """
    value = written.strip().lower()
    if plain := _PLAIN(value):
        length = int(plain[1])
    elif clock := _CLOCK(value):
        length = (int(clock[1] or 0) * 60 + int(clock[2])) * 60 + int(clock[3])
    elif (iso := _ISO(value)) and any(iso.groups()):
        days, hours, minutes, rest = (int(part or 0) for part in iso.groups())
        length = ((days * 24 + hours) * 60 + minutes) * 60 + rest
    elif _DURATION(value):
        length = seconds(value)
    else:
        length = -1
    if not 0 < length <= _LONGEST_PLAYED:
        raise ValueError("is not a duration; write seconds, or a time such as 1:02:03")
    return length


def since(written: str) -> Since:
    """Return a duration back from now, or a date. Raises ValueError."""
    try:
        if _DURATION(written.strip().lower()):
            span = seconds(written)
            if span:
                return Since(span=span)
        else:
            return Since(moment=dates.parse(written).moment)
    except ValueError:
        pass
    raise ValueError("is not a span or a date; write one such as 7d or 2026-01-31")


def write(limit: Since) -> str:
    """Return the canonical spelling of a limit: `7d` for `168h` and `1w`."""
    if limit.moment is not None:
        moment = limit.moment.astimezone(UTC)
        midnight = moment.time() == datetime.min.time()
        return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    number, unit = _in_largest_unit(limit.span)
    return f"{number}{unit}"


def in_words(limit: Since) -> Message:
    """Return a limit as titles have it: `from the last 7 days`, `from 2026-01-31 on`."""
    if limit.moment is not None:
        return Message("from %(date)s on", date=write(limit))
    number, unit = _in_largest_unit(limit.span)
    count, counted = str(number), Message.counted
    match unit:
        case "d":
            return counted("from the last day", "from the last %(count)s days", number, count=count)
        case "h":
            return counted(
                "from the last hour", "from the last %(count)s hours", number, count=count
            )
        case "m":
            return counted(
                "from the last minute", "from the last %(count)s minutes", number, count=count
            )
    return counted("from the last second", "from the last %(count)s seconds", number, count=count)


def earliest(limit: Since, now: datetime) -> datetime:
    """Return the earliest time of entries within a limit.

    It is rounded down to the second, as dates of entries are, so that a feed does
    not change within a second.
    """
    if limit.moment is not None:
        return limit.moment
    return now.replace(microsecond=0) - timedelta(seconds=limit.span)


def _in_largest_unit(span: int) -> tuple[int, str]:
    """Return seconds as a whole number of the largest unit, a day at most: `(7, "d")`."""
    unit = next(unit for unit in "dhms" if span % _UNITS[unit] == 0)
    return span // _UNITS[unit], unit
