"""The view of a site that one request has: its configuration, and one state of its catalog."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from feeds.catalog import counters, given_ids
from feeds.catalog import payload as payloads
from feeds.catalog.payload import moment
from feeds.catalog.reader import Connection, Names, Reader, StoredEntry, tiers
from feeds.config import Config
from feeds.model import Criteria, Entry, FeedEntry, FeedSpec, Provider, Topic, Visibility
from feeds.selection.feed_index import FeedIndexCache
from feeds.selection.matcher import Facts
from feeds.util import tokenizer
from feeds.util.urls import shown

# A key of the change log: a kind, and an id of the catalog.
FeedKey = tuple[str, int]
FeedKeys = frozenset[FeedKey]

EVERYTHING: Final[FeedKey] = ("all", 0)
SCORES: Final[FeedKey] = ("score", 0)


class Departures(NamedTuple):
    """When entries last left a document, when it was last configured, both in seconds since
    1970, and whether all of its configuration is dated."""

    removed: int
    configured: int
    dated: bool

    def modified(self, entries: Iterable[int], aged: int = 0) -> datetime:
        """Return when a document last changed, from when its entries did.

        At `aged` it changed only because time passed. Half a second is added if another version may
        have the same second, so that a date does not identify the version.
        """
        newest = max((self.removed, self.configured, *entries))
        is_shared = not self.dated or 0 < aged == newest
        return moment(max(newest, aged)) + timedelta(seconds=0.5 if is_shared else 0)


@dataclass(frozen=True, slots=True)
class SiteView:
    """Look up facts of the catalog, by a connection, as one configuration shows them.

    `names` are of the same state as the connection. `index_cache` outlives the view: all views with
    the same configuration and catalog share it.
    """

    config: Config
    reader: Reader
    connection: Connection
    names: Names
    index_cache: FeedIndexCache = field(default_factory=FeedIndexCache, compare=False)

    # --- ids and keys in the catalog -----------------------------------------

    def change_keys(self, spec: FeedSpec) -> FeedKeys:
        """Return the keys of changes after which a feed may be another."""
        keys: set[FeedKey] = set()
        for criteria in spec.criteria:
            own = self._own_keys(criteria)
            names = criteria.topics[0] if criteria.topics else criteria.providers or ()
            if not own or len(own) < len(names):
                # The catalog has no id yet for one of the names, so the first article with it would
                # have another key.
                keys.add(EVERYTHING)
            keys |= own
        if _depends_on_scores(spec):
            keys.add(SCORES)
        if spec.set:
            keys.add((f"set/{spec.set}", 0))
        return frozenset(keys)

    def removal_keys(self, spec: FeedSpec) -> FeedKeys:
        """Return the keys under which the catalog records that an entry may have left a feed."""
        keys: set[FeedKey] = set()
        for criteria in spec.criteria:
            own = self._own_keys(criteria)
            keys |= own
            if not criteria.plain:
                keys |= {(f"edited {kind}", ref) for kind, ref in own}
        if _depends_on_scores(spec):
            keys.add(SCORES)
        return frozenset(keys)

    def _own_keys(self, criteria: Criteria) -> set[FeedKey]:
        if criteria.topics:
            return {("topic", id) for id in self.topic_ids(criteria.topics[0])}
        if criteria.providers is not None:
            return {("provider", id) for id in self.provider_ids(criteria.providers)}
        return {EVERYTHING}

    def topic_ids(self, slugs: Iterable[str]) -> list[int]:
        """Return the catalog's ids of those slugs that it has."""
        ids = self.names.topic_ids
        return sorted(ids[slug] for slug in slugs if slug in ids)

    def provider_ids(self, domains: Iterable[str]) -> list[int]:
        """Return the catalog's ids of the domains that it has."""
        ids = self.names.provider_ids
        return sorted(ids[domain] for domain in domains if domain in ids)

    @property
    def tiers(self) -> Sequence[int]:
        """The tiers of entries that lists count."""
        return tiers(self.config.unpublished, self.config.related)

    def levels(
        self, unpublished: Visibility | None = None, *, private: bool = False
    ) -> frozenset[int]:
        """Return the levels of changes that affect a feed: of public entries, drafts or held
        articles, see `merge.level_of`. Without an argument, return those that affect the site."""
        shown = tiers(unpublished or self.config.unpublished, related=True, private=private)
        return frozenset(tier >> 1 for tier in shown)

    def departures(
        self,
        keys: Iterable[FeedKey],
        levels: frozenset[int] | None = None,
        parts: Iterable[str] = (),
    ) -> Departures:
        """Return when entries last left feeds, and when site and parts were configured."""
        digests = self.config.digests
        named = {part: digests.get(part, "") for part in ("site", "server", *parts)}
        return Departures(
            *self.reader.last_removed_and_configured(
                self.connection, keys, self.levels() if levels is None else levels, named
            )
        )

    def last_change(self, aged: int = 0) -> datetime:
        """Return when anything last changed that the site shows, for documents that may show
        any of it: see `Departures.modified`."""
        shown = tiers(self.config.unpublished, related=True)
        counted = counters.counts_of(self.connection, "all", [0], shown)
        departures = self.departures((EVERYTHING, SCORES), parts=["sets"])
        return departures.modified((count.modified for count in counted.values()), aged)

    # --- entries and their names ---------------------------------------------

    def topic(self, slug: str) -> Topic:
        """Return a topic as it is configured, or else as articles spell it."""
        id = self.names.topic_ids.get(slug)
        return self.config.taxonomy.topic(slug, self.names.topics[id].name if id else slug)

    def provider(self, domain: str) -> tuple[str, str]:
        """Return name and icon of a provider, as configured, else as most articles give them."""
        configured = self.config.taxonomy.providers.get(domain)
        spelled = self._name_of(domain) or shown(domain)
        if configured is None:
            return spelled, ""
        is_named = configured.name != configured.domain
        return (configured.name if is_named else spelled), configured.icon

    def _name_of(self, domain: str) -> str:
        """Return the name that most articles of a domain give, empty if none: see `names`."""
        id = self.names.provider_ids.get(domain)
        return self.names.providers[id].name if id else ""

    def provider_of(self, entry: Entry) -> Provider:
        """Return the provider of an entry: as configured, else by the name that most articles
        of its domain give, else by that of its own article."""
        taxonomy, given = self.config.taxonomy, entry.provider
        canonical = taxonomy.provider_domain(given.domain)
        name = self._name_of(canonical) or self._name_of(given.domain) or given.name
        return taxonomy.provider(given._replace(name=name))

    def feed_entries(
        self, stored: Sequence[StoredEntry], tiers: Sequence[int] = ()
    ) -> tuple[FeedEntry, ...]:
        """Return entries with their provider and topics as configured.

        They do not name related coverage that has expired, or that is held until its date
        unless it has one of the `tiers`.
        """
        named = {UUID(other.id) for row in stored for other in row.entry.related}
        unseen = self.reader.unseen(self.connection, named, tiers) if named else set[UUID]()
        if unseen:
            stored = [_without(row, unseen) for row in stored]
        return tuple(self._feed_entries(stored))

    def _feed_entries(self, stored: Sequence[StoredEntry]) -> Iterator[FeedEntry]:
        taxonomy, names = self.config.taxonomy, self.names.topics
        shown = self.levels()
        topics: dict[tuple[int, ...], tuple[Topic, ...]] = {}  # neighbours often share them
        entries = given_ids.resolved(self.connection, [row.entry for row in stored])
        for row, entry in zip(stored, entries, strict=True):
            self.reader.check_wanted()
            if row.topics not in topics:
                slugs = (taxonomy.topic_slug(names[id].address) for id in row.topics if id in names)
                topics[row.topics] = tuple(self.topic(slug) for slug in dict.fromkeys(slugs))
            provider = self.provider_of(row.entry)
            hidden = row.level not in shown
            yield FeedEntry(entry, provider, moment(row.updated), topics[row.topics], hidden)

    def facts(self, stored: StoredEntry) -> Facts:
        """Return the facts of an entry that criteria are matched against."""
        entry = stored.entry
        return Facts(
            topics=frozenset(self.names.topics[id].address for id in stored.topics),
            provider=entry.provider.domain,
            kind=entry.kind,
            quality=stored.quality,
            published=entry.published,
            folded=tokenizer.searchable(
                payloads.plain_text(entry.title, entry.summary, entry.content)
            ),
            level=stored.level,
            own=entry.own,
        )

    # --- which names exist ---------------------------------------------------

    def has_topic(self, slug: str) -> bool:
        """Return whether readers of this site may know that a topic exists."""
        taxonomy = self.config.taxonomy
        if slug in taxonomy.topics:
            return True
        return self._was_ever_shown("topic", self.topic_ids(taxonomy.slugs_within(slug)))

    def has_provider(self, domain: str) -> bool:
        """Return whether readers of this site may know that a provider exists."""
        taxonomy = self.config.taxonomy
        if domain in taxonomy.providers:
            return True
        return self._was_ever_shown("provider", self.provider_ids(taxonomy.domains_of(domain)))

    def _was_ever_shown(self, kind: str, ids: Sequence[int]) -> bool:
        """Return whether a shown entry has or had a name: a name that only drafts have stays
        secret."""
        if not ids:
            return False
        shown = tiers(self.config.unpublished, related=True)
        return self.reader.has_entries(self.connection, kind, ids, shown) or bool(
            self.reader.last_removed(self.connection, [(kind, id) for id in ids], self.levels())
        )


def _without(row: StoredEntry, unseen: set[UUID]) -> StoredEntry:
    """Return an entry that does not name some others as its related coverage."""
    related = tuple(other for other in row.entry.related if UUID(other.id) not in unseen)
    return replace(row, entry=row.entry._replace(related=related))


def _depends_on_scores(spec: FeedSpec) -> bool:
    """Return whether a score alone can bring an entry in or out."""
    by_score = spec.order != "published"
    return by_score or any(criteria.min_quality is not None for criteria in spec.criteria)
