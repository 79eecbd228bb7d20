"""Pages for people, with Jinja2: every value escaped, no script, nothing from elsewhere."""

from functools import lru_cache
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from feeds.model import Feed, FeedSummary, Format, Site

_FORMATS: Final = tuple(Format)


def front(site: Site, feeds: list[FeedSummary]) -> bytes:
    """The site's page: feed sets, topics, providers."""
    groups = {
        kind: [feed for feed in feeds if feed.path.startswith(f"/{kind}/")]
        for kind in ("sets", "topics", "providers")
    }
    everything = next(feed for feed in feeds if feed.path == "/all")
    return _page("front.html", site=site, everything=everything, **groups)


def feed_page(feed: Feed) -> bytes:
    """What is in a feed, and how to subscribe to it."""
    return _page("feed.html", site=feed.site, feed=feed)


def error_page(
    site: Site, status: int, title: str, message: str, nearest: tuple[str, ...]
) -> bytes:
    """What went wrong, for a person with a browser."""
    return _page(
        "error.html", site=site, status=status, title=title, message=message, nearest=nearest
    )


def _page(template: str, **values: object) -> bytes:
    return _environment().get_template(template).render(formats=_FORMATS, **values).encode()


@lru_cache(maxsize=1)
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("feeds.render"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
