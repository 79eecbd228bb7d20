"""`python -m benchmarks.delivery [PART…]`: throughput, latency, memory, week; or all."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.delivery import latency, memory, throughput, week
from benchmarks.delivery.processes import NICE, Missing, surroundings, workplace

PARTS: Final[dict[str, Callable[[Path, argparse.Namespace], None]]] = {
    "throughput": throughput.run,
    "latency": latency.run,
    "memory": memory.run,
    "week": week.run,
}


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(
        "benchmarks.delivery",
        description="How feeds are delivered. One core serves, the other asks.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--articles", type=int, default=1000, help="in the catalog")
    parser.add_argument("--rounds", type=int, default=5, help="of throughput and latency")
    parser.add_argument("--seconds", type=int, default=3, help="of each measurement of throughput")
    parser.add_argument("--latency-seconds", type=int, default=10, help="… and of latency")
    parser.add_argument("--feeds", type=int, default=1500, help="documents cached for memory")
    parser.add_argument("--readers", type=int, default=10_000, help="of the simulated week")
    parser.add_argument("--most-requests", type=int, default=1_000_000, help="in it")
    parser.add_argument(
        "--nice",
        type=int,
        default=0,
        help="of servers and load alike, below 0 on a machine that does other things too",
    )
    wanted = parser.parse_args()
    unknown = [part for part in wanted.parts if part not in PARTS]
    if unknown:
        parser.error(f"no part is named {', '.join(unknown)}; there are {', '.join(PARTS)}")
    os.environ[NICE] = str(wanted.nice)
    print(surroundings())
    for name in wanted.parts or PARTS:
        print(f"\n## {name}\n", flush=True)
        try:
            with workplace() as place:
                PARTS[name](place, wanted)
        except Missing as missing:
            print(f"left out: {missing}", flush=True)


if __name__ == "__main__":
    main()
