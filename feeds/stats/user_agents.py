"""Who asks, by what a request says of itself. Pure.

Services that fetch a feed once for many people say for how many in their
User-Agent: `Feedly/1.0 (+http://www.feedly.com/fetcher.html; 42 subscribers; …)`,
`Feedbin feed-id:1 - 7 subscribers`. Nothing else tells how many read a feed.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from feeds.util.text import one_line, shorten

BROWSERS: Final = "Browsers"
UNNAMED: Final = "Without a name"

_SUBSCRIBERS: Final = re.compile(r"\b(\d{1,8})\s+(?:subscriber|reader)s?\b", re.IGNORECASE)
_PRODUCT: Final = re.compile(r"(?<![\w./-])([A-Za-z][\w.+!-]*(?: [A-Z][\w.+!-]*)*)/v?\d")
# What browsers call themselves, and what others add to look like one.
_OF_BROWSERS: Final = frozenset(
    "Mozilla AppleWebKit KHTML Gecko Chrome Safari Version Firefox Mobile Edg OPR CFNetwork "
    "Darwin Linux".split()
)
_LONGEST: Final = 40


class Agent(NamedTuple):
    """A program that reads: its name without a version, and for how many people it says it asks."""

    name: str
    subscribers: int | None


@lru_cache(maxsize=4096)
def agent(user_agent: str) -> Agent:
    """The program behind a User-Agent."""
    written = one_line(user_agent)
    subscribers = _SUBSCRIBERS.search(written)
    return Agent(_name(written), int(subscribers[1]) if subscribers else None)


def _name(written: str) -> str:
    if not written:
        return UNNAMED
    products = [name for name in _PRODUCT.findall(written) if name not in _OF_BROWSERS]
    if written.startswith("Mozilla/"):
        if products and "compatible" in written:
            return shorten(products[0], _LONGEST)
        return BROWSERS if " Gecko" in written or "AppleWebKit" in written else UNNAMED
    # `NewsBlur Feed Fetcher - 12 subscribers`, `Feedbin feed-id:1 - 7 subscribers`
    first = re.split(r"/v?\d| - |\(|;| \S*:", written, maxsplit=1)[0].strip()
    return shorten(first or UNNAMED, _LONGEST)
