"""What a site shows of the topics and providers in its catalog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from feeds.catalog.reader import Connection, Names, Reader, tiers
from feeds.config import Config
from feeds.model import Criteria, FeedSpec, Topic, Visibility

Places = frozenset[tuple[str, int]]

EVERYWHERE: Final = ("all", 0)
SCORED: Final = ("score", 0)


@dataclass(frozen=True, slots=True)
class Known:
    """One configuration over one state of the catalog's names."""

    config: Config
    reader: Reader
    names: Names

    # --- what the change log and the indexes call things ---------------------

    def places(self, spec: FeedSpec) -> Places:
        """The names by which the change log tells that a feed may have changed."""
        found: set[tuple[str, int]] = set()
        for one in spec.criteria:
            ids = self._own_places(one)
            names = len(one.topics[0]) if one.topics else len(one.providers or ())
            if not ids or len(ids) < names:
                # The catalog has never seen one of its names, so it has no id yet
                # under which the first article that carries it could be announced.
                found.add(EVERYWHERE)
            found |= ids
        if _by_score(spec):
            found.add(SCORED)
        if spec.set:
            found.add((f"set/{spec.set}", 0))
        return frozenset(found)

    def departures(self, spec: FeedSpec) -> Places:
        """Where the catalog notes that an entry may have left a feed."""
        found: set[tuple[str, int]] = set()
        for one in spec.criteria:
            places = self._own_places(one)
            found |= places
            if not one.plain:
                found |= {(f"edited {kind}", ref) for kind, ref in places}
        if _by_score(spec):
            found.add(SCORED)
        return frozenset(found)

    def _own_places(self, one: Criteria) -> set[tuple[str, int]]:
        """What entries that meet criteria are found in, as far as the catalog knows it."""
        if one.topics:
            return {("topic", id) for id in self.topic_ids(one.topics[0])}
        if one.providers is not None:
            return {("provider", id) for id in self.provider_ids(one.providers)}
        return {EVERYWHERE}

    def topic_ids(self, slugs: Iterable[str]) -> list[int]:
        """The catalog's ids of the slugs it knows."""
        ids = self.names.topic_ids
        return sorted(ids[slug] for slug in slugs if slug in ids)

    def provider_ids(self, domains: Iterable[str]) -> list[int]:
        """The catalog's ids of the domains it knows."""
        ids = self.names.provider_ids
        return sorted(ids[domain] for domain in domains if domain in ids)

    def publicity(self, unpublished: Visibility | None = None) -> frozenset[bool]:
        """Whether changes of public entries, of drafts or of both concern a feed, or the site."""
        return {
            "exclude": frozenset((True,)),
            "only": frozenset((False,)),
            "include": frozenset((True, False)),
        }[unpublished or self.config.unpublished]

    # --- names ---------------------------------------------------------------

    def topic(self, slug: str) -> Topic:
        """A topic as it is configured, else as articles spell it."""
        id = self.names.topic_ids.get(slug)
        return self.config.taxonomy.topic(slug, self.names.topics[id].name if id else slug)

    def provider(self, domain: str) -> tuple[str, str]:
        """Name and icon of a provider, as configured, else as articles spell it."""
        known = self.config.taxonomy.providers.get(domain)
        id = self.names.provider_ids.get(domain)
        spelled = self.names.providers[id].name if id else domain
        if known is None:
            return spelled, ""
        return (known.name if known.name != known.domain else spelled), known.icon

    # --- what exists ---------------------------------------------------------

    def has_topic(self, connection: Connection, slug: str) -> bool:
        """Whether readers of this site may know of a topic."""
        taxonomy = self.config.taxonomy
        if slug in taxonomy.topics:
            return True
        return self._ever(connection, "topic", self.topic_ids(taxonomy.slugs_within(slug)))

    def has_provider(self, connection: Connection, domain: str) -> bool:
        """Whether readers of this site may know of a provider."""
        taxonomy = self.config.taxonomy
        if domain in taxonomy.providers:
            return True
        return self._ever(connection, "provider", self.provider_ids(taxonomy.domains_of(domain)))

    def _ever(self, connection: Connection, kind: str, ids: Sequence[int]) -> bool:
        """A name that only drafts carry must not even be confirmed."""
        if not ids:
            return False
        wanted = tiers(self.config.unpublished, related=True)
        return self.reader.any_entry(connection, kind, ids, wanted) or bool(
            self.reader.departed(connection, [(kind, id) for id in ids], self.publicity())
        )


def _by_score(spec: FeedSpec) -> bool:
    """Whether a score alone can bring an entry in, or out."""
    return spec.order != "published" or any(one.min_quality is not None for one in spec.criteria)
