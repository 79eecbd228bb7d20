"""The lists of feeds: the front page, OPML, the machine-readable index."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from feeds.model import Format
from feeds.selection.feed_index import FeedIndex
from feeds.server import background
from feeds.server.http.cache import OVERHEAD
from feeds.server.routes import lists
from feeds.server.state import Service
from tests.support.application import ingest, serving, site
from tests.support.examples import BASE, article
from tests.support.feed_readers import outlines
from tests.support.folders import configure, put
from tests.support.paths import SEEDS
from tests.support.requests import ask
from tests.support.servers import LAST, request, servers
from tests.support.waiting import wait_for

CACHE = "public, max-age=300, stale-while-revalidate=300, stale-if-error=86400"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("seed")
    ingest(SEEDS, data)
    with serving(data) as client:
        yield client


@pytest.mark.parametrize(
    ("address", "media_type"),
    [
        ("/", "text/html; charset=utf-8"),
        ("/feeds.opml", "text/x-opml; charset=utf-8"),
        ("/feeds.json", "application/json; charset=utf-8"),
    ],
)
def test_a_list_is_cached_and_revalidated_like_a_feed(
    seed: TestClient, address: str, media_type: str
) -> None:
    answer = ask(seed, address)
    assert answer.status == 200
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == CACHE
    by_whom = "" if address == "/" else ", Authorization"
    assert answer.headers["vary"] == f"Accept-Encoding{by_whom}"
    assert answer.headers["last-modified"] == "Fri, 24 Jan 2020 23:06:00 GMT"
    assert answer.headers["content-length"] == str(len(answer.body))
    assert answer.headers["access-control-allow-origin"] == "*"
    tag = answer.headers["etag"]
    assert ask(seed, address, headers={"if-none-match": tag}).status == 304


def test_the_index_names_every_feed_with_its_addresses(seed: TestClient) -> None:
    index = json.loads(ask(seed, "/feeds.json").body)
    assert index["title"] == "AI news"
    paths = [feed["path"] for feed in index["feeds"]]
    assert paths[:3] == ["/all", "/topics/ai", "/topics/computer-vision"]
    assert sum(path.startswith("/providers/") for path in paths) == 22
    for feed in index["feeds"]:
        assert feed["page"] == BASE + feed["path"]
        for format in Format:
            assert feed[str(format)] == f"{BASE}{feed['path']}.{format}"
        assert feed["title"]
        assert feed["entries"] > 0
        assert datetime.fromisoformat(feed["changed"]).tzinfo is not None


def test_the_index_counts_what_the_feeds_have(seed: TestClient) -> None:
    for feed in json.loads(ask(seed, "/feeds.json").body)["feeds"]:
        found = json.loads(ask(seed, f"{feed['path']}.json").body)["items"]
        assert len(found) == feed["entries"]


def test_one_article_gives_23_entries_of_22_providers(seed: TestClient) -> None:
    feeds = json.loads(ask(seed, "/feeds.json").body)["feeds"]
    assert feeds[0]["entries"] == 23
    assert sum(feed["entries"] for feed in feeds if feed["path"].startswith("/providers")) == 23


@pytest.mark.parametrize("format", list(Format))
def test_a_format_of_the_opml_can_be_chosen(seed: TestClient, format: Format) -> None:
    body = ask(seed, f"/feeds.opml?format={format}").body
    assert body.count(f'.{format}"'.encode()) == 25
    assert ask(seed, f"/feeds.opml?x=1&format={format}&utm_source=y").body == body


def test_the_opml_is_of_rss_feeds_where_no_format_is_chosen(seed: TestClient) -> None:
    assert ask(seed, "/feeds.opml") == ask(seed, "/feeds.opml?format=rss")


@pytest.mark.parametrize("format", ["", "xml", "RSS2", "rss,atom", "%00"])
def test_a_format_that_there_is_not_is_refused_with_those_there_are(
    seed: TestClient, format: str
) -> None:
    answer = ask(seed, f"/feeds.opml?format={format}")
    assert answer.status == 400
    for known in Format:
        assert known.encode() in answer.body


def test_a_list_changes_with_what_it_lists(tmp_path: Path) -> None:
    addresses = ("/", "/feeds.opml", "/feeds.json")
    with site(tmp_path, article(1)) as client:
        before = {address: ask(client, address) for address in addresses}
        put(tmp_path / "seeds", article(1, topics=["New topic"]))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        for address in addresses:
            wait_for(
                lambda: b"New topic" in ask(client, address).body, f"the new topic at {address}"
            )
            after = ask(client, address)
            assert after.headers["etag"] != before[address].headers["etag"]
            assert after.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"


def test_a_long_list_puts_no_other_document_out_of_the_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is compressed before it is kept."""
    monkeypatch.setattr(lists, "_LARGE", 10_000)
    topics = [{"slug": f"topic-{number}", "name": f"Topic {number}"} for number in range(500)]
    config = configure(tmp_path / "config", site={"base_url": BASE}, topics=topics)
    ingest(put(tmp_path / "seeds", article(1)), tmp_path / "data")
    with servers(tmp_path / "data", config) as running:
        cache = running.service.cache
        running.ask(running.fast, [request("/all.rss", "Accept-Encoding: gzip"), LAST])
        cache.most_bytes = cache.bytes + OVERHEAD + 50_000
        running.ask(running.fast, [request("/feeds.json", "Accept-Encoding: gzip"), LAST])
        kept = cache.get("/feeds.json")
        assert kept is not None
        assert kept.length > 100_000
        assert kept.size < 50_000
        assert cache.get("/all.rss") is not None
        assert cache.counters.evictions == 0


def test_what_lists_are_made_of_is_at_hand_soon_after_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(background, "_PREPARE_AFTER", 0.0)
    ingest(put(tmp_path / "seeds", article(1)), tmp_path / "data")
    with servers(tmp_path / "data") as running:
        wait_for(lambda: _index(running.service) is not None, "the list of all feeds")


def _index(service: Service) -> FeedIndex | None:
    state = service.catalog._state
    return state.index_cache.latest if state else None


def test_a_list_loses_what_is_gone(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["Old"]), article(2)) as client:
        assert b"/topics/old" in ask(client, "/feeds.json").body
        (tmp_path / "seeds" / "1.json").unlink()
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        wait_for(
            lambda: b"/topics/old" not in ask(client, "/feeds.json").body,
            "the old topic to leave the index",
        )
        assert ask(client, "/feeds.json").headers["last-modified"] == (
            "Tue, 14 Nov 2023 22:13:20 GMT"
        )


def test_a_site_without_articles_lists_what_is_configured(tmp_path: Path) -> None:
    topics, providers = [{"slug": "ai", "name": "AI"}], [{"domain": "cbc.ca"}]
    with site(tmp_path, topics=topics, providers=providers) as client:
        feeds = json.loads(ask(client, "/feeds.json").body)["feeds"]
        assert [(feed["path"], feed["entries"], feed["changed"]) for feed in feeds] == [
            ("/all", 0, None),
            ("/topics/ai", 0, None),
            ("/providers/cbc.ca", 0, None),
        ]
        assert ask(client, "/").status == 200


def test_every_address_in_the_list_answers(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path) as client:
        for format in Format:
            found = outlines(client.get(f"/feeds.opml?format={format}").content)
            assert len(found) == 25
            for outline in found:
                feed = client.get(outline.attrib["xmlUrl"])
                assert feed.status_code == 200
                assert feed.headers["content-type"] == f"{format.media_type}; charset=utf-8"
                assert client.get(outline.attrib["htmlUrl"]).status_code == 200
