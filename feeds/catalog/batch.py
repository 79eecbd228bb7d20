"""What one transaction of ingest decides, entry by entry: new, changed, withdrawn."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row

from feeds.catalog.merge import WITHDRAWN, Mention, merge, tier_of
from feeds.catalog.names import NameBook, Spellings


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
    mentions: dict[int, list[tuple[int, Mention]]] = field(default_factory=dict)
    spellings: Spellings = field(default_factory=Counter)
    touched: set[tuple[str, int, int]] = field(default_factory=set)
    left: set[tuple[str, int, int]] = field(default_factory=set)
    new_entries: list[dict[str, Any]] = field(default_factory=list)
    changed_entries: list[dict[str, Any]] = field(default_factory=list)
    rescored: list[dict[str, Any]] = field(default_factory=list)
    topics_in: list[dict[str, int]] = field(default_factory=list)
    topics_out: list[dict[str, int]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)

    def settle(self, key: int, mentions: list[tuple[int, Mention]], old: Row[Any] | None) -> None:
        """Decide what an entry is now, from all that is said of it and from what it was."""
        merged = merge([mention for _, mention in mentions])
        winner, best = mentions[merged.winner]
        tier = tier_of(best.flags)
        topics = [self.topics.id(slug) for slug in merged.topics]
        provider = self.providers.id(best.domain)
        text_topics = ",".join(map(str, topics))
        row = {
            "key": key,
            "id": best.id,
            "winner": winner,
            "tier": tier,
            "published": best.published,
            "provider": provider,
            "kind": best.kind,
            "quality": best.quality,
            "heat": best.heat,
            "shown_quality": best.quality,
            "shown_heat": best.heat,
            "digest": best.digest,
            "topics": text_topics,
            "withdrawn": None,
        }
        if old is None:
            updated = best.updated or best.published
            row |= self._times(updated, self.now)
            self.new_entries.append(row)
            self.outcome.added += 1
            self._touch(tier, topics, provider)
            self._index(self.topics_in, key, tier, best.published, topics)
            return
        same = (
            old.digest == best.digest
            and old.tier == tier
            and old.topics == text_topics
            and old.provider == provider
        )
        if same:
            if (old.winner, old.quality, old.heat) != (winner, best.quality, best.heat):
                self.rescored.append(
                    {"b_key": key, "winner": winner, "quality": best.quality, "heat": best.heat}
                )
                self._touch_scores(old, best)
            return
        back = old.tier == WITHDRAWN
        seen = old.digest != best.digest or old.topics != text_topics
        updated = best.updated or (
            best.published if self.first else self.now if seen else old.updated
        )
        row |= self._times(updated, old.first_seen)
        self.changed_entries.append(row)
        if back:
            self.outcome.added += 1
        else:
            self.outcome.updated += 1
        before_topics = topic_ids(old.topics)
        self._touch(tier, topics, provider)
        self._depart(old, before_topics, tier, set(topics), provider)
        self._index(self.topics_out, key, old.tier, old.published, before_topics)
        self._index(self.topics_in, key, tier, best.published, topics)

    def withdraw(self, old: Row[Any]) -> None:
        """No file speaks of an entry any more: it leaves every feed and is remembered."""
        topics = topic_ids(old.topics)
        row = old._asdict() | {
            "tier": WITHDRAWN,
            "withdrawn": self.now,
            "modified": self.now,
            "winner": 0,
        }
        self.changed_entries.append(row)
        self.outcome.withdrawn += 1
        self._depart(old, topics, WITHDRAWN, set(), 0)
        self._index(self.topics_out, old.key, old.tier, old.published, topics)
        self._index(self.topics_in, old.key, WITHDRAWN, old.published, topics)

    def _touch(self, tier: int, topics: list[int], provider: int) -> None:
        public = int(tier >= 2)
        touched = self.touched
        touched.add(("all", 0, public))
        touched.add(("provider", provider, public))
        for topic in topics:
            touched.add(("topic", topic, public))

    def _touch_scores(self, old: Row[Any], best: Mention) -> None:
        """A score changes no document, but may change what a feed by score has in it."""
        if (old.quality, old.heat) != (best.quality, best.heat):
            self.touched.add(("score", 0, int(old.tier >= 2)))

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
        moved = public != int(tier >= 2) or tier == WITHDRAWN
        places = [("topic", topic, public) for topic in old_topics if moved or topic not in topics]
        if moved or provider != old.provider:
            places.append(("provider", old.provider, public))
        if moved:
            places.append(("all", 0, public))
        self.left.update(places)
        self.touched.update(places)

    def _index(
        self, rows: list[dict[str, int]], key: int, tier: int, published: int, topics: list[int]
    ) -> None:
        rows.extend(
            {"topic": topic, "tier": tier, "published": published, "key": key} for topic in topics
        )

    def _times(self, updated: int, first_seen: int) -> dict[str, int]:
        """A first scan dates nothing by the clock: see `Writer.scanned`."""
        modified = updated if self.first else max(updated, self.now)
        return {"updated": updated, "first_seen": first_seen, "modified": modified}


def topic_ids(text: str) -> list[int]:
    """The ids in the column `entries.topics`."""
    return [int(id) for id in text.split(",")] if text else []
