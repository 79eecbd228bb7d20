"""What all formats show of an entry: image, text, source, authors, files, categories. Pure."""

import re
from dataclasses import replace
from html import escape
from typing import Final, TypeVar

from feeds.locale.locales import Locale
from feeds.model import Entry, Feed, FeedEntry, Image, Media, Person, Provider, Site
from feeds.util.text import slug

T = TypeVar("T")
# HTML without text but that of links, such as one to a film; no backtracking, so linear.
_LINKS_ALONE: Final = re.compile(r"(?:<a .*?</a>|<[^>]*>|\s|&nbsp;)*+", re.DOTALL).fullmatch


def within(feed: Feed, most_bytes: int) -> Feed:
    """Return a feed whose contents add up to at most `most_bytes` in UTF-8.

    From the entry on that exceeds them, entries have their summary instead, whatever the
    format. A feed that needs no change is returned as it is.
    """
    if not feed.spec.full:
        return feed
    sum_bytes = 0
    for number, item in enumerate(feed.entries):
        sum_bytes += len(item.entry.content.encode())
        if sum_bytes > most_bytes:
            past = (
                item._replace(entry=item.entry._replace(content=""))
                for item in feed.entries[number:]
            )
            return replace(feed, entries=(*feed.entries[:number], *past))
    return feed


def story_url(site: Site, item: FeedEntry, id: str) -> str:
    """Return the address of an entry's story, all articles about the same thing; empty where
    it has none. `id` is the entry's, as text."""
    return "" if item.hidden else f"{site.base_url}/stories/{id}"


def content(item: FeedEntry, locale: Locale, *, full: bool) -> str:
    """Return HTML: the body, and a line with the source in the language of the feed."""
    provider = escape(item.provider.name, quote=False)
    link = f'<a href="{escape(item.entry.url)}">{provider}</a>'
    source = locale.gettext("Source: %(provider)s", provider=link)
    return f"{body(item, full=full)}<p>{source}</p>"


def body(item: FeedEntry, *, full: bool) -> str:
    """Return HTML: the first image, the content, links to pages to watch.

    The summary stands before content that has no text but links, or is not there. Pages that
    the content links to have no further link. The content is sanitised already; all else is
    escaped here. An image that is part of the content is not repeated.
    """
    entry = item.entry
    text = entry.content if full else ""
    figure = ""
    if entry.images:
        first = entry.images[0]
        if not text or f'src="{escape(first.url, quote=False)}"' not in text:
            figure = _figure(first)
    if entry.summary and _LINKS_ALONE(text):
        text = f"<p>{escape(entry.summary, quote=False)}</p>{text}"
    for page in entry.media:
        if not page.type and f'href="{escape(page.url, quote=False)}"' not in text:
            label = escape(page.title or entry.title, quote=False)
            text += f'<p><a href="{escape(page.url)}">{label}</a></p>'
    return f"{figure}{text}"


def authors(item: FeedEntry) -> tuple[Person, ...]:
    """Return who wrote an article: its provider if it does not say. Formats need somebody."""
    return item.entry.authors or (_as_author(item.provider),)


def files(entry: Entry) -> list[Media]:
    """Return the files of an entry; what has no type is a page."""
    return [media for media in entry.media if media.type]


def enclosure(entry: Entry) -> Media | None:
    """Return the one file that RSS has room for: the first audio, else video, else any other."""
    for kind in ("audio/", "video/", ""):
        for file in files(entry):
            if file.type.startswith(kind):
                return file
    return None


def player(entry: Entry) -> str:
    """Return the address of a player, or of a page on which to watch or to listen, or nothing."""
    return entry.embed or next((media.url for media in entry.media if not media.type), "")


def page_of(provider: Provider) -> str:
    """Return the address of a provider's own site."""
    return f"https://{provider.domain}/"


def _as_author(provider: Provider) -> Person:
    return Person(provider.name, url=page_of(provider), avatar=provider.icon)


def categories(item: FeedEntry) -> list[tuple[str, str, bool]]:
    """Return term, label, and whether it is a topic with a feed: topics, then other tags."""
    topics = [(topic.slug, topic.name, True) for topic in item.topics]
    if not item.entry.tags:
        return topics
    names = (*item.entry.topics, *(topic.name for topic in item.topics))
    slugs = {slug(name) for name in names}
    return topics + [(tag, tag, False) for tag in item.entry.tags if slug(tag) not in slugs]


def non_empty(values: dict[str, T]) -> dict[str, T]:
    """Return the items of a dictionary whose values are true."""
    return {name: value for name, value in values.items() if value}


def _figure(image: Image) -> str:
    size = ""
    if image.width and image.height:
        size = f' width="{image.width}" height="{image.height}"'
    caption = escape(image.attribution, quote=False)
    below = f"<figcaption>{caption}</figcaption>" if caption else ""
    return (
        f'<figure><img src="{escape(image.url)}" alt="{escape(image.title)}"{size}>{below}</figure>'
    )
