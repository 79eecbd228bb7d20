"""What a feed's address answers: headers, codings, methods, other spellings, changes."""

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

import brotli
import pytest
import zstandard
from starlette.testclient import TestClient

from feeds.model import Format
from tests.support.application import ingest, serving, site
from tests.support.examples import BASE, article
from tests.support.feed_readers import read
from tests.support.folders import configure, put
from tests.support.paths import CONFIG, SEEDS
from tests.support.requests import SUFFIXES, Response, ask, everything
from tests.support.waiting import wait_for

FEEDS = ("/all", "/topics/ai", "/providers/bbc.co.uk", "/topics/ai+computer-vision")
LISTS = ("/", "/feeds.opml", "/feeds.opml?format=atom", "/feeds.json")
HEALTH = ("/healthz", "/readyz")
ADDRESSES = [path + suffix for path in FEEDS for suffix in SUFFIXES]
CORS = {
    "access-control-allow-origin": "*",
    "access-control-expose-headers": "ETag, Last-Modified, Link",
}
CACHE = "public, max-age=300, stale-while-revalidate=300, stale-if-error=86400"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("seed")
    ingest(SEEDS, data)
    with serving(data) as client:
        yield client


# --- headers -------------------------------------------------------------------------


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("format", list(Format))
def test_a_feed_has_every_header_it_should(seed: TestClient, path: str, format: Format) -> None:
    answer = ask(seed, f"{path}.{format}")
    assert answer.status == 200
    headers = answer.headers
    assert headers["content-type"] == f"{format.media_type}; charset=utf-8"
    assert headers["cache-control"] == CACHE
    assert headers["vary"] == "Accept-Encoding"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-length"] == str(len(answer.body))
    assert headers["etag"].startswith('"')
    assert headers["last-modified"].endswith(" GMT")
    assert CORS.items() <= headers.items()
    assert "content-encoding" not in headers
    assert "set-cookie" not in headers


@pytest.mark.parametrize("format", list(Format))
def test_a_feed_links_to_itself_and_to_its_other_formats(seed: TestClient, format: Format) -> None:
    links = ask(seed, f"/topics/ai.{format}").headers["link"].split(", ")
    assert f'<{BASE}/topics/ai.{format}>; rel="self"' in links
    others = [other for other in Format if other is not format]
    for other in others:
        link = f'<{BASE}/topics/ai.{other}>; rel="alternate"; type="{other.media_type}"'
        assert link in links


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_cache_in_front_can_be_told_to_drop_a_feed_or_the_site(
    seed: TestClient, suffix: str
) -> None:
    tags = ask(seed, f"/topics/ai{suffix}").headers["cache-tag"].split(",")
    assert tags == ["feeds.example.org", "feeds.example.org/topics/ai"]
    for address in LISTS:
        assert ask(seed, address).headers["cache-tag"] == "feeds.example.org"


@pytest.mark.parametrize(
    ("address", "headers", "status", "vary"),
    [
        ("/all.rss", {}, 200, "Accept-Encoding"),
        ("/all.rss", {"accept-encoding": "gzip"}, 200, "Accept-Encoding"),
        ("/all.rss", {"accept-encoding": "*;q=0"}, 200, "Accept-Encoding"),
        ("/all.rss", {"if-none-match": "*"}, 304, "Accept-Encoding"),
        ("/all", {}, 200, "Accept-Encoding"),  # a page whatever `Accept` says
        ("/nowhere", {}, 404, "Accept"),
        ("/nowhere", {"accept": "text/html"}, 404, "Accept"),
        ("/feeds.opml?format=x", {}, 400, "Accept"),
        ("/" + "x" * 9000, {}, 414, "Accept"),
        ("/topics/AI.rss", {}, 301, None),  # the same for everybody
        ("/healthz", {}, 200, None),
    ],
)
def test_vary_names_what_a_response_depends_on(
    seed: TestClient, address: str, headers: dict[str, str], status: int, vary: str | None
) -> None:
    answer = ask(seed, address, headers=headers)
    assert (answer.status, answer.headers.get("vary")) == (status, vary)


