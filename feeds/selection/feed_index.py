"""An index of all feeds: topics and providers by title, with their numbers of entries. No I/O.

A page shows some of thousands of feeds. A process counts and sorts all of them once, and
from then on counts again only those that the change log names, so that the cost of a list
depends on what it shows. An index is never changed once it is built: a newer one replaces
it, because a request that reads an older state of the catalog may still use it.
"""

import threading
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

from feeds.catalog.counters import Count

TitleOf = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class FeedTable:
    """Hold topics or providers in the order of their titles, in columns.

    `names` are slugs or domains; `modified` is in seconds since 1970, or 0. Columns take
    some bytes a feed, since they live as long as the process; texts are shared with the
    catalog's names.
    """

    names: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    entries: "array[int]" = field(default_factory=lambda: array("q"))
    modified: "array[int]" = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, counts: Mapping[str, Count], title_of: TitleOf) -> "FeedTable":
        """Return a table of counted feeds, in any order."""
        titles = {name: title_of(name) for name in counts}
        names = sorted(counts, key=lambda name: (titles[name].casefold(), name))
        return cls(
            names,
            [titles[name] for name in names],
            array("q", (counts[name].entries for name in names)),
            array("q", (counts[name].modified for name in names)),
        )

    def updated(self, counts: Mapping[str, Count | None], title_of: TitleOf) -> "FeedTable":
        """Return a table with new counts of some feeds, under the titles they have now.

        A feed whose count is None is removed.
        """
        table = FeedTable(self.names[:], self.titles[:], self.entries[:], self.modified[:])
        titles = {name: title_of(name) for name in counts}
        missed = {name for name in counts if not table._position(name, titles[name])[1]}
        for name in missed.intersection(self.names) if missed else ():
            table._remove(table.names.index(name))  # it had another title
        for name, count in counts.items():
            position, is_there = table._position(name, titles[name])
            if is_there:
                table._remove(position)
            if count is not None:
                table._insert(position, name, titles[name], count)
        return table

    def retitled(self, title_of: TitleOf) -> set[str]:
        """Return the names of feeds whose title has changed."""
        pairs = zip(self.names, self.titles, strict=True)
        return {name for name, title in pairs if title_of(name) != title}

    def _position(self, name: str, title: str) -> tuple[int, bool]:
        """Return the position that a feed has or would have, and whether it is there."""

        def key(position: int) -> tuple[str, str]:
            return self.titles[position].casefold(), self.names[position]

        position = bisect_left(range(len(self)), (title.casefold(), name), key=key)
        return position, position < len(self) and self.names[position] == name

    def _insert(self, position: int, name: str, title: str, count: Count) -> None:
        self.names.insert(position, name)
        self.titles.insert(position, title)
        self.entries.insert(position, count.entries)
        self.modified.insert(position, count.modified)

    def _remove(self, position: int) -> None:
        for column in (self.names, self.titles, self.entries, self.modified):
            del column[position]

    def __len__(self) -> int:
        return len(self.names)

    def count(self, position: int) -> Count:
        """Return the count of the feed at a position."""
        return Count(self.entries[position], self.modified[position])

    def largest(self, most: int, among: Iterable[int] | None = None) -> list[int]:
        """Return the positions of the feeds with the most entries; where equal, by title."""
        positions = range(len(self)) if among is None else among
        return nlargest(most, positions, key=self.entries.__getitem__)


@dataclass(frozen=True, slots=True)
class FeedIndex:
    """Hold all topics and providers, as of a line of the change log and a move of topics."""

    seq: int
    move: int
    total: Count
    topics: FeedTable
    providers: FeedTable

    def table(self, kind: str) -> FeedTable:
        """Return the table of `topics` or of `providers`."""
        return {"topics": self.topics, "providers": self.providers}[kind]

    def count_nonempty(self) -> int:
        """Return how many feeds have entries, sets not counted."""
        columns = self.topics.entries, self.providers.entries
        return bool(self.total.entries) + sum(len(column) - column.count(0) for column in columns)


class FeedIndexCache:
    """Hold the latest index of one configuration, for all threads; `lock` guards it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.latest: FeedIndex | None = None
