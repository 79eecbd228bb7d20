"""What files say of entries, and what an entry is if several files speak of it. Pure.

An article's own file beats a mention; among those a public one beats a draft,
so that nothing unpublished shows through; then the richer wins, then the
better scored. Equals are told apart by their digest, so that the result does
not depend on the order of files.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from feeds.catalog import payload as payloads
from feeds.model import Entry
from feeds.problems import Problem
from feeds.util.text import slug

OWN, PUBLIC = 1, 2  # flags of a mention
WITHDRAWN: Final = -1  # the tier of an entry that no file mentions any more

# In place of a signature: the file is to be read again whatever its status is.
AGAIN: Final = 0
# … and it was read by another version of the parser, or by other settings.
REREAD: Final = -1
# In place of the digest of the settings by which a file was read: by those in force its article
# has another address, which waits for a person to accept it.
MOVING: Final = -1
# In place of a digest: the file could not be read.
UNREADABLE: Final = b""


class Mention(NamedTuple):
    """What one file says of one entry, ready for the catalog. Times in seconds since 1970.

    `text` is what the full-text index has of its words, see `payload.indexed`.
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
class FileRead:
    """A file as it is now, from the process that reads it to the one that writes.

    `mentions` is None if the file was refused, or has the `same` content as before. It is
    `reread` if it has the same content, but another version of the parser has read it, or by
    other settings. `settings` is the digest of those by which it was read; 0 if it was not.
    """

    path: str
    signature: int
    digest: bytes
    mentions: tuple[Mention, ...] | None
    problems: tuple[Problem, ...] = ()
    refused: bool = False
    same: bool = False
    reread: bool = False
    settings: int = 0

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how it is pickled: each named tuple would cost a call of its own, plain
        tuples are packed all at once."""
        plain = None if self.mentions is None else tuple(map(tuple, self.mentions))
        rest = self.problems, self.refused, self.same, self.reread, self.settings
        return _unpickled, (self.path, self.signature, self.digest, plain, *rest)


def _unpickled(
    path: str, signature: int, digest: bytes, plain: tuple[tuple[Any, ...], ...] | None, *rest: Any
) -> FileRead:
    mentions = None if plain is None else tuple(map(_mention, plain))
    return FileRead(path, signature, digest, mentions, *rest)


# `Mention._make` without its check of how many values there are.
_mention: Final = partial(tuple.__new__, Mention)


@dataclass(frozen=True, slots=True)
class Merged:
    """The index of the mention that wins, and the slugs of all topics."""

    winner: int
    topics: tuple[str, ...]


def key_of(id: bytes) -> int:
    """Return the catalog's key of an entry: 63 bits, so that it fits a signed integer."""
    return int.from_bytes(id[:8], "big") >> 1


def mention(entry: Entry) -> Mention:
    """Return what the catalog stores of an entry as one file has it."""
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
        text=payloads.indexed_text(
            payloads.plain_text(entry.title, entry.summary, entry.content), entry.provider.icon
        ),
    )


def stored_mention(
    key: int,
    id: bytes,
    flags: int,
    richness: int,
    quality: float | None,
    heat: float | None,
    payload: str,
) -> Mention:
    """Return a mention as it was before it was stored, from its row."""
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
        payloads.indexed(fields),
    )


def richness(entry: Entry) -> int:
    """Return how much an entry has to show; content counts most."""
    return (
        16 * bool(entry.content)
        + 8 * bool(entry.images)
        + 4 * bool(entry.summary)
        + 2 * bool(entry.related)
        + bool(entry.amp_url)
    )


def merge(mentions: Sequence[Mention]) -> Merged:
    """Choose among all mentions of one entry; there is at least one."""
    if len(mentions) == 1:
        return Merged(0, tuple(map(slug, mentions[0].topics)))
    best = max(range(len(mentions)), key=lambda index: _rank(mentions[index]))
    # A draft's topics stay with drafts: they may say what is not yet public.
    public = mentions[best].flags & PUBLIC
    others = {
        slug(name)
        for mention in mentions
        if mention.flags & PUBLIC == public
        for name in mention.topics
    }
    first = dict.fromkeys(map(slug, mentions[best].topics))
    return Merged(best, (*first, *sorted(others.difference(first))))


def _rank(mention: Mention) -> tuple[int, int, int, float, float, bytes]:
    low = float("-inf")
    return (
        mention.flags & OWN,
        mention.flags & PUBLIC,
        mention.richness,
        low if mention.quality is None else mention.quality,
        low if mention.heat is None else mention.heat,
        mention.digest,
    )


def tier_of(flags: int) -> int:
    """Return the tier of an entry whose winning mention has some flags: see `schema.entries`."""
    return (2 if flags & PUBLIC else 0) + (1 if flags & OWN else 0)
