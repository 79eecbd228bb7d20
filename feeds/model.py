"""The nouns of the field, frozen. Data only.

An `Entry` is one article as every format publishes it. A `FeedSpec` says which
entries a feed has; a `Feed` is that feed with its entries.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal, NamedTuple
from uuid import UUID

from feeds.feed_path import FeedPath


def with_token(query: str, token: str) -> str:
    """A query that gives a token too, if there is one. Tokens are of letters, digits, - and _."""
    return "&".join(filter(None, (query, f"token={token}" if token else "")))


def urn(id: UUID | str) -> str:
    """An id as feeds carry it: RFC 9562 section 4."""
    return f"urn:uuid:{id}"


class Image(NamedTuple):
    """A picture; width and height in pixels where known."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""
    attribution: str = ""


class Provider(NamedTuple):
    """Who published an article, known by a domain without `www.`."""

    domain: str
    name: str
    icon: str = ""


class Related(NamedTuple):
    """Coverage of the same story, as the parent article names it. Its id is only shown,
    so it is kept as it is written."""

    id: str
    url: str
    title: str
    provider: str


class Entry(NamedTuple):
    """One article, canonical: text is clean, addresses absolute, times UTC to the second.

    `topics` and `tags` are names as written; `content` is sanitised HTML,
    empty if there is none beyond the summary; `embed` is a player's https
    address. `updated` is None where the article does not say. `own` tells an
    article with a file of its own from a mention as related coverage.
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

    @property
    def urn(self) -> str:
        """The id that feeds carry."""
        return urn(self.id)


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject with a feed; `parent` is the slug of a wider topic. One that is configured
    without a `name` has none here: see `Taxonomy.topic`."""

    slug: str
    name: str
    parent: str | None = None
    aliases: tuple[str, ...] = ()
    description: str = ""
    image: str = ""


class Format(StrEnum):
    """A feed's format, named by the suffix of its address."""

    RSS = "rss"
    ATOM = "atom"
    JSON = "json"

    @property
    def media_type(self) -> str:
        """Without parameters, as `type` attributes have it."""
        return {
            Format.RSS: "application/rss+xml",
            Format.ATOM: "application/atom+xml",
            Format.JSON: "application/feed+json",
        }[self]

    @property
    def label(self) -> str:
        """As people call it."""
        return {Format.RSS: "RSS 2.0", Format.ATOM: "Atom 1.0", Format.JSON: "JSON Feed 1.1"}[self]


Visibility = Literal["exclude", "include", "only"]
Order = Literal["published", "quality", "heat"]
# Words that stand side by side, folded: see `feeds.util.tokenizer`.
Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Since:
    """How far back a feed goes: to a moment, or over a span in seconds that moves with time."""

    moment: datetime | None = None
    span: int = 0


class Shown(NamedTuple):
    """Whether drafts are shown, and related coverage."""

    unpublished: Visibility
    related: bool


@dataclass(frozen=True, slots=True)
class Criteria:
    """Which entries are wanted: all fields must hold.

    `topics` and `phrases` are groups, of which each has to have a member that
    an entry has; a group without members is met by none. Topics are slugs as
    catalogued, with every alias and subtopic resolved. `providers` are domains
    and `kinds` types, of which an entry has one; None is no restriction.
    Entries without a score do not reach a minimum. `shown` is what a bundle's member
    shows of them; None is what the feed does.
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
        """What meets both, shown as the first."""
        qualities = [one for one in (self.min_quality, other.min_quality) if one is not None]
        return Criteria(
            (*self.topics, *(one for one in other.topics if one not in self.topics)),
            _common(self.providers, other.providers),
            _common(self.kinds, other.kinds),
            (*self.phrases, *(one for one in other.phrases if one not in self.phrases)),
            max(qualities, default=None),
            (*self.since, *(one for one in other.since if one not in self.since)),
            self.not_topics | other.not_topics,
            self.not_providers | other.not_providers,
            tuple(dict.fromkeys((*self.not_phrases, *other.not_phrases))),
            self.shown,
        )

    @property
    def plain(self) -> bool:
        """Whether an entry can leave these only by leaving a topic, a provider or the site."""
        return self == Criteria(topics=self.topics[:1], providers=self.providers)


def _common(first: frozenset[str] | None, second: frozenset[str] | None) -> frozenset[str] | None:
    if first is None or second is None:
        return second if first is None else first
    return first & second


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """Which entries a feed has, how it shows them, and its canonical address.

    An entry belongs to it that meets any of `criteria`. `path` has no suffix,
    `query` no question mark. `set` names the feed set it is made of, `words`
    says in words what narrows it beyond that or beyond its path. `token` is what
    opened it, where its addresses are to open it again.
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
    story: UUID | None = None  # the entry whose story this is, with all that belongs to it
    token: str = field(default="", repr=False)  # a secret has no place in a log

    def address(self, format: Format | None = None) -> str:
        """The canonical address in a format, or that of the page."""
        return _address(self.path, format, self.query, self.token)


@dataclass(frozen=True, slots=True)
class Rules:
    """What a feed set includes or excludes, in the publisher's own words."""

    topics: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    keywords: tuple[Phrase, ...] = ()
    min_quality: float | None = None
    since: Since | None = None


@dataclass(frozen=True, slots=True)
class FeedSet:
    """A feed that the publisher has defined; None where the site's default holds.

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


@dataclass(frozen=True, slots=True)
class Person:
    """Who answers for a feed."""

    name: str = ""
    email: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Site:
    """What every feed of a site shares. `base_url` has no trailing slash."""

    title: str
    base_url: str
    description: str = ""
    language: str = "en"
    author: Person = Person()
    copyright: str = ""
    icon: str = ""


class FeedEntry(NamedTuple):
    """An entry as one feed shows it: with its times settled, its provider and topics named."""

    entry: Entry
    provider: Provider
    updated: datetime
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Tombstone:
    """An entry that has been withdrawn, and when."""

    id: UUID
    when: datetime

    @property
    def urn(self) -> str:
        """The id that feeds carried."""
        return urn(self.id)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, ready to render.

    `updated` is the newest `updated` among the entries, in UTC, or None if
    there are none; `modified` is when the document last changed, which a
    withdrawal moves too. `expires` is when time alone will change it, if ever.
    `deleted` are entries that would be among them had they not been withdrawn.
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

    def url(self, format: Format | None = None) -> str:
        """The feed's address in a format, or that of its page."""
        return self.site.base_url + self.spec.address(format)

    def dated(self, modified: datetime) -> "Feed":
        """The same feed, its document last changed at a time."""
        return replace(self, modified=modified)


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A line of a list of feeds. `entries` is None where nobody has counted."""

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
        """The feed's address in a format, or that of its page."""
        return _address(self.path, format, self.query, self.token)


def _address(path: FeedPath, format: Format | None, query: str, token: str) -> str:
    query = with_token(query, token)
    return f"{path.with_suffix(format or '')}{'?' if query else ''}{query}"


@dataclass(frozen=True, slots=True)
class Branch:
    """A topic in a list, and what lies within it."""

    feed: FeedSummary
    below: tuple["Branch", ...] = ()

    @property
    def size(self) -> int:
        """How many topics that are."""
        return 1 + sum(branch.size for branch in self.below)
