"""Alive, and ready: what load balancers and supervisors ask."""

import json
from pathlib import Path

import pytest

from feeds.catalog.database import open_to_write
from feeds.cli.logs import LOGGING, RepeatedWarnings
from feeds.server import responses
from tests.support.application import ingest, serving
from tests.support.paths import SEEDS
from tests.support.requests import ask
from tests.support.waiting import wait_for


def test_a_process_is_alive_without_a_catalog(tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as client:
        answer = ask(client, "/healthz")
        assert (answer.status, answer.body) == (200, b"ok\n")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_a_process_without_a_catalog_is_not_ready(tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as client:
        answer = ask(client, "/readyz")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        state = json.loads(answer.body)
        assert (state["ready"], state["catalog"]) == (False, "unreachable")


def test_a_process_is_not_ready_until_a_first_scan_has_ended(tmp_path: Path) -> None:
    with open_to_write(tmp_path):
        pass  # the tables are there, and nothing in them
    with serving(tmp_path) as client:
        answer = ask(client, "/readyz")
        assert answer.status == 503
        assert json.loads(answer.body)["first_scan"] == "running"
        ingest(SEEDS, tmp_path)
        wait_for(lambda: ask(client, "/readyz").status == 200, "readiness")


def test_why_nothing_is_available_is_logged_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    assert LOGGING["loggers"][responses.log.name]["filters"] == ["repeated"]
    repeated = RepeatedWarnings()
    responses.log.addFilter(repeated)
    try:
        with serving(tmp_path / "empty") as client:
            for address in ("/all.rss", "/topics", "/all.rss"):
                assert ask(client, address).status == 503
    finally:
        responses.log.removeFilter(repeated)
    assert caplog.text.count("no articles have been read yet") == 1


def test_a_process_is_ready_after_a_first_scan(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path) as client:
        answer = ask(client, "/readyz")
        assert answer.status == 200
        state = json.loads(answer.body)
        assert (state["ready"], state["catalog"]) == (True, "reachable")
        assert state["first_scan"] == "done"
        assert answer.headers["cache-control"] == "no-store"


def test_no_cache_stores_a_response_about_health(tmp_path: Path) -> None:
    with serving(tmp_path / "empty") as client:
        for address in ("/healthz", "/readyz"):
            answer = ask(client, address)
            assert "etag" not in answer.headers
            assert answer.headers["x-content-type-options"] == "nosniff"
