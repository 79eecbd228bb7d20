"""A folder followed by the real command, whatever is done to it."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import Connection

from feeds.catalog.database import ACCEPT, open_to_read
from feeds.catalog.query import EntryQuery
from feeds.catalog.reader import Reader
from feeds.errors import CatalogMissing
from feeds.ingest.watcher import EVERYTHING, changes
from tests.support.examples import article
from tests.support.folders import configure
from tests.support.paths import ROOT
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


class Folder:
    """A folder of articles, and what the catalog of its ingest has."""

    process: subprocess.Popen[bytes]

    def __init__(self, below: Path, log: Path) -> None:
        self.seeds, self.data, self.log = below / "seeds", below / "data", log
        self.away, self.config = below / "away", below / "config"
        self.away.mkdir(exist_ok=True)

    def write(self, *paths: str, where: Path | None = None, title: str = "") -> None:
        for path in paths:
            file = (where or self.seeds) / path
            file.parent.mkdir(parents=True, exist_ok=True)
            fields = article(1, title=title or path, url=f"https://x.example/{path}")
            file.write_text(json.dumps(fields))

    @contextmanager
    def reading(self) -> Iterator[tuple[Reader, Connection]]:
        reader = Reader(open_to_read(self.data))
        try:
            with reader.connect() as connection:
                yield reader, connection
        finally:
            reader.close()

    def titles(self) -> set[str]:
        try:
            with self.reading() as (reader, connection):
                entries = reader.select(connection, EntryQuery((3,), 20_000))
                return {one.entry.title for one in entries}
        except CatalogMissing:
            return set()

    def newest_change(self) -> int:
        with self.reading() as (reader, connection):
            return reader.newest_change(connection)

    def follows_a_configuration(self, title: str) -> None:
        """Change the configuration, and wait until ingest has dated that in the catalog."""
        before = self.newest_change()
        configure(self.config, site={"title": title})
        wait_for(lambda: self.newest_change() > before, "the date of the configuration")

    def becomes(self, *titles: str) -> None:
        wanted = set(titles)
        wait_for(lambda: self.titles() == wanted, f"the titles {titles}")

    def said(self, text: str) -> bool:
        return text in self.log.read_text()


@contextmanager
def watched(
    below: Path,
    *options: str,
    customized: str = "",
    titles: Sequence[str] = ("a.json", "sub/b.json"),
) -> Iterator[Folder]:
    """Run `feeds ingest --watch` over a folder with two articles, a.json and sub/b.json, or over
    one that is there and has articles with other `titles`.

    Python runs the `customized` code first. In the end the process is still there.
    """
    folder = Folder(below, below / "log")
    if not folder.seeds.exists():
        folder.write("a.json", "sub/b.json")
    command = [sys.executable, "-m", "feeds", "ingest", "--watch", *options]
    command += ["--seeds", str(folder.seeds), "--data", str(folder.data), "--processes", "1"]
    (below / "config").mkdir(exist_ok=True)
    command += ["--config", str(below / "config")]
    (below / "sitecustomize.py").write_text(customized)
    environment = {**os.environ, "PYTHONPATH": f"{below}{os.pathsep}{ROOT}"}
    with folder.log.open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=below, env=environment)
    folder.process = process
    try:
        folder.becomes(*titles)
        yield folder
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
            process.wait()
        assert "Traceback" not in folder.log.read_text()
    assert not (folder.data / "catalog.db-wal").exists()


def test_files_are_created_changed_moved_and_deleted(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        folder.write("c.json")
        folder.becomes("a.json", "sub/b.json", "c.json")
        folder.write("c.json", title="changed")
        folder.becomes("a.json", "sub/b.json", "changed")
        (folder.seeds / "c.json").rename(folder.seeds / "sub" / "d.json")
        folder.write("sub/d.json", title="moved")
        folder.becomes("a.json", "sub/b.json", "moved")
        (folder.seeds / "sub" / "d.json").unlink()
        folder.becomes("a.json", "sub/b.json")
        # An editor saves: beside, then over it.
        folder.write("a.json.tmp", title="saved", where=folder.seeds)
        (folder.seeds / "a.json.tmp").rename(folder.seeds / "a.json")
        folder.becomes("saved", "sub/b.json")


def test_folders_are_created_moved_in_moved_and_moved_away(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        rest = ("a.json", "sub/b.json")
        folder.write("new/deep/c.json")
        folder.becomes(*rest, "new/deep/c.json")
        folder.write("new/deep/d.json")
        folder.becomes(*rest, "new/deep/c.json", "new/deep/d.json")
        shutil.rmtree(folder.seeds / "new")
        folder.becomes(*rest)
        # From outside, and followed there.
        folder.write("e.json", "deep/f.json", where=folder.away / "in")
        (folder.away / "in").rename(folder.seeds / "in")
        folder.becomes(*rest, "e.json", "deep/f.json")
        folder.write("in/deep/f.json", title="changed")
        folder.becomes(*rest, "e.json", "changed")
        (folder.seeds / "in" / "deep" / "f.json").unlink()
        (folder.seeds / "in").rename(folder.seeds / "renamed")
        folder.write("renamed/deep/g.json")
        folder.becomes(*rest, "e.json", "renamed/deep/g.json")
        (folder.seeds / "renamed").rename(folder.away / "out")
        folder.becomes(*rest)
        folder.write("h.json", where=folder.away / "out")
        folder.write("i.json")
        folder.becomes(*rest, "i.json")


def test_folders_are_followed_through_links(tmp_path: Path) -> None:
    with watched(tmp_path, "--follow-links") as folder:
        rest = ("a.json", "sub/b.json")
        folder.write("c.json", where=folder.away / "one")
        folder.write("d.json", where=folder.away / "two")
        (folder.seeds / "linked").symlink_to(folder.away / "one")
        folder.becomes(*rest, "c.json")
        folder.write("c.json", where=folder.away / "one", title="changed")
        folder.becomes(*rest, "changed")
        folder.write("e.json", where=folder.away / "one" / "deep")
        folder.becomes(*rest, "changed", "e.json")
        # The link leads elsewhere from now on, as at a release.
        (folder.seeds / "next").symlink_to(folder.away / "two")
        (folder.seeds / "next").rename(folder.seeds / "linked")
        folder.becomes(*rest, "d.json")
        folder.write("d.json", where=folder.away / "two", title="followed")
        folder.becomes(*rest, "followed")
        (folder.seeds / "linked").unlink()
        folder.becomes(*rest)


def test_a_link_through_a_link_is_followed_when_that_leads_elsewhere(tmp_path: Path) -> None:
    """As releases are switched; nothing in the folder itself changes."""
    with watched(tmp_path, "--follow-links") as folder:
        rest = ("a.json", "sub/b.json")
        for name in ("one", "two"):
            folder.write(f"{name}.json", where=folder.away / name)
        current = folder.away / "current"
        current.symlink_to(folder.away / "one")
        (folder.seeds / "linked").symlink_to(current)
        folder.becomes(*rest, "one.json")
        (folder.away / "next").symlink_to(folder.away / "two")
        (folder.away / "next").replace(current)
        folder.becomes(*rest, "two.json")
        folder.write("three.json", where=folder.away / "two")
        folder.becomes(*rest, "two.json", "three.json")


@pytest.mark.parametrize("options", [(), ("--poll",)])
def test_a_folder_that_is_a_link_is_followed_when_that_is_switched(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    """As a release is switched: a link `current`, renamed over the one before."""
    (tmp_path / "releases/1").mkdir(parents=True)
    (tmp_path / "seeds").symlink_to("releases/1")
    Folder(tmp_path, tmp_path / "log").write("a.json", "sub/b.json")
    with watched(tmp_path, *options) as folder:
        for number in (2, 3):
            release = tmp_path / "releases" / str(number)
            shutil.copytree(tmp_path / "releases/1", release)
            folder.write(f"c{number}.json", where=release)
            (release / "out").symlink_to("/")
            (tmp_path / "next").symlink_to(release)
            (tmp_path / "next").replace(folder.seeds)
            folder.becomes("a.json", "sub/b.json", f"c{number}.json")
            folder.write(f"d{number}.json")
            folder.becomes("a.json", "sub/b.json", f"c{number}.json", f"d{number}.json")
        assert folder.said("out:1:1: error: file: is a link that leads out")
        # The deletion of all articles waits, whichever folder they are gone from.
        (tmp_path / "releases/4").mkdir()
        (tmp_path / "next").symlink_to("releases/4")
        (tmp_path / "next").replace(folder.seeds)
        wait_for(lambda: folder.said("4 files are gone, too many"), "the guard's message")
        assert len(folder.titles()) == 4


def test_a_folder_that_vanishes_and_returns_is_followed_again(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        rest = ("a.json", "sub/b.json")
        folder.seeds.rename(folder.away / "seeds")
        wait_for(
            lambda: folder.said("are served until it returns"),
            "the message that the folder is away",
        )
        folder.write("c.json", where=folder.away / "seeds")
        assert folder.titles() == set(rest)
        (folder.away / "seeds").rename(folder.seeds)
        folder.becomes(*rest, "c.json")
        folder.write("d.json")
        folder.becomes(*rest, "c.json", "d.json")
        # Another one in its place, in one go: deleted and checked out anew.
        shutil.copytree(folder.seeds, folder.away / "copy")
        (folder.away / "copy" / "d.json").unlink()
        folder.seeds.rename(folder.away / "old")
        (folder.away / "copy").rename(folder.seeds)
        folder.becomes(*rest, "c.json")
        folder.write("e.json")
        folder.becomes(*rest, "c.json", "e.json")


def test_a_burst_of_ten_thousand_files_is_taken_in_whole(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        names = [f"pull/{number % 100}/{number}.json" for number in range(10_000)]
        folder.write(*names)
        folder.becomes("a.json", "sub/b.json", *names)
        for name in names[:1500]:
            (folder.seeds / name).unlink()
        folder.becomes("a.json", "sub/b.json", *names[1500:])


def test_a_folder_that_was_emptied_waits_for_a_person(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        shutil.rmtree(folder.seeds)
        folder.seeds.mkdir()
        wait_for(lambda: folder.said("--accept-withdrawals"), "the message of the withdrawal guard")
        assert folder.said("2 files are gone, too many")
        assert folder.titles() == {"a.json", "sub/b.json"}
        # Another command asks the one that runs.
        asked = subprocess.run(
            [sys.executable, "-m", "feeds", "ingest", "--accept-withdrawals",
             "--seeds", folder.seeds, "--data", folder.data, "--config", tmp_path / "config"],
            capture_output=True, text=True,
        )  # fmt: skip
        assert (asked.returncode, asked.stdout) == (0, "")
        assert asked.stderr == "the running ingest will withdraw the articles of deleted files\n"
        folder.becomes()
        assert folder.log.read_text().count("are gone, too many") == 1


def test_a_network_drive_is_looked_at_every_now_and_then(tmp_path: Path) -> None:
    with watched(tmp_path, "--poll") as folder:
        folder.write("c.json")
        folder.becomes("a.json", "sub/b.json", "c.json")
        folder.write("a.json", title="changed")
        (folder.seeds / "c.json").unlink()
        folder.becomes("changed", "sub/b.json")
        folder.seeds.rename(folder.away / "seeds")
        wait_for(
            lambda: folder.said("are served until it returns"),
            "the message that the folder is away",
        )
        (folder.away / "seeds").rename(folder.seeds)
        wait_for(lambda: folder.said("the folder is back"), "the message that the folder is back")
        folder.write("d.json")
        folder.becomes("changed", "sub/b.json", "d.json")


def test_a_name_that_is_no_text_disturbs_nothing_else(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        open(os.fsencode(folder.seeds) + b"/\xff.md", "w").close()
        folder.write("c.json")
        folder.becomes("a.json", "sub/b.json", "c.json")
        folder.write("d.json")
        folder.becomes("a.json", "sub/b.json", "c.json", "d.json")
        assert folder.said("\\udcff.md:1:1: error: file: has a name that is not UTF-8; rename it")
        assert folder.log.read_text().count("not UTF-8") == 1


@pytest.mark.parametrize("name", [b"\xff", b".\xff"])
def test_a_folder_whose_name_is_no_text_disturbs_nothing_else(tmp_path: Path, name: bytes) -> None:
    rest = ("a.json", "sub/b.json")
    with watched(tmp_path) as folder:
        (folder.seeds / os.fsdecode(name)).mkdir()
        folder.write("c.json")
        folder.becomes(*rest, "c.json")
        (folder.seeds / "c.json").unlink()
        folder.becomes(*rest)
    # Nothing is reported where it is there from the start.
    with watched(tmp_path) as folder:
        folder.write("c.json")
        folder.becomes(*rest, "c.json")
        assert folder.said("the system reports no changes")


@pytest.mark.parametrize("all_of_it", [False, True])
def test_a_catalog_that_is_deleted_meanwhile_is_built_again(
    tmp_path: Path, all_of_it: bool
) -> None:
    rest = ("a.json", "sub/b.json")
    with watched(tmp_path) as folder:
        for file in folder.data.iterdir():
            if all_of_it or file.name.startswith("catalog.db"):
                file.unlink()
        folder.becomes(*rest)
        folder.write("c.json")
        folder.becomes(*rest, "c.json")
        assert folder.said("the catalog was deleted or replaced; it is opened again")


def test_an_acceptance_waits_for_a_folder_that_is_away(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        folder.seeds.rename(folder.away / "seeds")
        wait_for(
            lambda: folder.said("are served until it returns"),
            "the message that the folder is away",
        )
        asked = folder.data / ACCEPT
        asked.touch()
        for title in ("One", "Two"):  # ingest looks for an acceptance after each of them
            folder.follows_a_configuration(title)
        assert asked.exists()
        (folder.away / "seeds" / "a.json").unlink()
        (folder.away / "seeds" / "sub" / "b.json").unlink()
        (folder.away / "seeds").rename(folder.seeds)
        folder.becomes()
        assert not asked.exists()


def test_a_change_of_the_configuration_is_taken_up(tmp_path: Path) -> None:
    names = [f"{number}.json" for number in range(20)]
    with watched(tmp_path) as folder:
        (tmp_path / "config" / "site.yaml").write_text("ingest: {withdraw_at_most: 100%}")
        folder.write(*names)
        folder.becomes("a.json", "sub/b.json", *names)
        for name in names[:15]:
            (folder.seeds / name).unlink()
        folder.becomes("a.json", "sub/b.json", *names[15:])


@pytest.mark.parametrize("poll", [False, True])
def test_everything_is_looked_at_first(
    tmp_path: Path, poll: bool, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "feeds")
    (tmp_path / "seeds").mkdir()
    found = changes(tmp_path / "seeds", poll=poll)
    assert next(found) is EVERYTHING
    assert next(found) == frozenset()
    (tmp_path / "seeds").rmdir()
    assert next(found) == frozenset()
    wait_for(
        lambda: next(found) == frozenset() and len(caplog.messages) == 1,
        "the message that the folder is away",
    )
    (tmp_path / "seeds").mkdir()
    wait_for(lambda: next(found) is EVERYTHING, "the folder that is back")
    assert len(caplog.messages) == 2


# The first time that a change is followed, something happens that nobody foresaw.
DEFECTIVE = """
import os
from feeds.ingest.pipeline import Pipeline

