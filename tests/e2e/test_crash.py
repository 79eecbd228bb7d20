"""Ingest killed at any moment, a full disk, a folder that cannot be written.

`KILLS=100 pytest tests/e2e/test_crash.py -k killed -s` kills it a hundred times.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from random import Random

import pytest

from feeds.catalog.database import FILE, LOCK
from tests.support.application import ingest, serving
from tests.support.catalog_content import content, sound
from tests.support.examples import article
from tests.support.folders import put
from tests.support.processes import serve
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


KILLS = int(os.environ.get("KILLS", "5"))
TOPICS = ["AI", "ai", "Law", "LAW", "Art"]


def command(folder: Path, *options: str) -> list[str]:
    return [
        *(sys.executable, "-m", "feeds", "ingest", "--processes", "2", *options),
        *(f"--{name}={folder / name}" for name in ("seeds", "data", "config")),
    ]


class Changing:
    """A folder that somebody works in: files come, change, move and go, and so do folders."""

    def __init__(self, seeds: Path, random: Random) -> None:
        self._seeds, self._random = seeds, random
        self._number = 0

    def write(self, path: Path) -> None:
        """Some forty addresses for all files, so that many speak of the same."""
        self._number += 1
        fields = article(
            1 + self._random.randrange(28),
            title=f"Title {self._number:08}",  # of one length
            url=f"https://x.example/{self._random.randrange(40)}",
            topics=self._random.sample(TOPICS, 2),
            related=[
                article(2, title=f"Mention {self._number:08}", url=f"https://x.example/{other}")
                for other in self._random.sample(range(40), self._random.randrange(3))
            ],
        )
        if self._random.random() < 0.2:
            fields["draft"] = True
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(fields))

    def step(self) -> None:
        """One change."""
        files = list(self._seeds.rglob("*.json"))
        path = self._random.choice(files)
        new = self._seeds / f"{self._random.randrange(6)}" / f"{self._random.randrange(80)}.json"
        match self._random.randrange(10):
            case 0 | 1 | 2:
                self.write(new)
            case 3 | 4 | 5:
                status = path.stat()
                self.write(path)
                if self._random.random() < 0.5:  # and nothing shows from outside
                    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
            case 6 | 7 if len(files) > 100:
                path.unlink()
            case 8:
                new.parent.mkdir(exist_ok=True)
                path.rename(new)
            case _:
                target = self._seeds / f"{self._random.randrange(6)}"
                if not target.exists():
                    path.parent.rename(target)

    def work(self, seconds: float) -> None:
        """Changes without pause."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self.step()
            time.sleep(0.002)


def changing_site(folder: Path) -> tuple[Changing, Random]:
    """Make a site of 300 articles; return what changes them, and its source of chance."""
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = Random(seed)
    (folder / "config").mkdir()
    changing = Changing(folder / "seeds", chance)
    for number in range(300):
        changing.write(folder / "seeds" / str(number % 6) / f"{number // 6}.json")
    return changing, chance


