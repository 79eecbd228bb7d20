"""Collect the changes of one transaction of ingest: entries that are new, changed, withdrawn,
expired."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import Row

from feeds.catalog import documents, given_ids
from feeds.catalog import payload as payloads
from feeds.catalog.counters import CounterKey, Deltas
from feeds.catalog.given_ids import Claim, SharedId
from feeds.catalog.merge import EXPIRED, WITHDRAWN, Mention, level_of, merge, tier_of
from feeds.catalog.names import NameBook, Spelling
from feeds.util.text import slug

# A feed as the change log names it: kind, id, and who sees those entries (`merge.level_of`).
ChangedFeed = tuple[str, int, int]
# The kind of what files without topics name: their stories share no topic. See `story`.
TOPICLESS: Final = "topicless"


@dataclass(slots=True)
class Outcome:
    """How many entries a batch changed, and which do not have the ids that they give.

    Those that `appeared` had been held until their date.
    """

    added: int = 0
    updated: int = 0
    withdrawn: int = 0
    appeared: int = 0
    expired: int = 0
    shared_ids: list[SharedId] = field(default_factory=list)

    def __iadd__(self, other: "Outcome") -> "Outcome":
        self.added += other.added
        self.updated += other.updated
        self.withdrawn += other.withdrawn
        self.appeared += other.appeared
        self.expired += other.expired
        self.shared_ids += other.shared_ids
        return self

    def __str__(self) -> str:
        parts = [
            f"{self.added} new, {self.updated} updated, {self.withdrawn} withdrawn",
            f"{self.appeared} appeared at their date" if self.appeared else "",
            f"{self.expired} expired" if self.expired else "",
        ]
        return f"entries: {', '.join(filter(None, parts))}"


@dataclass(slots=True)
class Batch:
    """Collect what one transaction writes. Times in seconds since 1970.

    `now` is the time by the clock, `at` the date of the state that the transaction makes: see
    `change_log.next_date`. `first` is true until a first scan has ended. No I/O: the writer reads
    the old state and writes the new one.
    """

    now: int
    at: int
    first: bool
    topics: NameBook
    providers: NameBook
    is_taken: Callable[[int], bool]  # whether an entry outside the batch has a position
    is_reread: bool = False  # whether files changed, or only the settings or the parser
    mentions: dict[int, list[tuple[int, Mention]]] = field(default_factory=dict)
    # Changes of how often mentions name topics together, and entries a name of a domain.
    named_topics: Counter[tuple[int, tuple[str, ...]]] = field(default_factory=Counter)
    named_providers: Counter[tuple[str, Spelling]] = field(default_factory=Counter)
    # Changes of how often files without topics name an entry, by level and key.
    topicless: Counter[tuple[int, int]] = field(default_factory=Counter)
    # The changed ids that entries give themselves, and the ids of entries that come from an earlier
    # catalog.
    claims: dict[int, Claim | None] = field(default_factory=dict)
    former_ids: dict[int, str] = field(default_factory=dict)
    changed_feeds: set[ChangedFeed] = field(default_factory=set)
    removals: set[ChangedFeed] = field(default_factory=set)  # feeds that entries have left …
    expiries: dict[ChangedFeed, int] = field(default_factory=dict)  # … and at a first scan, when
    new_entries: list[tuple[Any, ...]] = field(default_factory=list)
    changed_entries: list[tuple[Any, ...]] = field(default_factory=list)
    rescored: list[dict[str, Any]] = field(default_factory=list)
    tombstones: list[tuple[str, int, int, int, int, int]] = field(default_factory=list)
    returned: list[tuple[int, int]] = field(default_factory=list)  # keys and tiers
    # Entries that have become visible, or invisible, as related coverage.
    unveiled: set[int] = field(default_factory=set)
    # Documents of the full-text index, with their positions.
    new_documents: list[tuple[int, str]] = field(default_factory=list)
    old_documents: list[tuple[int, str]] = field(default_factory=list)
    outcome: Outcome = field(default_factory=Outcome)
    deltas: Deltas = field(default_factory=Deltas)
    # The payloads of removed mentions, and the positions that entries of this batch took.
    removed_payloads: dict[int, str] = field(default_factory=dict)
    _positions: set[int] = field(default_factory=set)
    # Articles of one file share their topics, and few combinations are in use.
    _topics: dict[tuple[str, ...], tuple[tuple[int, ...], str]] = field(default_factory=dict)

    def count_topics(self, mention: Mention, by: int) -> None:
        """Add the topics of a mention to the counts, or subtract them."""
        self.named_topics[level_of(mention.flags), mention.topics] += by
        if not mention.topics:
            self.topicless[level_of(mention.flags), mention.key] += by

    def announce_topicless(self, levels: Iterable[int]) -> None:
        """Record that stories of files without topics have changed; no topic records that."""
        if not self.first:
            feeds = {(TOPICLESS, 0, level) for level in levels}
            self.changed_feeds |= feeds
            self.removals |= feeds

    def settle(self, key: int, mentions: list[tuple[int, Mention]], old: Row[Any] | None) -> None:
        """Decide the new state of an entry from all its mentions and its old state."""
        if len(mentions) == 1:
            winner, best = mentions[0]
            topics, topics_text = self._topics_of(best.topics)
        else:
            merged = merge([mention for _, mention in mentions])
            winner, best = mentions[merged.winner]
            topics, topics_text = self._topics_of(merged.topics)
        tier = tier_of(best.flags)
        if old is None or old.tier != tier:
            self.announce_topicless(level_of(one.flags) for _, one in mentions if not one.topics)
        provider = self.providers.id(best.domain)
        if tier == WITHDRAWN:
            self._expire(key, old, mentions, best, topics, topics_text)
            return
        if old is None:
            updated = best.updated or best.published
            first_seen = self.now
            position = self.position(best.published, key)
            self.outcome.added += 1
            rows = self.new_entries
        else:
            is_other = old.digest != best.digest or old.topics != topics_text
            if not is_other and old.tier == tier:
                self._rescore(old, winner, best)
                return
            is_visible = is_other and not self._is_renamed(old, mentions, best, topics_text)
            updated = self._updated(best, old, is_visible=is_visible)
            first_seen = old.first_seen
            position = self._change(key, old, mentions, best, tier, topics, provider)
            rows = self.changed_entries
        # A first scan dates nothing by the clock: see `Writer.finish_scan`.
        modified = updated if self.first else self.at
        # In the order of the table's columns.
        rows.append((
            position, key, best.id, winner, tier, best.published, updated, modified, first_seen,
            None, provider, best.kind, best.quality, best.heat, best.quality, best.heat,
            best.digest, topics_text,
        ))  # fmt: skip
        self.named_providers[best.domain, (tier >> 1, best.provider)] += 1
        if best.guid:
            self.claims[key] = given_ids.claim(best, tier)
        document = documents.document(tier, provider, best.kind, topics_text, best.text)
        if self.old_documents[-1:] == [(position, document)]:
            self.old_documents.pop()  # the same is indexed already
        else:
            self.new_documents.append((position, document))
        self.deltas.add(tier, topics, provider, modified)

    def _change(
        self,
        key: int,
        old: Row[Any],
        mentions: list[tuple[int, Mention]],
        best: Mention,
        tier: int,
        topics: tuple[int, ...],
        provider: int,
    ) -> int:
        """Record that an entry has changed; return its new position."""
        if old.tier == WITHDRAWN:
            self.outcome.added += 1
        elif old.tier < 0 <= tier:
            self.outcome.appeared += 1
        else:
            self.outcome.updated += 1
        if old.tier != WITHDRAWN:
            self._remove_document(old, mentions)
        if (old.tier < 0) != (tier < 0):
            self.unveiled.add(key)
        old_topics = topic_ids(old.topics)
        self.remove_from_feeds(old, old_topics, tier, set(topics), provider)
        if tier > old.tier:
            self.returned.append((key, tier))
        self._uncount(old, old_topics)
        return self._position(old, best.published)

    def _updated(self, best: Mention, old: Row[Any], *, is_visible: bool) -> int:
        """Return the time of the last update of an existing entry."""
        if self.is_reread:
            return int(old.updated)
        if best.updated:
            return best.updated
        if self.first:
            return best.published
        return max(self.now, best.published) if is_visible else int(old.updated)

    def _position(self, old: Row[Any], published: int) -> int:
        """Return the new position of an existing entry; the old one if its second is the same."""
        if documents.published_at(old.position) == published:
            return int(old.position)
        return self.position(published, old.key)

    def position(self, published: int, key: int) -> int:
        """Return the first free position for an entry of a second: see `documents`."""
        for position in documents.positions(published, key):
            if position not in self._positions and not self.is_taken(position):
                break
        self._positions.add(position)
        return position

    def _is_renamed(
        self, old: Row[Any], mentions: list[tuple[int, Mention]], best: Mention, topics: str
    ) -> bool:
        """Return whether only the name of its provider differs, and another one is shown."""
        is_possible = old.tier != WITHDRAWN and old.topics == topics
        if not is_possible or not self.providers.is_shown(best.domain):
            return False
        before, after = payloads.load(self._payload(old, mentions)), payloads.load(best.payload)
        before["provider"][1] = after["provider"][1]
        return before == after

    def _payload(self, old: Row[Any], mentions: list[tuple[int, Mention]]) -> str:
        """Return the payload of the mention that has won so far."""
        return self.removed_payloads.get(old.winner) or next(
            mention.payload for id, mention in mentions if id == old.winner
        )

    def _remove_document(self, old: Row[Any], mentions: list[tuple[int, Mention]]) -> None:
        """Remove an entry's document as it was indexed, the name of its provider and the id
        that it gives itself, from the mention that has won so far."""
        fields = payloads.load(self._payload(old, mentions))
        domain, name, *_ = fields["provider"]
        self.named_providers[domain, (old.tier >> 1, name)] -= 1
        if "guid" in fields:
            self.claims[old.key] = None
        words = payloads.indexed(fields)
        document = documents.document(old.tier, old.provider, old.kind, old.topics, words)
        self.old_documents.append((old.position, document))

    def _topics_of(self, names: tuple[str, ...]) -> tuple[tuple[int, ...], str]:
        """Return the ids of topics, each once, and the same as `entries.topics` has them."""
        topics = self._topics.get(names)
        if topics is None:
            ids = tuple(dict.fromkeys(self.topics.id(slug(name)) for name in names))
            topics = self._topics[names] = ids, ",".join(map(str, ids))
        return topics

    def _rescore(self, old: Row[Any], winner: int, best: Mention) -> None:
        """Record that only scores differ: no document changes, except feeds in order of a score."""
        scores = best.quality, best.heat
        if (old.winner, old.quality, old.heat) == (winner, *scores):
            return
        self.rescored.append(
            {"b_key": old.key, "winner": winner, "quality": scores[0], "heat": scores[1]}
        )
        if (old.quality, old.heat) != scores:
            feed = "score", 0, old.tier >> 1
            self.changed_feeds.add(feed)
            if not self.first:
                self.removals.add(feed)

    def touch(self, entry: Row[Any]) -> None:
        """Record that documents of an entry change, although the entry itself does not."""
        self.deltas.date(entry.tier, tuple(topic_ids(entry.topics)), entry.provider, self.at)

    def withdraw(self, old: Row[Any]) -> None:
        """Remove an entry that no file mentions any more from every feed; its row stays."""
        changes = {"tier": WITHDRAWN, "withdrawn": self.now, "modified": self.at, "winner": 0}
        self.changed_entries.append(tuple((old._asdict() | changes).values()))
        self.outcome.withdrawn += 1
        self._leave(old, [], self.now)

    def _leave(self, old: Row[Any], mentions: list[tuple[int, Mention]], when: int) -> None:
        """Record that an entry has left every feed."""
        self._remove_document(old, mentions)
        topics = topic_ids(old.topics)
        self._uncount(old, topics)
        self.remove_from_feeds(old, topics, WITHDRAWN, set(), 0, when)

    def _expire(
        self,
        key: int,
        old: Row[Any] | None,
        mentions: list[tuple[int, Mention]],
        best: Mention,
        topics: tuple[int, ...],
        topics_text: str,
    ) -> None:
        """Withdraw an entry that has expired, with the time of its expiry.

        An entry that had expired before it was first seen gets the same tombstones: those of the
        feeds in which it would have been until then. So a rebuilt catalog has them too.
        """
        when = self.now if best.expires is None else best.expires
        provider = self.providers.id(best.domain)
        if old is None:
            position = self.position(best.published, key)
            updated, first_seen = best.updated or best.published, self.now
            rows = self.new_entries
        else:
            if old.tier != WITHDRAWN:
                self._leave(old, mentions, when)
                self.outcome.expired += 1
                self.unveiled.add(key)
            elif (old.withdrawn, old.digest, old.topics) == (when, best.digest, topics_text):
                return
            else:
                self.returned.append((key, 3))  # its tombstones have another date
            position = self._position(old, best.published)
            updated, first_seen = old.updated, old.first_seen
            rows = self.changed_entries
        rows.append((
            position, key, best.id, 0, WITHDRAWN, best.published, updated,
            when if self.first else self.at, first_seen, when, provider, best.kind, best.quality,
            best.heat, best.quality, best.heat, best.digest, topics_text,
        ))  # fmt: skip
        if best.guid and (old is None or old.tier == WITHDRAWN):
            self.former_ids[key] = best.guid
        tier = tier_of(best.flags & ~EXPIRED)  # just before
        feeds = [("all", 0), ("provider", provider), *(("topic", topic) for topic in topics)]
        for kind, ref in feeds:
            feed = kind, ref, tier >> 1
            self.changed_feeds.add(feed)
            if self.first:
                self.expiries[feed] = max(when, self.expiries.get(feed, when))
            else:
                self.removals.add(feed)
            self.tombstones.append((kind, ref, tier, best.published, key, when))

    def all_changed_feeds(self, counted: Iterable[CounterKey]) -> set[ChangedFeed]:
        """Return every feed that this batch changes; `counted` are those whose counters do."""
        return self.changed_feeds | {(kind, ref, tier >> 1) for kind, ref, tier in counted}

    def _uncount(self, old: Row[Any], topics: list[int]) -> None:
        if old.tier != WITHDRAWN:
            # A first scan dates nothing by the clock: see `Writer.finish_scan`.
            at = 0 if self.first else self.at
            self.deltas.remove(old.tier, tuple(topics), old.provider, at)

    def remove_from_feeds(
        self,
        old: Any,
        old_topics: list[int],
        tier: int,
        topics: set[int],
        provider: int,
        when: int | None = None,
    ) -> None:
        """Record every feed that an entry has left, and `when`, if that is not now.

        `old` and `old_topics` are the old state; tier, topics and provider the new one.
        """
        if old.tier == WITHDRAWN:
            return
        public = old.tier >> 1
        if not self.first:  # a first scan dates nothing by the clock
            self.removals |= {("edited all", 0, public), ("edited provider", old.provider, public)}
            self.removals |= {("edited topic", topic, public) for topic in old_topics}
        # Some feeds have only articles with a file of their own, or only drafts.
        is_lower = public != tier >> 1 or tier < old.tier
        feeds = [
            ("topic", topic, public) for topic in old_topics if is_lower or topic not in topics
        ]
        if is_lower or provider != old.provider:
            feeds.append(("provider", old.provider, public))
        if is_lower:
            feeds.append(("all", 0, public))
        self.changed_feeds.update(feeds)
        if not self.first:
            self.removals.update(feeds)
            if tier < old.tier:
                self._add_tombstones(old, old_topics, self.now if when is None else when)

    def _add_tombstones(self, old: Any, topics: list[int], when: int) -> None:
        """Add tombstones of an entry whose tier has become lower, for feeds of higher tiers.

        They are for its old feeds, not for its new ones: the topics of a draft are not public.
        """
        feeds = [("all", 0), ("provider", old.provider), *(("topic", topic) for topic in topics)]
        self.tombstones += [
            (kind, ref, old.tier, old.published, old.key, when) for kind, ref in feeds
        ]


def topic_ids(text: str | None) -> list[int]:
    """Return the ids in the column `entries.topics`."""
    return [int(id) for id in text.split(",")] if text else []
