"""Write JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""

import json
from collections.abc import Callable
from typing import Any, Final

from feeds.locale.locales import Locale, locale_of
from feeds.model import Feed, FeedEntry, Format, Media, Person, Site, urn
from feeds.render.entry_content import (
    authors,
    categories,
    content,
    files,
    non_empty,
    page_of,
    story_url,
)

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
    items, locale = [], locale_of(feed.language or site.language)
    for item in feed.entries:
        check()
        items.append(_item(site, item, locale, full=feed.spec.full))
    return _encode(non_empty(document) | {"items": items}).encode()


def _item(site: Site, item: FeedEntry, locale: Locale, *, full: bool) -> dict[str, Any]:
    entry = item.entry
    id = str(entry.id)
    return non_empty(
        {
            "id": entry.guid or urn(id),
            "url": entry.url,
            "title": entry.title,
            "summary": entry.summary,
            "content_html": content(item, locale, full=full),
            "image": entry.images[0].url if entry.images else "",
            "date_published": entry.published.isoformat(),
            "date_modified": item.updated.isoformat(),
            "authors": [_author(author) for author in authors(item)],
            "tags": [label for _, label, _ in categories(item)],
            "language": entry.language,
            "attachments": [_attachment(file) for file in files(entry)],
            "_feeds": _extension(item) | non_empty({"story": story_url(site, item, id)}),
        }
    )


def _author(author: Person) -> dict[str, str]:
    return non_empty({"name": author.name, "url": author.url, "avatar": author.avatar})


def _attachment(file: Media) -> dict[str, Any]:
    return non_empty(
        {
            "url": file.url,
            "mime_type": file.type,
            "title": file.title,
            "size_in_bytes": file.length,
            "duration_in_seconds": file.duration,
        }
    )


def _extension(item: FeedEntry) -> dict[str, Any]:
    """Return the fields of an entry that JSON Feed has no name for."""
    entry, provider = item.entry, item.provider
    related = [
        {"id": guid or urn(id), "url": url, "title": title, "provider": name}
        for id, url, title, name, guid in entry.related
    ]
    fields = {
        "type": entry.kind,
        "provider": {
            "name": provider.name,
            "domain": provider.domain,
            "url": page_of(provider),
        },
        "amp_url": entry.amp_url,
        "embed": entry.embed,
        "images": [non_empty(image._asdict()) for image in entry.images],
        "related": related,
    }
    scores = {"quality": entry.quality, "heat": entry.heat}
    return non_empty(fields) | {name: score for name, score in scores.items() if score is not None}
