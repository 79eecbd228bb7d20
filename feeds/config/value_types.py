"""The types of values in configuration files: what users may write, and the Python value of it."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from feeds import podcast
from feeds.article_settings import PLACEHOLDERS
from feeds.model import Phrase, Since
from feeds.util import dates, durations, globs, text, tokenizer, urls
from feeds.util.suggest import suggest

LONGEST_SHOWN: Final = 60  # characters of a wrong value
_OF_THE_MACHINE: Final = "localtime"  # differs from machine to machine
_SHARE_PATTERN: Final = r"^(\d{1,3}(?:\.\d+)?)\s*%$"
_SHARE: Final = re.compile(_SHARE_PATTERN).match
_LANGUAGE_PATTERN: Final = "^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*$"
_LANGUAGE: Final = re.compile(_LANGUAGE_PATTERN).match
_EMAIL: Final = re.compile(r"[^\s@<>()]+@[^\s@<>()]+").fullmatch
_PHONE: Final = re.compile(r"\+?[0-9().*#-]+(?:;[\w.-]+=[\w.+-]+)*").fullmatch  # RFC 3966
_KIND: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch
_MOST_GLOBS: Final = 1000  # each pattern is compared with each file
_PLACEHOLDER: Final = re.compile(r":([A-Za-z][A-Za-z_]*)")


def shown(value: object) -> str:
    """Return a description of a wrong value, in words or as it was written."""
    match value:
        case None | "":
            return "empty"
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case _:
            return repr(text.shorten(str(value), LONGEST_SHOWN))


def _from_text(parse: Callable[[str], object], expected: str) -> BeforeValidator:
    """Return a validator that parses a text, and for other values says what is expected."""

    def parsed(value: object) -> object:
        if not isinstance(value, str):
            # pydantic does not turn a TypeError into a validation error
            raise ValueError(f"is {shown(value)}; write {expected}")  # noqa: TRY004
        return parse(value)

    return BeforeValidator(parsed)


def share(written: str) -> float:
    """Return a share of the whole such as `20%` as a number from 0 to 1. Raises ValueError."""
    match = _SHARE(written.strip())
    if not match or (number := float(match[1]) / 100) > 1:
        raise ValueError("is not a percentage; write a number from 0 to 100 and %, such as 20%")
    return number


def _address(written: str) -> str:
    try:
        return urls.usable(written)
    except ValueError as error:
        hint = "write a complete address, such as https://example.org"
        raise ValueError(f"{error}; {hint}") from None


def _base(written: str) -> str:
    address = _address(written)
    if "?" in address or "#" in address:
        raise ValueError("has ? or # in it; leave out what comes after the path")
    return address


def checked_email(written: str) -> str:
    """Return the address of a mailbox as it is; raise ValueError for anything else."""
    if not _EMAIL(written):
        raise ValueError("is not an e-mail address; write it like editor@example.org")
    return written


def _contact(written: str) -> str:
    """Return a way to report a vulnerability as it is: RFC 9116 2.5.3."""
    scheme, _, rest = written.partition(":")
    if _EMAIL(written) and scheme == written:
        raise ValueError(f"is not an address with a scheme; write mailto:{written}")
    match scheme.lower():
        case "mailto" if _EMAIL(rest):
            return written
        case "tel" if _PHONE(rest):
            return written
        case "https":
            return _address(written)
    ways = "mailto:security@example.org, an https address, or tel:+1-201-555-0123"
    raise ValueError(f"is not a way to reach someone; write {ways}")


def _expires(written: str) -> datetime:
    try:
        return dates.parse(written).moment
    except dates.NotADate as error:
        raise ValueError(f"{error}; write it like 2027-06-30") from None


def _slug(written: str) -> str:
    right = text.slug(written)
    if not right:
        raise ValueError("has no letters or digits; write a word such as computer-vision")
    if right != written:
        raise ValueError(f"is not a slug; write {right}")
    return written


def _domain(written: str) -> str:
    try:
        return urls.without_www(urls.domain(written))
    except ValueError as error:
        raise ValueError(f"{error}; write it like example.org") from None


def _language(written: str) -> str:
    if not _LANGUAGE(written):
        raise ValueError("is not a language code; write a code such as en or pt-BR")
    return written


def _kind(written: str) -> str:
    kind = written.lower()
    if not _KIND(kind):
        raise ValueError("is not a type; write one word, such as article or video")
    return kind


def _category(written: str) -> tuple[str, str]:
    names = podcast.spellings()
    known = {_folded(name): category for name, category in names.items()}
    if _folded(written) in known:
        return known[_folded(written)]
    close = suggest(written, names)
    hint = f"write {close[0]}" if close else "write one such as News or Arts > Books"
    raise ValueError(f"is not a category of Apple Podcasts; {hint}")


def _folded(category: str) -> str:
    """Return a category without the characters that users spell in different ways."""
    return text.slug(category.replace(">", " "))


def _keyword(written: str) -> Phrase:
    phrase = tokenizer.phrase(written)
    if not phrase:
        raise ValueError("has no letters or digits; write a word, or several for a phrase")
    return phrase


def _zone(written: str) -> str:
    if written == "UTC":  # also where the system has no zones
        return written
    try:
        ZoneInfo("" if written == _OF_THE_MACHINE else written)
        return written
    except (ZoneInfoNotFoundError, ValueError, OSError):
        close = suggest(written, sorted(available_timezones() - {_OF_THE_MACHINE}))
        right = close[0] if close else "a name such as Europe/Berlin"
        raise ValueError(f"is not a known time zone; write {right}") from None


def _permalink(written: str) -> str:
    """Return a pattern of paths, or of whole addresses on one host."""
    scheme, whole, rest = written.rpartition("://")
    host, _, path = rest.partition("/") if whole else ("", "", written.removeprefix("/"))
    if whole:
        try:
            urls.usable(f"{scheme}://{host}")
        except ValueError:
            message = "is not an address on one site; write a path such as /blog/:slug/"
            raise ValueError(message) from None
    if path.startswith("/"):
        raise ValueError("leads to another site; write a path such as /blog/:slug/")
    if ".." in path.split("/"):
        raise ValueError("leaves the site; write the path without ..")
    fields = re.findall(r"\{([^{}]*)\}", path)
    if "{" in (remaining := re.sub(r"\{[^{}]+\}", "", path)) or "}" in remaining:
        raise ValueError("has a brace without its partner; write {field} with the name of a field")
    for name in _PLACEHOLDER.findall(remaining):
        if name not in PLACEHOLDERS:
            close = suggest(name, PLACEHOLDERS)
            right = f":{close[0]}" if close else f"one of :{', :'.join(PLACEHOLDERS)}, or {{field}}"
            raise ValueError(f"has the unknown placeholder :{name}; write {right}")
    if not (fields or _PLACEHOLDER.search(remaining)):
        raise ValueError("gives all articles the same address; add :slug, :path or {field}")
    return f"{scheme}{whole}{host}/{path}"


def _file_below(written: str) -> str:
    names = written.split("/")
    if written.startswith("/") or ".." in names or "\\" in written:
        raise ValueError(
            "leads out of the folders of configuration and of articles; "
            "write a path below one of them, such as data/authors.yaml"
        )
    if not written.endswith((".yaml", ".yml", ".json")):
        raise ValueError("is not a YAML or JSON file; write a path such as data/authors.yaml")
    return "/".join(name for name in names if name not in ("", "."))


_listed: Final = BeforeValidator(lambda value: [value] if isinstance(value, str) else value)


def _as(**schema: Any) -> WithJsonSchema:
    """Return the JSON Schema by which editors check a value that a function checks here."""
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
Email = Annotated[Line, AfterValidator(checked_email), Field(json_schema_extra={"format": "email"})]
Contacts = Annotated[
    tuple[Annotated[Line, AfterValidator(_contact)], ...],
    _listed,
    Field(min_length=1, max_length=100),
    _one_or_many(type="string", format="uri", pattern="^(?:https|mailto|tel):"),
]
Expires = Annotated[
    datetime,
    _from_text(_expires, "a date, such as 2027-06-30"),
    _as(type="string", examples=["2027-06-30"]),
]
Slug = Annotated[str, AfterValidator(_slug)]
Domain = Annotated[str, AfterValidator(_domain)]
Language = Annotated[str, AfterValidator(_language), _as(type="string", pattern=_LANGUAGE_PATTERN)]
Category = Annotated[
    tuple[str, str],
    _from_text(_category, "one category, such as News or Arts > Books"),
    _as(type="string", examples=[name for name in podcast.spellings() if ">" in name]),
]
Duration = Annotated[
    int,
    _from_text(durations.seconds, "a number and a unit, such as 30s, 5m, 12h or 7d"),
    _as(type="string", pattern=durations.PATTERN, examples=["5m", "7d"]),
]
SinceValue = Annotated[
    Since,
    _from_text(durations.since, "a span or a date, such as 7d or 2026-01-31"),
    _as(type="string", examples=["90d", "2026-01-31"]),
]
Lines = Annotated[tuple[Line, ...], _listed, _one_or_many(type="string")]
# Each name is looked up in each file.
Names = Annotated[tuple[Line, ...], _listed, Field(max_length=100), _one_or_many(type="string")]
Domains = Annotated[tuple[Domain, ...], _listed, _one_or_many(type="string")]
Kinds = Annotated[
    tuple[Annotated[str, AfterValidator(_kind)], ...],
    _listed,
    _one_or_many(type="string", examples=["article", "video"]),
]
Keywords = Annotated[
    tuple[Annotated[Phrase, _from_text(_keyword, "a word or a phrase")], ...],
    _listed,
    _one_or_many(type="string"),
]
Zone = Annotated[Line, AfterValidator(_zone)]
Permalink = Annotated[Line, AfterValidator(_permalink)]
Glob = Annotated[Line, AfterValidator(globs.checked)]
Globs = Annotated[
    tuple[Glob, ...], _listed, Field(max_length=_MOST_GLOBS), _one_or_many(type="string")
]
FileBelow = Annotated[Line, AfterValidator(_file_below)]
Limit = Annotated[int, Field(ge=1, le=200)]
Quality = Annotated[float, Field(allow_inf_nan=False)]
Content = Literal["full", "summary"]
Unpublished = Literal["exclude", "include", "only"]
Related = Literal["include", "exclude"]
Share = Annotated[
    float,
    _from_text(share, "a number from 0 to 100 and %, such as 20%"),
    _as(type="string", pattern=_SHARE_PATTERN, examples=["20%"]),
]
