"""A configuration that is followed: a change takes effect alone, an invalid one not at all."""

import os
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import Loaded, inspect, load, reloader
from feeds.config.reloader import ConfigReloader
from feeds.problems import Problem
from tests.support.application import ingest, service_of, serving
from tests.support.examples import article
from tests.support.folders import configure, put
from tests.support.requests import Response, ask
from tests.support.waiting import wait_for

MANY = 20
ARTICLES = [article(n, topics=[f"Topic {n % 5}"], quality=n) for n in range(1, 29)]


def sets(**changed: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        f"s{n}": {"title": f"Set {n}", "include": {"min_quality": n}} for n in range(MANY)
    }
    return made | {"around": {"members": ["/sets/s3", "/topics/topic-1"]}} | changed


@dataclass
class Live:
    client: TestClient
    folder: Path
    data: Path

    def configure(self, now: int, **files: Any) -> None:
        """Write files, wait until they are in force, and note them as ingest does."""
        before = service_of(self.client).config
        configure(self.folder, **files)
        wait_for(lambda: service_of(self.client).config is not before, "the new configuration")
        self.note(now)

    def note(self, now: int) -> None:
        """Date what has changed in the files, as ingest does beside."""
        with open_to_write(self.data) as engine:
            Writer(engine).record_settings(now, load(self.folder).digests)

    def all(self) -> dict[str, Response]:
        targets = ["/all.rss", "/topics/topic-1.json", "/feeds.json", "/feeds.opml", "/",
                   "/sets/around.rss", "/sets/around.opml", "/sets/s7.opml"]  # fmt: skip
        targets += [f"/sets/s{number}.rss" for number in range(MANY)]
        return {target: ask(self.client, target) for target in targets}

    def differing(self, before: dict[str, Response]) -> set[str]:
        return {target for target, answer in self.all().items() if answer != before[target]}


@contextmanager
def followed(folder: Path) -> Iterator[Live]:
    seeds = put(folder / "seeds", *ARTICLES)
    config = configure(folder / "config", sets=sets(), site={"title": "News"})
    data = folder / "data"
    ingest(seeds, data)
    with open_to_write(data) as engine:
        Writer(engine).finish_scan(1_600_000_000, load(config).digests)
    with serving(data, config) as client:
        yield Live(client, config, data)


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with followed(tmp_path) as found:
        yield found


def dated(answer: Response) -> int:
    return int(parsedate_to_datetime(answer.headers["last-modified"]).timestamp())


def test_a_change_of_one_of_many_sets_renders_that_one_alone(live: Live) -> None:
    before = live.all()
    renders = service_of(live.client).cache.counters.renders
    changed = {"title": "Set 7", "include": {"min_quality": 20}}
    live.configure(1_600_000_500, sets=sets(s7=changed))
    wait_for(lambda: dated(ask(live.client, "/sets/s7.rss")) == 1_600_000_500, "the set's new date")
    found = live.all()
    # The set's OPML says the same as before, but may not have.
    assert {target for target in found if found[target].body != before[target].body} == {
        "/sets/s7.rss"
    }
    assert live.differing(before) == {"/sets/s7.rss", "/sets/s7.opml"}
    # Twice each at most: as the configuration changes, and as the catalog has its date.
    assert service_of(live.client).cache.counters.renders - renders <= 4


def test_no_document_is_dated_by_a_change_that_it_does_not_show_yet(live: Live) -> None:
    for number in range(1, 6):
        ask(live.client, "/sets/s7.rss")
        changed = {"title": f"Number {number}", "include": {"min_quality": 7}}
        beside = ConfigReloader(live.folder, "https://feeds.example")
        configure(live.folder, sets=sets(s7=changed))
        wait_for(lambda: beside.refresh(print), "the new configuration")
        live.note(1_600_000_500 + number)  # ingest sees it first
        wait_for(
            lambda: dated(ask(live.client, "/sets/s7.rss")) == 1_600_000_500 + number,
            "the set's new date",
        )
        assert f"Number {number}" in ask(live.client, "/sets/s7.rss").body.decode()


