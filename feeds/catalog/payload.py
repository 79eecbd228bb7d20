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


def head(fields: dict[str, Any]) -> str:
    """The first of what an entry says in words: title and summary."""
    return said(fields["title"], fields.get("summary", ""), "")


def said(title: str, summary: str, content: str) -> str:
    """What an entry says in words: title, summary, content without its tags."""
    if not content:
        return f"{title}\n{summary}"
    # Sanitised HTML: every other < is escaped.
    return f"{title}\n{summary}\n{html.unescape(_TAG.sub(' ', content))}"


def entry(id: UUID, text: str, *, tier: int, quality: float | None, heat: float | None) -> Entry:
    """The entry back from its payload."""
    fields = load(text)
    updated = fields.get("updated")
    return Entry(
        id=id,
        url=fields["url"],
        title=fields["title"],
        published=moment(fields["published"]),
        provider=Provider(*fields["provider"]),
        summary=fields.get("summary", ""),
        content=fields.get("content", ""),
        embed=fields.get("embed", ""),
        amp_url=fields.get("amp_url", ""),
        amp_cache_url=fields.get("amp_cache_url", ""),
        updated=None if updated is None else moment(updated),
        topics=tuple(fields.get("topics", ())),
        tags=tuple(fields.get("tags", ())),
        kind=fields.get("kind", "article"),
        quality=_tidy(quality),
        heat=_tidy(heat),
        images=tuple(Image(*image) for image in fields.get("images", ())),
        related=tuple(Related(*other) for other in fields.get("related", ())),
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
