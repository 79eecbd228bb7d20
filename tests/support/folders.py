"""Folders of articles and of configuration, made for one test."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_read
from feeds.catalog.reader import Reader
from feeds.config import load
from feeds.selection import Selection
from tests.conftest import ingest, serving
from tests.support.examples import BASE, Fields

NOWHERE = Path("/nonexistent")


def put(seeds: Path, *articles: Fields) -> Path:
    """Write articles, each to a file named by its place; gives the folder."""
    seeds.mkdir(parents=True, exist_ok=True)
    for number, fields in enumerate(articles, 1):
        (seeds / f"{number}.json").write_text(json.dumps(fields))
    return seeds


def rewrite(seeds: Path, changes: Iterable[tuple[str, Fields | None]], step: int) -> None:
    """Write some files of a folder anew, at a step of its own of a test; None takes one out."""
    for file, fields in changes:
        path = seeds / f"{file}.json"
        if fields is None:
            path.unlink(missing_ok=True)
        else:
            # A size of its own, so that no change hides behind a coarse clock.
            path.write_text(json.dumps(fields) + " " * (step + 1))


def configure(folder: Path, **files: Any) -> Path:
    """Write configuration files by their names without suffix; gives the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        (folder / f"{name}.yaml").write_text(json.dumps(value))
    return folder


@contextmanager
def selecting(data: Path, config: Path = NOWHERE) -> Iterator[tuple[Selection, Connection]]:
    """A selection over a catalog, and a connection to read by."""
    engine = open_to_read(data)
    reader = Reader(engine)
    try:
        with reader.connect() as connection:
            names = reader.names(connection)
            yield Selection(load(config, BASE), reader, names), connection
    finally:
        engine.dispose()


@contextmanager
def site(
    folder: Path,
    *articles: Fields,
    clock: Any = None,
    **config: Any,
) -> Iterator[TestClient]:
    """A site of some articles and some configuration, served in-process."""
    seeds, settings = put(folder / "seeds", *articles), configure(folder / "config", **config)
    ingest(seeds, folder / "data")
    with serving(folder / "data", settings, clock) as client:
        yield client
