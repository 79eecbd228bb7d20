"""The operator's page: who may see it, and what it says."""

import json
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.catalog.database import is_locked, locked
from feeds.config.reloader import ConfigReloader
from feeds.server.app import create_app
from feeds.server.state import Service
from tests.support.application import ingest
from tests.support.examples import BASE, article
from tests.support.folders import configure, put
from tests.support.html_pages import check
from tests.support.processes import run
from tests.support.requests import ask
from tests.support.waiting import wait_for

HERE = {"host": "127.0.0.1:8000"}
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 142 subscribers; like others)"


@contextmanager
def operated(folder: Path, token: str = "", **config: Any) -> Iterator[TestClient]:
    """A site with a good and a bad article, asked from its own machine."""
    seeds = put(folder / "seeds", article(1, topics=["AI"]))
    (seeds / "bad.md").write_text("---\ntitel: x\nurl: https://a.example/\ndate: 2020-01-01\n---\n")
    settings = configure(folder / "config", **config)
    ingest(seeds, folder / "data")
    service = Service(ConfigReloader(settings, BASE), folder / "data")
    with TestClient(create_app(service, token), base_url=BASE, client=("127.0.0.1", 1)) as client:
        yield client


def status(client: TestClient, **headers: str) -> Any:
    return client.get("/status", headers={**HERE, **headers})


