"""Which names mean the same topic or provider, and which topics lie within which. Pure."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from feeds.model import Provider, Topic
from feeds.util.text import slug
from feeds.util.urls import domain, without_www


class Taxonomy:
    """The configured topics and providers, looked up by any of their names.

    Names that are not configured stand for themselves. The configuration has
    been checked: no name is taken twice, parents exist, there are no cycles.
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
            for provider, _ in reversed(providers)  # of several, the first has the name
            if provider.name != provider.domain
        }
        self._slugs_of = _inverted(self._topic_of)
        self._domains_of = _inverted(self._provider_of)
        self._children: dict[str, list[str]] = defaultdict(list)
        for topic in topics:
            if topic.parent:
                self._children[self.topic_slug(topic.parent)].append(topic.slug)

    def topic_slug(self, name: str) -> str:
        """The one slug of a topic, from its slug, name or alias."""
        folded = slug(name)
        return self._topic_of.get(folded, folded)

    def provider_domain(self, domain: str) -> str:
        """The one domain of a provider, from its domain or an alias."""
        return self._provider_of.get(domain, domain)

    def provider_named(self, name: str) -> str:
        """The one domain of a provider, from its domain, an alias or its configured name.

        Empty if the name is neither one of these nor a domain.
        """
        try:
            written = without_www(domain(name))
        except ValueError:
            written = ""
        if written in self._provider_of or "." in written:
            return self._provider_of.get(written, written)
        return self._provider_named.get(slug(name), "")

    def slugs_within(self, topic: str) -> frozenset[str]:
        """Every slug articles may carry that counts for a topic: its own, its
        aliases', and those of all topics below it."""
        found: set[str] = set()
        waiting = [topic]
        while waiting:
            one = waiting.pop()
            found |= self._slugs_of.get(one, {one})
            waiting += self._children.get(one, ())
        return frozenset(found)

    def above(self, topic: str) -> list[str]:
        """A topic and all that it lies within, by their one slug each."""
        found = [topic]
        while (known := self.topics.get(found[-1])) and known.parent:
            found.append(self.topic_slug(known.parent))
        return found

    def domains_of(self, provider: str) -> frozenset[str]:
        """Every domain articles may carry that counts for a provider."""
        return frozenset(self._domains_of.get(provider, {provider}))

    def topic(self, slug: str, name: str) -> Topic:
        """The topic of its one slug, under its configured name, else under the given one."""
        known = self.topics.get(slug)
        if known is None:
            return Topic(slug, name)
        return known if known.name else replace(known, name=name)

    def provider(self, provider: Provider) -> Provider:
        """A provider under its configured name and icon if it has them."""
        known = self.providers.get(self._provider_of.get(provider.domain, ""))
        if known is None:
            return provider
        return Provider(
            known.domain,
            known.name if known.name != known.domain else provider.name,
            known.icon or provider.icon,
        )


def _inverted(names: Mapping[str, str]) -> dict[str, set[str]]:
    inverted: dict[str, set[str]] = defaultdict(set)
    for name, owner in names.items():
        inverted[owner].add(name)
    return dict(inverted)


def cycle(parents: Mapping[str, str | None], start: str) -> list[str]:
    """The way from a topic back to itself through its parents; empty if there is none."""
    way = [start]
    while (above := parents.get(way[-1])) is not None:
        if above == start:
            return [*way, start]
        if above in way:
            return []
        way.append(above)
    return []


def cycle_among(below: Mapping[str, Sequence[str]], start: str) -> list[str]:
    """A way from a name back to itself through what lies below it; empty if there is none."""
    came_from = dict.fromkeys(below[start], start)
    waiting = list(came_from)
    while waiting:
        one = waiting.pop()
        if one == start:
            way = [start]
            while (previous := came_from[way[-1]]) != start:
                way.append(previous)
            return [start, *reversed(way)]
        for other in below.get(one, ()):
            if other not in came_from:
                came_from[other] = one
                waiting.append(other)
    return []
