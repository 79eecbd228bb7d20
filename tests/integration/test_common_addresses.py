"""Addresses that readers, browsers, crawlers and researchers try unasked."""

import struct
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from feeds.feed_path import COMMON
from feeds.server.http.conditional import http_date
from feeds.server.routes import lists
from tests.support.application import ingest, service_of, serving, site
from tests.support.examples import BASE, article
from tests.support.folders import configure, put
from tests.support.requests import ask
from tests.support.servers import LAST, request, servers
from tests.support.waiting import wait_for

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


# --- files that any server is asked for -----------------------------------------------------

ROBOTS, ICON, SECURITY = "/robots.txt", "/favicon.ico", "/.well-known/security.txt"
REPORTS: dict[str, Any] = {
    "language": "de",
    "security": {"contact": "mailto:security@example.org", "expires": "2027-06-30"},
}
CACHE = "public, max-age={0}, stale-while-revalidate={0}, stale-if-error=86400"


@pytest.mark.parametrize(
    ("address", "media_type", "max_age"),
    [
        (ROBOTS, "text/plain; charset=utf-8", 300),
        (ICON, "image/vnd.microsoft.icon", 86400),
        (SECURITY, "text/plain; charset=utf-8", 300),
    ],
)
def test_a_file_is_cached_and_revalidated_like_a_feed(
    tmp_path: Path, address: str, media_type: str, max_age: int
) -> None:
    with site(tmp_path, site=REPORTS) as client:
        sent = ask(client, address)
        assert sent.status == 200
        assert sent.headers["content-type"] == media_type
        assert sent.headers["cache-control"] == CACHE.format(max_age)
        assert sent.headers["vary"] == "Accept-Encoding"
        assert sent.headers["cache-tag"] == BASE.removeprefix("https://")
        assert sent.headers["access-control-allow-origin"] == "*"
        assert sent.headers["x-content-type-options"] == "nosniff"
        assert sent.headers["content-length"] == str(len(sent.body))
        tag = {"if-none-match": sent.headers["etag"]}
        assert ask(client, address, headers=tag).status == 304
        later = {"if-modified-since": http_date(datetime.now(UTC) + timedelta(minutes=1))}
        assert ask(client, address, headers=later).status == 304
        same = {"if-modified-since": sent.headers["last-modified"]}
        assert ask(client, address, headers=same).status == 200  # a change may have come since
        assert ask(client, f"{address}?utm_source=x") == sent
        assert ask(client, address, "HEAD").headers == sent.headers
        assert ask(client, address, "OPTIONS").status == 204
        assert ask(client, address, "POST").status == 405
        assert address.encode() in service_of(client).cache.ready.documents  # for the fast path


def test_a_file_is_there_before_the_first_scan_has_ended(tmp_path: Path) -> None:
    with serving(tmp_path / "data", configure(tmp_path / "config", site=REPORTS)) as client:
        assert ask(client, "/").status == 503
        for address in (ROBOTS, ICON, SECURITY):
            assert ask(client, address).status == 200


def rules(robots: bytes) -> list[tuple[str, str]]:
    fields = [line.split(": ") for line in robots.decode().splitlines() if line]
    return [(name, value) for name, value in fields if name in ("Allow", "Disallow")]


def is_allowed(robots: bytes, target: str) -> bool:
    """Return whether a crawler may ask for a target: RFC 9309 2.2.2, where the longest counts."""

    def matches(path: str) -> bool:
        first, *others = path.split("*")
        rest = target.removeprefix(first)
        return target.startswith(first) and all(part in rest for part in others)

    found = [(len(path), name == "Allow") for name, path in rules(robots) if matches(path)]
    return max(found, default=(0, True))[1]


@pytest.mark.parametrize("base", ["", "/feeds"])
@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/", True),
        ("/all", True),
        ("/all.rss", True),
        ("/topics/ai", True),
        ("/topics?page=2", True),
        ("/providers?page=2", True),
        ("/feeds.opml", True),
        ("/all.rss?topic=ai&q=x", True),
        ("/sets/drafts.json?token=feeds_x", True),
        ("/all?q=x", False),
        ("/topics/ai?before=x", False),
        ("/sets/drafts?token=feeds_x", False),
        ("/compose", False),
        ("/compose?topic=ai", False),
        ("/search?q=ai", False),
        ("/status", False),
    ],
)
def test_crawlers_are_asked_to_leave_alone_what_has_no_end(
    tmp_path: Path, base: str, target: str, allowed: bool
) -> None:
    with site(tmp_path, site={"base_url": f"https://example.org{base}"}) as client:
        robots = ask(client, ROBOTS).body
        assert robots.startswith(b"User-agent: *\n")
        assert is_allowed(robots, base + target) is allowed


