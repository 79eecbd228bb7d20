"""Single fields of an article, under every name in use, checked and cleaned. Pure."""

import math
import re
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import Final

from feeds.article_settings import ArticleSettings
from feeds.articles.anchors import AddressOf, Site
from feeds.articles.elements import BLOCKS, KEPT, RENAMED
from feeds.articles.field_names import PART
from feeds.articles.file_path import FilePath, take_apart
from feeds.problems import Code, Problem, Severity
from feeds.util import dates, text, urls
from feeds.util.positions import Path, field_name
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Document, Value
from feeds.util.yaml_syntax import quoted

Fields = dict[str, Value]

FALSE: Final = frozenset(("false", "no", "off"))  # as YAML 1.1 has it
LONGEST_TITLE: Final = 500  # characters
_LONGEST_CUT: Final = 40  # characters in a message
LONGEST_NAME: Final = 100  # characters
MOST_LISTED: Final = 100  # topics, tags or images of an entry

# Keys that the publishing system of this format writes, and that no feed has a place for.
NEVER_READ: Final = frozenset(("_id", "isCached", "secured"))

_CUTS: Final = re.compile(r"\S[ \t]+#|[ \[]&\S").search  # a comment behind something, an anchor
# A host with a dot in it and a path behind it: pages/b.html is none, and b.jpg might be a file.
_WITHOUT_SCHEME: Final = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+/\S*$", re.IGNORECASE).match
_BREAK: Final = re.compile(r"[\t\r\n]")  # removed by urllib, as by browsers

# An HTML tag or a comment. Neither contains another `<`, so finding them takes linear time.
_TAG: Final = re.compile(
    r"""<(/?)([a-zA-Z][a-zA-Z0-9:-]*)(/?|[\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*+|[\s/][^<>]*+)>|"""
    "<!--[^<>]*-->"
)
_UNSEEN: Final = frozenset(("script", "style"))  # their content is not text
_ALONE: Final = frozenset(("br", "hr", "wbr"))  # have no end tag
_CUT_TAG: Final = re.compile(r"<[a-zA-Z/!][^<>]*\Z")
# Text that begins with a tag, with a word right behind it.
_BEGINS_WITH: Final = re.compile(r"\s*<([a-zA-Z][a-zA-Z0-9]*)[^<>]*>[^\s-]").match

_HASHTAG: Final = re.compile(r"#\w").match

_SAFE: Final = 2**53  # below it every whole number is a float
_SAFE_DIGITS: Final = len(str(_SAFE))

# The size in bytes of a file, by its path relative to the article's own, or from the top of the
# seeds folder if it begins with `/`; None if it is not there.
SizeOf = Callable[[str], int | None]


def unknown_size(path: str) -> None:
    """Return that the size of no file is known."""


