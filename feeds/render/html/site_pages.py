"""Write the pages that are not of one feed: front page, lists of feeds, search, errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from feeds.model import Branch, Feed, FeedEntry, FeedSummary, Site
from feeds.render import Check, go_on
from feeds.render.html.environment import page

# On the front page; all of them are on pages of their own.
FRONT_STORIES: Final = 10
FRONT_SETS: Final = 6
FRONT_TOPICS: Final = 30
FRONT_SUBTOPICS: Final = 5  # of one topic
FRONT_PROVIDERS: Final = 12
PAGE_LENGTH: Final = 200  # of a long list


@dataclass(frozen=True, slots=True)
class FrontPage:
    """The newest stories, each by its article, a part of each list of feeds, and the lengths of
    the lists by kind."""

    everything: FeedSummary
    sets: Sequence[FeedSummary] = ()
    topics: Sequence[Branch] = ()
    providers: Sequence[FeedSummary] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    latest: Sequence[FeedEntry] = ()


@dataclass(frozen=True, slots=True)
class IndexPage:
    """A page of the list of all topics, providers or feed sets; `number` counts from 1."""

    feeds: Sequence[tuple[int, FeedSummary]]  # with their depth in the tree of topics
    number: int
    total: int

    @property
    def pages(self) -> int:
        """Return the number of pages, 1 for an empty list."""
        return max(1, -(-self.total // PAGE_LENGTH))


@dataclass(frozen=True, slots=True)
class SearchResults:
    """The feeds and articles that have the words of a search.

    There may be more articles if there are `most_articles`. `longest` is how many characters
    the words may have, where they have more.
    """

    words: str
    feeds: Sequence[FeedSummary] = ()
    articles: Feed | None = None
    most_articles: int = 0
    longest: int = 0


def front_page(site: Site, front: FrontPage, check: Check = go_on) -> bytes:
    """Return the site's page: the newest stories, then feed sets, topics and providers."""
    return page("front.html", site, check, front=front)


def index_page(site: Site, kind: str, index: IndexPage, check: Check = go_on) -> bytes:
    """Return a page of all topics, of all providers or of all feed sets."""
    return page("index.html", site, check, kind=kind, index=index)


def search_page(site: Site, results: SearchResults) -> bytes:
    """Return the results of a search: feeds first, then articles."""
    return page("search.html", site, results=results)


def error_page(
    site: Site, status: int, title: str, message: str, nearest: tuple[str, ...]
) -> bytes:
    """Return an error for a person with a browser; `nearest` are paths that may be meant."""
    return page("error.html", site, status=status, title=title, message=message, nearest=nearest)


def unlock_page(site: Site, fields: Sequence[tuple[str, str]], *, is_wrong: bool) -> bytes:
    """Return a form for the token of a private feed; `fields` are the other parameters.

    `is_wrong` is whether the form is shown again, because a token did not open the feed.
    """
    return page("unlock.html", site, fields=fields, is_wrong=is_wrong)
