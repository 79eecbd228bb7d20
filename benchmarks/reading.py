"""The least that ingest could do: read files and parse their front matter with PyYAML.

`python -m benchmarks.reading DIR --processes 2`: PyYAML's C loader in a pool
of processes begun like those of ingest, with batches of the same size. What is
parsed is counted and thrown away.
"""

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import yaml

BATCH = 64


def front_matter(data: bytes) -> str:
    """The text between the two lines `---` of a generated article."""
    text = data.decode()
    return text[3 : text.index("\n---", 3)]


def parse(path: str) -> Any:
    """One file, read and parsed."""
    with open(path, "rb") as file:
        return yaml.load(front_matter(file.read()), yaml.CSafeLoader)


def parse_batch(paths: Sequence[str]) -> int:
    """Some files; gives how many of them were mappings."""
    return sum(isinstance(parse(path), dict) for path in paths)


def parse_folder(folder: str, processes: int) -> int:
    """Every article of a folder."""
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    if processes == 1:
        return sum(map(parse_batch, batches))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        return sum(pool.map(parse_batch, batches))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.reading", description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--processes", type=int, default=2)
    wanted = parser.parse_args()
    print(f"{parse_folder(wanted.folder, wanted.processes)} files")


if __name__ == "__main__":
    main()
