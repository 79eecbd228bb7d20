"""Stories: an article with everything that any file names together with it."""

import json
import re
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.model import Format
from tests.support.application import ingest, site
from tests.support.examples import BASE, Fields, article, id_of
from tests.support.folders import put
from tests.support.html_pages import check
from tests.support.requests import ask
from tests.support.waiting import wait_for

MAIN = article(1, topics=["AI"], related=[article(2), article(3)])
LATER = 1_700_000_000


def titles(client: TestClient, number: int) -> list[str]:
    body = ask(client, f"/stories/{id_of(number)}.json").body
    return [item["title"] for item in json.loads(body)["items"]]


def test_a_story_has_the_article_and_all_its_coverage(tmp_path: Path) -> None:
    with site(tmp_path, MAIN, article(9)) as client:
        assert titles(client, 1) == ["Title 3", "Title 2", "Title 1"]


def test_what_is_related_has_the_same_story(tmp_path: Path) -> None:
    with site(tmp_path, MAIN) as client:
        assert titles(client, 2) == titles(client, 3) == titles(client, 1)


def test_an_article_alone_is_a_story_of_one(tmp_path: Path) -> None:
    with site(tmp_path, MAIN, article(9)) as client:
        assert titles(client, 9) == ["Title 9"]


def test_files_that_name_the_same_article_make_one_story(tmp_path: Path) -> None:
    other = article(5, related=[article(2), article(6)])
    with site(tmp_path, MAIN, other) as client:
        assert titles(client, 2) == ["Title 6", "Title 5", "Title 3", "Title 2", "Title 1"]
        assert titles(client, 1) == ["Title 3", "Title 2", "Title 1"]


@pytest.mark.parametrize("topics", [["AI"], ["AI", "Police"], []])
def test_a_story_grows_as_coverage_arrives(topics: list[str], tmp_path: Path) -> None:
    with site(tmp_path, MAIN, article(9, provider={"domain": "other.example"})) as client:
        before = ask(client, f"/stories/{id_of(2)}.atom")
        new = article(7, topics=topics, provider={"domain": "new.example"}, related=[article(2)])
        put(tmp_path / "seeds", MAIN, article(9), new)
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER)
        wait_for(
            lambda: b"Title 7" in ask(client, f"/stories/{id_of(2)}.atom").body,
            "the new title in the story",
        )
        after = ask(client, f"/stories/{id_of(2)}.atom")
        assert after.headers["etag"] != before.headers["etag"]
        assert after.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_a_story_stays_cached_while_other_things_change(tmp_path: Path) -> None:
    with site(tmp_path, MAIN) as client:
        ask(client, f"/stories/{id_of(1)}.atom")
        renders = counters(client).renders
        other = article(9, topics=["Tea"], provider={"domain": "other.example"})
        put(tmp_path / "seeds", MAIN, other)
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER)
        wait_for(lambda: b"Title 9" in ask(client, "/all.json").body, "the new article")
        ask(client, f"/stories/{id_of(1)}.atom")
        assert counters(client).renders == renders + 1  # of /all.json


def counters(client: TestClient) -> Any:
    app: Any = client.app
    while not hasattr(app, "state"):
        app = app._app
    return app.state.service.cache.counters


def test_a_draft_connects_no_public_articles(tmp_path: Path) -> None:
    draft = article(4, published=False, related=[article(1), article(5)])
    with site(tmp_path, MAIN, article(5), draft) as client:
        assert titles(client, 1) == ["Title 3", "Title 2", "Title 1"]
        assert ask(client, f"/stories/{id_of(4)}").status == 404
    shown: dict[str, Any] = {"defaults": {"unpublished": "include"}}
    with site(tmp_path, MAIN, article(5), draft, site=shown) as client:
        assert "Title 4" in titles(client, 1)


def test_without_related_coverage_a_story_has_only_articles_of_their_own(tmp_path: Path) -> None:
    settings = {"defaults": {"related": "exclude"}}
    with site(tmp_path, MAIN, article(3), site=settings) as client:
        assert titles(client, 1) == ["Title 3", "Title 1"]


