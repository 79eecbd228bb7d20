"""What a site shows of the topics and providers in its catalog."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Connection

from feeds.catalog.reader import Names, Reader, tiers
from feeds.config import Config
from feeds.model import FeedSpec, Topic

Places = frozenset[tuple[str, int]]

EVERYWHERE: Final = ("all", 0)


@dataclass(frozen=True, slots=True)
class Known:
    """One configuration over one state of the catalog's names."""

    config: Config
    reader: Reader
    names: Names

    # --- what the change log and the indexes call things ---------------------

    def places(self, spec: FeedSpec) -> Places:
        """The names by which the change log tells that a feed has changed."""
        named = self.own_places(spec)
        if len(named) < len(spec.topics) + len(spec.providers):
            # The catalog has never seen one of its names, so it has no id yet
            # under which the first article that carries it could be announced.
            return named | {EVERYWHERE}
        return named

    def own_places(self, spec: FeedSpec) -> Places:
        """What a feed is made of, as far as the catalog knows it."""
        if spec.topics:
            return frozenset(("topic", id) for id in self.topic_ids(spec.topics))
        if spec.providers:
            return frozenset(("provider", id) for id in self.provider_ids(spec.providers))
        return frozenset((EVERYWHERE,))

    def topic_ids(self, slugs: Iterable[str]) -> list[int]:
        """The catalog's ids of the slugs it knows."""
        ids = self.names.topic_ids
        return sorted(ids[slug] for slug in slugs if slug in ids)

    def provider_ids(self, domains: Iterable[str]) -> list[int]:
        """The catalog's ids of the domains it knows."""
        ids = self.names.provider_ids
        return sorted(ids[domain] for domain in domains if domain in ids)

    def publicity(self) -> frozenset[bool]:
        """Whether changes of public entries, of drafts or of both concern these feeds."""
        return {
            "exclude": frozenset((True,)),
            "only": frozenset((False,)),
            "include": frozenset((True, False)),
        }[self.config.unpublished]

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
