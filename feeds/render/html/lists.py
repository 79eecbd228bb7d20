"""Pages that list feeds: the front page, all topics, all providers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from feeds.model import Branch, FeedEntry, FeedSummary, Site
from feeds.render.html.environment import page

# On the front page; all are on pages of their own.
MOST_TOPICS: Final = 60
MOST_BELOW: Final = 6  # subtopics of one of them
MOST_PROVIDERS: Final = 36
ON_A_PAGE: Final = 200  # feeds of a long list


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a long list, and where in the list it is."""

    feeds: Sequence[tuple[int, FeedSummary]]  # with depth
    number: int
    total: int

    @property
    def pages(self) -> int:
        """How many pages there are; one of an empty list."""
        return max(1, -(-self.total // ON_A_PAGE))


@dataclass(frozen=True, slots=True)
class Front:
    """What the front page shows: a part of each list, and how long it is."""

    everything: FeedSummary
    sets: Sequence[FeedSummary] = ()
    topics: Sequence[Branch] = ()
    providers: Sequence[FeedSummary] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Sequence[FeedEntry] = ()


def front(site: Site, shown: Front) -> bytes:
    """The site's page: feed sets first, then the largest topics and providers."""
    return page("front.html", site, shown=shown)


def index_page(site: Site, kind: str, listed: Listed) -> bytes:
    """A page of all topics or of all providers."""
    return page("index.html", site, kind=kind, listed=listed)
