"""The payload of an entry: its published data, except for scores, as JSON. Pure.

The time of its expiry is not part of it, since it is never shown.

Scores are left out because they change all the time and change nothing that a
reader sees; so the digest of a payload changes only with a visible change.
"""

import html
import re
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import orjson

from feeds.errors import TextDamaged
from feeds.model import Entry, Image, Media, Person, Provider, Related
from feeds.util import tokenizer

ICON: Final = "$.provider[2]"  # the path of the icon in a payload, for SQL
HAS_ICON: Final = "§i"  # no word: see `documents`
# Fields that are as JSON has them.
_PLAIN: Final = (
    "summary", "content", "embed", "amp_url", "amp_cache_url", "topics", "tags", "guid", "language",
)  # fmt: skip
_OF_RELATED: Final = 4  # fields that the parent gives
_TAG: Final = re.compile("<[^>]*>")
# Tags that may stand within a word, but for those of the number of a footnote.
_WITHIN_WORDS: Final = re.compile(
    r"<(?!sup[^>]*>\s*<a |a [^>]*>\s*<sup\b)/?(?:a|abbr|b|bdi|cite|code|del|dfn|em|i|ins|kbd|rt"
    r"|ruby|s|samp|small|span|strong|sub|sup|tt|u|var)(?: [^>]*)?>"
)
_RUBY: Final = re.compile("<ruby.*?</ruby>", re.DOTALL)
# How ruby text is read, with its parentheses.
_READING: Final = re.compile("<r([pt])[ >].*?</r[pt]>", re.DOTALL)


def dump(entry: Entry) -> bytes:
    """Return an entry as compact JSON in UTF-8, without empty fields."""
    payload: dict[str, Any] = {
        "url": entry.url,
        "title": entry.title,
        "published": int(entry.published.timestamp()),
        "provider": [*entry.provider],
    }
    if entry.updated:
        payload["updated"] = int(entry.updated.timestamp())
    for name in _PLAIN:
        value = getattr(entry, name)
        if value:
            payload[name] = value
    if entry.kind != "article":
        payload["kind"] = entry.kind
    if entry.images:
        payload["images"] = [[*image] for image in entry.images]
    if entry.authors:
        payload["authors"] = [[*author] for author in entry.authors]
    if entry.media:
        payload["media"] = [[*media] for media in entry.media]
    if entry.related:
        payload["related"] = [[*other[:_OF_RELATED]] for other in entry.related]
    return orjson.dumps(payload)


def load(text: str) -> dict[str, Any]:
    """Return the fields of a payload, as JSON has them. Raises TextDamaged."""
    try:
        fields: dict[str, Any] = orjson.loads(text)
    except ValueError as error:
        raise TextDamaged(f"the text of an entry is not JSON: {error}") from None
    return fields


def related_urls(payload: str) -> list[str]:
    """Return the addresses of the related coverage of an entry, from its payload."""
    return [Related(*other).url for other in load(payload).get("related", ())]


def text(payload: str) -> str:
    """Return the text of an entry, from its payload."""
    return text_of_fields(load(payload))


def text_of_fields(fields: dict[str, Any]) -> str:
    """Return the text of an entry, from a payload that is loaded."""
    return plain_text(fields["title"], fields.get("summary", ""), fields.get("content", ""))


def indexed(fields: dict[str, Any]) -> str:
    """Return the words of an entry, from a payload that is loaded, as the index has them."""
    return indexed_text(text_of_fields(fields), fields["provider"][2])


def indexed_text(text: str, icon: str) -> str:
    """Return the same, from its text and its provider's icon."""
    return f"{tokenizer.indexed(text)} {HAS_ICON}" if icon else tokenizer.indexed(text)


def plain_text(title: str, summary: str, content: str) -> str:
    """Return the text of an entry: title, summary, and content without its tags.

    A word stays whole if a part of it is an element, as in `H<sub>2</sub>O`; blocks, images and
    `br` separate words. The readings of ruby text come last, so that they do not divide words.
    """
    if not content:
        return f"{title}\n{summary}"
    # Content is sanitised HTML: every < that begins no tag is escaped.
    if "<ruby" in content:
        content = _RUBY.sub(lambda ruby: _READING.sub("", ruby[0]), content) + _readings(content)
    text = _TAG.sub(" ", _WITHIN_WORDS.sub("", content))
    return f"{title}\n{summary}\n{html.unescape(text)}"


def _readings(content: str) -> str:
    """Return the readings of all ruby text, each a paragraph."""
    return "".join(
        "<p>" + "".join(reading[0] for reading in _READING.finditer(ruby[0]) if reading[1] == "t")
        for ruby in _RUBY.finditer(content)
    )


def entry(id: UUID, text: str, *, tier: int, quality: float | None, heat: float | None) -> Entry:
    """Return an entry from its payload."""
    fields = load(text)
    given = fields.get
    updated, images, related = given("updated"), given("images"), given("related")
    authors, media = given("authors"), given("media")
    # In the order of an entry's fields: naming them would take half as long again.
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
        own=bool(tier & 1),
        guid=given("guid", ""),
        authors=tuple([Person(*author) for author in authors]) if authors else (),
        media=tuple([Media(*file) for file in media]) if media else (),
        language=given("language", ""),
    )


def digest(dumped: bytes) -> bytes:
    """Return eight bytes that differ if two payloads do."""
    return blake2b(dumped, digest_size=8).digest()


def moment(seconds: int) -> datetime:
    """Return seconds since 1970 as a moment in UTC."""
    return datetime.fromtimestamp(seconds, UTC)


def _tidy(number: float | None) -> float | None:
    """Return 47.0 as 47, as its author wrote it; 1e300 stays as it is."""
    if number is None or not number.is_integer() or abs(number) >= 2**53:
        return number
    return int(number)
