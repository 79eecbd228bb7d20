"""How files become articles, as `articles.yaml` says: `ArticleSettings`. Immutable."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from feeds.model import Person

Future = Literal["hold", "show"]

# The names that docs/reference/articles.md gives to the fields of an article.
FIELDS: Final = tuple(
    "id url amp_url amp_cache_url title summary content published expires updated public authors "
    "provider topics type quality heat images media language related".split()
)
# What a permalink may have after a colon.
PLACEHOLDERS: Final = tuple("slug title filename section sections path year month day lang".split())
# The names under which an author has their own fields, in articles and in the file of authors.
AUTHOR_NAME: Final = ("name", "display_name", "displayName", "full_name", "fullname")
AUTHOR_EMAIL: Final = ("email", "mail")
AUTHOR_URL: Final = ("url", "website", "web", "link", "homepage", "uri")
AUTHOR_AVATAR: Final = (
    "avatar", "image_url", "imageURL", "image", "picture", "photo", "avatar_url", "avatarUrl",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PathRule:
    """Fields that files below a path get in addition (`defaults`) or instead (`overrides`).

    `path` is a glob below the seeds folder. Values are those that the YAML of articles has:
    strings, lists and mappings.
    """

    path: str
    defaults: Mapping[str, Any] = field(default_factory=dict)
    overrides: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ArticleSettings:
    """The settings that reading an article depends on.

    `base` is the address that a path is relative to, without a slash at its end, and `permalink` a
    pattern for the addresses of articles; empty if there is none. `timezone` is the name of the
    zone of dates without one; empty if none is configured, which is UTC. `include` and `exclude`
    are globs below the seeds folder. `fields` are more names of canonical fields, dotted ones too,
    which come before the usual ones. `languages` are those of the site: suffixes of names of files.
    `authors` are the entries of the authors file, by key. `rules` are those of `articles.yaml`, the
    least specific first.
    """

    base: str = ""
    permalink: str = ""
    timezone: str = ""
    future: Future = "hold"
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    languages: tuple[str, ...] = ()
    drop_shortcodes: bool = False
    authors: Mapping[str, Person] = field(default_factory=dict)
    authors_email: bool = False
    rules: tuple[PathRule, ...] = ()


DEFAULTS: Final = ArticleSettings()
