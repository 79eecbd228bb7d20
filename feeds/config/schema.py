"""The configuration files as pydantic models: their keys, types and limits."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from feeds.article_settings import Future
from feeds.config.value_types import (
    Address,
    Base,
    Category,
    Contacts,
    Content,
    Domain,
    Domains,
    Duration,
    Email,
    Expires,
    FileBelow,
    Glob,
    Globs,
    Keywords,
    Kinds,
    Language,
    Limit,
    Line,
    Lines,
    Names,
    Permalink,
    Quality,
    Related,
    Share,
    SinceValue,
    Slug,
    Unpublished,
    Zone,
)


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class AuthorPart(_Part):
    """The person or organisation responsible for the site."""

    name: Line | None = None
    """Who answers for the feeds; the site's title if absent."""
    email: Email | None = None
    """Their address; RSS names an editor only with one."""
    url: Address | None = None
    """Their page."""


class PodcastPart(_Part):
    """The data that podcast directories need, for feeds with audio."""

    author: Line | None = None
    """Who makes the podcast; the site's author if absent."""
    email: Email | None = None
    """Where directories write to; the address of the site's author if absent."""
    category: Category | None = None
    """A category of Apple Podcasts, such as News or Society & Culture > Documentary."""
    image: Address | None = None
    """The cover, a square JPEG or PNG; the image of the feed if absent."""
    explicit: bool | None = None
    """Whether it is for adults only."""


class DefaultsPart(_Part):
    """Settings of every feed; a feed set may override each of them."""

    limit: Limit = 50
    """Entries in a feed document."""
    max_age: Duration = 300
    """How long readers and caches may keep a response, such as 5m."""
    content: Content = "full"
    """Whether feeds contain whole articles or their summaries."""
    unpublished: Unpublished = "exclude"
    """What happens to drafts."""
    related: Related = "include"
    """Whether related coverage is in feeds, or only articles with a file of their own."""


class IngestPart(_Part):
    """How articles are read into the catalog."""

    withdraw_at_most: Share = 0.2
    """The largest share of the served articles that may be withdrawn at once; more wait."""
    seconds_per_file: Annotated[int, Field(ge=1, le=3600)] = 10
    """Seconds of processor time that reading a file may take; one that takes more is refused."""
    memory_per_file: Annotated[int, Field(ge=64, le=65536)] = 512
    """MiB of memory that reading a file may take, on Linux; one that takes more is refused."""


class SecurityPart(_Part):
    """How to report a vulnerability, for `/.well-known/security.txt`."""

    contact: Contacts
    """Where reports go: mailto:security@example.org, an https address or tel:, the best first."""
    expires: Expires
    """The date from which this is no longer valid, less than a year ahead."""


class SiteFile(_Part):
    """site.yaml: settings that all feeds of the site share."""

    title: Line = "News"
    """The title of /all, and the second part of all other titles."""
    description: Line | None = None
    """The description of /all."""
    base_url: Base | None = None
    """The beginning of all links in feeds; http://HOST:PORT of `feeds serve` if absent."""
    language: Language = "en"
    """The language of feeds and pages, such as en or pt-BR."""
    timezone: Zone | None = None
    """The time zone of pages and of dates without one, such as Europe/Berlin; UTC if absent."""
    author: AuthorPart = AuthorPart()
    copyright: Line | None = None
    """Who holds the rights to the feeds."""
    icon: Address | None = None
    """The site's icon, and the image of feeds that have none of their own."""
    defaults: DefaultsPart = DefaultsPart()
    ingest: IngestPart = IngestPart()
    podcast: PodcastPart = PodcastPart()
    security: SecurityPart | None = None
    """Whom to tell of a vulnerability; nothing is said of it if absent."""
    websub: Line = "builtin"
    """builtin, off, or the address of another WebSub hub."""


class RulePart(_Part):
    """Fields of the articles whose paths match a pattern."""

    path: Glob
    """The files that it is for: a pattern below the folder of articles."""
    defaults: dict[str, Any] = {}
    """Fields for articles that do not have them."""
    overrides: dict[str, Any] = {}
    """Fields that replace those of the articles."""


