"""What an address answers that names no feed; nothing a client sends gives a 500."""

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import scan
from tests.support.application import ingest, service_of, serving, site
from tests.support.examples import article
from tests.support.html_pages import check
from tests.support.paths import CONFIG, SEEDS
from tests.support.requests import Response, ask, every_address, everything
from tests.support.waiting import wait_for

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
READER = {"accept": "application/atom+xml, application/rss+xml, */*;q=0.1"}


NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.fixture(scope="module")
def seed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    data = tmp_path_factory.mktemp("seed")
    ingest(SEEDS, data)
    with serving(data) as client:
        yield client


# --- not found -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("/topics/aii", "/topics/ai"),
        ("/topics/aii.rss", "/topics/ai.rss"),
        ("/topics/aii.json", "/topics/ai.json"),
        ("/topics/computer-visoin.atom", "/topics/computer-vision.atom"),
        ("/topics/ai+computer-visoin.atom", "/topics/computer-vision.atom"),
        ("/providers/bbc.com", "/providers/bbc.co.uk"),
        ("/providers/nytime.com.rss", "/providers/nytimes.com.rss"),
        ("/al.rss", "/all.rss"),
        ("/ai.rss", "/topics/ai.rss"),
        ("/bbc.co.uk.json", "/providers/bbc.co.uk.json"),
        ("/providers/PC%20Magazine.rss", "/providers/pcmag.com.rss"),
        ("/topics/ai.json?provider=new+york+times", "/providers/nytimes.com.json"),
        ("/topics/Computer+Vision.rss", "/topics/computer-vision.rss"),
        ("/nothing/at/all", "/"),
        ("/wp-login.php", "/"),
    ],
)
def test_an_unknown_address_names_what_is_near_in_the_format_asked_for(
    seed: TestClient, address: str, near: str
) -> None:
    answer = ask(seed, address)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    first = answer.body.decode().partition("Perhaps you meant ")[2].split(" or ")[0]
    assert first.rstrip(".\n") == near
    assert ask(seed, near).status == 200


def test_an_unknown_address_that_is_like_nothing_suggests_nothing(seed: TestClient) -> None:
    assert ask(seed, "/topics/zzzz.rss").body == b"There is no topic 'zzzz'.\n"


@pytest.mark.parametrize("address", ["/topics/aii.rss", "/nowhere", "/topics/x%3Cb%3E.rss"])
def test_a_person_gets_a_page(seed: TestClient, address: str) -> None:
    answer = ask(seed, address, headers=BROWSER)
    assert answer.status == 404
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    page = check(answer.body)
    assert "There is no" in page.words
    for link in page.all("a"):
        assert link["href"].startswith(("/", "#"))


@pytest.mark.parametrize("headers", [{}, READER, {"accept": "*/*"}, {"accept": ""}])
def test_a_program_gets_plain_text(seed: TestClient, headers: dict[str, str]) -> None:
    answer = ask(seed, "/topics/aii.rss", headers=headers)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "Accept" in answer.headers["vary"]
    assert answer.headers["access-control-allow-origin"] == "*"


# --- drafts ----------------------------------------------------------------------------

SECRET = "Zugzwang"
HIDDEN = {
    "title": f"{SECRET} title",
    "excerpt": f"{SECRET} excerpt",
    "content": f"{SECRET} content",
    "url": f"https://{SECRET}.example/{SECRET}",
    "provider": {"name": f"{SECRET} Times", "domain": f"{SECRET}.example"},
    "topics": [f"{SECRET} topic", "AI"],
    "tags": [f"{SECRET} tag"],
    "images": [{"url": f"https://{SECRET}.example/{SECRET}.png", "title": SECRET}],
}
NEAR_HIDDEN = [
    "/zugzwang-topic", "/zugzwang.example", "/topic/zugzwang-topic", "/topics/ai+zugzwang-topic",
    "/topics/zugzwang-topic", "/topics/zugzwang-topics.rss", "/topics/zugzwang.json",
    "/providers/zugzwang.example", "/providers/www.zugzwang.example.rss",
    "/providers/zugzwangs.example.atom", "/providers/t.org+zugzwang.example",
]  # fmt: skip


