"""The parameters of a feed's address: read, checked, and written one canonical way. Pure.

Between parameters: and. Within one, any of its values, which may be repeated
or parted by commas. Names that are not known here mean nothing, whatever they
are: they enter neither the cache nor a link.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_plus

from feeds.errors import BadParameter
from feeds.model import Phrase, Since
from feeds.util import durations, text, tokenizer

NAMES: Final = (
    "topic", "provider", "not_topic", "not_provider", "type", "min_quality", "q", "since",
    "limit", "content", "token",
)  # fmt: skip
MOST_VALUES: Final = 20  # of one parameter
LONGEST_SEARCH: Final = 300  # characters
HIGHEST_LIMIT: Final = 200
_KIND: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch
_MOST_SHOWN: Final = 60


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a query asks for. Names of topics and providers are as written."""

    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    not_topics: tuple[str, ...] = ()
    not_providers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    min_quality: float | None = None
    phrases: tuple[Phrase, ...] = ()
    since: Since | None = None
    limit: int | None = None
    full: bool | None = None
    token: str = field(default="", repr=False)  # a secret has no place in a log


def parse(query: str) -> Parameters:
    """What a query string asks for. Raises BadParameter, which says what is allowed."""
    values = _values(query)
    return Parameters(
        _listed(values, "topic"),
        _listed(values, "provider"),
        _listed(values, "not_topic"),
        _listed(values, "not_provider"),
        _kinds(values),
        _quality(_single(values, "min_quality")),
        _phrases(values),
        _since(_single(values, "since")),
        _limit(_single(values, "limit")),
        _full(_single(values, "content")),
        _single(values, "token"),
    )


def write(asked: Parameters) -> str:
    """The one query string of what is asked for, the token left out; empty for nothing."""
    values = {
        "topic": ",".join(map(_quoted, asked.topics)),
        "provider": ",".join(map(_quoted, asked.providers)),
        "not_topic": ",".join(map(_quoted, asked.not_topics)),
        "not_provider": ",".join(map(_quoted, asked.not_providers)),
        "type": ",".join(asked.kinds),
        "min_quality": "" if asked.min_quality is None else number(asked.min_quality),
        "q": _quoted(tokenizer.write(asked.phrases)),
        "since": "" if asked.since is None else _quoted(durations.write(asked.since)),
        "limit": "" if asked.limit is None else str(asked.limit),
        "content": "" if asked.full is None else "full" if asked.full else "summary",
    }
    return "&".join(f"{name}={value}" for name, value in values.items() if value)


def known_part(query: str) -> str:
    """A query as it was spelled, without the token and what means nothing here."""
    return "&".join(
        pair
        for pair in query.split("&")
        if (name := unquote_plus(pair.partition("=")[0])) in NAMES and name != "token"
    )


def number(value: float) -> str:
    """50, not 50.0."""
    return str(int(value)) if value == int(value) else repr(value)


def _values(query: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, errors="strict")
    except ValueError:
        raise BadParameter("The parameters are not in UTF-8, percent-encoded.") from None
    for name, value in pairs:
        if name in NAMES and value.strip():
            found.setdefault(name, []).append(value.strip())
    return found


def _listed(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    items = (item.strip() for value in values.get(name, ()) for item in value.split(","))
    found = tuple(dict.fromkeys(item for item in items if item))
    if len(found) > MOST_VALUES:
        raise BadParameter(f"{name} takes at most {MOST_VALUES} values.")
    return found


def _single(values: dict[str, list[str]], name: str) -> str:
    found = set(values.get(name, ()))
    if len(found) > 1:
        raise BadParameter(f"{name} takes one value.")
    return next(iter(found), "")


def _kinds(values: dict[str, list[str]]) -> tuple[str, ...]:
    found = {kind.lower() for kind in _listed(values, "type")}
    for kind in found:
        if not _KIND(kind):
            raise _bad("type", kind, "is words such as article or video, parted by commas")
    return tuple(sorted(found))


def _quality(written: str) -> float | None:
    if not written:
        return None
    try:
        found = float(written)
    except ValueError:
        found = math.nan
    if not math.isfinite(found) or abs(found) > 1e15:
        raise _bad("min_quality", written, "is a number such as 50")
    return found + 0.0  # no -0


def _phrases(values: dict[str, list[str]]) -> tuple[Phrase, ...]:
    written = " ".join(values.get("q", ()))
    if not written:
        return ()
    allowed = 'is words that must all occur, such as police or "facial recognition"'
    found = tokenizer.phrases(written)
    if not found:
        raise _bad("q", written, allowed)
    # Folded, a text may be longer: what counts is the address that others are led to.
    if len(tokenizer.write(found)) > LONGEST_SEARCH:
        raise BadParameter(f"q {allowed}, of at most {LONGEST_SEARCH} characters.")
    if len(found) > MOST_VALUES:
        raise BadParameter(f"q takes at most {MOST_VALUES} words and phrases.")
    return found


def _since(written: str) -> Since | None:
    if not written:
        return None
    try:
        return durations.since(written)
    except ValueError:
        allowed = "is a span such as 12h or 7d, or a date such as 2026-01-31"
        raise _bad("since", written, allowed) from None


def _limit(written: str) -> int | None:
    if not written:
        return None
    if written.isascii() and written.isdecimal() and len(written) < 6:
        found = int(written)
        if 1 <= found <= HIGHEST_LIMIT:
            return found
    raise _bad("limit", written, f"is a whole number from 1 to {HIGHEST_LIMIT}")


def _full(written: str) -> bool | None:
    if not written:
        return None
    if written not in ("summary", "full"):
        raise _bad("content", written, "is summary or full")
    return written == "full"


def _bad(name: str, written: str, allowed: str) -> BadParameter:
    return BadParameter(f"{name} {allowed}, not {text.shorten(written, _MOST_SHOWN)!r}.")


def _quoted(value: str) -> str:
    return quote(value, safe=":")
