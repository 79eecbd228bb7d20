"""From an address to a feed: which entries it has, under which title.

`addresses` turns a path into a `FeedSpec` with one canonical path, or says what
is wrong with it; `entries` reads what is in it; `listing` says which feeds there
are, from a `directory` that is kept; `known` is what they share.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from feeds.catalog import problems
from feeds.catalog.payload import moment
from feeds.catalog.reader import Connection, Stored, tiers
from feeds.errors import UnknownFeed
from feeds.feed_path import FeedPath
from feeds.model import Branch, Feed, FeedEntry, FeedSpec, FeedSummary
from feeds.problems import Problem
from feeds.selection import explain as explanation
from feeds.selection import listing, loader, matcher, resolver, search
from feeds.selection import story as stories
from feeds.selection.explain import Explanation
from feeds.selection.feed_index import Directory, Held
from feeds.selection.resolver import no_set, set_of
from feeds.selection.site_view import Known, Places

__all__ = ["Explanation", "Places", "Selection", "no_set", "set_of"]


@dataclass(frozen=True, slots=True)
class Selection(Known):
    """The feeds of one configuration over one state of the catalog's names."""

    held: Held = field(default_factory=Held, compare=False)

    def resolve(self, connection: Connection, path: FeedPath, query: str = "") -> FeedSpec:
        """The feed at a path, narrowed by a query as it was sent.

        Its canonical address may differ from the one asked for: the caller sends
        readers there. Raises UnknownFeed with the nearest paths that exist,
        BadParameter, and TooLong where too many names are joined.
        """
        return resolver.resolve(self, connection, path, query)

    def load(
        self, connection: Connection, spec: FeedSpec, now: datetime, after: Stored | None = None
    ) -> Feed:
        """The feed with its entries in order, as of a moment; or those after an entry."""
        if spec.story:
            return stories.load(self, connection, spec, now)
        return loader.load(self, connection, spec, now, after)

    def qualities(self, connection: Connection, spec: FeedSpec, now: datetime) -> list[float]:
        """The scores of the first entries of a feed, of those that have one."""
        return loader.qualities(self, connection, spec, now)

    def entry(self, connection: Connection, spec: FeedSpec, id: UUID, now: datetime) -> Stored:
        """An entry that readers of a feed may know of, as of a moment: of drafts, only those
        in it. Raises UnknownFeed."""
        found = self.reader.entry(connection, id)
        if (
            found is None
            or found.tier not in tiers(spec.unpublished, related=True)
            or not (found.entry.public or self._has(spec, found, now))
        ):
            raise UnknownFeed(f"There is no article {id}.", ("/",))
        return found

    def _has(self, spec: FeedSpec, stored: Stored, now: datetime) -> bool:
        return matcher.is_met(spec.criteria, explanation.facts(self, stored), now)

    def shown(self, stored: Stored) -> FeedEntry:
        """An entry as feeds show it."""
        return loader.shown(self, [stored])[0]

    def places_of(self, connection: Connection, feed: Feed) -> Places:
        """The names by which the change log tells that a feed has changed."""
        if feed.spec.story:
            return stories.places(self, connection, feed)
        return self.places(feed.spec)

    def search_feeds(self, connection: Connection, words: str, most: int) -> list[FeedSummary]:
        """Feed sets, topics and providers whose names have all of some words, the best first."""
        return search.feeds(self, connection, words, most)

    def explain(
        self, connection: Connection, spec: FeedSpec, stored: Stored, now: datetime
    ) -> Explanation:
        """Why an entry is, or is not, in a feed."""
        return explanation.explain(self, self.load(connection, spec, now), stored, now)

    def counted(self, connection: Connection, feed: FeedSummary, now: datetime) -> FeedSummary:
        """A feed set with its entries counted and dated."""
        return listing.counted(self, connection, feed, now)

    def members(self, connection: Connection, name: str) -> list[FeedSummary]:
        """The feeds of a set: its members, or itself if it has none."""
        return listing.members(self, connection, name)

    # --- lists of feeds --------------------------------------------------------

    def directory(self, connection: Connection) -> Directory:
        """All topics and providers, counted: what lists are made of."""
        return self.held.of(self, connection)

    def feeds(self, connection: Connection) -> Iterator[FeedSummary]:
        """Every feed there is: all, feed sets, topics by name, providers by name."""
        return listing.summaries(self, self.directory(connection))

    def everything(self, directory: Directory) -> FeedSummary:
        """The feed of all entries, as a line of a list."""
        return listing.everything(self, directory)

    def sets(self) -> list[FeedSummary]:
        """The feed sets, private ones too."""
        return listing.sets(self)

    def largest(self, directory: Directory, kind: str, most: int) -> list[FeedSummary]:
        """The topics or providers with the most entries."""
        return listing.largest(self, directory, kind, most)

    def tree(self, directory: Directory, most: int, most_below: int) -> list[Branch]:
        """The largest topics, each with the largest within it."""
        return listing.tree(self, directory, most, most_below)

    def page(
        self, directory: Directory, kind: str, start: int, most: int
    ) -> list[tuple[int, FeedSummary]]:
        """Some lines of the list of all topics, with how deep each stands, or all providers."""
        return listing.page(self, directory, kind, start, most)

    def last_departure(self, connection: Connection, parts: Iterable[str]) -> datetime:
        """When an entry last left the site, or any of some parts of its configuration changed."""
        return loader.last_departure(self, connection, parts)

    def last_change(self, connection: Connection) -> datetime:
        """When anything last changed: for documents that may show any of it."""
        return moment(self.reader.last_change(connection))

    def icons(self, connection: Connection, providers: Sequence[FeedSummary]) -> list[FeedSummary]:
        """Providers with the icon their newest article names, where none is configured."""
        return listing.with_icons(self, connection, providers)

    def holdings(self, connection: Connection) -> problems.Holdings:
        """How much the catalog holds, drafts included: for whoever runs the service."""
        return problems.holdings(connection)

    def problems(self, connection: Connection, most: int) -> list[Problem]:
        """What is wrong with articles: for whoever runs the service."""
        return problems.problems(connection, most)
