"""The three formats of a feed carry the same entries, to the letter."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from feeds.config.reloader import ConfigReloader
from feeds.model import Format
from feeds.render import render
from feeds.server.app import create_app
from feeds.server.documents import ContentLimit
from feeds.server.state import Service
from tests.support.application import ingest, ingest_shipped, serving
from tests.support.examples import BASE, Fields, article, articles, entries, feed, moments, usable
from tests.support.feed_readers import ReadFeed, read, subscribe
from tests.support.folders import put
from tests.support.paths import CONFIG, NOWHERE, SEEDS, SHIPPED_CONFIG
from tests.support.valid import complaints


def without_self(found: ReadFeed) -> ReadFeed:
    return replace(found, self="")


def every_feed(client: TestClient) -> list[str]:
    return [feed["path"] for feed in client.get("/feeds.json").json()["feeds"]]


def agree(client: TestClient, path: str) -> int:
    """Hold one feed's formats against each other; how many entries it has."""
    found = {}
    for format in Format:
        address = f"{path}.{format}"
        document = client.get(address).content
        assert complaints(document, format, BASE + address) == [], address
        found[format] = read(document, format)
        assert found[format].self == BASE + address
        if format is not Format.JSON:
            assert subscribe(document) == found[format], address
    rss, atom, json_feed = (without_self(found[format]) for format in Format)
    assert rss == atom == json_feed
    return len(rss.entries)


@pytest.mark.parametrize("config", [CONFIG, Path("nowhere")])
def test_every_feed_of_a_story_is_alike_in_all_formats(tmp_path: Path, config: Path) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path, config) as client:
        counts = {path: agree(client, path) for path in every_feed(client)}
    assert counts["/all"] == (23 if config == CONFIG else 0)


def test_every_feed_of_the_shipped_site_is_alike_in_all_formats(tmp_path: Path) -> None:
    ingest_shipped(tmp_path)
    with serving(tmp_path, SHIPPED_CONFIG) as client:
        assert min(agree(client, path) for path in every_feed(client)) > 0


def test_articles_past_the_limit_of_content_have_their_summary_in_all_formats(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    texts = [f"{number} " + "ä" * 1000 for number in range(4)]  # 2 kB each
    given = [
        article(9 - number, content=text, excerpt=f"In short {number}")
        for number, text in enumerate(texts)
    ]
    ingest(put(tmp_path / "seeds", *given), tmp_path / "data")
    live = ConfigReloader(NOWHERE, BASE)
    service = Service(live, tmp_path / "data", content_limit=ContentLimit(5000))
    with TestClient(create_app(service), base_url=BASE, client=("127.0.0.1", 1)) as client:
        agree(client, "/all")
        for format in Format:
            document = client.get(f"/all.{format}").text
            assert [text in document for text in texts] == [True, True, False, False]
            assert document.count("In short 3") == 2  # as the summary and as the content
        assert client.get("/all.json?limit=2").text.count("ä" * 1000) == 2
        assert client.get("/all.json?content=summary").status_code == 200
        said = [record.message for record in caplog.records if "--content-limit" in record.message]
        assert len(said) == 1
        assert said[0].startswith("/all: ")
        assert service.content_limit.exceeding() == ["/all"]
        page = client.get("/status", headers={"host": "127.0.0.1:8000"}).text
        assert "The articles of these feeds have more content" in page
        assert "<code>/all</code>" in page


def test_every_feed_of_news_is_alike_in_all_formats(tmp_path: Path, news: Path) -> None:
    ingest(news, tmp_path)
    with serving(tmp_path) as client:
        for path in every_feed(client):
            agree(client, path)


def test_feeds_of_hostile_articles_are_alike_when_served(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    bodies = ["&lt;b>x</b>", "]]> & &amp; <", "\u202eשלום", "W" * 300, "👩\u200d👧", "'\""]
    for number, body in enumerate(bodies, 1):
        fields = article(number, title=body, excerpt=body, topics=[f"t{body}"])
        front = f"---\n{json.dumps(fields, ensure_ascii=False)}\n---\n"
        front += f"{body}\n\n<a href='x'>{body}</a>\n"
        (tmp_path / "seeds" / f"{number}.md").write_text(front)
    ingest(tmp_path / "seeds", tmp_path / "data")
    with serving(tmp_path / "data") as client:
        assert agree(client, "/all") == len(bodies)
        for path in every_feed(client):
            agree(client, path)


@settings(max_examples=80)
@given(st.lists(articles(moments), max_size=5), st.booleans())
def test_whatever_articles_say_the_formats_agree(made: list[Fields], full: bool) -> None:
    given_entries = usable(made)
    source = feed(given_entries)
    source = replace(source, spec=replace(source.spec, full=full))
    found = {format: read(render(source, format), format) for format in Format}
    rss, atom, json_feed = (without_self(found[format]) for format in Format)
    assert rss.entries == json_feed.entries
    assert atom.entries == json_feed.entries
    assert rss == atom == json_feed
    assert [entry.id for entry in json_feed.entries] == [entry.urn for entry in given_entries]
    assert [entry.title for entry in json_feed.entries] == [entry.title for entry in given_entries]


@settings(max_examples=40)
@given(st.lists(articles(), max_size=4))
def test_whatever_articles_say_a_reader_finds_no_fault(made: list[Fields]) -> None:
    source = feed(usable(made))
    for format in (Format.RSS, Format.ATOM):
        found = subscribe(render(source, format))
        assert [entry.id for entry in found.entries] == [one.entry.urn for one in source.entries]


def test_the_same_feed_gives_the_same_bytes() -> None:
    fields = [article(1, topics=["AI"]), article(2, excerpt="x")]
    for format in Format:
        assert render(feed(entries(*fields)), format) == render(feed(entries(*fields)), format)
