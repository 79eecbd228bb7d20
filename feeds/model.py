"""The values that the packages pass to each other, all immutable: `Entry`, `FeedSpec`, `Feed`.

An `Entry` is one article as every format publishes it. A `FeedSpec` says which
entries a feed has; a `Feed` is that feed with its entries.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from feeds.feed_path import FeedPath
from feeds.podcast import Podcast


def with_token(query: str, token: str) -> str:
    """Return a query with a token added, if there is one. Tokens need no percent-encoding."""
    return "&".join(filter(None, (query, f"token={token}" if token else "")))


def urn(id: UUID | str) -> str:
    """Return an id as feeds have it: RFC 9562 section 4."""
    return f"urn:uuid:{id}"


class Image(NamedTuple):
    """An image; width and height in pixels where known."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""
    attribution: str = ""


class Provider(NamedTuple):
    """The publisher of an article, identified by a domain without `www.`."""

    domain: str
    name: str
    icon: str = ""


class Person(NamedTuple):
    """The author of an article or the person responsible for a feed; `avatar` is the address of a
    picture."""

    name: str = ""
    email: str = ""
    url: str = ""
    avatar: str = ""


class Media(NamedTuple):
    """A file that belongs to an article: audio, video or another. Bytes and seconds if known."""

    url: str
    type: str  # its media type
    length: int | None = None
    duration: int | None = None
    title: str = ""


class Related(NamedTuple):
    """Coverage of the same story, as the parent article names it; ids as in `Entry`."""

    id: str  # only published, so it need not be a UUID
    url: str
    title: str
    provider: str
    guid: str = ""


class Entry(NamedTuple):
    """One article, canonical: text is clean, addresses absolute, times UTC to the second.

    `topics` and `tags` are names as written. `content` is sanitized HTML, empty
    if there is none beyond the summary. `embed` is the https address of a player.
    `updated` is None if the article gives no such time, and `expires` if it stays. `own` is true
    for an article with a file of its own, false for one named as related coverage. `guid` is the
    IRI that the article gives itself as its id; feeds write it, everything else goes by `id`.
    """

    id: UUID
    url: str
    title: str
    published: datetime
    provider: Provider
    summary: str = ""
    content: str = ""
    embed: str = ""
    amp_url: str = ""
    amp_cache_url: str = ""
    updated: datetime | None = None
    topics: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: str = "article"
    quality: float | None = None
    heat: float | None = None
    images: tuple[Image, ...] = ()
    related: tuple[Related, ...] = ()
    public: bool = True
    own: bool = True
    guid: str = ""
    authors: tuple[Person, ...] = ()
    media: tuple[Media, ...] = ()
    language: str = ""
    expires: datetime | None = None

    @property
    def urn(self) -> str:
        """Return the id as feeds write it if no other is given."""
        return urn(self.id)


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject with a feed; `parent` is the slug of a wider topic.

    `name` is empty for a topic that is configured without one: see `Taxonomy.topic`.
    """

    slug: str
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    description: str = ""
    image: str = ""


class Format(StrEnum):
    """The format of a feed; its value is the suffix of the feed's address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """Return the media type without parameters, as `type` attributes have it."""
        return f"application/{'feed+json' if self is Format.JSON else f'{self}+xml'}"

    @property
    def label(self) -> str:
        """Return the name of the format for people."""
        return {Format.RSS: "RSS 2.0", Format.ATOM: "Atom 1.0", Format.JSON: "JSON Feed 1.1"}[self]


Visibility = Literal["exclude", "include", "only"]
Order = Literal["published", "quality", "heat"]
# Adjacent words, folded: see `feeds.util.tokenizer`.
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """How far back a feed goes: to a fixed time, or `span` seconds before now."""

    moment: datetime | None = None
    span: int = 0


class Shown(NamedTuple):
    """Whether drafts and related coverage are shown."""

    unpublished: Visibility
    related: bool


@dataclass(frozen=True, slots=True)
class Criteria:
    """Conditions on entries, all of which must hold.

    `topics` and `phrases` are groups; an entry must have a member of each group,
    so no entry meets a group without members. Topics are slugs of the catalog, with
    aliases and subtopics resolved. `providers` are domains and `kinds` are types,
    one of which an entry must have; None is no restriction. Entries without a score
    do not reach a minimum. `shown` overrides what the feed shows, for a member of a
    bundle; None does not.
    """

    topics: tuple[frozenset[str], ...] = ()
    providers: frozenset[str] | None = None
    kinds: frozenset[str] | None = None
    phrases: tuple[tuple[Phrase, ...], ...] = ()
    min_quality: float | None = None
    since: tuple[Since, ...] = ()
    not_topics: frozenset[str] = frozenset()
    not_providers: frozenset[str] = frozenset()
    not_phrases: tuple[Phrase, ...] = ()
    shown: Shown | None = None

    def narrowed(self, other: "Criteria") -> "Criteria":
        """Return criteria for entries that meet both, with `shown` of the first."""
        qualities = [q for q in (self.min_quality, other.min_quality) if q is not None]
        return Criteria(
            (*self.topics, *(group for group in other.topics if group not in self.topics)),
            _common(self.providers, other.providers),
            _common(self.kinds, other.kinds),
            (*self.phrases, *(group for group in other.phrases if group not in self.phrases)),
            max(qualities, default=None),
            (*self.since, *(limit for limit in other.since if limit not in self.since)),
            self.not_topics | other.not_topics,
            self.not_providers | other.not_providers,
            tuple(dict.fromkeys((*self.not_phrases, *other.not_phrases))),
            self.shown,
        )

    @property
    def plain(self) -> bool:
        """Return whether an entry can only leave by leaving a topic, a provider or the site."""
        return self == Criteria(topics=self.topics[:1], providers=self.providers)


