"""List the files of an existing site, and read how its articles begin. Changes nothing."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Final

from feeds.articles import fences, headers
from feeds.articles.field_names import DATED, PUBLISHED
from feeds.articles.file_path import date_in
from feeds.articles.frontmatter import WITH_BODY
from feeds.errors import ArticleError, FeedsError
from feeds.ingest.scanner import suffix
from feeds.util.yaml_document import Malformed, parse_yaml

MOST_FILES: Final = 500_000
LARGEST_CONFIGURATION: Final = 1024 * 1024  # bytes
_GLIMPSE: Final = 8192  # bytes of an article that are read
# Folders of tools and of the output of generators: people do not write the files in them.
_NOT_SOURCES: Final = frozenset(
    "node_modules bower_components vendor _site __pycache__ venv site-packages".split()
)
_TRUNCATE: Final = re.compile(r"<!--\s*truncate\s*-->|\{/\*\s*truncate\s*\*/\}")
_KEYS: Final = {
    # with the items of a list below the key
    "yaml": re.compile(r"^([A-Za-z_][\w.-]*)[ \t]*:(.*(?:\n[ \t]*-[ \t].*)*)$", re.MULTILINE),
    "toml": re.compile(r"^([A-Za-z_][\w.-]*|\[[\w.-]+\])[ \t]*(?:=(.*))?$", re.MULTILINE),
    "json": re.compile(r'^\s*"([\w.-]+)"\s*:(.*)$', re.MULTILINE),
    "head of a page": re.compile(
        r"""<meta\s+name=["']([\w-]+)["']\s+content=["']([^"'<>]*)["']""", re.IGNORECASE
    ),
    "header lines": re.compile(r"^([A-Za-z][\w-]*):(.*)$", re.MULTILINE),
}
_PROGRAM: Final = "program"
_PUBLISHED: Final = frozenset(map(str.lower, PUBLISHED))  # header lines are in any case


@dataclass(frozen=True, slots=True)
class Glimpse:
    """How an article file begins.

    `path` is below the site's folder. `fields` are the texts after the keys of its front matter,
    by their names in lower case; `form` is that of the front matter, empty if there is none.
    `is_cut` says that Docusaurus' mark for the end of a summary is in it.
    """

    path: str
    form: str
    fields: dict[str, str]
    is_cut: bool

    @property
    def is_program(self) -> bool:
        """Whether its front matter is a program, such as `---js` of Eleventy, which is not read."""
        return self.form == _PROGRAM

    @property
    def has_dated_name(self) -> bool:
        """Whether its path has a date, as `2024-05-01-title.md` and `2024/05/01/title.md` do."""
        return date_in(os.path.splitext(self.path)[0]) is not None

    @property
    def has_date(self) -> bool:
        """Whether it says when it was published, in its front matter or its path."""
        if self.has_dated_name or not _PUBLISHED.isdisjoint(self.fields):
            return True
        return any(date_in(self.value(name)) for name in DATED)

    def value(self, name: str) -> str:
        """Return the text of a field without quotes; empty where it has none."""
        return self.fields.get(name, "").strip().strip("\"'").strip()

    @property
    def title(self) -> str:
        """The title as its author means it; empty if there is none on one line."""
        written = self.fields.get("title", "").strip()
        if self.form == "header lines":
            return written
        try:
            value = parse_yaml(written.removesuffix(",")).value  # so are strings in TOML and JSON
        except Malformed:
            return self.value("title")
        return value if isinstance(value, str) else self.value("title")


def glimpse(path: str, beginning: str) -> Glimpse:
    """Return how a file begins, from its first characters."""
    text = beginning.lstrip("\ufeff \t\r\n").replace("\r\n", "\n")
    form, source = _front_matter(path, text)
    fields: dict[str, str] = {}
    for match in _KEYS[form].finditer(source) if form in _KEYS else ():
        if match[1].startswith("[") and not match[1].startswith("[taxonomies"):
            break
        fields.setdefault(match[1].lower(), match[2] or "")
    return Glimpse(path, form, fields, bool(_TRUNCATE.search(text)))


def _front_matter(path: str, text: str) -> tuple[str, str]:
    """Return the form of the front matter that a text begins with, and its source."""
    try:
        fenced = fences.find(path, text, has_body=True)
    except ArticleError:
        return _PROGRAM, ""
    if fenced:
        return fenced.language, fenced.source
    if re.match(r'\{\s*"', text):
        return "json", text
    if re.match(r"(?i)<!doctype\s|<html[\s>]", text):
        return "head of a page", text
    if headers.read_lines(text):
        return "header lines", text.partition("\n\n")[0]
    return "", ""


