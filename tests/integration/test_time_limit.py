"""What takes too long to find is interrupted, and readers are told what to do about it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection
from starlette.testclient import TestClient

from feeds.catalog import documents, query
from feeds.catalog.database import open_to_write
from feeds.catalog.query import EntryFilter, EntryQuery, find, limited
from feeds.cli.check import CheckFormat, check
from feeds.config.reloader import ConfigReloader
from feeds.errors import NobodyWaits, SelectionTooSlow
from feeds.server.app import create_app
from feeds.server.state import Service
from tests.support.application import ingest
from tests.support.examples import BASE, article
from tests.support.folders import configure, put
from tests.support.requests import ask

COMMON = [f"w{number}" for number in range(25)]
WITHOUT_COMMON = EntryFilter(not_phrases=tuple((word,) for word in COMMON))
AT_ONCE = 1e-9  # seconds
DOCUMENTS = 50_000


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Connection]:
    """An index in which a search for what has no common word reads everything."""
    with open_to_write(tmp_path_factory.mktemp("large")) as engine:
        with engine.begin() as connection:
            fill(connection)
        with engine.connect() as connection:
            yield connection


def fill(connection: Connection) -> None:
    """Index documents of public articles, each with some of the common words."""
    texts = [" ".join(COMMON[first:]) for first in range(len(COMMON))]
    contents = [documents.document(3, 1, "article", "", text) for text in texts]
    rows = [(position, contents[position % len(contents)]) for position in range(DOCUMENTS)]
    documents.insert(connection, rows)


def test_a_scan_of_the_index_is_interrupted_and_the_connection_stays_good(
    large: Connection,
) -> None:
    without_common = EntryQuery((3,), 50, [WITHOUT_COMMON])
    for _ in range(2):
        with pytest.raises(SelectionTooSlow), limited(large, AT_ONCE):
            find(large, without_common)
        assert find(large, EntryQuery((3,), 3)) == [0, 1, 2]
    assert find(large, without_common) == []
    with limited(large, 1000.0):
        assert find(large, without_common) == []


def test_a_query_that_nobody_waits_for_is_interrupted(
    large: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_STEPS", 50)
    everything = EntryQuery((3,), 20_000)
    with pytest.raises(NobodyWaits), limited(large, None, lambda: False):
        find(large, everything)
    with limited(large, None, lambda: True):
        assert len(find(large, everything)) == 20_000


def test_what_sqlite_refuses_for_another_reason_is_not_called_slow(large: Connection) -> None:
    with pytest.raises(Exception, match="no such table"), limited(large, AT_ONCE):
        large.exec_driver_sql("SELECT * FROM absent")


@contextmanager
def limited_site(folder: Path, seconds: float | None, **config: Any) -> Iterator[TestClient]:
    """A site of sixty articles, whose queries may take so long, asked from its own machine."""
    dates = (f"2020-01-01T00:{number:02}:00Z" for number in range(60))
    articles = [article(number, date=date, topics=["AI"]) for number, date in enumerate(dates)]
    seeds = put(folder / "seeds", *articles)
    ingest(seeds, folder / "data")
    live = ConfigReloader(configure(folder / "config", **config), BASE)
    service = Service(live, folder / "data", query_time_limit=seconds)
    with TestClient(create_app(service), base_url=BASE, client=("127.0.0.1", 1)) as client:
        yield client


SETS = {"large": {"title": "Large", "include": {"types": ["article"]}}}
SLOW = [
    "/all.rss",
    "/all",
    "/topics/ai.json?q=title",
    "/sets/large.atom",
    "/compose",
    "/search?q=title",
]


def test_a_feed_that_takes_too_long_is_503_and_says_how_to_narrow_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(query, "_STEPS", 50)  # twenty articles take no more than a few hundred
    with limited_site(tmp_path, AT_ONCE, sets=SETS) as client:
        for address in SLOW:
            response = ask(client, address)
            assert response.status == 503, address
            assert response.headers["retry-after"] == "60"
            assert response.headers["cache-control"] == "no-store"
            assert response.headers["content-type"] == "text/plain; charset=utf-8"
            assert response.body.decode() == (
                "Finding these articles takes too long. Add a topic or a provider, "
                "exclude no common words, or choose a shorter period.\n"
            )
        page = ask(client, "/all", headers={"accept": "text/html"})
        assert page.status == 503
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert b"Add a topic or a provider" in page.body


def test_lists_of_all_feeds_have_no_limit(tmp_path: Path) -> None:
    with limited_site(tmp_path, AT_ONCE, sets=SETS) as client:
        for address in ("/", "/topics", "/providers", "/feeds.json", "/feeds.opml", "/readyz"):
            assert ask(client, address).status == 200, address


def test_without_a_limit_the_same_are_answered(tmp_path: Path) -> None:
    with limited_site(tmp_path, None, sets=SETS) as client:
        assert {ask(client, address).status for address in SLOW} == {200}


def test_the_operators_page_names_a_feed_set_that_was_too_slow(tmp_path: Path) -> None:
    def status(client: TestClient) -> str:
        return client.get("/status", headers={"host": "127.0.0.1:8000"}).text

    with limited_site(tmp_path, AT_ONCE, sets=SETS) as client:
        assert "<code>large</code>" not in status(client)
        ask(client, "/sets/large.rss")
        assert "Finding the articles of these feed sets took longer" in status(client)
        assert "<code>large</code>" in status(client)


@pytest.mark.parametrize(("limit", "is_named"), [(0.001, True), (1000.0, False)])
def test_a_check_names_the_feed_sets_that_are_too_slow(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: float, is_named: bool
) -> None:
    slow = {"title": "Slow", "exclude": {"keywords": COMMON}}
    config = configure(tmp_path / "config", sets={"slow": slow})
    seeds, data = put(tmp_path / "seeds", article(1)), tmp_path / "data"
    check(seeds, config, data, limit, strict=False, all=False, format=CheckFormat.TEXT)
    assert capsys.readouterr().out == ""  # there is no catalog yet
    ingest(seeds, data)
    with open_to_write(data) as engine, engine.begin() as connection:
        fill(connection)
    check(seeds, config, data, limit, strict=False, all=False, format=CheckFormat.TEXT)
    expected = (
        f"{config}/sets.yaml:1:10: warning: slow: takes longer than the time limit for queries, so "
        "readers get no feed; add a topic or a provider, take common words out of exclude, "
        "or add since\n"
    )
    assert capsys.readouterr().out == (expected if is_named else "")