class FieldReader:
    """Reads fields of one file, each under the first of its names that has a value.

    Problems are collected with their positions; a value that cannot be used counts as absent.
    """

    def __init__(
        self,
        file: str,
        document: Document,
        settings: ArticleSettings,
        size_of: SizeOf,
        address_of: AddressOf,
    ) -> None:
        self.problems: list[Problem] = []
        self.settings = settings
        self.zone = dates.zone_of(settings.timezone)
        # Where fields stand that are read under another name than theirs; () for a value that is
        # not in the file, but in articles.yaml.
        self.origins: dict[str, Path] = {}
        self.size_of = size_of
        self.site = Site(settings.base, address_of)
        self._file = file
        self._document = document
        # Texts that YAML may have cut: to look at one takes a look through the document.
        written = document.text
        has_signs = "#" in written or " &" in written or "[&" in written  # most have none
        self._to_look_at = MOST_LISTED if has_signs and _CUTS(written) else 0

    @cached_property
    def file_path(self) -> FilePath:
        """What the path of the file says about its article."""
        return take_apart(self._file, self.settings)

    def note(
        self,
        path: Path,
        code: Code,
        message: str,
        hint: str,
        field: Path | None = None,
        severity: Severity = Severity.WARNING,
        *,
        key: bool = False,
    ) -> None:
        """Report a problem at a path, or at its key; `field` names a field that is missing, so
        has no position."""
        mark = self._document.locate(self._origin(path), key=key)
        name = field_name(field or path)
        if path and self.origins.get(str(path[0])) == ():
            message += " (from articles.yaml)"
        self.problems.append(
            Problem(self._file, mark.line, mark.column, name, code, message, hint, severity)
        )

    def _origin(self, path: Path) -> Path:
        """Return where the value at a path stands in the file."""
        if path and (origin := self.origins.get(str(path[0]))) is not None:
            return (*origin, *path[1:]) if origin else ()
        return path

    def raise_to_errors(self, since: int, names: set[str]) -> bool:
        """Make errors of the problems from index `since` on with the named fields; return
        whether there are any."""
        indexes = range(since, len(self.problems))
        causes = [index for index in indexes if self.problems[index].field in names]
        for index in causes:
            self.problems[index] = replace(self.problems[index], severity=Severity.ERROR)
        return bool(causes)

    def comment_at(self, path: Path) -> str:
        """Return the comment that stands where a value is expected in YAML, or nothing."""
        written = self._written(path)
        return written if written.startswith("#") else ""

    def note_unknown(
        self,
        fields: Fields,
        known: Collection[str],
        path: Path,
    ) -> set[str]:
        """Report the keys of a mapping that are not read there; return what they were meant for."""
        meant = set[str]()
        for name in fields:
            if name not in known and name not in NEVER_READ:
                close = suggest(name, known)
                message = "is not a known field here"
                hint = f"rename {name} to {close[0]}" if close else "correct it, or leave it out"
                if ":" in name and fields[name] is None:
                    message = "has no space after its colon"
                    hint = f"write {name.replace(':', ': ', 1)}"
                meant.update(close)
                self.note((*path, name), Code.UNKNOWN_KEY, message, hint, key=True)
        return meant

    def note_forbidden(self, value: str, path: Path) -> None:
        """Report the first character that no feed can carry, if there is one."""
        at = text.first_forbidden(value)
        if at is not None:
            message = f"has the character U+{ord(value[at]):04X}, which feeds cannot contain"
            self.note(path, Code.CONTROL_CHARACTER, f"{message}; it was removed", "delete it")

    def text(self, fields: Fields, names: tuple[str, ...], path: Path, longest: int) -> str:
        """Return one clean line that shows something, of at most `longest` characters, or none."""
        for name in names:
            value = fields.get(name)
            if not value:
                continue
            if not isinstance(value, str):
                hint = "write one line of text"
                written = self._written((*path, name))
                if written[:1] in ("[", "{") and self._written(path)[:1] != "{":
                    hint = f"write {name}: {quoted(written)}"
                self.note((*path, name), Code.NOT_TEXT, "is not text", hint)
                return ""
            self.note_cut(value, (*path, name))
            if text.is_line(value) and len(value) <= longest and text.is_visible(value):
                return value
            if not value.isprintable():
                self.note_forbidden(value, (*path, name))
            line = plain_line(value)
            if not text.is_visible(line):
                if not value.isspace():
                    self.note(
                        (*path, name), Code.NOT_TEXT, "has no visible text", "write some text"
                    )
                continue
            if len(line) > longest:
                message = f"is {len(line)} characters long; it was cut"
                hint = f"keep it below {longest} characters"
                self.note((*path, name), Code.TOO_LONG, message, hint)
                line = text.shorten(line, longest)
            return line
        return ""

    def _written(self, path: Path) -> str:
        """Return the line from where a value begins in YAML, or nothing."""
        return self._rest(path).partition("\n")[0].strip()

    def _rest(self, path: Path) -> str:
        """Return the text of YAML from where a value begins; nothing if it is not in the file."""
        origin = self._origin(path)
        return self._document.rest(origin) if origin or not path else ""

    def note_empty(self, fields: Fields, names: Collection[str], path: Path) -> None:
        """Report fields whose value YAML takes for a comment: `topics: #ai`."""
        for name in names if self._to_look_at else ():
            if fields.get(name, "") is None and _HASHTAG(self.comment_at((*path, name))):
                self.note_cut("", (*path, name))

    def note_cut(self, value: str, path: Path) -> None:
        """Report what YAML takes for a comment or for an anchor, and not for a part of a text."""
        if not self._to_look_at:
            return
        self._to_look_at -= 1
        written = self._rest(path)
        comment = re.search(r"\s(#[^\r\n]*)", written)
        if comment and written[: comment.start()].split() == value.split():
            message = f"{'ends' if value else 'is empty'} before "
            message += f"{text.shorten(comment[1], _LONGEST_CUT)}, which is a comment in YAML"
            line = " ".join(written[: comment.end()].split())
        elif anchor := re.match(r"(&\S+)[ \t]+.*", written):
            message = f"begins after {anchor[1]}, which is an anchor in YAML"
            line = anchor[0].strip()
        else:
            return
        hint = f"write {quoted(line)} if it belongs to the text"
        self.note(path, Code.CUT, message, hint)

    def address(self, fields: Fields, names: tuple[str, ...], path: Path, base: str = "") -> str:
        """Return a usable address, or an empty string.

        It may be relative to `base`, if that is given, and one that begins with a slash to the
        site: see `urls.usable`.
        """
        for name in names:
            value = fields.get(name)
            if not value:
                continue
            try:
                written = value.strip() if isinstance(value, str) else ""
                if base and self.settings.base and re.match(r"/(?!/)", written):
                    written = urls.on_site(written, self.settings.base)
                address = urls.usable(written, base)
                if isinstance(value, str) and _BREAK.search(value.strip()):
                    message = "has a line break or a tab in it, which was removed"
                    self.note((*path, name), Code.NOT_A_URL, message, "write it on one line")
                return address
            except ValueError as error:
                message = str(error) if isinstance(value, str) else "is not an address"
                hint = "write a complete address, such as https://example.org/article"
                if _WITHOUT_SCHEME(written):
                    hint = f"write https://{written}"
                if text.in_typographic_quotes(value):
                    message, hint = "is in typographic quotes", "leave them out"
                self.note((*path, name), Code.NOT_A_URL, message, hint)
                return ""
        return ""

    def moment(self, fields: Fields, names: tuple[str, ...], path: Path) -> datetime | None:
        """Return an instant in UTC, or None."""
        instant = self.instant(fields, names, path)
        return instant and instant.moment

    def instant(self, fields: Fields, names: tuple[str, ...], path: Path) -> dates.Instant | None:
        """Return an instant with its day as written, or None.

        A time without a zone is in that of the settings.
        """
        for name in names:
            value, here = fields.get(name), (*path, name)
            if name in PART and isinstance(value, dict):
                value, here = value.get(PART[name]), (*here, PART[name])
            if not value:
                continue
            try:
                instant = dates.parse(value if isinstance(value, str) else "", self.zone)
            except dates.NotADate as error:
                message = str(error)
                if text.in_typographic_quotes(value):
                    message = "is in typographic quotes"
                self.note(here, Code.NOT_A_DATE, message, error.hint)
                return None
            if not instant.zoned:
                self._note_zone(value if isinstance(value, str) else "", here)
            return instant
        return None

    def _note_zone(self, written: str, path: Path) -> None:
        """Report a date whose time zone is not known."""
        zone, configured = dates.zone_name(written), self.settings.timezone
        if configured and not zone:
            return
        message = f"has the unknown time zone {zone}" if zone else "has no time zone"
        message += f"; treated as {configured or 'UTC'}"
        hint = "end it with Z or an offset such as +01:00"
        if not zone:
            hint += ", or write timezone: in articles.yaml"
        self.note(path, Code.DATE_WITHOUT_ZONE, message, hint)

    def number(self, fields: Fields, names: tuple[str, ...], path: Path) -> float | None:
        """Return a finite number, whole ones as int, or None."""
        for name in names:
            value = fields.get(name)
            if value is None or value == "":
                continue
            if isinstance(value, str) and value.isdecimal() and len(value) < _SAFE_DIGITS:
                return int(value)
            try:
                number = float(value) if isinstance(value, str) else math.nan
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                message = "is not a number; it was left out"
                self.note((*path, name), Code.NOT_A_NUMBER, message, "write a number such as 47")
                return None
            return int(number) if number.is_integer() and abs(number) < _SAFE else number
        return None


