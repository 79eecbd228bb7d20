"""`python -m benchmarks.scale`: the same service over a thousand entries and over a million."""

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

from benchmarks.delivery.processes import surroundings
from benchmarks.scale import measures
from benchmarks.scale.place import SIZES, prepare
from benchmarks.scale.report import Report
from benchmarks.scale.served import serving

_MEASURES: Final = ("catalog", "rescan", "uncached", "restart", "saved", "served")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.scale", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=sorted(SIZES), choices=SIZES)
    parser.add_argument("--folder", type=Path, help="where to make articles and catalogs, or keep")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--only", nargs="+", choices=_MEASURES, default=_MEASURES)
    wanted = parser.parse_args()
    print(surroundings(), flush=True)
    with _workplace(wanted.folder) as folder:
        places = [prepare(folder, size) for size in sorted(wanted.sizes)]
        report = Report(tuple(place.entries for place in places))
        measures.made(report, places)
        if "catalog" in wanted.only:
            measures.catalog(report, places)
        if "rescan" in wanted.only:
            measures.rescan(report, places, max(3, wanted.rounds // 3))
        if "uncached" in wanted.only:
            measures.uncached(report, places, wanted.rounds)
        if "restart" in wanted.only:
            measures.restart(report, places, wanted.rounds)
        with ExitStack() as stack:
            if {"saved", "served"}.intersection(wanted.only):
                services = [stack.enter_context(serving(place)) for place in places]
                if "saved" in wanted.only:
                    measures.saved(report, services, wanted.rounds)
                if "served" in wanted.only:
                    measures.cached(report, services, wanted.rounds)
                    measures.lists(report, services)
                    measures.memory(report, services)
        if "served" in wanted.only:
            measures.memory_of_a_small_cache(report, places)
        print(report)


@contextmanager
def _workplace(folder: Path | None) -> Iterator[Path]:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
    else:
        with tempfile.TemporaryDirectory(prefix="feeds-scale-") as name:
            yield Path(name)


if __name__ == "__main__":
    main()
