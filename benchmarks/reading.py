"""The least that ingest could do: read files and parse their front matter with PyYAML.

`python -m benchmarks.reading DIR --processes 2`: PyYAML's C loader in a pool
of processes begun like those of ingest, with batches of the same size. What is
parsed is counted and thrown away. With `--markdown` the bodies are made HTML too, by
markdown-it-py with its plugins for what feeds reads.
"""

import argparse
import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import lru_cache, partial
from typing import Any

import yaml
from markdown_it import MarkdownIt
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.tasklists import tasklists_plugin

BATCH = 64


def front_matter(data: bytes) -> tuple[str, str]:
    """The text between the two lines `---` of an article, and what is behind it."""
    text = data.decode()
    end = text.index("\n---", 3)
    return text[3:end], text[end + 4 :]


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
    parser.use(footnote_plugin).use(deflist_plugin).use(tasklists_plugin)
    return parser.use(anchors_plugin, max_level=6)


def parse(path: str, *, markdown: bool = False) -> Any:
    """One file, read and parsed."""
    with open(path, "rb") as file:
        fields, body = front_matter(file.read())
    if markdown:
        _markdown().render(body)
    return yaml.load(fields, yaml.CSafeLoader)


def parse_batch(paths: Sequence[str], *, markdown: bool = False) -> int:
    """Some files; gives how many of them were mappings."""
    return sum(isinstance(parse(path, markdown=markdown), dict) for path in paths)


def parse_folder(folder: str, processes: int, *, markdown: bool = False) -> int:
    """Every article of a folder."""
    paths = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    batches = [paths[start : start + BATCH] for start in range(0, len(paths), BATCH)]
    parse_all = partial(parse_batch, markdown=markdown)
    if processes == 1:
        return sum(map(parse_all, batches))
    with ProcessPoolExecutor(processes, multiprocessing.get_context("fork")) as pool:
        return sum(pool.map(parse_all, batches))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.reading", description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--markdown", action="store_true")
    wanted = parser.parse_args()
    print(f"{parse_folder(wanted.folder, wanted.processes, markdown=wanted.markdown)} files")


if __name__ == "__main__":
    main()