@pytest.mark.parametrize("path", FEEDS)
def test_the_page_of_a_feed_is_html_that_runs_nothing(seed: TestClient, path: str) -> None:
    answer = ask(seed, path)
    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    for format in Format:
        assert f"{BASE}{path}.{format}>" in answer.headers["link"]


# --- codings -------------------------------------------------------------------------

DECODED = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda body: zstandard.ZstdDecompressor().decompress(body),
}


@pytest.mark.parametrize("address", [*ADDRESSES, *LISTS])
def test_every_coding_carries_the_same_document_under_a_tag_of_its_own(
    seed: TestClient, address: str
) -> None:
    plain = ask(seed, address)
    tags = {plain.headers["etag"]}
    for coding, decoded in DECODED.items():
        coded = ask(seed, address, headers={"accept-encoding": coding})
        assert coded.headers["content-encoding"] == coding
        assert decoded(coded.body) == plain.body
        assert coded.headers["content-length"] == str(len(coded.body))
        by_whom = ", Authorization" if address.startswith("/feeds.") else ""
        assert coded.headers["vary"] == f"Accept-Encoding{by_whom}"
        tags.add(coded.headers["etag"])
    assert len(tags) == 4
    assert not any(tag.startswith("W/") for tag in tags)


# --- methods -------------------------------------------------------------------------

MISSING = ("/topics/aii.rss", "/nowhere", "/topics/AI.rss", "/feeds.opml?format=x")


@pytest.mark.parametrize("address", [*ADDRESSES, *LISTS, *HEALTH, *MISSING])
@pytest.mark.parametrize("headers", [{}, {"accept-encoding": "gzip"}, {"accept": "text/html"}])
def test_head_is_get_without_the_body(
    seed: TestClient, address: str, headers: dict[str, str]
) -> None:
    get = ask(seed, address, headers=headers)
    # The server leaves the body out; TestClient does as it does.
    head = seed.head(address, headers={"accept-encoding": "", **headers})
    assert (head.status_code, dict(head.headers)) == (get.status, get.headers)
    assert head.content == b""


