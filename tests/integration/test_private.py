"""Private sets over HTTP: only for whoever has a token, and traces of them nowhere else."""

import json
import re
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import feedparser
import pytest
from starlette.testclient import TestClient

from feeds.model import Format
from feeds.server.tokens import FILE, Tokens
from feeds.util.urls import entry_id
from tests.support.application import service_of, site
from tests.support.examples import BASE, article
from tests.support.folders import configure
from tests.support.html_pages import check
from tests.support.requests import SUFFIXES, Response, ask
from tests.support.waiting import wait_for

NOW = datetime(2020, 1, 1, tzinfo=UTC)
SETS: dict[str, dict[str, Any]] = {
    "drafts": {"title": "To review", "private": True, "unpublished": "only",
               "include": {"topics": "AI"}},
    "partners": {"title": "For partners", "private": True, "include": {"topics": "AI"}},
    "geheim-日本": {"title": "Hidden in Japan", "private": True, "include": {"topics": "AI"}},
    "open": {"title": "Open", "include": {"topics": "AI"}},
    "bundle": {"title": "Bundle", "private": True, "members": ["/topics/ai", "/sets/drafts"]},
}  # fmt: skip
ARTICLES = [
    article(1, topics=["AI"]),
    article(2, topics=["AI"], published=False, content="Zebrafish", title="A draft"),
    article(3, topics=["Unspoken"], published=False),
    article(4, topics=["AI"]),
]


LISTS = ["/", "/feeds.opml", "/feeds.opml?format=json", "/feeds.json"]


@dataclass
class Private:
    client: TestClient
    tokens: Tokens
    secrets: dict[str, str]
    config: Path

    def ask(self, target: str, **headers: str) -> Response:
        return ask(self.client, target, headers=headers)

    def opened(self, target: str, set: str) -> Response:
        return self.ask(f"{target}{'&' if '?' in target else '?'}token={self.secrets[set]}")


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Private]:
    with site(tmp_path, *ARTICLES, sets=SETS) as client:
        tokens = Tokens(tmp_path / "data")
        names = ("drafts", "partners", "geheim-日本", "bundle")
        secrets = {name: tokens.create(name, "", NOW)[0] for name in names}
        yield Private(client, tokens, secrets, tmp_path / "config")


def basic(password: str, name: str = "reader") -> str:
    return "Basic " + b64encode(f"{name}:{password}".encode()).decode()


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".opml"])
def test_each_way_of_giving_a_token_opens_a_set(private: Private, suffix: str) -> None:
    secret = private.secrets["drafts"]
    target = f"/sets/drafts{suffix}"
    answers = [
        private.ask(f"{target}?token={secret}"),
        private.ask(f"{target}?utm=x&%74oken={secret}"),
        private.ask(target, authorization=basic(secret)),
        private.ask(target, authorization=basic(secret, "")),
        private.ask(target, authorization=f"Bearer {secret}"),
        private.ask(target, authorization=f"bearer  {secret} "),
    ]
    assert {answer.status for answer in answers} == {200}
    # A page and a list are for people: they have the token that their address has.
    by_address = answers[:2] if suffix in ("", ".opml") else []
    assert len({answer.body for answer in answers[len(by_address) :]}) == 1
    assert len({answer.body for answer in by_address}) <= 1
    for answer in answers:
        assert answer.headers["cache-control"] == "private, max-age=300"
        assert (secret in answer.body.decode()) is (answer in by_address)
        assert secret not in str(answer.headers)
    if not suffix.endswith("opml"):
        assert answers[0].headers["referrer-policy"] == "no-referrer"
        assert b"A draft" in answers[0].body


@pytest.mark.parametrize("set", ["drafts", "bundle"])
def test_nothing_in_feeds_of_drafts_leads_to_what_is_not_public(private: Private, set: str) -> None:
    id = entry_id("https://news.example.com/2")
    story = f"{BASE}/stories/{id}"
    assert private.ask(f"/stories/{id}").status == 404
    for format in Format:
        body = private.opened(f"/sets/{set}.{format}", set).body
        assert b"A draft" in body
        assert story.encode() not in body
        assert (b"/stories/" in body) == (set == "bundle")  # there are public articles in it
        if format is not Format.JSON:
            found = feedparser.parse(body)
            assert not found.bozo
            assert {entry.title for entry in found.entries} >= {"A draft"}


