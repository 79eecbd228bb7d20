"""JSON Feed 1.1: https://www.jsonfeed.org/version/1.1/"""

import json
from collections.abc import Iterator
from typing import Any

from tests.support.valid.shared import LANGUAGE, MIME, RFC3339, URI, html, is_id

FEED_KEYS = set(
    "version title home_page_url feed_url description icon favicon authors language items".split()
)
ITEM_KEYS = set(
    "id url title summary content_html image date_published date_modified authors tags "
    "language attachments".split()
)

FILE_KEYS = {"url", "mime_type", "title", "size_in_bytes", "duration_in_seconds"}


def check(document: bytes, address: str) -> Iterator[str]:
    """Return what is wrong with a JSON Feed."""
    feed = json.loads(document)
    if feed.get("version") != "https://jsonfeed.org/version/1.1":
        yield "is no JSON Feed 1.1"
    if feed.get("feed_url") != address:
        yield f"says it is at {feed.get('feed_url')}, not {address}"
    for key in ("title", "items"):
        if key not in feed:
            yield f"feed has no {key}"
    yield from _keys("feed", feed, FEED_KEYS)
    yield from _people(feed)
    if not LANGUAGE(feed.get("language", "en")):
        yield "language is no code"
    ids = [item.get("id") for item in feed["items"]]
    if len(ids) != len(set(ids)):
        yield "two items have one id"
    for item in feed["items"]:
        yield from _keys("item", item, ITEM_KEYS)
        yield from _people(item)
        for file in item.get("attachments", []):
            yield from _file(file)
        if not LANGUAGE(item.get("language", "en")):
            yield "item's language is no code"
        if not is_id(item.get("id")):
            yield f"item's id is {item.get('id')!r}"
        if not item.get("content_html"):
            yield "item has no content"
        for key in ("date_published", "date_modified"):
            if not RFC3339(item.get(key, "")):
                yield f"{key} is {item.get(key)!r}"
        if not all(isinstance(tag, str) and tag.strip() for tag in item.get("tags", ["x"])):
            yield f"tags are {item['tags']}"
        yield from html(item.get("content_html", ""))


def _keys(what: str, value: dict[str, Any], known: set[str]) -> Iterator[str]:
    for key, found in value.items():
        if key not in known and not key.startswith("_"):
            yield f"{what} has an unknown {key}"
        if found is None:
            yield f"{what}'s {key} is null"
        if (key.endswith("url") or key in ("icon", "favicon", "image")) and not URI(found):
            yield f"{what}'s {key} is {found!r}"


def _file(file: dict[str, Any]) -> Iterator[str]:
    yield from _keys("attachment", file, FILE_KEYS)
    if not MIME(file.get("mime_type", "")):
        yield f"attachment's mime_type is {file.get('mime_type')!r}"
    for key in ("size_in_bytes", "duration_in_seconds"):
        if not isinstance(file.get(key, 1), int) or file.get(key, 1) < 1:
            yield f"attachment's {key} is {file[key]!r}"


def _people(value: dict[str, Any]) -> Iterator[str]:
    for author in value.get("authors", []):
        if not author or set(author) - {"name", "url", "avatar"} or not all(author.values()):
            yield f"author is {author}"
        if not all(URI(author[key]) for key in ("url", "avatar") if key in author):
            yield f"author has an address that is none: {author}"
