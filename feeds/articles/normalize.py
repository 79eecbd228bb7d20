"""The fields of an article, under every name in use, to canonical entries. Pure.

Total: any mapping gives entries and problems, or our own error. Fields no one
asks for here (such as `secured`) are never looked at, so they cannot leave.
"""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from feeds.articles import fields as known
from feeds.articles import html
from feeds.articles.fields import FieldReader, Fields
from feeds.articles.frontmatter import FrontMatter
from feeds.articles.html import Content
from feeds.errors import ArticleError
from feeds.model import Entry, Image, Provider, Related
from feeds.problems import Code, Problem, Severity
from feeds.util import dates, text, urls
from feeds.util.positions import Path, field_name
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Value

_LONGEST_TITLE: Final = 500
_LONGEST_SUMMARY: Final = 5_000
_LONGEST_NAME: Final = 100
_MOST_LISTED: Final = 100
_MOST_PIXELS: Final = 1_000_000
_WIDTH: Final = ("width",)
_HEIGHT: Final = ("height",)
_KIND: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch


@dataclass(frozen=True, slots=True)
class Normalized:
    """The article first, then its related coverage; and what was repaired."""

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def normalize(source: FrontMatter) -> Normalized:
    """All entries of one article.

    Raises ArticleError with every problem found if the article itself has no
    usable url, title or date. Related coverage without one is left out.
    """
    reader = FieldReader(source.path, source.document)
    fields = _with_flags(reader, source.fields, ())
    public = _is_public(reader, fields, ())
    entries = _entries(reader, fields, (), source.body, public, ())
    if entries:
        _note_strangers(reader, fields)
    by_place = sorted(reader.problems, key=lambda problem: (problem.line, problem.column))
    problems = (*source.problems, *by_place)
    if not entries:
        raise ArticleError(problems)
    return Normalized(tuple(entries), problems)


class _Unusable(Exception):
    """One of url, title and date is missing; the problem is noted already."""


def _entries(
    reader: FieldReader,
    fields: Fields,
    place: Path,
    body: str,
    public: bool,
    topics: tuple[str, ...],
) -> list[Entry]:
    """The entry at `place` and all below it; none if it lacks what an entry needs."""
    try:
        entry = _entry(reader, fields, place, body, public, topics)
    except _Unusable:
        return []
    if not fields.get("related"):
        return [entry]
    below = _related(reader, fields, place, entry)
    named = {
        other.id: Related(str(other.id), other.url, other.title, other.provider.name)
        for other, *_ in below
        # A public article does not tell of coverage that is not public yet.
        if other.public == entry.public
    }
    named.pop(entry.id, None)
    return [
        entry._replace(related=tuple(named.values())),
        *(one for group in below for one in group),
    ]


def _entry(
    reader: FieldReader,
    fields: Fields,
    place: Path,
    body: str,
    public: bool,
    topics: tuple[str, ...],
) -> Entry:
    since = len(reader.problems)
    title = reader.text(fields, known.TITLE, place, _LONGEST_TITLE)
    url = reader.address(fields, known.URL, place)
    published = reader.moment(fields, known.PUBLISHED, place)
    if not title or not url or published is None:
        _note_missing(reader, fields, place, since, title=title, url=url, date=published)
        raise _Unusable
    content = _content(reader, fields, place, body, url)
    own_topics = _names(reader, fields, known.TOPICS, place)
    updated = reader.moment(fields, known.UPDATED, place)
    return Entry(
        id=urls.entry_id(url),
        url=url,
        title=title,
        published=published,
        provider=_provider(reader, fields, place, url),
        summary=reader.text(fields, known.SUMMARY, place, _LONGEST_SUMMARY),
        content=content.html,
        embed=content.embed,
        amp_url=reader.address(fields, known.AMP_URL, place),
        amp_cache_url=reader.address(fields, known.AMP_CACHE_URL, place),
        updated=max(updated, published) if updated else None,
        topics=_united(topics, own_topics) if own_topics else topics,
        tags=_names(reader, fields, known.TAGS, place),
        kind=_kind(reader, fields, place),
        quality=reader.number(fields, known.QUALITY, place),
        heat=reader.number(fields, known.HEAT, place),
        images=_images(reader, fields, place),
        public=public,
        own=not place,
    )


# What an entry needs: under which names it is read, and what to write if it is not there.
_NEEDED: Final = {
    "title": (known.TITLE, "add title:"),
    "url": (known.URL, "add url: with the address of the article"),
    "date": (known.PUBLISHED, "add date: such as 2020-01-24T18:11:00Z"),
}


