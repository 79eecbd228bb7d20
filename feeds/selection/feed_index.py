"""The feeds there are, as a process has them at hand: topics and providers by title, counted.

A page shows some of thousands of feeds. So all are ordered and counted once,
and from then on only those that the change log speaks of: what a list costs
goes by what it shows. One that is made is never changed: a newer one takes its
place, since whoever works on an older state of the catalog may still read it.
"""

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from feeds.catalog import totals
from feeds.catalog.reader import Change, Connection, tiers
from feeds.catalog.totals import Count
from feeds.selection.roll import Roll, Title
from feeds.selection.site_view import Known

_MOST_CHANGES: Final = 5000  # feeds counted anew one by one; beyond that, all are
_NONE: Final = Count(0, 0)


@dataclass(frozen=True, slots=True)
class Directory:
    """All topics and providers, as of a line of the change log and a move of topics."""

    seq: int
    move: int
    total: Count
    topics: Roll
    providers: Roll

    def roll(self, kind: str) -> Roll:
        """The `topics` or the `providers`."""
        return {"topics": self.topics, "providers": self.providers}[kind]

    def filled(self) -> int:
        """How many feeds have entries, sets aside."""
        rolls = self.topics.entries, self.providers.entries
        return bool(self.total.entries) + sum(len(roll) - roll.count(0) for roll in rolls)