def test_the_page_of_drafts_shows_their_text_and_links_that_work(private: Private) -> None:
    for name in ("drafts", "bundle"):
        page = private.opened(f"/sets/{name}?limit=1", name).body.decode()
        page += private.opened(f"/sets/{name}", name).body.decode()
        assert "Zebrafish" in page
        links = set(re.findall(rf'(?:href|src)="(?:{re.escape(BASE)})?(/[^"]*)"', page))
        assert len(links) > 5
        for link in links:
            assert private.ask(unescape(link)).status == 200, link
    assert b"Zebrafish" not in private.ask("/all").body


REFUSED = ["", "feeds_wrong", "%00", "%ff", "%ED%A0%80", "é", "x" * 7000]


@pytest.mark.parametrize("suffix", [*SUFFIXES, ".opml"])
@pytest.mark.parametrize("wrong", REFUSED)
def test_without_a_right_token_it_is_401_and_a_way_to_give_one(
    private: Private, suffix: str, wrong: str
) -> None:
    private.opened(f"/sets/drafts{suffix}", "drafts")  # what others may read changes nothing
    answer = private.ask(f"/sets/drafts{suffix}?token={wrong}")
    assert answer.status == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="private feeds", charset="UTF-8"'
    assert answer.headers["cache-control"] == "no-store"
    assert b"end of the address, as ?token=" in answer.body
    assert b"in the header Authorization" in answer.body
    assert b"draft" not in answer.body.lower()
    assert b"review" not in answer.body.lower()


# --- in a browser -----------------------------------------------------------------------

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


@pytest.mark.parametrize("wrong", ["", *REFUSED[1:]])
def test_a_browser_gets_a_form_for_the_token_and_no_dialog_of_its_own(
    private: Private, wrong: str
) -> None:
    answer = private.ask(f"/sets/drafts?token={wrong}" if wrong else "/sets/drafts", **BROWSER)
    assert answer.status == 401
    scheme, _, rest = answer.headers["www-authenticate"].partition(" ")
    assert scheme == "Bearer"  # RFC 9110 15.5.2 wants a challenge; browsers have no dialog for it
    assert ("invalid_token" in rest) is bool(wrong)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["vary"] == "Accept"
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    page = check(answer.body)
    assert ("This token does not open the feed" in page.words) is bool(wrong)
    assert "draft" not in page.words.lower()
    assert "review" not in page.words.lower()
    assert wrong not in answer.body.decode() or not wrong
    form = page.all("form")[-1]  # the first one searches
    assert "action" not in form  # so it is sent to this address, and to no other host
    assert "method" not in form
    (field,) = (one for one in page.all("input") if one.get("name") == "token")
    assert (field["type"], field["autocomplete"]) == ("password", "off")
    assert "value" not in field
    assert private.ask("/sets/drafts", **BROWSER, **{"if-none-match": "*"}).status == 401
    assert ask(private.client, "/sets/drafts", "HEAD", BROWSER).status == 401


def test_the_form_opens_the_page_with_the_rest_of_its_address(private: Private) -> None:
    address = "/sets/drafts?q=%22a+draft%22&limit=5&utm_source=%3Cb%3E&token=feeds_wrong"
    page = check(private.ask(address, **BROWSER).body)
    hidden = {one["name"]: one["value"] for one in page.all("input") if one.get("type") == "hidden"}
    assert hidden == {"q": '"a draft"', "limit": "5"}
    sent = urlencode(hidden | {"token": f" {private.secrets['drafts']} "})
    opened = private.ask(f"/sets/drafts?{sent}", **BROWSER)
    if opened.status == 301:
        assert opened.headers["cache-control"] == "no-store"
        opened = private.ask(opened.headers["location"], **BROWSER)
    assert opened.status == 200
    assert b"Zebrafish" in opened.body
    assert opened.headers["cache-control"] == "private, max-age=300"
    assert opened.headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize("suffix", [*SUFFIXES[1:], ".opml", ".rss/"])
