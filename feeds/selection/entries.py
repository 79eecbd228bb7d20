"""What is in a feed: its entries, newest first, its title and its dates."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from urllib.parse import unquote

from sqlalchemy import Connection

from feeds.catalog.payload import moment
from feeds.catalog.reader import Stored, tiers
from feeds.model import Feed, FeedEntry, FeedSpec, Topic
from feeds.selection.known import EVERYWHERE, Known, Places


def load(known: Known, connection: Connection, spec: FeedSpec) -> Feed:
    """The feed with its entries, newest first."""
    stored = known.reader.newest(
        connection,
        tiers(spec.unpublished, spec.related),
        spec.limit,
        known.topic_ids(spec.topics) if spec.topics else None,
        known.provider_ids(spec.providers) if spec.providers else None,
    )
    left = departed(known, connection, known.own_places(spec))
    modified = max((one.modified for one in stored), default=0)
    updated = max((one.updated for one in stored), default=None)
    title, description, image = _headline(known, spec)
    return Feed(
        spec=spec,
        site=known.config.site,
        title=title,
        description=description,
        entries=tuple(shown(known, stored)),
        updated=None if updated is None else moment(updated),
        modified=moment(max(modified, left)),
        image=image,
    )


def last_departure(known: Known, connection: Connection) -> datetime:
    """When an entry last left the site, or its configuration changed."""
    return moment(departed(known, connection, frozenset((EVERYWHERE,))))


def departed(known: Known, connection: Connection, places: Places) -> int:
    """When an entry last left any of some places, or the configuration changed."""
    left = known.reader.departed(connection, sorted(places), known.publicity())
    return max(left, int(known.reader.meta(connection, "config_changed") or 0))


def shown(known: Known, stored: Iterable[Stored]) -> Iterator[FeedEntry]:
    """Entries with their provider and topics as configured."""
    return (_entry(known, one) for one in stored)


def _entry(known: Known, stored: Stored) -> FeedEntry:
    taxonomy = known.config.taxonomy
    named = (known.names.topics[id] for id in stored.topics if id in known.names.topics)
    topics = {one.slug: one for one in (taxonomy.topic(n.address, n.name) for n in named)}
    return FeedEntry(
        stored.entry,
        taxonomy.provider(stored.entry.provider),
        moment(stored.updated),
        tuple(topics.values()),
    )


def _headline(known: Known, spec: FeedSpec) -> tuple[str, str, str]:
    """Title, description and image of a feed."""
    site = known.config.site
    kind, _, joined = unquote(spec.path).strip("/").partition("/")
    names = joined.split("+")
    if kind == "all":
        return site.title, site.description or f"All articles from {site.title}", site.icon
    if kind == "topics":
        topics = [known.topic(name) for name in names]
        title = _either(topic.name for topic in topics)
        alone = topics[0] if len(topics) == 1 else Topic("", "")
        described = alone.description or f"Articles on {title}"
        return f"{title} — {site.title}", described, alone.image or site.icon
    providers = [known.provider(name) for name in names]
    title = _either(name for name, _ in providers)
    icon = providers[0][1] if len(providers) == 1 else ""
    return f"{title} — {site.title}", f"Articles from {title}", icon or site.icon


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)
