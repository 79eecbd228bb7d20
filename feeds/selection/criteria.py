"""Names as people write them, to criteria by what the catalog calls things. Pure."""

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


class Selected(NamedTuple):
    """What a feed set selects, and what of it is shown where its criteria do not say."""

    criteria: tuple[Criteria, ...]
    shown: Shown


def of_set(config: Config, feed_set: FeedSet) -> Selected:
    """What a feed set selects: its own rules, within those of its members if it has any.

    A bundle shows of each member what that shows, unless it says otherwise itself.
    """
    own = _of_rules(config.taxonomy, feed_set.include, feed_set.exclude)
    if not feed_set.members:
        return Selected((own,), _shown(feed_set, Shown(config.unpublished, config.related)))
    by_shown: dict[Shown, list[Criteria]] = {}
    for member in feed_set.members:
        found = of_member(config, member)
        for one in found.criteria:
            shown = _shown(feed_set, one.shown or found.shown)
            by_shown.setdefault(shown, []).append(replace(one.narrowed(own), shown=None))
    if len(by_shown) == 1:
        [(shown, plain)] = by_shown.items()
        return Selected(united(plain), shown)
    several = {shown.unpublished for shown in by_shown}
    together: Visibility = several.pop() if len(several) == 1 else "include"
    return Selected(
        tuple(
            replace(one, shown=shown) for shown, plain in by_shown.items() for one in united(plain)
        ),
        Shown(together, any(shown.related for shown in by_shown)),
    )


def _shown(feed_set: FeedSet, otherwise: Shown) -> Shown:
    related = otherwise.related if feed_set.related is None else feed_set.related
    return Shown(feed_set.unpublished or otherwise.unpublished, related)


def of_member(config: Config, address: str) -> Selected:
    """What a member of a bundle selects. Its address has been checked with the configuration."""
    path, query = parse_address(address)
    found = Selected((Criteria(),), Shown(config.unpublished, config.related))
    match path.kind:
        case "topics":
            found = found._replace(criteria=(of_topics(config.taxonomy, path.names),))
        case "providers":
            found = found._replace(criteria=(of_providers(config.taxonomy, path.names),))
        case "sets":
            found = of_set(config, config.sets[path.names[0]])
    asked = of_parameters(config.taxonomy, query_params.parse(query))
    return found._replace(criteria=tuple(one.narrowed(asked) for one in found.criteria))


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


def expires(spec: FeedSpec, published: Iterable[datetime], now: datetime) -> datetime | None:
    """Return when the next entry will be too old for a span of a feed; None if none will be.

    In a bundle, an entry too old for one member may be in it by another: so this is never
    later than it leaves, but may be earlier.
    """
    limits = (since for one in spec.criteria for since in one.since)
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
