"""Ids that articles give themselves: feeds, tombstones and related coverage write them."""

import json
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from feeds.catalog.database import FILE
from feeds.model import Format
from feeds.problems import Problem
from tests.support.application import ingest, serving
from tests.support.commands import Run
from tests.support.examples import BASE, Fields, article, id_of
from tests.support.feed_readers import read
from tests.support.folders import configure, put
from tests.support.valid import complaints
from tests.support.valid.atom import TOMBSTONES
from tests.support.waiting import wait_for

GUID: Final = "tag:example.org,2020:one"
FEEDS: Final = [f"/all.{format}" for format in Format]


def urn(number: int) -> str:
    return f"urn:uuid:{id_of(number)}"


class Site:
    """A site whose articles come, change and go."""

    def __init__(self, folder: Path, client: TestClient) -> None:
        self.client = client
        self.problems: list[Problem] = []
        self._folder = folder
        self._now = 1_600_000_000

    def put(self, **files: Fields | None) -> None:
        """Write or delete articles, by the names of their files, and ingest them."""
        seeds = self._folder / "seeds"
        seeds.mkdir(exist_ok=True)
        for name, fields in files.items():
            path = seeds / f"{name}.json"
            path.write_text(json.dumps(fields)) if fields else path.unlink()
        self._now += 1000
        ingest(seeds, self._folder / "data", self._now, self.problems)

    def ids(self, path: str = "/all") -> list[str]:
        """Return the ids in a feed, which are the same in all formats."""
        found = []
        for format in Format:
            body = self.client.get(f"{path}.{format}").content
            assert complaints(body, format, f"{BASE}{path}.{format}") == []
            found.append([entry.id for entry in read(body, format).entries])
        assert found[0] == found[1] == found[2]
        return found[0]

    def is_then(self, *ids: str, path: str = "/all") -> None:
        """Wait until a feed has just these ids."""
        for format in Format:
            wait_for(
                lambda: self._ids(path, format) == list(ids),
                f"{ids} in {path}.{format}, not {self._ids(path, format)}",
            )
        assert self.ids(path) == list(ids)

    def _ids(self, path: str, format: Format) -> list[str]:
        entries = read(self.client.get(f"{path}.{format}").content, format).entries
        return [entry.id for entry in entries]

    def gone(self, path: str = "/all") -> list[str]:
        """Return the ids of the tombstones in a feed."""
        document = ET.fromstring(self.client.get(f"{path}.atom").content)
        return [one.get("ref", "") for one in document.iter(f"{TOMBSTONES}deleted-entry")]


@contextmanager
def running(folder: Path, **files: Fields) -> Iterator[Site]:
    with serving(folder / "data", folder / "config") as client:
        made = Site(folder, client)
        made.put(**files)
        yield made


def test_feeds_write_the_id_that_an_article_gives_itself(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1, id=GUID), b=article(2)) as made:
        assert made.ids() == [urn(2), GUID]
        rss = made.client.get("/all.rss").text
        assert f'<guid isPermaLink="false">{GUID}</guid>' in rss
        assert made.client.get(f"/stories/{id_of(1)}.atom").status_code == 200


def test_an_address_as_an_id_is_no_link(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1, guid="https://old.example/?p=1")) as made:
        assert '<guid isPermaLink="false">https://old.example/?p=1</guid>' in (
            made.client.get("/all.rss").text
        )


def test_an_article_that_gains_changes_or_loses_its_id_stays_one_entry(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1), b=article(2)) as made:
        for given, id in ((GUID, GUID), (f"{GUID}x", f"{GUID}x"), (None, urn(1))):
            before = {feed: made.client.get(feed) for feed in FEEDS}
            made.put(a=article(1, id=given) if given else article(1))
            made.is_then(urn(2), id)
            assert made.gone() == []
            for feed in FEEDS:
                after = made.client.get(feed)
                for name in ("etag", "last-modified"):
                    assert after.headers[name] != before[feed].headers[name]


def test_a_tombstone_has_the_id_that_feeds_wrote(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1, id=GUID), b=article(2)) as made:
        made.put(a=None)
        made.is_then(urn(2))
        assert made.gone() == [GUID]
        made.put(a=article(1, id=GUID))
        made.is_then(urn(2), GUID)
        assert made.gone() == []
        made.put(a=article(1, id=GUID, draft=True))
        made.is_then(urn(2))
        assert made.gone() == [GUID]


def test_a_tombstone_keeps_its_id_in_a_catalog_that_is_rebuilt(tmp_path: Path) -> None:
    with running(
        tmp_path, a=article(1, id=GUID), b=article(2, id="tag:example.org,2020:b"), c=article(3)
    ) as made:
        made.put(a=None)
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as database:
        database.execute("UPDATE alembic_version SET version_num = '0007'")
        database.commit()
    (tmp_path / "seeds" / "b.json").unlink()  # it goes while the catalog cannot be used
    with running(tmp_path) as made:
        assert made.ids() == [urn(3)]
        assert made.gone() == ["tag:example.org,2020:b", GUID]


