"""docs/reference/sets.md: each of the ten sets is served as it stands and has what it says."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from feeds.config import load
from feeds.server.tokens import Tokens
from feeds.util.yaml_document import parse_yaml
from tests.support.application import ingest_shipped, serving
from tests.support.docs import blocks, rows, section, text
from tests.support.paths import NOWHERE, SHIPPED_CONFIG
from tests.support.requests import SUFFIXES, ask
from tests.unit.test_tokens import NOW

PAGE = "sets.md"
SETS: dict[str, Any] = {}
for block in blocks(section(PAGE, "## Ten sets to copy"), "yaml"):
    value = parse_yaml(block).value
    assert isinstance(value, dict)
    SETS |= value
SAID = re.findall(r"`/sets/([a-z-]+)` has (\d+) entr(?:y|ies)", text(PAGE))


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestClient, str]]:
    folder = tmp_path_factory.mktemp("docs")
    config = folder / "config"
    config.mkdir()
    for path in SHIPPED_CONFIG.iterdir():
        if path.name != "sets.yaml" and path.is_file():
            (config / path.name).write_bytes(path.read_bytes())
    written = "\n".join(blocks(section(PAGE, "## Ten sets to copy"), "yaml"))
    (config / "sets.yaml").write_text(written)
    ingest_shipped(folder / "data")
    with serving(folder / "data", config) as client:
        secret, _ = Tokens(folder / "data").create("to-review", "", NOW)
        yield client, secret


def test_there_are_ten_and_each_says_what_it_has() -> None:
    assert len(SETS) == len(SAID) == 10
    assert [name for name, _ in SAID] == list(SETS)


@pytest.mark.parametrize(("name", "count"), SAID)
def test_a_set_has_as_many_entries_as_the_page_says(
    client: tuple[TestClient, str], name: str, count: str
) -> None:
    served, secret = client
    token = f"token={secret}" if SETS[name].get("private") == "true" else ""
    whole = json.loads(ask(served, f"/sets/{name}.json?limit=200&{token}").body)
    assert len(whole["items"]) == int(count)
    limit = int(SETS[name].get("limit", 50))
    feed = json.loads(ask(served, f"/sets/{name}.json?{token}").body)
    assert feed["items"] == whole["items"][:limit]
    assert feed["title"].startswith(f"{SETS[name]['title']} — ")
    for suffix in (*SUFFIXES, ".opml"):
        assert ask(served, f"/sets/{name}{suffix}?{token}").status == 200
        if token:
            assert ask(served, f"/sets/{name}{suffix}").status == 401


@pytest.mark.parametrize("row", rows(section(PAGE, "## Composed by readers")), ids=str)
def test_an_address_that_readers_may_copy_is_served(
    client: tuple[TestClient, str], row: list[str]
) -> None:
    served, _ = client
    address = row[0].strip("`")
    answer = ask(served, quote(address, safe="/?=&+,:"))
    if answer.status == 301:
        answer = ask(served, answer.headers["location"])
    assert answer.status == 200


def test_every_sample_of_the_page_is_a_good_configuration(tmp_path: Path) -> None:
    for number, block in enumerate(blocks(text(PAGE), "yaml")):
        if "/sets/" in block:
            continue  # a bundle needs the sets it names
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "sets.yaml").write_text(block)
        assert len(load(folder).sets) == 1
    assert load(NOWHERE).sets == {}