def follow(self, paths, follow=Pipeline.follow):
    try:
        os.close(os.open("failed", os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return follow(self, paths)
    raise RuntimeError("nobody foresaw this")

Pipeline.follow = follow
"""


def test_an_unforeseen_exception_is_logged_and_the_folder_followed_again(tmp_path: Path) -> None:
    with watched(tmp_path, customized=DEFECTIVE) as folder:
        folder.write("c.json")
        folder.becomes("a.json", "sub/b.json", "c.json")
        folder.write("d.json")
        folder.becomes("a.json", "sub/b.json", "c.json", "d.json")
        log = folder.log.read_text()
        assert "ERROR   ingest failed and restarts in 0.5 s\nTraceback" in log
        assert log.count("RuntimeError: nobody foresaw this") == 1
        folder.log.write_text("")


# The file d.json takes longer than an ingest that is told to end has time for.
SLOW = """
import pathlib, time
from feeds.ingest import pool
from feeds.articles.normalize import normalize

def slow(source, *by):
    if source.path == "d.json":
        pathlib.Path("reading").touch()
        time.sleep(60)
    return normalize(source, *by)

pool.normalize = slow
"""


def test_the_end_does_not_wait_for_a_file_that_is_being_read(tmp_path: Path) -> None:
    with watched(tmp_path, customized=SLOW) as folder:
        folder.write("d.json")
        wait_for((tmp_path / "reading").exists, "the reading of the file")


# The file d.json crashes the process that reads it.
DEADLY = """
import os, signal
from feeds.ingest import pool
from feeds.articles.normalize import normalize

def deadly(source, *by):
    if source.path == "d.json":
        os.kill(os.getpid(), signal.SIGKILL)
    return normalize(source, *by)

pool.normalize = deadly
"""


def test_no_changed_file_is_read_in_the_process_that_watches(tmp_path: Path) -> None:
    with watched(tmp_path, customized=DEADLY) as folder:
        folder.write("d.json")
        wait_for(
            lambda: folder.said("d.json:1:1: error: file: crashes the process that reads it"),
            "the message",
        )
        folder.write("e.json")
        folder.becomes("a.json", "sub/b.json", "e.json")


def test_settings_of_articles_are_followed(tmp_path: Path) -> None:
    with watched(tmp_path) as folder:
        configure(folder.config, articles={"exclude": ["sub/"]})
        folder.becomes("a.json")
        folder.write("sub/c.json")
        rule = {"path": "a.*", "overrides": {"title": "By a rule"}}
        configure(folder.config, articles={"exclude": ["sub/b*"], "rules": [rule]})
        folder.becomes("By a rule", "sub/c.json")
        (folder.config / "articles.yaml").write_text("rules: [{path: a}]\n")
        folder.write("d.json")
        folder.becomes("By a rule", "sub/c.json", "d.json")  # by the last good settings
        configure(folder.config, articles={"include": ["sub/**"]})
        folder.becomes("sub/b.json", "sub/c.json")


def test_new_addresses_wait_for_an_acceptance_while_watching(tmp_path: Path) -> None:
    def addresses() -> set[str]:
        with folder.reading() as (reader, connection):
            entries = reader.select(connection, EntryQuery((3,), 100))
            return {one.entry.url.removeprefix("https://a.example/") for one in entries}

    names = [f"{number}" for number in range(8)]
    settings = {"base": "https://a.example", "permalink": "/{slug}"}
    (tmp_path / "seeds").mkdir()
    for name in names:
        fields = {"title": name, "slug": name, "date": "2020-01-01T00:00:00Z"}
        (tmp_path / f"seeds/{name}.json").write_text(json.dumps(fields))
    configure(tmp_path / "config", articles=settings)
    with watched(tmp_path, titles=names) as folder:
        configure(folder.config, articles={**settings, "permalink": "/news/{slug}"})
        wait_for(lambda: folder.said("8 articles have another address"), "the warning")
        assert addresses() == set(names)
        accepting = [sys.executable, "-m", "feeds", "ingest", "--accept-withdrawals",
                     "--seeds", str(folder.seeds), "--data", str(folder.data)]  # fmt: skip
        assert subprocess.run(accepting, cwd=tmp_path, timeout=LONGEST_WAIT).returncode == 0
        wait_for(lambda: addresses() == {f"news/{name}" for name in names}, "the new addresses")