class Held:
    """The directory of one configuration, shared by all who work with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._directory: Directory | None = None

    def of(self, known: Known, connection: Connection) -> Directory:
        """The directory as a connection sees the catalog, whose names are known."""
        seq = known.reader.newest_change(connection)
        with self._lock:  # one makes it, whoever else comes waits for it
            before = self._directory
            if before is None or before.seq > seq:
                made = _made(known, connection, seq)
            elif before.seq == seq:
                return before
            else:
                made = _renewed(known, connection, before, seq)
            if before is None or before.seq < seq:
                self._directory = made
            return made


def _made(known: Known, connection: Connection, seq: int) -> Directory:
    shown = tiers(known.config.unpublished, known.config.related)
    total, topics, providers = totals.counts(connection, shown)
    taxonomy = known.config.taxonomy
    slugs = {_slug(known, id) for id in topics} | set(taxonomy.topics)
    within = {slug: _topic_ids(known, slug) for slug in slugs}
    several = {slug: ids for slug, ids in within.items() if _several(ids, topics)}
    distinct = _distinct(known, connection, several, shown) if several else {}
    domains: dict[str, list[int]] = {domain: [] for domain in taxonomy.providers}
    for id in providers:
        domain = taxonomy.provider_domain(known.names.providers[id].address)
        domains.setdefault(domain, []).append(id)
    return Directory(
        seq,
        totals.newest_topic_move(connection),
        total,
        Roll.of(
            {slug: _sum(ids, topics, distinct.get(slug)) for slug, ids in within.items()},
            _topic_title(known),
        ),
        Roll.of(
            {domain: _sum(ids, providers) for domain, ids in domains.items()},
            _provider_title(known),
        ),
    )


def _renewed(known: Known, connection: Connection, before: Directory, seq: int) -> Directory:
    """What was there before, with what has changed since counted anew."""
    shown = tiers(known.config.unpublished, known.config.related)
    changes = known.reader.changes_since(connection, before.seq)
    moves = totals.topic_moves(connection, shown, before.move)
    if changes is None or moves is None:
        return _made(known, connection, seq)
    slugs, domains = _touched_topics(known, changes), _touched_providers(known, changes)
    if any(one.kind == "site" for one in changes):
        slugs |= before.topics.misnamed(_topic_title(known))
    if len(slugs) + len(domains) > _MOST_CHANGES:
        return _made(known, connection, seq)
    topics, providers = before.topics, before.providers
    if slugs:
        counted = _topics(known, connection, slugs, shown, _moved(known, topics, slugs, moves))
        topics = topics.changed(counted, _topic_title(known))
    if domains:
        counted = _providers(known, connection, domains, shown)
        providers = providers.changed(counted, _provider_title(known))
    total = totals.counts_of(connection, "all", [0], shown).get(0, _NONE)
    move = totals.newest_topic_move(connection)
    return Directory(seq, move, total, topics, providers)


# --- topics ----------------------------------------------------------------------


def _touched_topics(known: Known, changes: Iterable[Change]) -> set[str]:
    """Topics that may have changed: those that articles carry, and all they lie within."""
    above, names = known.config.taxonomy.above, known.names.topics
    ids = {one.ref for one in changes if one.kind == "topic" and one.ref in names}
    return {slug for id in ids for slug in above(_slug(known, id))}


def _topics(
    known: Known,
    connection: Connection,
    slugs: Iterable[str],
    shown: Sequence[int],
    moved: Mapping[str, int],
) -> dict[str, Count | None]:
    """Topics counted anew; `moved` has the entries of those that have others within."""
    within = {slug: _topic_ids(known, slug) for slug in slugs}
    ids = set[int]().union(*within.values())
    counts = totals.counts_of(connection, "topic", ids, shown)
    configured = known.config.taxonomy.topics
    return {
        slug: _sum(ids, counts, moved[slug] if _several(ids, counts) else None)
        if slug in configured or any(id in counts for id in ids)
        else None
        for slug, ids in within.items()
    }


def _several(ids: Iterable[int], counts: Mapping[int, Count]) -> bool:
    """Whether entries may have more than one of some topics."""
    return sum(id in counts for id in ids) > 1


def _moved(
    known: Known, before: Roll, slugs: Iterable[str], moves: Iterable[tuple[Sequence[int], int]]
) -> dict[str, int]:
    """How many entries topics have after some moves."""
    found = dict.fromkeys(slugs, 0)
    for slug, entries in zip(before.addresses, before.entries, strict=True):
        if slug in found:
            found[slug] = entries
    above = known.config.taxonomy.above
    for topics, by in moves:
        for slug in {slug for id in topics for slug in above(_slug(known, id))}:
            found[slug] += by
    return found


def _distinct(
    known: Known, connection: Connection, within: Mapping[str, Sequence[int]], shown: Sequence[int]
) -> Counter[str]:
    """Entries of topics that have others within; one that has several of them counts once."""
    wider: dict[int, set[str]] = defaultdict(set)
    for slug, ids in within.items():
        for id in ids:
            wider[id].add(slug)
    found: Counter[str] = Counter()
    for topics, count in totals.topic_sets(connection, shown):
        for slug in set[str]().union(*(wider[id] for id in topics if id in wider)):
            found[slug] += count
    return found


def _slug(known: Known, id: int) -> str:
    """The one slug of a topic; the text that its name holds already, if it is the same."""
    catalogued = known.names.topics[id].address
    slug = known.config.taxonomy.topic_slug(catalogued)
    return catalogued if slug == catalogued else slug


def _topic_ids(known: Known, slug: str) -> list[int]:
    return known.topic_ids(known.config.taxonomy.slugs_within(slug))


def _topic_title(known: Known) -> Title:
    return lambda slug: known.topic(slug).name


# --- providers -------------------------------------------------------------------


def _touched_providers(known: Known, changes: Iterable[Change]) -> set[str]:
    domain, names = known.config.taxonomy.provider_domain, known.names.providers
    ids = {one.ref for one in changes if one.kind == "provider" and one.ref in names}
    return {domain(names[id].address) for id in ids}


def _providers(
    known: Known, connection: Connection, domains: Iterable[str], shown: Sequence[int]
) -> dict[str, Count | None]:
    taxonomy = known.config.taxonomy
    within = {domain: known.provider_ids(taxonomy.domains_of(domain)) for domain in domains}
    ids = set[int]().union(*within.values())
    counts = totals.counts_of(connection, "provider", ids, shown)
    return {
        domain: _sum(ids, counts)
        if domain in taxonomy.providers or any(id in counts for id in ids)
        else None
        for domain, ids in within.items()
    }


def _provider_title(known: Known) -> Title:
    return lambda domain: known.provider(domain)[0]


def _sum(ids: Iterable[int], counts: Mapping[int, Count], distinct: int | None = None) -> Count:
    parts = [counts[id] for id in ids if id in counts]
    entries = sum(part.entries for part in parts) if distinct is None else distinct
    return Count(entries, max((part.modified for part in parts), default=0))
