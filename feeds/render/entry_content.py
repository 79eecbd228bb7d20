"""What every format shows of an entry: picture, text, and where it comes from. Pure."""

from html import escape

from feeds.model import FeedEntry, Image, Site
from feeds.util.text import slug


def summary(one: FeedEntry) -> str:
    """Plain text on one line; the title where there is no summary."""
    return one.entry.summary or one.entry.title


def story(site: Site, id: str) -> str:
    """Where the entry with an id is, with all that was written about the same thing."""
    return f"{site.base_url}/stories/{id}"


def content(one: FeedEntry, *, full: bool) -> str:
    """HTML: the first image, the content or else the summary, the line of attribution.

    The content is sanitised already; all else is escaped here. An image that
    the content shows by itself is not shown twice.
    """
    entry = one.entry
    text = entry.content if full else ""
    picture = ""
    if entry.images:
        first = entry.images[0]
        if not text or f'src="{escape(first.url, quote=False)}"' not in text:
            picture = _figure(first)
    if not text and entry.summary:
        text = f"<p>{escape(entry.summary, quote=False)}</p>"
    source = (
        f'<p>Source: <a href="{escape(entry.url)}">{escape(one.provider.name, quote=False)}</a></p>'
    )
    return picture + text + source


def categories(one: FeedEntry) -> list[tuple[str, str, bool]]:
    """Term, label and whether it is a topic with a feed: topics first, then other tags."""
    named = [(topic.slug, topic.name, True) for topic in one.topics]
    if not one.entry.tags:
        return named
    known = {slug(name) for name in (*one.entry.topics, *(topic.name for topic in one.topics))}
    return named + [(tag, tag, False) for tag in one.entry.tags if slug(tag) not in known]


def _figure(image: Image) -> str:
    size = ""
    if image.width and image.height:
        size = f' width="{image.width}" height="{image.height}"'
    caption = image.attribution
    below = f"<figcaption>{escape(caption, quote=False)}</figcaption>" if caption else ""
    return (
        f'<figure><img src="{escape(image.url)}" alt="{escape(image.title)}"{size}>{below}</figure>'
    )
