"""What one transaction of ingest decides, entry by entry: new, changed, withdrawn."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from feeds.catalog import documents
from feeds.catalog.counters import Place, Tally
from feeds.catalog.merge import PUBLIC, WITHDRAWN, Mention, merge, tier_of
from feeds.catalog.names import NameBook, Spelling
from feeds.util.text import slug


@dataclass(slots=True)
class Outcome:
    """How many entries a batch changed."""

    added: int = 0
    updated: int = 0
    withdrawn: int = 0

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.added += other.added
        self.updated += other.updated
        self.withdrawn += other.withdrawn
        return self


@dataclass(slots=True)
class Batch:
    """What one transaction gathers before it writes. Times in seconds since 1970.

    `first` is true until a first scan has ended. No I/O: the writer reads what
    was and writes what is.
    """

    now: int
    first: bool
    topics: NameBook
    providers: NameBook
    is_taken: Callable[[int], bool]  # whether an entry outside the batch has a place
    mentions: dict[int, list[tuple[int, Mention]]] = field(default_factory=dict)
    # How often topics were named together, and a domain with a provider's name.
    named_topics: Counter[tuple[int, tuple[str, ...]]] = field(default_factory=Counter)
    named_providers: Counter[tuple[str, Spelling]] = field(default_factory=Counter)
    touched: set[tuple[str, int, int]] = field(default_factory=set)
    left: set[tuple[str, int, int]] = field(default_factory=set)
    new_entries: list[tuple[Any, ...]] = field(default_factory=list)
    changed_entries: list[tuple[Any, ...]] = field(default_factory=list)
    rescored: list[dict[str, Any]] = field(default_factory=list)
    topics_in: list[tuple[int, int, int, int]] = field(default_factory=list)
    topics_out: list[tuple[int, int, int, int]] = field(default_factory=list)
    buried: list[tuple[str, int, int, int, int, int]] = field(default_factory=list)
    returned: list[tuple[int, int]] = field(default_factory=list)  # keys and tiers
    texts_in: list[tuple[int, str]] = field(default_factory=list)
    texts_out: list[tuple[int, str]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    tally: Tally = field(default_factory=Tally)
    # What removed mentions said, and the places that entries of this batch took.
    removed: dict[int, str] = field(default_factory=dict)
    _places: set[int] = field(default_factory=set)
    # Articles of one file share their topics, and few combinations are in use.
    _ids: dict[tuple[str, ...], tuple[tuple[int, ...], str]] = field(default_factory=dict)

    def name(self, mention: Mention, by: int) -> None:
        """Count a mention's names, or take them back."""
        public = int(mention.flags & PUBLIC > 0)
        self.named_topics[public, mention.topics] += by
        self.named_providers[mention.domain, (public, mention.provider)] += by

    def settle(self, key: int, mentions: list[tuple[int, Mention]], old: Row[Any] | None) -> None:
        """Decide what an entry is now, from all that is said of it and from what it was."""
        if len(mentions) == 1:
            winner, best = mentions[0]
            topics, topics_text = self._topics_of(best.topics)
        else:
            merged = merge([mention for _, mention in mentions])
            winner, best = mentions[merged.winner]
            topics, topics_text = self._topics_of(merged.topics)
        tier = tier_of(best.flags)
        provider = self.providers.id(best.domain)
        if old is None:
            updated = best.updated or best.published
            first_seen = self.now
            place = self._place(best.published, key)
            self.texts_in.append((place, best.text))
            self.outcome.added += 1
            rows = self.new_entries
        else:
            seen = old.digest != best.digest or old.topics != topics_text
            if not seen and old.tier == tier:
                self._rescore(old, winner, best)
                return
            updated = best.updated or self._when(best, old, seen=seen)
            first_seen = old.first_seen
            if old.tier == WITHDRAWN:
                self.outcome.added += 1
            else:
                self.outcome.updated += 1
            before = topic_ids(old.topics)
            self._depart(old, before, tier, set(topics), provider)
            if tier > old.tier:
                self.returned.append((key, tier))
            place = self._reindex(old, best, mentions)
            self._index(self.topics_out, old.key, old.tier, old.published, before)
            self._uncount(old, before)
            rows = self.changed_entries
        # A first scan dates nothing by the clock: see `Writer.scanned`.
        modified = updated if self.first else max(updated, self.now)
        # In the order of the table's columns.
        rows.append((
            key, best.id, winner, tier, best.published, updated, modified, first_seen, None,
            provider, best.kind, best.quality, best.heat, best.quality, best.heat, best.digest,
            topics_text, place, best.common,
        ))  # fmt: skip
        self.tally.came(tier, topics, provider, modified)
        self._index(self.topics_in, key, tier, best.published, topics)

    def _when(self, best: Mention, old: Row[Any], *, seen: bool) -> int:
        """When an entry that names no time of its own was updated."""
        if self.first:
            return best.published
        return max(self.now, best.published) if seen else int(old.updated)

    def _place(self, published: int, key: int) -> int:
        """The first free place for an entry of a second: see `fulltext`."""
        for place in documents.places(published, key):
            if place not in self._places and not self.is_taken(place):
                break
        self._places.add(place)
        return place

    def _reindex(self, old: Row[Any], best: Mention, mentions: list[tuple[int, Mention]]) -> int:
        """Bring the full-text index up to date; gives the entry's place."""
        place = int(old.place)
        if documents.published_at(place) != best.published:
            place = self._place(best.published, old.key)
        if old.tier != WITHDRAWN:
            before = documents.indexed(self._said(old.winner, mentions))
            if (place, best.text) == (old.place, before):
                return place
            self.texts_out.append((old.place, before))
        self.texts_in.append((place, best.text))
        return place

    def _said(self, winner: int, mentions: list[tuple[int, Mention]]) -> str:
        """The payload of the mention that has won so far, which may be gone by now."""
        found = self.removed.get(winner)
        return found or next(one.payload for id, one in mentions if id == winner)

    def _topics_of(self, names: tuple[str, ...]) -> tuple[tuple[int, ...], str]:
        """The ids of topics, each once, and how the catalog writes them."""
        found = self._ids.get(names)
        if found is None:
            ids = tuple(dict.fromkeys(self.topics.id(slug(name)) for name in names))
            found = self._ids[names] = ids, ",".join(map(str, ids))
        return found

    def _rescore(self, old: Row[Any], winner: int, best: Mention) -> None:
        """Only scores differ: no document changes, but a feed by score may."""
        scores = best.quality, best.heat
        if (old.winner, old.quality, old.heat) == (winner, *scores):
            return
        self.rescored.append(
            {"b_key": old.key, "winner": winner, "quality": scores[0], "heat": scores[1]}
        )
        if (old.quality, old.heat) != scores:
            place = "score", 0, int(old.tier >= 2)
            self.touched.add(place)
            if not self.first:
                self.left.add(place)

    def withdraw(self, old: Row[Any]) -> None:
        """No file speaks of an entry any more: it leaves every feed and is remembered."""
        gone = {"tier": WITHDRAWN, "withdrawn": self.now, "modified": self.now, "winner": 0}
        self.changed_entries.append(tuple((old._asdict() | gone).values()))
        self.texts_out.append((old.place, documents.indexed(self._said(old.winner, []))))
        self.outcome.withdrawn += 1
        topics = topic_ids(old.topics)
        self._uncount(old, topics)
        self._depart(old, topics, WITHDRAWN, set(), 0)
        self._index(self.topics_out, old.key, old.tier, old.published, topics)
        self._index(self.topics_in, old.key, WITHDRAWN, old.published, topics)

    def places(self, moved: Iterable[Place]) -> set[tuple[str, int, int]]:
        """Everything this batch touched, as the change log names it."""
        return self.touched | {(kind, ref, int(tier >= 2)) for kind, ref, tier in moved}

    def _uncount(self, old: Row[Any], topics: list[int]) -> None:
        if old.tier != WITHDRAWN:
            # A first scan dates nothing by the clock: see `Writer.scanned`.
            at = 0 if self.first else self.now
            self.tally.went(old.tier, tuple(topics), old.provider, at)

    def _depart(
        self,
        old: Row[Any],
        old_topics: list[int],
        tier: int,
        topics: set[int],
        provider: int,
    ) -> None:
        """Note every feed that an entry was in and is no longer."""
        if old.tier == WITHDRAWN:
            return
        public = int(old.tier >= 2)
        if not self.first:  # a first scan dates nothing by the clock
            self.left |= {("edited all", 0, public), ("edited provider", old.provider, public)}
            self.left |= {("edited topic", topic, public) for topic in old_topics}
        # Some feeds have only articles with a file of their own, or only drafts.
        moved = public != int(tier >= 2) or tier < old.tier
        places = [("topic", topic, public) for topic in old_topics if moved or topic not in topics]
        if moved or provider != old.provider:
            places.append(("provider", old.provider, public))
        if moved:
            places.append(("all", 0, public))
        self.touched.update(places)
        if not self.first:
            self.left.update(places)
            if tier < old.tier:
                self._bury(old, old_topics)

    def _bury(self, old: Row[Any], topics: list[int]) -> None:
        """An entry stands lower than it did: those who read only what stands
        higher are told that it has gone. Where it was, not where it is: what a
        draft says of itself is not public."""
        places = [("all", 0), ("provider", old.provider), *(("topic", topic) for topic in topics)]
        self.buried += [
            (kind, ref, old.tier, old.published, old.key, self.now) for kind, ref in places
        ]

    def _index(
        self,
        rows: list[tuple[int, int, int, int]],
        key: int,
        tier: int,
        published: int,
        topics: Iterable[int],
    ) -> None:
        rows += [(topic, tier, published, key) for topic in topics]


def topic_ids(text: str) -> list[int]:
    """The ids in the column `entries.topics`."""
    return [int(id) for id in text.split(",")] if text else []