def test_a_document_made_as_ingest_dates_a_change_shows_it(live: Live) -> None:
    """Asked for before the service has looked at the configuration by itself."""
    for number in range(1, 6):
        beside = ConfigReloader(live.folder, "https://feeds.example")
        changed = {"title": f"Number {number}", "include": {"min_quality": 7}}
        configure(live.folder, sets=sets(s7=changed))
        wait_for(lambda: beside.refresh(print), "the new configuration")
        live.note(1_600_000_500 + number)
        answer = ask(live.client, f"/sets/s7.rss?limit={number}")  # in no cache
        assert (dated(answer) == 1_600_000_500 + number) == (
            f"Number {number}" in answer.body.decode()
        )


def test_a_file_is_not_taken_while_it_is_being_written(tmp_path: Path) -> None:
    """Editors that save in place empty it first: that is good YAML, of no set."""
    path = tmp_path / "site.yaml"
    path.write_text("title: Before\n")
    live = ConfigReloader(tmp_path, "https://feeds.example")
    path.write_text("")
    assert not live.refresh(print)
    assert live.config.site.title == "Before"
    path.write_text("title: After\n")
    wait_for(lambda: live.refresh(print), "the new configuration")
    assert live.config.site.title == "After"


def test_a_file_that_is_emptied_while_the_folder_is_read_is_not_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "site.yaml"
    path.write_text("title: Before\n")
    live = ConfigReloader(tmp_path, "https://feeds.example")
    written(path, "title: Between\n", ago=10)

    def emptied(folder: Path, default_base_url: str, seeds: Path | None) -> Loaded:
        path.write_text("")
        return inspect(folder, default_base_url, seeds)

    with monkeypatch.context() as patch:
        patch.setattr(reloader, "inspect", emptied)
        assert not live.refresh(print)
    assert live.config.site.title == "Before"
    assert live.recheck_in
    path.write_text("title: After\n")
    wait_for(lambda: live.refresh(print), "the new configuration")
    assert live.config.site.title == "After"


def test_a_private_set_is_not_opened_by_a_file_that_is_half_written(tmp_path: Path) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text("board:\n  include: {topics: AI}\n  private: true\n")
    live = ConfigReloader(tmp_path, "https://feeds.example")
    half = path.read_text().replace("  private: true\n", "")
    written(path, half, ago=0.4)
    assert not live.refresh(print)
    assert live.config.sets["board"].private
    wait_for(lambda: live.refresh(print), "the new configuration")  # it was meant so
    assert not live.config.sets["board"].private


def written(path: Path, text: str, ago: float) -> None:
    """A file as it was left so many seconds ago."""
    path.write_text(text)
    long_ago = time.time_ns() - int(ago * 1e9)
    os.utime(path, ns=(long_ago, long_ago))


@pytest.mark.parametrize("before", ["", "open:\n  include: {topics: AI}\n"])
def test_a_new_set_is_not_for_all_before_the_line_that_says_it_is_private(
    tmp_path: Path, before: str
) -> None:
    """Nor is one of a file that was empty, or gone, for a moment."""
    path = tmp_path / "sets.yaml"
    path.write_text(before)
    live = ConfigReloader(tmp_path, "https://feeds.example")
    written(path, f"{before}board:\n  include: {{topics: AI}}\n", ago=0.4)
    assert not live.refresh(print)
    assert "board" not in live.config.sets
    written(path, f"{path.read_text()}  private: true\n", ago=0.25)
    assert live.refresh(print)
    assert live.config.sets["board"].private


def test_a_file_that_a_slow_disk_leaves_empty_for_a_moment_takes_no_set_away(
    tmp_path: Path,
) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text("board:\n  include: {topics: AI}\n")
    live = ConfigReloader(tmp_path, "https://feeds.example")
    written(path, "", ago=0.4)
    assert not live.refresh(print)
    assert "board" in live.config.sets
    wait_for(lambda: live.refresh(print), "the new configuration")  # it was meant so
    assert "board" not in live.config.sets


