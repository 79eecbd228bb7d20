"""Explain why an entry is, or is not, in a feed."""

from dataclasses import dataclass
from datetime import datetime

from feeds.catalog.reader import StoredEntry
from feeds.model import Feed
from feeds.selection import matcher
from feeds.selection.matcher import Verdict
from feeds.selection.site_view import SiteView


@dataclass(frozen=True, slots=True)
class Explanation:
    """The verdict of each rule of a feed on an entry.

    `alternatives` are the verdicts of criteria of which an entry has to meet one: a bundle has
    several. `position` counts from 1; it is None if the entry is not in the document, which
    has at most `limit`.
    """

    general: tuple[Verdict, ...]
    alternatives: tuple[tuple[Verdict, ...], ...]
    limit: int
    position: int | None


def explain(view: SiteView, feed: Feed, stored: StoredEntry, now: datetime) -> Explanation:
    """Return the verdicts of a loaded feed on an entry."""
    spec, facts = feed.spec, view.facts(stored)
    general = tuple(matcher.visibility(spec.unpublished, spec.related, facts, private=spec.private))
    alternatives = tuple(tuple(matcher.verdicts(one, facts, now)) for one in spec.criteria)
    ids = [entry.entry.id for entry in feed.entries]
    position = ids.index(stored.entry.id) + 1 if stored.entry.id in ids else None
    if spec.story:
        because = "is one of them" if position else "is none of them"
        rule = "story: its article, and what files name together with it"
        general = (*general, Verdict(rule, position is not None, because))
    return Explanation(general, alternatives, spec.limit, position)
