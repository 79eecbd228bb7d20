"""Single fields of an article, under every name in use, checked and cleaned. Pure."""

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from itertools import chain
from typing import Final

from feeds.problems import Code, Problem, Severity
from feeds.util import dates, text, urls
from feeds.util.positions import Path, field_name
from feeds.util.suggest import edit_distance, suggest
from feeds.util.yaml_document import Document, Value

Fields = dict[str, Value]

_SAFE: Final = 2**53  # below it every whole number is a float
_SAFE_DIGITS: Final = len(str(_SAFE))

# The first one present wins.
URL: Final = ("webUrl", "sourceUrl", "originalUrl", "url", "link")
AMP_URL: Final = ("ampWebUrl", "ampUrl")
AMP_CACHE_URL: Final = ("cdnAmpWebUrl", "cdnAmpUrl")
TITLE: Final = ("title",)
SUMMARY: Final = ("excerpt", "summary", "description")
CONTENT: Final = ("content",)
EMBED: Final = ("featuredContent",)
PUBLISHED: Final = ("publishedDateTime", "published_at", "date")
UPDATED: Final = ("updatedDateTime", "updated_at", "lastmod")
PUBLIC: Final = ("published",)
DRAFT: Final = ("draft",)
PROVIDER: Final = ("provider",)
TOPICS: Final = ("topics", "tags", "keywords")
TAGS: Final = ("tags", "keywords")
KIND: Final = ("type",)
QUALITY: Final = ("quality",)
HEAT: Final = ("heat",)
IMAGES: Final = ("images", "image")
RELATED: Final = ("related",)

ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "url": URL,
    "amp url": AMP_URL,
    "amp cache url": AMP_CACHE_URL,
    "title": TITLE,
    "summary": SUMMARY,
    "content": CONTENT,
    "embed": EMBED,
    "published": PUBLISHED,
    "updated": UPDATED,
    "public": PUBLIC,
    "draft": DRAFT,
    "provider": PROVIDER,
    "topics": TOPICS,
    "tags": TAGS,
    "kind": KIND,
    "quality": QUALITY,
    "heat": HEAT,
    "images": IMAGES,
    "related": RELATED,
}
KNOWN: Final = sorted({name for names in ALIASES.values() for name in names})
# What these are called elsewhere, where it is not spelled alike.
_ELSEWHERE: Final = {
    "pubDate": "date",
    "publishDate": "date",
    "publish_date": "date",
    "publishedDate": "date",
    "published_date": "date",
    "publishedOn": "date",
    "published_on": "date",
    "datePublished": "date",
    "date_published": "date",
    "updated": "updated_at",
    "modified": "updated_at",
    "date_modified": "updated_at",
}
_ALIKE: Final = 87  # sumary is summary; created is not related
TRUE: Final = frozenset(("true", "yes", "on", "1"))
FALSE: Final = frozenset(("false", "no", "off", "0"))
_PUBLISHED, _DRAFT = PUBLIC[0], DRAFT[0]
_TYPOS: Final = 2  # publish is published
# What these make of it: to be published again is to be a draft as little as not to be.
_BEFORE_PUBLISHED: Final = {"un": _DRAFT, "not": _DRAFT, "re": ""}
_NAMES: Final = frozenset(KNOWN)


def misspelt_flags(fields: Fields) -> list[tuple[str, str]]:
    """Names that nobody reads, each with the flag of publication that it was meant to be:
    what is spelled like one and has a flag's value. What makes a draft comes last: of two
    that differ it is to win."""
    found = []
    for name, value in fields.items():
        if name in _NAMES or not (flag := _flag(name)) or not isinstance(value, str):
            continue
        word = value.strip().lower()
        if word in TRUE | FALSE:
            found.append((hides(flag, word), name, flag))
    return [(name, flag) for _, name, flag in sorted(found)]


def hides(flag: str, value: Value) -> bool:
    """Whether an article is a draft by what a flag says."""
    word = value.strip().lower() if isinstance(value, str) else ""
    return word in (TRUE if flag == _DRAFT else FALSE)


def is_flag(name: str) -> bool:
    """Whether this is spelled like a flag of publication."""
    return bool(_flag(name))


@lru_cache(maxsize=1024)
def _flag(name: str) -> str:
    """The flag of publication that is spelled like this; empty if there is none."""
    if name in _ELSEWHERE:
        return ""
    letters = "".join(filter(str.isalpha, name.lower())).removeprefix("is")
    for prefix, meant in _BEFORE_PUBLISHED.items():
        if letters.startswith(prefix) and _is_spelled(letters.removeprefix(prefix), _PUBLISHED):
            return meant
    if edit_distance(letters, _DRAFT) <= 1:
        return _DRAFT
    return _PUBLISHED if _is_spelled(letters, _PUBLISHED) else ""


def _is_spelled(letters: str, name: str) -> bool:
    return edit_distance(letters, name) <= _TYPOS


def strangers(fields: Fields) -> Iterator[tuple[str, str]]:
    """Names that nobody reads, each with the one that was perhaps meant: where no name
    of what that is about is given. Flags of publication apart."""
    for name in fields:
        if name in _NAMES:
            continue
        meant, names = _meant(name)
        if meant and not any(map(fields.__contains__, names)):
            yield name, meant


