"""The files that pages need: kept for ever, conditional, in every coding."""

from pathlib import Path

import pytest

from feeds.config import json_schema
from feeds.render.html.environment import static_files
from feeds.server.http.conditional import CODINGS
from tests.support.application import ingest, serving, site
from tests.support.folders import put
from tests.support.paths import NOWHERE, SEEDS
from tests.support.requests import ask
from tests.support.servers import servers

NAMES = ("favicon.ico", "icon.svg", "script.js", "style.css")


def test_there_is_a_style_sheet_a_script_and_an_icon() -> None:
    assert sorted(static_files()) == list(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_file_may_be_cached_for_ever_and_is_revalidated(name: str, tmp_path: Path) -> None:
    file = static_files()[name]
    with site(tmp_path) as client:
        answer = ask(client, file.path)
        assert answer.status == 200
        assert answer.body == file.body
        assert answer.headers["content-type"] == file.media_type
        assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
        again = ask(client, file.path, headers={"if-none-match": answer.headers["etag"]})
        assert again.status == 304
        assert again.headers["cache-control"] == answer.headers["cache-control"]


@pytest.mark.parametrize("coding", CODINGS)
def test_a_file_is_sent_in_every_coding(coding: str, tmp_path: Path) -> None:
    with site(tmp_path) as client:
        answer = ask(client, static_files()["style.css"].path, headers={"accept-encoding": coding})
        assert answer.headers["content-encoding"] == coding
        assert len(answer.body) < len(static_files()["style.css"].body) / 2


@pytest.mark.parametrize("path", ["style.css", "style.000000000000.css", "x"])
def test_a_file_of_another_release_is_not_here(path: str, tmp_path: Path) -> None:
    with site(tmp_path) as client:
        assert ask(client, f"/static/{path}").status == 404


def test_the_fast_path_serves_files_too(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    path = static_files()["script.js"].path
    request = f"GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n".encode()
    plain = f"GET {path} HTTP/1.1\r\nhost: x\r\n\r\n".encode()
    with servers(tmp_path) as both:
        first = both.ask(both.asgi, [request])
        assert static_files()["script.js"].body in first
        both.ask(both.fast, [plain, request])
        answered = both.service.cache.ready.served
        assert static_files()["script.js"].body in both.ask(both.fast, [plain, request])
        assert both.service.cache.ready.served == answered + 1


@pytest.mark.parametrize("name", json_schema.NAMES)
def test_a_schema_is_served_as_it_is_shipped(tmp_path: Path, name: str) -> None:
    ingest(put(tmp_path / "seeds"), tmp_path / "data")
    with serving(tmp_path / "data", NOWHERE) as client:
        answer = ask(client, f"/schema/{name}.json")
        assert answer.status == 200
        assert answer.headers["content-type"] == "application/schema+json"
        assert answer.headers["access-control-allow-origin"] == "*"
        assert answer.body == json_schema.published(name)[0]
        tag = {"if-none-match": answer.headers["etag"]}
        assert ask(client, f"/schema/{name}.json", headers=tag).status == 304
        for wrong in (f"/schema/{name}", f"/schema/{name}.yaml", f"/schema/{name}s.json",
                      "/schema/..%2fschema.json", "/schema/%00.json"):  # fmt: skip
            assert ask(client, wrong).status == 404
