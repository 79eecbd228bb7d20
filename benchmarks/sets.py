"""Feed sets at size: `python -m benchmarks.sets --articles 77000`.

Three figures. A composed selection that is not in the cache (two topics, one
provider, one excluded keyword, fifty entries) against the plain feed of one of
its topics, both from the catalog to bytes. How long a thousand configured sets
take to load and to check. How many documents are made anew after a change of
one set of a thousand whose documents are all in the cache: it must be one.
Before them, how long selections take: see `benchmarks.grid`.
"""

import argparse
import json
import statistics
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any, Final, NamedTuple

from starlette.testclient import TestClient

from benchmarks import grid, measure
from benchmarks.generate import articles, write
from feeds.catalog import counters
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.query import EntryQuery
from feeds.catalog.reader import Reader, tiers
from feeds.catalog.writer import Writer
from feeds.config import Config, inspect
from feeds.config.reloader import ConfigReloader
from feeds.feed_path import FeedPath
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import scan
from feeds.model import FeedSet, Format, Rules, Site
from feeds.selection.lint import SetLinter
from feeds.selection.loader import load
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.app import create_app
from feeds.server.documents import ContentLimit
from feeds.server.routes.feed import document
from feeds.server.state import Service
from feeds.util.tokenizer import phrase

LIMIT: Final = 3.0  # composed against plain
SECONDS: Final = 2.0  # to load and check a thousand sets
_SETS: Final = 1000
_CALLS: Final = 5
_SLOWEST: Final = 12  # selections that are shown
_FIRST_SET: Final = FeedPath("sets", ("set-0",))
_SAMPLE: Final = 20_000  # entries that selections are drawn from
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)
_WORDS: Final = ("police", "market", "court", "the", "minister")


class Composed(NamedTuple):
    """A selection, and the topic whose plain feed it is compared with."""

    name: str
    topics: tuple[str, ...]
    provider: str
    word: str

    def feed_set(self, name: str) -> FeedSet:
        """The selection as a publisher would configure it."""
        include = Rules(topics=self.topics, providers=(self.provider,))
        return FeedSet(name, self.name, include=include, exclude=_without(self.word))


def _without(word: str) -> Rules:
    return Rules(keywords=(phrase(word),))


def draw(view: SiteView, count: int) -> list[Composed]:
    """Selections of what the catalog has: the largest, mixed ones, and some by chance."""
    with view.reader.connect() as connection:
        shown = tiers("exclude", related=True)
        stored = view.reader.select(connection, EntryQuery(shown, _SAMPLE))
    counted = Counter(id for one in stored for id in one.topics)
    topics = [view.names.topics[id].address for id, _ in counted.most_common()]
    domains = Counter(one.entry.provider.domain for one in stored)
    providers = [domain for domain, _ in domains.most_common()]
    few, many = tuple(topics[-2:]), tuple(topics[:2])
    found = [
        Composed("two large topics, a large provider", many, providers[0], "the"),
        Composed("two large topics, a small provider", many, providers[-1], "the"),
        Composed("two small topics, a large provider", few, providers[0], "the"),
        Composed("two large topics, a word that is rare", many, providers[1], "zebra"),
    ]
    dice = Random(1)
    for number in range(count):
        one = dice.choice(stored)
        own = [view.names.topics[id].address for id in one.topics] or topics
        two = (dice.choice(own), dice.choice(topics))
        word = dice.choice(_WORDS)
        found.append(Composed(f"by chance, {number + 1}", two, one.entry.provider.domain, word))
    return found


def rendered(view: SiteView, path: str) -> Callable[[], bytes]:
    """What makes a feed, from the catalog to bytes, as a serving process does."""

    def work() -> bytes:
        with view.reader.connect() as connection:
            now = replace(view, connection=connection)
            return document(
                now, resolve(now, FeedPath.parse(path)), Format.RSS, _NOW, ContentLimit()
            ).body

    return work


def _with_sets(view: SiteView, drawn: Sequence[Composed]) -> SiteView:
    sets = {f"set-{number}": one.feed_set(f"set-{number}") for number, one in enumerate(drawn)}
    return replace(view, config=replace(view.config, sets=sets))


def compare(view: SiteView, drawn: Sequence[Composed], runs: int) -> None:
    """Every composed selection against a plain feed, in turn."""
    sets = {f"set-{number}": one for number, one in enumerate(drawn)}
    view = _with_sets(view, drawn)
    ratios = []
    for name, one in sets.items():
        ours, plain = (
            rendered(view, f"/sets/{name}"),
            rendered(view, f"/topics/{one.topics[0]}"),
        )
        took = measure.alternate(
            lambda work=ours: measure.called(work, _CALLS),  # type: ignore[misc]
            lambda work=plain: measure.called(work, _CALLS),  # type: ignore[misc]
            runs,
        )
        composed, simple = (statistics.median(x.wall for x in each) for each in took)
        ratios.append(composed / simple)
        entries = ours().count(b"<item>")
        print(
            f"  {one.name:<40} {entries:>3} entries {1000 * composed:7.2f} ms, "
            f"plain {1000 * simple:6.2f} ms, ratio {ratios[-1]:.2f}"
        )
    worst, usual = max(ratios), statistics.median(ratios)
    verdict = "within" if worst <= LIMIT else "ABOVE"
    print(f"  median ratio {usual:.2f}, worst {worst:.2f}: {verdict} the limit of {LIMIT}")