@pytest.mark.parametrize(
    ("spelled", "status"),
    [
        ("{id}", 200),
        ("{upper}", 301),
        ("urn:uuid:{id}", 301),
        ("{hex}", 301),
        ("00000000-0000-5000-8000-000000000000", 404),
        ("nothing", 404),
        ("%00", 404),
    ],
)
def test_a_story_has_one_address(spelled: str, status: int, tmp_path: Path) -> None:
    id = id_of(1)
    path = "/stories/" + spelled.format(id=id, upper=str(id).upper(), hex=id.hex)
    with site(tmp_path, MAIN) as client:
        for suffix in ("", ".rss"):
            answer = ask(client, path + suffix)
            assert answer.status == status
            if status == 301:
                assert answer.headers["location"] == f"/stories/{id}{suffix}"


def test_the_story_of_a_withdrawn_article_is_gone(tmp_path: Path) -> None:
    with site(tmp_path, MAIN, article(9)) as client:
        assert ask(client, f"/stories/{id_of(9)}").status == 200
        (tmp_path / "seeds" / "2.json").unlink()
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER)
        wait_for(lambda: ask(client, f"/stories/{id_of(9)}").status == 410, "the story to be gone")
        assert ask(client, f"/stories/{id_of(9)}.rss").status == 410


def test_every_entry_links_to_its_story_in_every_format(tmp_path: Path) -> None:
    story = f"{BASE}/stories/{id_of(9)}"
    with site(tmp_path, article(9)) as client:
        (item,) = json.loads(ask(client, "/all.json").body)["items"]
        assert item["_feeds"]["story"] == story
        link = f'link rel="related" type="text/html" href="{story}"/>'.encode()
        assert b"<" + link in ask(client, "/all.atom").body
        assert b"<atom:" + link in ask(client, "/all.rss").body


def test_the_page_of_a_story_is_a_time_line_by_provider(tmp_path: Path) -> None:
    of = {2: "a.example", 3: "b.example", 4: "a.example"}
    related: list[Fields] = [
        article(number, provider={"domain": domain, "name": domain.upper()})
        for number, domain in of.items()
    ]
    with site(tmp_path, article(1, related=related)) as client:
        page = check(ask(client, f"/stories/{id_of(1)}").body)
        lanes = [one for one in page.all("svg") if one.get("class") == "lane"]
        assert len(lanes) == 3
        dots = page.all("circle")
        assert sum(one.get("class") == "mine" for one in dots) == 1
        assert [f"{one['cx']}" for one in dots if "mine" in one.get("class", "")] == ["2.5%"]
        told = page.words.partition("4 articles, the oldest first")[2]
        assert re.findall(r"Title \d", told) == [f"Title {number}" for number in (1, 2, 3, 4)]
        alternates = [one["href"] for one in page.all("link") if one["rel"] == "alternate"]
        assert alternates == [f"{BASE}/stories/{id_of(1)}.{format}" for format in Format]


def test_a_story_of_very_many_articles_shows_the_newest_and_the_article_itself(
    tmp_path: Path,
) -> None:
    related = [
        article(10) | {"url": f"https://a.example/{number}", "title": f"R {number}"}
        for number in range(250)
    ]
    with site(tmp_path, article(1, related=related)) as client:
        found = titles(client, 1)
        assert len(found) == 200
        assert found[-1] == "Title 1"


def shows(client: TestClient, address: str, what: bytes) -> bool:
    return what in ask(client, address).body


def words_of(client: TestClient, address: str) -> str:
    return " ".join(check(ask(client, address).body).words.split())


