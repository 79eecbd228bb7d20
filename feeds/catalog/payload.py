"""An entry as the catalog keeps it: JSON of all that is published, scores aside. Pure.

Scores stay out because they change all the time and change nothing a reader
sees; the digest of a payload therefore moves only with a visible change.
"""

import html
import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import orjson

from feeds.model import Entry, Image, Provider, Related

ICON: Final = "$.provider[2]"  # where the icon stands in a payload, as SQL names it
_TAG: Final = re.compile("<[^>]*>")


def dump(entry: Entry) -> bytes:
    """Compact JSON in UTF-8; empty fields are left out."""
    payload: dict[str, Any] = {
        "url": entry.url,
        "title": entry.title,
        "published": int(entry.published.timestamp()),
        "provider": [*entry.provider],
    }
    if entry.updated:
        payload["updated"] = int(entry.updated.timestamp())
    for name in ("summary", "content", "embed", "amp_url", "amp_cache_url", "topics", "tags"):
        value = getattr(entry, name)
        if value:
            payload[name] = value
    if entry.kind != "article":
        payload["kind"] = entry.kind
    if entry.images:
        payload["images"] = [[*image] for image in entry.images]
    if entry.related:
        payload["related"] = [[*other] for other in entry.related]
    return orjson.dumps(payload)


def load(text: str) -> dict[str, Any]:
    """The fields of a payload, as JSON has them."""
    fields: dict[str, Any] = orjson.loads(text)
    return fields


def text(payload: str) -> str:
    """What an entry says in words, from its payload."""
    return said_by(load(payload))


def said_by(fields: dict[str, Any]) -> str:
    """The same, of a payload that is loaded."""
    return said(fields["title"], fields.get("summary", ""), fields.get("content", ""))


def said(title: str, summary: str, content: str) -> str:
    """What an entry says in words: title, summary, content without its tags."""
    if not content:
        return f"{title}\n{summary}"
    # Sanitised HTML: every other < is escaped.
    return f"{title}\n{summary}\n{html.unescape(_TAG.sub(' ', content))}"


def entry(id: UUID, text: str, *, tier: int, quality: float | None, heat: float | None) -> Entry:
    """The entry back from its payload."""
    fields = load(text)
    given = fields.get
    updated, images, related = given("updated"), given("images"), given("related")
    # In the order of an entry's fields: to name them all costs half as much again.
    return Entry(
        id,
        fields["url"],
        fields["title"],
        moment(fields["published"]),
        Provider(*fields["provider"]),
        given("summary", ""),
        given("content", ""),
        given("embed", ""),
        given("amp_url", ""),
        given("amp_cache_url", ""),
        None if updated is None else moment(updated),
        tuple(given("topics", ())),
        tuple(given("tags", ())),
        given("kind", "article"),
        _tidy(quality),
        _tidy(heat),
        tuple([Image(*image) for image in images]) if images else (),
        tuple([Related(*other) for other in related]) if related else (),
        public=tier >= 2,
        own=tier in (1, 3),
    )


def digest(dumped: bytes) -> bytes:
    """Eight bytes that differ where two payloads do."""
    return blake2b(dumped, digest_size=8).digest()


def moment(seconds: int) -> datetime:
    """Seconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _tidy(number: float | None) -> float | None:
    """47.0 as 47, which is how its author wrote it; 1e300 stays as it is."""
    if number is None or not number.is_integer() or abs(number) >= 2**53:
        return number
    return int(number)
