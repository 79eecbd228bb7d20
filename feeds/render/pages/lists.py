"""Pages that list feeds: the front page, all topics, all providers, what was found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from feeds.model import FeedEntry, FeedSummary, Site
from feeds.render.pages.environment import page

_MOST_TOPICS: Final = 60  # on the front page; all are on pages of their own
_MOST_BELOW: Final = 6  # subtopics of one of them
_MOST_PROVIDERS: Final = 36
_PAGE: Final = 200  # feeds on a page of a long list


@dataclass(frozen=True, slots=True)
class Branch:
    """A topic, and what lies within it."""

    feed: FeedSummary
    below: tuple["Branch", ...] = ()


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of a long list, and where in the list it is."""

    feeds: Sequence[tuple[int, FeedSummary]]  # with depth
    number: int
    pages: int
    total: int


def front(site: Site, feeds: Sequence[FeedSummary], latest: Sequence[FeedEntry] = ()) -> bytes:
    """The site's page: feed sets first, then the largest topics and providers."""
    groups = grouped(feeds)
    return page(
        "front.html",
        site,
        everything=next(feed for feed in feeds if feed.path == "/all"),
        sets=groups["sets"],
        topics=_pruned(tree(groups["topics"])),
        providers=largest(feeds),
        totals={kind: len(found) for kind, found in groups.items()},
        latest=latest,
    )


def index_page(site: Site, kind: str, listed: Listed) -> bytes:
    """A page of all topics or of all providers."""
    return page("index.html", site, kind=kind, listed=listed)


def listed(kind: str, feeds: Sequence[FeedSummary], number: int) -> Listed | None:
    """A page of the topics, each below what it lies within, or of the providers by name."""
    found = list(flat(tree(feeds))) if kind == "topics" else [(0, feed) for feed in feeds]
    pages = max(1, -(-len(found) // _PAGE))
    if not 1 <= number <= pages:
        return None
    start = (number - 1) * _PAGE
    return Listed(found[start : start + _PAGE], number, pages, len(found))


def grouped(feeds: Iterable[FeedSummary]) -> dict[str, list[FeedSummary]]:
    """Feeds by what their path begins with."""
    groups: dict[str, list[FeedSummary]] = {"sets": [], "topics": [], "providers": []}
    for feed in feeds:
        kind, _, name = feed.path.strip("/").partition("/")
        if name and kind in groups:
            groups[kind].append(feed)
    return groups


def largest(feeds: Iterable[FeedSummary]) -> list[FeedSummary]:
    """The providers with the most entries, as many as the front page shows."""
    providers = grouped(feeds)["providers"]
    return sorted(providers, key=lambda feed: -(feed.entries or 0))[:_MOST_PROVIDERS]


def tree(topics: Sequence[FeedSummary]) -> tuple[Branch, ...]:
    """Topics below those they lie within, in the order they came in."""
    paths = {topic.path.removeprefix("/topics/") for topic in topics}
    below: dict[str, list[FeedSummary]] = defaultdict(list)
    for topic in topics:
        below[topic.parent if topic.parent in paths else ""].append(topic)

    def branch(topic: FeedSummary) -> Branch:
        inner = below.get(topic.path.removeprefix("/topics/"), ())
        return Branch(topic, tuple(map(branch, inner)))

    return tuple(map(branch, below[""]))


def flat(branches: Iterable[Branch], depth: int = 0) -> Iterator[tuple[int, FeedSummary]]:
    """A tree line by line, with how deep each line stands."""
    for one in branches:
        yield depth, one.feed
        yield from flat(one.below, depth + 1)


def _pruned(branches: Sequence[Branch], most: int = _MOST_TOPICS) -> list[Branch]:
    """The largest topics, each with the largest within it, until there are enough."""
    kept: list[Branch] = []
    for one in sorted(branches, key=lambda branch: -(branch.feed.entries or 0)):
        if most <= 0:
            break
        below = _pruned(one.below, min(_MOST_BELOW, most - 1))
        kept.append(Branch(one.feed, tuple(below)))
        most -= 1 + sum(1 for _ in flat(below))
    return kept
