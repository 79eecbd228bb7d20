"""The configuration files as pydantic models: their keys, types and limits."""

import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    WithJsonSchema,
)

from feeds.model import Phrase, Since
from feeds.util import durations, text, tokenizer, urls

_SHARE_PATTERN: Final = r"^(\d{1,3}(?:\.\d+)?)\s*%$"
_SHARE: Final = re.compile(_SHARE_PATTERN).match
_LANGUAGE_PATTERN: Final = "^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$"
_LANGUAGE: Final = re.compile(_LANGUAGE_PATTERN).match
_EMAIL: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+").fullmatch
_KIND: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch


def _from_text(parse: Callable[[str], object]) -> BeforeValidator:
    """Return a validator that parses a text; pydantic refuses any other value."""
    return BeforeValidator(lambda value: parse(value) if isinstance(value, str) else value)


def share(written: str) -> float:
    """Return a share of the whole such as `20%` as a number from 0 to 1. Raises ValueError."""
    match = _SHARE(written.strip())
    if not match or (number := float(match[1]) / 100) > 1:
        raise ValueError("is no share; write a number from 0 to 100 and %, such as 20%")
    return number


def _address(written: str) -> str:
    try:
        return urls.usable(written)
    except ValueError as error:
        raise ValueError(f"{error}; write a whole address, such as https://example.org") from None


def _base(written: str) -> str:
    address = _address(written)
    if "?" in address or "#" in address:
        raise ValueError("has ? or # in it; leave out what comes after the path")
    return address


def _email(written: str) -> str:
    if not _EMAIL(written):
        raise ValueError("is no address of a mailbox; write it like editor@example.org")
    return written


def _slug(written: str) -> str:
    right = text.slug(written)
    if not right:
        raise ValueError("has no letters or digits; write a word such as computer-vision")
    if right != written:
        raise ValueError(f"is no slug; write {right}")
    return written


def _domain(written: str) -> str:
    try:
        return urls.without_www(urls.domain(written))
    except ValueError as error:
        raise ValueError(f"{error}; write it like example.org") from None


def _language(written: str) -> str:
    if not _LANGUAGE(written):
        raise ValueError("is no language; write a code such as en or pt-BR")
    return written


def _kind(written: str) -> str:
    kind = written.lower()
    if not _KIND(kind):
        raise ValueError("is no type; write one word, such as article or video")
    return kind


def _keyword(written: str) -> Phrase:
    phrase = tokenizer.phrase(written)
    if not phrase:
        raise ValueError("has no letters or digits; write a word, or several for a phrase")
    return phrase


_listed: Final = _from_text(lambda written: [written])


def _as(**schema: Any) -> WithJsonSchema:
    """Return what editors can check of a value that a function checks here."""
    return WithJsonSchema(schema)


def _one_or_many(**schema: Any) -> WithJsonSchema:
    return _as(anyOf=[schema, {"type": "array", "items": schema}])


