"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""

import json
from typing import Any, Final

from feeds.model import Entry, Feed, FeedEntry, Format, Provider, Site, urn
from feeds.render.entry_content import categories, content, story, summary

_encode: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def json_feed(feed: Feed) -> bytes:
    """A JSON Feed document."""
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
        "authors": [_filled(author)],
        "language": feed.language or site.language,
        "_feeds": _filled({"about": f"{site.base_url}/", "copyright": site.copyright}),
    }
    items = [_item(site, one, full=feed.spec.full) for one in feed.entries]
    return _encode(_filled(document) | {"items": items}).encode()


def _item(site: Site, one: FeedEntry, *, full: bool) -> dict[str, Any]:
    entry = one.entry
    id = str(entry.id)
    return _filled(
        {
            "id": urn(id),
            "url": entry.url,
            "title": entry.title,
            "summary": summary(one),
            "content_html": content(one, full=full),
            "image": entry.images[0].url if entry.images else "",
            "date_published": entry.published.isoformat(),
            "date_modified": one.updated.isoformat(),
            "authors": [_provider(one.provider)],
            "tags": [label for _, label, _ in categories(one)],
            "_feeds": _extension(entry) | {"story": story(site, id)},
        }
    )


def _provider(provider: Provider) -> dict[str, str]:
    return _filled(
        {"name": provider.name, "url": f"https://{provider.domain}/", "avatar": provider.icon}
    )


def _extension(entry: Entry) -> dict[str, Any]:
    """What JSON Feed has no name for."""
    images = [
        _filled(
            {
                "url": image.url,
                "width": image.width,
                "height": image.height,
                "title": image.title,
                "attribution": image.attribution,
            }
        )
        for image in entry.images
    ]
    related = [
        {
            "id": urn(other.id),
            "url": other.url,
            "title": other.title,
            "provider": other.provider,
        }
        for other in entry.related
    ]
    return _filled(
        {
            "type": entry.kind,
            "amp_url": entry.amp_url,
            "embed": entry.embed,
            "images": images,
            "related": related,
        }
    ) | {
        name: value
        for name, value in (("quality", entry.quality), ("heat", entry.heat))
        if value is not None
    }


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    """Only what has a value."""
    return {name: value for name, value in values.items() if value}