def _common(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """Which entries a feed has, how it shows them, and its canonical address.

    An entry is in the feed if it meets any of `criteria`. `path` has no suffix, `query` no
    question mark. `set` is the name of the feed set that it shows. `words` describes its
    parameters for people. `token` gave access to the feed and is repeated in its addresses.
    """

    path: FeedPath
    criteria: tuple[Criteria, ...] = (Criteria(),)
    query: str = ""
    set: str = ""
    words: str = ""
    limit: int = 50
    order: Order = "published"
    max_age: int = 300
    full: bool = True
    unpublished: Visibility = "exclude"
    related: bool = True
    private: bool = False
    story: UUID | None = None  # the entry whose story this is, with its related coverage
    token: str = field(default="", repr=False)  # a secret must not be in a log

    def address(self, format: Format | None = None) -> str:
        """Return the canonical address in a format, or that of the page."""
        return _address(self.path, format, self.query, self.token)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a feed set includes or excludes, by names as the publisher writes them."""

    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    keywords: tuple[Phrase, ...] = ()
    min_quality: float | None = None
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class FeedSet:
    """A feed that the publisher has defined; None is the default of the site.

    `members` are addresses of feeds: a set with members has their entries.
    """

    name: str
    title: str
    description: str = ""
    icon: str = ""
    language: str = ""
    include: Rules = Rules()
    exclude: Rules = Rules()
    members: tuple[str, ...] = ()
    order: Order = "published"
    private: bool = False
    limit: int | None = None
    max_age: int | None = None
    full: bool | None = None
    unpublished: Visibility | None = None
    related: bool | None = None
    podcast: Podcast | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """What all feeds of a site have in common. `base_url` has no trailing slash."""

    title: str
    base_url: str
    description: str = ""
    language: str = "en"
    author: Person = field(default_factory=Person)
    copyright: str = ""
    icon: str = ""
    podcast: Podcast | None = None
    timezone: str = "UTC"  # of times on pages


class FeedEntry(NamedTuple):
    """An entry as one feed shows it, with `updated`, its provider and its topics resolved.

    A `hidden` entry, such as a draft, is not public, so it has no story. `entry` has a `guid` only
    if feeds write it. `coverage` are the ids of the other entries of its story; only pages look for
    them.
    """

    entry: Entry
    provider: Provider
    updated: datetime
    topics: tuple[Topic, ...]
    hidden: bool = False
    coverage: frozenset[UUID] = frozenset()


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that was withdrawn, the time, and the id that it gave itself if feeds wrote it."""

    id: UUID
    when: datetime
    guid: str = ""

    @property
    def ref(self) -> str:
        """Return the id as feeds had it."""
        return self.guid or urn(self.id)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, ready to render.

    `updated` is the newest `updated` of the entries, in UTC, or None if there are none. `modified`
    is when the document last changed, also by a withdrawal. `expires` is when it will change only
    because time passes, or None. `deleted` are the withdrawn entries that would otherwise be in the
    feed.
    """

    spec: FeedSpec
    site: Site
    title: str
    description: str
    entries: tuple[FeedEntry, ...] = ()
    updated: datetime | None = None
    modified: datetime | None = None
    image: str = ""
    language: str = ""  # the site's
    expires: datetime | None = None
    deleted: tuple[Tombstone, ...] = ()
    podcast: Podcast | None = None  # that of the set, else the site's

    def url(self, format: Format | None = None) -> str:
        """Return the feed's address in a format, or that of its page."""
        return self.site.base_url + self.spec.address(format)

    def dated(self, modified: datetime) -> "Feed":
        """Return the same feed with another time of the document's last change."""
        return replace(self, modified=modified)


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A line of a list of feeds. `entries` is None if they are not counted."""

    path: FeedPath
    title: str
    entries: int | None
    changed: datetime | None
    description: str = ""
    parent: str | None = None
    query: str = ""
    private: bool = False
    icon: str = ""
    token: str = field(default="", repr=False)  # as in `FeedSpec`

    def address(self, format: Format | None = None) -> str:
        """Return the feed's address in a format, or that of its page."""
        return _address(self.path, format, self.query, self.token)


def _address(path: FeedPath, format: Format | None, query: str, token: str) -> str:
    query = with_token(query, token)
    return f"{path.with_suffix(format or '')}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Branch:
    """A topic in a list, with the topics within it."""

    feed: FeedSummary
    below: tuple["Branch", ...] = ()

    @property
    def size(self) -> int:
        """Return the number of topics, this one included."""
        return 1 + sum(branch.size for branch in self.below)
