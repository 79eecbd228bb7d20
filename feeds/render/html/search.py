"""The page of what was found."""

from collections.abc import Sequence
from dataclasses import dataclass

from feeds.model import Feed, FeedSummary, Site
from feeds.render.html.environment import page


@dataclass(frozen=True, slots=True)
class Found:
    """What words were looked for, and what has them; or what is wrong with the words."""

    words: str
    feeds: Sequence[FeedSummary] = ()
    articles: Feed | None = None
    problem: str = ""


def search_page(site: Site, found: Found) -> bytes:
    """Feeds first, then articles."""
    return page("search.html", site, found=found)
