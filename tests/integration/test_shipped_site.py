"""What a fresh clone serves, seeds/ and config/: a site that newcomers can judge the product by."""

from pathlib import Path

import pytest

from feeds.config import load
from tests.support.application import ingest_shipped, serving
from tests.support.commands import Run
from tests.support.paths import CONFIG as SHOWS_DRAFTS
from tests.support.paths import SEEDS, SHIPPED_CONFIG, SHIPPED_SEEDS

ARTICLES = sorted(path for path in SHIPPED_SEEDS.rglob("*") if path.is_file())
CONFIGURATION = load(SHIPPED_CONFIG)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    ingest_shipped(folder)
    return folder


def test_check_has_nothing_to_say(run: Run) -> None:
    files = len(ARTICLES) + len(list(SHIPPED_CONFIG.iterdir()))
    checked = run("check", "--strict", "--seeds", SHIPPED_SEEDS, "--config", SHIPPED_CONFIG)
    assert (checked.status, checked.out) == (0, "")
    assert checked.err == f"{files} files checked: 0 with errors, 0 with warnings only\n"


def test_no_article_is_a_draft(data: Path) -> None:
    with serving(data, SHIPPED_CONFIG) as client, serving(data, SHOWS_DRAFTS) as with_drafts:
        items, all_items = (
            one.get("/all.json?limit=200").json()["items"] for one in (client, with_drafts)
        )
    assert len(ARTICLES) < len(items) == len(all_items)


def test_every_configured_topic_and_set_has_articles(data: Path) -> None:
    paths = [f"/topics/{slug}" for slug in CONFIGURATION.taxonomy.topics]
    paths += [f"/sets/{name}" for name in CONFIGURATION.sets]
    with serving(data, SHIPPED_CONFIG) as client:
        empty = [path for path in paths if not client.get(f"{path}.json").json()["items"]]
    assert empty == []


def test_the_imported_article_is_as_it_came() -> None:
    """`overrides` in articles.yaml makes it public; the tests' own copy is still a draft."""
    for path in SEEDS.iterdir():
        assert (SHIPPED_SEEDS / path.name).read_bytes() == path.read_bytes()
        assert b"published: false" in path.read_bytes()
