"""A serving process follows the catalog, whatever becomes of it."""

import asyncio
import os
import threading
from pathlib import Path

import pytest

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config.reloader import ConfigReloader
from feeds.selection.site_view import SiteView
from feeds.server.state import Service
from tests.support.application import ingest, service_of, serving
from tests.support.examples import BASE
from tests.support.folders import configure
from tests.support.paths import CONFIG
from tests.support.waiting import LONGEST_WAIT, wait_for

ARTICLE = (
    "---\ntitle: {}\nurl: https://example.org/{}\ndate: 2020-01-0{}T00:00:00Z\ntopics: [{}]\n---\n"
)


def article(seeds: Path, name: str, title: str, day: int = 1, topic: str = "AI") -> None:
    seeds.mkdir(exist_ok=True)
    (seeds / f"{name}.md").write_text(ARTICLE.format(title, name, day, topic))


def test_the_first_answer_after_an_ingest_knows_its_new_topics(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One")
    ingest(seeds, data)
    with serving(data) as client:
        assert client.get("/all.json").json()["items"][0]["tags"] == ["AI"]
        for n in range(20):
            article(seeds, f"n{n}", "Another", 2, f"Topic {n}")
            ingest(seeds, data, now=1_700_000_000)
            # Not in the cache: rendered from what is there at this very moment.
            answer = client.get(f"/topics/topic-{n}.json")
            assert answer.status_code == 200
            assert answer.json()["items"][0]["tags"] == [f"Topic {n}"]


def test_a_name_that_comes_to_be_spelled_otherwise_is_shown_so(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    named = ARTICLE.removesuffix("---\n") + "provider: {{name: {}, domain: example.org}}\n---\n"
    seeds.mkdir()
    (seeds / "a.md").write_text(named.format("One", "a", 1, "Kelp", "Before"))
    ingest(seeds, data)
    with serving(data) as client:
        assert "Before" in client.get("/providers/example.org.json").json()["title"]
        assert client.get("/topics/kelp.json").json()["title"].startswith("Kelp")
        for path, topic, name in (
            ("/providers/example.org", "Kelp", "Afterwards"),
            ("/topics/kelp", "KELP", "KELP"),
        ):
            (seeds / "a.md").write_text(named.format("One", "a", 1, topic, "Afterwards"))
            ingest(seeds, data, now=1_700_000_000)
            wait_for(
                lambda: name in client.get(f"{path}.json").json()["title"],
                f"the new name of {path}",
            )


def test_a_list_of_a_set_is_dated_by_the_names_that_it_shows(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    config = configure(
        tmp_path / "config", sets={"bun": {"title": "B", "members": ["/providers/example.org"]}}
    )
    named = ARTICLE.removesuffix("---\n") + "provider: {{name: {}, domain: example.org}}\n---\n"
    seeds.mkdir()
    (seeds / "a.md").write_text(named.format("One", "a", 1, "AI", "Before"))
    ingest(seeds, data)
    with serving(data, config) as client:
        before = client.get("/sets/bun.opml")
        assert "Before" in before.text
        (seeds / "a.md").write_text(named.format("One", "a", 1, "AI", "Afterwards"))
        ingest(seeds, data, now=1_700_000_000)
        wait_for(lambda: "Afterwards" in client.get("/sets/bun.opml").text, "the new name")
        since = {"If-Modified-Since": before.headers["last-modified"]}
        assert client.get("/sets/bun.opml", headers=since).status_code == 200


def test_a_catalog_deleted_and_built_again_is_taken_up(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "Before")
    ingest(seeds, data)
    with serving(data) as client:
        assert "Before" in client.get("/all.rss").text
        for file in data.iterdir():
            # SQLite itself deletes the -wal and -shm of a database that is closed meanwhile.
            file.unlink(missing_ok=True)
        assert "Before" in client.get("/all.rss").text  # what is cached goes on
        article(seeds, "a", "Afterwards")
        ingest(seeds, data)
        wait_for(lambda: "Afterwards" in client.get("/all.rss").text, "the new catalog")


def test_before_the_first_ingest_it_asks_for_patience_and_then_serves(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One")
    with serving(data) as client:
        answer = client.get("/all.rss")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert client.get("/healthz").status_code == 200
        assert client.get("/readyz").status_code == 503
        ingest(seeds, data)
        wait_for(lambda: client.get("/readyz").status_code == 200, "readiness")
        assert client.get("/all.rss").status_code == 200


def test_a_catalog_that_cannot_be_read_leaves_what_is_cached(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One")
    ingest(seeds, data)
    with serving(data) as client:
        good = client.get("/all.rss")
        (data / "catalog.db").write_bytes(b"no database at all, but long enough to be opened" * 50)
        wait_for(lambda: "catalog.db" in caplog.text, "the message that it cannot be read")
        assert client.get("/all.rss").content == good.content
        refused = client.get("/providers/example.org.rss")
        assert refused.status_code == 503
        assert refused.headers["retry-after"]
        assert "Traceback" not in refused.text


def test_a_change_touches_only_the_feeds_it_is_in(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One", topic="Art")
    article(seeds, "b", "Two", topic="Music")
    ingest(seeds, data)
    with serving(data) as client:
        art, music = (client.get(f"/topics/{name}.rss") for name in ("art", "music"))
        article(seeds, "b", "Changed", topic="Music")
        ingest(seeds, data, now=1_700_000_000)
        wait_for(
            lambda: client.get("/topics/music.rss").headers["etag"] != music.headers["etag"],
            "the changed document",
        )
        again = client.get("/topics/art.rss")
        assert again.content == art.content
        assert again.headers["etag"] == art.headers["etag"]
        assert again.headers["last-modified"] == art.headers["last-modified"]
        changed = client.get("/topics/music.rss")
        assert changed.headers["last-modified"] != music.headers["last-modified"]


def test_a_catalog_at_rest_is_not_asked_and_every_commit_ends_that(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One")
    ingest(seeds, data)
    service = Service(ConfigReloader(CONFIG, BASE), data)
    follower = service.follower

    def asks() -> bool:
        """Whether the next look would be more than a glance at the files; it is taken."""
        quiet = follower._is_quiet()
        follower._look()
        return not quiet

    def age() -> None:
        for file in data.iterdir():
            os.utime(file, (1_700_000_000, 1_700_000_000))

    assert asks()  # it was never asked
    assert asks()  # what is fresh may be written again without its time moving
    age()
    assert [asks(), asks(), asks()] == [True, False, False]
    with open_to_write(data) as engine:  # so that the log stays
        writer = Writer(engine)
        for now in range(1_700_000_001, 1_700_000_004):
            writer.record_settings(now, {"site": str(now)})
            assert asks()
    age()
    assert [asks(), asks()] == [True, False]
    (data / "catalog.db").rename(data / "elsewhere")
    assert not follower._is_quiet()
    service.close()


def test_a_change_of_configuration_takes_effect_and_a_bad_one_is_refused_whole(
    tmp_path: Path,
) -> None:
    seeds, data, config = tmp_path / "seeds", tmp_path / "data", tmp_path / "config"
    article(seeds, "a", "One")
    config.mkdir()
    site = config / "site.yaml"
    site.write_text("title: Before\n")
    ingest(seeds, data)
    with serving(data, config) as client:
        assert "<title>Before</title>" in client.get("/all.rss").text
        site.write_text("title: Afterwards\n")
        wait_for(lambda: "Afterwards" in client.get("/all.rss").text, "the new title")
        assert client.get("/readyz").json()["config"] == "good"
        good = client.get("/all.rss")
        site.write_text("titel: Misspelled\n")
        wait_for(lambda: client.get("/readyz").json()["config_problems"] == 1, "the problem")
        assert "site.yaml:1:" in str(service_of(client).live.problems[0])
        assert client.get("/all.rss").content == good.content
        site.write_text("title: Afterwards\n")
        wait_for(lambda: client.get("/readyz").json()["config"] == "good", "a good configuration")
        assert client.get("/all.rss").headers["etag"] == good.headers["etag"]


def test_few_read_at_a_time_however_many_ask(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    article(seeds, "a", "One")
    ingest(seeds, data)
    reading, most = 0, 0
    meeting = threading.Barrier(2)  # each waits for another

    def work(view: SiteView) -> None:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        meeting.wait(LONGEST_WAIT)
        reading -= 1

    async def run() -> None:
        service = Service(ConfigReloader(CONFIG, "https://feeds.example.org"), data)
        await asyncio.gather(*(service.catalog.read(work) for _ in range(50)))

    asyncio.run(run())
    assert most == 2
