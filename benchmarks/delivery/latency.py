"""How long an answer takes while ingest rebuilds everything, against a quiet catalog.

The serving process has a core of its own. Load and ingest share the other;
ingest is the one that waits, so that what is seen is the server and not how the
two of them share a core. The load is a fixed one: thousands of
requests a second over 32 connections, for the most popular feeds in turn.
"""

import multiprocessing
import os
import subprocess
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.articles import Article
from benchmarks.delivery import wrk
from benchmarks.delivery.asking import get
from benchmarks.delivery.ours import FEEDS, Server, Site
from benchmarks.delivery.processes import LOAD_CORE, give_way, pin, program
from benchmarks.delivery.table import against, table
from benchmarks.generate import articles, write

GZIP: Final = ("Accept-Encoding", "gzip")
MOST_TARGETS: Final = 32
LIMIT: Final = 3.0  # from the issue "Deliver feeds as fast as nginx"


def run(place: Path, wanted: Namespace) -> None:
    """Measure and print."""
    program("wrk")
    site = Site(place)
    made = list(articles(wanted.articles, seed=1))
    site.fill(made)
    seen: dict[str, list[wrk.Load]] = {"idle": [], "busy": []}
    rebuilds, renders = 0, 0
    with site.served("--no-watch") as server:
        targets = popular(server)
        tags(server, targets)  # rendered one after the other
        wrk.paced(server.port, targets, [GZIP], wanted.latency_seconds)  # to warm up
        for _ in range(wanted.rounds):
            seen["idle"].append(wrk.paced(server.port, targets, [GZIP], wanted.latency_seconds))
            before = tags(server, targets)
            with rebuilding(site, made) as done:
                load = wrk.paced(server.port, targets, [GZIP], wanted.latency_seconds)
                seen["busy"].append(load)
            rebuilds += done()
            renders += sum(a != b for a, b in zip(before, tags(server, targets), strict=True))
    assert renders, "no feed has changed"
    print(
        f"{len(targets)} feeds asked for; {rebuilds} times all articles were changed and ingested"
    )
    print(report(seen))


def popular(server: Server) -> list[str]:
    """The largest feeds, in the three formats."""
    paths = [f"{path}.{format}" for path in server.feeds()[:MOST_TARGETS] for format in FORMATS]
    return paths[:MOST_TARGETS]


FORMATS: Final = ("rss", "atom", "json")


def tags(server: Server, targets: Sequence[str]) -> list[str]:
    """What the feeds are now."""
    return [get(server.port, target, GZIP).etag.partition("-")[0] for target in targets]


@contextmanager
def rebuilding(site: Site, made: Sequence[Article]) -> Iterator[Callable[[], int]]:
    """Change every article and ingest them all, again and again; gives how often so far."""
    context = multiprocessing.get_context("fork")
    ending, done = context.Event(), context.Value("i", 0)

    def aside() -> None:
        os.setsid()
        pin(LOAD_CORE)  # this process, and what it starts
        give_way()
        for number in count(os.getpid()):
            if ending.is_set():
                return
            write(site.seeds, (retold(one, number) for one in made))
            with site.log.open("ab") as log:
                subprocess.run(
                    [*FEEDS, "ingest", *site.folders(), "--processes", "1"],
                    check=True,
                    stdout=log,
                    stderr=log,
                    timeout=600,
                )
            done.value += 1

    process = context.Process(target=aside)
    process.start()
    try:
        yield lambda: done.value
    finally:
        ending.set()
        process.join()
    if process.exitcode:
        raise RuntimeError(f"ingest failed: see {site.log}")


def retold(one: Article, number: int) -> Article:
    """An article that every reader sees has changed."""
    return replace(one, story=replace(one.story, title=f"{one.story.title} ({number})"))


def report(seen: dict[str, list[wrk.Load]]) -> str:
    """Medians of the rounds, and the ratio."""
    idle, busy = (median(load.p99 for load in seen[name]) for name in ("idle", "busy"))
    rows = []
    for name, loads in seen.items():
        limit = against(busy / idle, LIMIT, at_most=True) if name == "busy" else ""
        rows.append(
            [
                name,
                f"{median(load.rate for load in loads):,.0f}",
                *(f"{median(getattr(load, p) for load in loads):,.2f}" for p in ("p50", "p99")),
                f"{max(load.p99 for load in loads):,.2f}",
                f"{median(load.p99 for load in loads) / idle:.2f}",
                limit,
            ]
        )
    head = ["catalog", "requests/s", "p50, ms", "p99, ms", "worst p99", "p99 / idle", "limit"]
    return table(head, rows)
