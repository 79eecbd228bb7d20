"""Requests a second, ours beside others: `python -m benchmarks.delivery throughput`.

One core serves and the other asks. All servers are up at once, but stopped
(SIGSTOP) while another is measured, so that none costs another anything.
"""

import os
import signal
from argparse import Namespace
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from operator import truediv
from pathlib import Path
from statistics import median
from typing import Final

from benchmarks.delivery import contenders, wrk
from benchmarks.delivery.asking import Reply, get
from benchmarks.delivery.contenders import Contender
from benchmarks.delivery.document import Served
from benchmarks.delivery.ours import Site
from benchmarks.delivery.processes import (
    Missing,
    cpu_seconds,
    program,
    until,
)
from benchmarks.delivery.table import against, table
from benchmarks.generate import articles

TARGET: Final = "/all.rss"
GZIP: Final = ("Accept-Encoding", "gzip")
OURS: Final = "feeds serve"
LOGGED: Final = "feeds serve, access log on"
NGINX: Final = "nginx, gzip_static"
# From the issue "Deliver feeds as fast as nginx".
LIMITS: Final = {
    ("200", NGINX): 1.0,
    ("200", "Starlette endpoint"): 6.0,
    ("200", "Go net/http"): 1.3,
    ("304", NGINX): 0.9,
}
MOST_304: Final = 450  # bytes


@dataclass(frozen=True, slots=True)
class Case:
    """One kind of load."""

    name: str
    status: int
    script: Path
    only: tuple[str, ...] = ()  # servers; none means all

    def headers(self, tag: str) -> list[tuple[str, str]]:
        """What every request says."""
        return [GZIP] if self.status == 200 else [GZIP, ("If-None-Match", tag)]


CASES: Final = (
    Case("200", 200, wrk.SAME),
    Case("304", 304, wrk.SAME),
    Case("200, each spelled differently", 200, wrk.VARIED, (OURS, NGINX)),
    Case("304, each spelled differently", 304, wrk.VARIED, (OURS, NGINX)),
)


@dataclass(slots=True)
class Seen:
    """What one server did with one case, round by round."""

    rates: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)  # share of the core it had


def run(place: Path, wanted: Namespace) -> None:
    """Measure and print."""
    program("wrk")
    site = Site(place)
    site.fill(articles(wanted.articles, seed=1))
    with ExitStack() as stack:
        servers = []
        for name, *options in ((OURS,), (LOGGED, "--access-log")):
            server = stack.enter_context(site.served("--no-watch", *options))
            served = warm(server.port)
            servers.append(Contender(name, server.port, server.pid))
        for number, start in enumerate(contenders.OTHERS):
            try:
                folder = contenders.folder(place, number)
                servers.append(stack.enter_context(start(folder, served)))
            except Missing as missing:
                print(f"left out: {start.__name__} ({missing})")
        replies = {one.name: verify(one, served) for one in servers}
        print(sizes(replies))
        seen = measure(servers, replies, wanted.rounds, wanted.seconds)
    print(report(seen))


def warm(port: int) -> Served:
    """Ask until the document is compressed as well as it will be; give it."""
    wrk.load(port, TARGET, [GZIP], 1)
    until(lambda: "quick" not in get(port, TARGET, GZIP).etag, "the best compression")
    return Served.of(TARGET, get(port, TARGET, GZIP))


def verify(server: Contender, served: Served) -> tuple[Reply, Reply]:
    """Its 200 and its 304, having seen that both are right."""
    full = get(server.port, TARGET, GZIP)
    same = get(server.port, TARGET, GZIP, ("If-None-Match", full.etag))
    assert (full.status, full.body) == (200, served.body), f"{server.name}: another body"
    assert full.headers["content-encoding"] == "gzip", f"{server.name}: not compressed"
    assert (same.status, same.body) == (304, b""), f"{server.name}: no 304"
    return full, same


def sizes(replies: dict[str, tuple[Reply, Reply]]) -> str:
    """The sizes of the answers."""
    rows = []
    for name, (full, same) in replies.items():
        limit = against(same.size, MOST_304, at_most=True) if name == OURS else ""
        row = (name, len(full.head), len(full.body), same.size)
        rows.append([row[0], *(f"{number:,}" for number in row[1:]), limit])
    return "\n" + table(["bytes of an answer", "head of 200", "body", "304", "limit"], rows)


def measure(
    servers: list[Contender], replies: dict[str, tuple[Reply, Reply]], rounds: int, seconds: int
) -> dict[tuple[str, str], Seen]:
    """Every case with every server, in turns."""
    seen: dict[tuple[str, str], Seen] = {}
    with stopped(servers):
        for _ in range(rounds):
            for case in CASES:
                for server in servers:
                    if not case.only or server.name in case.only:
                        into = seen.setdefault((case.name, server.name), Seen())
                        once(case, server, replies[server.name], seconds, into)
    return seen


def once(
    case: Case, server: Contender, replies: tuple[Reply, Reply], seconds: int, seen: Seen
) -> None:
    """One measurement; the bytes that came tell whether all answers were right."""
    full, same = replies
    with awake(server):
        before = cpu_seconds(server.pid)
        load = wrk.load(server.port, TARGET, case.headers(full.etag), seconds, case.script)
        used = cpu_seconds(server.pid) - before
    each = (full if case.status == 200 else same).size
    # wrk counts what has come of answers not yet complete too.
    excess = abs(load.bytes - load.requests * each)
    assert excess <= (wrk.CONNECTIONS + 1) * each, f"{server.name}: answers of another size"
    seen.rates.append(load.rate)
    seen.busy.append(used / load.seconds)


@contextmanager
def stopped(servers: list[Contender]) -> Iterator[None]:
    """None of the servers runs, but while it is `awake`."""
    try:
        for server in servers:
            os.kill(server.pid, signal.SIGSTOP)
        yield
    finally:
        for server in servers:
            os.kill(server.pid, signal.SIGCONT)


@contextmanager
def awake(server: Contender) -> Iterator[None]:
    """A server runs for as long as this lasts."""
    os.kill(server.pid, signal.SIGCONT)
    try:
        yield
    finally:
        os.kill(server.pid, signal.SIGSTOP)


def report(seen: dict[tuple[str, str], Seen]) -> str:
    """Medians, ratios and limits, a table for each case."""
    parts = []
    for case in CASES:
        ours = seen[case.name, OURS]
        rows = []
        for (name, server), one in seen.items():
            if name == case.name:
                rows.append(_row(case.name, server, ours, one))
        head = [
            case.name, "requests/s", "of its core", "per second of it",
            "feeds / this", "least–most", "limit",
        ]  # fmt: skip
        parts.append(table(head, rows))
    return "\n" + "\n\n".join(parts)


def _row(case: str, server: str, ours: Seen, one: Seen) -> list[str]:
    ratio = median(ours.rates) / median(one.rates)
    pairs = [a / b for a, b in zip(ours.rates, one.rates, strict=True)]
    limit = LIMITS.get((case, server))
    return [
        server,
        f"{median(one.rates):,.0f}",
        f"{median(one.busy):.0%}",
        f"{median(map(truediv, one.rates, one.busy)):,.0f}",
        "" if server == OURS else f"{ratio:.2f}",
        "" if server == OURS else f"{min(pairs):.2f}–{max(pairs):.2f}",
        "" if limit is None else against(ratio, limit),
    ]
