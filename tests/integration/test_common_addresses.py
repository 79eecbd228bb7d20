"""Addresses that readers, browsers, crawlers and researchers try unasked."""

from pathlib import Path

import pytest

from feeds.feed_path import COMMON
from tests.support.application import site
from tests.support.examples import article
from tests.support.requests import ask

# As in the contract: readers and people try these.
FEEDS = {
    "/feed": "/all.rss",
    "/rss": "/all.rss",
    "/rss.xml": "/all.rss",
    "/feed.xml": "/all.rss",
    "/index.xml": "/all.rss",
    "/atom.xml": "/all.atom",
    "/feed.json": "/all.json",
}
UNDER_A_PATH = {"base_url": "https://example.org/feeds"}


# --- feeds -----------------------------------------------------------------------------


def test_every_common_address_of_a_feed_is_here() -> None:
    assert {f"/{name}": f"/all.{suffix}" for name, suffix in COMMON.items()} == FEEDS


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_common_address_leads_to_all_entries_in_its_format(tmp_path: Path, method: str) -> None:
    with site(tmp_path, article(1)) as client:
        for address, location in FEEDS.items():
            moved = ask(client, address, method)
            assert (moved.status, moved.headers["location"]) == (301, location)
            assert moved.headers["cache-control"] == "public, max-age=86400"
            assert moved.headers["access-control-allow-origin"] == "*"
            assert ask(client, location).status == 200
        assert ask(client, "/feed", "OPTIONS").status == 204


@pytest.mark.parametrize(
    ("address", "location"),
    [
        ("/feed?limit=5", "/all.rss?limit=5"),
        ("/feed/?limit=5&utm_source=x", "/all.rss?limit=5"),
        ("/FEED.xml?q=b+a", "/all.rss?q=a%20b"),
        ("/feed.json?topic=AI", "/topics/ai.json"),
        ("/atom.xml?token=secret", "/all.atom?token=secret"),
    ],
)
def test_a_query_goes_along_as_with_other_redirects(
    tmp_path: Path, address: str, location: str
) -> None:
    with site(tmp_path, article(1, topics=["AI"])) as client:
        moved = ask(client, address)
        assert (moved.status, moved.headers["location"]) == (301, location)
        assert (moved.headers["cache-control"] == "no-store") is ("token" in address)
        assert ask(client, "/feed?limit=0").status == 400


def test_under_a_path_common_addresses_lead_to_feeds_below_it(tmp_path: Path) -> None:
    with site(tmp_path, article(1), site=UNDER_A_PATH) as client:
        for address in ("/feed", "/feeds/feed", "/feeds/rss.xml"):
            moved = ask(client, address)
            assert (moved.status, moved.headers["location"]) == (301, "/feeds/all.rss")


@pytest.mark.parametrize("name", ["feed", "rss", "atom.xml", "robots.txt", "sitemap.xml"])
def test_topics_and_providers_may_have_the_name_of_a_common_address(
    tmp_path: Path, name: str
) -> None:
    slug = name.replace(".", "-")
    fields = article(1, topics=[name], provider={"name": name, "domain": f"{name}.example"})
    with site(tmp_path, fields, sets={slug: {"include": {"topics": name}}}) as client:
        for path in (f"/topics/{slug}", f"/sets/{slug}", f"/providers/{name}.example"):
            for suffix in ("", ".rss", ".json"):
                assert ask(client, path + suffix).status == 200
