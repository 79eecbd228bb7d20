"""Names as people write them, to criteria by what the catalog calls things. Pure."""

from collections.abc import Iterable
from urllib.parse import unquote

from feeds import parameters
from feeds.config import Config
from feeds.model import Criteria, FeedSet, Rules
from feeds.parameters import Parameters
from feeds.taxonomy import Taxonomy


def of_topics(taxonomy: Taxonomy, names: Iterable[str]) -> Criteria:
    """Entries of any of some topics, subtopics included."""
    return Criteria(topics=(within(taxonomy, names),))


def of_providers(taxonomy: Taxonomy, names: Iterable[str]) -> Criteria:
    """Entries of any of some providers."""
    return Criteria(providers=domains(taxonomy, names))


def of_parameters(taxonomy: Taxonomy, asked: Parameters) -> Criteria:
    """What a query narrows a feed to."""
    return Criteria(
        topics=(within(taxonomy, asked.topics),) if asked.topics else (),
        providers=domains(taxonomy, asked.providers) if asked.providers else None,
        kinds=frozenset(asked.kinds) if asked.kinds else None,
        phrases=tuple((phrase,) for phrase in asked.phrases),
        min_quality=asked.min_quality,
        since=() if asked.since is None else (asked.since,),
        not_topics=within(taxonomy, asked.not_topics),
        not_providers=domains(taxonomy, asked.not_providers),
    )


def of_set(config: Config, feed_set: FeedSet) -> tuple[Criteria, ...]:
    """What a feed set selects: its own rules, within those of its members if it has any."""
    own = _of_rules(config.taxonomy, feed_set.include, feed_set.exclude)
    if not feed_set.members:
        return (own,)
    members = (one for member in feed_set.members for one in of_member(config, member))
    return united(one.narrowed(own) for one in members)


def of_member(config: Config, address: str) -> tuple[Criteria, ...]:
    """What a member of a bundle selects. Its address has been checked with the configuration."""
    path, _, query = address.partition("?")
    kind, _, joined = unquote(path).strip("/").partition("/")
    names = [name for name in joined.split("+") if name]
    match kind:
        case "topics":
            found: tuple[Criteria, ...] = (of_topics(config.taxonomy, names),)
        case "providers":
            found = (of_providers(config.taxonomy, names),)
        case "sets":
            found = of_set(config, config.sets[joined])
        case _:
            found = (Criteria(),)
    asked = of_parameters(config.taxonomy, parameters.parse(query))
    return tuple(one.narrowed(asked) for one in found)


def united(criteria: Iterable[Criteria]) -> tuple[Criteria, ...]:
    """The same entries by fewer criteria: plain topics become one, and so do plain providers."""
    topics, providers = set[str](), set[str]()
    others: dict[Criteria, None] = {}
    for one in criteria:
        if one == Criteria():
            return (one,)
        if len(one.topics) == 1 and one == Criteria(topics=one.topics):
            topics |= one.topics[0]
        elif one.providers and one == Criteria(providers=one.providers):
            providers |= one.providers
        else:
            others[one] = None
    plain = [Criteria(topics=(frozenset(topics),))] if topics else []
    plain += [Criteria(providers=frozenset(providers))] if providers else []
    return (*plain, *others)


def within(taxonomy: Taxonomy, names: Iterable[str]) -> frozenset[str]:
    """Every slug that counts for any of some topics."""
    slugs = (taxonomy.slugs_within(taxonomy.topic_slug(name)) for name in names)
    return frozenset[str]().union(*slugs)


def domains(taxonomy: Taxonomy, names: Iterable[str]) -> frozenset[str]:
    """Every domain that counts for any of some providers."""
    found = (taxonomy.domains_of(taxonomy.provider_named(name) or name) for name in names)
    return frozenset[str]().union(*found)


def _of_rules(taxonomy: Taxonomy, include: Rules, exclude: Rules) -> Criteria:
    return Criteria(
        topics=(within(taxonomy, include.topics),) if include.topics else (),
        providers=domains(taxonomy, include.providers) if include.providers else None,
        kinds=frozenset(include.kinds) if include.kinds else None,
        phrases=(include.keywords,) if include.keywords else (),
        min_quality=include.min_quality,
        since=() if include.since is None else (include.since,),
        not_topics=within(taxonomy, exclude.topics),
        not_providers=domains(taxonomy, exclude.providers),
        not_phrases=exclude.keywords,
    )
