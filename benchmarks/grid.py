"""What words cost: rare and common ones, wanted and unwanted, in rare and common places.

Work is to be bounded by what is rarest, whatever it is: the worst of all cells
tells. Each is a selection of its own, fifty entries from the catalog, without
rendering; the better of two runs counts.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from feeds.catalog import counters
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.catalog.reader import Reader, StoredEntry
from feeds.model import Order
from feeds.util import tokenizer

_ENTRIES: Final = 50
_RUNS: Final = 2
_MANY: Final = 25
_ORDERS: Final[tuple[Order, ...]] = ("published", "quality", "heat")


class Cell(NamedTuple):
    """One selection, and what it took."""

    place: str
    word: str
    wanted: bool
    order: Order
    found: int
    seconds: float


def spread(sizes: dict[int, int]) -> list[tuple[str, int]]:
    """Of what has so many entries: the largest, one between and the smallest, by id."""
    ids = sorted(sizes, key=lambda one: (-sizes[one], one))
    some = {"largest": ids[0], "middling": ids[len(ids) // 20], "smallest": ids[-1]}
    return [(f"{name} ({sizes[id]})", id) for name, id in some.items()]


def vocabulary(stored: Sequence[StoredEntry]) -> list[tuple[str, str]]:
    """A common word, some less so, a rare one, one that nobody uses, and many common ones."""
    used: Counter[str] = Counter()
    for one in stored:
        said = f"{one.entry.title}\n{one.entry.summary}\n{one.entry.content}"
        used.update(set(tokenizer.fold(said).split()))
    ordered = [word for word, _ in used.most_common()]

    def in_one_of(share: int) -> str:
        return next(word for word in ordered if used[word] * share <= len(stored))

    some = {
        "in nearly all": ordered[0],
        "in 1 of 3": in_one_of(3),
        "in 1 of 50": in_one_of(50),
        "in 1 of 2000": in_one_of(2000),
        "nobody's": "zqzqzq",
    }
    named = [(f"word {name}: {word}", word) for name, word in some.items()]
    return [*named, (f"of the {_MANY} commonest words", " ".join(ordered[:_MANY]))]


def cells(
    reader: Reader,
    connection: Connection,
    tiers: Sequence[int],
    stored: Sequence[StoredEntry],
    seconds: float,
) -> Iterator[Cell]:
    """Every cell, until the time is over."""
    _, topics, providers = counters.counts(connection, tiers)
    places = [("all", EntryFilter())]
    for name, id in spread({id: one.entries for id, one in topics.items()}):
        places.append((f"{name} topic", EntryFilter(topics=((id,),))))
    for name, id in spread({id: one.entries for id, one in providers.items()}):
        places.append((f"{name} provider", EntryFilter(providers=(id,))))
    until = time.perf_counter() + seconds
    for order in _ORDERS:
        for place, within in places:
            for named, word in vocabulary(stored):
                for wanted in (True, False):
                    if time.perf_counter() > until:
                        return
                    said = tokenizer.phrases(word)
                    one = (
                        within._replace(phrases=tuple((phrase,) for phrase in said))
                        if wanted
                        else within._replace(not_phrases=said)
                    )
                    took, found = [], 0
                    for _ in range(_RUNS):
                        started = time.perf_counter()
                        found = len(
                            reader.find(connection, EntryQuery(tiers, _ENTRIES, [one], order))
                        )
                        took.append(time.perf_counter() - started)
                    yield Cell(place, named, wanted, order, found, min(took))


def show(found: Sequence[Cell], most: int) -> None:
    """The dearest cells, and the worst of each order."""
    for one in sorted(found, key=lambda one: -one.seconds)[:most]:
        asked = "with all" if one.wanted else "without any"
        print(
            f"  {1000 * one.seconds:8.1f} ms {one.found:>3} entries by {one.order:<9} "
            f"{one.place}, {asked} {one.word}"
        )
    for order in _ORDERS:
        took = sorted(one.seconds for one in found if one.order == order)
        if took:
            middle = took[len(took) // 2]
            print(
                f"  by {order}: {len(took)} selections, median {1000 * middle:.1f} ms, "
                f"worst {1000 * took[-1]:.1f} ms"
            )