def _note_missing(
    reader: FieldReader, fields: Fields, place: Path, since: int, **found: object
) -> None:
    """Report needed fields that are missing, or the problems with their values, as errors."""
    for need, (names, default) in _NEEDED.items():
        given = {field_name((*place, name)) for name in names if fields.get(name)}
        if found[need] or reader.raise_to_errors(since, given):
            continue
        message = f"has no {need}" if place else f"the article has no {need}"
        hint = _rename(fields, names) or default
        reader.note(place, Code.MISSING, message, hint, (*place, need), Severity.ERROR)


def _rename(fields: Fields, names: tuple[str, ...]) -> str:
    """How to mend a misspelled key, if there is one."""
    unknown = [name for name in fields if name not in known.KNOWN and not known.is_flag(name)]
    for score in (100, 75):  # the same in other letters before what is only alike
        for name in names:
            for close in suggest(name, unknown, score=score):
                return f"rename {close} to {name}"
    return ""


def _with_flags(reader: FieldReader, fields: Fields, place: Path) -> Fields:
    """The fields with the flags of publication under their right names: a draft must
    not become public by a slip of the finger."""
    given = fields
    for name, flag in known.misspelt_flags(given):
        here = (*place, name)
        if given.get(flag) in (None, ""):
            reader.note(here, Code.NOT_A_FLAG, f"is taken as {flag}", f"rename {name} to {flag}")
            fields = {**fields, flag: given[name]}
        elif known.hides(flag, given[name]) != known.hides(flag, given[flag]):
            message = f"says otherwise than {flag}, which counts"
            reader.note(here, Code.MISSPELT, message, "take one of the two away")
    return fields


def _note_strangers(reader: FieldReader, fields: Fields) -> None:
    """Say which fields nobody reads were perhaps meant to be others."""
    for name, meant in known.strangers(fields):
        hint = f"rename {name} to {meant}"
        reader.note((name,), Code.MISSPELT, "is no field of an article", hint)


def _is_public(reader: FieldReader, fields: Fields, place: Path) -> bool:
    published = _flag(reader, fields, known.PUBLIC, place, default=True, odd=False)
    draft = _flag(reader, fields, known.DRAFT, place, default=False, odd=True)
    return published and not draft


def _flag(
    reader: FieldReader,
    fields: Fields,
    names: tuple[str, ...],
    place: Path,
    *,
    default: bool,
    odd: bool,
) -> bool:
    value = fields.get(names[0])
    if value is None or value == "":
        if names[0] in fields:
            message = f"is empty; taken as {str(default).lower()}"
            hint = "write true or false, or leave it out"
            reader.note((*place, names[0]), Code.NOT_A_FLAG, message, hint)
        return default
    word = value.strip().lower() if isinstance(value, str) else None
    if word in known.TRUE:
        return True
    if word in known.FALSE:
        return False
    # What cannot be read must not be made public by it.
    reader.note(
        (*place, names[0]),
        Code.NOT_A_FLAG,
        f"is neither true nor false; taken as {str(odd).lower()}",
        f"rename {names[0]} to date" if _is_date(value) else "write true or false",
    )
    return odd


