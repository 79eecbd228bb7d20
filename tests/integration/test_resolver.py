"""Feeds that readers compose: equal selections have one address, and it leads to itself."""

import string
from collections.abc import Iterator
from urllib.parse import quote, unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from feeds.errors import RequestError
from feeds.feed_path import FeedPath
from feeds.selection import loader
from feeds.selection.resolver import resolve
from tests.integration.test_selection import ARTICLES, NOW, PROVIDERS, TOPICS, Chosen, chosen
from tests.support.application import service_of, site
from tests.support.requests import Response, ask

SETS = {
    "cameras": {"title": "Cameras", "include": {"topics": ["CV"], "min_quality": 10}, "limit": 7},
}
SITE = {"title": "AI news", "base_url": "https://feeds.example.org"}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder = tmp_path_factory.mktemp("site")
    with site(
        folder, *ARTICLES, site=SITE, topics=TOPICS, providers=PROVIDERS, sets=SETS
    ) as served:
        yield served


def followed(client: TestClient, target: str) -> tuple[str, Response]:
    """Where a target leads to at once, and what is there."""
    answer = ask(client, target)
    assert answer.status == 301, (target, answer.status, answer.body[:200])
    location = answer.headers["location"].removeprefix("https://feeds.example.org")
    return location, ask(client, location)


SPELLINGS = [
    ("/topics/ai+quiet.rss", ["/topics/quiet+ai.rss", "/topics/ai+quiet+AI.rss",
                              "/topics/quiet%2Bai.rss", "/topics/ai+quiet%2B%2B.rss",
                              "/topics/artificial-intelligence%2Bquiet.rss"]),
    ("/topics/ai.rss", ["/all.rss?topic=ai", "/all.rss?topic=Artificial+Intelligence",
                        "/topics/ai.rss?topic=ai", "/topics/ai.rss?limit=50",
                        "/topics/ai.rss?content=full", "/TOPICS/AI.rss", "/topics%2Fai.rss",
                        "/topics/%61i.rss", "/topics/ai+quiet.rss?topic=ai",
                        "/topics/\uff41\uff49.rss"]),
    ("/topics/ai+quiet.json", ["/all.json?topic=quiet,ai", "/all.json?topic=quiet&topic=AI"]),
    ("/topics/ai.atom?topic=quiet", ["/topics/quiet.atom?topic=ai", "/topics/AI.atom?topic=quiet"]),
    ("/providers/cbc.ca.rss", ["/all.rss?provider=cbc.com", "/all.rss?provider=www.CBC.ca",
                               "/providers/cbc.ca.rss?provider=cbc.com", "/providers/CBC.rss",
                               "/all.rss?provider=cbc"]),
    ("/providers/cbc.ca+example.com.rss", ["/all.rss?provider=example.com&provider=cbc.ca"]),
    ("/topics/ai?provider=cbc.ca", ["/providers/cbc.ca?topic=ai", "/all?provider=CBC&topic=ai"]),
    ("/providers/cbc.ca.rss", ["/providers/cbc.ca+example.com.rss?not_provider=example.com"]),
    ("/all.rss?not_topic=ai,quiet", ["/all.rss?not_topic=quiet,AI&not_topic=ai"]),
    ("/all.rss?type=article,video", ["/all.rss?type=Video&type=article,video"]),
    ("/all.rss?min_quality=50", ["/all.rss?min_quality=50.0", "/all.rss?min_quality=5e1"]),
    ("/all.rss?q=c%2B%2B%20police", ["/all.rss?q=police+C%2B%2B", "/all.rss?q=c%2b%2b%20police"]),
    ("/all.rss?q=cafe", ["/all.rss?q=Caf%C3%A9", "/all.rss?q=cafe%CC%81",
                         "/all.rss?q=%EF%BD%83afe", "/all.rss?q=cafe+CAFE"]),
    ("/all.rss?q=%E4%BA%BA%E5%B7%A5", ["/all.rss?q=%22%E4%BA%BA%20%E5%B7%A5%22"]),
    ("/all.rss?since=7d", ["/all.rss?since=168h", "/all.rss?since=1w", "/all.rss?since=604800s"]),
    ("/all.rss?since=2020-01-02", ["/all.rss?since=2020-01-02T00:00:00Z",
                                   "/all.rss?since=20200102"]),
    ("/topics/ai.rss?min_quality=5&q=a&since=7d&limit=5&content=summary",
     ["/topics/ai.rss?content=summary&limit=5&since=7d&q=a&min_quality=5"]),
    ("/sets/cameras.rss", ["/sets/Cameras.rss", "/sets/cameras.rss?limit=7", "/sets//cameras.rss"]),
    ("/sets/cameras.rss?limit=50", ["/sets/CAMERAS.rss?limit=50"]),
    ("/sets/cameras.opml", ["/sets/Cameras.opml", "/sets/%20cameras.opml"]),
    ("/sets/cameras.opml?format=atom", ["/sets/CAMERAS.opml?x=y&format=atom"]),
]  # fmt: skip