def all_said(client: TestClient) -> list[Response]:
    """What a site says at every address, and near what it may hide."""
    near = [
        ask(client, address, headers=accept) for address in NEAR_HIDDEN for accept in ({}, BROWSER)
    ]
    return [*near, *everything(client).values()]


def says(client: TestClient, word: str) -> list[str]:
    """Every address of a site that says a word."""
    found = everything(client)
    return [where for where, said in found.items() if word.lower() in str(said).lower()]


@pytest.mark.parametrize(
    "hiding", [{"published": False}, {"draft": True}, {"published": "perhaps"}]
)
def test_a_draft_and_its_related_coverage_change_no_response(
    tmp_path: Path, hiding: dict[str, object]
) -> None:
    related = article(2) | HIDDEN | {"url": f"https://{SECRET}.example/related"}
    draft = article(1) | HIDDEN | {"related": [related]} | hiding
    public = article(3, topics=["AI"], provider={"name": "Times", "domain": "t.org"})
    with site(tmp_path / "without", public) as client:
        expected = all_said(client)
    with site(tmp_path / "with", public, draft) as client:
        assert all_said(client) == expected
    shown = {"defaults": {"unpublished": "include"}}
    with site(tmp_path / "shown", public, draft, site=shown) as client:
        assert len(says(client, SECRET)) > 10


def test_a_related_draft_of_a_public_article_shows_nowhere(tmp_path: Path) -> None:
    hidden = article(2) | HIDDEN | {"published": False}
    public = article(1, topics=["AI"])
    with site(tmp_path / "without", public) as client:
        expected = all_said(client)
    with site(tmp_path / "with", public | {"related": [hidden]}) as client:
        assert all_said(client) == expected


def test_a_draft_does_not_decide_how_public_topics_and_providers_are_spelled(
    tmp_path: Path,
) -> None:
    public = article(1, topics=["Machine Learning"], provider={"name": "Times", "domain": "t.org"})
    spelled = {"topics": ["MACHINE learning"], "provider": {"name": SECRET, "domain": "t.org"}}
    drafts = [article(number, published=False, **spelled) for number in (2, 3, 4)]
    with site(tmp_path / "without", public) as client:
        expected = all_said(client)
    with site(tmp_path / "with", public, *drafts) as client:
        assert all_said(client) == expected


def test_what_becomes_a_draft_is_gone_at_once(tmp_path: Path) -> None:
    shown = article(1) | HIDDEN
    with site(tmp_path, shown, article(2, topics=["AI"])) as client:
        assert f"/topics/{SECRET.lower()}-topic.rss" in every_address(client)
        with site(tmp_path, shown | {"published": False}, article(2, topics=["AI"])):
            pass
        wait_for(lambda: says(client, SECRET) == [], "the end of the background task")
        assert ask(client, "/all.rss").status == 200


def test_fields_no_one_knows_never_leave(tmp_path: Path) -> None:
    unknown = {
        "secured": {"token": SECRET},
        "internalNote": SECRET,
        "_private": [SECRET],
        SECRET: SECRET,
        "provider": {"name": "Times", "domain": "t.org", "password": SECRET},
        "images": [{"url": "https://i.example/1.png", "key": SECRET, "isCached": SECRET}],
    }
    fields = article(1) | unknown | {"related": [article(2) | unknown], "topics": ["AI"]}
    with site(tmp_path, fields) as client:
        assert len(says(client, "Title 1")) > 10
        assert says(client, SECRET) == []


# --- hostile -----------------------------------------------------------------------------