def test_a_browser_is_asked_for_a_password_where_there_is_no_page(
    private: Private, suffix: str
) -> None:
    answer = private.ask(f"/sets/drafts{suffix}", **BROWSER)
    assert (answer.status, answer.headers["www-authenticate"][:6]) == (401, "Basic ")


def test_the_form_shows_what_strangers_write_as_text(private: Private) -> None:
    page = check(private.ask('/sets/drafts?q="><script>alert(1)</script>', **BROWSER).body)
    assert {"type": "hidden", "name": "q", "value": '"><script>alert(1)</script>'} in (
        page.all("input")
    )


@pytest.mark.parametrize(
    "authorization",
    ["", "Basic", "Basic ", "Basic =", "Basic \xe9\xe9", "Basic " + "A" * 5001, "Bearer",
     "Bearer \xff\x00", "Digest x", basic(""), b64encode(b"\xff:\xff").decode(),
     "Basic " + b64encode(b"\xff:\xff").decode(), "Basic " + b64encode(b"no colon").decode()],
)  # fmt: skip
def test_odd_credentials_are_no_token(private: Private, authorization: str) -> None:
    assert private.ask("/sets/drafts.rss", authorization=authorization).status == 401
    assert private.ask("/feeds.json", authorization=authorization).status == 200


def test_a_token_of_another_set_or_one_that_was_revoked_opens_nothing(private: Private) -> None:
    assert private.opened("/sets/drafts.rss", "partners").status == 401
    etag = private.opened("/sets/drafts.rss", "drafts").headers["etag"]
    private.tokens.revoke("drafts", None)
    assert private.opened("/sets/drafts.rss", "drafts").status == 401
    secret = private.secrets["drafts"]
    again = private.ask(f"/sets/drafts.rss?token={secret}", **{"if-none-match": etag})
    assert again.status == 401
    assert private.opened("/sets/partners.rss", "partners").status == 200


@pytest.mark.parametrize(
    "target",
    ["/SETS/drafts.rss", "//sets//drafts.rss", "/sets/DRAFTS.rss", "/sets/drafts%00.rss",
     "/sets/drafts/.rss", "/sets%2Fdrafts.rss", "/sets/%64rafts", "/sets/ drafts.opml",
     "/sets/drafts.rss?limit=0", "/sets/drafts.rss?topic=nobody", "/sets/drafts?q=zebrafish"],
)  # fmt: skip
def test_no_spelling_goes_round_the_door(private: Private, target: str) -> None:
    private.opened("/sets/drafts.rss", "drafts")
    assert private.ask(target).status == 401
    assert private.opened(target, "drafts").status in (200, 301, 400, 404)


def test_what_is_unchanged_is_not_sent_again_to_whoever_has_a_token(private: Private) -> None:
    answer = private.opened("/sets/drafts.atom", "drafts")
    target = f"/sets/drafts.atom?token={private.secrets['drafts']}"
    again = private.ask(target, **{"if-none-match": answer.headers["etag"]})
    assert (again.status, again.headers["cache-control"]) == (304, "private, max-age=300")
    unknown = private.ask("/sets/drafts.atom", **{"if-none-match": answer.headers["etag"]})
    assert unknown.status == 401
    assert "etag" not in unknown.headers


def addresses(document: bytes, set: str) -> Counter[str]:
    """What a page or a list names of a set, by what stands after its path."""
    return Counter(re.findall(f'{BASE}/sets/{set}([^"<> ]*)', document.decode()))


@pytest.mark.parametrize("target", ["/sets/drafts", "/sets/drafts.opml", *LISTS[1:]])
def test_what_is_asked_for_by_an_address_with_a_token_names_addresses_with_it(
    private: Private, target: str
) -> None:
    secret = private.secrets["drafts"]
    by_address = addresses(private.opened(target, "drafts").body, "drafts")
    assert by_address
    assert all(f"token={secret}" in one for one in by_address), by_address
    for one in by_address:
        assert private.ask(f"/sets/drafts{unescape(one)}").status == 200
    # Whoever gives it otherwise has no need of it there, and another's is never shown.
    other = private.tokens.create("drafts", "", NOW)[0]
    for answer in (
        private.ask(target, authorization=basic(secret)),
        private.ask(f"{target}{'&' if '?' in target else '?'}token={other}"),
    ):
        assert addresses(answer.body, "drafts")
        assert secret not in answer.body.decode()


