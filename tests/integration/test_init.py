"""`feeds init`: a folder that is right and can be served at once."""

import time
from pathlib import Path

import pytest

from feeds.config import json_schema
from tests.support.application import ingest, serving
from tests.support.commands import Run
from tests.support.requests import ask


def test_a_new_folder_is_checked_and_served_at_once(run: Run) -> None:
    ran = run("init", "news")
    assert (ran.status, ran.out) == (0, "")
    assert "cd news && feeds serve" in ran.err
    assert Path("news/README.md").is_file()
    checked = run("check", "--seeds", "news/seeds", "--config", "news/config")
    assert (checked.status, checked.out) == (0, "")
    ingest(Path("news/seeds"), Path("news/.feeds"), now=time.time())
    with serving(Path("news/.feeds"), Path("news/config")) as client:
        for target in ("/", "/all.rss", "/sets/seeing-machines.json", "/feeds.opml"):
            assert ask(client, target).status == 200
        assert b"urn:uuid:" in ask(client, "/all.atom").body


def test_an_editor_finds_the_schema_that_each_file_names(run: Run) -> None:
    run("init", "news")
    config = Path("news/config")
    assert sorted(path.stem for path in config.glob("*.yaml")) == sorted(json_schema.NAMES)
    for path in config.glob("*.yaml"):
        first = path.read_text().partition("\n")[0]
        named = config / first.removeprefix("# yaml-language-server: $schema=")
        assert named.read_bytes() == json_schema.published(path.stem)[0]


@pytest.mark.parametrize("name", ["full", "file", "full/new/deep", "file/new"])
def test_nothing_that_is_there_is_touched(run: Run, name: str) -> None:
    Path("full").mkdir()
    Path("full/mine.txt").write_text("mine")
    Path("file").write_text("mine")
    ran = run("init", name)
    new = name == "full/new/deep"
    assert ran.status == (0 if new else 2)
    assert "Traceback" not in ran.err
    assert Path("full/mine.txt").read_text() == Path("file").read_text() == "mine"
    if not new:
        assert sorted(path.name for path in Path("full").iterdir()) == ["mine.txt"]


def test_an_empty_folder_will_do(run: Run) -> None:
    Path("empty").mkdir()
    assert run("init", "empty").status == 0
    assert run("init", "empty").status == 2
