"""What a feed is called, and what is in it, in words."""

from collections.abc import Iterable
from typing import NamedTuple

from feeds import query_params
from feeds.model import FeedSpec, Topic
from feeds.query_params import Parameters
from feeds.selection.site_view import Known
from feeds.util import durations, tokenizer


class Headline(NamedTuple):
    """Title, description, image and language of a feed."""

    title: str
    description: str
    image: str
    language: str


def headline(known: Known, spec: FeedSpec) -> Headline:
    """How a feed is headed; what narrows it follows its name."""
    site = known.config.site
    names = spec.path.names
    image, language, described = "", site.language, ""
    match spec.path.kind:
        case "topics":
            topics = [known.topic(name) for name in names]
            name = either(topic.name for topic in topics)
            alone = topics[0] if len(topics) == 1 else Topic("", "")
            described, image = alone.description or f"Articles on {name}", alone.image
        case "providers":
            providers = [known.provider(name) for name in names]
            name = either(name for name, _ in providers)
            described = f"Articles from {name}"
            image = providers[0][1] if len(providers) == 1 else ""
        case "sets":
            one = known.config.sets[spec.set]
            name, image, language = one.title, one.icon, one.language or site.language
            described = one.description or f"{one.title}, a selection from {site.title}"
        case _:
            title = site.title + spec.words
            return Headline(title, _all(known, spec), site.icon, language)
    title = f"{name}{spec.words} — {site.title}"
    return Headline(title, described + spec.words, image or site.icon, language)


def _all(known: Known, spec: FeedSpec) -> str:
    site = known.config.site
    return (site.description or f"All articles from {site.title}") + spec.words


def narrowed(known: Known, asked: Parameters) -> str:
    """What a query narrows a feed to: `, from BBC, quality 50 or more`.

    The names in it are those of feeds: see `addresses`.
    """

    def topics(slugs: Iterable[str]) -> str:
        return either(known.topic(slug).name for slug in slugs)

    def providers(domains: Iterable[str]) -> str:
        return either(known.provider(domain)[0] for domain in domains)

    parts = [
        asked.topics and f"also on {topics(asked.topics)}",
        asked.not_topics and f"not on {topics(asked.not_topics)}",
        asked.providers and f"from {providers(asked.providers)}",
        asked.not_providers and f"not from {providers(asked.not_providers)}",
        asked.kinds and f"type {either(asked.kinds)}",
        asked.min_quality is not None
        and f"quality {query_params.number(asked.min_quality)} or more",
        asked.phrases and f"with {_searched(asked)}",
        asked.since and f"from {durations.in_words(asked.since)}",
    ]
    return "".join(f", {part}" for part in parts if part)


def _searched(asked: Parameters) -> str:
    return " and ".join(f"“{tokenizer.say(one)}”" for one in asked.phrases)


def either(names: Iterable[str]) -> str:
    """Names of which any will do."""
    return " or ".join(names)
