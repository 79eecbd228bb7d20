"""Which feeds there are: every topic and provider that a reader may know of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from feeds.catalog.payload import moment
from feeds.catalog.reader import Connection, tiers
from feeds.catalog.totals import Count
from feeds.errors import UnknownFeed
from feeds.feed_path import FeedPath, parse_address
from feeds.model import Branch, FeedSummary
from feeds.selection import loader
from feeds.selection.feed_index import Directory
from feeds.selection.resolver import resolve
from feeds.selection.roll import Roll
from feeds.selection.site_view import Known
from feeds.selection.titles import headline


def summaries(known: Known, directory: Directory) -> Iterator[FeedSummary]:
    """Every feed there is: all, feed sets as configured, topics by name, providers by name."""
    yield everything(known, directory)
    yield from sets(known)
    for kind in ("topics", "providers"):
        yield from lines(known, directory, kind, range(len(directory.roll(kind))))


def everything(known: Known, directory: Directory) -> FeedSummary:
    """The feed of all entries."""
    site, total = known.config.site, directory.total
    return FeedSummary(
        FeedPath("all"), site.title, total.entries, _changed(total), site.description
    )


def sets(known: Known) -> list[FeedSummary]:
    """The feed sets. Counting what is in a thousand of them would take a thousand queries."""
    return [
        FeedSummary(
            FeedPath("sets", (one.name,)),
            one.title,
            None,
            None,
            one.description,
            private=one.private,
        )
        for one in known.config.sets.values()
    ]


def lines(
    known: Known, directory: Directory, kind: str, places: Iterable[int]
) -> Iterator[FeedSummary]:
    """Those topics or providers that stand in some places of the directory."""
    roll, line = directory.roll(kind), {"topics": _topic, "providers": _provider}[kind]
    return (line(known, roll.addresses[at], roll.count(at)) for at in places)


def largest(known: Known, directory: Directory, kind: str, most: int) -> list[FeedSummary]:
    """The topics or providers with the most entries."""
    return list(lines(known, directory, kind, directory.roll(kind).largest(most)))


def page(
    known: Known, directory: Directory, kind: str, start: int, most: int
) -> list[tuple[int, FeedSummary]]:
    """Some of all topics, each below what it lies within and how deep; or of all providers."""
    span = slice(start, start + most)
    if kind == "topics" and (below := _below(known, directory.topics)):
        places = list(_flat(below, below[None]))[span]
    else:
        places = [(0, at) for at in range(len(directory.roll(kind)))[span]]
    found = lines(known, directory, kind, (at for _, at in places))
    return [(depth, feed) for (depth, _), feed in zip(places, found, strict=True)]


def tree(known: Known, directory: Directory, most: int, most_below: int) -> list[Branch]:
    """The largest topics, each with the largest within it, until there are enough."""
    roll, below = directory.topics, _below(known, directory.topics)

    def pruned(among: Sequence[int] | None, most: int) -> list[Branch]:
        kept: list[Branch] = []
        for at in roll.largest(max(most, 0), among):
            if most <= 0:
                break
            within = below.get(at, ()) if below else ()
            inner = pruned(within, min(most_below, most - 1)) if within else []
            kept.append(Branch(_topic(known, roll.addresses[at], roll.count(at)), tuple(inner)))
            most -= kept[-1].size
        return kept

    return pruned(below[None] if below else None, most)


def _below(known: Known, roll: Roll) -> dict[int | None, list[int]]:
    """Which topics lie right within which, as places in the roll; None is above all.

    Empty where no topic lies within another.
    """
    topics = known.config.taxonomy.topics
    parents = {slug: topic.parent for slug, topic in topics.items() if topic.parent}
    if not parents:
        return {}
    at = {slug: place for place, slug in enumerate(roll.addresses)}
    below: dict[int | None, list[int]] = defaultdict(list)
    for place, slug in enumerate(roll.addresses):
        below[at[parents[slug]] if slug in parents else None].append(place)
    return below


def _flat(
    below: dict[int | None, list[int]], among: Iterable[int], depth: int = 0
) -> Iterator[tuple[int, int]]:
    for at in among:
        yield depth, at
        yield from _flat(below, below.get(at, ()), depth + 1)


def _topic(known: Known, slug: str, count: Count) -> FeedSummary:
    topic = known.topic(slug)
    return FeedSummary(
        FeedPath("topics", (slug,)),
        topic.name,
        count.entries,
        _changed(count),
        topic.description,
        topic.parent,
    )


def _provider(known: Known, domain: str, count: Count) -> FeedSummary:
    name, icon = known.provider(domain)
    path = FeedPath("providers", (domain,))
    return FeedSummary(path, name, count.entries, _changed(count), icon=icon)


def counted(known: Known, connection: Connection, feed: FeedSummary, now: datetime) -> FeedSummary:
    """A feed set with its entries counted, for whoever has the time."""
    spec = resolve(known, connection, feed.path, feed.query)
    number = loader.count(known, connection, spec, now)
    changed = loader.load(known, connection, spec, now).modified
    return replace(feed, entries=number, changed=changed if changed != moment(0) else None)


def members(known: Known, connection: Connection, name: str) -> list[FeedSummary]:
    """The feeds that a set bundles, or the set itself; those that nothing has yet are left out."""
    one = known.config.sets[name]
    found = []
    for address in one.members or (str(FeedPath("sets", (name,))),):
        path, query = parse_address(address)
        with suppress(UnknownFeed):
            spec = resolve(known, connection, path, query)
            head = headline(known, spec)
            found.append(
                FeedSummary(
                    spec.path, head.title, None, None, head.description, None, spec.query,
                    spec.private,
                )
            )  # fmt: skip
    return found


def with_icons(
    known: Known, connection: Connection, providers: Sequence[FeedSummary]
) -> list[FeedSummary]:
    """Providers with the icon their newest article names, where none is configured."""
    domains_of = known.config.taxonomy.domains_of
    ids_of = {one.path: known.provider_ids(domains_of(one.path.names[0])) for one in providers}
    ids = {id for one in providers if not one.icon for id in ids_of[one.path]}
    shown = tiers(known.config.unpublished, known.config.related)
    icons = known.reader.newest_icons(connection, ids, shown)

    def with_icon(provider: FeedSummary) -> FeedSummary:
        found = [] if provider.icon else [icons[id] for id in ids_of[provider.path] if id in icons]
        icon = max(found)[1] if found else ""
        return replace(provider, icon=icon) if icon else provider

    return [with_icon(one) for one in providers]


def _changed(count: Count) -> datetime | None:
    return moment(count.modified) if count.modified else None