def test_no_file_names_a_private_set(tmp_path: Path) -> None:
    private = {"drafts": {"private": True, "include": {"topics": "AI"}}}
    with site(tmp_path, article(1, topics=["AI"]), sets=private, site=REPORTS) as client:
        for address in (ROBOTS, SECURITY):
            assert b"drafts" not in ask(client, address).body


def test_without_an_icon_of_its_own_a_site_has_one_that_every_browser_shows(tmp_path: Path) -> None:
    with site(tmp_path) as client:
        icon = ask(client, ICON).body
    reserved, kind, number = struct.unpack_from("<HHH", icon)
    assert (reserved, kind, number) == (0, 1, 3)
    for place in range(number):
        width, _, _, _, _, _, length, start = struct.unpack_from("<BBBBHHII", icon, 6 + 16 * place)
        image = icon[start : start + length]
        assert image.startswith(b"\x89PNG\r\n\x1a\n")
        assert struct.unpack_from(">II", image, 16) == (width, width)
        assert image.endswith(b"IEND\xaeB`\x82")


@pytest.mark.parametrize("base", ["https://example.org", "https://example.org/feeds"])
def test_the_icon_of_a_site_is_where_its_configuration_says(tmp_path: Path, base: str) -> None:
    for icon in ("https://example.org/icon.png", "https://cdn.example/favicon.ico"):
        folder = tmp_path / str(len(icon))
        with site(folder, site={"base_url": base, "icon": icon}) as client:
            moved = ask(client, ICON)
            assert (moved.status, moved.headers["location"]) == (302, icon)
            assert moved.headers["cache-control"] == CACHE.format(86400)


@pytest.mark.parametrize("base", ["https://example.org", "https://example.org/feeds"])
def test_an_icon_at_its_own_address_leads_nowhere_in_circles(tmp_path: Path, base: str) -> None:
    with site(tmp_path, site={"base_url": base, "icon": f"{base}{ICON}"}) as client:
        assert ask(client, ICON).status == 200


def test_security_txt_says_what_is_configured(tmp_path: Path) -> None:
    with site(tmp_path, site=REPORTS) as client:
        assert ask(client, SECURITY).body.decode().splitlines() == [
            "Contact: mailto:security@example.org",
            "Expires: 2027-06-30T00:00:00Z",
            "Preferred-Languages: de",
            f"Canonical: {BASE}/.well-known/security.txt",
        ]


def test_security_txt_below_a_path_names_the_root_of_its_host_first(tmp_path: Path) -> None:
    ways = ["https://example.org/report", "tel:+1-201-555-0123"]
    security = {"contact": ways, "expires": "2027-06-30T12:00:00+02:00"}
    with site(tmp_path, site=UNDER_A_PATH | {"security": security}) as client:
        for address in (SECURITY, f"/feeds{SECURITY}"):
            assert ask(client, address).body.decode().splitlines() == [
                "Contact: https://example.org/report",
                "Contact: tel:+1-201-555-0123",
                "Expires: 2027-06-30T10:00:00Z",
                "Preferred-Languages: en",
                "Canonical: https://example.org/.well-known/security.txt",
                "Canonical: https://example.org/feeds/.well-known/security.txt",
            ]


def test_security_txt_names_no_address_of_its_own_without_https(tmp_path: Path) -> None:
    with site(tmp_path, site=REPORTS | {"base_url": "http://example.org"}) as client:
        assert b"Canonical" not in ask(client, SECURITY).body


def test_security_txt_is_only_where_it_is_configured_and_follows_that(tmp_path: Path) -> None:
    with site(tmp_path) as client:
        assert ask(client, SECURITY).status == 404
        assert ask(client, ROBOTS).status == 200
        configure(tmp_path / "config", site=REPORTS)
        wait_for(lambda: ask(client, SECURITY).status == 200, "the new configuration")
        configure(tmp_path / "config", site={})
        wait_for(lambda: ask(client, SECURITY).status == 404, "the configuration of before")


# --- sitemap ----------------------------------------------------------------------------------

SITEMAP = "/sitemap.xml"
SPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
MOST_ADDRESSES, MOST_BYTES, LONGEST_ADDRESS = 50_000, 50 * 1024 * 1024, 2047  # of the protocol


def addresses(sitemap: bytes, inner: str = "url") -> dict[str, str | None]:
    """Return the addresses of a sitemap with their dates."""
    root = ET.fromstring(sitemap)
    assert root.tag == SPACE + ("urlset" if inner == "url" else "sitemapindex")
    found = {}
    for element in root:
        assert element.tag == SPACE + inner
        loc, *others = element
        assert loc.tag == f"{SPACE}loc"
        assert [other.tag for other in others] in ([], [f"{SPACE}lastmod"])
        assert loc.text is not None
        found[loc.text] = others[0].text if others else None
        assert not others or datetime.fromisoformat(str(others[0].text)).tzinfo is not None
    assert len(found) == len(root)
    return found