def test_the_story_of_a_withdrawn_article_is_410_under_its_address(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1, id=GUID), b=article(2)) as made:
        made.put(a=None)
        made.is_then(urn(2))
        assert made.client.get(f"/stories/{id_of(1)}.atom").status_code == 410


# --- related coverage --------------------------------------------------------------------


def related(made: Site, path: str = "/all") -> list[str]:
    """Return the ids of what the oldest article of a feed names as related."""
    item = made.client.get(f"{path}.json").json()["items"][-1]
    return [other["id"] for other in item["_feeds"]["related"]]


def test_related_coverage_is_named_by_the_id_that_feeds_write_for_it(tmp_path: Path) -> None:
    parent = article(
        1, related=[article(2), article(3, id="tag:example.org,2020:three")], provider="P"
    )
    path = "/providers/news.example.com"
    with running(tmp_path, a=parent, z=article(9, url="https://o.example/9")) as made:
        assert related(made, path) == [urn(2), "tag:example.org,2020:three"]
        other = made.client.get("/providers/o.example.rss")
        before = made.client.get("/all.json")
        made.put(b=article(2, id=GUID))
        wait_for(
            lambda: related(made) == [GUID, "tag:example.org,2020:three"], "the id of its own file"
        )
        after = made.client.get("/all.json")
        assert after.headers["last-modified"] != before.headers["last-modified"]
        made.put(b=article(2, id=GUID, title="Other"))
        made.put(b=None)
        wait_for(
            lambda: related(made) == [urn(2), "tag:example.org,2020:three"], "the id of the mention"
        )
        assert made.client.get("/providers/o.example.rss").content == other.content


def test_a_feed_without_the_article_is_dated_by_the_id_of_its_related_coverage(
    tmp_path: Path,
) -> None:
    """The parent is in it alone."""
    parent = article(1, related=[article(2, provider={"domain": "two.example"})])
    parent |= {"provider": {"domain": "one.example"}}
    path = "/providers/one.example.json"
    with running(tmp_path, a=parent) as made:
        before = made.client.get(path)
        made.put(b=article(2, provider={"domain": "two.example"}, id=GUID))
        wait_for(lambda: related(made, "/providers/one.example") == [GUID], "the id")
        after = made.client.get(path)
        for name in ("etag", "last-modified"):
            assert after.headers[name] != before.headers[name]
        items = [answer.json()["items"][0]["date_modified"] for answer in (before, after)]
        assert items[0] == items[1]


def test_the_id_of_a_draft_is_not_known_from_an_article_that_names_it(tmp_path: Path) -> None:
    parent = article(1, related=[article(2)])
    with running(
        tmp_path, a=parent, b=article(2, id="tag:example.org,2020:secret", draft=True)
    ) as made:
        assert related(made) == [urn(2)]
        assert made.ids() == [urn(1)]


# --- one id, several articles --------------------------------------------------------------


def test_of_two_articles_with_one_id_the_one_whose_address_comes_first_has_it(
    tmp_path: Path,
) -> None:
    """And the other has it as soon as that one goes, and gives it back."""
    with running(tmp_path, b=article(2, id=GUID)) as made:
        assert made.ids() == [GUID]
        before = made.client.get("/all.rss")
        made.put(a=article(1, id=GUID))
        made.is_then(urn(2), GUID)
        (problem,) = made.problems
        assert str(problem) == (
            "b.json:1:97: warning: id: is the id of news.example.com/1 too, so feeds write the id "
            "of this article's address; give each article an id of its own, or take this one out"
        )
        after = made.client.get("/all.rss")
        assert after.headers["last-modified"] != before.headers["last-modified"]
        made.put(a=None)
        made.is_then(GUID)
        assert made.gone() == []  # the id is not gone
        made.put(a=article(1, id=GUID, draft=True))
        assert made.ids() == [GUID]  # a draft is not known from it
        assert len(made.problems) == 2
        made.put(b=article(2))
        made.is_then(urn(2))


def test_the_feed_of_the_other_is_dated_when_it_gets_another_id(tmp_path: Path) -> None:
    other = article(2, id=GUID, provider={"domain": "two.example"})
    with running(tmp_path, b=other, c=article(3, url="https://three.example/")) as made:
        path, untouched = "/providers/two.example.atom", "/providers/three.example.atom"
        before, same = made.client.get(path), made.client.get(untouched)
        made.put(a=article(1, id=GUID))
        made.is_then(urn(2), path="/providers/two.example")
        after = made.client.get(path)
        assert after.headers["last-modified"] != before.headers["last-modified"]
        assert made.client.get(untouched).headers["etag"] == same.headers["etag"]
        dates = [read(answer.content, Format.ATOM).entries[0].updated for answer in (before, after)]
        assert dates[0] == dates[1]