@lru_cache(maxsize=1024)
def _meant(name: str) -> tuple[str, frozenset[str]]:
    """A field spelled like this, and all names of what it is about; empty if there is none."""
    names = [one for one in KNOWN if one not in (_PUBLISHED, _DRAFT)]
    meant = _ELSEWHERE.get(name) or next(iter(suggest(name, names, score=_ALIKE)), "")
    about = (names for names in ALIASES.values() if meant in names)
    return meant, frozenset(chain.from_iterable(about))


class FieldReader:
    """Reads single fields, and notes what it finds wrong with its place."""

    def __init__(self, path: str, document: Document) -> None:
        self.path = path
        self.document = document
        self.problems: list[Problem] = []

    def note(
        self,
        place: Path,
        code: Code,
        message: str,
        hint: str,
        field: Path | None = None,
        severity: Severity = Severity.WARNING,
    ) -> None:
        """Note a problem at a place; `field` names a field that is missing and so has no place."""
        mark = self.document.locate(place)
        name = field_name(field or place)
        self.problems.append(
            Problem(self.path, mark.line, mark.column, name, code, message, hint, severity)
        )

    def raise_to_errors(self, since: int, names: set[str]) -> bool:
        """Make errors of the problems from index `since` on with the named fields; return
        whether there are any."""
        indexes = range(since, len(self.problems))
        causes = [index for index in indexes if self.problems[index].field in names]
        for index in causes:
            self.problems[index] = replace(self.problems[index], severity=Severity.ERROR)
        return bool(causes)

    def text(self, fields: Fields, names: tuple[str, ...], place: Path, longest: int) -> str:
        """One clean line, or an empty string."""
        for name in names:
            value = fields.get(name)
            if not value:
                continue
            if not isinstance(value, str):
                self.note((*place, name), Code.NOT_TEXT, "is no text", "write one line of text")
                return ""
            if text.is_line(value) and len(value) <= longest:
                return value
            if not value.isprintable():
                self.note_forbidden(value, (*place, name))
            line = text.one_line(text.unescape(value))
            if len(line) > longest:
                self.note(
                    (*place, name),
                    Code.TOO_LONG,
                    f"is {len(line)} characters long; it was cut",
                    f"keep it below {longest} characters",
                )
                line = text.shorten(line, longest)
            if line:
                return line
        return ""

    def note_forbidden(self, value: str, place: Path) -> None:
        """Note the first character that no feed can carry, if there is one."""
        at = text.first_forbidden(value)
        if at is not None:
            message = f"has the character U+{ord(value[at]):04X}, which no feed can carry"
            self.note(place, Code.CONTROL_CHARACTER, f"{message}; it was removed", "delete it")

    def address(self, fields: Fields, names: tuple[str, ...], place: Path) -> str:
        """A usable address, or an empty string."""
        for name in names:
            value = fields.get(name)
            if not value:
                continue
            try:
                return urls.usable(value if isinstance(value, str) else "")
            except ValueError as error:
                self.note(
                    (*place, name),
                    Code.NOT_A_URL,
                    str(error) if isinstance(value, str) else "is no address",
                    "write a whole address, such as https://example.org/article",
                )
                return ""
        return ""

    def moment(self, fields: Fields, names: tuple[str, ...], place: Path) -> datetime | None:
        for name in names:
            value = fields.get(name)
            if not value:
                continue
            try:
                found = dates.parse(value if isinstance(value, str) else "")
            except ValueError as error:
                self.note(
                    (*place, name),
                    Code.NOT_A_DATE,
                    str(error),
                    "write it like 2020-01-24T18:11:00Z",
                )
                return None
            if not found.zoned:
                self.note(
                    (*place, name),
                    Code.DATE_WITHOUT_ZONE,
                    "names no zone; taken as UTC",
                    "end it with Z or an offset such as +01:00",
                )
            return found.moment
        return None

    def number(self, fields: Fields, names: tuple[str, ...], place: Path) -> float | None:
        for name in names:
            value = fields.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, str) and value.isdecimal() and len(value) < _SAFE_DIGITS:
                return int(value)
            try:
                found = float(value) if isinstance(value, str) else math.nan
            except ValueError:
                found = math.nan
            if not math.isfinite(found):
                self.note(
                    (*place, name),
                    Code.NOT_A_NUMBER,
                    "is no number; it was left out",
                    "write a number such as 47",
                )
                return None
            return int(found) if found.is_integer() and abs(found) < _SAFE else found
        return None

    def items(self, fields: Fields, names: tuple[str, ...], place: Path) -> tuple[str, list[Value]]:
        """The name that was present and what is listed under it.

        One comma-separated string is a list too.
        """
        for name in names:
            value = fields.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, str):
                return name, [item.strip() for item in value.split(",") if item.strip()]
            if isinstance(value, list):
                return name, value
            self.note(
                (*place, name),
                Code.NOT_A_LIST,
                "is no list; it was left out",
                f"write {name}: [one, two]",
            )
            return name, []
        return names[0], []