def test_the_sitemap_has_the_public_pages_of_feeds_with_their_dates(tmp_path: Path) -> None:
    sets = {
        "open": {"include": {"topics": "AI"}},
        "drafts": {"private": True, "unpublished": "only", "include": {"topics": "AI"}},
    }
    articles = [
        article(1, topics=["AI", "R&D <x>"]),
        article(2, topics=["Unspoken"], published=False),
    ]
    empty = [{"slug": "empty", "name": "Empty"}]
    with site(tmp_path, *articles, sets=sets, topics=empty) as client:
        sent = ask(client, SITEMAP)
        assert sent.headers["content-type"] == "application/xml; charset=utf-8"
        assert sent.headers["cache-control"] == CACHE.format(300)
        found = addresses(sent.body)
        paths = ["/", "/all", "/sets/open", "/topics/ai", "/topics/r-and-d-x",
                 "/providers/news.example.com"]  # fmt: skip
        assert list(found) == [f"{BASE}{path}" for path in paths]
        index = {
            feed["page"]: feed["changed"] for feed in client.get("/feeds.json").json()["feeds"]
        }
        for address, changed in found.items():
            assert client.get(address).status_code == 200
            if not address.endswith("/"):
                assert changed == index[address]
        tag = {"if-none-match": sent.headers["etag"]}
        assert ask(client, SITEMAP, headers=tag).status == 304
        assert ask(client, SITEMAP, "HEAD").headers == sent.headers
        assert SITEMAP.encode() in service_of(client).cache.ready.documents  # for the fast path


def test_the_sitemap_follows_the_articles(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["Old"])) as client:
        assert f"{BASE}/topics/old" in addresses(ask(client, SITEMAP).body)
        put(tmp_path / "seeds", article(1, topics=["New"]))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        wait_for(
            lambda: f"{BASE}/topics/new" in addresses(ask(client, SITEMAP).body), "the new topic"
        )
        found = addresses(ask(client, SITEMAP).body)
        assert f"{BASE}/topics/old" not in found
        assert found[f"{BASE}/topics/new"] == "2023-11-14T22:13:20+00:00"


def test_a_sitemap_of_many_pages_has_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_MOST_ADDRESSES", 4)
    fields = article(1, topics=[f"Topic {number}" for number in range(7)])
    with site(tmp_path, fields, site=UNDER_A_PATH) as client:
        index = addresses(ask(client, SITEMAP).body, "sitemap")
        base = "https://example.org/feeds"
        assert list(index) == [f"{base}{SITEMAP}?page={number}" for number in (1, 2, 3)]
        assert set(index.values()) == {"2020-01-01T12:00:00+00:00"}
        robots = ask(client, ROBOTS).body
        assert f"Sitemap: {base}{SITEMAP}\n".encode() in robots
        pages: list[str] = []
        for part in index:
            target = part.removeprefix("https://example.org")
            assert is_allowed(robots, target)
            found = addresses(ask(client, target).body)
            assert len(found) <= 4
            pages += found
        assert len(pages) == len(set(pages)) == 2 + 7 + 1
        assert {ask(client, f"{SITEMAP}?page={number}").status for number in (0, 4)} == {404}
        assert ask(client, f"{SITEMAP}?page=x").status == 400
        assert ask(client, f"{SITEMAP}?utm_source=x").body == ask(client, SITEMAP).body


def test_no_part_of_a_sitemap_is_larger_than_the_protocol_allows() -> None:
    most = lists._MOST_ADDRESSES
    assert most <= MOST_ADDRESSES
    written = lists._sitemap(("urlset", "url"), [("x" * LONGEST_ADDRESS, 1_600_000_000)] * most)
    assert len(written) <= MOST_BYTES


# --- over a socket -------------------------------------------------------------------------------


def test_the_fast_path_sends_the_same(tmp_path: Path) -> None:
    ingest(put(tmp_path / "seeds", article(1)), tmp_path / "data")
    config = configure(tmp_path / "config", site=REPORTS)
    with servers(tmp_path / "data", config) as running:
        for address in (ROBOTS, ICON, SECURITY, SITEMAP, "/feed", "/feed.json?limit=5"):
            for method in ("GET", "HEAD"):
                sent = [request(address, method=method), LAST]
                expected = running.ask(running.asgi, sent)
                before = running.service.cache.ready.served
                assert running.ask(running.fast, sent) == expected
                is_document = not address.startswith("/feed")
                assert running.service.cache.ready.served == before + is_document
                assert expected.startswith(b"HTTP/1.1 200" if is_document else b"HTTP/1.1 301")
