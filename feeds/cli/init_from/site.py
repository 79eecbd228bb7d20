"""The facts about an existing site, `Site`, and functions for all generators that find them."""

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final
from zoneinfo import available_timezones

from feeds.articles.permalink import slug_of_title
from feeds.cli.init_from.permalinks import Permalink, literal
from feeds.cli.init_from.survey import Glimpse, Survey
from feeds.util.globs import glob
from feeds.util.text import one_line, shorten

_LANGUAGE: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
_LONGEST: Final = 500  # characters of a title or description
_LOCAL: Final = re.compile(r"https?://(?:localhost|127\.|0\.0\.0\.0|\[)", re.IGNORECASE)
# Addresses in templates for new sites that stand for the real one.
_PLACEHOLDER: Final = re.compile(r"\byour-|^(?:www\.)?example\.\w+$", re.IGNORECASE)
_PAGES: Final = ("README.md", "/404.*", "LICENSE.md", "CONTRIBUTING.md")
_NOT_IN_GLOBS: Final = re.compile(r"[\\{}]")
OF_PATH: Final = "the field path of each article"
USUAL: Final = "{}'s own default"
_DEEP: Final = 3  # folders of tools are at the top of a site
_MOST_NAMED: Final = 20  # files without a date that are each left out by name


@dataclass
class Site:
    """What is known of a site.

    All paths are below the folder that was surveyed. `config` is the main configuration file,
    `found_by` says by what the generator was recognised, `content` is the folder of articles.
    `values` are keys of site.yaml and articles.yaml, each with the file it is from; `missing` are
    those that could not be read, each with why. `exclude` are globs below `content`, each with why.
    `guess` is a permalink pattern that fits where none could be read. `rules` are other patterns or
    addresses, by globs below `content`.
    """

    survey: Survey
    generator: str
    folder: str
    config: str
    found_by: str
    content: str = ""
    values: dict[str, tuple[str, str]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    include: list[str] = field(default_factory=list)
    exclude: dict[str, str] = field(default_factory=dict)
    guess: str = ""
    rules: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    _glimpses: dict[str, list[Glimpse]] = field(default_factory=dict)
    _articles: dict[tuple[str, ...], list[Glimpse]] = field(default_factory=dict)

    def at(self, path: str) -> str:
        """Return a path below the folder of the site as one below the folder surveyed."""
        return os.path.normpath(os.path.join(self.folder, path)).removeprefix("./")

    def has(self, path: str) -> bool:
        """Return whether the site has a file."""
        return self.survey.has(self.at(path))

    def set(self, key: str, value: object, source: str = "") -> None:
        """Set a value that was read, unless one is set already or it is empty or not text."""
        if not isinstance(value, str) or not value.strip() or key in self.values:
            return
        source, value = source or self.config, one_line(value)
        if key == "language":
            value = value.replace("_", "-")
        if key == "language" and not _LANGUAGE.fullmatch(value):
            self.missing[key] = f"{source} has {shorten(value, 50)}, which is not a language"
        elif key == "timezone" and value not in available_timezones():
            self.missing[key] = f"{source} has {shorten(value, 50)}, which is not a time zone"
        else:
            self.values[key] = (shorten(value, _LONGEST), source)

    def set_address(self, value: object, prefix: object = "", source: str = "") -> str:
        """Note the address of the site, with its path, and a path below it.

        Returns the beginning of paths if the address is not known.
        """
        source = source or self.config
        path = prefix.strip("/") if isinstance(prefix, str) else ""
        address = value.strip().rstrip("/") if isinstance(value, str) else ""
        if not re.match(r"https?://[^/\s]", address):
            return f"/{path}" if path else ""
        if _LOCAL.match(address):
            self.missing["base"] = f"{source} has {address}, which is not a public address"
            return f"/{path}" if path else ""
        if _PLACEHOLDER.search(address.split("/")[2]) and "base" not in self.values:
            self.notes.append(f"{address} in {source} looks like the placeholder of a starter")
        self.set("base", f"{address}/{path}".rstrip("/"), source)
        self.missing.pop("base", None)
        return ""

    def set_permalink(self, permalink: Permalink, written: str, prefix: str = "") -> None:
        """Note a pattern, or why it cannot be one of ours; `written` is the generator's own."""
        pattern = re.sub(r"/{2,}", "/", f"{prefix}/{permalink.pattern}")
        folder = self.values.get("base", ("", ""))[0].partition("://")[2].partition("/")[2]
        if folder and f"{pattern}/".startswith(f"/{folder}/"):
            pattern = f"/{folder}{pattern}"  # else that part would count as the one of the base
        if permalink.unknown:
            parts = " and ".join(permalink.unknown)
            self.missing["permalink"] = f"{written} has {parts}, which a pattern here cannot have"
        else:
            self.set("permalink", pattern, written)

    def set_authors(self, *names: str) -> None:
        """Note the first of these that the site has, with any extension, as that of authors."""
        for name in names:
            for end in ("yml", "yaml", "json"):
                if self.has(f"{name}.{end}"):
                    self.set("authors", self.at(f"{name}.{end}"), self.at(f"{name}.{end}"))

    def needs(self, key: str) -> None:
        """Record that the configuration lacks a value, or computes it."""
        self.missing.setdefault(
            key, f"could not be read from {self.config}" if self.config else "no file here says it"
        )

    @property
    def asked(self) -> list[str]:
        """The values that addresses need and that are not known."""
        return [key for key in ("base", "permalink") if key not in self.values]

    @property
    def paths(self) -> Iterator[str]:
        """The files in the content folder, by their paths below it."""
        return map(self.below_content, self.survey.below(self.content))

    def below_content(self, path: str) -> str:
        """Return the path of a file in the content folder as one below that folder."""
        return path if self.content in ("", ".") else path[len(self.content) + 1 :]

    @property
    def glimpses(self) -> list[Glimpse]:
        """How the files begin that may be articles, by their paths below the content folder."""
        if self.content not in self._glimpses:
            self._glimpses[self.content] = [
                replace(self.survey.glimpse(path), path=self.below_content(path))
                for path in self.survey.articles(self.content)
            ]
        return self._glimpses[self.content]

    @property
    def articles(self) -> list[Glimpse]:
        """The same for those that have a date and are not left out."""
        key = (self.content, *self.include, "", *self.exclude)
        if key not in self._articles:
            self._articles[key] = [
                one for one in self.glimpses if one.has_date and self.is_included(one.path)
            ]
        return self._articles[key]

    def is_included(self, path: str) -> bool:
        """Return whether a file below the content folder is not left out."""
        if self.include and not any(glob(pattern).matches(path) for pattern in self.include):
            return False
        return not any(glob(pattern).matches(path) for pattern in self.exclude)

    def leave_out(self, pattern: str, why: str) -> None:
        """Add a pattern of files that are not articles, if it excludes files that no other does."""
        matches = glob(pattern).matches
        if any(matches(path) and self.is_included(path) for path in self.paths):
            self.exclude.setdefault(pattern, why)

    def leave_out_files(self, paths: Iterable[str], why: str) -> None:
        """Exclude files or folders without articles, each by its path, unless there are too
        many."""
        named = [f"/{path}" for path in paths if not _NOT_IN_GLOBS.search(path)]
        if len(named) <= _MOST_NAMED:
            self.exclude.update(dict.fromkeys(named, why))


def leave_out_what_is_no_article(site: Site) -> None:
    """Exclude pages, data beside articles, and folders in which nothing has a date."""
    for name in _PAGES:
        site.leave_out(name, "no article")
    for end in ("yml", "yaml", "json", "txt"):
        if not any(one.path.endswith(f".{end}") for one in site.articles):
            site.leave_out(f"*.{end}", "data beside the articles")
    content = "" if site.content in ("", ".") else f"{site.content}/"
    for folder in site.survey.skipped:
        if folder.startswith(content) and folder.count("/") < _DEEP:
            # Without a star, so that such a folder is not even searched.
            site.exclude[f"/{site.below_content(folder)}"] = "not written by people"
    files = [one for one in site.glimpses if site.is_included(one.path)]
    with_dated = {above for one in files if one.has_date for above in ("", *_above(one.path))}
    if not with_dated:
        return
    rest, folders = [], []
    for one in files:
        above = next((above for above in _above(one.path) if above not in with_dated), "")
        if above:
            folders.append(f"{above}**")
        elif not one.has_date and not one.is_program:
            rest.append(one.path)
    site.leave_out_files(dict.fromkeys(folders), "nothing there has a date")
    site.leave_out_files(rest, "has no date")


def _above(path: str) -> Iterable[str]:
    """Yield the folders of a path with a slash at their ends, the topmost first."""
    return (path[: found.end()] for found in re.finditer("/", path))


def most(values: Sequence[str]) -> str:
    """Return the most frequent value, the first in order among equals; empty for none."""
    return min(Counter(values).items(), key=lambda item: (-item[1], item[0]))[0] if values else ""


def by_slug(
    site: Site,
    articles: Sequence[Glimpse],
    other: str,
    translate: Callable[[str], Permalink],
    slugged: Callable[[str], str],
    prefix: str,
) -> Permalink:
    """Return the pattern of a generator that takes the field slug, else something other.

    `translate` makes it of our placeholder for the one or the other. Where only some articles
    have a slug, these get rules. `slugged` is what it makes of a title or a name; an article of
    which that is something other than `:title` or `:filename` gets a rule too. Where it cannot be
    told, it is empty.
    """
    with_slug = [one.path for one in articles if one.value("slug")]
    by_slug, by_other = translate(":slug"), translate(other)
    if with_slug and len(with_slug) == len(articles):
        return by_slug
    if by_slug != by_other:
        site.rules |= {f"/{path}": prefix + by_slug.pattern for path in with_slug}
    for one in articles if other in by_other.pattern else ():
        name = os.path.splitext(os.path.basename(one.path))[0]
        source, usual = (name, name) if other == ":filename" else (one.title, "")
        if not source or one.value("slug"):
            continue
        written = slugged(source)
        if not written:
            site.leave_out(f"/{one.path}", "write their slug: it cannot be told from their title")
        elif written != (usual or slug_of_title(source)):
            pattern = by_other.pattern.replace(other, literal(written))
            site.rules[f"/{one.path}"] = prefix + pattern
    return by_other


def rename(
    site: Site,
    change: Callable[[str], str],
    pattern: str,
    without_date: Callable[[str], str] = str,
) -> None:
    """Note the addresses of articles whose path the generator writes otherwise.

    `change` is what it makes of a name, such as its lower case; `pattern` is an address with
    `:path`. `without_date` is what it takes off first. Articles with a slug, or with a rule
    already, are left as they are.
    """
    for one in site.articles:
        names = os.path.splitext(one.path)[0].split("/")
        names = names[:-1] if names[-1] == "index" and len(names) > 1 else names
        names[-1] = without_date(names[-1])
        changed = [change(name) for name in names]
        if changed != names and not one.value("slug"):
            address = pattern.replace(":path", literal("/".join(changed)))
            site.rules.setdefault(f"/{one.path}", address)


def narrowed(site: Site, folder: str) -> str:
    """Return the folder, in one or that itself, that has all its articles with a date."""
    parents = []
    for path in site.survey.dated(folder):
        parent, name = os.path.split(path)
        if name not in _PAGES:
            is_bundle = os.path.splitext(name)[0] == "index"
            parents.append(os.path.dirname(parent) if is_bundle else parent)
    common = os.path.commonpath(parents) if parents else folder
    start = len(folder) + 1 if folder not in ("", ".") else 0
    if year := re.search(r"(?:^|/)\d{4}(?=/|-|$)", common[start:]):
        common = common[: start + year.start()].rstrip("/")
    return common if len(common) >= len(folder) else folder


def first_text(values: Mapping[str, Any], *keys: str) -> str:
    """Return the first of some values that is text and not empty."""
    for key in keys:
        value = values.get(key)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