@pytest.mark.parametrize("address", [*ADDRESSES[:4], *LISTS, *HEALTH, *MISSING, "*"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"])
def test_other_methods_are_refused_with_those_that_are_allowed(
    seed: TestClient, address: str, method: str
) -> None:
    answer = ask(seed, address, method)
    assert answer.status == 405
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("address", [*ADDRESSES[:4], *LISTS, *HEALTH, *MISSING, "*"])
def test_options_says_what_is_allowed(seed: TestClient, address: str) -> None:
    answer = ask(seed, address, "OPTIONS")
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["allow"] == "GET, HEAD, OPTIONS"
    assert CORS.items() <= answer.headers.items()


def test_a_browser_may_ask_first(seed: TestClient) -> None:
    # https://fetch.spec.whatwg.org/#cors-preflight-fetch
    answer = ask(
        seed,
        "/all.json",
        "OPTIONS",
        {
            "origin": "https://reader.example",
            "access-control-request-method": "GET",
            "access-control-request-headers": "if-none-match",
        },
    )
    assert answer.status == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "GET" in answer.headers["access-control-allow-methods"]
    assert "If-None-Match" in answer.headers["access-control-allow-headers"]
    assert int(answer.headers["access-control-max-age"]) > 0


# --- conditional requests --------------------------------------------------------------

CACHED = ("etag", "last-modified", "cache-control", "vary", "access-control-allow-origin")


@pytest.mark.parametrize("address", [*ADDRESSES, *LISTS])
@pytest.mark.parametrize("coding", ["identity", *DECODED])
def test_what_a_client_has_is_not_sent_again(seed: TestClient, address: str, coding: str) -> None:
    accepted = {"accept-encoding": coding}
    first = ask(seed, address, headers=accepted)
    for condition in (
        {"if-none-match": first.headers["etag"]},
        {"if-none-match": f'"other", W/{first.headers["etag"]}'},
        {"if-none-match": "*"},
        {"if-modified-since": first.headers["last-modified"]},
        {"if-none-match": first.headers["etag"], "if-modified-since": "never"},
    ):
        again = ask(seed, address, headers={**accepted, **condition})
        assert (again.status, again.body) == (304, b""), condition
        for name in CACHED:
            assert again.headers[name] == first.headers[name], (condition, name)
        # RFC 9110 15.4.5: these, and nothing that speaks of a body.
        nosniff = "x-content-type-options"
        assert set(again.headers) == {*CACHED, nosniff, "access-control-expose-headers"}


@pytest.mark.parametrize(
    "condition",
    [
        {"if-none-match": '"other"'},
        {"if-none-match": '"other"', "if-modified-since": "Sun, 06 Nov 2094 08:49:37 GMT"},
        {"if-modified-since": "Thu, 01 Jan 2015 00:00:00 GMT"},
        {"if-modified-since": "yesterday"},
        {"if-none-match": ""},
    ],
)
def test_what_a_client_does_not_have_is_sent(seed: TestClient, condition: dict[str, str]) -> None:
    assert ask(seed, "/all.rss", headers=condition).status == 200


def test_a_tag_of_one_feed_is_not_one_of_another(seed: TestClient) -> None:
    tag = ask(seed, "/all.rss").headers["etag"]
    for other in ("/all.atom", "/topics/ai.rss", "/all", "/"):
        assert ask(seed, other, headers={"if-none-match": tag}).status == 200


# --- addresses ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "canonical"),
    [
        ("/topics/AI.rss", "/topics/ai.rss"),
        ("/topics/ai.RSS", "/topics/ai.rss"),
        ("/TOPICS/ai.atom", "/topics/ai.atom"),
        ("/All.json", "/all.json"),
        ("/all/", "/all"),
        ("/topics/ai/", "/topics/ai"),
        ("/topics/ai.rss/", "/topics/ai.rss"),
        ("/all.rss/", "/all.rss"),
        ("/topics/", "/topics"),
        ("/providers/", "/providers"),
        ("/topics/?page=1", "/topics?page=1"),
        ("/compose/", "/compose"),
        ("/compose/?topic=ai&q=a%20b", "/compose?topic=ai&q=a%20b"),
        ("/search/?q=\x01\xe9", "/search?q=%01%E9"),
        ("/topics/cv.json", "/topics/computer-vision.json"),
        ("/topics/Artificial%20Intelligence", "/topics/ai"),
        ("/topics/computer%2Dvision.rss", "/topics/computer-vision.rss"),
        ("/topics/computer_vision.rss", "/topics/computer-vision.rss"),
        ("/topics/computer-vision+ai.rss", "/topics/ai+computer-vision.rss"),
        ("/topics/computer-vision%2Bai.rss", "/topics/ai+computer-vision.rss"),
        ("/topics/ai%2Bcomputer-vision.rss", "/topics/ai+computer-vision.rss"),
        ("/topics/ai+ai+cv+ai", "/topics/ai+computer-vision"),
        ("/providers/www.bbc.co.uk.rss", "/providers/bbc.co.uk.rss"),
        ("/providers/BBC.co.uk", "/providers/bbc.co.uk"),
        ("/providers/abcnews.go.com.atom", "/providers/go.com.atom"),
        ("/providers/rt.com+bbc.co.uk.rss", "/providers/bbc.co.uk+rt.com.rss"),
        ("/%61ll.rss", "/all.rss"),
        ("/all%2erss", "/all.rss"),
        ("/%74opics/%61i.rss", "/topics/ai.rss"),
        ("/topics//ai.rss", "/topics/ai.rss"),
        ("//all.rss", "/all.rss"),
    ],
)
def test_another_spelling_of_an_address_leads_to_the_one_there_is(
    seed: TestClient, asked: str, canonical: str
) -> None:
    answer = ask(seed, asked)
    assert answer.status == 301
    assert answer.headers["location"] == canonical
    assert CORS.items() <= answer.headers.items()
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert ask(seed, canonical).status == 200


@pytest.mark.parametrize("path", FEEDS)
@pytest.mark.parametrize("suffix", [".rss", ""])
@pytest.mark.parametrize(
    "query", ["?", "?utm_source=x", "?a=1&b=2&a=1", "?%ff=%", "?fbclid=x;y", "?format=atom", "?&&="]
)
def test_unknown_parameters_change_nothing(
    seed: TestClient, path: str, suffix: str, query: str
) -> None:
    plain, asked = ask(seed, path + suffix), ask(seed, path + suffix + query)
    assert asked == plain


@pytest.mark.parametrize("address", [*ADDRESSES, *LISTS, "/topics/AI.rss", "/nowhere"])
def test_no_address_in_an_answer_comes_from_the_request(seed: TestClient, address: str) -> None:
    evil = {
        "host": "evil.example",
        "x-forwarded-host": "evil.example",
        "x-forwarded-proto": "gopher",
        "x-forwarded-prefix": "/evil",
        "forwarded": "host=evil.example;proto=gopher",
        "x-original-url": "/evil",
    }
    assert ask(seed, address, headers=evil) == ask(seed, address)


@pytest.mark.parametrize(
    "base", ["https://example.org/news", "http://[::1]:8000", "https://a.org/"]
)
def test_addresses_begin_with_the_configured_base(tmp_path: Path, base: str) -> None:
    with site(tmp_path, article(topics=["AI"]), site={"base_url": base}) as client:
        base = base.rstrip("/")
        for format in Format:
            answer = ask(client, f"/topics/ai.{format}")
            assert read(answer.body, format).self == f"{base}/topics/ai.{format}"
            assert f'<{base}/topics/ai.{format}>; rel="self"' in answer.headers["link"]
        assert f"{base}/topics/ai.rss".encode() in ask(client, "/feeds.opml").body
        moved = ask(client, "/topics/AI.rss").headers["location"]
        assert base.endswith(moved.removesuffix("/topics/ai.rss"))


def test_the_address_that_is_listened_at_will_do_where_none_is_configured(tmp_path: Path) -> None:
    with site(tmp_path, article()) as client:
        assert read(ask(client, "/all.json").body, Format.JSON).self == f"{BASE}/all.json"


# --- configuration -------------------------------------------------------------------------


def test_the_configuration_takes_effect(tmp_path: Path) -> None:
    articles = [article(day, excerpt="In short", content="At length") for day in (1, 2, 3)]
    articles[0]["related"] = [article(4)]
    defaults = {"limit": 2, "max_age": "1h", "content": "summary", "related": "exclude"}
    with site(tmp_path, *articles, site={"defaults": defaults}) as client:
        answer = ask(client, "/all.atom")
        found = read(answer.body, Format.ATOM).entries
    assert [entry.title for entry in found] == ["Title 3", "Title 2"]
    assert "In short" in found[0].content
    assert "At length" not in found[0].content
    assert answer.headers["cache-control"] == (
        "public, max-age=3600, stale-while-revalidate=3600, stale-if-error=86400"
    )


@pytest.mark.parametrize(
    ("unpublished", "titles"),
    [(None, [1]), ("exclude", [1]), ("include", [2, 1]), ("only", [2])],
)
def test_drafts_are_shown_as_configured_and_not_by_default(
    tmp_path: Path, unpublished: str | None, titles: list[int]
) -> None:
    defaults = {"unpublished": unpublished} if unpublished else {}
    articles = article(1), article(2, draft=True)
    with site(tmp_path, *articles, site={"defaults": defaults}) as client:
        found = read(ask(client, "/all.json").body, Format.JSON).entries
    assert [entry.title for entry in found] == [f"Title {number}" for number in titles]


# --- the same bytes everywhere ---------------------------------------------------------------


def same_everywhere(folder: Path, seeds: Path, config: Path) -> int:
    """Two catalogs of one folder, at other paths and times; how many addresses were compared."""
    found: list[dict[str, Response]] = []
    for name, now in (("one", 2_000_000_000), ("other/place", 2_100_000_000)):
        copy = folder / name / "seeds"
        for file in sorted(seeds.iterdir(), reverse=bool(found)):
            copy.mkdir(parents=True, exist_ok=True)
            (copy / file.name).write_bytes(file.read_bytes())
        ingest(copy, folder / name / "data", now)
        for _ in range(2):  # and after a restart
            with serving(folder / name / "data", config) as client:
                found.append(everything(client))
    assert all(one == found[0] for one in found)
    return len(found[0])


def test_two_catalogs_of_the_seed_serve_the_same_bytes(tmp_path: Path) -> None:
    assert same_everywhere(tmp_path, SEEDS, CONFIG) > 100


def test_two_catalogs_of_odd_articles_serve_the_same_bytes(tmp_path: Path) -> None:
    odd = [
        article(1, topics=["AI"], related=[article(3, topics=["One"])]),
        article(2, topics=["ai", "A.I."], url="http://news.example.com/1/?utm_source=x"),
        article(3, topics=["Two"], provider={"name": "Other", "domain": "news.example.com"}),
        article(4, topics=["AI"], date="2020-01-01T12:00:00Z"),
        article(5, published=False, topics=["AI"]),
    ]
    seeds = put(tmp_path / "seeds", *odd)
    assert same_everywhere(tmp_path, seeds, configure(tmp_path / "config")) > 20


@pytest.mark.slow
def test_two_catalogs_of_seed_and_news_serve_the_same_bytes(tmp_path: Path, news: Path) -> None:
    together = tmp_path / "together"
    together.mkdir()
    for folder in (SEEDS, news):
        for file in folder.iterdir():
            (together / file.name).write_bytes(file.read_bytes())
    assert same_everywhere(tmp_path, together, CONFIG) > 100


# --- changes while serving -------------------------------------------------------------------


def titles(client: TestClient, address: str) -> list[str]:
    format = Format(address.rpartition(".")[2])
    return [entry.title for entry in read(ask(client, address).body, format).entries]


def shows(client: TestClient, address: str, wanted: list[str]) -> None:
    wait_for(lambda: titles(client, address) == wanted, f"the titles {wanted}")


def test_a_changed_article_changes_its_feeds_and_their_validators(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["AI"]), article(2, topics=["Law"])) as client:
        before = everything(client)
        put(tmp_path / "seeds", article(1, topics=["AI"], title="Changed"))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        for address in ("/topics/ai.rss", "/topics/ai.atom", "/topics/ai.json"):
            shows(client, address, ["Changed"])
            after = ask(client, address)
            assert after.headers["etag"] != before[address].headers["etag"]
            assert after.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        assert ask(client, "/topics/law.rss") == before["/topics/law.rss"]