Line = Annotated[str, AfterValidator(text.one_line), Field(min_length=1, max_length=500)]
Address = Annotated[
    str, AfterValidator(_address), _as(type="string", format="uri", pattern="^https?://")
]
Base = Annotated[
    str, AfterValidator(_base), _as(type="string", format="uri", pattern="^https?://[^?#]*$")
]
Email = Annotated[Line, AfterValidator(_email), Field(json_schema_extra={"format": "email"})]
Slug = Annotated[str, AfterValidator(_slug)]
Domain = Annotated[str, AfterValidator(_domain)]
Language = Annotated[str, AfterValidator(_language), _as(type="string", pattern=_LANGUAGE_PATTERN)]
Duration = Annotated[
    int,
    _from_text(durations.seconds),
    _as(type="string", pattern=durations.PATTERN, examples=["5m", "7d"]),
]
SinceValue = Annotated[
    Since, _from_text(durations.since), _as(type="string", examples=["90d", "2026-01-31"])
]
Lines = Annotated[tuple[Line, ...], _listed, _one_or_many(type="string")]
Domains = Annotated[tuple[Domain, ...], _listed, _one_or_many(type="string")]
Kinds = Annotated[
    tuple[Annotated[str, AfterValidator(_kind)], ...],
    _listed,
    _one_or_many(type="string", examples=["article", "video"]),
]
Keywords = Annotated[
    tuple[Annotated[Phrase, _from_text(_keyword)], ...],
    _listed,
    _one_or_many(type="string"),
]
Limit = Annotated[int, Field(ge=1, le=200)]
Quality = Annotated[float, Field(allow_inf_nan=False)]
Content = Literal["full", "summary"]
Unpublished = Literal["exclude", "include", "only"]
Related = Literal["include", "exclude"]
Share = Annotated[
    float,
    _from_text(share),
    _as(type="string", pattern=_SHARE_PATTERN, examples=["20%"]),
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


class AuthorPart(_Part):
    """Who answers for the site."""

    name: Line | None = None
    """Who answers for the feeds; the site's title if absent."""
    email: Email | None = None
    """Their address; RSS names an editor only with one."""
    url: Address | None = None
    """Their page."""


class DefaultsPart(_Part):
    """What holds for every feed; a set may override each."""

    limit: Limit = 50
    """Entries in a feed document."""
    max_age: Duration = 300
    """How long readers and caches may keep an answer, such as 5m."""
    content: Content = "full"
    """Whether feeds carry whole articles or their summaries."""
    unpublished: Unpublished = "exclude"
    """What happens to drafts."""
    related: Related = "include"
    """Whether related coverage is in feeds, or only articles with a file of their own."""


class IngestPart(_Part):
    """How articles are taken in."""

    withdraw_at_most: Share = 0.2
    """How much of what is served a scan may take away at once; more than that waits."""
    seconds_per_file: Annotated[int, Field(ge=1, le=3600)] = 10
    """Seconds of processor time that reading a file may take; one that takes more is refused."""
    memory_per_file: Annotated[int, Field(ge=64, le=65536)] = 512
    """MiB of memory that reading a file may take, on Linux; one that takes more is refused."""


class SiteFile(_Part):
    """site.yaml: what every feed of the site shares."""

    title: Line = "News"
    """The title of /all, and the second part of all other titles."""
    description: Line | None = None
    """The description of /all."""
    base_url: Base | None = None
    """What all links in feeds begin with; http://HOST:PORT of `feeds serve` if absent."""
    language: Language = "en"
    """The language of feeds and pages, such as en or pt-BR."""
    author: AuthorPart = AuthorPart()
    copyright: Line | None = None
    """Whose rights the feeds are."""
    icon: Address | None = None
    """The site's icon, and the image of feeds that have none of their own."""
    defaults: DefaultsPart = DefaultsPart()
    ingest: IngestPart = IngestPart()
    websub: Line = "builtin"
    """builtin, off, or the address of another WebSub hub."""


class TopicItem(_Part):
    """An item of topics.yaml: name, place and spellings of a topic."""

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
    """What an entry needs: in each list any, of the lists all."""

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
    """How far back: a span such as 90d, which moves with time, or a date."""


class ExcludePart(_Part):
    """What keeps an entry out: any of it."""

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
    """The description of the feed; what is in it, in words, if absent."""
    icon: Address | None = None
    """The image of the feed; the site's icon if absent."""
    language: Language | None = None
    """The language of the feed; the site's if absent."""
    include: IncludePart = IncludePart()
    exclude: ExcludePart = ExcludePart()
    members: Lines = ()
    """Addresses of feeds, such as /topics/ai: the set has the entries of all of them."""
    sort: Literal["published", "quality", "heat"] = "published"
    """Which entries come first, and so which are in it if there are more than its limit."""
    private: bool = False
    """Whether it takes a token to read the feed: see `feeds token`."""
    limit: Limit | None = None
    """Entries in the feed document, instead of the site's default."""
    max_age: Duration | None = None
    """How long an answer may be kept, instead of the site's default."""
    content: Content | None = None
    """Whole articles or summaries, instead of the site's default."""
    unpublished: Unpublished | None = None
    """What happens to drafts, instead of the site's default."""
    related: Related | None = None
    """Related coverage, instead of the site's default."""


class TopicsFile(RootModel[tuple[TopicItem, ...]]):
    """topics.yaml: names, hierarchy and spellings of topics."""


class ProvidersFile(RootModel[tuple[ProviderItem, ...]]):
    """providers.yaml: names and spellings of providers."""


class SetsFile(RootModel[dict[Slug, SetItem]]):
    """sets.yaml: feed sets by name."""


FILES: Final[dict[str, type[BaseModel]]] = {
    "site": SiteFile,
    "topics": TopicsFile,
    "providers": ProvidersFile,
    "sets": SetsFile,
}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a configuration file, for editors. `name` is one of FILES."""
    schema = FILES[name].model_json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}