def test_it_says_what_is_wrong_and_how_many_listen(tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        for _ in range(2):
            client.get("/all.rss", headers={"user-agent": FEEDLY, "if-none-match": '"x"'})
        client.get("/all.rss", headers={"user-agent": "NetNewsWire", "if-none-match": '"x"'})
        page = check(status(client).content)
        assert "1 file is refused" in page.words
        assert (
            "bad.md:2:1: error: title: the article has no title; rename titel to title"
            in page.words
        )
        for name, value in {
            "Subscribers": "142",
            "Other readers today": "1",
            "Requests": "3",
            "Refused files": "1",
            "Feeds with entries": "3",
        }.items():
            assert f"{name}{value}" in page.words.replace("\n", ""), name
        assert "Feedly" in page.words


def test_what_was_counted_is_there_after_a_restart(tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        client.get("/all.rss", headers={"user-agent": FEEDLY})
    with operated(tmp_path) as client:
        assert "Subscribers142" in check(status(client).content).words.replace("\n", "")


def test_it_is_never_cached_and_never_indexed(tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        answer = status(client)
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "feeds.example.org"},
        {"x-forwarded-for": "192.0.2.1"},
        {"x-forwarded-for": "127.0.0.1"},
        {"forwarded": "for=192.0.2.1"},
        {"via": "1.1 proxy"},
        {"x-forwarded-proto": "https"},
        {"x-real-ip": "192.0.2.1"},
    ],
    ids="".join,
)
def test_through_a_proxy_nobody_is_at_home(headers: dict[str, str], tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        answer = status(client, **headers)
        assert answer.status_code == 401
        assert "bad.md" not in answer.text
        assert answer.headers["www-authenticate"].startswith("Basic ")


def test_from_elsewhere_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        refused = ask(client, "/status", headers=HERE)  # from 192.0.2.1
        assert refused.status == 401
        assert b"FEEDS_STATUS_TOKEN" in refused.body


@pytest.mark.parametrize(("token", "scheme"), [("", "Bearer"), ("right", "Basic")])
def test_a_browser_asks_for_a_password_only_where_one_helps(
    token: str, scheme: str, tmp_path: Path
) -> None:
    with operated(tmp_path, token) as client:
        refused = ask(client, "/status", headers={"accept": "text/html,*/*;q=0.8"})
        assert refused.status == 401
        assert refused.headers["www-authenticate"].startswith(f"{scheme} ")


def basic(password: str) -> str:
    return "Basic " + b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize(
    ("query", "headers", "expected"),
    [
        ("?token=right", {}, 200),
        ("", {"authorization": "Bearer right"}, 200),
        ("", {"authorization": basic("right")}, 200),
        ("?token=wrong", {}, 401),
        ("?token=", {}, 401),
        ("", {}, 401),
        ("", {"authorization": basic("wrong")}, 401),
        ("", {"authorization": "Basic §"}, 401),
        ("", {"authorization": "Bearer"}, 401),
    ],
)
def test_with_a_token_set_the_token_counts_and_nothing_else(
    query: str, headers: dict[str, str], expected: int, tmp_path: Path
) -> None:
    with operated(tmp_path, "right") as client:
        encoded = [
            (name.encode(), value.encode("latin-1")) for name, value in {**HERE, **headers}.items()
        ]
        assert client.get(f"/status{query}", headers=encoded).status_code == expected


def test_a_configuration_that_was_refused_is_the_first_thing_shown(tmp_path: Path) -> None:
    with operated(tmp_path) as client:
        configure(tmp_path / "config", site={"titel": "x"})
        wait_for(
            lambda: "The configuration was refused" in check(status(client).content).words,
            "the refusal on the status page",
        )


@pytest.mark.parametrize(
    ("date", "said"),
    [("2020-01-01", "Some articles have problems"), ("2020-01-01T00:00:00Z", "All is well")],
)
def test_all_is_well_only_where_no_article_has_a_problem(
    tmp_path: Path, date: str, said: str
) -> None:
    with operated(tmp_path) as client:
        text = f"---\ntitle: x\nurl: https://a.example/\ndate: {date}\n---\n"
        (tmp_path / "seeds/bad.md").write_text(text)
        ingest(tmp_path / "seeds", tmp_path / "data")
        with locked(tmp_path / "data"):  # as an ingest that runs has it
            assert said in check(status(client).content).words


def test_deleted_articles_that_are_still_served_are_the_first_thing_shown(tmp_path: Path) -> None:
    data, config = tmp_path / "data", tmp_path / "config"
    with operated(tmp_path) as client:
        seeds = put(tmp_path / "seeds", *map(article, range(1, 21)))
        ingest(seeds, data)
        for number in range(1, 11):
            (seeds / f"{number}.json").unlink()
        summary = run("ingest", "--seeds", seeds, "--data", data, "--config", config)
        assert "10 gone but still served (see feeds ingest --accept-withdrawals)" in summary.stdout
        page = check(status(client).content)
        assert "10 deleted articles are still served" in page.words
        assert "1.json, 10.json, 2.json, 3.json, 4.json and 5 more." in page.words
        assert "feeds ingest --accept-withdrawals" in page.words
        assert json.loads(ask(client, "/readyz").body)["waiting_withdrawals"] == 10
        listed = run("list", "--data", data, "--config", config)
        assert "10 deleted articles are still served: 1.json, 10.json" in listed.stderr
        put(seeds, *map(article, range(1, 10)))
        ingest(seeds, data)
        assert "still served" not in check(status(client).content).words
        assert json.loads(ask(client, "/readyz").body)["waiting_withdrawals"] == 0
        assert run("list", "--data", data, "--config", config).stderr == ""


def test_without_a_catalog_it_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    service = Service(ConfigReloader(tmp_path, BASE), tmp_path)
    with TestClient(create_app(service), base_url=BASE, client=("::1", 1)) as client:
        answer = status(client)
        assert answer.status_code == 200
        assert "no articles have been read yet" in answer.text
        assert client.get("/all.rss").status_code == 503
    assert "no articles have been read yet" in caplog.text
    assert "run feeds ingest" not in caplog.text  # an ingest runs beside the server


def test_a_running_ingest_is_seen_without_disturbing_it(tmp_path: Path) -> None:
    assert is_locked(tmp_path) is None
    with locked(tmp_path):
        assert is_locked(tmp_path) is True
    assert is_locked(tmp_path) is False
