"""Read facts about an article from the path of its file: date, language, name and sections.
Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from feeds.article_settings import ArticleSettings

_INDEX: Final = "index"  # names no article: its folder does
_CONTENT: Final = "content"  # the folder of articles of Hugo and Zola: sections are below it
_DATE: Final = re.compile(r"\d{4}(?:[-_.]\d{1,2}){0,2}|\d{6}|\d{8}").fullmatch
_PART_OF_A_DATE: Final = re.compile(r"\d{1,2}(?:[-_.]\d{1,2})?").fullmatch
_WILD: Final = re.compile(r"[*?]")
# A date at the beginning of a name, or as folders; it may have a time.
_FIRST: Final = re.compile(
    r"(?:^|/)(\d{4})(?:[-_./](\d{1,2})[-_./](\d{1,2})|(\d\d)(\d\d))"
    r"(?:T(\d\d)[-:]?(\d\d)(?:[-:]?(\d\d))?)?(?=[-_. /]|$)"
)
# One within a name is sure if it is written as ISO 8601 has it.
_WITHIN: Final = re.compile(r"(?<!\d)(\d{4})-(\d\d)-(\d\d)(?!\d)")


class Dated(NamedTuple):
    """A local time in a path, and where what follows it begins; 0 if it does not come first."""

    local: datetime
    end: int


def date_in(path: str) -> Dated | None:
    """Return the date in a path or a name, or None. If there are several dates, the last one is
    used.

    `2024-05-01-title`, `20240501-title`, `2024/05/01/title`, `2024/05-01-title`, `2024-05-01/title`
    and `2024-05-01T10-30-title` have one, and else `title-2024-05-01`. An impossible day, such as
    2024-13-45, is not a date.
    """
    for pattern in (_FIRST, _WITHIN):
        for match in reversed(list(pattern.finditer(path))):
            try:
                local = datetime(*(int(part) for part in match.groups() if part))  # type: ignore[arg-type]  # noqa: DTZ001
            except ValueError:
                continue
            return Dated(local, match.end() if pattern is _FIRST else 0)
    return None


@dataclass(frozen=True, slots=True)
class FilePath:
    """The path of an article's file, taken apart.

    A file `index.md` in a folder is a bundle: the folder names the article. `filename` is the
    name without extension and language, and `name` also without its date. `language` is that of
    the file's name, as the settings spell it. `sections` are the folders below `content`, if
    the path has one, else below the included folder, else its own name; folders of dates are
    none, nor is that of the site's language. `below` is the path below the included folder,
    with `name` at its end.
    """

    filename: str
    name: str
    language: str
    sections: tuple[str, ...]
    below: str
    dated: Dated | None


def take_apart(path: str, settings: ArticleSettings) -> FilePath:
    """Return what the path of a file below the seeds folder says."""
    *folders, file = path.split("/")
    stem, language = _without_language(file.rpartition(".")[0] or file, settings.languages)
    included = _included(path, settings.include)
    is_index = stem.lower() == _INDEX
    is_root = is_index and len(folders) <= len(included)
    filename = folders.pop() if is_index and folders else stem
    whole = "/".join((*folders, filename))
    dated = date_in(whole)
    rest = ""
    if dated and dated.end > len(whole) - len(filename):
        rest = whole[dated.end :].lstrip("-_. ")
    name = rest or filename
    below = [] if is_root else [*folders[len(included) :], name]
    sections = _sections(folders, included, settings.languages)
    return FilePath(filename, name, language, sections, "/".join(below), dated)


def _without_language(stem: str, languages: Sequence[str]) -> tuple[str, str]:
    """Return a name without the language that it ends with, and that as it is configured."""
    name, dot, suffix = stem.rpartition(".")
    if dot and name and languages:
        written = suffix.lower().replace("_", "-")
        for language in languages:
            if language.lower() == written:
                return name, language
    return stem, ""


def _included(path: str, include: Sequence[str]) -> list[str]:
    """Return the folders that the patterns name in which a file is: the most of them."""
    found: list[str] = []
    for pattern in include:
        literal = _WILD.split(pattern, maxsplit=1)[0]
        folder = f"{literal}/" if literal == pattern else literal
        names = folder[: folder.rfind("/") + 1].strip("/").split("/")
        if len(names) > len(found) and path.startswith("/".join(names) + "/"):
            found = names
    return found


def _sections(
    folders: Sequence[str], included: Sequence[str], languages: Sequence[str]
) -> tuple[str, ...]:
    names = folders[len(included) :]
    if _CONTENT in included:
        names = folders[included.index(_CONTENT) + 1 :]
    elif not included and folders[:1] == [_CONTENT]:
        names = folders[1:]
    if names and languages and names[0].lower() == languages[0].lower():
        names = names[1:]
    sections: list[str] = []
    is_date = False
    for name in names:
        is_date = bool(_DATE(name) or (is_date and _PART_OF_A_DATE(name)))
        if not is_date:
            sections.append(name)
    if not sections and _CONTENT not in included:
        return tuple(included[-1:])
    return tuple(sections)
