"""The nouns of the field, frozen. Data only.

An `Entry` is one article as every format publishes it. A `FeedSpec` says which
entries a feed has; a `Feed` is that feed with its entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Image:
    """A picture; width and height in pixels where known."""

    url: str
    width: int | None = None
    height: int | None = None
    title: str = ""
    attribution: str = ""


@dataclass(frozen=True, slots=True)
class Provider:
    """Who published an article, known by a domain without `www.`."""

    domain: str
    name: str
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Related:
    """Coverage of the same story, as the parent article names it."""

    id: UUID
    url: str
    title: str
    provider: str


@dataclass(frozen=True, slots=True)
class Entry:
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
        return f"urn:uuid:{self.id}"


@dataclass(frozen=True, slots=True)
class Topic:
    """A subject with a feed; `parent` is the slug of a wider topic."""

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


@dataclass(frozen=True, slots=True)
class FeedSpec:
    """Which entries a feed has, and its canonical path without suffix.

    `topics` are slugs as catalogued, with every alias and subtopic resolved;
    `providers` are domains. Empty means no restriction. Within a field any
    matches, between fields all must.
    """

    path: str
    topics: frozenset[str] = frozenset()
    providers: frozenset[str] = frozenset()
    limit: int = 50
    full: bool = True
    unpublished: Visibility = "exclude"
    related: bool = True
    story: UUID | None = None  # the entry whose story this is, with all that belongs to it


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


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """An entry as one feed shows it: with its times settled, its provider and topics named."""

    entry: Entry
    provider: Provider
    updated: datetime
    topics: tuple[Topic, ...]


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, ready to render.

    `updated` is the newest `updated` among the entries, in UTC, or None if
    there are none; `modified` is when the document last changed, which a
    withdrawal moves too.
    """

    spec: FeedSpec
    site: Site
    title: str
    description: str
    entries: tuple[FeedEntry, ...] = ()
    updated: datetime | None = None
    modified: datetime | None = None
    image: str = ""

    def url(self, format: Format | None = None) -> str:
        """The feed's address in a format, or that of its page."""
        suffix = f".{format}" if format else ""
        return f"{self.site.base_url}{self.spec.path}{suffix}"

    def dated(self, modified: datetime) -> "Feed":
        """The same feed, its document last changed at a time."""
        return replace(self, modified=modified)


@dataclass(frozen=True, slots=True)
class FeedSummary:
    """A line of a list of feeds."""

    path: str
    title: str
    entries: int
    changed: datetime | None
    description: str = ""
    parent: str | None = None
    icon: str = ""