def _is_date(value: Value) -> bool:
    """Whether it is when an article was published, as other programs have it."""
    try:
        dates.parse(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


def _content(reader: FieldReader, fields: Fields, place: Path, body: str, url: str) -> Content:
    """Return the body, `content` or `featuredContent`: the first that shows something."""
    for name in ("body", *known.CONTENT, *known.EMBED):
        source = body if name == "body" else fields.get(name)
        if not source:
            continue
        is_markdown = name not in known.EMBED
        if not isinstance(source, str):
            cure = "write Markdown or HTML" if is_markdown else "write HTML"
            reader.note((*place, name), Code.NOT_TEXT, "is no text", cure)
            continue
        if name != "body":  # of which the whole file was looked through
            reader.note_forbidden(source, (*place, name))
        cleaned = text.clean(source)
        try:
            content = html.sanitize(html.from_markdown(cleaned) if is_markdown else cleaned, url)
        except html.TooMuch as error:
            what, cure = f"{error}; it was left out", "close the elements that are open"
            reader.note((*place, name), error.code, what, cure)
            break
        if content.html:
            return content
    return Content("", "")


def _kind(reader: FieldReader, fields: Fields, place: Path) -> str:
    value = fields.get("type")
    if value in (None, "", "article"):
        return "article"
    kind = value.strip().lower() if isinstance(value, str) else ""
    if not _KIND(kind) or len(kind) > _LONGEST_NAME:
        reader.note(
            (*place, "type"),
            Code.BAD_VALUE,
            "is no type; taken as article",
            "write one word, such as article or video",
        )
        return "article"
    return kind


def _names(
    reader: FieldReader, fields: Fields, names: tuple[str, ...], place: Path
) -> tuple[str, ...]:
    """Topics or tags, in order, each once."""
    name, items = reader.items(fields, names, place)
    if not items:
        return ()
    found: dict[str, str] = {}
    for index, item in enumerate(items):
        if isinstance(item, str) and not item.isprintable():
            reader.note_forbidden(item, (*place, name, index))
        line = text.one_line(text.unescape(item)) if isinstance(item, str) else ""
        slug = text.slug(line) if len(line) <= _LONGEST_NAME else ""
        if not slug:
            reader.note(
                (*place, name, index),
                Code.NOT_A_TOPIC,
                "is no name of a topic; it was left out",
                f"write a name with letters or digits, of at most {_LONGEST_NAME} characters",
            )
        elif len(found) < _MOST_LISTED:
            found.setdefault(slug, line)
    return tuple(found.values())


def _united(first: Iterable[str], second: Iterable[str]) -> tuple[str, ...]:
    return tuple({text.slug(name): name for name in (*second, *first)}.values())


@lru_cache(maxsize=8192)
def _plain_provider(name: str, domain: str) -> Provider:
    """A provider of which nothing has to be said. Most articles are of a few hundred.

    Raises ValueError if something has.
    """
    if not name or not text.is_line(name) or len(name) > _LONGEST_NAME:
        raise ValueError("is a name to be mended")
    return Provider(urls.without_www(urls.domain(domain)), name)


def _provider(reader: FieldReader, fields: Fields, place: Path, url: str) -> Provider:
    value = fields.get("provider")
    if value is None or value == "":
        domain = urls.host_of(url)
        return Provider(domain, domain)
    here = (*place, "provider")
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        reader.note(
            here,
            Code.NOT_A_MAPPING,
            "is no provider; taken from the url",
            "write provider: {name: …, domain: …}",
        )
        value = {}
    provider = _named(reader, value, here, url)
    icons = _images(reader, value, here) if "images" in value or "image" in value else ()
    return provider._replace(icon=icons[0].url) if icons else provider


def _named(reader: FieldReader, fields: Fields, place: Path, url: str) -> Provider:
    """A provider by name and domain, the latter taken from its article's url if need be."""
    name, domain = fields.get("name"), fields.get("domain")
    if isinstance(name, str) and isinstance(domain, str):
        try:
            return _plain_provider(name, domain)
        except ValueError:
            pass  # which of the two it was is noted below
    found = ""
    if domain:
        with suppress(ValueError):
            found = urls.without_www(urls.domain(domain if isinstance(domain, str) else ""))
        if not found:
            reader.note(
                (*place, "domain"),
                Code.NOT_A_DOMAIN,
                "is no host name; taken from the url",
                "write it like example.org",
            )
    found = found or urls.host_of(url)
    return Provider(found, reader.text(fields, ("name",), place, _LONGEST_NAME) or found)


def _images(reader: FieldReader, fields: Fields, place: Path) -> tuple[Image, ...]:
    for name in known.IMAGES:
        value = fields.get(name)
        if value:
            break
    else:
        return ()
    many = isinstance(value, list)
    found: dict[str, Image] = {}
    for index, item in enumerate(value if isinstance(value, list) else [value]):
        here: Path = (*place, name, index) if many else (*place, name)
        image: Value = {"url": item} if isinstance(item, str) else item
        if not isinstance(image, dict):
            reader.note(
                here,
                Code.NOT_A_MAPPING,
                "is no image; it was left out",
                "write {url: …, width: …, height: …}",
            )
            continue
        address = reader.address(image, ("url",), here)
        if address and len(found) < _MOST_LISTED:
            found.setdefault(
                address,
                Image(
                    address,
                    _pixels(reader, image, _WIDTH, here),
                    _pixels(reader, image, _HEIGHT, here),
                    reader.text(image, ("title",), here, _LONGEST_TITLE),
                    reader.text(image, ("attribution",), here, _LONGEST_TITLE),
                ),
            )
        elif not address and not image.get("url"):
            reader.note(here, Code.MISSING, "has no url; it was left out", "add url:")
    return tuple(found.values())


def _pixels(reader: FieldReader, fields: Fields, names: tuple[str, ...], place: Path) -> int | None:
    found = reader.number(fields, names, place)
    return int(found) if found is not None and 0 < found < _MOST_PIXELS else None


def _related(reader: FieldReader, fields: Fields, place: Path, parent: Entry) -> list[list[Entry]]:
    items = fields.get("related")
    if not isinstance(items, list):
        reader.note(
            (*place, "related"),
            Code.NOT_A_LIST,
            "is no list; it was left out",
            "write a list of articles",
        )
        return []
    groups: list[list[Entry]] = []
    for index, item in enumerate(items):
        here = (*place, "related", index)
        if not isinstance(item, dict):
            reader.note(
                here,
                Code.NOT_A_MAPPING,
                "is no article; it was left out",
                "write title:, url: and date: for it",
            )
            continue
        own = _with_flags(reader, item, here)
        public = parent.public and _is_public(reader, own, here)
        group = _entries(reader, own, here, "", public, parent.topics)
        if group:
            groups.append(group)
    return groups
