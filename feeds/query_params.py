"""The parameters in the query of a feed's address: parsed, checked and printed. Pure.

An entry has to meet all parameters, and any value of each; values are repeated or separated by
commas. Parameters with other names are ignored: they are part of neither cache keys nor links.
"""

import math
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl, quote, unquote_plus

from feeds.errors import BadParameter
from feeds.locale import Message
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
_MOST_SHOWN: Final = 60  # characters of a wrong value
_LARGEST: Final = 1e15  # a float with this many digits is exact


@dataclass(frozen=True, slots=True)
class Parameters:
    """Hold the parameters of a query; None or empty for those that it does not have.

    Names of topics and providers are as written, `full` is whether entries are in full.
    """

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
    """Parse a percent-encoded query string. Raises BadParameter, which says what is allowed."""
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
    """Return the canonical query string of parameters, without the token; may be empty."""
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
    """Return a query as it was written, without the token and without unknown parameters."""
    return "&".join(
        pair
        for pair in query.split("&")
        if (name := unquote_plus(pair.partition("=")[0])) in NAMES and name != "token"
    )


def number(value: float) -> str:
    """Return a number as people write it: 50, not 50.0."""
    return str(int(value)) if value == int(value) else repr(value)


def _values(query: str) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    try:
        pairs = parse_qsl(query, errors="strict")
    except ValueError:
        raise BadParameter(Message("The parameters are not percent-encoded UTF-8.")) from None
    for name, value in pairs:
        if name in NAMES and value.strip():
            values.setdefault(name, []).append(value.strip())
    return values


def _listed(values: dict[str, list[str]], name: str) -> tuple[str, ...]:
    items = (item.strip() for value in values.get(name, ()) for item in value.split(","))
    distinct = tuple(dict.fromkeys(item for item in items if item))
    if len(distinct) > MOST_VALUES:
        raise BadParameter(
            Message("%(name)s takes at most %(most)s values.", name=name, most=MOST_VALUES)
        )
    return distinct


def _single(values: dict[str, list[str]], name: str) -> str:
    distinct = set(values.get(name, ()))
    if len(distinct) > 1:
        raise BadParameter(Message("%(name)s takes one value.", name=name))
    return next(iter(distinct), "")


def _kinds(values: dict[str, list[str]]) -> tuple[str, ...]:
    kinds = {kind.lower() for kind in _listed(values, "type")}
    for kind in kinds:
        if not _KIND(kind):
            raise BadParameter(
                Message(
                    "type must be words such as article or video, separated by commas, "
                    "not %(value)s.",
                    value=_shown(kind),
                )
            )
    return tuple(sorted(kinds))


def _quality(written: str) -> float | None:
    if not written:
        return None
    try:
        quality = float(written)
    except ValueError:
        quality = math.nan
    if not math.isfinite(quality) or abs(quality) > _LARGEST:
        message = Message(
            "min_quality must be a number such as 50, not %(value)s.", value=_shown(written)
        )
        raise BadParameter(message)
    return quality + 0.0  # no -0


def _phrases(values: dict[str, list[str]]) -> tuple[Phrase, ...]:
    written = " ".join(values.get("q", ()))
    if not written:
        return ()
    phrases = tokenizer.phrases(written)
    if not phrases:
        raise BadParameter(
            Message(
                'q must be words or phrases, such as police or "facial recognition", '
                "not %(value)s.",
                value=_shown(written),
            )
        )
    # Folding may lengthen a text; the limit is for the canonical address.
    if len(tokenizer.write(phrases)) > LONGEST_SEARCH:
        raise BadParameter(
            Message(
                'q must be words or phrases, such as police or "facial recognition", '
                "of at most %(most)s characters.",
                most=LONGEST_SEARCH,
            )
        )
    if len(phrases) > MOST_VALUES:
        message = Message("q takes at most %(most)s words and phrases.", most=MOST_VALUES)
        raise BadParameter(message)
    return phrases


def _since(written: str) -> Since | None:
    if not written:
        return None
    try:
        return durations.since(written)
    except ValueError:
        raise BadParameter(
            Message(
                "since must be a period such as 12h or 7d, or a date such as 2026-01-31, "
                "not %(value)s.",
                value=_shown(written),
            )
        ) from None


def _limit(written: str) -> int | None:
    if not written:
        return None
    if written.isascii() and written.isdecimal() and len(written) < 6:
        limit = int(written)
        if 1 <= limit <= HIGHEST_LIMIT:
            return limit
    raise BadParameter(
        Message(
            "limit must be a whole number from 1 to %(most)s, not %(value)s.",
            most=HIGHEST_LIMIT,
            value=_shown(written),
        )
    )


def _full(written: str) -> bool | None:
    if not written:
        return None
    if written not in ("summary", "full"):
        message = Message("content must be summary or full, not %(value)s.", value=_shown(written))
        raise BadParameter(message)
    return written == "full"


def _shown(written: str) -> str:
    """Return a wrong value in quotes, with its control characters escaped."""
    return repr(text.shorten(written, _MOST_SHOWN))


def _quoted(value: str) -> str:
    return quote(value, safe=":")
