"""Spans of time and how far back a feed goes, as people write them. Pure."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from feeds.model import Since
from feeds.util import dates

PATTERN: Final = r"^\d+\s*[smhdwSMHDW]$"
_SPAN: Final = re.compile(r"(\d{1,12})\s*([smhdw])").fullmatch
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST: Final = 100 * 365 * 86400
_NAMES: Final = (("d", "day"), ("h", "hour"), ("m", "minute"), ("s", "second"))


def seconds(written: str) -> int:
    """A span such as `30s`, `5m`, `12h`, `7d` or `2w`, in seconds. Raises ValueError."""
    match = _SPAN(written.strip().lower())
    if not match or (found := int(match[1]) * _UNITS[match[2]]) > _LONGEST:
        raise ValueError("is no duration; write a number and a unit, such as 30s, 5m, 12h or 7d")
    return found


def since(written: str) -> Since:
    """A span back from now, or a date. Raises ValueError."""
    try:
        if _SPAN(written.strip().lower()):
            span = seconds(written)
            if span:
                return Since(span=span)
        else:
            return Since(moment=dates.parse(written).moment)
    except ValueError:
        pass
    raise ValueError("is no time; write a span such as 7d, or a date such as 2026-01-31")


def write(limit: Since) -> str:
    """A limit in its one canonical spelling: `168h` and `1w` are `7d`."""
    if limit.moment is not None:
        moment = limit.moment.astimezone(UTC)
        midnight = moment.time() == datetime.min.time()
        return f"{moment:%Y-%m-%d}" if midnight else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    unit, _ = _largest(limit.span)
    return f"{limit.span // _UNITS[unit]}{unit}"


def in_words(limit: Since) -> str:
    """A limit as a title says it: `the last 7 days`, `2026-01-31 on`."""
    if limit.moment is not None:
        return f"{write(limit)} on"
    unit, name = _largest(limit.span)
    count = limit.span // _UNITS[unit]
    return f"the last {name}" if count == 1 else f"the last {count} {name}s"


def earliest(limit: Since, now: datetime) -> datetime:
    """The moment from which on entries are within a limit.

    To the second, as entries are dated: so a feed is the same throughout one.
    """
    if limit.moment is not None:
        return limit.moment
    return now.replace(microsecond=0) - timedelta(seconds=limit.span)


def _largest(span: int) -> tuple[str, str]:
    return next((unit, name) for unit, name in _NAMES if span % _UNITS[unit] == 0)