class ArticlesFile(_Part):
    """articles.yaml: how files become articles."""

    base: Base | None = None
    """The address that a path is relative to."""
    permalink: Permalink | None = None
    """The addresses of articles whose files have none, such as /blog/:year/:slug/."""
    timezone: Zone | None = None
    """The time zone of dates without one, such as Europe/Berlin; that of the site if absent."""
    future: Future = "hold"
    """Whether articles with a date in the future are held back until then, or shown."""
    include: Globs = ()
    """The files that are articles, as patterns below the folder of articles; all if absent."""
    exclude: Globs = ()
    """The files among these that are not articles."""
    fields: dict[str, Names] = {}
    """Further names of fields, read before the usual ones: title: [newstitle]."""
    shortcodes: Literal["keep", "drop"] = "keep"
    """Whether shortcodes and template tags stay in texts or are dropped."""
    authors: FileBelow | None = None
    """A file with authors by their keys, below the folder of configuration or of articles."""
    authors_email: bool = False
    """Whether the e-mail addresses of authors are published."""
    rules: Annotated[tuple[RulePart, ...], Field(max_length=1000)] = ()
    """Fields by path; if several rules set a field, the most specific path counts."""


class TopicItem(_Part):
    """An item of topics.yaml: name, parent and spellings of a topic."""

    slug: Slug
    """The topic's address: /topics/SLUG."""
    name: Line | None = None
    """How it is shown; as articles spell it if absent."""
    parent: Line | None = None
    """A wider topic, by any of its names; entries of a topic are in its parents' feeds too."""
    aliases: Lines = ()
    """Other names of the same topic."""
    description: Line | None = None
    """The description of its feed."""
    image: Address | None = None
    """The image of its feed."""


class ProviderItem(_Part):
    """An item of providers.yaml: name and spellings of a provider."""

    domain: Domain
    """The provider's address: /providers/DOMAIN."""
    name: Line | None = None
    """How it is shown; as articles spell it if absent."""
    aliases: Domains = ()
    """Other hosts of the same provider."""
    icon: Address | None = None
    """The image of its feed."""


class IncludePart(_Part):
    """What an entry must have: one item of each of these lists."""

    topics: Lines = ()
    """Topics by slug, name or alias; subtopics count with their parents."""
    providers: Lines = ()
    """Providers by domain, or by a name or alias of providers.yaml."""
    types: Kinds = ()
    """Types, such as article or video."""
    keywords: Keywords = ()
    """Whole words or phrases, in title, summary or content; case and accents do not count."""
    min_quality: Quality | None = None
    """The least quality; entries without a score are left out."""
    since: SinceValue | None = None
    """The earliest date, or a span up to now such as 90d."""


class ExcludePart(_Part):
    """What keeps an entry out: any item of these lists."""

    topics: Lines = ()
    """Topics, with their subtopics."""
    providers: Lines = ()
    """Providers."""
    keywords: Keywords = ()
    """Whole words or phrases."""


class SetItem(_Part):
    """A feed set: a feed at /sets/NAME that the publisher defines."""

    title: Line | None = None
    """The title of the feed; its name if absent."""
    description: Line | None = None
    """The description of the feed; if absent, its rules in words."""
    icon: Address | None = None
    """The image of the feed; the site's icon if absent."""
    language: Language | None = None
    """The language of the feed; the site's if absent."""
    include: IncludePart = IncludePart()
    exclude: ExcludePart = ExcludePart()
    members: Lines = ()
    """Addresses of feeds, such as /topics/ai: the set has the entries of all of them."""
    sort: Literal["published", "quality", "heat"] = "published"
    """Which entries come first; those beyond the limit are left out."""
    private: bool = False
    """Whether readers need a token for the feed: see `feeds token`."""
    limit: Limit | None = None
    """Entries in the feed document, instead of the site's default."""
    max_age: Duration | None = None
    """How long a response may be kept, instead of the site's default."""
    content: Content | None = None
    """Whole articles or summaries, instead of the site's default."""
    unpublished: Unpublished | None = None
    """What happens to drafts, instead of the site's default."""
    related: Related | None = None
    """Related coverage, instead of the site's default."""
    podcast: PodcastPart = PodcastPart()


class TopicsFile(RootModel[tuple[TopicItem, ...]]):
    """topics.yaml: names, hierarchy and spellings of topics."""


class ProvidersFile(RootModel[tuple[ProviderItem, ...]]):
    """providers.yaml: names and spellings of providers."""


class SetsFile(RootModel[dict[Slug, SetItem]]):
    """sets.yaml: feed sets by name."""


FILES: Final[dict[str, type[BaseModel]]] = {
    "site": SiteFile,
    "articles": ArticlesFile,
    "topics": TopicsFile,
    "providers": ProvidersFile,
    "sets": SetsFile,
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a configuration file, for editors. `name` is one of FILES."""
    schema = FILES[name].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
