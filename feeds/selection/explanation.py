"""Why an entry is, or is not, in a feed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from feeds import words
from feeds.catalog import payload as payloads
from feeds.catalog.reader import Stored
from feeds.model import FeedSpec
from feeds.selection import entries, rules
from feeds.selection.known import Known
from feeds.selection.rules import Facts, Verdict


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each rule of a feed says of an entry.

    `alternatives` are the criteria of which any will do, each with its verdicts:
    a bundle has several. `place` counts from 1 and is None if the entry is not
    in the document.
    """

    inside: bool
    general: tuple[Verdict, ...]
    alternatives: tuple[tuple[Verdict, ...], ...]
    limit: int
    place: int | None


def explain(
    known: Known, connection: Connection, spec: FeedSpec, stored: Stored, now: datetime
) -> Explanation:
    """Look at one entry with the eyes of a feed."""
    seen = facts(known, stored)
    general = tuple(rules.visibility(spec.unpublished, spec.related, seen))
    alternatives = tuple(tuple(rules.verdicts(one, seen, now)) for one in spec.criteria)
    feed = entries.load(known, connection, spec, now)
    ids = [one.entry.id for one in feed.entries]
    id: UUID = stored.entry.id
    place = ids.index(id) + 1 if id in ids else None
    return Explanation(place is not None, general, alternatives, spec.limit, place)


def meets(known: Known, spec: FeedSpec, stored: Stored, now: datetime) -> bool:
    """Whether an entry meets any of a feed's criteria."""
    seen = facts(known, stored)
    return any(all(one.met for one in rules.verdicts(each, seen, now)) for each in spec.criteria)


def facts(known: Known, stored: Stored) -> Facts:
    """What rules look at, of an entry in the catalog."""
    entry = stored.entry
    return Facts(
        topics=frozenset(known.names.topics[id].address for id in stored.topics),
        provider=entry.provider.domain,
        kind=entry.kind,
        quality=stored.quality,
        published=entry.published,
        folded=words.fold(payloads.said(entry.title, entry.summary, entry.content)),
        public=entry.public,
        own=entry.own,
    )
