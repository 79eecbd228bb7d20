"""Time selections of fifty entries, with common and rare words in large and small feeds.

A cell is one selection: everything, or a large, middling or small topic or provider; with
or without words that are in nearly all entries, in fewer, or in none; by date, quality or
heat. Nothing is rendered. Of two runs the faster counts. A selection that exceeds the time
limit is run once, and the time until it was interrupted counts.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

from sqlalchemy import Connection

from feeds.catalog import counters
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.catalog.reader import Reader, StoredEntry
from feeds.errors import SelectionTooSlow
from feeds.model import Order
from feeds.util import tokenizer

TIME_LIMIT: Final = 1.0  # seconds, the default of `feeds serve`
_OVERRUN: Final = 1.2  # times the limit, until a selection must be interrupted
_ENTRIES: Final = 50
_RUNS: Final = 2
_MANY: Final = 25
_ORDERS: Final[tuple[Order, ...]] = ("published", "quality", "heat")


class Timed(NamedTuple):
    """A selection: what it is of, its order, how many entries were found, and seconds.

    `found` is None if it exceeded the time limit.
    """

    name: str
    order: Order
    found: int | None
    seconds: float


def timed(name: str, order: Order, select: Callable[[], int]) -> Timed:
    """Run a selection, which returns how many entries it has found."""
    seconds = []
    found = None
    for _ in range(_RUNS):
        started = time.perf_counter()
        try:
            found = select()
        except SelectionTooSlow:
            return Timed(name, order, None, time.perf_counter() - started)
        finally:
            seconds.append(time.perf_counter() - started)
    return Timed(name, order, found, min(seconds))


def spread(sizes: dict[int, int]) -> list[tuple[str, int]]:
    """Return the largest, one in between and the smallest, by id, with their sizes in words."""
    ids = sorted(sizes, key=lambda one: (-sizes[one], one))
    some = {"largest": ids[0], "middling": ids[len(ids) // 20], "smallest": ids[-1]}
    return [(f"{name} ({sizes[id]})", id) for name, id in some.items()]


def vocabulary(entries: Sequence[StoredEntry]) -> list[tuple[str, str]]:
    """Return a common word, some less common, a rare one, one in no entry, and many common."""
    counts: Counter[str] = Counter()
    for stored in entries:
        text = f"{stored.entry.title}\n{stored.entry.summary}\n{stored.entry.content}"
        counts.update(set(tokenizer.fold(text).split()))
    words = [word for word, _ in counts.most_common()]

    def in_one_of(share: int) -> str:
        return next(word for word in words if counts[word] * share <= len(entries))

    some = {
        "in nearly all": words[0],
        "in 1 of 3": in_one_of(3),
        "in 1 of 50": in_one_of(50),
        "in 1 of 2000": in_one_of(2000),
        "in none": "zqzqzq",
    }
    named = [(f"the word {name}: {word}", word) for name, word in some.items()]
    return [*named, (f"the {_MANY} commonest words", " ".join(words[:_MANY]))]


def cells(
    reader: Reader,
    connection: Connection,
    tiers: Sequence[int],
    entries: Sequence[StoredEntry],
    seconds: float,
) -> Iterator[Timed]:
    """Yield every cell, until the time is over."""
    _, topics, providers = counters.counts(connection, tiers)
    feeds = [("everything", EntryFilter())]
    for name, id in spread({id: count.entries for id, count in topics.items()}):
        feeds.append((f"{name} topic", EntryFilter(topics=((id,),))))
    for name, id in spread({id: count.entries for id, count in providers.items()}):
        feeds.append((f"{name} provider", EntryFilter(providers=(id,))))
    until = time.perf_counter() + seconds
    for order in _ORDERS:
        for feed, filter in feeds:
            for words, written in vocabulary(entries):
                phrases = tokenizer.phrases(written)
                each = tuple((phrase,) for phrase in phrases)
                for name, query in (
                    (f"{feed} with {words}", filter._replace(phrases=each)),
                    (f"{feed} without {words}", filter._replace(not_phrases=phrases)),
                ):
                    if time.perf_counter() > until:
                        return

                    def select(query: EntryFilter = query, order: Order = order) -> int:
                        asked = EntryQuery(tiers, _ENTRIES, [query], order)
                        return len(reader.find(connection, asked))

                    yield timed(name, order, select)


def show(selections: Sequence[Timed], most: int) -> None:
    """Print the slowest selections, and the figures of those by date and of those by score."""
    for one in sorted(selections, key=lambda one: -one.seconds)[:most]:
        found = "too slow" if one.found is None else f"{one.found} entries"
        print(f"  {1000 * one.seconds:8.1f} ms {found:>10} by {one.order:<9} {one.name}")
    for name, orders in (("date", _ORDERS[:1]), ("score", _ORDERS[1:])):
        _figures(name, [one for one in selections if one.order in orders])


def _figures(name: str, selections: Sequence[Timed]) -> None:
    seconds = sorted(one.seconds for one in selections if one.found is not None)
    if not seconds:
        return
    middle, high = seconds[len(seconds) // 2], seconds[int(0.95 * (len(seconds) - 1))]
    print(
        f"  by {name}: {len(selections)} selections, median {1000 * middle:.1f} ms, "
        f"95 % within {1000 * high:.1f} ms, slowest {1000 * seconds[-1]:.1f} ms"
    )
    slow = sorted(one.seconds for one in selections if one.found is None)
    if slow:
        verdict = "within" if slow[-1] <= _OVERRUN * TIME_LIMIT else "ABOVE"
        print(
            f"  by {name}: {len(slow)} of them exceed the limit of {TIME_LIMIT:g} s and are "
            f"interrupted after {slow[-1]:.2f} s at most: {verdict} {_OVERRUN} times the limit"
        )
