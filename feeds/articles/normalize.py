"""The fields of an article, under every name in use, to canonical entries. Pure.

Total: any mapping gives entries and problems, or ArticleError. Fields that are
not named here (such as `secured`) are never read, so they cannot be published.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Final

from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.articles import field_names as names
from feeds.articles import html, markdown
from feeds.articles.anchors import AddressOf, unknown_address
from feeds.articles.authors import read_authors
from feeds.articles.body import LONGEST_SUMMARY, summary_of, take_mark, take_title, to_html
from feeds.articles.fields import (
    LONGEST_NAME,
    LONGEST_TITLE,
    FieldReader,
    Fields,
    SizeOf,
    unknown_size,
)
from feeds.articles.file_path import date_in
from feeds.articles.frontmatter import FrontMatter
from feeds.articles.html import Content
from feeds.articles.image_fields import read_images
from feeds.articles.media_fields import read_media
from feeds.articles.needed_fields import note_missing, note_unknown
from feeds.articles.permalink import is_no_article, read_url
from feeds.articles.prescribed_fields import with_prescribed
from feeds.articles.provider import read_provider
from feeds.articles.publication_flags import is_public, with_right_flags
from feeds.articles.topics import read_topics, united
from feeds.errors import ArticleError
from feeds.model import Entry, Related, urn
from feeds.problems import Code, Problem
from feeds.util import dates, text, tokenizer, urls
from feeds.util.positions import Path

_CONTENT_FIELDS: Final = ("body", *names.CONTENT, *names.EMBED)
_NO_CONTENT: Final = Content("", "")
_KIND: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*").fullmatch
_OF_UUIDS: Final = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_UUID: Final = re.compile(_OF_UUIDS).fullmatch
# RFC 3987 section 2.2, of at most as many characters as an address has; and of `tag:` and `urn:`
# what RFC 4151 and RFC 8141 ask for, without which the W3C validator takes them for errors.
_IRI: Final = re.compile(
    rf"(?!(?i:urn:uuid):(?!{_OF_UUIDS}\Z))"
    r"(?!(?i:tag|urn):(?!(?:[\w.-]+@)?[A-Za-z0-9.-]+,\d{4}(?:-\d\d(?:-\d\d)?)?:"
    r"|[A-Za-z0-9][A-Za-z0-9-]{1,31}:.))"
    r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`[\]\x00-\x1f\x7f-\xa0]{1,2000}"
).fullmatch
# A language of two or three letters, then script, region and variants.
_LANGUAGE_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8}){0,7}").fullmatch
# Of an entry that lacks them: it is read for its mistakes alone.
_ANYWHERE: Final = "https://example.org/"
_AT_ANY_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Normalized:
    """The entry of the article first, then those of its related coverage; and all problems.

    A file that is not an article, by `permalink: false`, has no entries.
    """

    entries: tuple[Entry, ...]
    problems: tuple[Problem, ...]


def normalize(
    source: FrontMatter,
    settings: ArticleSettings = DEFAULTS,
    size_of: SizeOf = unknown_size,
    address_of: AddressOf = unknown_address,
) -> Normalized:
    """Return all entries of one article.

    `size_of` looks up files that lie beside its own, and `address_of` the articles of others.

    Raises ArticleError with every problem if the article itself has no usable
    url, title or date. Related coverage without one is left out.
    """
    reader = FieldReader(source.path, source.document, settings, size_of, address_of)
    fields = with_prescribed(reader, source.path, source.fields)
    if is_no_article(fields) and not any(problem.is_error for problem in source.problems):
        return Normalized((), source.problems)
    fields = with_right_flags(reader, fields, ())
    public = is_public(reader, fields, ())
    entries = _entries(reader, fields, (), to_html(reader, source), public, ())
    found = dict.fromkeys(source.problems)
    errors = {_position(problem) for problem in found if problem.is_error}
    for problem in reader.problems:
        is_consequence = problem.code is Code.MISSING and not source.whole
        if not is_consequence and _position(problem) not in errors:
            found[problem] = None
    problems = tuple(sorted(found, key=_position))
    if not entries or errors:
        raise ArticleError(problems)
    return Normalized(tuple(entries), problems)


def _position(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _entries(
    reader: FieldReader,
    fields: Fields,
    path: Path,
    body: str,
    public: bool,
    topics: tuple[str, ...],
) -> list[Entry]:
    """Return the entry at a path and all below it; none if it lacks what an entry needs.

    `body` is HTML, and `topics` are those of the article that the entry is related to.
    """
    entry, is_complete = _entry(reader, fields, path, body, public, topics)
    groups = list(_related(reader, fields, path, entry)) if fields.get("related") else []
    if not is_complete:
        return []
    if not groups:
        return [entry]
    related = {
        other.id: Related(str(other.id), other.url, other.title, other.provider.name)
        for other, *_ in groups
        # A public article does not name coverage that is not public yet.
        if other.public == entry.public
    }
    related.pop(entry.id, None)
    return [entry._replace(related=tuple(related.values())), *chain.from_iterable(groups)]


def _entry(
    reader: FieldReader,
    fields: Fields,
    path: Path,
    body: str,
    public: bool,
    topics: tuple[str, ...],
) -> tuple[Entry, bool]:
    """Return the entry at a path, and whether it has what an entry needs.

    An entry that lacks something is still read to its end, to find other mistakes.
    """
    since = len(reader.problems)
    title = reader.text(fields, names.TITLE, path, LONGEST_TITLE)
    if body and not title:
        title, body = take_title(body)
    before_mark, body = take_mark(body)
    instant = _published(reader, fields, path)
    language = _language(reader, fields, path)
    url = read_url(reader, fields, path, title, language, instant and instant.day)
    published = instant and instant.moment
    is_complete = bool(title and url and published)
    renamed = set[str]()
    if not is_complete:
        values = {"title": title, "url": url is None or url, "date": published}
        renamed = note_missing(reader, fields, path, since, values)
        url, published = url or _ANYWHERE, published or _AT_ANY_TIME
    assert url is not None
    note_unknown(reader, fields, path, renamed)
    reader.note_empty(fields, (*names.SUMMARY, *names.TOPICS), path)
    assert published is not None
    content = _content(reader, fields, path, body, url, title)
    own_topics, tags = read_topics(reader, fields, path)
    updated = reader.moment(fields, names.UPDATED, path)
    entry = Entry(
        id=urls.entry_id(url),
        url=url,
        title=title,
        published=published,
        provider=read_provider(reader, fields, path, url),
        summary=_summary(reader, fields, path, title) or _before_mark(before_mark, url, title),
        content=content.html,
        embed=content.embed,
        amp_url=reader.address(fields, names.AMP_URL, path),
        amp_cache_url=reader.address(fields, names.AMP_CACHE_URL, path),
        updated=_not_before(reader, fields, path, updated, published) if updated else None,
        topics=united(topics, own_topics) if own_topics else topics,
        tags=tags,
        kind=_kind(reader, fields, path),
        quality=reader.number(fields, names.QUALITY, path),
        heat=reader.number(fields, names.HEAT, path),
        images=read_images(reader, fields, path, url),
        public=public,
        own=not path,
        authors=read_authors(reader, fields, path, url),
        guid=_guid(reader, fields, path),
        language=language,
        expires=reader.moment(fields, names.EXPIRES, path),
        media=read_media(reader, fields, path, url),
    )
    return entry, is_complete


def _published(reader: FieldReader, fields: Fields, path: Path) -> dates.Instant | None:
    """Return when an article was published: by a field, or by a date in its address or path."""
    if any(map(fields.get, names.PUBLISHED)):
        return reader.instant(fields, names.PUBLISHED, path)
    addresses = [value for name in names.DATED if isinstance(value := fields.get(name), str)]
    found = next(filter(None, map(date_in, addresses)), None)
    if found is None and not path:
        found = reader.file_path.dated
    if found is None:
        return None
    try:
        return dates.parse(found.local.isoformat(), reader.zone)
    except dates.NotADate:  # of a year that does not count
        return None


def _language(reader: FieldReader, fields: Fields, path: Path) -> str:
    """Return the language tag of an article (RFC 5646), or an empty string if it gives none."""
    for name in names.LANGUAGE:
        if value := fields.get(name):
            tag = value.strip().replace("_", "-") if isinstance(value, str) else ""
            if _LANGUAGE_TAG(tag):
                return tag
            message = "is not a language tag; it was left out"
            hint = "write a language code such as en or pt-BR"
            reader.note((*path, name), Code.BAD_VALUE, message, hint)
            break
    return reader.file_path.language if reader.settings.languages and not path else ""


def _guid(reader: FieldReader, fields: Fields, path: Path) -> str:
    """Return the IRI that an article has as its id (RFC 4287 section 4.2.6), or nothing."""
    for name in names.ID:
        value = fields.get(name)
        if not value:
            continue
        written = value.strip() if isinstance(value, str) else ""
        if _UUID(written):
            return urn(written.lower())
        if _IRI(written):
            return written
        if name == "guid":  # `id` is a number, or the name of a page, in many programs
            message = "is neither a complete address nor a UUID; it was left out"
            hint = "write an id such as urn:uuid:… or tag:…, or rename the field"
            reader.note((*path, name), Code.BAD_VALUE, message, hint)
    return ""


def _not_before(
    reader: FieldReader, fields: Fields, path: Path, updated: datetime, published: datetime
) -> datetime:
    """Return when an entry was updated, which is not before it was published."""
    if updated < published:
        name = next(name for name in names.UPDATED if fields.get(name))
        message = "is before the date of publication; that date is used instead"
        reader.note((*path, name), Code.BAD_VALUE, message, "correct one of the two dates")
    return max(updated, published)


def _summary(reader: FieldReader, fields: Fields, path: Path, title: str) -> str:
    """Return the first summary that says more than the title, or an empty string."""
    for name in names.SUMMARY:
        summary = reader.text(fields, (name,), path, LONGEST_SUMMARY)
        if summary and not _repeats(summary, title):
            return summary
    return ""


def _before_mark(part: str, url: str, title: str) -> str:
    """Return the part of a body before its mark as a summary; nothing if it repeats the title."""
    summary = summary_of(part, url) if part else ""
    return "" if _repeats(summary, title) else summary


def _repeats(summary: str, title: str) -> bool:
    """Return whether a summary has the words of the title, or those that it begins with and dots.

    Case, punctuation and accents do not count, but where there are no words.
    """
    if summary == title:
        return True
    if len(summary) > 2 * len(title) + 20:
        return False  # it says more: folding all summaries takes 2 % of reading
    words, of_title = tokenizer.fold(summary), tokenizer.fold(title)
    is_cut = summary.endswith(("…", "..."))
    return bool(words) and (words == of_title or (is_cut and of_title.startswith(words)))


def _content(
    reader: FieldReader, fields: Fields, path: Path, body: str, url: str, title: str
) -> Content:
    """Return the body, `content` or `featuredContent`: the first that shows something."""
    for name in _CONTENT_FIELDS:
        source = body if name == "body" else fields.get(name)
        if not source:
            continue
        here = (*path, name)
        is_markdown = name in names.CONTENT
        if not isinstance(source, str):
            hint = "write Markdown or HTML" if is_markdown else "write HTML"
            reader.note(here, Code.NOT_TEXT, "is not text", hint)
            continue
        if name != "body":  # which was searched with the whole file, and cleaned
            reader.note_forbidden(source, here)
            source = text.clean(source)
        try:
            markup = markdown.to_html(source) if is_markdown else source
            content = html.sanitize(markup, url, title, reader.site)
        except html.TooMuch as error:
            message, hint = f"{error}; it was left out", "close the elements that are open"
            reader.note(here, error.code, message, hint)
            break
        if content.html:
            return content
    return _NO_CONTENT


def _kind(reader: FieldReader, fields: Fields, path: Path) -> str:
    value = fields.get("type")
    if value in (None, "", "article"):
        return "article"
    kind = value.strip().lower() if isinstance(value, str) else ""
    if not _KIND(kind) or len(kind) > LONGEST_NAME:
        hint = "write one word, such as article or video"
        reader.note((*path, "type"), Code.BAD_VALUE, "is not a type; treated as article", hint)
        return "article"
    return kind


def _related(
    reader: FieldReader, fields: Fields, path: Path, parent: Entry
) -> Iterator[list[Entry]]:
    """Yield the entries of each article that is related to one."""
    items = fields.get("related")
    if not isinstance(items, list):
        message, hint = "is not a list; it was left out", "write a list of articles"
        reader.note((*path, "related"), Code.NOT_A_LIST, message, hint)
        return
    for index, item in enumerate(items):
        here = (*path, "related", index)
        if not isinstance(item, dict):
            message = "is not an article; it was left out"
            hint = "write title:, url: and date: for it"
            reader.note(here, Code.NOT_A_MAPPING, message, hint)
            continue
        own = with_right_flags(reader, item, here)
        public = parent.public and is_public(reader, own, here)
        if group := _entries(reader, own, here, "", public, parent.topics):
            yield group
