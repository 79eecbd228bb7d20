"""Topics or providers in the order of their titles, with what each has; no I/O."""

from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from heapq import nlargest

from feeds.catalog.totals import Count

Title = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Roll:
    """Topics or providers by title: slug or domain, title, entries, last change or 0.

    Some bytes for each, since it is held for as long as the process lives; the
    texts are those that the catalog's names hold.
    """

    addresses: list[str] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    entries: "array[int]" = field(default_factory=lambda: array("q"))
    modified: "array[int]" = field(default_factory=lambda: array("q"))

    @classmethod
    def of(cls, counts: Mapping[str, Count], title: Title) -> "Roll":
        """A roll of what is counted."""
        titles = {address: title(address) for address in counts}
        addresses = sorted(counts, key=lambda address: (titles[address].casefold(), address))
        return cls(
            addresses,
            [titles[one] for one in addresses],
            array("q", (counts[one].entries for one in addresses)),
            array("q", (counts[one].modified for one in addresses)),
        )

    def changed(self, counts: Mapping[str, Count | None], title: Title) -> "Roll":
        """The same with some counted anew, under the title they have now; or taken out: None."""
        made = Roll(self.addresses[:], self.titles[:], self.entries[:], self.modified[:])
        titles = {address: title(address) for address in counts}
        missed = {one for one in counts if not made._place(one, titles[one])[1]}
        for address in missed.intersection(self.addresses) if missed else ():
            made._remove(made.addresses.index(address))  # it had another title
        for address, count in counts.items():
            at, there = made._place(address, titles[address])
            if there:
                made._remove(at)
            if count is not None:
                made._insert(at, address, titles[address], count)
        return made

    def misnamed(self, title: Title) -> set[str]:
        """Those that have another title now."""
        named = zip(self.addresses, self.titles, strict=True)
        return {address for address, before in named if title(address) != before}

    def _place(self, address: str, title: str) -> tuple[int, bool]:
        """Where one stands, or would stand; and whether it does."""

        def key(at: int) -> tuple[str, str]:
            return self.titles[at].casefold(), self.addresses[at]

        at = bisect_left(range(len(self)), (title.casefold(), address), key=key)
        return at, at < len(self) and self.addresses[at] == address

    def _insert(self, at: int, address: str, title: str, count: Count) -> None:
        self.addresses.insert(at, address)
        self.titles.insert(at, title)
        self.entries.insert(at, count.entries)
        self.modified.insert(at, count.modified)

    def _remove(self, at: int) -> None:
        del self.addresses[at], self.titles[at], self.entries[at], self.modified[at]

    def __len__(self) -> int:
        return len(self.addresses)

    def count(self, at: int) -> Count:
        """What one has."""
        return Count(self.entries[at], self.modified[at])

    def largest(self, most: int, among: Iterable[int] | None = None) -> list[int]:
        """Those with the most entries; where equal, in their order."""
        found = range(len(self)) if among is None else among
        return nlargest(most, found, key=self.entries.__getitem__)
