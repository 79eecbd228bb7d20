"""Feeds by words of their names."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from feeds.catalog.reader import Connection
from feeds.feed_path import FeedPath, Kind
from feeds.model import FeedSummary
from feeds.selection.site_view import Known

_MOST_LOOKED_AT: Final = 200


class _Name(NamedTuple):
    """A name that words may be found in; names that match better sort first."""

    rank: tuple[int, int, str, str]
    path: FeedPath
    shown: str


def feeds(known: Known, connection: Connection, words: str, most: int) -> list[FeedSummary]:
    """Feed sets, topics and providers whose names have all of some words, the best first.

    Their entries are not counted: that would cost more than the search.
    """
    wanted = words.casefold().split()
    if not wanted:
        return []
    found: list[FeedSummary] = []
    for name in sorted(_matching(known, wanted))[:_MOST_LOOKED_AT]:
        if _exists(known, connection, name.path):
            found.append(FeedSummary(name.path, name.shown, None, None))
        if len(found) == most:
            break
    return found


def _exists(known: Known, connection: Connection, path: FeedPath) -> bool:
    match path.kind:
        case "topics":
            return known.has_topic(connection, path.names[0])
        case "providers":
            return known.has_provider(connection, path.names[0])
    return True


def _matching(known: Known, wanted: list[str]) -> Iterator[_Name]:
    for one in known.config.sets.values():
        if not one.private:
            yield from _matched("sets", one.name, one.title, (one.name,), wanted)
    taxonomy = known.config.taxonomy
    slugs = {taxonomy.topic_slug(slug) for slug in known.names.topic_ids} | set(taxonomy.topics)
    for slug in slugs:
        topic = known.topic(slug)
        yield from _matched("topics", slug, topic.name, (slug, *topic.aliases), wanted)
    domains = {taxonomy.provider_domain(domain) for domain in known.names.provider_ids}
    for domain in domains | set(taxonomy.providers):
        yield from _matched("providers", domain, known.provider(domain)[0], (domain,), wanted)


def _matched(
    kind: Kind, name: str, title: str, others: tuple[str, ...], wanted: list[str]
) -> Iterator[_Name]:
    """The name, if every word is in it or in another spelling of it."""
    folded = title.casefold()
    text = "\n".join((folded, *others)).casefold()
    if all(word in text for word in wanted):
        whole = " ".join(wanted)
        rank = 3
        if whole in folded:
            rank = 0 if folded == whole else 1 if folded.startswith(whole) else 2
        yield _Name((rank, len(folded), name, kind), FeedPath(kind, (name,)), title)
