"""The publisher's folder of YAML files, to one validated, frozen configuration.

Every file is optional. A folder is taken whole or not at all: `load` raises
ConfigError with every problem it found, each with file, line, column and cure.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b
from pathlib import Path

from feeds import urls
from feeds.config.checks import check_providers, check_topics
from feeds.config.files import Source, items, read_folder, validated
from feeds.config.schema import ProviderItem, SiteFile, TopicItem
from feeds.errors import Code, ConfigError, Problem
from feeds.model import Person, Provider, Site, Topic, Visibility
from feeds.taxonomy import Taxonomy


@dataclass(frozen=True, slots=True)
class Config:
    """Everything the publisher has decided. `digest` differs where two configurations do."""

    site: Site
    limit: int = 50
    max_age: int = 300
    full: bool = True
    unpublished: Visibility = "exclude"
    related: bool = True
    withdraw_at_most: float = 0.2
    taxonomy: Taxonomy = field(default_factory=Taxonomy)
    digest: str = ""


def load(folder: Path, default_base_url: str = "http://127.0.0.1:8000") -> Config:
    """Read and check a configuration folder; one that is not there is empty.

    Raises ConfigError carrying every problem in every file.
    """
    problems: list[Problem] = []
    sources = dict(read_folder(folder, problems))
    site_file = _site(sources, problems)
    topics = items(sources, "topics.yaml", TopicItem, problems)
    providers = items(sources, "providers.yaml", ProviderItem, problems)
    problems += [*check_topics(topics), *check_providers(providers)]
    if problems:
        raise ConfigError(sorted(problems, key=lambda p: (p.path, p.line, p.column)))
    digest = blake2b(digest_size=16)
    for name, source in sorted(sources.items()):
        digest.update(f"{name}\0{source.text}\0".encode())
    return _config(
        site_file,
        [one.item for one in topics],
        [one.item for one in providers],
        default_base_url,
        digest.hexdigest(),
    )


def _config(
    site: SiteFile,
    topics: Sequence[TopicItem],
    providers: Sequence[ProviderItem],
    default_base_url: str,
    digest: str,
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
        digest=digest,
    )


def _topic(item: TopicItem) -> Topic:
    return Topic(
        item.slug,
        item.name or item.slug,
        item.parent,
        item.aliases,
        item.description or "",
        item.image or "",
    )


def _site(sources: Mapping[str, Source], problems: list[Problem]) -> SiteFile:
    source = sources.get("site.yaml")
    if source is None or source.document.value is None:
        return SiteFile()
    found = validated(source, SiteFile, source.document.value, (), problems) or SiteFile()
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
