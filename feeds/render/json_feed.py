"""Write JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""

import json
from collections.abc import Callable
from typing import Any, Final

from feeds.model import Entry, Feed, FeedEntry, Format, Provider, Site, urn
from feeds.render.entry_content import categories, content, non_empty, story_url

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_feed(feed: Feed, check: Callable[[], None]) -> bytes:
    """Return a feed as a JSON Feed document."""
    site = feed.site
    author = {"name": site.author.name or site.title, "url": site.author.url}
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "home_page_url": feed.url(),
        "feed_url": feed.url(Format.JSON),
        "description": feed.description,
        "icon": feed.image,
        "favicon": site.icon,
        "authors": [non_empty(author)],
        "language": feed.language or site.language,
        "_feeds": non_empty({"about": f"{site.base_url}/", "copyright": site.copyright}),
    }
    items = []
    for item in feed.entries:
        check()
        items.append(_item(site, item, full=feed.spec.full))
    return _encode(non_empty(document) | {"items": items}).encode()


def _item(site: Site, item: FeedEntry, *, full: bool) -> dict[str, Any]:
    entry = item.entry
    id = str(entry.id)
    return non_empty(
        {
            "id": urn(id),
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "content_html": content(item, full=full),
            "image": entry.images[0].url if entry.images else "",
            "date_published": entry.published.isoformat(),
            "date_modified": item.updated.isoformat(),
            "authors": [_author(item.provider)],
            "tags": [label for _, label, _ in categories(item)],
            "_feeds": _extension(entry) | non_empty({"story": story_url(site, item, id)}),
        }
    )


def _author(provider: Provider) -> dict[str, str]:
    return non_empty(
        {"name": provider.name, "url": f"https://{provider.domain}/", "avatar": provider.icon}
    )


def _extension(entry: Entry) -> dict[str, Any]:
    """Return the fields of an entry that JSON Feed has no name for."""
    related = [other._asdict() | {"id": urn(other.id)} for other in entry.related]
    fields = {
        "type": entry.kind,
        "amp_url": entry.amp_url,
        "embed": entry.embed,
        "images": [non_empty(image._asdict()) for image in entry.images],
        "related": related,
    }
    scores = {"quality": entry.quality, "heat": entry.heat}
    return non_empty(fields) | {name: score for name, score in scores.items() if score is not None}