def test_ingest_killed_at_any_moment_loses_and_doubles_nothing(tmp_path: Path) -> None:
    changing, chance = changing_site(tmp_path)
    behind = 0
    for kill in range(KILLS):
        process = subprocess.Popen(
            command(tmp_path, "--watch"),
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        changing.work(chance.uniform(0.2, 2.5))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it ended by itself"
        before = None
        if (tmp_path / "data" / FILE).exists():
            assert sound(tmp_path / "data") == "ok"
            before = content(tmp_path / "data")
        caught_up = subprocess.run(
            command(tmp_path, "--accept-withdrawals"), capture_output=True, text=True
        )
        assert caught_up.returncode == 0, caught_up.stderr
        assert sound(tmp_path / "data") == "ok"
        fresh = tmp_path / f"fresh-{kill}"
        ingest(tmp_path / "seeds", fresh)
        now = content(tmp_path / "data")
        assert now == content(fresh)
        behind += now != before
        shutil.rmtree(fresh)
        print(f"kill {kill + 1} of {KILLS}: equal; {behind} left something to catch up with")
    assert behind
    wait_for(lambda: not left_over(tmp_path), "the end of all processes")


def test_ingest_told_to_end_at_any_moment_leaves_one_closed_file(tmp_path: Path) -> None:
    changing, chance = changing_site(tmp_path)
    data, log = tmp_path / "data", tmp_path / "log"
    for _ in range(KILLS):
        with log.open("a") as written:
            process = subprocess.Popen(
                command(tmp_path, "--watch"), cwd=tmp_path, stdout=written, stderr=written
            )
        wait_for(partial(is_held, data, process.pid), "the start of ingest")
        changing.work(chance.uniform(0, 1.5))
        process.terminate()
        assert process.wait(LONGEST_WAIT) == 0
        assert {one.name for one in data.iterdir()} == {FILE, LOCK}
        assert sound(data) == "ok"
    assert "Traceback" not in log.read_text()
    wait_for(lambda: not left_over(tmp_path), "the end of all processes")


def is_held(data: Path, by: int) -> bool:
    """Tell whether a process holds a catalog: it has begun to handle signals then."""
    return (data / LOCK).exists() and (data / LOCK).read_text() == f"{by}\n"


def left_over(folder: Path) -> list[str]:
    """Processes that were started in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").readlink() == folder:
                found.append((process / "cmdline").read_text())
    return found


# --- a disk that is full or cannot be written --------------------------------------------


@contextmanager
def disk(place: Path, size: str) -> Iterator[Path]:
    """A disk of its own."""
    place.mkdir()
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)], capture_output=True
    )
    if made.returncode:
        pytest.skip("only root may mount a disk")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)


def remount(place: Path, options: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{options}", str(place)], check=True)


def run(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command(folder, *options), capture_output=True, text=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    put(tmp_path / "seeds", *(article(number) for number in range(1, 29)))
    return tmp_path


def test_a_full_disk_is_reported_and_serving_continues(folder: Path) -> None:
    with disk(folder / "data", "3m"):
        assert run(folder).returncode == 0
        with serving(folder / "data", folder / "config") as client:
            before = client.get("/all.atom")
            for number in range(300):
                fields = article(1, url=f"https://x.example/{number}", content="word " * 3000)
                (folder / "seeds" / f"long{number}.json").write_text(json.dumps(fields))
            full = run(folder)
            assert full.returncode == 2
            assert (
                "full; free some space on the disk; until then the catalog is served as it is"
                in full.stderr
            )
            assert "Traceback" not in full.stderr
            assert client.get("/readyz").status_code == 200
            assert client.get("/all.rss").status_code == 200
            assert before.status_code == 200
            remount(folder / "data", "size=64m")
            assert run(folder).returncode == 0
        assert sound(folder / "data") == "ok"
        ingest(folder / "seeds", folder / "fresh")
        assert content(folder / "data") == content(folder / "fresh")


def test_a_catalog_that_cannot_be_written_is_served_and_taken_up_again(folder: Path) -> None:
    with disk(folder / "data", "16m"):
        assert run(folder).returncode == 0
        remount(folder / "data", "ro")
        refused = run(folder)
        assert refused.returncode == 2
        assert "Read-only file system; make it writable" in refused.stderr
        assert len(refused.stderr.splitlines()) == 1
        with serve(folder / "data", seeds=folder / "seeds", config=folder / "config") as server:
            server.wait_until_ready()
            assert server.get("/all.atom")[0] == 200
            put(folder / "seeds", article(1, title="Written while it was away"))
            remount(folder / "data", "rw")
            server.wait_for(
                lambda: b"Written while" in server.get("/all.atom")[1], "the new article"
            )
        log = server.written()
        assert "Read-only file system; make it writable" in log
        assert "The catalog is served as it is" in log
        assert "Traceback" not in log
