"""What an entry is when several files speak of it. Pure.

An article's own file beats a mention; among those a public one beats a draft,
so that nothing unpublished shows through; then the richer wins, then the
better scored. Equals are told apart by their digest, so that the outcome does
not hang on the order of files.
"""

from dataclasses import dataclass
from typing import NamedTuple

from feeds.catalog import payload as payloads
from feeds.model import Entry
from feeds.util import tokenizer
from feeds.util.text import slug

OWN, PUBLIC = 1, 2
WITHDRAWN = -1


class Mention(NamedTuple):
    """What one file says of one entry, ready for the catalog. Times in seconds since 1970.

    `text` is what the full-text index has of its words, see `documents.words`.
    """

    key: int
    id: bytes
    flags: int
    richness: int
    quality: float | None
    heat: float | None
    digest: bytes
    published: int
    updated: int | None
    domain: str
    provider: str
    kind: str
    topics: tuple[str, ...]
    payload: str
    text: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The mention that wins, by its place among those given, and the slugs of all topics."""

    winner: int
    topics: tuple[str, ...]


def key_of(id: bytes) -> int:
    """The catalog's key of an entry: 63 bits, so that it fits a signed integer."""
    return int.from_bytes(id[:8], "big") >> 1


def mention(entry: Entry) -> Mention:
    """What the catalog stores of an entry as one file has it."""
    dumped = payloads.dump(entry)
    id = entry.id.bytes
    return Mention(
        key=key_of(id),
        id=id,
        flags=OWN * entry.own | PUBLIC * entry.public,
        richness=richness(entry),
        quality=entry.quality,
        heat=entry.heat,
        digest=payloads.digest(dumped),
        published=int(entry.published.timestamp()),
        updated=int(entry.updated.timestamp()) if entry.updated else None,
        domain=entry.provider.domain,
        provider=entry.provider.name,
        kind=entry.kind,
        topics=entry.topics,
        payload=dumped.decode(),
        text=tokenizer.indexed(payloads.said(entry.title, entry.summary, entry.content)),
    )


def recall(
    key: int,
    id: bytes,
    flags: int,
    richness: int,
    quality: float | None,
    heat: float | None,
    payload: str,
) -> Mention:
    """A mention as it was before it was stored."""
    fields = payloads.load(payload)
    return Mention(
        key,
        id,
        flags,
        richness,
        quality,
        heat,
        payloads.digest(payload.encode()),
        fields["published"],
        fields.get("updated"),
        fields["provider"][0],
        fields["provider"][1],
        fields.get("kind", "article"),
        tuple(fields.get("topics", ())),
        payload,
        tokenizer.indexed(payloads.said_by(fields)),
    )


def richness(entry: Entry) -> int:
    """How much an entry has to show, content first."""
    return (
        16 * bool(entry.content)
        + 8 * bool(entry.images)
        + 4 * bool(entry.summary)
        + 2 * bool(entry.related)
        + bool(entry.amp_url)
    )


def merge(mentions: list[Mention]) -> Merged:
    """Choose among all mentions of one entry; there is at least one."""
    if len(mentions) == 1:
        return Merged(0, tuple(map(slug, mentions[0].topics)))
    best = max(range(len(mentions)), key=lambda index: _rank(mentions[index]))
    # A draft's topics stay with drafts: they may say what is not yet public.
    public = mentions[best].flags & PUBLIC
    others = {slug(name) for one in mentions if one.flags & PUBLIC == public for name in one.topics}
    first = dict.fromkeys(map(slug, mentions[best].topics))
    return Merged(best, (*first, *sorted(others.difference(first))))


def _rank(one: Mention) -> tuple[int, int, int, float, float, bytes]:
    low = float("-inf")
    return (
        one.flags & OWN,
        one.flags & PUBLIC,
        one.richness,
        low if one.quality is None else one.quality,
        low if one.heat is None else one.heat,
        one.digest,
    )


def tier_of(flags: int) -> int:
    """Where an entry stands in the indexes: see `tables.entries`."""
    return (2 if flags & PUBLIC else 0) + (1 if flags & OWN else 0)
