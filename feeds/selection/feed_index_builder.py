"""Count every topic and provider of a site; after a change, only those that it touches."""

from collections import Counter, defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from feeds.catalog import counters
from feeds.catalog.counters import Count
from feeds.catalog.reader import Change
from feeds.selection.feed_index import FeedIndex, FeedTable, TitleOf
from feeds.selection.site_view import SiteView

_MOST_CHANGES: Final = 5000  # feeds that are counted one by one; if more changed, all are
_NONE: Final = Count(0, 0)


def feed_index(view: SiteView) -> FeedIndex:
    """Return the index of a view's feeds: the cached one, brought up to date."""
    seq = view.reader.newest_change(view.connection)
    cache = view.index_cache
    with cache.lock:  # one thread builds it, the others wait
        latest = cache.latest
        if latest is None or latest.seq > seq:
            index = _built(view, seq)
        elif latest.seq == seq:
            return latest
        else:
            index = _updated(view, latest, seq)
        if latest is None or latest.seq < seq:
            cache.latest = index
        return index


def _built(view: SiteView, seq: int) -> FeedIndex:
    total, topics, providers = counters.counts(view.connection, view.tiers)
    taxonomy = view.config.taxonomy
    slugs = {_slug(view, id) for id in topics} | set(taxonomy.topics)
    ids_within = {slug: _topic_ids(view, slug) for slug in slugs}
    overlapping = {slug: ids for slug, ids in ids_within.items() if _overlap(ids, topics)}
    distinct = _distinct(view, overlapping) if overlapping else {}
    ids_of: dict[str, list[int]] = {domain: [] for domain in taxonomy.providers}
    for id in providers:
        domain = taxonomy.provider_domain(view.names.providers[id].address)
        ids_of.setdefault(domain, []).append(id)
    return FeedIndex(
        seq,
        counters.newest_topic_move(view.connection),
        total,
        FeedTable.of(
            {slug: _sum(ids, topics, distinct.get(slug)) for slug, ids in ids_within.items()},
            _topic_title(view),
        ),
        FeedTable.of(
            {domain: _sum(ids, providers) for domain, ids in ids_of.items()},
            _provider_title(view),
        ),
    )


def _updated(view: SiteView, before: FeedIndex, seq: int) -> FeedIndex:
    changes = view.reader.changes_since(view.connection, before.seq)
    moves = counters.topic_moves(view.connection, view.tiers, before.move)
    if changes is None or moves is None:
        return _built(view, seq)
    slugs, domains = _touched_topics(view, changes), _touched_providers(view, changes)
    if any(change.kind == "site" for change in changes):
        slugs |= before.topics.retitled(_topic_title(view))
    if len(slugs) + len(domains) > _MOST_CHANGES:
        return _built(view, seq)
    topics, providers = before.topics, before.providers
    if slugs:
        ids_within = {slug: _topic_ids(view, slug) for slug in slugs}
        moved, configured = _moved(view, topics, slugs, moves), view.config.taxonomy.topics
        counts = _counted(view, "topic", ids_within, configured, moved)
        topics = topics.updated(counts, _topic_title(view))
    if domains:
        taxonomy = view.config.taxonomy
        ids_of = {domain: view.provider_ids(taxonomy.domains_of(domain)) for domain in domains}
        counts = _counted(view, "provider", ids_of, taxonomy.providers)
        providers = providers.updated(counts, _provider_title(view))
    total = counters.counts_of(view.connection, "all", [0], view.tiers).get(0, _NONE)
    return FeedIndex(seq, counters.newest_topic_move(view.connection), total, topics, providers)


def _counted(
    view: SiteView,
    kind: str,
    ids_of: Mapping[str, Sequence[int]],
    configured: Container[str],
    moved: Mapping[str, int] = MappingProxyType({}),
) -> dict[str, Count | None]:
    """Count topics or providers by the catalog's ids of them; None for those to be removed.

    `moved` has the numbers of entries of topics with others below them.
    """
    ids = set[int]().union(*ids_of.values())
    counts = counters.counts_of(view.connection, kind, ids, view.tiers)
    return {
        name: _sum(ids, counts, moved.get(name) if _overlap(ids, counts) else None)
        if name in configured or any(id in counts for id in ids)
        else None
        for name, ids in ids_of.items()
    }


def _sum(ids: Iterable[int], counts: Mapping[int, Count], distinct: int | None = None) -> Count:
    """Add up counts; `distinct` is the number of entries if it is not their sum."""
    parts = [counts[id] for id in ids if id in counts]
    entries = sum(part.entries for part in parts) if distinct is None else distinct
    return Count(entries, max((part.modified for part in parts), default=0))


# --- topics ----------------------------------------------------------------------


def _touched_topics(view: SiteView, changes: Iterable[Change]) -> set[str]:
    """Return topics that may have changed: those of articles, and all their ancestors."""
    above, names = view.config.taxonomy.above, view.names.topics
    ids = {change.ref for change in changes if change.kind == "topic" and change.ref in names}
    return {slug for id in ids for slug in above(_slug(view, id))}


def _overlap(ids: Iterable[int], counts: Mapping[int, Count]) -> bool:
    """Return whether an entry may have more than one of the topics."""
    return sum(id in counts for id in ids) > 1


def _moved(
    view: SiteView,
    before: FeedTable,
    slugs: Iterable[str],
    moves: Iterable[tuple[Sequence[int], int]],
) -> dict[str, int]:
    """Return how many entries topics have after moves of entries between sets of topics."""
    entries = dict.fromkeys(slugs, 0)
    for slug, count in zip(before.names, before.entries, strict=True):
        if slug in entries:
            entries[slug] = count
    above = view.config.taxonomy.above
    for topics, difference in moves:
        for slug in {slug for id in topics for slug in above(_slug(view, id))}:
            entries[slug] += difference
    return entries


def _distinct(view: SiteView, ids_within: Mapping[str, Sequence[int]]) -> Counter[str]:
    """Count entries of topics with others below them: an entry with several counts once."""
    slugs_of: dict[int, set[str]] = defaultdict(set)
    for slug, ids in ids_within.items():
        for id in ids:
            slugs_of[id].add(slug)
    entries: Counter[str] = Counter()
    for topics, count in counters.topic_sets(view.connection, view.tiers):
        for slug in set[str]().union(*(slugs_of[id] for id in topics if id in slugs_of)):
            entries[slug] += count
    return entries


def _slug(view: SiteView, id: int) -> str:
    """Return the canonical slug of a topic: if it is the catalog's, that very string."""
    catalogued = view.names.topics[id].address
    slug = view.config.taxonomy.topic_slug(catalogued)
    return catalogued if slug == catalogued else slug


def _topic_ids(view: SiteView, slug: str) -> list[int]:
    return view.topic_ids(view.config.taxonomy.slugs_within(slug))


def _topic_title(view: SiteView) -> TitleOf:
    return lambda slug: view.topic(slug).name


# --- providers -------------------------------------------------------------------


def _touched_providers(view: SiteView, changes: Iterable[Change]) -> set[str]:
    domain, names = view.config.taxonomy.provider_domain, view.names.providers
    ids = {change.ref for change in changes if change.kind == "provider" and change.ref in names}
    return {domain(names[id].address) for id in ids}


def _provider_title(view: SiteView) -> TitleOf:
    return lambda domain: view.provider(domain)[0]
