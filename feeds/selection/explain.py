"""Explain why an entry is, or is not, in a feed."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from feeds.catalog.reader import StoredEntry
from feeds.config.taxonomy import Taxonomy
from feeds.model import Criteria, Feed
from feeds.selection import matcher
from feeds.selection.matcher import Facts, Verdict
from feeds.selection.site_view import SiteView


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of each rule of a feed on an entry.

    `alternatives` are the verdicts of criteria of which an entry has to meet one: a bundle has
    several. `position` counts from 1; it is None if the entry is not in the document, which
    has at most `limit`.
    """

    general: tuple[Verdict, ...]
    alternatives: tuple[tuple[Verdict, ...], ...]
    limit: int
    position: int | None


def explain(view: SiteView, feed: Feed, stored: StoredEntry, now: datetime) -> Explanation:
    """Return the verdicts of a loaded feed on an entry."""
    spec, taxonomy = feed.spec, view.config.taxonomy
    facts = _by_main_names(taxonomy, view.facts(stored))
    general = tuple(matcher.visibility(spec.unpublished, spec.related, facts, private=spec.private))
    alternatives = tuple(
        tuple(matcher.verdicts(_without_aliases(taxonomy, one), facts, now))
        for one in spec.criteria
    )
    ids = [entry.entry.id for entry in feed.entries]
    position = ids.index(stored.entry.id) + 1 if stored.entry.id in ids else None
    if spec.story:
        because = "is one of them" if position else "is not one of them"
        rule = "story: an article and its related coverage"
        general = (*general, Verdict(rule, position is not None, because))
    return Explanation(general, alternatives, spec.limit, position)


def _without_aliases(taxonomy: Taxonomy, criteria: Criteria) -> Criteria:
    """Return criteria in which each topic and provider has only its main name.

    They match the same facts, if these have main names too: criteria have all aliases of a name,
    or none.
    """
    providers = criteria.providers
    return replace(
        criteria,
        topics=tuple(_topics(taxonomy, group) for group in criteria.topics),
        providers=None if providers is None else _providers(taxonomy, providers),
        not_topics=_topics(taxonomy, criteria.not_topics),
        not_providers=_providers(taxonomy, criteria.not_providers),
    )


def _by_main_names(taxonomy: Taxonomy, facts: Facts) -> Facts:
    provider = taxonomy.provider_domain(facts.provider)
    return replace(facts, topics=_topics(taxonomy, facts.topics), provider=provider)


def _topics(taxonomy: Taxonomy, slugs: Iterable[str]) -> frozenset[str]:
    return frozenset(map(taxonomy.topic_slug, slugs))


def _providers(taxonomy: Taxonomy, domains: Iterable[str]) -> frozenset[str]:
    return frozenset(map(taxonomy.provider_domain, domains))
