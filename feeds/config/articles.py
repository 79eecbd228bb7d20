"""articles.yaml, to the settings by which articles are read."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from feeds.article_settings import FIELDS, ArticleSettings, PathRule
from feeds.config.authors import read_authors
from feeds.config.schema import ArticlesFile
from feeds.config.yaml_files import YamlFile, validated
from feeds.problems import Code, Problem
from feeds.util import globs
from feeds.util.suggest import suggest

# Other words for what docs/articles.md calls by the names in FIELDS.
_SAME: Final = {"date": "published", "kind": "type", "tags": "topics", "author": "authors"}


def article_settings(
    files: Mapping[str, YamlFile],
    timezone: str,
    languages: Iterable[str],
    folder: Path,
    seeds: Path | None,
    problems: list[Problem],
) -> ArticleSettings:
    """Return what articles.yaml says, and what it does not say by default.

    `timezone` is the site's, empty if it has none, and `languages` are those of the site and
    its sets. `folder` is that of the configuration. Everything wrong becomes a problem.
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
        location = ("authors",)
        authors = read_authors(
            written.authors,
            folder,
            seeds,
            base,
            lambda code, message, hint: file.problem(location, code, message, hint),
            problems,
        )
    return ArticleSettings(
        base=base,
        permalink=permalink,
        timezone=written.timezone or timezone,
        future=written.future,
        include=written.include,
        # The file of authors would be a refused article.
        exclude=(*written.exclude, *([f"/{written.authors}"] if written.authors else [])),
        fields={_SAME.get(name, name): names for name, names in written.fields.items()},
        languages=tuple(languages),
        drop_shortcodes=written.shortcodes == "drop",
        authors=authors,
        authors_email=written.authors_email,
        # The more of a path is certain, the more particular it is; of equals the last.
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


def _check(file: YamlFile, written: ArticlesFile) -> Iterator[Problem]:
    permalink = written.permalink or ""
    if "://" in permalink:
        host = urlsplit(permalink).netloc
        if written.base and host.lower() != urlsplit(written.base).netloc.lower():
            message = f"leads to {host}, which is another site than base"
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
                ("fields", name), Code.UNKNOWN_NAME, "is no field of articles", hint, of_key=True
            )
    for number, rule in enumerate(written.rules):
        if not (rule.defaults or rule.overrides):
            message, hint = "says nothing", "add defaults: or overrides:"
            yield file.problem(("rules", number), Code.MISSING, message, hint)