@pytest.mark.parametrize(("canonical", "spellings"), SPELLINGS)
def test_every_spelling_leads_to_one_address_at_once(
    client: TestClient, canonical: str, spellings: list[str]
) -> None:
    assert ask(client, canonical).status == 200
    for spelling in spellings:
        location, answer = followed(client, quote(spelling, safe=string.punctuation))
        assert location == canonical, spelling
        assert answer.status == 200


@pytest.mark.parametrize(
    "target",
    ["/topics/ai.rss?utm_source=x", "/topics/ai.rss?x=%ff&y", "/topics/ai.rss?Topic=quiet",
     "/topics/ai.rss?&&&", "/topics/ai.rss?token=feeds_unknown", "/topics/ai.rss?_=1&_=2",
     "/topics/ai.rss?" + "&".join(f"p{n}" for n in range(1500))],
)  # fmt: skip
def test_unknown_parameters_reach_neither_cache_nor_self_link(
    client: TestClient, target: str
) -> None:
    plain = ask(client, "/topics/ai.rss")
    cache = service_of(client).cache
    kept, ready = len(cache), set(cache.ready.documents)
    answer = ask(client, target)
    assert (answer.status, answer.body) == (200, plain.body)
    assert answer.headers["etag"] == plain.headers["etag"]
    assert answer.headers["link"] == plain.headers["link"]
    assert len(cache) == kept
    assert set(cache.ready.documents) == ready


def test_ten_thousand_parameters_and_a_megabyte_are_too_long(client: TestClient) -> None:
    for query in ("&".join(["a=b"] * 10_000), "q=" + "x" * 1_000_000):
        answer = ask(client, f"/all.rss?{query}")
        assert answer.status == 414
        assert len(answer.body) < 200


LOOKALIKES = [
    "/topics/\u0430i", "/topics/a\u0456", "/topics/ai%E2%80%8B%2Bx", "/all?topic=%D0%B0i",
    "/providers/cbc.\u0441a", "/sets/c\u0430meras", "/t\u043epics/ai",
]  # fmt: skip


@pytest.mark.parametrize("target", LOOKALIKES)
def test_a_letter_of_another_script_is_another_letter(client: TestClient, target: str) -> None:
    assert ask(client, quote(target, safe="/?=%")).status == 404


parts = st.sampled_from(
    ["ai", "AI", "cv", "faces", "quiet", "C++", "law", "überwachung", "日本語", "nothing"]
)
hosts = st.sampled_from(["cbc.ca", "cbc.com", "www.cbc.ca", "CBC", "example.com", "silent.example"])
paths = st.one_of(
    st.just("/all"),
    st.lists(parts, min_size=1, max_size=3).map(lambda some: "/topics/" + "+".join(some)),
    st.lists(hosts, min_size=1, max_size=3).map(lambda some: "/providers/" + "+".join(some)),
)
pairs = st.one_of(
    st.tuples(st.sampled_from(["topic", "not_topic"]), st.lists(parts, max_size=3).map(",".join)),
    st.tuples(
        st.sampled_from(["provider", "not_provider"]), st.lists(hosts, max_size=3).map(",".join)
    ),
    st.tuples(st.just("type"), st.sampled_from(["article", "video,article", "Video"])),
    st.tuples(st.just("min_quality"), st.sampled_from(["5", "5.0", "-0", "1e2"])),
    st.tuples(st.just("q"), st.one_of(st.text(max_size=12), st.sampled_from(["a b", "b a"]))),
    st.tuples(st.just("since"), st.sampled_from(["7d", "1w", "2020-01-02", "20200102"])),
    st.tuples(st.just("limit"), st.sampled_from(["1", "50", "050", "200"])),
    st.tuples(st.just("content"), st.sampled_from(["full", "summary"])),
    st.tuples(st.text(max_size=5), st.text(max_size=5)),
)


@pytest.fixture(scope="module")
def selection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chosen]:
    with chosen(tmp_path_factory.mktemp("chosen")) as found:
        yield found


def written(some: list[tuple[str, str]]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in some)


@given(path=paths, some=st.lists(pairs, max_size=5))
@settings(max_examples=120)
def test_a_canonical_address_leads_to_itself_and_has_the_same_entries(
    selection: Chosen, path: str, some: list[tuple[str, str]]
) -> None:
    view = selection.view
    try:
        spec = resolve(view, FeedPath.parse(path), written(some))
    except RequestError:
        return
    again = resolve(view, FeedPath.parse(unquote(str(spec.path))), spec.query)
    assert (again.path, again.query) == (spec.path, spec.query)
    assert loader.load(view, again, NOW).entries == (loader.load(view, spec, NOW).entries)