HOSTILE = [
    "/%00", "/topics/%00", "/topics/ai%00.rss", "/all%00.rss", "/%2F", "/topics/%2F",
    "/topics%2Fai", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "/topics/../all.rss",
    "/topics/..%2f..%2fx", "/%", "/%z", "/topics/%", "/topics/%e", "/all.rss%", "/%ff",
    "/topics/%ff.rss", "/%c0%ae%c0%ae/", "/topics/%ed%a0%80", "/topics/%f8%88%80%80%80",
    "/topics/%e2%80%ae", "/topics/%0d%0aX-Evil:%201", "/\\..\\x", "/topics/<script>",
    "/topics/'%20or%201=1--", "/topics/{{7*7}}", "/topics/+++", "/topics/ai+", "/topics/%2B%2B",
    "/providers/:::", "/providers/[::1]", "/providers/[", "/providers/@", "/providers/xn--",
    "/providers/xn--a-.example", "/providers/" + "a." * 200, "/topics/" + "x" * 7000,
    "/" + "a/" * 3000, "/topics/" + "%41" * 2000, "/all.rss?" + "x" * 7000, "/topics/\u00df",
    "/all.rss;x=1", "/all.rss#x", "/.rss", "/.", "/..", "//", "///", "", "*", "/all.rss.rss",
    "http://x/all.rss", "/topics/.rss", "/topics/ai..rss", "/topics/ai.", "/topics/ ",
    "/topics/\t", "/feeds.opml?format=%ff", "/feeds.opml?format=",
    "/feeds.opml?format=rss&format=atom", "/feeds.opml?format[]=x", "/feeds.opml/x",
    "/feeds.json/", "/healthz/x", "/all.rss?limit=%00",
]  # fmt: skip


@pytest.mark.parametrize("headers", [{}, BROWSER], ids=["program", "browser"])
@pytest.mark.parametrize("target", HOSTILE)
def test_a_hostile_address_gets_an_ordinary_answer(
    seed: TestClient, target: str, headers: dict[str, str]
) -> None:
    answer = ask(seed, target, headers=headers)
    assert answer.status in (200, 301, 400, 404, 414)
    for value in answer.headers.values():
        assert "\n" not in value
        assert "\r" not in value
    if "html" in answer.headers["content-type"]:
        check(answer.body)
    if answer.status == 301:
        assert answer.headers["location"].startswith("/")
        assert not answer.headers["location"].startswith("//")


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/topics/nothing.rss", 404),
        ("/topics/AI.rss", 301),
        ("/topics/computer-vision+ai", 301),
        ("/all.rss?limit=05", 301),
        ("/all.rss?limit=none", 400),
        ("/all.rss?topic=nothing", 404),
        (f"/all?before={NOBODY}", 404),
        ("/all?before=nothing", 400),
        (f"/stories/{NOBODY}", 404),
        ("/sets/nothing.json", 404),
        ("/sets/nothing.opml", 404),
        ("/providers?page=99", 404),
        ("/topics?page=0", 404),
        ("/compose?topic=nothing", 400),
        ("/compose?topic=", 301),
        ("/schema/nothing.json", 404),
        ("/static/nothing.css", 404),
        ("/nothing", 404),
    ],
)
def test_an_address_without_a_document_never_reaches_the_cache(
    seed: TestClient, address: str, status: int
) -> None:
    cache = service_of(seed).cache
    ask(seed, "/all.rss")
    before = asdict(cache.counters), len(cache), cache.bytes
    for _ in range(3):
        assert ask(seed, address).status == status
    assert (asdict(cache.counters), len(cache), cache.bytes) == before


@pytest.mark.parametrize(
    "target", ["/" + "x" * 9000, "/all.rss?" + "x" * 9000, "/topics/" + "a+" * 5000]
)
def test_an_address_that_is_too_long_is_refused(seed: TestClient, target: str) -> None:
    answer = ask(seed, target)
    assert answer.status == 414
    assert len(answer.body) < 500


def test_a_long_name_is_not_repeated_at_length(seed: TestClient) -> None:
    assert len(ask(seed, "/topics/" + "x" * 7000).body) < 500


