"""Every page in a made-up language: each word of the interface is translated, or content."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.config.reloader import ConfigReloader
from feeds.server.app import create_app
from feeds.server.state import Service
from feeds.server.tokens import Tokens
from feeds.util.urls import entry_id
from tests.support import pseudo_language
from tests.support.application import ingest, service_of, serving, site
from tests.support.examples import BASE, Fields
from tests.support.folders import configure, put
from tests.support.html_pages import check
from tests.support.pseudo_language import LANGUAGE, OPEN, Words, unmarked
from tests.support.waiting import wait_for

HTML = {"accept": "text/html"}
NOW = datetime(2020, 3, 1, tzinfo=UTC)


def article(number: int, **fields: Any) -> Fields:
    """Return an article of which all words begin with Q."""
    return {
        "title": f"Qtitle {number}",
        "url": f"https://qnews.example/{number}",
        "date": f"2020-02-{number:02}T12:00:00Z",
        "provider": {"name": "Qnews", "domain": "qnews.example"},
        "topics": ["Qai"],
        "excerpt": f"Qsummary {number}",
        **fields,
    }


def coverage(number: int) -> Fields:
    other = {"name": f"Qother {number}", "domain": f"qother{number}.example"}
    return article(number, provider=other)


ARTICLES = [
    article(
        1,
        related=[coverage(20), coverage(21)],
        authors=[{"name": f"Qauthor {n}", "url": "https://q.example/"} for n in range(5)],
        quality=50,
    ),
    article(2, related=[coverage(22)], authors=["Qauthor"], quality=70, topics=["Qai", "Qlaw"]),
    article(3, lang="fr", content="<p>Qcontent</p>", published=False, topics=["Qdrafts"]),
    article(
        4,
        type="video",
        media=["https://q.example/1.mp3", "https://q.example/1.mp4", "https://q.example/1.pdf"],
        enclosure={"url": "https://q.example/2.mp3", "duration": 3723, "title": "Qsound"},
        images=[{"url": "https://q.example/1.png", "title": "Qpicture"}],
    ),
    article(5, topics=["Qlaw"], date="2020-02-05T12:00:00Z"),
]
SETS: dict[str, Any] = {
    "qset": {"title": "Qset", "include": {"topics": ["Qai"]}},
    "qbest": {"title": "Qbest", "sort": "quality", "include": {"topics": ["Qai"]}},
    "qhot": {"title": "Qhot", "sort": "heat", "content": "summary", "related": "exclude",
             "include": {"topics": ["Qai"]}},
    "qfrench": {"title": "Qfrench", "description": "Qdescription", "language": "fr",
                "include": {"topics": ["Qai"]}},
    "qdrafts": {"title": "Qdrafts", "private": True, "unpublished": "include",
                "include": {"topics": ["Qdrafts", "Qai"]}},
    "qonly": {"title": "Qonly", "private": True, "unpublished": "only",
              "include": {"topics": ["Qdrafts"]}},
    "qempty": {"title": "Qempty", "include": {"keywords": ["qnothing"]}},
}  # fmt: skip
TOPICS = [
    {"slug": "qai", "name": "Qai", "description": "Qdescription"},
    {"slug": "qlaw", "name": "Qlaw", "parent": "qai"},
    *({"slug": f"q{number}", "name": f"Q{number}"} for number in range(230)),
]
SITE = {
    "title": "Qsite", "language": LANGUAGE, "author": {"name": "Qauthor"}, "copyright": "Qrights",
    "timezone": "Etc/UTC",
}  # fmt: skip
ID = entry_id("https://qnews.example/1")
PAGES = [
    "/", "/topics", "/topics?page=2", "/providers", "/all", f"/all?before={ID}", "/topics/qai",
    "/topics/qai+qlaw", "/topics/qlaw?provider=qnews.example", "/topics/q7",
    "/providers/qnews.example", "/providers/qnews.example+qother20.example", "/sets/qset",
    "/sets/qbest", "/sets/qhot", "/sets/qfrench", "/sets/qempty", f"/stories/{ID}",
    f"/stories/{entry_id('https://qnews.example/5')}", f"/stories/{ID}?provider=qnews.example",
    "/all?since=7d&min_quality=40&type=article&not_topic=qlaw&q=qsummary&limit=3&content=summary",
    "/search", "/search?q=qai", "/search?q=qtitle", "/search?q=qqq", "/compose",
    "/compose?topic=qai&since=7d&min_quality=40", "/compose?q=qtitle+qsummary&type=video",
    "/compose?q=qqq", "/compose?not_topic=qlaw&limit=7&content=full&since=36h",
]  # fmt: skip
ERRORS = {
    "/nowhere": 404, "/q%0Aq": 404, "/topics/qa": 404, "/providers/qnew.example": 404,
    "/sets/qse": 404,
    "/stories/7": 404, f"/stories/{entry_id('https://qnews.example/77')}": 404,
    "/topics?page=999": 404, "/topics?page=x": 400, "/all?before=7": 400, "/static/q.js": 404,
    "/schema/q.json": 404, "/sets/qdrafts": 401, "/sets/qdrafts?token=q": 401, "/status": 401,
    "/all?limit=0": 400, "/all?since=q": 400, "/all?min_quality=q": 400, "/all?content=q": 400,
    "/all?type=%C3%A4": 400, "/all?q=-": 400, f"/all?q={'q' * 400}": 400,
    f"/all?q={'+'.join(f'q{n}' for n in range(30))}": 400, "/all?limit=1&limit=2": 400,
    f"/all?topic={','.join(f'q{n}' for n in range(30))}": 400, "/all?q=%ff": 400,
    f"/topics/{'+'.join(f'q{n}' for n in range(30))}": 414, f"/all?q={'q' * 9000}": 414,
    "/feeds.opml?format=q": 400, f"/search?q={'q' * 300}": 400, "/compose?topic=qa": 400,
    "/compose?limit=0&since=q&min_quality=q&q=-&content=q&type=%C3%A4": 400,
    "/compose?provider=qnew.example&not_topic=qqq&not_provider=qqq.example": 400,
    f"/compose?q={'q' * 9000}": 414,
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("untranslated")
    config = {"site": SITE, "sets": SETS, "topics": TOPICS}
    with (
        pseudo_language.spoken(folder / "locale", pytest.MonkeyPatch()),
        site(folder, *ARTICLES, clock=lambda: NOW, **config) as client,
    ):
        yield client


def wrong(document: str) -> list[str]:
    return Words(document).wrong


@pytest.mark.parametrize("target", PAGES)
def test_every_word_of_a_page_is_translated_or_content(client: TestClient, target: str) -> None:
    response = client.get(target, headers=HTML, follow_redirects=True)
    assert response.status_code == 200
    assert wrong(response.text) == []


@pytest.mark.parametrize("target", ERRORS)
def test_every_word_of_an_error_is_translated(client: TestClient, target: str) -> None:
    response = client.get(target, headers=HTML)
    assert response.status_code == ERRORS[target]
    assert wrong(response.text) == []
    plain = client.get(target)
    if plain.headers["content-type"].startswith("text/plain"):
        assert unmarked(plain.text) == []


@pytest.mark.parametrize("set", ["qdrafts", "qonly"])
def test_pages_of_private_sets_are_translated(client: TestClient, set: str) -> None:
    token, _ = Tokens(service_of(client).data).create(set, "", NOW)
    for address in (f"/sets/{set}?token={token}", f"/sets/{set}"):
        headers = {**HTML, "authorization": f"Bearer {token}"}
        response = client.get(address, headers=headers)
        assert response.status_code == 200
        assert wrong(response.text.replace(token, "")) == []


@pytest.mark.parametrize(
    "target", ["/", "/topics", "/providers", "/all", "/compose", "/search?q=q"]
)
def test_an_empty_site_is_translated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    with (
        pseudo_language.spoken(tmp_path / "locale", monkeypatch),
        site(tmp_path, site=SITE) as client,
    ):
        response = client.get(target, headers=HTML)
        assert response.status_code == 200
        assert wrong(response.text) == []


def test_the_operator_s_page_is_translated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Problems of files, which commands and the log have too, are in English and say so."""
    folder, now = tmp_path / "data", NOW.timestamp()
    config = configure(tmp_path / "config", site=SITE, sets=SETS)
    kept = [article(number) for number in range(1, 20)]
    held = article(27, date="2999-01-01T00:00:00Z")
    seeds = put(tmp_path / "seeds", *kept, held, {"titel": "Qbad"})
    ingest(seeds, folder, now)
    for number in range(1, 15):  # too many to be withdrawn at once
        (seeds / f"{number}.json").unlink()
    ingest(seeds, folder, now)
    with pseudo_language.spoken(tmp_path / "locale", monkeypatch):
        service = Service(ConfigReloader(config, BASE), folder)
        with TestClient(create_app(service, "token"), base_url=BASE) as client:
            for agent in ("Qreader/1.0", "Qother/1.0 (7 subscribers)"):
                client.get("/all.rss", headers={"user-agent": agent})
            first = client.get("/status?token=token").text
            (config / "site.yaml").write_text("titel: Q")
            wait_for(lambda: service.live.problems, "the problem of the configuration")
            second = client.get("/status?token=token").text
    for page in (first, second):
        assert f"{OPEN}14 deleted articles are still served: " in page
        assert "entries are held" in page or "entry is held" in page
        assert "titel" in page
        assert wrong(page) == []


