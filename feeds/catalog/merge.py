"""The data that files give of entries, and the choice among several files for one entry. Pure.

An article's own file beats a mention; among those a public one beats a draft,
that one which is held until its date, and that one which has expired, so that nothing
unpublished shows through; then the richer wins, then the better scored. Equals are told
apart by their digest, so that the result does not depend on the order of files.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from feeds.catalog import payload as payloads
from feeds.model import Entry
from feeds.problems import Problem
from feeds.util.text import slug

# Flags of a mention: has a file of its own, is no draft; and by the time at which it was last
# settled: is held until its date, has expired.
OWN, PUBLIC, HELD, EXPIRED = 1, 2, 4, 8
WITHDRAWN: Final = -3  # the tier of an entry that no file mentions now, or that has expired
_EXPIRED: Final = -2  # the level of expired mentions, below all of `level_of`

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
    """The data that one file gives of one entry, ready for the catalog. Times in seconds since
    1970.

    `text` has its words for the full-text index, see `payload.indexed`. It must not be shown before
    `appears`, nor from `expires` on.
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
    appears: int
    expires: int | None
    guid: str


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it is now, from the process that reads it to the one that writes.

    `mentions` is None if the file was refused, or has the `same` content as before. It is
    `reread` if it has the same content, but another version of the parser has read it, or by
    other settings. `settings` is the digest of those by which it was read; 0 if it was not.
    It is to be read `again` at a time, in seconds since 1970, when an article appears that it
    links to; None if all that it links to are out.
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
    again: int | None = None

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how it is pickled: each named tuple would cost a call of its own, plain
        tuples are packed all at once."""
        plain = None if self.mentions is None else tuple(map(tuple, self.mentions))
        rest = self.problems, self.refused, self.same, self.reread, self.settings, self.again
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


def mentions(entries: Iterable[Entry]) -> tuple[Mention, ...]:
    """Return the mentions of the entries of one file, its article first.

    Related coverage appears with the article that names it and expires with it, at its own
    moment if that is later or earlier.
    """
    named: dict[str, tuple[int, int | None]] = {}  # by address
    made = []
    for entry in entries:
        one = mention(entry)
        if entry.url in named:
            appears, expires = named[entry.url]
            if appears > one.appears or expires is not None:
                ends = [end for end in (expires, one.expires) if end is not None]
                one = one._replace(
                    appears=max(appears, one.appears), expires=min(ends, default=None)
                )
        for other in entry.related:
            named.setdefault(other.url, (one.appears, one.expires))
        made.append(one)
    return tuple(made)


def mention(entry: Entry) -> Mention:
    """Return the mention of an entry in a file."""
    dumped = payloads.dump(entry)
    id = entry.id.bytes
    published = int(entry.published.timestamp())
    return Mention(
        key=key_of(id),
        id=id,
        flags=OWN * entry.own | PUBLIC * entry.public,
        richness=richness(entry),
        quality=entry.quality,
        heat=entry.heat,
        digest=payloads.digest(dumped),
        published=published,
        updated=int(entry.updated.timestamp()) if entry.updated else None,
        domain=entry.provider.domain,
        provider=entry.provider.name,
        kind=entry.kind,
        topics=entry.topics,
        payload=dumped.decode(),
        text=payloads.indexed_text(
            payloads.plain_text(entry.title, entry.summary, entry.content), entry.provider.icon
        ),
        appears=published,
        expires=int(entry.expires.timestamp()) if entry.expires else None,
        guid=entry.guid,
    )


def stored_mention(
    key: int,
    id: bytes,
    flags: int,
    richness: int,
    quality: float | None,
    heat: float | None,
    payload: str,
    expires: int | None,
) -> Mention:
    """Return a mention as it was before it was stored, from its row, but for when it appears."""
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
        fields["published"],
        expires,
        fields.get("guid", ""),
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
    # Topics of drafts are used only for drafts: they may reveal something that is not public yet.
    standing = _standing(mentions[best])
    others = {
        slug(name)
        for mention in mentions
        if _standing(mention) == standing
        for name in mention.topics
    }
    first = dict.fromkeys(map(slug, mentions[best].topics))
    return Merged(best, (*first, *sorted(others.difference(first))))


def _rank(mention: Mention) -> tuple[int, tuple[int, int, int], int, float, float, bytes]:
    low = float("-inf")
    return (
        mention.flags & OWN,
        _standing(mention),
        mention.richness,
        low if mention.quality is None else mention.quality,
        low if mention.heat is None else mention.heat,
        mention.digest,
    )


def _standing(mention: Mention) -> tuple[int, int, int]:
    """Return the visibility of a mention; for an expired one, the time of expiry and the visibility
    until then. The entry expires with the last of its mentions."""
    if mention.flags & EXPIRED:
        return _EXPIRED, mention.expires or 0, level_of(mention.flags & ~EXPIRED)
    return level_of(mention.flags), 0, 0


def level_of(flags: int) -> int:
    """Return who may see what has some flags: 1 everybody, 0 who sees drafts, -1 who sees what
    is held until its date, -2 nobody. It is half of the tier."""
    return _LEVELS[flags]


def tier_of(flags: int) -> int:
    """Return the tier of an entry whose winning mention has some flags: see `schema.entries`."""
    return _TIERS[flags]


def _level(flags: int) -> int:
    if flags & EXPIRED:
        return _EXPIRED
    return -1 if flags & HELD else 1 if flags & PUBLIC else 0


_LEVELS: Final = tuple(map(_level, range(16)))
_TIERS: Final = tuple(
    WITHDRAWN if flags & EXPIRED else 2 * level + (flags & OWN)
    for flags, level in enumerate(_LEVELS)
)