@dataclass(frozen=True)
class Survey:
    """The files below a folder, by paths with `/`, in order.

    `notes` say what was left out, and `skipped` are folders that people do not write in.
    """

    root: Path
    paths: tuple[str, ...]
    notes: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    _glimpses: dict[str, Glimpse] = field(default_factory=dict)

    @cached_property
    def folders(self) -> frozenset[str]:
        """The folders that files lie in, however deep."""
        parents = {os.path.dirname(path) for path in self.paths}
        return frozenset(
            str(above)
            for parent in parents
            for above in (PurePosixPath(parent), *PurePosixPath(parent).parents)
        )

    def has(self, path: str) -> bool:
        """Return whether there is a file."""
        return path in self._set

    @cached_property
    def _set(self) -> frozenset[str]:
        return frozenset(self.paths)

    def below(self, folder: str) -> Iterator[str]:
        """Yield the paths of the files in a folder, however deep."""
        start = "" if folder in ("", ".") else f"{folder}/"
        return (path for path in self.paths if path.startswith(start))

    def articles(self, folder: str) -> list[str]:
        """Return the files in a folder that may be articles with a body, by their names."""
        return [path for path in self.below(folder) if suffix(path) in WITH_BODY]

    def dated(self, folder: str) -> list[str]:
        """Return those of these that say when they were published."""
        return [path for path in self.articles(folder) if self.glimpse(path).has_date]

    def glimpse(self, path: str) -> Glimpse:
        """Return how a file begins; one that cannot be read has no front matter."""
        known = self._glimpses.get(path)
        if known is None:
            try:
                with open(os.path.join(self.root, path), "rb") as file:
                    data = file.read(_GLIMPSE)
            except OSError:
                data = b""
            known = self._glimpses[path] = glimpse(path, data.decode("utf-8-sig", "replace"))
        return known

    def text(self, path: str) -> str:
        """Return the text of a configuration; empty, with a note, where it cannot be used."""
        try:
            with (self.root / path).open("rb") as file:
                data = file.read(LARGEST_CONFIGURATION + 1)
            if len(data) <= LARGEST_CONFIGURATION:
                return data.decode("utf-8-sig")
            reason = "is larger than 1 MiB"
        except OSError as error:
            reason = f"cannot be read: {error.strerror}"
        except UnicodeDecodeError:
            reason = "is not UTF-8"
        self.note(f"{path}: {reason}; nothing was taken from it")
        return ""

    def note(self, message: str) -> None:
        """Add a note for the user, unless it is there already."""
        if message not in self.notes:
            self.notes.append(message)


def survey(folder: Path) -> Survey:
    """Return the files below a folder. Links to folders are not followed.

    Raises FeedsError where the folder cannot be read.
    """
    found = Survey(folder, ())
    paths: list[str] = []
    folders = [""]
    while folders:
        below = folders.pop()
        try:
            with os.scandir(folder / below) as items:
                for item in items:
                    path = f"{below}{item.name}"
                    if not item.name.isprintable():
                        continue  # scans name those that are articles
                    if not item.is_dir(follow_symlinks=False):
                        if _is_file(item):
                            paths.append(path)
                    elif item.name in _NOT_SOURCES:
                        found.skipped.append(path)
                    elif not item.name.startswith("."):
                        folders.append(f"{path}/")
        except OSError as error:
            if not below:
                message = f"{folder}: {error.strerror}; name the folder of a site with --from"
                raise FeedsError(message) from None
            found.note(f"{below.rstrip('/')}: {error.strerror}; was left out")
        if len(paths) > MOST_FILES:
            found.note(f"more than {MOST_FILES:,} files: the site is recognised by the first ones")
            break
    return Survey(folder, tuple(sorted(paths)), found.notes, sorted(found.skipped))


def _is_file(item: "os.DirEntry[str]") -> bool:
    """Return whether a file exists; False for a link that leads to itself."""
    try:
        return item.is_file()
    except OSError:
        return False


def read_values(survey: Survey, path: str, parse: Any) -> dict[str, Any]:
    """Return the mapping in a configuration file; empty, with a note, if it cannot be read.

    Without a path, a site has no configuration, and that needs no note.
    `parse` turns text into a value, and raises ValueError with a message where it cannot.
    """
    text = survey.text(path) if path else ""
    if not text.strip():
        return {}
    try:
        value = parse(text)
    except (ValueError, RecursionError) as error:
        survey.note(f"{path}: {error}; nothing was taken from it")
        return {}
    if not isinstance(value, dict):
        survey.note(f"{path}: is not a mapping; nothing was taken from it")
        return {}
    return value


def parse_mapping(text: str) -> Any:
    """Return the value of a text in YAML, whose scalars stay text. Raises ValueError."""
    try:
        return parse_yaml(text).value
    except Malformed as error:
        raise ValueError(f"line {error.mark.line}: {error.message}") from None