def test_an_article_that_goes_leaves_its_feeds_and_moves_their_dates(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["AI"]), article(2, topics=["AI"])) as client:
        before = ask(client, "/topics/ai.rss")
        (tmp_path / "seeds" / "2.json").unlink()
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        shows(client, "/topics/ai.rss", ["Title 1"])
        after = ask(client, "/topics/ai.rss")
        assert after.headers["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        asked = {"if-modified-since": before.headers["last-modified"]}
        assert ask(client, "/topics/ai.rss", headers=asked).status == 200


def test_a_score_that_changes_changes_no_byte(tmp_path: Path) -> None:
    with site(tmp_path, article(1, quality=1), article(2)) as client:
        before = everything(client)
    put(tmp_path / "seeds", article(1, quality=99, secured={"x": 1}))
    ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
    with serving(tmp_path / "data", tmp_path / "config") as client:
        assert everything(client) == before


def test_a_topic_that_only_the_configuration_knows_shows_its_first_article(
    tmp_path: Path,
) -> None:
    topics = [{"slug": "law", "aliases": ["Legal"]}, {"slug": "courts", "parent": "law"}]
    providers = [{"domain": "cbc.ca", "aliases": ["cbc.com"]}]
    config = {"topics": topics, "providers": providers}
    with site(tmp_path, article(1, topics=["AI"]), **config) as client:
        addresses = ("/topics/law.rss", "/topics/courts.json", "/providers/cbc.ca.atom")
        assert [titles(client, address) for address in addresses] == [[], [], []]
        first = article(2, topics=["Courts"], provider={"domain": "cbc.com"})
        put(tmp_path / "seeds", article(1, topics=["AI"]), first)
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        for address in addresses:
            shows(client, address, ["Title 2"])


def test_a_new_topic_has_a_feed_as_soon_as_an_article_has_it(tmp_path: Path) -> None:
    with site(tmp_path, article(1)) as client:
        assert ask(client, "/topics/new.rss").status == 404
        put(tmp_path / "seeds", article(1, topics=["New"]))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: ask(client, "/topics/new.rss").status == 200, "the new topic's feed")
        wait_for(lambda: b"/topics/new" in ask(client, "/").body, "the new topic on the front page")


