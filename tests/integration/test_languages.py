"""The language of the site and of a feed set changes the words of their documents, and no other."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.model import Format
from feeds.util.urls import entry_id
from tests.support.application import service_of, site
from tests.support.examples import article
from tests.support.folders import configure
from tests.support.html_pages import check
from tests.support.paths import DATA
from tests.support.requests import Response, ask
from tests.support.waiting import wait_for

NOW = datetime(2020, 2, 1, tzinfo=UTC)
ARTICLES = [
    article(
        1,
        topics=["AI", "Law"],
        provider={"name": "BBC", "domain": "bbc.co.uk"},
        excerpt="The police in London.",
        quality=60,
        related=[article(9, title="Another", provider={"name": "CBC", "domain": "cbc.ca"})],
    ),
    article(2, topics=["AI", "Music"], provider={"name": "CBC", "domain": "cbc.ca"}, type="video"),
    article(3, topics=["Law"], content="<p>At length</p>", images=["https://i.example/1.png"]),
]
SETS: dict[str, dict[str, Any]] = {
    "london": {"title": "London", "include": {"topics": ["ai"]}},
    "paris": {"title": "Paris", "language": "fr-CA", "include": {"topics": ["ai"]}},
    "both": {"title": "Both", "members": ["/topics/ai?not_topic=law", "/providers/cbc.ca"]},
}
STORY = f"/stories/{entry_id('https://news.example.com/1')}"
FEEDS = [
    "/all", "/topics/ai", "/topics/ai+law+music", "/providers/bbc.co.uk+cbc.ca", "/sets/london",
    "/sets/both", STORY, "/topics/ai?topic=law&not_topic=music",
    "/all?not_provider=bbc.co.uk,cbc.ca&type=article,video&min_quality=50.5",
    '/all?q=london+"the+police"', "/all?since=1d", "/all?since=7d", "/all?since=36500d",
    "/all?since=1h", "/all?since=5h", "/all?since=90m", "/all?since=61s", "/all?since=2020-01-31",
    "/sets/london?min_quality=5&since=90d&content=summary", f"{STORY}?provider=cbc.ca",
]  # fmt: skip
LISTS = ["/feeds.opml", "/feeds.json", "/sets/both.opml"]
ENGLISH = DATA / "english-feeds.txt"


def targets() -> Iterator[str]:
    for address in FEEDS:
        path, mark, query = address.partition("?")
        yield from (f"{path}.{format}{mark}{query}" for format in Format)
    yield from LISTS


@contextmanager
def served(folder: Path, now: datetime = NOW, **settings: Any) -> Iterator[TestClient]:
    settings = {"title": "News", **settings}
    with site(folder, *ARTICLES, clock=lambda: now, site=settings, sets=SETS) as client:
        yield client


def text(client: TestClient, target: str) -> str:
    response = client.get(target, follow_redirects=True)
    assert response.status_code == 200, target
    return response.text


def digests(client: TestClient) -> str:
    lines = (
        f"{blake2b(text(client, target).encode(), digest_size=8).hexdigest()} {target}\n"
        for target in targets()
    )
    return "".join(lines)


def test_feeds_in_english_are_to_the_byte_as_before_there_were_other_languages(
    tmp_path: Path,
) -> None:
    """If feeds are meant to have other bytes, write the new digests into the file."""
    with served(tmp_path) as client:
        assert digests(client) == ENGLISH.read_text(encoding="utf-8")


def test_german_feeds_say_everything_of_themselves_in_german(tmp_path: Path) -> None:
    with served(tmp_path, language="de-AT") as client:
        shown = {target: text(client, target) for target in targets()}
    titles = {
        target: re.findall(r"<title[^>]*>(.*?)</title>", shown[f"{target}"])[0]
        for target in shown
        if ".atom" in target
    }
    assert titles["/topics/ai+law+music.atom"] == "AI oder Law oder Music — News"
    assert titles["/all.atom?since=36500d"] == "News, aus den letzten 36500 Tagen"
    assert titles[
        "/all.atom?not_provider=bbc.co.uk,cbc.ca&type=article,video&min_quality=50.5"
    ] == ("News, nicht von BBC oder CBC, Typ Artikel oder Video, Qualität mindestens 50.5")
    assert titles['/all.atom?q=london+"the+police"'] == "News, mit „london“ und „the police“"
    assert "2 Artikel von " in shown[f"{STORY}.rss"]
    assert "Alle Artikel von News" in shown["/all.json"]
    assert "Both, eine Auswahl aus News" in shown["/sets/both.rss"]
    assert '<outline text="Themen">' in shown["/feeds.opml"]
    for target, document in shown.items():
        assert not re.search(r"Source:|Articles|a selection|\bor\b|from the last", document), target


def test_what_joins_words_on_a_page_is_of_its_language(tmp_path: Path) -> None:
    own = article(1, title="AI", topics=["AI"], authors=["Ann", "Bo", "Cy"], type="video")
    other = article(2, title="Law", type="report")
    with site(
        tmp_path, own, other, clock=lambda: NOW, site={"title": "N", "language": "ja"}
    ) as client:
        page = check(client.get("/topics/ai", headers={"accept": "text/html"}).content).words
        narrowed = text(client, "/all.atom?q=london&type=report,video")
        found = check(client.get("/search?q=law", headers={"accept": "text/html"}).content).words
    assert "著者：Ann、Bo、Cy" in page
    assert "「london」を含む" in narrowed
    assert "動画" in page
    assert "reportまたは動画" in narrowed
    assert "report" in found


def test_a_set_in_another_language_speaks_it_in_its_feed_alone(tmp_path: Path) -> None:
    with served(tmp_path) as client:
        feed, other = text(client, "/sets/paris.rss"), text(client, "/sets/london.rss")
        narrowed = text(client, "/sets/paris.rss?since=7d")
        page = text(client, "/sets/paris")
        opml = text(client, "/sets/paris.opml")
    assert "<title>Paris, des 7 derniers jours — News</title>" in narrowed
    assert "Paris, une sélection de News" in feed
    assert "Source : " in feed
    assert "<language>fr-CA</language>" in feed
    assert "Source: " in other
    assert '<html lang="en"' in page
    assert "Paris, une sélection de News" in opml


@pytest.mark.parametrize("feed_set", [False, True])
def test_a_change_of_language_while_serving_changes_documents_and_validators(
    tmp_path: Path, feed_set: bool
) -> None:
    documents = ["/sets/london.rss", "/sets/london"]
    documents += [] if feed_set else ["/all.atom", "/", "/topics", "/compose", "/search?q=x"]
    with served(tmp_path, datetime(2026, 1, 1, tzinfo=UTC)) as client:
        with open_to_write(tmp_path / "data") as engine:
            Writer(engine).finish_scan(1_600_000_000, load(tmp_path / "config").digests)

        def differing() -> bool:
            return all(is_new(before[target], ask(client, target)) for target in documents)

        wait_for(lambda: dated(ask(client, "/")) <= 1_600_000_000, "the date of the scan")
        before = {target: ask(client, target) for target in [*documents, "/topics/ai.rss"]}
        if feed_set:
            german = {**SETS, "london": {**SETS["london"], "language": "de"}}
            folder = configure(tmp_path / "config", sets=german)
        else:
            folder = configure(tmp_path / "config", site={"title": "News", "language": "de"})
        config = service_of(client).config
        wait_for(lambda: service_of(client).config is not config, "the new configuration")
        with open_to_write(tmp_path / "data") as engine:
            Writer(engine).record_settings(1_700_000_000, load(folder).digests)
        wait_for(differing, "documents in German with their own validators")
        for target in documents:
            tag = before[target].headers["etag"]
            again = ask(client, target, headers={"if-none-match": tag})
            assert again.status == 200
            assert feed_set or b'lang="de"' in again.body or target.endswith((".rss", ".atom"))
        assert (ask(client, "/topics/ai.rss") == before["/topics/ai.rss"]) is feed_set


def dated(response: Response) -> float:
    return parsedate_to_datetime(response.headers["last-modified"]).timestamp()


def is_new(before: Response, after: Response) -> bool:
    return (
        before.body != after.body
        and before.headers["etag"] != after.headers["etag"]
        and dated(after) >= 1_700_000_000 > dated(before)
    )


@pytest.mark.parametrize("accept", ["text/html", "*/*"])
def test_errors_are_in_the_language_of_the_site(tmp_path: Path, accept: str) -> None:
    def told(target: str) -> str:
        response = client.get(target, headers={"accept": accept})
        assert response.status_code >= 300
        if accept == "text/html" and response.status_code >= 400:
            assert check(response.content).all("html")[0]["lang"] == "de"
        return response.text

    with served(tmp_path, language="de") as client:
        assert "Es gibt kein Thema &#39;lew&#39;" in told("/topics/lew").replace("'", "&#39;")
        assert "limit muss eine ganze Zahl von 1 bis 200 sein, nicht " in told("/all?limit=0")
        assert "Eine Adresse kann höchstens 8.000 Bytes haben." in told(f"/all?q={'x' * 9000}")
        assert "Es gibt keine Seite 7." in told("/topics?page=7")
        if accept == "*/*":
            assert told("/topics/lew").endswith(" Vielleicht meinten Sie /topics/law.\n")
            assert told("/topics/AI") == "Dieser Feed ist unter /topics/ai.\n"
            refused = client.post("/all")
            assert refused.status_code == 405
            assert refused.text == "Diese Adresse antwortet auf GET, HEAD und OPTIONS.\n"