def test_a_bundle_names_no_private_member_that_its_token_does_not_open(private: Private) -> None:
    answer = private.opened("/sets/bundle.opml", "bundle")
    assert b"/topics/ai.rss" in answer.body
    assert b"drafts" not in answer.body


def test_older_entries_of_a_private_set_are_reached_with_the_token(private: Private) -> None:
    first = private.opened("/sets/partners?limit=1", "partners")
    older = re.search(r'href="(/sets/partners\?[^"]*before=[^"]*)"', first.body.decode())
    assert older is not None
    assert private.ask(unescape(older[1])).status == 200


def test_a_feed_never_has_a_token_in_it(private: Private) -> None:
    for suffix in (".rss", ".atom", ".json"):
        answer = private.opened(f"/sets/drafts{suffix}", "drafts")
        assert answer.status == 200
        assert b"token" not in answer.body


def test_a_redirect_keeps_the_token_and_is_cached_nowhere(private: Private) -> None:
    secret = private.secrets["drafts"]
    for target, location in [
        (f"/sets/Drafts.rss?token={secret}", f"/sets/drafts.rss?token={secret}"),
        (f"/sets/drafts.rss?token={secret}&q=B+a", f"/sets/drafts.rss?q=a%20b&token={secret}"),
        (f"/sets/DRAFTS.opml?format=atom&token={secret}",
         f"/sets/drafts.opml?format=atom&token={secret}"),
    ]:  # fmt: skip
        moved = private.ask(target)
        assert (moved.status, moved.headers["location"]) == (301, location)
        assert moved.headers["cache-control"] == "no-store"
        assert secret not in moved.body.decode()
        assert private.ask(location).status == 200


def test_nothing_private_is_ready_for_the_fast_path(private: Private) -> None:
    for suffix in (*SUFFIXES, ".opml"):
        for _ in range(3):
            private.opened(f"/sets/drafts{suffix}", "drafts")
            private.ask(f"/sets/drafts{suffix}", authorization=basic(private.secrets["drafts"]))
            private.opened("/feeds.json", "drafts")
    ready = b" ".join(service_of(private.client).cache.ready.documents)
    assert b"drafts" not in ready
    assert b"token" not in ready


@pytest.mark.parametrize("target", LISTS)
def test_a_private_set_is_in_no_list_unless_asked_with_its_token(
    private: Private, target: str
) -> None:
    before = private.ask(target)
    assert b"Open" in before.body
    for set, title in [("drafts", "To review"), ("geheim-日本", "Hidden in Japan")]:
        with_token = private.opened(target, set)
        assert (title in with_token.body.decode()) is (target != "/")
        assert "For partners" not in with_token.body.decode()
        if target != "/":
            assert with_token.headers["cache-control"] == "private, max-age=300"
            assert with_token.headers["etag"] != before.headers["etag"]
    assert private.ask(target) == before
    service_of(private.client).cache.drop(lambda document: True)  # whatever their names
    for title in ("To review", "For partners", "Hidden"):
        assert title not in before.body.decode()


@pytest.mark.parametrize("target", ["/sets/draft.rss", "/sets/partner", "/sets/geheim.opml"])
def test_a_private_set_is_not_suggested(private: Private, target: str) -> None:
    answer = private.ask(target)
    assert answer.status == 404
    assert b"Perhaps you meant /.\n" in answer.body


@pytest.mark.parametrize(
    "query", ["q=zebrafish", "q=draft", "q=A+draft", "type=article&q=zebrafish"]
)
def test_the_words_of_drafts_find_nothing_for_the_public(private: Private, query: str) -> None:
    for path in ("/all", "/topics/ai", "/sets/open", "/providers/news.example.com"):
        answer = private.ask(f"{path}.json?{query}")
        if answer.status == 301:
            answer = private.ask(answer.headers["location"])
        assert json.loads(answer.body)["items"] == []
    for query in ("topic=unspoken", "not_topic=unspoken"):
        unknown = private.ask(f"/all.json?{query}")
        nonsense = private.ask(f"/all.json?{query.replace('unspoken', 'nonsense')}")
        assert unknown.status == nonsense.status == 404
        assert unknown.body.replace(b"unspoken", b"") == nonsense.body.replace(b"nonsense", b"")


