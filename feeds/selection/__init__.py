"""From an address to a feed: which entries it has, under which title.

`addresses` turns a path into a `FeedSpec` with one canonical path, or says what
is wrong with it; `entries` reads what is in it; `listing` reads which feeds
there are; `known` is what they share.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from feeds.catalog import problems
from feeds.catalog.payload import moment
from feeds.errors import Problem
from feeds.model import Feed, FeedSpec, FeedSummary
from feeds.selection import addresses, entries, listing, search, stories
from feeds.selection.known import Known, Places

__all__ = ["Places", "Selection"]


class Selection(Known):
    """The feeds of one configuration over one state of the catalog's names."""

    __slots__ = ()

    def resolve(self, connection: Connection, path: str) -> FeedSpec:
        """The feed at a path without suffix, decoded, under its canonical path.

        The canonical path may differ from the one asked for: the caller sends
        readers there. Raises UnknownFeed with the nearest paths that exist, and
        TooLong where too many names are joined.
        """
        return addresses.resolve(self, connection, path)

    def load(self, connection: Connection, spec: FeedSpec) -> Feed:
        """The feed with its entries, newest first."""
        if spec.story:
            return stories.load(self, connection, spec)
        return entries.load(self, connection, spec)

    def places_of(self, connection: Connection, feed: Feed) -> Places:
        """The names by which the change log tells that a feed has changed."""
        if feed.spec.story:
            return stories.places(self, connection, feed)
        return self.places(feed.spec)

    def search_feeds(self, connection: Connection, words: str, most: int) -> list[FeedSummary]:
        """Topics and providers whose names have all of some words, the best first."""
        return search.feeds(self, connection, words, most)

    def feeds(self, connection: Connection) -> list[FeedSummary]:
        """Every feed there is: all, topics by name, providers by name."""
        return listing.summaries(self, connection)

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

    def last_departure(self, connection: Connection) -> datetime:
        """When an entry last left the site, or its configuration changed."""
        return entries.last_departure(self, connection)
