"""Pages beside their feeds: `python -m benchmarks.pages`.

Sizes of pages, and requests a second of a cached page against those of its
feed, one core serving and the other asking.
"""

import argparse
from collections.abc import Sequence
from statistics import median
from typing import Final

from benchmarks.articles import World
from benchmarks.delivery import wrk
from benchmarks.delivery.asking import get
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
LEAST_SHARE: Final = 0.8  # of the feed's requests a second


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.pages", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement")
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


if __name__ == "__main__":
    main()