pieces = st.one_of(
    st.sampled_from(
        ["/", "//", "all", "topics", "providers", "ai", "bbc.co.uk", "feeds", ".opml", ".rss",
         ".json", ".atom", "+", "%", "%00", "%2F", "%2B", "%ff", "?", "=", "&", "#", "..",
         "healthz", "format"]
    ),
    st.text(st.characters(min_codepoint=1, max_codepoint=255), max_size=8),
    st.binary(max_size=4).map(lambda raw: "".join(f"%{byte:02x}" for byte in raw)),
)  # fmt: skip
header_names = st.sampled_from(
    ["accept", "accept-encoding", "if-none-match", "if-modified-since", "host", "range", "expect",
     "origin", "access-control-request-method", "a-im", "content-length", "x-forwarded-for"]
)  # fmt: skip
header_values = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=30)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    target=st.lists(pieces, max_size=8).map("".join),
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST"]),
    headers=st.dictionaries(header_names, header_values, max_size=3),
)
def test_nothing_a_client_sends_gives_an_error_of_ours(
    seed: TestClient, target: str, method: str, headers: dict[str, str]
) -> None:
    answer = ask(seed, target.encode("latin-1"), method, headers)
    assert answer.status in (200, 204, 301, 304, 400, 404, 405, 414)
    assert b"Traceback" not in answer.body


# --- no catalog ---------------------------------------------------------------------------


BEFORE_A_SCAN = (
    "/", "/all", "/all.rss", "/all.json?q=x", "/topics/ai", "/topics/ai.atom", "/topics",
    "/providers", "/feeds.opml", "/feeds.json", "/search", "/search?q=ai", "/compose",
    "/compose?topic=nothing", "/topics/nothing.rss",
)  # fmt: skip


def is_not_available(client: TestClient, address: str) -> bool:
    answer = ask(client, address)
    return (
        answer.status == 503
        and int(answer.headers["retry-after"]) > 0
        and answer.headers["cache-control"] == "no-store"
        and not {"etag", "last-modified"} & set(answer.headers)
    )


def test_before_the_first_scan_everything_is_not_available_just_now(tmp_path: Path) -> None:
    with serving(tmp_path / "empty", CONFIG) as client:
        for address in BEFORE_A_SCAN:
            assert is_not_available(client, address), address
            assert str(tmp_path).encode() not in ask(client, address).body


def test_until_the_first_scan_has_ended_nothing_of_it_is_served(tmp_path: Path) -> None:
    """Caches would keep a feed that lacks entries, readers would forget what they had."""
    file = parse_file(str(SEEDS), next(iter(scan(SEEDS))))
    assert file is not None
    with serving(tmp_path, CONFIG) as client:
        with open_to_write(tmp_path) as engine:
            Writer(engine).apply([file], (), 1_600_000_000)
        for address in BEFORE_A_SCAN:
            assert is_not_available(client, address), address
        wait_for(lambda: b'"reachable"' in ask(client, "/readyz").body, "the catalog to be opened")
        assert ask(client, "/readyz").status == 503
        assert ask(client, "/healthz").status == 200
        ingest(SEEDS, tmp_path)
        wait_for(lambda: ask(client, "/topics/ai.rss").status == 200, "the feed")


def test_a_catalog_that_is_begun_again_shows_nothing_before_its_scan_has_ended(
    tmp_path: Path,
) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path, CONFIG) as client:
        before = ask(client, "/all.rss")
        for path in tmp_path.glob("catalog.db*"):
            path.unlink()
        with open_to_write(tmp_path):
            wait_for(lambda: ask(client, "/readyz").status == 503, "the new catalog to be noticed")
            assert ask(client, "/all.rss").body == before.body
            assert is_not_available(client, "/all.atom")


def test_the_first_scan_ends_it(tmp_path: Path) -> None:
    with serving(tmp_path, CONFIG) as client:
        assert ask(client, "/all.rss").status == 503
        ingest(SEEDS, tmp_path)
        wait_for(lambda: ask(client, "/all.rss").status == 200, "the feed to be served again")
        wait_for(lambda: ask(client, "/readyz").status == 200, "readiness")


def test_what_is_cached_is_served_when_the_catalog_is_lost(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path, CONFIG) as client:
        before = ask(client, "/all.rss")
        for file in tmp_path.glob("catalog.db*"):
            file.write_bytes(b"no database" * 1000)
        assert ask(client, "/all.rss") == before
        lost = ask(client, "/topics/ai.rss")
        assert lost.status == 503
        assert b"atabase" not in lost.body
