"""Pages beside their feeds: `python -m benchmarks.pages`.

Sizes of pages; requests a second of a cached page against those of its feed,
one core serving and the other asking; and the first byte of lists after a
change of the catalog, against that of a feed.
"""

import argparse
import json
import random
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from statistics import median
from typing import Final

from benchmarks.articles import World
from benchmarks.delivery import wrk
from benchmarks.delivery.asking import Connection, get, request
from benchmarks.delivery.ours import Site
from benchmarks.delivery.processes import Missing, program, surroundings, until, workplace
from benchmarks.delivery.table import against, table
from benchmarks.generate import articles

GZIP: Final = ("Accept-Encoding", "gzip")
CODINGS: Final = ("identity", "gzip", "br", "zstd")
# From the issue "Pages for people".
PROVIDERS: Final = 20_000
TOPICS: Final = 5_000
MOST_FRONT: Final = 50_000  # bytes, compressed
LEAST_SHARE: Final = 0.9  # of the feed's requests a second
MOST_LATER: Final = 2.0  # first byte against that of a feed, neither at hand

_LISTS: Final = ("/all.rss", "/", "/topics", "/providers", "/compose")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
    parser.add_argument("--changes", type=int, default=25, help="of the catalog, for first bytes")
    # So many that nearly every topic and every provider has some.
    parser.add_argument("--articles", type=int, default=60_000)
    wanted = parser.parse_args(arguments)
    print(surroundings())
    try:
        program("wrk")
    except Missing as missing:
        raise SystemExit(f"nothing can be measured: {missing}") from None
    with workplace() as place:
        site = Site(place)
        site.fill(articles(wanted.articles, seed=1, world=World(PROVIDERS, TOPICS)))
        with site.served("--no-watch") as server:
            feeds = server.feeds()
            topic = next(path for path in feeds if path.startswith("/topics/"))
            print(f"\n{len(feeds):,} feeds with entries\n")
            print(sizes(server.port, ["/", "/topics", "/providers", topic, f"{topic}.rss"]))
            print()
            print(rates(server.port, topic, wanted.rounds, wanted.seconds))
        with site.served() as server:
            print()
            print(first_bytes(site, server.port, wanted.changes))


def sizes(port: int, targets: Sequence[str]) -> str:
    """Bytes of documents in every coding, compressed as well as they will be."""
    rows = []
    for target in targets:
        for coding in CODINGS[1:]:
            settle(port, target, coding)
        bytes = [len(get(port, target, ("Accept-Encoding", one)).body) for one in CODINGS]
        limit = against(max(bytes[1:]), MOST_FRONT, at_most=True) if target == "/" else ""
        rows.append([target, *(f"{size:,}" for size in bytes), limit])
    return table(["bytes of a body", *CODINGS, "limit"], rows)


def settle(port: int, target: str, coding: str) -> None:
    """Ask until a document is compressed as well as it will be."""
    header = "Accept-Encoding", coding
    wrk.load(port, target, [header], 1)
    until(lambda: "quick" not in get(port, target, header).etag, "the best compression")


def rates(port: int, topic: str, rounds: int, seconds: int) -> str:
    """Requests a second, in turns."""
    targets = (f"{topic}.rss", topic, "/")
    seen: dict[tuple[str, int], list[float]] = {}
    tags = {target: get(port, target, GZIP).etag for target in targets}
    for _ in range(rounds):
        for status in (200, 304):
            for target in targets:
                headers = [GZIP] if status == 200 else [GZIP, ("If-None-Match", tags[target])]
                rate = wrk.load(port, target, headers, seconds).rate
                seen.setdefault((target, status), []).append(rate)
    rows = []
    for (target, status), found in seen.items():
        share = median(found) / median(seen[targets[0], status])
        limit = "" if target == targets[0] else against(share, LEAST_SHARE)
        rows.append([f"{target}, {status}", f"{median(found):,.0f}", f"{share:.2f}", limit])
    return table(["requests/s", "median", "page / feed", "limit"], rows)


def first_bytes(site: Site, port: int, changes: int) -> str:
    """How long the first byte takes of what a change of the catalog has touched, in turns."""
    seen: dict[str, list[float]] = {target: [] for target in _LISTS}
    chance, connection = random.Random(1), Connection(port)
    for change in range(changes + 1):
        title = f"Change {change} of the catalog"
        save(site, title)
        until(lambda title=title: title.encode() in get(port, "/all.json").decoded(), title)  # type: ignore[misc]
        for target in chance.sample(_LISTS, len(_LISTS)):
            started = time.perf_counter()
            connection.send(request(target, GZIP))
            connection.wait()
            took = time.perf_counter() - started
            assert connection.receive().status == 200, target
            if change:  # the first of each has more to do: it is not what a reader meets
                seen[target].append(took)
    connection.close()
    rows = []
    for target, found in seen.items():
        ratio = median(found) / median(seen[_LISTS[0]])
        limit = "" if target == _LISTS[0] else against(ratio, MOST_LATER, at_most=True)
        rows.append([target, f"{median(found) * 1000:.1f} ms", f"{ratio:.2f}", limit])
    return table(["first byte after a change", "median", "list / feed", "limit"], rows)


def save(site: Site, title: str) -> None:
    """An article, changed as editors do it: written beside, and renamed."""
    fields = {
        "url": "https://changing.example/news",
        "title": title,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "topics": ["Change", "AI"],
    }
    beside = site.seeds / ".changing.json"
    beside.write_text(json.dumps(fields))
    beside.rename(site.seeds / "changing.json")


if __name__ == "__main__":
    main()
