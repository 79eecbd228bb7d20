"""Settings of articles in force: which files are articles, and what a change reads again."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.article_settings import ArticleSettings, PathRule
from feeds.catalog import files
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.files import Waiting
from feeds.catalog.writer import Writer
from feeds.config.reloader import ConfigReloader
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.report import Report
from feeds.ingest.scanner import PathFilter, look_at, scan
from feeds.server.app import create_app
from feeds.server.state import Service
from tests.support.application import serving
from tests.support.examples import BASE
from tests.support.paths import NOWHERE

DATE = "2020-01-01T00:00:00Z"
NOW = 1_600_000_000


def write(seeds: Path, *paths: str, **fields: Any) -> None:
    for path in paths:
        (seeds / path).parent.mkdir(parents=True, exist_ok=True)
        given = {"title": path, "url": f"https://x.example/{path}", "date": DATE} | fields
        written = {name: value for name, value in given.items() if value is not None}
        (seeds / path).write_text(json.dumps(written))
        os.utime(seeds / path, (NOW - 100, NOW - 100))


@contextmanager
def ingesting(folder: Path, now: int = NOW, share: float = 0.2) -> Iterator[Pipeline]:
    """An ingest of `seeds` into `data`, as after a restart."""
    clock = iter(range(now, now + 1_000_000))
    with open_to_write(folder / "data") as engine:
        ingest = Pipeline(
            folder / "seeds", Writer(engine), print, 1, lambda: next(clock), share=share
        )
        with closing(ingest):
            yield ingest


def read_by(ingest: Pipeline, *, accept: bool = False, **settings: Any) -> Report:
    """Scan by settings."""
    ingest.use(ArticleSettings(**settings))
    return ingest.scan({}, accept=accept)


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    """All entries that are served, by their titles."""
    with serving(folder / "data", NOWHERE) as client:
        items = client.get("/all.json?limit=200").json()["items"]
    return {item["title"]: item for item in items}


def chosen(seeds: Path, **settings: Any) -> list[str]:
    return sorted(file.path for file in scan(seeds, PathFilter(ArticleSettings(**settings))))


# --- which files ---------------------------------------------------------------------


def test_files_that_are_not_included_or_are_excluded_are_no_articles(tmp_path: Path) -> None:
    paths = ["a.json", "README.json", "content/a.json", "content/README.json",
             "content/drafts/b.json", "content.json/c.json", "other/d.json"]  # fmt: skip
    write(tmp_path, *paths)
    assert chosen(tmp_path) == sorted(paths)
    assert chosen(tmp_path, include=("content/**",)) == [
        "content/README.json", "content/a.json", "content/drafts/b.json",
    ]  # fmt: skip
    excluded = ("README.json", "drafts/")
    assert chosen(tmp_path, include=("content/**", "other"), exclude=excluded) == [
        "content/a.json", "other/d.json",
    ]  # fmt: skip
    assert chosen(tmp_path, include=("content.json/**",)) == ["content.json/c.json"]
    assert chosen(tmp_path, include=("**/d.json",)) == ["other/d.json"]
    assert chosen(tmp_path, exclude=("**",)) == []


def test_a_folder_that_has_no_articles_by_the_settings_is_not_looked_into(tmp_path: Path) -> None:
    write(tmp_path, "content/a.json")
    (tmp_path / "node_modules/deep").mkdir(parents=True)
    (tmp_path / "node_modules/out").symlink_to("/")
    (tmp_path / "node_modules/out.json").symlink_to("/etc/hostname")
    for settings in (
        ArticleSettings(include=("content/*.json",)),
        ArticleSettings(exclude=("node_modules",)),
    ):
        walk = scan(tmp_path, PathFilter(settings))
        assert [file.path for file in walk] == ["content/a.json"]
        assert walk.unreadable == []
        entered = [tmp_path, tmp_path / "content"]
        assert walk._entered == {(os.stat(path).st_dev, os.stat(path).st_ino) for path in entered}


def test_what_is_left_out_counts_as_not_there(tmp_path: Path) -> None:
    write(tmp_path, "a/1.json", "b/2.json")
    filter = PathFilter(ArticleSettings(include=("a/**",)))
    assert look_at(tmp_path, "a/1.json", filter)
    assert look_at(tmp_path, "b/2.json", filter) is None
    assert look_at(tmp_path, "b", PathFilter(ArticleSettings(exclude=("b",)))) is None


def test_a_change_of_what_is_excluded_takes_out_or_brings_in_those_files_alone(
    tmp_path: Path,
) -> None:
    seeds = tmp_path / "seeds"
    write(seeds, *(f"{number}.json" for number in range(20)), "old/a.json", "old/b.json")
    with ingesting(tmp_path) as ingest:
        assert read_by(ingest).read == 22
        report = read_by(ingest, exclude=("old/",))
        assert (report.read, report.removed, report.outcome.withdrawn) == (0, 2, 2)
        assert "old/a.json" not in entries(tmp_path)
        report = read_by(ingest, exclude=("old/b.json",))
        assert (report.read, report.removed, report.outcome.added) == (1, 0, 1)
        assert "old/a.json" in entries(tmp_path)
    with ingesting(tmp_path) as ingest:
        assert read_by(ingest, exclude=("old/b.json",)).read == 0
        followed = ingest.follow(["old/b.json"])
        assert followed is not None
        assert followed.read == 0


def test_excluding_most_files_waits_as_if_they_were_deleted(tmp_path: Path) -> None:
    write(tmp_path / "seeds", *(f"{number}.json" for number in range(20)))
    with ingesting(tmp_path) as ingest:
        read_by(ingest)
        report = read_by(ingest, exclude=("1*.json",))
        assert (report.removed, report.waiting) == (0, 11)
        assert len(entries(tmp_path)) == 20
        report = read_by(ingest, exclude=("1*.json",), accept=True)
        assert (report.removed, report.waiting) == (11, 0)
        assert len(entries(tmp_path)) == 9


# --- what is read again -------------------------------------------------------------------


def rule(path: str, **defaults: Any) -> PathRule:
    return PathRule(path, defaults)


def test_a_change_reads_just_the_files_again_that_it_concerns(tmp_path: Path) -> None:
    write(tmp_path / "seeds", "a/1.json", "a/2.json", "b/3.json", "c/4.json")
    steps: list[tuple[dict[str, Any], int]] = [
        ({}, 4),
        ({}, 0),
        ({"rules": (rule("a/**", topics=["A"]),)}, 2),
        ({"rules": (rule("b/**", topics=["A"]),)}, 3),
        ({"rules": (rule("b/**", topics=["B"]),)}, 1),
        ({"rules": (rule("nowhere/**", topics=["C"]), rule("b/3*", topics=["B"]))}, 0),
        ({"future": "show", "rules": (rule("b/3*", topics=["B"]),)}, 0),
        ({"exclude": ("nothing",), "rules": (rule("b/3*", topics=["B"]),)}, 0),
        ({"timezone": "Asia/Tokyo", "rules": (rule("b/3*", topics=["B"]),)}, 4),
        ({"timezone": "Asia/Tokyo", "fields": {"title": ("x",)}}, 4),
    ]
    for step, (settings, expected) in enumerate(steps):
        with ingesting(tmp_path, NOW + 1000 * step) as ingest:  # after a restart …
            assert read_by(ingest, **settings).read == expected, settings
            assert read_by(ingest, **settings).read == 0
    with ingesting(tmp_path, NOW + 100_000) as ingest:  # … or without
        for settings, expected in [(steps[-1][0], 0), (steps[2][0], 4), *steps[3:]]:
            assert read_by(ingest, **settings).read == expected, settings


def test_a_change_of_settings_moves_no_date_of_an_entry(tmp_path: Path) -> None:
    write(tmp_path / "seeds", "a/1.json", "a/2.json")
    write(tmp_path / "seeds", "a/3.json", date="2020-01-01T00:00:00")
    with ingesting(tmp_path) as ingest:
        read_by(ingest)
        before = entries(tmp_path)
        rules = (PathRule("a/1*", {}, {"excerpt": "Another"}),)
        report = read_by(ingest, timezone="Asia/Tokyo", rules=rules)
    assert report.outcome.updated == 2
    after = entries(tmp_path)
    assert after["a/1.json"]["summary"] == "Another"
    assert after["a/3.json"]["date_published"] != before["a/3.json"]["date_published"]
    for path in ("a/1.json", "a/2.json"):
        dates = ("date_published", "date_modified")
        assert [after[path].get(name) for name in dates] == [
            before[path].get(name) for name in dates
        ]


def test_a_file_that_changes_with_the_settings_is_updated(tmp_path: Path) -> None:
    write(tmp_path / "seeds", "a.json")
    with ingesting(tmp_path) as ingest:
        read_by(ingest)
        write(tmp_path / "seeds", "a.json", excerpt="New")
        read_by(ingest, timezone="Asia/Tokyo")
    assert entries(tmp_path)["a.json"]["date_modified"].startswith("2020-09-13")


def test_a_file_that_was_refused_is_read_again_by_settings_that_make_it_good(
    tmp_path: Path,
) -> None:
    write(tmp_path / "seeds", "a.json", date=None)
    with ingesting(tmp_path) as ingest:
        assert read_by(ingest).refused == 1
        assert read_by(ingest, rules=(rule("**", date=DATE),)).refused == 0
        assert set(entries(tmp_path)) == {"a.json"}
        # What refuses it again leaves its last good version.
        assert read_by(ingest).refused == 1
        assert set(entries(tmp_path)) == {"a.json"}


@pytest.mark.parametrize("count", [3, 100])
def test_all_processes_read_by_the_new_settings(tmp_path: Path, count: int) -> None:
    write(tmp_path / "seeds", *(f"{number}.json" for number in range(count)))
    with (
        open_to_write(tmp_path / "data") as engine,
        closing(Pipeline(tmp_path / "seeds", Writer(engine), print, 2)) as ingest,
    ):
        for topic in ("One", "Two"):
            assert read_by(ingest, rules=(rule("**", topics=[topic]),)).read == count
    assert {tuple(entry["tags"]) for entry in entries(tmp_path).values()} == {("Two",)}


# --- other addresses -------------------------------------------------------------------------

HERE: dict[str, Any] = {"base": "https://a.example", "permalink": "/{slug}"}
THERE: dict[str, Any] = {"base": "https://a.example", "permalink": "/news/{slug}"}


def addressed(seeds: Path, *names: Any, **fields: Any) -> None:
    """Write articles that have no address of their own."""
    for name in names:
        write(seeds, f"{name}.json", slug=str(name), url=None, **fields)


def addresses(folder: Path) -> set[str]:
    return {entry["url"].removeprefix("https://a.example/") for entry in entries(folder).values()}


def waiting(folder: Path) -> tuple[Waiting, dict[str, Any], str]:
    """What waits: by the catalog, by /readyz, and the heading of /status."""
    engine = open_to_read(folder / "data")
    try:
        with engine.connect() as connection:
            found = files.waiting(connection)
    finally:
        engine.dispose()
    service = Service(ConfigReloader(NOWHERE, BASE), folder / "data")
    with TestClient(create_app(service, "secret"), base_url=BASE) as client:
        page = client.get("/status?token=secret").text
        heading = re.search("<h1>(.*?)</h1>", page)
        return found, client.get("/readyz").json(), heading[1] if heading else page


def test_a_few_articles_have_new_addresses_at_once(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    addressed(seeds, *range(40))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        before = entries(tmp_path)["3.json"]
        rules = (PathRule("3.json", {}, {"slug": "three"}),)
        report = read_by(ingest, **HERE, rules=rules)
        assert (report.read, report.outcome.added, report.outcome.withdrawn) == (1, 1, 1)
    assert "three" in addresses(tmp_path)
    story = f"/stories/{before['id'].removeprefix('urn:uuid:')}.json"
    with serving(tmp_path / "data", NOWHERE) as client:
        assert client.get(story).status_code == 410


def test_many_new_addresses_wait_until_a_person_accepts_them(tmp_path: Path) -> None:
    seeds, old = tmp_path / "seeds", {str(number) for number in range(40)}
    addressed(seeds, *range(40))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        for _ in range(2):
            report = read_by(ingest, **THERE)
            assert (report.moving, report.outcome.withdrawn) == (40, 0)
            told = "40 still at old addresses (see feeds ingest --accept-withdrawals)"
            assert told in str(report)
            assert addresses(tmp_path) == old
    found, ready, heading = waiting(tmp_path)
    assert (found.moving, found.deleted, found.moving_paths[0]) == (40, 0, "0.json")
    assert ready["waiting_withdrawals"] == 40
    assert heading == "40 articles wait for new addresses"
    with ingesting(tmp_path) as ingest:  # after a restart
        report = read_by(ingest, **THERE)
        assert (report.read, report.moving) == (0, 40)
        # What is new or edited is read by the settings in force.
        addressed(seeds, 41)
        addressed(seeds, 7, excerpt="Edited")
        report = read_by(ingest, **THERE)
        assert (report.read, report.moving) == (2, 39)
        assert addresses(tmp_path) == (old - {"7"}) | {"news/41", "news/7"}
        # What goes is withdrawn at its old address.
        (seeds / "8.json").unlink()
        followed = ingest.follow(["8.json"])
        assert followed is not None
        assert (followed.removed, followed.moving) == (1, 38)
        os.utime(seeds / "9.json")
        assert read_by(ingest, **THERE).moving == 38
        report = read_by(ingest, **THERE, accept=True)
        assert (report.read, report.moving, report.outcome.withdrawn) == (38, 0, 38)
    assert addresses(tmp_path) == {f"news/{number}" for number in (*range(40), 41) if number != 8}
    found, ready, heading = waiting(tmp_path)
    assert (found.number, ready["waiting_withdrawals"]) == (0, 0)
    with ingesting(tmp_path) as ingest:
        assert read_by(ingest, **THERE).read == 0


def test_a_change_that_is_taken_back_leaves_nothing_waiting(tmp_path: Path) -> None:
    addressed(tmp_path / "seeds", *range(10))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        before = entries(tmp_path)
        assert read_by(ingest, **THERE).moving == 10
        report = read_by(ingest, **HERE)
        assert (report.read, report.moving, report.outcome.updated) == (10, 0, 0)
        assert waiting(tmp_path)[0].number == 0
        assert entries(tmp_path) == before


def test_a_change_made_while_nothing_ran_waits_too(tmp_path: Path) -> None:
    addressed(tmp_path / "seeds", *range(10))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
    with ingesting(tmp_path) as ingest:
        assert read_by(ingest, **THERE).moving == 10
        ingest.guard.share = 1.0  # and then the limit is raised, but all articles are too many
        assert read_by(ingest, **THERE).moving == 10
        write(tmp_path / "seeds", "other.json")
        assert [read_by(ingest, **THERE).moving for _ in range(2)] == [10, 0]


def test_what_keeps_its_address_is_read_by_the_new_settings_meanwhile(tmp_path: Path) -> None:
    addressed(tmp_path / "seeds", *range(10))
    write(tmp_path / "seeds", *(f"own/{number}.json" for number in range(10)))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        report = read_by(ingest, **THERE, rules=(rule("**", excerpt="New"),))
        assert (report.read, report.moving, report.outcome.updated) == (20, 10, 10)
    found = entries(tmp_path)
    assert (found["own/1.json"]["summary"], found["1.json"].get("summary")) == ("New", None)


def test_new_addresses_in_small_parts_count_together(tmp_path: Path) -> None:
    addressed(tmp_path / "seeds", *range(40))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        rules: tuple[PathRule, ...] = ()
        moving = []
        for number in range(12):
            rules += (PathRule(f"{number}.json", {}, {"slug": f"new-{number}"}),)
            moving.append(read_by(ingest, **HERE, rules=rules).moving)
    assert moving == [0] * 9 + [1, 2, 3]


def test_settings_by_which_files_are_no_articles_any_more_wait_too(tmp_path: Path) -> None:
    addressed(tmp_path / "seeds", *range(10))
    with ingesting(tmp_path) as ingest:
        read_by(ingest, **HERE)
        report = read_by(ingest, **HERE, rules=(PathRule("**", {}, {"permalink": "false"}),))
        assert (report.moving, report.outcome.withdrawn) == (10, 0)
