"""What a cached feed costs in memory: many are asked for, and the serving process grows.

Then all are asked for once more of a server whose cache is too small for them.
"""

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.delivery.asking import Connection, request
from benchmarks.delivery.ours import Server, Site
from benchmarks.delivery.processes import resident
from benchmarks.delivery.table import mebibytes, table
from benchmarks.generate import articles

FORMATS: Final = ("rss", "atom", "json")
WARMING: Final = 60  # documents asked for before it counts
SMALL: Final = 4  # MiB


@dataclass(frozen=True, slots=True)
class Grown:
    """By how much a server grew, and for what."""

    documents: int
    bytes: int
    plain: int  # bytes of the documents
    compressed: int


def run(place: Path, wanted: Namespace) -> None:
    """Measure and print."""
    site = Site(place)
    site.fill(articles(wanted.articles, seed=1))
    rows = []
    for name, size, rounds in (("with room for all", 1024, 1), (f"of {SMALL} MiB", SMALL, 3)):
        with site.served("--no-watch", "--cache-size", str(size)) as server:
            grown = fill(server, wanted.feeds, rounds)
        each = grown.bytes / grown.documents
        rows.append(
            [
                f"cache {name}",
                f"{grown.documents:,}",
                mebibytes(grown.plain),
                mebibytes(grown.compressed),
                mebibytes(grown.bytes),
                f"{each / 1024:,.1f} KiB",
            ]
        )
    head = ["asked for, gzip", "documents", "plain", "compressed", "grown by", "each"]
    print(table(head, rows))


def fill(server: Server, most: int, rounds: int) -> Grown:
    """Ask for many documents, each once a round and once more from the fast path."""
    targets = [f"{path}.{format}" for path in server.feeds() for format in FORMATS]
    warming, counted = targets[:WARMING], targets[WARMING : WARMING + most]
    connection = Connection(server.port)
    ask(connection, warming)
    before = resident(server.pid)
    plain = compressed = 0
    for _ in range(rounds):
        plain, compressed = ask(connection, counted)
    connection.close()
    return Grown(len(counted), resident(server.pid) - before, plain, compressed)


def ask(connection: Connection, targets: Sequence[str]) -> tuple[int, int]:
    """The sizes of all, plain and compressed."""
    plain = compressed = 0
    for target in targets:
        for _ in range(2):
            connection.send(request(target, ("Accept-Encoding", "gzip")))
            reply = connection.receive()
            assert reply.status == 200, target
        plain += len(reply.decoded())
        compressed += len(reply.body)
    return plain, compressed