def test_a_page_shows_a_story_once_with_the_number_of_its_articles(tmp_path: Path) -> None:
    with site(tmp_path, MAIN, article(9)) as client:
        for address in ("/all", "/providers/news.example.com"):
            page = check(ask(client, address).body)
            cards = [one for one in page.all("li") if one.get("class") == "entry"]
            assert len(cards) == 2
            assert re.findall(r"Full coverage \(\d+\)", page.words) == ["Full coverage (3)"]
        assert "Full coverage (3): Title 1" in words_of(client, "/search?q=title")
        front = words_of(client, "/")
        assert re.findall(r"Title \d|\+\d related", front) == [
            "Title 9",
            "Title 1",
            "+2 related",
            "Title 1",
        ]


def test_a_page_shows_a_story_of_very_many_articles_once(tmp_path: Path) -> None:
    """However many of them the page of the story leaves out."""
    start = datetime(2020, 1, 1, tzinfo=UTC)
    many = [
        article(2, url=f"https://n.example/{number}", date=str(start + timedelta(hours=number)))
        for number in range(300)
    ]
    with site(tmp_path, article(1, related=many)) as client:
        assert words_of(client, "/all").count("Full coverage (200)") == 1


def test_a_page_leads_from_related_coverage_alone_to_its_story(tmp_path: Path) -> None:
    mention = article(2, provider={"domain": "other.example", "name": "Other"})
    with site(tmp_path, article(1, related=[mention])) as client:
        page = check(ask(client, "/providers/other.example").body)
        assert "Full coverage (2)" in page.words
        assert f"/stories/{id_of(2)}" in {one["href"] for one in page.all("a")}


@pytest.mark.parametrize("topics", [["AI"], ["Police"], []])
def test_the_number_on_a_page_follows_the_story(topics: list[str], tmp_path: Path) -> None:
    main = article(8, topics=["AI"], related=[article(2), article(3)])
    with site(tmp_path, main) as client:
        before = ask(client, "/topics/ai")
        assert b"Full coverage (3)" in before.body
        new = article(7, topics=topics, provider={"domain": "new.example"}, related=[article(8)])
        put(tmp_path / "seeds", main, new)
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER)
        wait_for(lambda: b"Full coverage (4)" in ask(client, "/topics/ai").body, "the new number")
        after = ask(client, "/topics/ai")
        assert after.headers["last-modified"] != before.headers["last-modified"]
        (tmp_path / "seeds" / "2.json").unlink()
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER + 100)
        wait_for(lambda: b"Full coverage (3)" in ask(client, "/topics/ai").body, "the old number")
        assert ask(client, "/topics/ai").headers["last-modified"] != after.headers["last-modified"]


def test_a_story_follows_coverage_that_a_file_without_topics_names(tmp_path: Path) -> None:
    """Neither the article nor its topics change when such coverage is withdrawn or returns."""
    seeds, address = tmp_path / "seeds", f"/stories/{id_of(1)}.json"
    own = article(3, provider={"domain": "own.example"})
    naming = article(2, provider={"domain": "new.example"}, related=[article(1), article(3)])
    with site(tmp_path, article(1, topics=["AI"]), own, naming) as client:
        for published, number in ((False, 2), (True, 3)):
            before = ask(client, "/topics/ai"), ask(client, address)
            assert f"Full coverage ({5 - number})".encode() in before[0].body
            put(seeds, article(1, topics=["AI"]), own | {"published": published}, naming)
            ingest(seeds, tmp_path / "data", now=LATER + number * 100)
            shown = f"Full coverage ({number})".encode()
            wait_for(partial(shows, client, "/topics/ai", shown), "the other number")
            after = ask(client, "/topics/ai"), ask(client, address)
            for old, new in zip(before, after, strict=True):
                assert new.headers["last-modified"] != old.headers["last-modified"]
            assert len(json.loads(after[1].body)["items"]) == number


def test_what_a_draft_names_together_does_not_count(tmp_path: Path) -> None:
    draft = article(7, published=False, topics=["AI"], related=[article(1), article(8)])
    with site(tmp_path, MAIN, draft) as client:
        assert "Full coverage (3)" in words_of(client, "/all")
