"""The configuration files as pydantic models: their keys, types and limits."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from feeds import text, urls

_DURATION: Final = re.compile(r"(\d+)\s*([smhdw])").fullmatch
_SHARE: Final = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%").fullmatch
_UNITS: Final = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_LONGEST_DURATION: Final = 100 * 365 * 86400
_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*").fullmatch


def seconds(written: str) -> int:
    """A duration such as `30s`, `5m`, `12h`, `7d` or `2w`, in seconds. Raises ValueError."""
    match = _DURATION(written.strip().lower())
    if not match or (found := int(match[1]) * _UNITS[match[2]]) > _LONGEST_DURATION:
        raise ValueError("is no duration; write a number and a unit, such as 30s, 5m, 12h or 7d")
    return found


def _seconds(written: object) -> object:
    return seconds(written) if isinstance(written, str) else written


def share(written: str) -> float:
    """A share of the whole such as `20%`, as a number from 0 to 1. Raises ValueError."""
    match = _SHARE(written.strip())
    if not match or (found := float(match[1]) / 100) > 1:
        raise ValueError("is no share; write a number from 0 to 100 and %, such as 20%")
    return found


def _share(written: object) -> object:
    return share(written) if isinstance(written, str) else written


def _address(written: str) -> str:
    try:
        return urls.usable(written)
    except ValueError as error:
        raise ValueError(f"{error}; write a whole address, such as https://example.org") from None


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


def _listed(written: object) -> object:
    return [written] if isinstance(written, str) else written


Line = Annotated[str, AfterValidator(text.one_line), Field(min_length=1, max_length=500)]
Address = Annotated[str, AfterValidator(_address)]
Slug = Annotated[str, AfterValidator(_slug)]
Domain = Annotated[str, AfterValidator(_domain)]
Language = Annotated[str, AfterValidator(_language)]
Duration = Annotated[int, BeforeValidator(_seconds)]
Share = Annotated[float, BeforeValidator(_share)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AuthorPart(_Part):
    """Who answers for the site."""

    name: Line | None = None
    email: Line | None = None
    url: Address | None = None


class DefaultsPart(_Part):
    """What holds for every feed."""

    limit: Annotated[int, Field(ge=1, le=200)] = 50
    max_age: Duration = 300
    content: Literal["full", "summary"] = "full"
    unpublished: Literal["exclude", "include", "only"] = "exclude"
    related: Literal["include", "exclude"] = "include"


class IngestPart(_Part):
    """How articles are taken in."""

    withdraw_at_most: Share = 0.2


class SiteFile(_Part):
    """`site.yaml`: what every feed of the site shares."""

    title: Line = "News"
    description: Line | None = None
    base_url: Address | None = None
    language: Language = "en"
    author: AuthorPart = AuthorPart()
    copyright: Line | None = None
    icon: Address | None = None
    defaults: DefaultsPart = DefaultsPart()
    ingest: IngestPart = IngestPart()
    websub: Line = "builtin"


class TopicItem(_Part):
    """An item of `topics.yaml`: name, place and spellings of a topic."""

    slug: Slug
    name: Line | None = None
    parent: Line | None = None
    aliases: Annotated[tuple[Line, ...], BeforeValidator(_listed)] = ()
    description: Line | None = None
    image: Address | None = None


class ProviderItem(_Part):
    """An item of `providers.yaml`: name and spellings of a provider."""

    domain: Domain
    name: Line | None = None
    aliases: Annotated[tuple[Domain, ...], BeforeValidator(_listed)] = ()
    icon: Address | None = None