def test_a_set_that_is_closed_is_closed_without_delay(tmp_path: Path) -> None:
    path = tmp_path / "sets.yaml"
    path.write_text("board:\n  include: {topics: AI}\n")
    live = ConfigReloader(tmp_path, "https://feeds.example")
    path.write_text("board:\n  include: {topics: AI}\n  private: true\n")
    assert live.refresh(print)
    assert live.config.sets["board"].private


def test_a_folder_that_is_gone_is_refused_and_taken_again_when_it_is_back(live: Live) -> None:
    before = live.all()
    away = live.folder.rename(live.folder.with_name("away"))
    wait_for(
        lambda: bool(live.client.get("/readyz").json()["config_problems"]),
        "the configuration's problems",
    )
    (told,) = service_of(live.client).live.problems
    said = f"{live.folder}:1:1: error: folder: is gone; its last content stays in use; put it back"
    assert str(told).startswith(said)
    assert live.differing(before) == set()
    away.rename(live.folder)
    wait_for(lambda: live.client.get("/readyz").json()["config"] == "good", "a good configuration")
    assert live.differing(before) == set()


def test_a_folder_that_never_was_is_empty_and_may_come(tmp_path: Path) -> None:
    live = ConfigReloader(tmp_path / "config", "https://feeds.example")
    assert not live.refresh(print)
    assert live.problems == ()
    configure(tmp_path / "config", site={"title": "Come"})
    wait_for(lambda: live.refresh(print), "the new configuration")
    assert live.config.site.title == "Come"


def test_a_process_that_is_started_later_uses_the_last_good_configuration(tmp_path: Path) -> None:
    kept, base = tmp_path / "kept.json", "https://feeds.example"
    board = {"include": {"topics": "AI"}, "private": True}
    folder = configure(tmp_path / "config", site={"title": "Good"}, sets={"board": board})
    good = ConfigReloader(folder, base, kept).config.digests
    said: list[str] = []

    def started() -> ConfigReloader:
        live = ConfigReloader(folder, base, kept)
        live.refresh(lambda problems: said.extend(map(str, problems)))
        return live

    # Nothing is wrong, and nothing has changed.
    live = ConfigReloader(folder, base, kept)
    assert live.config.digests == good
    assert not live.refresh(print)
    # A set that is half written is not opened by a process that has just begun.
    half = (folder / "sets.yaml").read_text()
    configure(folder, sets={"board": {"include": {"topics": "AI"}}})
    assert started().config.sets["board"].private
    written(folder / "sets.yaml", half, ago=5)
    # What is wrong is refused, whole.
    written(folder / "site.yaml", "titel: Bad\n", ago=5)
    live = started()
    assert live.config.digests == good
    assert said == [str(problem) for problem in live.problems] != []
    # Without the folder as well.
    away = folder.rename(tmp_path / "away")
    live = started()
    assert live.config.digests == good
    assert "is gone; its last content stays in use" in said[-1]
    away.rename(folder)
    written(folder / "site.yaml", "title: Better\n", ago=5)
    assert live.refresh(print)
    assert live.config.site.title == "Better"
    (folder / "site.yaml").write_text("titel: Bad\n")
    assert started().config.site.title == "Better"


def test_what_editors_leave_beside_a_file_delays_no_change(live: Live) -> None:
    """A lock of Emacs is a link to nowhere."""
    (live.folder / ".#sets.yaml").symlink_to("ada@host.4711:1600000000")
    live.configure(1_700_000_000, sets=sets(s5={"title": "Renamed", "include": {"min_quality": 5}}))
    assert b"Renamed" in ask(live.client, "/sets/s5.rss").body