@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_files_does_not_decide_who_has_an_id(tmp_path: Path, seed: int) -> None:
    names = list("abcd")
    random.Random(seed).shuffle(names)
    given = [article(number, id=GUID) for number in range(1, 5)]
    with running(tmp_path) as made:
        made.put(x=article(9))
        for name, fields in zip(names, given, strict=True):
            made.put(**{name: fields})
        made.is_then(urn(9), urn(4), urn(3), urn(2), GUID)
    fresh = tmp_path / "fresh"
    ingest(tmp_path / "seeds", fresh)
    with serving(fresh) as client:
        entries = read(client.get("/all.atom").content, Format.ATOM).entries
        assert [entry.id for entry in entries] == [urn(9), urn(4), urn(3), urn(2), GUID]


def test_the_id_of_another_articles_address_is_free_only_without_that_article(
    tmp_path: Path,
) -> None:
    """An article that moves keeps its id by naming it."""
    with running(tmp_path, old=article(1), b=article(2)) as made:
        made.put(new=article(3, id=str(id_of(1))))
        made.is_then(urn(3), urn(2), urn(1))
        assert [problem.code for problem in made.problems] == ["shared-id"]
        assert "the article at the address that it is made of" in str(made.problems[0])
        made.put(old=None)
        made.is_then(urn(1), urn(2))
        assert made.gone() == []
        assert read(made.client.get("/all.rss").content, Format.RSS).entries[0].title == "Title 3"
        made.put(old=article(1))
        made.is_then(urn(3), urn(2), urn(1))


def test_the_id_of_its_own_address_is_no_other(tmp_path: Path) -> None:
    with running(tmp_path, a=article(1, id=urn(1))) as made:
        assert made.ids() == [urn(1)]
        assert made.problems == []


# --- commands ------------------------------------------------------------------------------


@pytest.mark.parametrize("argument", [GUID, "https://news.example.com/1", urn(1)])
def test_explain_takes_the_address_and_both_ids(run: Run, tmp_path: Path, argument: str) -> None:
    ingest(put(tmp_path / "seeds", article(1, id=GUID)), tmp_path / "data")
    ran = run("explain", argument, "--data", str(tmp_path / "data"))
    assert ran.status == 0
    assert f"  id         {urn(1)}\n  given id   {GUID}\n" in ran.out


def test_explain_says_who_does_not_have_an_id_and_finds_what_is_withdrawn(
    run: Run, tmp_path: Path
) -> None:
    seeds, data = put(tmp_path / "seeds", article(1, id=GUID), article(2, id=GUID)), "--data"
    ingest(seeds, tmp_path / "data")
    both = run("explain", GUID, data, str(tmp_path / "data"))
    assert f"  given id   {GUID}\n" in both.out
    assert "Title 1" in both.out
    second = run("explain", urn(2), data, str(tmp_path / "data"))
    assert "which another article has: feeds write the id above" in second.out
    for number in (1, 2):
        (seeds / f"{number}.json").unlink()
    put(seeds / "more", article(3))
    ingest(seeds, tmp_path / "data", 1_600_001_000)
    gone = run("explain", GUID, data, str(tmp_path / "data"))
    assert "withdrawn on 2020-09-13" in gone.err


def test_check_names_articles_that_give_one_id(run: Run, tmp_path: Path) -> None:
    given: list[dict[str, Any]] = [
        article(2, id=GUID, related=[article(5, id="tag:example.org,2020:five")]),
        article(1, id=GUID),
        article(3, id=str(id_of(4))),
        article(4, id="tag:example.org,2020:four"),
        article(6, related=[article(5, id="tag:example.org,2020:six")]),
    ]
    seeds, config = put(tmp_path / "seeds", *given), configure(tmp_path / "config")
    ran = run("check", "--seeds", str(seeds), "--config", str(config))
    lines = [line for line in ran.out.splitlines() if "is the id of" in line]
    assert len(lines) == 2
    assert lines[0].startswith("1.json:1:")
    assert "of news.example.com/1 too" in lines[0]
    assert lines[1].startswith("3.json:1:")
    assert "at the address that it is made of" in lines[1]


# --- articles that are held, and that expire -------------------------------------------------


def test_what_is_held_does_not_take_the_id_of_what_is_out(tmp_path: Path) -> None:
    held = article(1, id=GUID, date="2020-12-01T00:00:00Z")
    with running(tmp_path, b=article(2, id=GUID), c=article(3, related=[article(1)])) as made:
        made.put(a=held)
        made.is_then(urn(3), GUID)
        made.put(a=held | {"date": "2020-01-01T00:00:00Z"})
        made.is_then(urn(3), urn(2), GUID)


def test_a_tombstone_of_what_has_expired_has_its_id_also_in_a_new_catalog(tmp_path: Path) -> None:
    expired = article(1, id=GUID, expires="2020-02-01T00:00:00Z")
    with running(tmp_path, a=expired, b=article(2)) as made:
        assert made.ids() == [urn(2)]
        assert made.gone() == [GUID]


def test_what_had_expired_at_first_does_not_bury_the_article_whose_id_it_gives(
    tmp_path: Path,
) -> None:
    expired = article(1, id=urn(2), expires="2020-02-01T00:00:00Z")
    with running(tmp_path, a=expired, b=article(2)) as made:
        assert made.ids() == [urn(2)]
        assert made.gone() == []
