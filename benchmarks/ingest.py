"""Cold ingest, against only reading and parsing the same files with PyYAML's C loader.

`python -m benchmarks.ingest --articles 5000 --processes 2 --runs 5`. Both are
whole commands: the start of the interpreter, of the pool and all imports count.
`--folder DIR` takes the Markdown files of a site instead, again and again up to so many
articles, and compares with markdown-it-py and its plugins too.
"""

import argparse
import itertools
import pickle
import shutil
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from benchmarks import measure
from benchmarks.generate import articles, write
from benchmarks.reading import parse
from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.articles.frontmatter import read
from feeds.articles.normalize import normalize
from feeds.catalog.database import open_to_write
from feeds.catalog.merge import FileRead, mention
from feeds.catalog.writer import Writer
from feeds.errors import ArticleError
from feeds.ingest.pool import BATCH, parse_file
from feeds.ingest.scanner import ScannedFile, scan
from feeds.util.process_tuning import collect_seldom

LIMIT: Final = 1.25
LIMIT_OF_MARKDOWN: Final = 1.8
_OF_FOLDER: Final = ArticleSettings(base="https://example.org", permalink="/:path/")
_TRANSACTION: Final = 256  # files, as in `feeds.ingest.pipeline`


def copy(site: Path, seeds: Path, count: int) -> int:
    """Copy the Markdown files of a site, each as often as it takes to have so many.

    Files without YAML front matter are left out. Return the number of bytes.
    """
    files = [path for path in sorted(site.rglob("*")) if path.suffix in (".md", ".mdx")]
    files = [path for path in files if path.read_bytes().startswith(b"---\n")]
    seeds.mkdir()
    for number, path in zip(range(count), itertools.cycle(files), strict=False):
        shutil.copy(path, seeds / f"{number:06}-{path.name}")
    return sum(path.stat().st_size for path in seeds.iterdir())


def compare(folder: Path, seeds: Path, processes: int, runs: int, *, markdown: bool) -> None:
    """Cold ingest against parsing alone, and a second scan of the unchanged folder."""
    catalogs = (folder / f"catalog-{number}" for number in itertools.count())
    last = folder

    def cold() -> measure.Took:
        nonlocal last
        last = next(catalogs)
        return _ingest(folder, seeds, last, processes)

    def parsing() -> measure.Took:
        options = ["--processes", str(processes), *(["--markdown"] if markdown else [])]
        return measure.run(str(seeds), *options, module="benchmarks.reading")

    ours, theirs = measure.alternate(cold, parsing, runs)
    print(f"Cold ingest, {processes} processes, {runs} runs of each in turn:")
    alone = "PyYAML's C loader and markdown-it-py alone" if markdown else "PyYAML's C loader alone"
    limit = LIMIT_OF_MARKDOWN if markdown else LIMIT
    measure.compare(("feeds ingest", alone), ours, theirs, limit)
    again = [_ingest(folder, seeds, last, processes).wall for _ in range(runs)]
    empty = folder / "no-articles"
    empty.mkdir()
    nothing = [_ingest(folder, empty, next(catalogs), processes).wall for _ in range(runs)]
    print(f"  {'second scan, nothing changed':<42} {measure.spread(again)}")
    print(f"  {'scan of an empty folder (mostly imports)':<42} {measure.spread(nothing)}")


def _ingest(folder: Path, seeds: Path, data: Path, processes: int) -> measure.Took:
    config = folder / "config"
    config.mkdir(exist_ok=True)
    options = {"seeds": seeds, "config": config, "data": data, "processes": processes}
    arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
    return measure.run("ingest", *arguments, module="feeds")


class _Stopwatch:
    """Processor seconds by name."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)

    @contextmanager
    def timing(self, name: str) -> Iterator[None]:
        """Add what happens within."""
        started = time.process_time()
        yield
        self.seconds[name] += time.process_time() - started


def split(folder: Path, seeds: Path, *, markdown: bool) -> None:
    """Print where the time goes, all in this process, step by step over the same batches."""
    watch = _Stopwatch()
    found = sorted(scan(seeds))
    with open_to_write(folder / "split") as engine:
        writer = Writer(engine)
        for start in range(0, len(found), _TRANSACTION):
            _transaction(watch, seeds, found[start : start + _TRANSACTION], writer, markdown)
    base = next(iter(watch.seconds.values()))
    print(f"\nOne process, {len(found)} files, processor time:")
    for name, seconds in watch.seconds.items():
        each = 1e6 * seconds / len(found)
        print(f"  {name:<42} {seconds:7.3f} s  {each:6.0f} µs a file  {seconds / base:5.2f}")


def _transaction(
    watch: _Stopwatch,
    seeds: Path,
    found: Sequence[ScannedFile],
    writer: Writer,
    markdown: bool,
) -> None:
    """One transaction's files through every step."""
    paths = [str(seeds / one.path) for one in found]
    settings = _OF_FOLDER if markdown else DEFAULTS
    with watch.timing("PyYAML's C loader (and markdown-it-py)"):
        for path in paths:
            parse(path, markdown=markdown)
    data = [Path(path).read_bytes() for path in paths]
    with watch.timing("feeds: front matter"):
        sources = [read(one.path, content) for one, content in zip(found, data, strict=True)]
    with watch.timing("feeds: normalize"):
        normalized = []
        for source in sources:
            with suppress(ArticleError):  # of a site that has other pages too
                normalized.append(normalize(source, settings))
    with watch.timing("feeds: rows for the catalog"):
        for one in normalized:
            for entry in one.entries:
                mention(entry)
    read_files: list[FileRead] = []
    for start in range(0, len(found), BATCH):
        with watch.timing("feeds: these and reading, as pools do it"):
            batch = [
                parse_file(str(seeds), one, None, settings) for one in found[start : start + BATCH]
            ]
        with watch.timing("feeds: to the writing process, packed"):
            packed = pickle.dumps(batch, pickle.HIGHEST_PROTOCOL)
        with watch.timing("feeds: and unpacked"):
            read_files += pickle.loads(packed)
    with watch.timing("feeds: write"):
        writer.apply(read_files, (), 0)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.ingest", description=__doc__)
    parser.add_argument("--articles", type=int, default=5000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="of a site whose files are taken")
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seeds, markdown = folder / "seeds", wanted.folder is not None
        if markdown:
            size = copy(wanted.folder, seeds, wanted.articles)
            print(f"{wanted.articles} files, {size / 1e6:.1f} MB")
            (folder / "config").mkdir()
            (folder / "config" / "articles.yaml").write_text(
                f"base: {_OF_FOLDER.base}\npermalink: {_OF_FOLDER.permalink}\n"
            )
        else:
            made = write(seeds, articles(wanted.articles, wanted.seed))
            print(f"{made.files} files, {made.entries} entries, {made.bytes / 1e6:.1f} MB")
        compare(folder, seeds, wanted.processes, wanted.runs, markdown=markdown)
        collect_seldom()
        split(folder, seeds, markdown=markdown)


if __name__ == "__main__":
    main()
