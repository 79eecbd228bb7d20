"""Titles and descriptions of feeds, in words."""

from collections.abc import Iterable
from typing import NamedTuple

from feeds import query_params
from feeds.model import FeedSpec, Topic
from feeds.podcast import Podcast
from feeds.query_params import Parameters
from feeds.selection.site_view import SiteView
from feeds.util import durations, tokenizer


class Heading(NamedTuple):
    """What a feed says of itself; `image` is an address, `language` a code, and `podcast` there
    if directories may list it."""

    title: str
    description: str
    image: str
    language: str
    podcast: Podcast | None


def heading(view: SiteView, spec: FeedSpec) -> Heading:
    """Return the heading of a feed; words for what narrows it follow its name."""
    site, names = view.config.site, spec.path.names
    image, language, podcast = "", site.language, site.podcast
    match spec.path.kind:
        case "topics":
            topics = [view.topic(slug) for slug in names]
            name = either(topic.name for topic in topics)
            only = topics[0] if len(topics) == 1 else Topic("", "")
            description, image = only.description or f"Articles on {name}", only.image
        case "providers":
            providers = [view.provider(domain) for domain in names]
            name = either(name for name, _ in providers)
            description = f"Articles from {name}"
            image = providers[0][1] if len(providers) == 1 else ""
        case "sets":
            feed_set = view.config.sets[spec.set]
            name, image = feed_set.title, feed_set.icon
            language = feed_set.language or site.language
            podcast = feed_set.podcast or site.podcast
            description = feed_set.description or f"{name}, a selection from {site.title}"
        case _:
            description = site.description or f"All articles from {site.title}"
            title = site.title + spec.words
            return Heading(title, description + spec.words, site.icon, language, podcast)
    title = f"{name}{spec.words} — {site.title}"
    return Heading(title, description + spec.words, image or site.icon, language, podcast)


def narrowed(view: SiteView, asked: Parameters) -> str:
    """Return what a query narrows a feed to: `, from BBC, quality 50 or more`.

    The topics and providers of `asked` are slugs and domains, as the resolver gives them.
    """

    def topics(slugs: Iterable[str]) -> str:
        return either(view.topic(slug).name for slug in slugs)

    def providers(domains: Iterable[str]) -> str:
        return either(view.provider(domain)[0] for domain in domains)

    phrases = " and ".join(f"“{tokenizer.display(phrase)}”" for phrase in asked.phrases)
    quality = asked.min_quality
    parts = [
        asked.topics and f"also on {topics(asked.topics)}",
        asked.not_topics and f"not on {topics(asked.not_topics)}",
        asked.providers and f"from {providers(asked.providers)}",
        asked.not_providers and f"not from {providers(asked.not_providers)}",
        asked.kinds and f"type {either(asked.kinds)}",
        quality is not None and f"quality {query_params.number(quality)} or more",
        phrases and f"with {phrases}",
        asked.since and f"from {durations.in_words(asked.since)}",
    ]
    return "".join(f", {part}" for part in parts if part)


def either(names: Iterable[str]) -> str:
    """Return names joined by `or`."""
    return " or ".join(names)