def written_sets(drawn: Sequence[Composed]) -> dict[str, Any]:
    """A thousand sets, as `sets.yaml` has them."""
    return {
        f"set-{number}": {
            "title": f"Set {number}",
            "include": {
                "topics": list(one.topics),
                "providers": [one.provider],
                "keywords": [f"word{number}", "police"],
                "min_quality": number % 90,
            },
            "exclude": {"keywords": [one.word]},
        }
        for number, one in zip(range(_SETS), list(drawn) * (_SETS // len(drawn) + 1), strict=False)
    }


def configured(folder: Path, sets: dict[str, Any], seeds: Path) -> None:
    """Load a thousand sets, and hold them against articles."""
    (folder / "sets.yaml").write_text(json.dumps(sets, indent=1))
    started = time.perf_counter()
    loaded = inspect(folder)
    took = time.perf_counter() - started
    set_linter = SetLinter(loaded, _NOW)
    files = [parse_file(str(seeds), found) for found in islice(scan(seeds), 64)]
    mentions = [mention for file in files if file for mention in file.mentions or ()]
    started = time.perf_counter()
    for mention in mentions:
        set_linter.add(mention)
    doubts = sum(1 for _ in set_linter.warnings())
    checked = time.perf_counter() - started
    verdict = "within" if took + checked <= SECONDS else "ABOVE"
    print(
        f"  {_SETS} sets: loaded in {took:.2f} s, checked against {len(mentions)} entries in "
        f"{checked:.2f} s with {doubts} doubts; {verdict} the limit of {SECONDS} s"
    )


def changed(folder: Path, data: Path, sets: dict[str, Any]) -> None:
    """Change one of a thousand sets and count what is made anew."""
    service = Service(ConfigReloader(folder, "https://feeds.example"), data, 1024 * 1024 * 1024)
    with TestClient(create_app(service), base_url="https://feeds.example") as client:
        for name in sets:
            assert client.get(f"/sets/{name}.rss").status_code == 200
        before = service.cache.counters.renders
        sets["set-7"]["title"] = "Another title"
        (folder / "sets.yaml").write_text(json.dumps(sets, indent=1))
        started = time.perf_counter()
        while "Another title" not in client.get("/sets/set-7.rss").text:
            assert time.perf_counter() - started < 10, "the change was never served"
        took = time.perf_counter() - started
        for name in sets:
            assert client.get(f"/sets/{name}.rss").status_code == 200
        count = service.cache.counters.renders - before
    verdict = "right" if count == 1 else "WRONG"
    print(
        f"  one of {_SETS} sets changed: {count} made anew ({verdict}), served {took:.2f} s later"
    )


def time_selections(view: SiteView, drawn: Sequence[Composed], seconds: float) -> None:
    """Print what the grid of selections takes, and what the composed ones take."""
    shown = tiers("exclude", related=True)
    with view.reader.connect() as connection:
        entries = view.reader.select(connection, EntryQuery(shown, _SAMPLE))
        cells = grid.cells(view.reader, connection, shown, entries, seconds)
        print("The grid of words and feeds:")
        grid.show(list(cells), _SLOWEST)
        print(f"{len(drawn)} composed selections:")
        found = []
        for one in drawn:
            configured = _with_sets(replace(view, connection=connection), [one])

            def select(view: SiteView = configured, path: FeedPath = _FIRST_SET) -> int:
                return len(load(view, resolve(view, path), _NOW).entries)

            found.append(grid.timed(one.name, "published", select))
        grid.show(found, _SLOWEST)


def fill(seeds: Path, data: Path, count: int, seed: int) -> None:
    """A folder of articles, and the catalog of it."""
    write(seeds, articles(count, seed))
    with (
        open_to_write(data) as engine,
        closing(Pipeline(seeds, Writer(engine), lambda problem: None, processes=2)) as work,
    ):
        work.scan({})


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.sets", description=__doc__)
    parser.add_argument("--articles", type=int, default=8000, help="13 entries each")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--drawn", type=int, default=16)
    parser.add_argument("--grid", type=float, default=300, help="seconds for the grid")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--place", type=Path, help="a folder with seeds and data, already made")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        place = wanted.place or Path(name)
        seeds, data, config = place / "seeds", place / "data", Path(name) / "config"
        config.mkdir()
        if wanted.place is None:
            fill(seeds, data, wanted.articles, wanted.seed)
        reader = Reader(open_to_read(data), grid.TIME_LIMIT)
        with reader.connect() as connection:
            names = reader.names(connection)
            counted, _, _ = counters.counts(connection, tiers("include", related=True))
        site = Config(Site("News", "https://feeds.example"))
        view = SiteView(site, reader, connection, names)
        print(
            f"{counted.entries} entries, {len(names.topics)} topics, "
            f"{len(names.providers)} providers"
        )
        drawn = draw(view, wanted.drawn)
        time_selections(view, drawn, wanted.grid)
        compare(view, drawn, wanted.runs)
        sets = written_sets(drawn)
        configured(config, sets, seeds)
        changed(config, data, sets)


if __name__ == "__main__":
    main()
