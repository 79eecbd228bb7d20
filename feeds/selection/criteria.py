"""Make criteria, with the slugs and domains of the catalog, from names as people write them.
Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from feeds import query_params
from feeds.config import Config
from feeds.config.taxonomy import Taxonomy
from feeds.feed_path import parse_address
from feeds.model import Criteria, FeedSet, FeedSpec, Rules, Shown, Visibility
from feeds.query_params import Parameters


class Selected(NamedTuple):
    """The entries that a feed set selects: any that meets one of the criteria.

    `shown` says which drafts and related coverage it shows, unless the criteria do.
    """

    criteria: tuple[Criteria, ...]
    shown: Shown


def of_topics(taxonomy: Taxonomy, names: Iterable[str]) -> Criteria:
    """Return criteria for entries with any of the topics or their subtopics."""
    return Criteria(topics=(slugs(taxonomy, names),))


def of_providers(taxonomy: Taxonomy, names: Iterable[str]) -> Criteria:
    """Return criteria for entries of any of the providers."""
    return Criteria(providers=domains(taxonomy, names))


def of_parameters(taxonomy: Taxonomy, parameters: Parameters) -> Criteria:
    """Return the criteria by which a query narrows a feed."""
    asked = parameters
    include = Rules(asked.topics, asked.providers, asked.kinds, (), asked.min_quality, asked.since)
    exclude = Rules(asked.not_topics, asked.not_providers)
    phrases = tuple((phrase,) for phrase in asked.phrases)  # an entry has to have each
    return replace(_of_rules(taxonomy, include, exclude), phrases=phrases)


def of_set(config: Config, feed_set: FeedSet) -> Selected:
    """Return the entries that a feed set selects: by its rules, among the entries of its members if
    it has any.

    A bundle shows of each member what that member shows, unless it sets this itself.
    """
    own = _of_rules(config.taxonomy, feed_set.include, feed_set.exclude)
    if not feed_set.members:
        return Selected((own,), _shown(feed_set, Shown(config.unpublished, config.related)))
    by_shown: dict[Shown, list[Criteria]] = {}
    for member in feed_set.members:
        selected = of_member(config, member)
        for criteria in selected.criteria:
            shown = _shown(feed_set, criteria.shown or selected.shown)
            by_shown.setdefault(shown, []).append(replace(criteria.narrowed(own), shown=None))
    if len(by_shown) == 1:
        [(shown, alternatives)] = by_shown.items()
        return Selected(_merged(alternatives), shown)
    differing = {shown.unpublished for shown in by_shown}
    unpublished: Visibility = differing.pop() if len(differing) == 1 else "include"
    return Selected(
        tuple(
            replace(criteria, shown=shown)
            for shown, alternatives in by_shown.items()
            for criteria in _merged(alternatives)
        ),
        Shown(unpublished, any(shown.related for shown in by_shown)),
    )


def of_member(config: Config, address: str) -> Selected:
    """Return the entries that a member of a bundle selects; its address was checked with the
    configuration."""
    path, query = parse_address(address)
    selected = Selected((Criteria(),), Shown(config.unpublished, config.related))
    match path.kind:
        case "topics":
            selected = selected._replace(criteria=(of_topics(config.taxonomy, path.names),))
        case "providers":
            selected = selected._replace(criteria=(of_providers(config.taxonomy, path.names),))
        case "sets":
            selected = of_set(config, config.sets[path.names[0]])
    narrowing = of_parameters(config.taxonomy, query_params.parse(query))
    narrowed = tuple(criteria.narrowed(narrowing) for criteria in selected.criteria)
    return selected._replace(criteria=narrowed)


def _shown(feed_set: FeedSet, default: Shown) -> Shown:
    related = default.related if feed_set.related is None else feed_set.related
    return Shown(feed_set.unpublished or default.unpublished, related)


def _merged(alternatives: Iterable[Criteria]) -> tuple[Criteria, ...]:
    """Return fewer criteria for the same entries: those of topics alone as one, and those of
    providers alone."""
    topics, providers = set[str](), set[str]()
    others: dict[Criteria, None] = {}
    for criteria in alternatives:
        if criteria == Criteria():
            return (criteria,)
        if len(criteria.topics) == 1 and criteria == Criteria(topics=criteria.topics):
            topics |= criteria.topics[0]
        elif criteria.providers and criteria == Criteria(providers=criteria.providers):
            providers |= criteria.providers
        else:
            others[criteria] = None
    merged = [Criteria(topics=(frozenset(topics),))] if topics else []
    merged += [Criteria(providers=frozenset(providers))] if providers else []
    return (*merged, *others)


def _of_rules(taxonomy: Taxonomy, include: Rules, exclude: Rules) -> Criteria:
    return Criteria(
        topics=(slugs(taxonomy, include.topics),) if include.topics else (),
        providers=domains(taxonomy, include.providers) if include.providers else None,
        kinds=frozenset(include.kinds) if include.kinds else None,
        phrases=(include.keywords,) if include.keywords else (),
        min_quality=include.min_quality,
        since=() if include.since is None else (include.since,),
        not_topics=slugs(taxonomy, exclude.topics),
        not_providers=domains(taxonomy, exclude.providers),
        not_phrases=exclude.keywords,
    )


def slugs(taxonomy: Taxonomy, names: Iterable[str]) -> frozenset[str]:
    """Return all slugs that articles of any of the topics can have."""
    groups = (taxonomy.slugs_within(taxonomy.topic_slug(name)) for name in names)
    return frozenset[str]().union(*groups)


def domains(taxonomy: Taxonomy, names: Iterable[str]) -> frozenset[str]:
    """Return all domains that articles of any of the providers can have."""
    groups = (taxonomy.domains_of(taxonomy.provider_named(name) or name) for name in names)
    return frozenset[str]().union(*groups)


def expires(spec: FeedSpec, published: Iterable[datetime], now: datetime) -> datetime | None:
    """Return when the next entry will be too old for a span of a feed; None if none will be.

    In a bundle, an entry too old for one member may be in it by another: the result is never
    too late, but may be too early.
    """
    limits = (since for criteria in spec.criteria for since in criteria.since)
    spans = [since.span for since in limits if since.moment is None]
    if not spans:
        return None
    ends = (_end(moment, span) for moment in published for span in spans)
    return min((end for end in ends if end > now), default=None)


def _end(published: datetime, span: int) -> datetime:
    """Return the first second in which an entry is too old for a span of seconds."""
    try:
        return published + timedelta(seconds=span + 1)
    except OverflowError:
        return datetime.max.replace(tzinfo=UTC)
