"""Folders of articles and of configuration, made for one test."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.support.examples import Fields


def put(seeds: Path, *articles: Fields) -> Path:
    """Write articles into a folder as 1.json, 2.json and so on; return the folder."""
    seeds.mkdir(parents=True, exist_ok=True)
    for number, fields in enumerate(articles, 1):
        (seeds / f"{number}.json").write_text(json.dumps(fields))
    return seeds


def rewrite(seeds: Path, changes: Iterable[tuple[str, Fields | None]], step: int) -> None:
    """Write some files of a folder again, or delete those whose fields are None.

    `step` counts the changes of a test, so that each gives a file a size of its own
    and none hides behind a coarse clock.
    """
    for file, fields in changes:
        path = seeds / f"{file}.json"
        if fields is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(json.dumps(fields) + " " * (step + 1))


def configure(folder: Path, **files: Any) -> Path:
    """Write configuration files, named without their suffix; return the folder.

    Each is replaced as a whole, as most editors do: one that is being written is taken for
    empty where the disk makes the writer wait.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in files.items():
        beside = folder / f"{name}.new"
        beside.write_text(json.dumps(value))
        beside.replace(folder / f"{name}.yaml")
    return folder
