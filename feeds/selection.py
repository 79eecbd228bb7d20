"""From an address to a feed: which entries it has, under which title.

`resolve` turns a path into a `FeedSpec` with one canonical path, or raises
what is wrong with it; `load` reads its entries.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote, unquote

from sqlalchemy import Connection

from feeds.catalog.payload import moment
from feeds.catalog.reader import Count, Names, Reader, Stored, tiers
from feeds.config import Config
from feeds.errors import UnknownFeed
from feeds.model import Feed, FeedEntry, FeedSpec, FeedSummary, Topic
from feeds.nearest import nearest
from feeds.urls import domain, without_www

_MOST_JOINED: Final = 20
Places = frozenset[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Selection:
    """The feeds of one configuration over one state of the catalog's names."""

    config: Config
    reader: Reader
    names: Names

    # --- addresses -----------------------------------------------------------

    def resolve(self, connection: Connection, path: str) -> FeedSpec:
        """The feed at a path without suffix, decoded, under its canonical path.

        The canonical path may differ from the one asked for: the caller sends
        readers there. Raises UnknownFeed with the nearest paths that exist.
        """
        kind, _, names = path.strip("/").partition("/")
        if kind == "all" and not names:
            return self._spec("/all")
        if kind == "topics" and names:
            return self._of_topics(connection, names)
        if kind == "providers" and names:
            return self._of_providers(connection, names)
        raise UnknownFeed(f"There is no feed at {path}.", self._near_path(path))

    def places(self, spec: FeedSpec) -> Places:
        """What the change log calls the things this feed is made of."""
        if spec.topics:
            return frozenset(("topic", id) for id in self._topic_ids(spec))
        if spec.providers:
            return frozenset(("provider", id) for id in self._provider_ids(spec))
        return frozenset((("all", 0),))

    def _of_topics(self, connection: Connection, names: str) -> FeedSpec:
        taxonomy = self.config.taxonomy
        slugs = sorted({taxonomy.topic_slug(name) for name in _joined(names)})
        for slug in slugs:
            if not self._has_topic(connection, slug):
                raise UnknownFeed(
                    f"There is no topic {slug!r}.", self._near_topics(connection, slug)
                )
        within = frozenset[str]().union(*map(taxonomy.slugs_within, slugs))
        return self._spec("/topics/" + "+".join(slugs), topics=within)

    def _of_providers(self, connection: Connection, names: str) -> FeedSpec:
        taxonomy = self.config.taxonomy
        domains = sorted({taxonomy.provider_domain(_host(name)) for name in _joined(names)})
        for one in domains:
            if not self._has_provider(connection, one):
                raise UnknownFeed(
                    f"There is no provider {one!r}.", self._near_providers(connection, one)
                )
        within = frozenset[str]().union(*map(taxonomy.domains_of, domains))
        return self._spec("/providers/" + "+".join(domains), providers=within)

    def _spec(
        self,
        path: str,
        topics: frozenset[str] = frozenset(),
        providers: frozenset[str] = frozenset(),
    ) -> FeedSpec:
        config = self.config
        return FeedSpec(
            quote(path, safe="/+"),
            topics,
            providers,
            config.limit,
            config.full,
            config.unpublished,
            config.related,
        )

    def _has_topic(self, connection: Connection, slug: str) -> bool:
        taxonomy = self.config.taxonomy
        if slug in taxonomy.topics:
            return True
        ids = [
            self.names.topic_ids[one]
            for one in taxonomy.slugs_within(slug)
            if one in self.names.topic_ids
        ]
        return self._ever(connection, "topic", ids)

    def _has_provider(self, connection: Connection, domain: str) -> bool:
        taxonomy = self.config.taxonomy
        if domain in taxonomy.providers:
            return True
        ids = [
            self.names.provider_ids[one]
            for one in taxonomy.domains_of(domain)
            if one in self.names.provider_ids
        ]
        return self._ever(connection, "provider", ids)

    def _ever(self, connection: Connection, kind: str, ids: Sequence[int]) -> bool:
        """Whether a reader of this site may know of it: a name that only drafts
        carry must not even be confirmed."""
        if not ids:
            return False
        wanted = tiers(self.config.unpublished, related=True)
        return self.reader.any_entry(connection, kind, ids, wanted) or bool(
            self.reader.departed(connection, [(kind, id) for id in ids], self.publicity())
        )

    # --- entries -------------------------------------------------------------

    def load(self, connection: Connection, spec: FeedSpec) -> Feed:
        """The feed with its entries, newest first."""
        topic_ids = self._topic_ids(spec) if spec.topics else None
        provider_ids = self._provider_ids(spec) if spec.providers else None
        stored = self.reader.newest(
            connection, tiers(spec.unpublished, spec.related), spec.limit, topic_ids, provider_ids
        )
        departed = self._departed(connection, self.places(spec))
        modified = max((one.modified for one in stored), default=0)
        updated = max((one.updated for one in stored), default=None)
        title, description, image = self._headline(spec)
        return Feed(
            spec=spec,
            site=self.config.site,
            title=title,
            description=description,
            entries=tuple(map(self._entry, stored)),
            updated=None if updated is None else moment(updated),
            modified=moment(max(modified, departed)),
            image=image,
        )

    def last_departure(self, connection: Connection) -> datetime:
        """When an entry last left the site, or its configuration changed."""
        return moment(self._departed(connection, frozenset((("all", 0),))))

    def _departed(self, connection: Connection, places: Places) -> int:
        left = self.reader.departed(connection, sorted(places), self.publicity())
        return max(left, int(self.reader.meta(connection, "config_changed") or 0))

    def _entry(self, stored: Stored) -> FeedEntry:
        taxonomy = self.config.taxonomy
        named = (self.names.topics[id] for id in stored.topics if id in self.names.topics)
        topics = {one.slug: one for one in (taxonomy.topic(n.address, n.name) for n in named)}
        return FeedEntry(
            stored.entry,
            taxonomy.provider(stored.entry.provider),
            moment(stored.updated),
            tuple(topics.values()),
        )

    def _headline(self, spec: FeedSpec) -> tuple[str, str, str]:
        """Title, description and image of a feed."""
        site = self.config.site
        kind, _, names = spec.path.strip("/").partition("/")
        if kind == "all":
            return site.title, site.description or f"All articles from {site.title}", site.icon
        if kind == "topics":
            topics = [self._topic(name) for name in names_in(names)]
            title = _either(topic.name for topic in topics)
            given = topics[0] if len(topics) == 1 else Topic("", "")
            described = given.description or f"Articles on {title}"
            return f"{title} — {site.title}", described, given.image or site.icon
        providers = [self._provider_name(name) for name in names_in(names)]
        title = _either(name for name, _ in providers)
        icon = providers[0][1] if len(providers) == 1 else ""
        return f"{title} — {site.title}", f"Articles from {title}", icon or site.icon

    def _topic(self, slug: str) -> Topic:
        id = self.names.topic_ids.get(slug)
        return self.config.taxonomy.topic(slug, self.names.topics[id].name if id else slug)

    def _provider_name(self, domain: str) -> tuple[str, str]:
        known = self.config.taxonomy.providers.get(domain)
        id = self.names.provider_ids.get(domain)
        spelled = self.names.providers[id].name if id else domain
        if known is None:
            return spelled, ""
        return (known.name if known.name != known.domain else spelled), known.icon

    def _topic_ids(self, spec: FeedSpec) -> list[int]:
        ids = self.names.topic_ids
        return sorted(ids[slug] for slug in spec.topics if slug in ids)

    def _provider_ids(self, spec: FeedSpec) -> list[int]:
        ids = self.names.provider_ids
        return sorted(ids[domain] for domain in spec.providers if domain in ids)

    def publicity(self) -> frozenset[bool]:
        """Whether changes of public entries, of drafts or of both concern these feeds."""
        return {
            "exclude": frozenset((True,)),
            "only": frozenset((False,)),
            "include": frozenset((True, False)),
        }[self.config.unpublished]

    # --- lists of feeds ------------------------------------------------------

    def feeds(self, connection: Connection) -> list[FeedSummary]:
        """Every feed there is: all, topics by name, providers by name."""
        total, topics, providers = self.reader.counts(
            connection, tiers(self.config.unpublished, self.config.related)
        )
        site = self.config.site
        return [
            FeedSummary("/all", site.title, total.entries, _changed(total), site.description),
            *self._topic_summaries(connection, topics),
            *self._provider_summaries(providers),
        ]

    def _topic_summaries(
        self, connection: Connection, counts: dict[int, Count]
    ) -> list[FeedSummary]:
        taxonomy = self.config.taxonomy
        slugs = {taxonomy.topic_slug(self.names.topics[id].address) for id in counts}
        found = []
        for slug in slugs | set(taxonomy.topics):
            topic = self._topic(slug)
            within = [
                self.names.topic_ids[one]
                for one in taxonomy.slugs_within(slug)
                if one in self.names.topic_ids
            ]
            parts = [counts[id] for id in within if id in counts]
            if len(parts) > 1:  # an entry may have several of these topics
                entries = self.reader.count_in_topics(
                    connection, tiers(self.config.unpublished, self.config.related), within
                )
            else:
                entries = sum(part.entries for part in parts)
            newest = Count(entries, max((part.modified for part in parts), default=0))
            found.append(
                FeedSummary(
                    quote(f"/topics/{slug}"),
                    topic.name,
                    entries,
                    _changed(newest),
                    topic.description,
                    topic.parent,
                )
            )
        return sorted(found, key=_by_title)

    def _provider_summaries(self, counts: dict[int, Count]) -> list[FeedSummary]:
        taxonomy = self.config.taxonomy
        grouped: dict[str, list[Count]] = {domain: [] for domain in taxonomy.providers}
        for id, count in counts.items():
            domain = taxonomy.provider_domain(self.names.providers[id].address)
            grouped.setdefault(domain, []).append(count)
        found = []
        for domain, parts in grouped.items():
            count = Count(
                sum(part.entries for part in parts), max((p.modified for p in parts), default=0)
            )
            name, _ = self._provider_name(domain)
            found.append(FeedSummary(f"/providers/{domain}", name, count.entries, _changed(count)))
        return sorted(found, key=_by_title)

    # --- what was perhaps meant ----------------------------------------------

    def _near_path(self, path: str) -> tuple[str, ...]:
        kind = path.strip("/").partition("/")[0].lower()
        close = nearest(kind, ("all", "topics", "providers"))
        return ("/all",) if "all" in close else ("/",)

    def _near_topics(self, connection: Connection, slug: str) -> tuple[str, ...]:
        taxonomy = self.config.taxonomy
        close = nearest(slug, {*self.names.topic_ids, *taxonomy.topics}, most=6)
        slugs = dict.fromkeys(map(taxonomy.topic_slug, close))
        known = (one for one in slugs if self._has_topic(connection, one))
        return tuple(quote(f"/topics/{one}") for one in known)[:3]

    def _near_providers(self, connection: Connection, domain: str) -> tuple[str, ...]:
        taxonomy = self.config.taxonomy
        close = nearest(domain, {*self.names.provider_ids, *taxonomy.providers}, most=6)
        domains = dict.fromkeys(map(taxonomy.provider_domain, close))
        known = (one for one in domains if self._has_provider(connection, one))
        return tuple(f"/providers/{one}" for one in known)[:3]


def names_in(path: str) -> list[str]:
    """The names of a canonical path's last part, decoded."""
    return unquote(path).split("+")


def _joined(names: str) -> list[str]:
    found = [name for name in names.split("+") if name]
    if not found or len(found) > _MOST_JOINED:
        raise UnknownFeed(f"An address joins at most {_MOST_JOINED} names.", ("/",))
    return found


def _host(name: str) -> str:
    try:
        return without_www(domain(name))
    except ValueError:
        return name


def _either(names: Iterable[str]) -> str:
    return " or ".join(names)


def _changed(count: Count) -> datetime | None:
    return moment(count.modified) if count.modified else None


def _by_title(feed: FeedSummary) -> tuple[str, str]:
    return feed.title.casefold(), feed.path
