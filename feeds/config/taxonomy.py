"""Resolve names of topics and providers, and the hierarchy of topics. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from feeds.model import Provider, Topic
from feeds.util.text import slug
from feeds.util.urls import domain, without_www


class Taxonomy:
    """Look up configured topics and providers by any of their names.

    A name that is not configured stands for itself. The configuration has been checked: all names
    are unique, parents exist, and there are no cycles.
    """

    def __init__(
        self, topics: Sequence[Topic] = (), providers: Sequence[tuple[Provider, Sequence[str]]] = ()
    ) -> None:
        self.topics = {topic.slug: topic for topic in topics}
        self.providers = {provider.domain: provider for provider, _ in providers}
        self._topic_of = {
            slug(name): topic.slug
            for topic in topics
            for name in (topic.slug, topic.name or topic.slug, *topic.aliases)
        }
        self._provider_of = {
            domain: provider.domain
            for provider, aliases in providers
            for domain in (provider.domain, *aliases)
        }
        self._provider_named = {
            slug(provider.name): provider.domain
            for provider, _ in reversed(providers)  # if several have the name, it means the first
            if provider.name != provider.domain
        }
        self._slugs_of = _inverted(self._topic_of)
        self._domains_of = _inverted(self._provider_of)
        self._children: dict[str, list[str]] = defaultdict(list)
        for topic in topics:
            if topic.parent:
                self._children[self.topic_slug(topic.parent)].append(topic.slug)

    def topic_slug(self, name: str) -> str:
        """Return the canonical slug of a topic, from its slug, name or alias."""
        folded = slug(name)
        return self._topic_of.get(folded, folded)

    def provider_domain(self, domain: str) -> str:
        """Return the canonical domain of a provider, from its domain or an alias."""
        return self._provider_of.get(domain, domain)

    def provider_named(self, name: str) -> str:
        """Return the canonical domain of a provider, from its domain, an alias or its name.

        Empty if the name is none of these and not a domain either.
        """
        try:
            written = without_www(domain(name))
        except ValueError:
            written = ""
        if written in self._provider_of or "." in written:
            return self._provider_of.get(written, written)
        return self._provider_named.get(slug(name), "")

    def slugs_within(self, topic: str) -> frozenset[str]:
        """Return all slugs that articles of a topic can have: its own, those of its aliases, and
        those of all its subtopics."""
        slugs: set[str] = set()
        waiting = [topic]
        while waiting:
            name = waiting.pop()
            slugs |= self._slugs_of.get(name, {name})
            waiting += self._children.get(name, ())
        return frozenset(slugs)

    def above(self, topic: str) -> list[str]:
        """Return the canonical slugs of a topic and of all its ancestors."""
        slugs = [topic]
        while (configured := self.topics.get(slugs[-1])) and configured.parent:
            slugs.append(self.topic_slug(configured.parent))
        return slugs

    def domains_of(self, provider: str) -> frozenset[str]:
        """Return all domains that articles of a provider can have."""
        return frozenset(self._domains_of.get(provider, {provider}))

    def topic(self, slug: str, name: str) -> Topic:
        """Return the topic of a canonical slug, with its configured name or else the given one."""
        topic = self.topics.get(slug)
        if topic is None:
            return Topic(slug, name)
        return topic if topic.name else replace(topic, name=name)

    def provider(self, provider: Provider) -> Provider:
        """Return a provider with its configured name and icon, if it has them."""
        configured = self.providers.get(self._provider_of.get(provider.domain, ""))
        if configured is None:
            return provider
        is_named = configured.name != configured.domain
        name = configured.name if is_named else provider.name
        return Provider(configured.domain, name, configured.icon or provider.icon)


def _inverted(names: Mapping[str, str]) -> dict[str, set[str]]:
    inverted: dict[str, set[str]] = defaultdict(set)
    for name, owner in names.items():
        inverted[owner].add(name)
    return dict(inverted)
