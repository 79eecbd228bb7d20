"""Load the publisher's folder of YAML files as one validated, frozen configuration.

Every file is optional. The files of a folder are used together or not at all: `load` raises
ConfigError with every problem that it found, each with file, line, column and hint.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple

from feeds import __version__
from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.config.articles import article_settings, authors_paths
from feeds.config.schema import (
    ExcludePart,
    IncludePart,
    PodcastPart,
    ProviderItem,
    SecurityPart,
    SetItem,
    SiteFile,
    TopicItem,
)
from feeds.config.taxonomy import Taxonomy
from feeds.config.validation import (
    check_providers,
    check_sets,
    check_topics,
    set_of_member,
    sound_sets,
)
from feeds.config.yaml_files import (
    Located,
    YamlFile,
    items,
    named_authors,
    read_folder,
    validated,
)
from feeds.errors import ConfigError
from feeds.locale.languages import languages, spoken
from feeds.model import FeedSet, Person, Provider, Rules, Site, Topic, Visibility
from feeds.podcast import Podcast
from feeds.problems import Code, Problem, Severity
from feeds.util import urls


@dataclass(frozen=True, slots=True)
class Config:
    """All settings of the publisher.

    `digests` tells two configurations apart part by part: `site` covers the settings that all feeds
    share, `server` the other facts that their bytes depend on (the version of the program and the
    base of links), `set/NAME` a feed set together with the sets among its members, and `sets` the
    parts of them that lists show.
    """

    site: Site
    limit: int = 50
    max_age: int = 300
    full: bool = True
    unpublished: Visibility = "exclude"
    related: bool = True
    withdraw_at_most: float = 0.2
    seconds_per_file: int = 10
    memory_per_file: int = 512  # MiB
    security: SecurityPart | None = None
    articles: ArticleSettings = DEFAULTS
    taxonomy: Taxonomy = field(default_factory=Taxonomy)
    sets: Mapping[str, FeedSet] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


class Loaded(NamedTuple):
    """The valid parts of a configuration, the locations of its feed sets, and all problems.

    `site` and `articles` are site.yaml and articles.yaml, if they can be read, and `authors`
    where the file of authors that articles.yaml names may be.

    If another file has an error, there are no sets, since their meaning depends on it. The entries
    of the sets in `partial` are not known, but the names in them can be checked.
    """

    config: Config
    sets: list[Located[SetItem]]
    problems: list[Problem]
    partial: frozenset[str] = frozenset()
    site: YamlFile | None = None
    articles: YamlFile | None = None
    authors: tuple[Path, ...] = ()


_BASE_URL: Final = "http://127.0.0.1:8000"


def load(
    folder: Path,
    default_base_url: str = _BASE_URL,
    seeds: Path | None = None,
    warn: Callable[[Problem], None] = lambda problem: None,
) -> Config:
    """Return the configuration in a folder; if the folder does not exist, all settings are
    defaults.

    `seeds` is the folder of articles, which may have the file of authors. Without it, authors may
    be incomplete, which does not matter to callers that read no articles. `warn` is called with
    each problem that is not an error. Raises ConfigError with every problem in every file.
    """
    loaded = inspect(folder, default_base_url, seeds)
    if any(problem.is_error for problem in loaded.problems):
        raise ConfigError(loaded.problems)
    for problem in loaded.problems:
        warn(problem)
    return loaded.config


def inspect(folder: Path, default_base_url: str = _BASE_URL, seeds: Path | None = None) -> Loaded:
    """Return the same as `load`, with all problems and locations, without raising."""
    problems: list[Problem] = []
    files = read_folder(folder, problems)
    topics = items(files, "topics.yaml", TopicItem, problems)
    providers = items(files, "providers.yaml", ProviderItem, problems)
    problems += [*check_topics(topics), *check_providers(providers)]
    has_errors = any(problem.is_error for problem in problems)
    of_site: list[Problem] = []
    site = _site_file(files, of_site)
    named = {
        str(item.key): item for item in items(files, "sets.yaml", SetItem, problems, named=True)
    }
    of_sets = list(check_sets(named, _set_names(files)))
    of_articles: list[Problem] = []
    languages = {site.language: None} | {
        feed_set.item.language: None for feed_set in named.values() if feed_set.item.language
    }
    timezone = site.timezone or ""
    articles = article_settings(files, timezone, languages, folder, seeds, of_articles)
    problems += [*of_site, *of_articles, *(problem for _, problem in of_sets)]
    problems += _untranslated(files, site)
    problems.sort(key=lambda problem: (problem.path, problem.line, problem.column))
    wrong = {name for name, _ in of_sets}
    sets = [] if has_errors else sound_sets(named, wrong)
    partial = {name for name, feed_set in named.items() if of_site or not feed_set.whole}
    whole = {feed_set.key for feed_set in sound_sets(named, wrong | partial)}
    config = _config(
        site,
        [] if has_errors else [topic.item for topic in topics],
        [] if has_errors else [provider.item for provider in providers],
        [_feed_set(str(feed_set.key), feed_set.item, site) for feed_set in sets],
        default_base_url,
        _digests(files, sets, base_url=site.base_url or default_base_url),
        articles,
    )
    return Loaded(
        config,
        sets,
        problems,
        frozenset(named.keys() - whole),
        files.get("site.yaml"),
        files.get("articles.yaml"),
        tuple(authors_paths(named_authors(files), folder, seeds)),
    )


def _set_names(files: Mapping[str, YamlFile]) -> Collection[str]:
    """Return the names of all feed sets, valid or not."""
    file = files.get("sets.yaml")
    value = None if file is None else file.document.value
    return value if isinstance(value, dict) else ()


def _site_file(files: Mapping[str, YamlFile], problems: list[Problem]) -> SiteFile:
    file = files.get("site.yaml")
    if file is None or file.document.value is None:
        return SiteFile()
    valid, _ = validated(file, SiteFile, file.document.value, (), problems)
    site = valid or SiteFile()
    if site.websub not in ("builtin", "off"):
        try:
            urls.usable(site.websub)
        except ValueError:
            message, hint = "is not a hub", "write builtin, off or the hub's address"
            problems.append(file.problem(("websub",), Code.BAD_VALUE, message, hint))
    return site


def _untranslated(files: Mapping[str, YamlFile], site: SiteFile) -> Iterator[Problem]:
    """Yield a warning for a site in a language that pages are not translated into."""
    if not spoken(site.language):
        message = f"pages are not translated into {site.language}, so their words are in English"
        known = ", ".join(languages())
        hint = f"they can be in {known}, and feeds name {site.language} all the same"
        yield files["site.yaml"].problem(
            ("language",), Code.UNTRANSLATED, message, hint, severity=Severity.WARNING
        )


# --- from the files' items to the configuration ----------------------------------


def _config(
    site: SiteFile,
    topics: Sequence[TopicItem],
    providers: Sequence[ProviderItem],
    sets: Sequence[FeedSet],
    default_base_url: str,
    digests: Mapping[str, str],
    articles: ArticleSettings,
) -> Config:
    author, defaults = site.author, site.defaults
    slugs = Taxonomy([_topic(item) for item in topics])
    return Config(
        site=Site(
            title=site.title,
            base_url=(site.base_url or default_base_url).rstrip("/"),
            description=site.description or "",
            language=site.language,
            author=Person(author.name or "", author.email or "", author.url or ""),
            copyright=site.copyright or "",
            icon=site.icon or "",
            podcast=_podcast(site),
            timezone=site.timezone or "UTC",
        ),
        limit=defaults.limit,
        max_age=defaults.max_age,
        full=defaults.content == "full",
        unpublished=defaults.unpublished,
        related=defaults.related == "include",
        withdraw_at_most=site.ingest.withdraw_at_most,
        seconds_per_file=site.ingest.seconds_per_file,
        memory_per_file=site.ingest.memory_per_file,
        security=site.security,
        articles=articles,
        taxonomy=Taxonomy(
            [
                replace(_topic(item), parent=slugs.topic_slug(item.parent) if item.parent else None)
                for item in topics
            ],
            [
                (Provider(item.domain, item.name or item.domain, item.icon or ""), item.aliases)
                for item in providers
            ],
        ),
        sets={feed_set.name: feed_set for feed_set in sets},
        digests=digests,
    )


def _topic(item: TopicItem) -> Topic:
    description, image = item.description or "", item.image or ""
    return Topic(item.slug, item.name or "", item.parent, item.aliases, description, image)


def _feed_set(name: str, item: SetItem, site: SiteFile) -> FeedSet:
    return FeedSet(
        name=name,
        title=item.title or name,
        description=item.description or "",
        icon=item.icon or "",
        language=item.language or "",
        include=_included(item.include),
        exclude=_excluded(item.exclude),
        members=item.members,
        order=item.sort,
        private=item.private,
        limit=item.limit,
        max_age=item.max_age,
        full=None if item.content is None else item.content == "full",
        unpublished=item.unpublished,
        related=None if item.related is None else item.related == "include",
        podcast=_podcast(site, item.podcast) if _given(item.podcast) else None,
    )


def _podcast(site: SiteFile, own: PodcastPart | None = None) -> Podcast | None:
    """Return the settings of a podcast, None if there are none. A set inherits from the site what
    it does not set itself, and the site from its author."""
    given = _given(site.podcast) | (_given(own) if own else {})
    if not given:
        return None
    author = {"author": site.author.name or site.title, "email": site.author.email or ""}
    return Podcast(**{**author, **given})


def _given(part: PodcastPart) -> dict[str, Any]:
    return {name: value for name, value in part if value is not None}


def _included(part: IncludePart) -> Rules:
    return Rules(
        part.topics, part.providers, part.types, part.keywords, part.min_quality, part.since
    )


def _excluded(part: ExcludePart) -> Rules:
    return Rules(part.topics, part.providers, keywords=part.keywords)


# --- digests ---------------------------------------------------------------------


def _digests(
    files: Mapping[str, YamlFile], sets: Sequence[Located[SetItem]], base_url: str
) -> dict[str, str]:
    """Return digests of the values in the files, which comments and layout do not change.

    articles.yaml is not covered, since it changes only entries.
    """
    shared = {
        name: file.document.value
        for name, file in sorted(files.items())
        if name not in ("articles.yaml", "sets.yaml")
    }
    digests = {"site": _digest(shared)}
    if base_url:  # `feeds ingest` alone does not know the address of the server
        digests["server"] = _digest([__version__, base_url])
    values = {str(feed_set.key): feed_set.item.model_dump(mode="json") for feed_set in sets}
    members = {
        str(feed_set.key): set(map(set_of_member, feed_set.item.members)) - {""}
        for feed_set in sets
    }
    for name in values:
        parts = sorted(_reachable(members, name))
        digests[f"set/{name}"] = _digest([values[part] for part in parts])
    listed = ("title", "description", "private")
    digests["sets"] = _digest([[name, *map(value.get, listed)] for name, value in values.items()])
    return digests


def _reachable(members: Mapping[str, set[str]], start: str) -> set[str]:
    """Return a set, its members, and theirs."""
    reachable, waiting = set[str](), [start]
    while waiting:
        name = waiting.pop()
        if name not in reachable:
            reachable.add(name)
            waiting += members[name]
    return reachable


def _digest(value: object) -> str:
    written = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return blake2b(written.encode(), digest_size=16).hexdigest()
