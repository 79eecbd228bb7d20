"""A folder of articles and the catalog made of it, once for each size."""

import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.articles import World
from benchmarks.generate import articles, write
from benchmarks.measure import ROOT
from benchmarks.scale.memory import family, proportional

_SEED: Final = 1
_LOOK: Final = 0.5  # seconds between looks at the memory of an ingest


class Size(NamedTuple):
    """How much there is, and who writes on what; an article has 13 entries."""

    articles: int
    providers: int
    topics: int


SIZES: Final = {
    1_000: Size(77, 20, 30),
    100_000: Size(7_700, 2_000, 500),
    1_000_000: Size(77_000, 20_000, 5_000),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One size: where it lies, and what making it took."""

    entries: int
    folder: str
    bytes: int
    ingest_seconds: float
    ingest_memory: int

    @property
    def seeds(self) -> Path:
        """The articles."""
        return Path(self.folder, "seeds")

    @property
    def data(self) -> Path:
        """The catalog."""
        return Path(self.folder, "data")

    def options(self) -> list[str]:
        """What `feeds` is told of it."""
        return [f"--{name}={Path(self.folder, name)}" for name in ("seeds", "config", "data")]


def prepare(workplace: Path, entries: int) -> Place:
    """Make articles and catalog, unless an earlier run left them."""
    folder = workplace / str(entries)
    note = folder / "made.json"
    if note.is_file():
        return Place(**json.loads(note.read_text()))
    size = SIZES[entries]
    world = World(size.providers, size.topics)
    written = write(folder / "seeds", articles(size.articles, _SEED, world))
    (folder / "config").mkdir(exist_ok=True)
    place = Place(entries, str(folder), written.bytes, 0.0, 0)
    seconds, memory = _ingest(place)
    place = Place(entries, str(folder), written.bytes, seconds, memory)
    note.write_text(json.dumps(asdict(place)))
    return place


def _ingest(place: Place) -> tuple[float, int]:
    """A first scan; gives its seconds and the most memory it and its pool had."""
    started = time.perf_counter()
    most = 0
    with subprocess.Popen(
        [sys.executable, "-m", "feeds", "ingest", *place.options()],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        env={**os.environ},
    ) as process:
        while process.poll() is None:
            most = max(most, sum(map(proportional, family(process.pid))))
            time.sleep(_LOOK)
    if process.returncode:
        raise RuntimeError(f"feeds ingest ended with status {process.returncode}")
    return time.perf_counter() - started, most