def test_editors_read_drafts_and_search_in_them(private: Private) -> None:
    found = private.opened("/sets/drafts.json?q=zebrafish", "drafts")
    assert [item["title"] for item in json.loads(found.body)["items"]] == ["A draft"]
    partners = private.opened("/sets/partners.json", "partners")
    assert [item["title"] for item in json.loads(partners.body)["items"]] == ["Title 4", "Title 1"]


def test_a_set_that_becomes_private_is_closed_at_once_however_much_it_is_asked_for(
    private: Private,
) -> None:
    for _ in range(3):
        assert private.ask("/sets/open.rss").status == 200
    service = service_of(private.client)
    ready = service.cache.ready.documents[b"/sets/open.rss"]
    sent = ready.select("identity", None, None, head=False)
    assert sent is not None
    sent.sent_by_fast_path += 5  # as the fast path counts
    configure(private.config, sets={**SETS, "open": {**SETS["open"], "private": True}})
    wait_for(lambda: private.ask("/sets/open.rss").status == 401, "the set to be private")
    wait_for(
        lambda: b"/sets/open.rss" not in service.cache.ready.documents,
        "its ready response to be dropped",
    )
    assert private.ask("/sets/open.rss").status == 401
    secret, _ = private.tokens.create("open", "", NOW)
    opened = private.ask(f"/sets/open.rss?token={secret}")
    assert opened.headers["cache-control"].startswith("private, ")
    assert b"/sets/open.rss" not in service.cache.ready.documents


def test_a_private_set_that_is_taken_away_leaves_nothing(private: Private) -> None:
    assert private.opened("/sets/drafts.rss", "drafts").status == 200
    left = {name: item for name, item in SETS.items() if name not in ("drafts", "bundle")}
    configure(private.config, sets=left)
    wait_for(lambda: private.ask("/sets/drafts.rss").status != 401, "the set to be gone")
    assert private.ask("/sets/drafts.rss").status == 404
    assert private.opened("/sets/drafts.rss", "drafts").status == 404


def test_with_a_damaged_file_of_tokens_private_sets_are_unavailable_and_only_the_log_says_why(
    private: Private, caplog: pytest.LogCaptureFixture
) -> None:
    (private.config.parent / "data" / FILE).write_text("{")
    answer = private.opened("/sets/drafts.rss", "drafts")
    assert answer.status == 503
    assert b"tokens" not in answer.body
    assert "tokens.json: cannot be read" in caplog.text
    assert private.ask("/all.rss").status == 200
    assert private.ask("/sets/drafts.rss").status == 401


@pytest.mark.parametrize("format", SUFFIXES)
@pytest.mark.parametrize("whose", ["private", "drafts", "private%20", "private&"])
def test_what_is_private_stays_cached_under_no_address(
    private: Private, format: str, whose: str
) -> None:
    """Other servers than ours hand on a target that has a fragment."""
    secret = private.secrets["drafts"]
    for authorized in (f"/sets/drafts{format}", "/feeds.json", "/feeds.opml?format=rss"):
        private.ask(authorized, authorization=f"Bearer {secret}")
        private.ask(f"{authorized}{'&' if '?' in authorized else '?'}token={secret}")
        for target in (
            f"{authorized}#{whose}", f"{whose} {authorized}", f"{whose}  {authorized}",
            f"/{whose}  {authorized}", *map(str, kept(private)),
        ):  # fmt: skip
            answer = private.ask(target.encode("latin-1").decode("latin-1"))
            assert b"draft" not in answer.body.lower() or answer.status == 404
            assert b"To review" not in answer.body


def kept(private: Private) -> list[str]:
    """What private documents are kept under."""
    cache = service_of(private.client).cache
    return [
        address for address, one in cache._cached.items() if one.representation.document.private
    ]


