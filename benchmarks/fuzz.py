"""What hostile articles cost: `python -m benchmarks.fuzz --files 10000 --seed 1`.

Files of 1 kB to 500 kB, as many of each kind, are read by the processes that ingest reads with
and under the same limits. Of each kind the slowest and the largest are printed; of each form of a
kind, how much longer 500 kB take than 250 kB (the least of several runs): at most 2.5 times.
"""

import argparse
import json
import math
import multiprocessing
import re
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

import yaml

from feeds.article_settings import ArticleSettings
from feeds.catalog.merge import FileRead
from feeds.ingest.pool import Limits, ParserPool
from feeds.ingest.scanner import ScannedFile

LIMIT: Final = 2.5  # of the time for 500 kB, in times of that for 250 kB
_LEAST, _MOST = 1_000, 500_000  # bytes
_HEAD: Final = "title: A\nurl: https://x.example/a\ndate: 2026-01-01T00:00:00Z\n"
_USUAL: Final = Limits()
# Beside other work a file takes longer by the clock; what counts here is its processor time.
_PATIENT: Final = _USUAL._replace(seconds=6 * _USUAL.seconds)
_SETTINGS: Final = ArticleSettings(drop_shortcodes=True)  # which is more to do
_QUICK: Final = 0.02  # seconds; less is noise
_REPEATED: Final = re.compile(r"\{(\d+)\*([^}]*)\}")


class Form(NamedTuple):
    """Text that grows: `opening` again and again, then `closing` as often.

    `{n}` in it is a number of its own each time. `before` and `after` stand around all. It
    stands in the `place`: the body, that of MDX (mdx), a field by its name, or in the whole file
    behind (yaml) or as (json) the fields.
    """

    place: str
    opening: str
    closing: str = ""
    before: str = ""
    after: str = ""

    def text(self, size: int) -> str:
        """Return so many characters of it."""
        size -= len(self.before) + len(self.after)
        numbered = "{n}" in self.opening + self.closing
        times = max(1, size // (len(self.opening) + len(self.closing) + 2 * numbered))
        if numbered:
            opened, closed = (
                "".join(part.replace("{n}", str(number)) for number in range(times))
                for part in (self.opening, self.closing)
            )
        else:
            opened, closed = self.opening * times, self.closing * times
        return f"{self.before}{opened}{closed}{self.after}"

    def file(self, size: int) -> tuple[str, bytes]:
        """Return the suffix and the bytes of an article that has it."""
        text = self.text(size)
        if self.place in ("body", "mdx"):
            suffix = ".mdx" if self.place == "mdx" else ".md"
            return suffix, f"---\n{_HEAD}---\n{text}\n".encode()
        if self.place == "yaml":
            return ".yaml", f"{_HEAD}{text}\n".encode()
        fields = {"title": "A", "url": "https://x.example/a", "date": "2026-01-01T00:00:00Z"}
        if self.place == "json":
            return ".json", f"{json.dumps(fields)[:-1]}, {text}}}".encode()
        return ".json", json.dumps({**fields, self.place: text}, ensure_ascii=False).encode()


def _kinds() -> dict[str, list[Form]]:
    """Return the forms of each kind, as `fuzz.yaml` lists them for some places at a time."""
    given = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text())
    return {
        kind: [
            Form(place, *map(_written_out, form))
            for group in groups
            for place in group["in"]
            for form in group["forms"]
        ]
        for kind, groups in given.items()
    }


def _written_out(text: str) -> str:
    """Return a text with `{3*ab}` as `ababab`."""
    return _REPEATED.sub(lambda found: int(found[1]) * found[2], text)


KINDS: Final = _kinds()


class Cost(NamedTuple):
    """Seconds of processor time, and MiB that the process had more than before at its most."""

    seconds: float
    memory: float
    read: FileRead


