"""Titles and descriptions of feeds, in words."""

from collections.abc import Iterable
from typing import NamedTuple

from feeds import query_params
from feeds.locale.locales import Locale, locale_of
from feeds.model import FeedSpec, Topic
from feeds.podcast import Podcast
from feeds.query_params import Parameters
from feeds.selection.site_view import SiteView
from feeds.util import durations, tokenizer


class Heading(NamedTuple):
    """The title and other texts of a feed. `image` is an address, `language` a code, and `podcast`
    is set if podcast directories may list it."""

    title: str
    description: str
    image: str
    language: str
    podcast: Podcast | None


def heading(view: SiteView, spec: FeedSpec) -> Heading:
    """Return the heading of a feed: its name, and a description of the parameters that narrow
    it."""
    site, names = view.config.site, spec.path.names
    image, podcast = "", site.podcast
    language = language_of(view, spec.set)
    locale = locale_of(language)
    match spec.path.kind:
        case "topics":
            topics = [view.topic(slug) for slug in names]
            name = locale.pairwise("or", (topic.name for topic in topics))
            only = topics[0] if len(topics) == 1 else Topic("", "")
            description, image = only.description, only.image
            description = description or locale.gettext("Articles on %(topic)s", topic=name)
        case "providers":
            providers = [view.provider(domain) for domain in names]
            name = locale.pairwise("or", (name for name, _ in providers))
            description = locale.gettext("Articles from %(provider)s", provider=name)
            image = providers[0][1] if len(providers) == 1 else ""
        case "sets":
            feed_set = view.config.sets[spec.set]
            name, image = feed_set.title, feed_set.icon
            podcast = feed_set.podcast or site.podcast
            description = feed_set.description or locale.gettext(
                "%(name)s, a selection from %(site)s", name=name, site=site.title
            )
        case _:
            all_articles = locale.gettext("All articles from %(site)s", site=site.title)
            description = (site.description or all_articles) + spec.words
            return Heading(site.title + spec.words, description, site.icon, language, podcast)
    title = f"{name}{spec.words} — {site.title}"
    return Heading(title, description + spec.words, image or site.icon, language, podcast)


def language_of(view: SiteView, feed_set: str = "") -> str:
    """Return the language of the sentences of a feed: that of its set, else the site's."""
    own = view.config.sets[feed_set].language if feed_set else ""
    return own or view.config.site.language


def narrowed(view: SiteView, asked: Parameters, locale: Locale) -> str:
    """Return what a query narrows a feed to: `, from BBC, quality 50 or more`.

    The topics and providers of `asked` are slugs and domains, as the resolver gives them.
    """

    def topics(slugs: Iterable[str]) -> str:
        return locale.pairwise("or", (view.topic(slug).name for slug in slugs))

    def providers(domains: Iterable[str]) -> str:
        return locale.pairwise("or", (view.provider(domain)[0] for domain in domains))

    gettext, parts = locale.gettext, []
    if asked.topics:
        parts.append(gettext("also on %(topics)s", topics=topics(asked.topics)))
    if asked.not_topics:
        parts.append(gettext("not on %(topics)s", topics=topics(asked.not_topics)))
    if asked.providers:
        parts.append(gettext("from %(providers)s", providers=providers(asked.providers)))
    if asked.not_providers:
        parts.append(gettext("not from %(providers)s", providers=providers(asked.not_providers)))
    if asked.kinds:
        kinds = locale.pairwise("or", map(locale.kind, asked.kinds))
        parts.append(gettext("type %(types)s", types=kinds))
    if asked.min_quality is not None:
        quality = query_params.number(asked.min_quality)
        parts.append(gettext("quality %(number)s or more", number=quality))
    if asked.phrases:
        # Translators: words that somebody looks for, in the quotation marks of the language
        phrases = (gettext("“%(words)s”", words=tokenizer.display(one)) for one in asked.phrases)
        parts.append(gettext("with %(words)s", words=locale.pairwise("standard", phrases)))
    if asked.since:
        parts.append(locale.say(durations.in_words(asked.since)))
    # Translators: after the name of a feed: Climate, from BBC, quality 50 or more
    return "".join(gettext(", %(condition)s", condition=part) for part in parts)