def test_a_request_that_waits_while_a_set_becomes_private_is_not_answered(
    private: Private,
) -> None:
    """All threads that read are at work, so it is made with the configuration to come."""
    service = service_of(private.client)
    closed = {**SETS["open"], "private": True, "unpublished": "only"}
    portal = private.client.portal
    assert portal is not None
    for _ in range(2):
        portal.call(service.catalog._lanes["requests"]._free.acquire)
    targets = [f"/sets/open{one}" for one in (*SUFFIXES, ".opml")]
    with ThreadPoolExecutor(len(targets)) as pool:
        waiting = [pool.submit(private.ask, target) for target in targets]
        try:
            wait_for(
                lambda: len(service.documents._rendering) == len(targets), "each target to wait"
            )
            configure(private.config, sets={**SETS, "open": closed})
            wait_for(lambda: service.config.sets["open"].private, "the new configuration")
        finally:
            for _ in range(2):
                portal.call(service.catalog._lanes["requests"]._free.release)
        assert {one.result(10).status for one in waiting} == {401}


def test_a_set_that_becomes_private_is_closed_though_the_catalog_cannot_be_read(
    private: Private,
) -> None:
    service = service_of(private.client)
    for target in ("/sets/open.rss", "/feeds.json", "/all.rss"):
        private.ask(target)
        sent = service.cache.ready.documents[target.encode()].select(
            "identity", None, None, head=False
        )
        assert sent is not None
        sent.sent_by_fast_path += 5  # as the fast path counts
    catalog = private.config.parent / "data" / "catalog.db"
    catalog.write_bytes(b"no database at all, but long enough to be opened" * 50)
    configure(private.config, sets={**SETS, "open": {**SETS["open"], "private": True}})
    wait_for(lambda: private.ask("/sets/open.rss").status == 401, "the set to be private")
    wait_for(
        lambda: b"/sets/open.rss" not in service.cache.ready.documents,
        "its ready response to be dropped",
    )
    assert b"/feeds.json" not in service.cache.ready.documents
    assert private.ask("/feeds.json").status == 503
    assert private.ask("/all.rss").status == 200


@pytest.mark.parametrize(
    ("target", "status"),
    [("/sets/Drafts.rss", 301), ("/sets/drafts.rss?topic=AI", 301), ("/sets/drafts?before=x", 400),
     ("/sets/drafts.rss?limit=0", 400), ("/sets/drafts.rss?topic=zz", 404)],
)  # fmt: skip
def test_what_is_private_is_cached_by_nobody(private: Private, target: str, status: int) -> None:
    """RFC 9111 3.5: `public` would have a shared cache give it to whoever has no token."""
    secret = private.secrets["drafts"]
    by_header = private.ask(target, authorization=f"Bearer {secret}")
    by_address = private.opened(target, "drafts")
    for answer in (by_header, by_address):
        assert (answer.status, answer.headers["cache-control"]) == (status, "no-store")
    assert by_address.headers["referrer-policy"] == "no-referrer"  # pages load our own style
    assert private.ask(target).status == 401


@pytest.mark.parametrize("target", ["/feeds.json", "/feeds.opml", "/sets/bundle.opml"])
def test_lists_that_a_token_changes_say_so_to_caches(private: Private, target: str) -> None:
    secret = private.secrets["bundle"]
    for headers in ({}, {"authorization": f"Bearer {secret}"}):
        answer = private.ask(target, **headers)
        if answer.status == 200:
            assert answer.headers["vary"] == "Accept-Encoding, Authorization"
            again = private.ask(target, **headers, **{"if-none-match": answer.headers["etag"]})
            assert (again.status, again.headers["vary"]) == (304, answer.headers["vary"])


def test_a_page_begins_at_no_draft_that_is_not_in_the_feed(private: Private) -> None:
    """Ids are made of addresses, which can be guessed."""
    spoken, unspoken = (entry_id(str(article(number)["url"])) for number in (2, 3))
    assert private.opened(f"/sets/bundle?before={spoken}", "bundle").status == 200
    assert private.opened(f"/sets/bundle?before={unspoken}", "bundle").status == 404
    assert private.opened(f"/sets/drafts?before={unspoken}", "drafts").status == 404
