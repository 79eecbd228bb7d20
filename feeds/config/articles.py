"""Make the settings of articles from articles.yaml and the file of authors that it may name.

In the file of authors a key stands for a name, or for a mapping with it. Jekyll, Hugo and
Docusaurus have other names for the same fields. Other fields, such as a title, are not read.
"""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from feeds.article_settings import (
    AUTHOR_AVATAR,
    AUTHOR_EMAIL,
    AUTHOR_NAME,
    AUTHOR_URL,
    FIELDS,
    ArticleSettings,
    PathRule,
)
from feeds.config.schema import ArticlesFile
from feeds.config.value_types import checked_email
from feeds.config.yaml_files import YamlFile, read_file, validated
from feeds.model import Person
from feeds.problems import Code, Problem, Severity
from feeds.util import globs, text, urls
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Value

# Other names of the fields in FIELDS, which docs/reference/articles.md describes.
_SAME: Final = {"date": "published", "kind": "type", "tags": "topics", "author": "authors"}
_LONGEST_NAME: Final = 100  # characters


def article_settings(
    files: Mapping[str, YamlFile],
    timezone: str,
    languages: Iterable[str],
    folder: Path,
    seeds: Path | None,
    problems: list[Problem],
) -> ArticleSettings:
    """Return the settings in articles.yaml, with defaults for those that it lacks.

    `timezone` is the site's, empty if it has none, and `languages` are those of the site and its
    sets. `folder` is that of the configuration. Mistakes become problems.
    """
    file = files.get("articles.yaml")
    if file is None or file.document.value is None:
        return ArticleSettings(timezone=timezone, languages=tuple(languages))
    valid, _ = validated(file, ArticlesFile, file.document.value, (), problems)
    written = valid or ArticlesFile()
    problems += _check(file, written)
    base, permalink = _base_and_permalink(written)
    authors = {}
    if written.authors:
        authors = _read_authors(file, written.authors, folder, seeds, base, problems)
    return ArticleSettings(
        base=base,
        permalink=permalink,
        timezone=written.timezone or timezone,
        future=written.future,
        include=written.include,
        # Otherwise the file of authors would be read as an article and refused.
        exclude=(*written.exclude, *([f"/{written.authors}"] if written.authors else [])),
        fields=_fields(written),
        languages=tuple(languages),
        drop_shortcodes=written.shortcodes == "drop",
        authors=authors,
        authors_email=written.authors_email,
        # The rule with more characters before its first wildcard is more specific; of equals, the
        # last wins.
        rules=tuple(
            sorted(
                (PathRule(rule.path, rule.defaults, rule.overrides) for rule in written.rules),
                key=lambda rule: len(globs.glob(rule.path).literal),
            )
        ),
    )


def _base_and_permalink(written: ArticlesFile) -> tuple[str, str]:
    """Return the base, without a slash at its end, and the permalink as a path."""
    permalink, base = written.permalink or "", (written.base or "").rstrip("/")
    if "://" in permalink:
        scheme, _, rest = permalink.partition("://")
        host, _, path = rest.partition("/")
        return base or f"{scheme}://{host.lower()}", f"/{path}"
    return base, permalink


def _fields(written: ArticlesFile) -> dict[str, tuple[str, ...]]:
    fields: dict[str, tuple[str, ...]] = {}
    for name, names in written.fields.items():
        field = _SAME.get(name, name)
        fields[field] = (*fields.get(field, ()), *names)
    return fields


def _check(file: YamlFile, written: ArticlesFile) -> Iterator[Problem]:
    permalink = written.permalink or ""
    if "://" in permalink:
        host = urlsplit(permalink).netloc
        if written.base and host.lower() != urlsplit(written.base).netloc.lower():
            message = f"leads to {host}, which is not the site of base"
            hint = "write the path alone, such as /blog/:slug/"
            yield file.problem(("permalink",), Code.BAD_VALUE, message, hint)
    elif permalink and not written.base:
        message, hint = "needs base", "add base: with the address of the site"
        yield file.problem(("permalink",), Code.MISSING, message, hint)
    for name in written.fields:
        if name not in FIELDS and name not in _SAME:
            close = suggest(name, FIELDS)
            hint = f"write {close[0]}" if close else f"the fields are {', '.join(FIELDS)}"
            yield file.problem(
                ("fields", name), Code.UNKNOWN_NAME, "is not a field of articles", hint, of_key=True
            )
    for number, rule in enumerate(written.rules):
        if not (rule.defaults or rule.overrides):
            message, hint = "has no effect", "add defaults: or overrides:"
            yield file.problem(("rules", number), Code.MISSING, message, hint)


