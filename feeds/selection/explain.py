"""Why an entry is, or is not, in a feed."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from feeds.catalog.reader import Stored
from feeds.model import Feed
from feeds.selection import matcher
from feeds.selection.matcher import Verdict
from feeds.selection.site_view import SiteView


@dataclass(frozen=True, slots=True)
class Explanation:
    """What each rule of a feed says of an entry.

    `alternatives` are the criteria of which any will do, each with its verdicts:
    a bundle has several. `place` counts from 1 and is None if the entry is not
    in the document.
    """

    general: tuple[Verdict, ...]
    alternatives: tuple[tuple[Verdict, ...], ...]
    limit: int
    place: int | None


def explain(view: SiteView, feed: Feed, stored: Stored, now: datetime) -> Explanation:
    """Look at one entry with the eyes of a feed."""
    spec = feed.spec
    seen = view.facts(stored)
    general = tuple(matcher.visibility(spec.unpublished, spec.related, seen))
    alternatives = tuple(tuple(matcher.verdicts(one, seen, now)) for one in spec.criteria)
    ids = [one.entry.id for one in feed.entries]
    id: UUID = stored.entry.id
    place = ids.index(id) + 1 if id in ids else None
    if spec.story:
        told = "is one of them" if place else "is none of them"
        rule = "story: its article, and what files name together with it"
        general = (*general, Verdict(rule, place is not None, told))
    return Explanation(general, alternatives, spec.limit, place)