def test_a_link_to_nowhere_is_reported_and_forgotten_once_it_is_gone(live: Live) -> None:
    stray = live.folder / "zz.yaml"
    stray.symlink_to(live.folder / "nowhere")
    configure(live.folder, sets=sets(s5={"title": "Renamed", "include": {"min_quality": 5}}))
    wait_for(
        lambda: bool(live.client.get("/readyz").json()["config_problems"]),
        "the configuration's problems",
    )
    stray.unlink()
    wait_for(lambda: live.client.get("/readyz").json()["config"] == "good", "a good configuration")
    wait_for(lambda: b"Renamed" in ask(live.client, "/sets/s5.rss").body, "the set's new title")


def test_a_bundle_changes_with_its_members(live: Live) -> None:
    before = live.all()
    changed = {"title": "Set 3", "include": {"min_quality": 25}}
    live.configure(1_600_000_500, sets=sets(s3=changed))
    wait_for(
        lambda: dated(ask(live.client, "/sets/around.rss")) == 1_600_000_500,
        "the bundle's new date",
    )
    assert live.differing(before) == {"/sets/s3.rss", "/sets/around.rss", "/sets/around.opml"}


def test_a_title_of_a_set_changes_the_lists_and_dates_them(live: Live) -> None:
    before = live.all()
    changed = {"title": "Renamed", "include": {"min_quality": 5}}
    lists = {"/feeds.json", "/feeds.opml", "/"}
    configure(live.folder, sets=sets(s5=changed))
    # Made anew before ingest has noted the change, and again then.
    wait_for(
        lambda: all(b"Renamed" in ask(live.client, target).body for target in lists),
        "the new title in all lists",
    )
    live.note(1_600_000_500)
    wait_for(
        lambda: {dated(ask(live.client, one)) for one in lists} == {1_600_000_500},
        "the new date of all lists",
    )
    assert live.differing(before) == {*lists, "/sets/s5.rss"}


def test_a_set_that_is_added_or_taken_away_dates_the_lists_and_nothing_else(live: Live) -> None:
    before = live.all()
    live.configure(1_600_000_500, sets=sets(new={"include": {"topics": "Topic 1"}}))
    wait_for(lambda: dated(ask(live.client, "/feeds.opml")) == 1_600_000_500, "the list's new date")
    assert live.differing(before) == {"/feeds.json", "/feeds.opml", "/"}
    assert ask(live.client, "/sets/new.rss").status == 200
    live.configure(1_600_000_600, sets=sets())
    wait_for(
        lambda: dated(ask(live.client, "/feeds.opml")) == 1_600_000_600,
        "the list's second new date",
    )
    assert live.differing(before) == {"/feeds.json", "/feeds.opml", "/"}
    assert {target: one.body for target, one in live.all().items()} == {
        target: one.body for target, one in before.items()
    }
    assert ask(live.client, "/sets/new.rss").status == 404


def test_a_change_of_the_site_changes_everything(live: Live) -> None:
    before = live.all()
    live.configure(1_600_000_500, site={"title": "Other"})
    wait_for(lambda: live.differing(before) == set(before), "a change of every document")


def test_comments_and_layout_change_nothing(live: Live) -> None:
    before = live.all()
    path = live.folder / "sets.yaml"
    seen = service_of(live.client).config
    path.write_text(f"# a comment\n\n{path.read_text()}\n")
    wait_for(lambda: service_of(live.client).config is not seen, "the new configuration")
    assert live.differing(before) == set()