# --- authors ---------------------------------------------------------------------


def authors_paths(named: object, folder: Path, seeds: Path | None) -> list[Path]:
    """Return where a file of authors may be: below the folder of configuration, or else below
    that of articles; nowhere if its path is not valid, which is a problem of its own."""
    if not isinstance(named, str) or ".." in named.split("/") or named.startswith("/"):
        return []
    return [folder / named, *([seeds / named] if seeds else [])]


def _read_authors(
    file: YamlFile,
    named: str,
    folder: Path,
    seeds: Path | None,
    base: str,
    problems: list[Problem],
) -> dict[str, Person]:
    """Return the authors of a file that articles.yaml names, by their keys.

    `base` is the address that paths of pictures are relative to. Without `seeds`, or while that
    folder is missing, only a file below the folder of configuration is read, since no articles are
    read then either.
    """
    here = ("authors",)
    paths = authors_paths(named, folder, seeds)
    path = next((path for path in paths if path.exists()), None)
    if path is None:
        if seeds and seeds.is_dir():
            message = f"does not exist: neither {' nor '.join(map(str, paths))}"
            hint = "write the path of a file below one of these folders"
            problems.append(file.problem(here, Code.UNREADABLE, message, hint))
        return {}
    if seeds and path == paths[-1] and _leads_out(path, seeds):
        message, hint = f"leads out of {seeds}: {path} is a link", "put a copy in its place"
        problems.append(file.problem(here, Code.LINK_OUT, message, hint))
        return {}
    authors = read_file(path, problems)
    if authors is None or authors.document.value is None:
        return {}
    if not isinstance(authors.document.value, dict):
        hint = "write a key and a colon for each author, and the name after it or below it"
        problems.append(authors.problem((), Code.NOT_A_MAPPING, "is not a mapping", hint))
        return {}
    return dict(_authors(authors, authors.document.value, base, problems))


def _leads_out(path: Path, folder: Path) -> bool:
    root = os.path.realpath(folder)
    return os.path.commonpath((root, os.path.realpath(path))) != root


def _authors(
    file: YamlFile, values: Mapping[str, Value], base: str, problems: list[Problem]
) -> Iterator[tuple[str, Person]]:
    for key, value in values.items():
        fields = {"name": value} if isinstance(value, str) else value or {}
        if not isinstance(fields, dict):
            message, hint = "is not an author", "write a name, or name: and the rest below it"
            problems.append(file.problem((key,), Code.NOT_A_MAPPING, message, hint))
            continue
        read = partial(_read, file, key, fields, problems)
        address = partial(urls.usable, base=f"{base}/" if base else "")
        name, email = read(AUTHOR_NAME, _line), read(AUTHOR_EMAIL, checked_email)
        url, avatar = read(AUTHOR_URL, address), read(AUTHOR_AVATAR, address)
        yield key, Person(name or key, email, url, avatar)


def _read(
    file: YamlFile,
    key: str,
    fields: Mapping[str, Value],
    problems: list[Problem],
    names: tuple[str, ...],
    parse: Callable[[str], str],
) -> str:
    """Return the first of some fields that has a value; nothing, and a warning, if that is
    not valid."""
    name = next((name for name in names if fields.get(name)), names[0])
    written = fields.get(name)
    if not written:
        return ""
    try:
        return parse(written if isinstance(written, str) else "")
    except ValueError as error:
        message, _, hint = str(error).partition("; ")
        message, hint = f"{message}; it is left out", hint or "write a complete address, or nothing"
        of_value = Severity.WARNING
        problems.append(file.problem((key, name), Code.BAD_VALUE, message, hint, severity=of_value))
        return ""


def _line(written: str) -> str:
    line = text.one_line(written)
    if not line:
        raise ValueError("is not text; write one line of text")
    return text.shorten(line, _LONGEST_NAME)