class Reader:
    """Reads one file at a time, in a process of the pool, and measures that."""

    def __init__(self, folder: Path, pool: ParserPool) -> None:
        self._folder, self._pool = folder, pool

    def cost(self, form: Form, size: int) -> Cost:
        """Return what a form of so many bytes costs."""
        suffix, data = form.file(size)
        path = self._folder / f"a{suffix}"
        path.write_bytes(data)
        self._pool.start()
        (process,) = multiprocessing.active_children()
        files = Path("/proc", str(process.pid))
        before = self._seconds(files)
        (files / "clear_refs").write_text("5")  # resets the peak
        least = self._peak(files)
        ((read,),) = self._pool.parse_all([(ScannedFile(path.name, 0, 0), None)], 1)
        try:
            return Cost(self._seconds(files) - before, self._peak(files) - least, read)
        except OSError:  # it was ended
            return Cost(math.inf, math.inf, read)

    def _seconds(self, files: Path) -> float:
        return int((files / "schedstat").read_text().split()[0]) / 1e9

    def _peak(self, files: Path) -> float:
        status = (files / "status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def written(count: int, seed: int, kinds: Sequence[str]) -> list[tuple[str, Form, int]]:
    """Return so many files, their kinds in turn, as kind, form and size in bytes."""
    random = Random(seed)
    made = []
    for number in range(count):
        kind = kinds[number % len(kinds)]
        size = round(math.exp(random.uniform(math.log(_LEAST), math.log(_MOST))))
        made.append((kind, random.choice(KINDS[kind]), size))
    return made


def _corpus(reader: Reader, files: Sequence[tuple[str, Form, int]]) -> bool:
    """Read files; print the worst of each kind, and return whether none was over the limits."""
    costs: dict[str, list[tuple[Cost, Form, int]]] = {}
    for kind, form, size in files:
        costs.setdefault(kind, []).append((reader.cost(form, size), form, size))
    beyond = 0
    for kind, of_kind in costs.items():
        slowest = max(of_kind, key=lambda one: one[0].seconds)
        largest = max(cost.memory for cost, *_ in of_kind)
        ended = sum(cost.seconds > _USUAL.seconds for cost, *_ in of_kind)
        refused = sum(cost.read.refused for cost, *_ in of_kind)
        beyond += ended
        print(
            f"{kind:<12} {len(of_kind):5} files, {refused:4} refused, {ended} over the limits; "
            f"slowest {slowest[0].seconds:6.2f} s ({slowest[2]} bytes of "
            f"{_shown(slowest[1])}), largest {largest:4.0f} MiB",
            flush=True,
        )
    return not beyond


def _ratios(reader: Reader, kinds: Sequence[str], runs: int) -> bool:
    """Print forms that take too long or grow too fast; return whether there were none."""
    ok = True
    for kind in kinds:
        worst, slowest = 0.0, 0.0
        for form in KINDS[kind]:
            half, whole = (
                min(reader.cost(form, size).seconds for _ in range(runs))
                for size in (_MOST // 2, _MOST)
            )
            ratio = whole / max(half, _QUICK) if whole < math.inf else math.inf
            worst, slowest = max(worst, ratio), max(slowest, whole)
            if ratio > LIMIT:
                ok = False
                print(f"  ABOVE: {half:.2f} s, then {whole:.2f} s: {_shown(form)}", flush=True)
        print(
            f"{kind:<12} {len(KINDS[kind]):5} forms; ratio at most {worst:.2f}, {slowest:.2f} s",
            flush=True,
        )
    return ok


def _shown(form: Form) -> str:
    parts = (part if len(part) < 40 else f"{part[:40]}…" for part in form)
    return " ".join(map(ascii, filter(None, parts)))


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser("benchmarks.fuzz", description=__doc__)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--runs", type=int, default=3, help="of each form; 0: no ratios")
    parser.add_argument("--kinds", nargs="*", choices=KINDS, default=[*KINDS])
    wanted = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as name,
        closing(ParserPool(Path(name), 1, _PATIENT, _SETTINGS)) as pool,
    ):
        reader = Reader(Path(name), pool)
        ok = _corpus(reader, written(wanted.files, wanted.seed, wanted.kinds))
        if wanted.runs:
            ok &= _ratios(reader, wanted.kinds, wanted.runs)
    raise SystemExit(not ok)


if __name__ == "__main__":
    main()
