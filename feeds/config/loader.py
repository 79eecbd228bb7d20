"""The publisher's folder of YAML files, to one validated, frozen configuration.

Every file is optional. A folder is taken whole or not at all: `load` raises
ConfigError with every problem it found, each with file, line, column and hint.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from feeds.config.bundles import set_named, sound
from feeds.config.schema import ProviderItem, SetItem, SiteFile, TopicItem
from feeds.config.sets import check_sets, feed_set
from feeds.config.taxonomy import Taxonomy
from feeds.config.validation import check_providers, check_topics
from feeds.config.yaml_files import Placed, Source, items, named_items, read_folder, validated
from feeds.errors import ConfigError
from feeds.model import FeedSet, Person, Provider, Site, Topic, Visibility
from feeds.problems import Code, Problem
from feeds.util import urls


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the publisher has decided.

    `digests` tells two configurations apart part by part: `site` is what all
    feeds share, `set/NAME` a feed set together with the sets among its members,
    `sets` what lists say of them.
    """

    site: Site
    limit: int = 50
    max_age: int = 300
    full: bool = True
    unpublished: Visibility = "exclude"
    related: bool = True
    withdraw_at_most: float = 0.2
    taxonomy: Taxonomy = field(default_factory=Taxonomy)
    sets: Mapping[str, FeedSet] = field(default_factory=dict)
    digests: Mapping[str, str] = field(default_factory=dict)


class Loaded(NamedTuple):
    """What is good of a configuration, where its feed sets stand, and every problem.

    With a problem in another file there are no sets: what they mean hangs upon it.
    Of sets that are `partial` it is not known what they have, but for the names in them.
    """

    config: Config
    sets: list[Placed[SetItem]]
    problems: list[Problem]
    partial: frozenset[str] = frozenset()


def load(folder: Path, default_base_url: str = "http://127.0.0.1:8000") -> Config:
    """Read and check a configuration folder; one that is not there is empty.

    Raises ConfigError carrying every problem in every file.
    """
    found = inspect(folder, default_base_url)
    if any(problem.is_error for problem in found.problems):
        raise ConfigError(found.problems)
    return found.config


def inspect(folder: Path, default_base_url: str = "http://127.0.0.1:8000") -> Loaded:
    """As `load`, for whoever has more to say of the files: nothing is raised."""
    problems: list[Problem] = []
    sources = dict(read_folder(folder, problems))
    of_site: list[Problem] = []
    site_file = _site(sources, of_site)
    topics = items(sources, "topics.yaml", TopicItem, problems)
    providers = items(sources, "providers.yaml", ProviderItem, problems)
    problems += [*check_topics(topics), *check_providers(providers)]
    elsewhere = any(problem.is_error for problem in problems)
    problems += of_site
    named = {str(o.key): o for o in named_items(sources, "sets.yaml", SetItem, problems)}
    told = list(check_sets(named, _names(sources)))
    problems += [problem for _, problem in told]
    problems.sort(key=lambda p: (p.path, p.line, p.column))
    wrong = {name for name, _ in told}
    sets = [] if elsewhere else sound(named, wrong)
    broken = {name for name, one in named.items() if of_site or not one.whole}
    known = {str(one.key) for one in sound(named, wrong | broken)}
    config = _config(
        site_file,
        [] if elsewhere else [one.item for one in topics],
        [] if elsewhere else [one.item for one in providers],
        [feed_set(str(one.key), one.item) for one in sets],
        default_base_url,
        _digests(sources, sets),
    )
    return Loaded(config, sets, problems, frozenset(named.keys() - known))


def _names(sources: Mapping[str, Source]) -> Collection[str]:
    """The names of all feed sets, good or not."""
    source = sources.get("sets.yaml")
    value = None if source is None else source.document.value
    return value if isinstance(value, dict) else ()


def _config(
    site: SiteFile,
    topics: Sequence[TopicItem],
    providers: Sequence[ProviderItem],
    sets: Sequence[FeedSet],
    default_base_url: str,
    digests: Mapping[str, str],
) -> Config:
    author = site.author
    defaults = site.defaults
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
        ),
        limit=defaults.limit,
        max_age=defaults.max_age,
        full=defaults.content == "full",
        unpublished=defaults.unpublished,
        related=defaults.related == "include",
        withdraw_at_most=site.ingest.withdraw_at_most,
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
        sets={one.name: one for one in sets},
        digests=digests,
    )


def _digests(sources: Mapping[str, Source], sets: Sequence[Placed[SetItem]]) -> dict[str, str]:
    """What the files say, part by part: comments and layout change nothing."""
    shared = {name: source for name, source in sources.items() if name != "sets.yaml"}
    values = {name: source.document.value for name, source in sorted(shared.items())}
    found = {"site": _digest(values)}
    written = {str(one.key): one.item.model_dump(mode="json") for one in sets}
    members = {str(one.key): set(map(set_named, one.item.members)) - {""} for one in sets}
    for name in written:
        parts = sorted(_reachable(members, name))
        found[f"set/{name}"] = _digest([written[part] for part in parts])
    listed = ("title", "description", "private")
    found["sets"] = _digest([[name, *map(one.get, listed)] for name, one in written.items()])
    return found


def _reachable(members: Mapping[str, set[str]], name: str) -> set[str]:
    found, waiting = set[str](), [name]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += members[one]
    return found


def _digest(value: object) -> str:
    written = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return blake2b(written.encode(), digest_size=16).hexdigest()


def _topic(item: TopicItem) -> Topic:
    return Topic(
        item.slug,
        item.name or "",
        item.parent,
        item.aliases,
        item.description or "",
        item.image or "",
    )


def _site(sources: Mapping[str, Source], problems: list[Problem]) -> SiteFile:
    source = sources.get("site.yaml")
    if source is None or source.document.value is None:
        return SiteFile()
    good, _ = validated(source, SiteFile, source.document.value, (), problems)
    found = good or SiteFile()
    if found.websub not in ("builtin", "off"):
        try:
            urls.usable(found.websub)
        except ValueError:
            problems.append(
                source.problem(
                    ("websub",),
                    Code.BAD_VALUE,
                    "is no hub",
                    "write builtin, off or the hub's address",
                )
            )
    return found
