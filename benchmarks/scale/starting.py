"""Beginning again: a restart to the first feed, and a scan of a folder that did not change."""

import os
import time
from typing import Final

from benchmarks import measure
from benchmarks.scale.place import Place
from benchmarks.scale.served import starting
from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.scanner import SUFFIXES
from feeds.problems import Problem

_PATIENCE: Final = 120.0


def restart(place: Place) -> float:
    """Seconds from the start of `feeds serve` to the first feed it answers with."""
    started = time.perf_counter()
    with starting(place) as served:
        while time.perf_counter() - started < _PATIENCE:
            try:
                if served.get("/all.rss")[0] == 200:
                    return time.perf_counter() - started
            except OSError:  # not listening yet
                time.sleep(0.005)
    raise TimeoutError(f"no feed after {_PATIENCE:.0f} s")


def rescan(place: Place) -> tuple[float, float]:
    """Seconds of a scan from opening the catalog on, and of a second one of the same ingest."""
    config = load(place.data.parent / "config", "http://127.0.0.1:8000").digests
    started = time.perf_counter()
    with open_to_write(place.data) as engine:
        ingest = Pipeline(place.seeds, Writer(engine), _unexpected, processes=1)
        assert ingest.scan(config).read == 0
        opened = time.perf_counter()
        assert ingest.scan(config).read == 0
        return opened - started, time.perf_counter() - opened


def bare(place: Place) -> float:
    """Seconds of the least that a scan could do: list the folder, and stat every article."""
    started = time.perf_counter()
    found = _walk(str(place.seeds))
    assert found >= 77
    return time.perf_counter() - started


def _walk(folder: str) -> int:
    found = 0
    with os.scandir(folder) as listing:
        for item in listing:
            if item.is_dir():
                found += _walk(item.path)
            elif os.path.splitext(item.name)[1] in SUFFIXES:
                item.stat()
                found += 1
    return found


def whole_command(place: Place) -> float:
    """Seconds of `feeds ingest` as cron starts it, over a folder that did not change."""
    return measure.run("ingest", *place.options(), module="feeds").wall


def _unexpected(problem: Problem) -> None:
    raise AssertionError(problem)