def is_false(value: Value) -> bool:
    """Return whether a value says that there is none, as `image: false` does."""
    return isinstance(value, str) and value.strip().lower() in FALSE


def dotted(fields: Fields, name: str) -> tuple[Value, Path]:
    """Return a value by its name, or by names with dots between them, and where it stands."""
    if name in fields:
        return fields[name], (name,)
    at = name.split(".")
    value: Value = fields
    for part in at:
        value = value.get(part) if isinstance(value, dict) else None
    return value, tuple(at)


def plain_line(written: str) -> str:
    """Return a text, which may be HTML, as one clean line without tags."""
    return text.one_line(text.unescape(_without_tags(written)))


def _without_tags(written: str) -> str:
    """Return text without its HTML tags and comments; those of blocks leave a space.

    A tag is removed if it has its counterpart, as in `<b>…</b>`, or needs none, as `<br>` and
    `<img src=…>`; and every one that HTML knows if the text begins with a block, as in
    `<p>Cut <b>off`, also one that is cut itself. All else in angle brackets is text: `a < b`,
    `List<String>`, `the <b> tag`.
    """
    if "<" not in written:
        return written
    first = _BEGINS_WITH(written)
    is_html = first is not None and first[1].lower() in BLOCKS
    removed = bytearray()  # whether each tag is removed
    opened: dict[str, list[int]] = {}
    for number, tag in enumerate(_TAG.finditer(written)):
        slash, name, attributes = tag[1], (tag[2] or "").lower(), tag[3]
        is_alone = not name or name in _ALONE or (name == "img" and len(attributes) > 1)
        removed.append(is_alone or (is_html and (name in KEPT or name in RENAMED)))
        if not slash:
            opened.setdefault(name, []).append(number)
        elif opened.get(name):
            removed[number] = removed[opened[name].pop()] = True
    parts: list[str] = []
    end = 0
    for is_removed, tag in zip(removed, _TAG.finditer(written), strict=True):
        if not is_removed:
            continue
        name = (tag[2] or "").lower()
        if not (tag[1] and name in _UNSEEN):
            parts.append(written[end : tag.start()])
        parts.append(" " if name in BLOCKS else "")
        end = tag.end()
    rest = written[end:]
    return "".join((*parts, _CUT_TAG.sub("", rest) if is_html else rest))
