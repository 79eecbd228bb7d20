"""What only all items of a file together show: names taken twice, unknown parents, cycles."""

from collections.abc import Iterator, Sequence

from feeds.config.schema import ProviderItem, TopicItem
from feeds.config.taxonomy import cycle
from feeds.config.yaml_files import Placed
from feeds.problems import Code, Problem, Severity
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Path as Place


def check_topics(topics: Sequence[Placed[TopicItem]]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    seen: set[str] = set()
    for one in topics:
        item = one.item
        names: list[tuple[Place, str]] = [(("slug",), item.slug)]
        if item.name:
            names.append((("name",), item.name))
        for place, name in [*names, *_aliases(item)]:
            owner = owners.setdefault(text.slug(name), item.slug)
            if owner != item.slug or (place == ("slug",) and item.slug in seen):
                yield one.problem(
                    place,
                    Code.TAKEN_TWICE,
                    f"{name} already names the topic {owner}",
                    "keep it in one of the two",
                )
        seen.add(item.slug)
    parents = {
        one.item.slug: owners.get(text.slug(one.item.parent)) if one.item.parent else None
        for one in topics
    }
    for one in topics:
        written = one.item.parent
        if written and parents[one.item.slug] is None:
            close = suggest(text.slug(written), owners)
            yield one.problem(
                "parent",
                Code.UNKNOWN_NAME,
                f"{written} is no topic of topics.yaml",
                f"write {owners[close[0]]}" if close else "add the topic or leave the parent out",
            )
        elif way := cycle(parents, one.item.slug):
            yield one.problem(
                "parent",
                Code.CYCLE,
                f"leads back to itself: {' > '.join(way)}",
                "give one of them another parent, or none",
            )


def check_providers(providers: Sequence[Placed[ProviderItem]]) -> Iterator[Problem]:
    owners: dict[str, Placed[ProviderItem]] = {}
    for one in providers:
        names: list[tuple[Place, str]] = [(("domain",), one.item.domain)]
        for place, domain in [*names, *_aliases(one.item)]:
            owner = owners.setdefault(domain, one)
            if owner is not one:
                yield one.problem(
                    place,
                    Code.TAKEN_TWICE,
                    f"{domain} already names the provider {owner.item.domain}",
                    "keep it in one of the two",
                )
    yield from _shared_names(providers)


def _aliases(item: TopicItem | ProviderItem) -> list[tuple[Place, str]]:
    return [(("aliases", number), alias) for number, alias in enumerate(item.aliases)]


def _shared_names(providers: Sequence[Placed[ProviderItem]]) -> Iterator[Problem]:
    """Names of several providers. There are such, so only whoever uses one has to choose."""
    owners: dict[str, str] = {}
    for one in providers:
        item = one.item
        owner = owners.setdefault(text.slug(item.name or item.domain), item.domain)
        if item.name and owner != item.domain:
            yield one.problem(
                "name",
                Code.SHARED_NAME,
                f"{item.name} is the name of {owner} too, which is what sets mean by it",
                "name this one by its domain there, or write a name of its own",
                severity=Severity.WARNING,
            )
