"""Which feeds there are: every topic and provider that a reader may know of."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from urllib.parse import unquote

from sqlalchemy import Connection

from feeds.catalog.payload import moment
from feeds.catalog.reader import Count, tiers
from feeds.catalog.wanted import Wanted
from feeds.errors import UnknownFeed
from feeds.model import FeedSummary
from feeds.selection import entries
from feeds.selection.addresses import path_of, resolve
from feeds.selection.headline import headline
from feeds.selection.known import Known


def summaries(known: Known, connection: Connection) -> list[FeedSummary]:
    """Every feed there is: all, feed sets as configured, topics by name, providers by name."""
    shown = tiers(known.config.unpublished, known.config.related)
    total, topics, providers = known.reader.counts(connection, shown)
    site = known.config.site
    return [
        FeedSummary("/all", site.title, total.entries, _changed(total), site.description),
        *_sets(known),
        *_topics(known, connection, topics, shown),
        *_providers(known, providers),
    ]


def _sets(known: Known) -> list[FeedSummary]:
    """The feed sets. Counting what is in a thousand of them would take a thousand queries."""
    return [
        FeedSummary(
            path_of(f"/sets/{one.name}"),
            one.title,
            None,
            None,
            one.description,
            private=one.private,
        )
        for one in known.config.sets.values()
    ]


def counted(known: Known, connection: Connection, feed: FeedSummary, now: datetime) -> FeedSummary:
    """A feed set with its entries counted, for whoever has the time."""
    spec = resolve(known, connection, unquote(feed.path), feed.query)
    number = entries.count(known, connection, spec, now)
    changed = entries.load(known, connection, spec, now).modified
    return replace(feed, entries=number, changed=changed if changed != moment(0) else None)


def members(known: Known, connection: Connection, name: str) -> list[FeedSummary]:
    """The feeds that a set bundles, or the set itself; those that nothing has yet are left out."""
    one = known.config.sets[name]
    found = []
    for address in one.members or (f"/sets/{name}",):
        path, _, query = address.partition("?")
        with suppress(UnknownFeed):
            spec = resolve(known, connection, unquote(path), query)
            head = headline(known, spec)
            found.append(
                FeedSummary(
                    spec.path, head.title, None, None, head.description, None, spec.query,
                    spec.private,
                )
            )  # fmt: skip
    return found


def _topics(
    known: Known, connection: Connection, counts: dict[int, Count], shown: Sequence[int]
) -> list[FeedSummary]:
    taxonomy = known.config.taxonomy
    slugs = {taxonomy.topic_slug(known.names.topics[id].address) for id in counts}
    within = {
        slug: [id for id in known.topic_ids(taxonomy.slugs_within(slug)) if id in counts]
        for slug in slugs | set(taxonomy.topics)
    }
    several = {slug: ids for slug, ids in within.items() if len(ids) > 1}
    distinct = _distinct(known, connection, several, shown) if several else {}
    found = []
    for slug, ids in within.items():
        topic = known.topic(slug)
        count = _sum([counts[id] for id in ids])
        if slug in distinct:
            count = count._replace(entries=distinct[slug])
        found.append(
            FeedSummary(
                path_of(f"/topics/{slug}"),
                topic.name,
                count.entries,
                _changed(count),
                topic.description,
                topic.parent,
            )
        )
    return sorted(found, key=_by_title)


def _distinct(
    known: Known, connection: Connection, within: dict[str, list[int]], shown: Sequence[int]
) -> Counter[str]:
    """Entries of topics that have others within; one that has several of them counts once."""
    wider: dict[int, set[str]] = defaultdict(set)
    for slug, ids in within.items():
        for id in ids:
            wider[id].add(slug)
    found: Counter[str] = Counter()
    for topics, count in known.reader.topic_sets(connection, shown):
        for slug in set[str]().union(*(wider[id] for id in topics if id in wider)):
            found[slug] += count
    return found


def _providers(known: Known, counts: dict[int, Count]) -> list[FeedSummary]:
    taxonomy = known.config.taxonomy
    grouped: dict[str, list[Count]] = {domain: [] for domain in taxonomy.providers}
    for id, count in counts.items():
        domain = taxonomy.provider_domain(known.names.providers[id].address)
        grouped.setdefault(domain, []).append(count)
    found = []
    for domain, parts in grouped.items():
        count, (name, icon) = _sum(parts), known.provider(domain)
        found.append(
            FeedSummary(
                path_of(f"/providers/{domain}"), name, count.entries, _changed(count), icon=icon
            )
        )
    return sorted(found, key=_by_title)


def with_icons(
    known: Known, connection: Connection, providers: Sequence[FeedSummary]
) -> list[FeedSummary]:
    """Providers with the icon their newest article names, where none is configured.

    One read for each: for the few that a page shows.
    """
    return [
        one if one.icon else replace(one, icon=_newest_icon(known, connection, one))
        for one in providers
    ]


def _newest_icon(known: Known, connection: Connection, provider: FeedSummary) -> str:
    domain = unquote(provider.path.removeprefix("/providers/"))
    ids = known.provider_ids(known.config.taxonomy.domains_of(domain))
    shown = tiers(known.config.unpublished, known.config.related)
    found = known.reader.select(connection, shown, 1, [Wanted(providers=tuple(ids))])
    return found[0].entry.provider.icon if found else ""


def _sum(parts: Sequence[Count]) -> Count:
    return Count(
        sum(part.entries for part in parts), max((part.modified for part in parts), default=0)
    )


def _changed(count: Count) -> datetime | None:
    return moment(count.modified) if count.modified else None


def _by_title(feed: FeedSummary) -> tuple[str, str]:
    return feed.title.casefold(), feed.path
