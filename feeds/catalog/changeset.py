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
    is_taken: Callable[[int], bool]  # whether an entry outside the batch has a position
    mentions: dict[int, list[tuple[int, Mention]]] = field(default_factory=dict)
    # How often topics were named together, and a domain with a provider's name.
    named_topics: Counter[tuple[int, tuple[str, ...]]] = field(default_factory=Counter)
    named_providers: Counter[tuple[str, Spelling]] = field(default_factory=Counter)
    touched: set[tuple[str, int, int]] = field(default_factory=set)
    left: set[tuple[str, int, int]] = field(default_factory=set)
    new_entries: list[tuple[Any, ...]] = field(default_factory=list)
    changed_entries: list[tuple[Any, ...]] = field(default_factory=list)
    rescored: list[dict[str, Any]] = field(default_factory=list)
    buried: list[tuple[str, int, int, int, int, int]] = field(default_factory=list)
    returned: list[tuple[int, int]] = field(default_factory=list)  # keys and tiers
    # Documents of the full-text index, with their positions.
    new_documents: list[tuple[int, str]] = field(default_factory=list)
    old_documents: list[tuple[int, str]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    tally: Tally = field(default_factory=Tally)
    # The payloads of removed mentions, and the positions that entries of this batch took.
    removed: dict[int, str] = field(default_factory=dict)
    _positions: set[int] = field(default_factory=set)
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
            position = self.position(best.published, key)
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
            self.depart(old, before, tier, set(topics), provider)
            if tier > old.tier:
                self.returned.append((key, tier))
            position = old.position
            if documents.published_at(position) != best.published:
                position = self.position(best.published, key)
            if old.tier != WITHDRAWN:
                self._remove_document(old, mentions)
            self._uncount(old, before)
            rows = self.changed_entries
        # A first scan dates nothing by the clock: see `Writer.scanned`.
        modified = updated if self.first else max(updated, self.now)
        # In the order of the table's columns.
        rows.append((
            position, key, best.id, winner, tier, best.published, updated, modified, first_seen,
            None, provider, best.kind, best.quality, best.heat, best.quality, best.heat,
            best.digest, topics_text,
        ))  # fmt: skip
        document = documents.document(tier, provider, best.kind, topics_text, best.text)
        if self.old_documents[-1:] == [(position, document)]:
            self.old_documents.pop()  # it is indexed as it is
        else:
            self.new_documents.append((position, document))
        self.tally.came(tier, topics, provider, modified)

    def _when(self, best: Mention, old: Row[Any], *, seen: bool) -> int:
        """When an entry that names no time of its own was updated."""
        if self.first:
            return best.published
        return max(self.now, best.published) if seen else int(old.updated)

    def position(self, published: int, key: int) -> int:
        """Return the first free position for an entry of a second: see `documents`."""
        for position in documents.positions(published, key):
            if position not in self._positions and not self.is_taken(position):
                break
        self._positions.add(position)
        return position

    def _remove_document(self, old: Row[Any], mentions: list[tuple[int, Mention]]) -> None:
        """Remove an entry's document as it was indexed, from the mention that has won so far."""
        payload = self.removed.get(old.winner) or next(
            mention.payload for id, mention in mentions if id == old.winner
        )
        words = documents.words(payload)
        document = documents.document(old.tier, old.provider, old.kind, old.topics, words)
        self.old_documents.append((old.position, document))

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
        self._remove_document(old, [])
        self.outcome.withdrawn += 1
        topics = topic_ids(old.topics)
        self._uncount(old, topics)
        self.depart(old, topics, WITHDRAWN, set(), 0)

    def places(self, moved: Iterable[Place]) -> set[tuple[str, int, int]]:
        """Everything this batch touched, as the change log names it."""
        return self.touched | {(kind, ref, int(tier >= 2)) for kind, ref, tier in moved}

    def _uncount(self, old: Row[Any], topics: list[int]) -> None:
        if old.tier != WITHDRAWN:
            # A first scan dates nothing by the clock: see `Writer.scanned`.
            at = 0 if self.first else self.now
            self.tally.went(old.tier, tuple(topics), old.provider, at)

    def depart(
        self,
        old: Any,
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

    def _bury(self, old: Any, topics: list[int]) -> None:
        """An entry stands lower than it did: those who read only what stands
        higher are told that it has gone. Where it was, not where it is: what a
        draft says of itself is not public."""
        places = [("all", 0), ("provider", old.provider), *(("topic", topic) for topic in topics)]
        self.buried += [
            (kind, ref, old.tier, old.published, old.key, self.now) for kind, ref in places
        ]


def topic_ids(text: str | None) -> list[int]:
    """The ids in the column `entries.topics`."""
    return [int(id) for id in text.split(",")] if text else []
