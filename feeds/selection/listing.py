"""List feeds: every topic, provider and feed set that a reader may know of."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

from feeds.catalog.counters import Count
from feeds.catalog.payload import moment
from feeds.errors import UnknownFeed
from feeds.feed_path import FeedPath, Kind, parse_address
from feeds.model import Branch, FeedSummary
from feeds.selection import loader
from feeds.selection.feed_index import FeedIndex, FeedTable
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.selection.titles import heading

_MOST_CANDIDATES: Final = 200  # names for which a search checks whether readers may know them


def summaries(view: SiteView) -> Iterator[FeedSummary]:
    """Yield every feed: all, feed sets as configured, topics by title, providers by title."""
    index = feed_index(view)
    yield everything(view, index)
    yield from sets(view)
    for kind in ("topics", "providers"):
        yield from _rows(view, index, kind, range(len(index.table(kind))))


def everything(view: SiteView, index: FeedIndex) -> FeedSummary:
    """Return the feed of all entries."""
    site, total = view.config.site, index.total
    changed = _changed(total)
    return FeedSummary(FeedPath("all"), site.title, total.entries, changed, site.description)


def sets(view: SiteView) -> list[FeedSummary]:
    """Return the feed sets, private ones too. Their entries are not counted, since each set would
    need a query of its own."""
    return [
        FeedSummary(
            FeedPath("sets", (feed_set.name,)),
            feed_set.title,
            None,
            None,
            feed_set.description,
            private=feed_set.private,
        )
        for feed_set in view.config.sets.values()
    ]


def public_pages(view: SiteView, index: FeedIndex) -> list[tuple[Kind, str, int]]:
    """Return kind and name of each public feed that has entries, and when it last changed.

    That is in seconds since 1970; 0 for feed sets, which are not counted. The front page
    comes first, and has no kind.
    """
    changed = index.total.modified
    pages: list[tuple[Kind, str, int]] = [("", "", changed), ("all", "", changed)]
    pages += (("sets", name, 0) for name, set in view.config.sets.items() if not set.private)
    kinds: tuple[Kind, ...] = ("topics", "providers")
    for kind in kinds:
        table = index.table(kind)
        rows = zip(table.names, table.entries, table.modified, strict=True)
        pages += ((kind, name, changed) for name, entries, changed in rows if entries)
    return pages


def counted(view: SiteView, feed: FeedSummary, now: datetime) -> FeedSummary:
    """Return a feed set with the number of its entries and its last change."""
    spec = resolve(view, feed.path, feed.query)
    changed = loader.load(view, spec, now).modified or moment(0)
    return replace(
        feed,
        entries=loader.count(view, spec, now),
        changed=changed.replace(microsecond=0) if changed > moment(1) else None,
    )


def members(view: SiteView, name: str) -> list[FeedSummary]:
    """Return the members of a bundle, or the set itself; topics and providers without articles are
    left out."""
    addresses = view.config.sets[name].members or (str(FeedPath("sets", (name,))),)
    feeds = []
    for path, query in map(parse_address, addresses):
        with suppress(UnknownFeed):
            spec = resolve(view, path, query)
            title, description, *_ = heading(view, spec)
            feed = FeedSummary(spec.path, title, None, None, description)
            feeds.append(replace(feed, query=spec.query, private=spec.private))
    return feeds


def largest(view: SiteView, index: FeedIndex, kind: str, most: int) -> list[FeedSummary]:
    """Return the topics or providers with the most entries."""
    return list(_rows(view, index, kind, index.table(kind).largest(most)))


def page(
    view: SiteView, index: FeedIndex, kind: str, start: int, most: int
) -> list[tuple[int, FeedSummary]]:
    """Return a part of all topics or providers, each with its depth.

    A topic follows its parent, one level deeper.
    """
    span = slice(start, start + most)
    if kind == "topics" and (children := _children(view, index.topics)):
        positions = list(_flattened(children, children[None]))[span]
    else:
        positions = [(0, position) for position in range(len(index.table(kind)))[span]]
    rows = _rows(view, index, kind, (position for _, position in positions))
    return [(depth, feed) for (depth, _), feed in zip(positions, rows, strict=True)]


def tree(view: SiteView, index: FeedIndex, most: int, most_below: int) -> list[Branch]:
    """Return the largest topics, each with its largest subtopics: at most `most` in all, and at
    most `most_below` subtopics of one."""
    table, children = index.topics, _children(view, index.topics)

    def pruned(among: Sequence[int] | None, most: int) -> list[Branch]:
        branches: list[Branch] = []
        for position in table.largest(max(most, 0), among):
            if most <= 0:
                break
            within = children.get(position, ()) if children else ()
            inner = pruned(within, min(most_below, most - 1)) if within else []
            topic = _topic(view, table.names[position], table.count(position))
            branches.append(Branch(topic, tuple(inner)))
            most -= branches[-1].size
        return branches

    return pruned(children[None] if children else None, most)


def _children(view: SiteView, table: FeedTable) -> dict[int | None, list[int]]:
    """Return the positions of topics by that of their parent; None is the top.

    Empty if no topic has a parent.
    """
    topics = view.config.taxonomy.topics
    parents = {slug: topic.parent for slug, topic in topics.items() if topic.parent}
    if not parents:
        return {}
    positions = {slug: position for position, slug in enumerate(table.names)}
    children: dict[int | None, list[int]] = defaultdict(list)
    for position, slug in enumerate(table.names):
        children[positions[parents[slug]] if slug in parents else None].append(position)
    return children


def _flattened(
    children: dict[int | None, list[int]], among: Iterable[int], depth: int = 0
) -> Iterator[tuple[int, int]]:
    for position in among:
        yield depth, position
        yield from _flattened(children, children.get(position, ()), depth + 1)


def _rows(
    view: SiteView, index: FeedIndex, kind: str, positions: Iterable[int]
) -> Iterator[FeedSummary]:
    table, row = index.table(kind), {"topics": _topic, "providers": _provider}[kind]
    for position in positions:
        view.reader.check_wanted()
        yield row(view, table.names[position], table.count(position))


def _topic(view: SiteView, slug: str, count: Count) -> FeedSummary:
    topic, path = view.topic(slug), FeedPath("topics", (slug,))
    entries, changed = count.entries, _changed(count)
    return FeedSummary(path, topic.name, entries, changed, topic.description, topic.parent)


def _provider(view: SiteView, domain: str, count: Count) -> FeedSummary:
    name, icon = view.provider(domain)
    path = FeedPath("providers", (domain,))
    return FeedSummary(path, name, count.entries, _changed(count), icon=icon)


def _changed(count: Count) -> datetime | None:
    return moment(count.modified) if count.modified else None


def with_icons(view: SiteView, providers: Sequence[FeedSummary]) -> list[FeedSummary]:
    """Return providers with the newest icon that articles name, if none is configured."""
    domains_of = view.config.taxonomy.domains_of
    ids_of = {feed.path: view.provider_ids(domains_of(feed.path.names[0])) for feed in providers}
    ids = {id for feed in providers if not feed.icon for id in ids_of[feed.path]}
    icons = view.reader.newest_icons(view.connection, ids, view.tiers)

    def with_icon(feed: FeedSummary) -> FeedSummary:
        dated = [] if feed.icon else [icons[id] for id in ids_of[feed.path] if id in icons]
        icon = min(dated)[1] if dated else ""
        return replace(feed, icon=icon) if icon else feed

    return [with_icon(feed) for feed in providers]


# --- search by name ------------------------------------------------------------


class _Match(NamedTuple):
    """A feed whose name has all the words; better matches sort first."""

    rank: tuple[int, int, str, Kind]
    feed: FeedSummary


def search(
    view: SiteView, text: str, most: int, kinds: Sequence[Kind] = ("sets", "topics", "providers")
) -> list[FeedSummary]:
    """Return feed sets, topics and providers whose names have all words of a text.

    The best come first. Entries are not counted: that would cost more than the search.
    """
    words = text.casefold().split()
    if not words:
        return []
    feeds: list[FeedSummary] = []
    for match in sorted(_matches(view, words, kinds), key=lambda match: match.rank)[
        :_MOST_CANDIDATES
    ]:
        view.reader.check_wanted()
        if _exists(view, match.feed.path):
            feeds.append(match.feed)
        if len(feeds) == most:
            break
    return feeds


def _exists(view: SiteView, path: FeedPath) -> bool:
    match path.kind:
        case "topics":
            return view.has_topic(path.names[0])
        case "providers":
            return view.has_provider(path.names[0])
    return True


def _matches(view: SiteView, words: list[str], kinds: Sequence[Kind]) -> Iterator[_Match]:
    taxonomy = view.config.taxonomy
    if "sets" in kinds:
        for feed_set in view.config.sets.values():
            if not feed_set.private:
                yield from _matched("sets", feed_set.name, feed_set.title, (), words)
    if "topics" in kinds:
        for slug in {*map(taxonomy.topic_slug, view.names.topic_ids), *taxonomy.topics}:
            topic = view.topic(slug)
            yield from _matched("topics", slug, topic.name, topic.aliases, words)
    if "providers" in kinds:
        domains = {*map(taxonomy.provider_domain, view.names.provider_ids), *taxonomy.providers}
        for domain in domains:
            yield from _matched("providers", domain, view.provider(domain)[0], (), words)


def _matched(
    kind: Kind, name: str, title: str, aliases: tuple[str, ...], words: list[str]
) -> Iterator[_Match]:
    folded = title.casefold()
    names = "\n".join((folded, name, *aliases)).casefold()
    if all(word in names for word in words):
        phrase, rank = " ".join(words), 3
        if phrase in folded:
            rank = 0 if folded == phrase else 1 if folded.startswith(phrase) else 2
        feed = FeedSummary(FeedPath(kind, (name,)), title, None, None)
        yield _Match((rank, len(folded), name, kind), feed)