def _stays(problems: Sequence[Problem]) -> str:
    errors = "1 error" if len(problems) == 1 else f"{len(problems)} errors"
    return f"the configuration is refused because of {errors}; the last good one stays in use"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("s1: {include: {topcis: AI}}", "sets.yaml:1:16: error: s1.include.topcis: is not a"),
        ("s1: {include: {topics: AI}}\ns1: {include: {topics: AI}}", "sets.yaml:2:1: error: s1"),
        ("s1:\n\tinclude: {topics: AI}", "sets.yaml:2:1: error: yaml: is indented with a tab"),
        ("s1: {members: [/sets/s2]}\ns2: {members: [/sets/s1]}", "leads back to itself"),
        ("&a [*a]", "sets.yaml:1:"),
        ("s1: " + "[" * 200 + "]" * 200, "sets.yaml:1:"),
        ("s1: &a {include: {topics: AI}}\ns2: !!python/object:os.system {}", "sets.yaml:2:5"),
        ("s1: {include: {since: soon}, limit: 900}", "s1.limit: is '900'"),
        ("? [a]\n: {}", "sets.yaml:1:3"),
        ("..: {include: {topics: AI}}", "..: .. cannot be used in an address"),
        ("ai.rss: {include: {topics: AI}}", "write ai-rss"),
        ("a/b: {include: {topics: AI}}", "write a-b"),
    ],
)
def test_an_invalid_change_is_refused_whole_and_reported(
    live: Live, written: str, told: str, caplog: pytest.LogCaptureFixture
) -> None:
    before = live.all()
    (live.folder / "sets.yaml").write_text(written)
    (live.folder / "site.yaml").write_text("title: Good in itself\n")
    wait_for(
        lambda: bool(live.client.get("/readyz").json()["config_problems"]),
        "the configuration's problems",
    )
    ready = live.client.get("/readyz")
    assert ready.status_code == 200
    # Anyone may read this, and a problem may name what is private.
    assert type(ready.json()["config_problems"]) is int
    assert told in "\n".join(map(str, service_of(live.client).live.problems))
    assert told in caplog.text
    assert caplog.messages.count(_stays(service_of(live.client).live.problems)) == 1
    assert live.differing(before) == set()
    configure(live.folder, sets=sets(), site={"title": "News"})
    wait_for(lambda: live.client.get("/readyz").json()["config"] == "good", "a good configuration")
    assert {target: one.body for target, one in live.all().items()} == {
        target: one.body for target, one in before.items()
    }


@pytest.mark.parametrize("below", ["config", "seeds"])
def test_the_file_of_authors_is_remembered_with_the_last_good_configuration(
    tmp_path: Path, below: str
) -> None:
    folder, seeds, kept = tmp_path / "config", tmp_path / "seeds", tmp_path / "kept.json"
    configure(folder, articles={"authors": "data/authors.yml"})
    authors = tmp_path / below / "data" / "authors.yml"
    authors.parent.mkdir(parents=True)
    authors.write_text("jo: Jo\n")
    ConfigReloader(folder, "https://feeds.example", kept, seeds)
    authors.write_text("jo: [\n")
    live = ConfigReloader(folder, "https://feeds.example", kept, seeds)
    assert live.config.articles.authors["jo"].name == "Jo"
    wait_for(lambda: live.refresh(print) or live.problems, "the problem")
    assert live.config.articles.authors["jo"].name == "Jo"


def test_while_the_folder_of_articles_is_away_their_authors_stay_in_force(tmp_path: Path) -> None:
    folder, seeds, away = tmp_path / "config", tmp_path / "seeds", tmp_path / "away"
    configure(folder, articles={"authors": "authors.yaml"})
    started = ConfigReloader(folder, "https://feeds.example", seeds=seeds)  # before it is there
    assert started.config.articles.authors == {}
    seeds.mkdir()
    (seeds / "authors.yaml").write_text("jo: Jo\n")
    live = ConfigReloader(folder, "https://feeds.example", seeds=seeds)
    for reloader_ in (started, live):
        wait_for(lambda: reloader_.refresh(print) or reloader_.config.articles.authors, "authors")
    seeds.rename(away)
    configure(folder, site={"title": "Changed"})
    wait_for(lambda: live.refresh(print), "the other change")
    assert live.config.articles.authors["jo"].name == "Jo"
    assert not live.problems
    away.rename(seeds)
    (seeds / "authors.yaml").unlink()
    wait_for(lambda: live.refresh(print) or live.problems, "the problem")
    assert live.config.articles.authors["jo"].name == "Jo"