@pytest.mark.parametrize("path", ["/all.rss", "/all", "/feeds.json"])
def test_a_document_that_is_asked_for_as_it_was_is_that_or_refused(
    seed: TestClient, path: str
) -> None:
    gzip = {"accept-encoding": "gzip"}
    tag = ask(seed, path, headers=gzip).headers["etag"]
    assert ask(seed, path, headers=gzip | {"if-match": f'"x", {tag}'}).status == 200
    for other in ({"if-match": '"x"'}, {"if-unmodified-since": "Thu, 01 Jan 1970 00:00:00 GMT"}):
        refused = ask(seed, path, headers=gzip | other)
        assert (refused.status, refused.headers["cache-control"]) == (412, "no-store")
        assert refused.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize("base", ["/feeds", "/a/b", "/caf%C3%A9", "/topics", "/all"])
@pytest.mark.parametrize("is_kept", [False, True])
def test_a_base_with_a_path_is_served_whether_a_proxy_removes_it(
    tmp_path: Path, base: str, is_kept: bool
) -> None:
    config = {"base_url": f"https://example.org{base}/"}
    with site(tmp_path, article(topics=["AI"]), site=config) as client:
        waiting, seen = ["/all", "/all.rss"], set[str]()
        while waiting:
            address = waiting.pop()
            response = ask(client, base * is_kept + address)
            assert response.status == 200, address
            seen.add(address)
            text = response.body.decode()
            for found in re.findall(r'(?:href|src)="(?:https://example\.org)?(/[^"#]*)"', text):
                assert found.startswith(base)
                path = found.removeprefix(base) or "/"
                # Not the address of the base alone, which is of a list too.
                if path != "/" and "?" not in path and path not in (*seen, *waiting):
                    waiting.append(path)
        assert seen >= {"/all.json", "/topics/ai", "/topics/ai.atom", "/compose", "/feeds.opml"}
        moved = ask(client, base * is_kept + "/topics/AI.rss")
        assert (moved.status, moved.headers["location"]) == (301, f"{base}/topics/ai.rss")
        if base in ("/feeds", "/a/b"):
            assert ask(client, base).body == ask(client, f"{base}/").body == ask(client, "/").body
            assert ask(client, f"{base}s/all.rss").status == 404