def test_a_site_without_a_catalog_says_so_in_its_language(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = configure(tmp_path / "config", site=SITE)
    with (
        pseudo_language.spoken(tmp_path / "locale", monkeypatch),
        serving(tmp_path / "data", config) as client,
    ):
        response = client.get("/", headers=HTML)
        assert response.status_code == 503
        assert wrong(response.text) == []
        assert unmarked(client.get("/all.rss").text) == []


def test_a_language_written_from_right_to_left_turns_the_pages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arabic = {**SITE, "language": "ar-EG"}
    with (
        pseudo_language.spoken(tmp_path / "locale", monkeypatch, "ar"),
        site(tmp_path, *ARTICLES, site=arabic) as client,
    ):
        for address in ("/", "/all", "/compose", "/nowhere"):
            [html] = check(client.get(address, headers=HTML).content).all("html")
            assert (html["lang"], html["dir"]) == ("ar", "rtl")


def test_a_page_in_english_for_another_language_says_that_it_is_in_english(tmp_path: Path) -> None:
    with site(tmp_path, *ARTICLES, site={**SITE, "language": "sv"}) as client:
        [html] = check(client.get("/all").content).all("html")
        assert (html["lang"], html["dir"]) == ("en", "ltr")
        assert "<language>sv</language>" in client.get("/all.rss").text
