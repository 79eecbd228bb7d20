"""Name the programs that read feeds, by the headers of their requests. Pure.

Services that fetch a feed once for many people give their number in the User-Agent: `Feedly/1.0
(+http://www.feedly.com/fetcher.html; 42 subscribers; …)`, `Feedbin feed-id:1 - 7 subscribers`.
Nothing else tells how many read a feed.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from feeds.util.text import one_line, shorten

BROWSERS: Final = "Browsers"
UNNAMED: Final = "Without a name"

_SUBSCRIBERS: Final = re.compile(r"\b(\d{1,8})\s+(?:subscriber|reader)s?\b", re.IGNORECASE)
_PRODUCT: Final = re.compile(r"(?<![\w./-])([A-Za-z][\w.+!-]*(?: [A-Z][\w.+!-]*)*)/v?\d")
# The products that browsers name, and that others name to look like a browser.
_OF_BROWSERS: Final = frozenset(
    "Mozilla AppleWebKit KHTML Gecko Chrome Safari Version Firefox Mobile Edg OPR CFNetwork "
    "Darwin Linux".split()
)
_LONGEST: Final = 40  # characters of a name


class UserAgent(NamedTuple):
    """A program: its name without a version, and how many people it says it fetches for."""

    name: str
    subscribers: int | None


@lru_cache(maxsize=4096)
def parse(header: str) -> UserAgent:
    """Return the program that sends a User-Agent header, empty if it sends none."""
    line = one_line(header)
    subscribers = _SUBSCRIBERS.search(line)
    return UserAgent(_name(line), int(subscribers[1]) if subscribers else None)


def _name(line: str) -> str:
    if not line:
        return UNNAMED
    products = [name for name in _PRODUCT.findall(line) if name not in _OF_BROWSERS]
    if line.startswith("Mozilla/"):
        if products and "compatible" in line:
            return shorten(products[0], _LONGEST)
        return BROWSERS if " Gecko" in line or "AppleWebKit" in line else UNNAMED
    # `NewsBlur Feed Fetcher - 12 subscribers`, `Feedbin feed-id:1 - 7 subscribers`
    first = re.split(r"/v?\d| - |\(|;| \S*:", line, maxsplit=1)[0].strip()
    return shorten(first or UNNAMED, _LONGEST)
