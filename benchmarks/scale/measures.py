"""Every figure, measured at all sizes by turns, so that a slow minute meets them all."""

import gc
import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Final

import orjson

from benchmarks.scale import asking, starting
from benchmarks.scale.memory import proportional, resident
from benchmarks.scale.place import Place
from benchmarks.scale.report import Report, median, megabytes, milliseconds, seconds, times
from benchmarks.scale.saving import Saving
from benchmarks.scale.served import Served, serving
from feeds.catalog.database import FILE
from feeds.cli.options import DEFAULT_CACHE_SIZE
from feeds.util.process_tuning import collect_seldom

_WORKER: Final = 150_000_000
_INGEST: Final = 400_000_000
_REQUESTS: Final = 200  # for documents at hand, in a round
_DIFFERENT: Final = 2000  # documents, more than fit into the cache
_SMALL_CACHE: Final = 32
_LISTS: Final = ("/", "/feeds.json", "/feeds.opml")


def made(report: Report, places: Sequence[Place]) -> None:
    """What the first scan took."""
    report.add("first scan", [place.ingest_seconds for place in places], seconds)
    report.add(
        "ingest at its first scan, all processes (PSS)",
        [place.ingest_memory for place in places],
        megabytes,
        limit=_INGEST,
    )


def catalog(report: Report, places: Sequence[Place]) -> None:
    """The catalog against the text that is published from it."""
    report.add(
        "catalog / published text",
        [(place.data / FILE).stat().st_size / _published(place) for place in places],
        times,
        limit=3.0,
    )


def _published(place: Place) -> int:
    """Bytes of all text of public entries: values alone, without their names and quotes."""
    connection = sqlite3.connect(f"file:{place.data / FILE}?mode=ro", uri=True)
    rows = connection.execute(
        "SELECT payload FROM entries JOIN mentions m ON m.id = winner WHERE tier >= 2"
    )
    total = sum(_text(orjson.loads(payload)) for (payload,) in rows)
    connection.close()
    return total


def _text(value: Any) -> int:
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, dict):
        return sum(map(_text, value.values()))
    return sum(map(_text, value)) if isinstance(value, list) else 0


def rescan(report: Report, places: Sequence[Place], rounds: int) -> None:
    """A scan of an unchanged folder against listing it and looking at every file."""
    collect_seldom()  # as ingest does
    again: list[list[float]] = [[] for _ in places]
    first: list[list[float]] = [[] for _ in places]
    bare: list[list[float]] = [[] for _ in places]
    for _ in range(rounds):
        for number, place in enumerate(places):
            bare[number].append(starting.bare(place))
            opened, scanned = starting.rescan(place)
            first[number].append(opened)
            again[number].append(scanned)
    walked = [median(one) for one in bare]
    report.add("bare walk with stat", walked, milliseconds)
    report.add(
        "rescan of an unchanged folder / bare walk",
        [median(one) / walk for one, walk in zip(again, walked, strict=True)],
        times,
        limit=3.0,
    )
    report.add(
        "the same, opening the catalog first / bare walk",
        [median(one) / walk for one, walk in zip(first, walked, strict=True)],
        times,
    )
    report.add(
        "`feeds ingest`, nothing changed", [starting.whole_command(one) for one in places], seconds
    )


def uncached(report: Report, places: Sequence[Place], rounds: int) -> None:
    """A feed made from the catalog: selection, render, quick compression."""
    makers = [asking.Uncached(place) for place in places]
    for kind in makers[0].paths:
        took: list[list[float]] = [[] for _ in places]
        for maker in makers:
            maker.make(kind)
        for _ in range(rounds):
            for number, maker in enumerate(makers):
                gc.collect()
                took[number].append(maker.make(kind))
        report.add(f"uncached: {kind}", [median(one) for one in took], milliseconds, ratio=1.2)
    for maker in makers:
        maker.close()


def restart(report: Report, places: Sequence[Place], rounds: int) -> None:
    """From the start of `feeds serve` to the first feed."""
    took: list[list[float]] = [[] for _ in places]
    for _ in range(rounds):
        for number, place in enumerate(places):
            took[number].append(starting.restart(place))
    report.add("restart → first feed", [median(one) for one in took], seconds, ratio=1.5)


def saved(report: Report, services: Sequence[Served], rounds: int) -> None:
    """From an article saved to its new bytes served."""
    savings = [Saving(served) for served in services]
    for _ in range(rounds):
        for saving in savings:
            saving.trial()
    report.add(
        "article saved → served",
        [median(saving.seconds) for saving in savings],
        milliseconds,
        ratio=1.3,
        limit=0.25,
    )
    for _ in range(rounds):
        for saving in savings:
            saving.appearance()
    report.add(
        "an article's date → served, all within",
        [max(saving.late) for saving in savings],
        milliseconds,
        limit=1.0,
    )
    for name, share in (("nine of ten within", 0.9), ("all within", 1.0)):
        report.add(
            f"article saved → served, {name}",
            [_within(saving.seconds, share) for saving in savings],
            milliseconds,
        )
    for saving in savings:
        saving.tidy()


def _within(values: Sequence[float], share: float) -> float:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def cached(report: Report, services: Sequence[Served], rounds: int) -> None:
    """A feed that is at hand, over HTTP."""
    targets = [asking.targets(served.place) for served in services]
    took: list[list[float]] = [[] for _ in services]
    for _ in range(rounds):
        for number, served in enumerate(services):
            asking.cached(served, targets[number], len(targets[number]))
            took[number] += asking.cached(served, targets[number], _REQUESTS)
    report.add("cached feed", [median(one) for one in took], milliseconds, ratio=1.2)


def lists(report: Report, services: Sequence[Served]) -> None:
    """Lists of all feeds, made anew: as long as there are feeds."""
    for target in _LISTS:
        took = []
        for served in services:
            started = time.perf_counter()
            status, _ = served.get(target)
            took.append(time.perf_counter() - started)
            assert status == 200, target
        report.add(f"uncached list {target}", took, milliseconds)


def memory(report: Report, services: Sequence[Served]) -> None:
    """Of a worker whose cache is full, and of an ingest that watches."""
    workers = [_filled(served) for served in services]
    name = f"a serving worker, its {DEFAULT_CACHE_SIZE} MiB of cache full, after all lists"
    report.add(f"{name} (PSS)", list(map(proportional, workers)), megabytes, limit=_WORKER)
    report.add("… with all of its libraries (RSS)", list(map(resident, workers)), megabytes)
    report.add(
        "ingest, watching (PSS)",
        [proportional(served.process_of(" ingest ")) for served in services],
        megabytes,
        limit=_INGEST,
    )


def memory_of_a_small_cache(report: Report, places: Sequence[Place]) -> None:
    """Of a worker that is told to keep less."""
    sizes, resident_sizes = [], []
    for place in places:
        with serving(place, f"--cache-size={_SMALL_CACHE}") as served:
            worker = _filled(served)
            sizes.append(proportional(worker))
            resident_sizes.append(resident(worker))
    name = f"a serving worker, its cache of {_SMALL_CACHE} MiB full, likewise"
    report.add(f"{name} (PSS)", sizes, megabytes, limit=_WORKER)
    report.add("… with all of its libraries (RSS)", resident_sizes, megabytes)


def _filled(served: Served) -> int:
    """The process id of a worker that was asked for more than it can keep, and for all lists.

    Each twice: the second answer is put together for the fast path, and kept so.
    """
    for target in (*asking.different(served.place, _DIFFERENT), *_LISTS):
        for _ in range(2):
            served.get(target)
    return served.process_of(" serve ")
