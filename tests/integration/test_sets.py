"""Feed sets over HTTP: what is in them, how they are headed, and what becomes of them in time."""

import json
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.support.application import ingest, service_of, serving, site
from tests.support.examples import BASE, Fields, article
from tests.support.folders import configure, put
from tests.support.paths import SEEDS
from tests.support.requests import Response, ask
from tests.support.waiting import wait_for

TOPICS = [
    {"slug": "ai", "name": "AI", "aliases": ["Artificial Intelligence"]},
    {"slug": "robots", "name": "Robotics", "parent": "ai"},
    {"slug": "law", "name": "Law"},
]
PROVIDERS = [
    {"domain": "bbc.co.uk", "name": "BBC", "aliases": ["bbc.com"], "icon": "https://i.example/bbc"},
    {"domain": "rt.com", "name": "RT"},
]
ARTICLES: list[Fields] = [
    article(1, topics=["AI"], url="https://bbc.com/1", quality=10, heat=3, excerpt="The Met."),
    article(2, topics=["Robotics"], url="https://rt.com/2", quality=90, heat=1, content="Café"),
    article(3, topics=["Law", "AI"], url="https://bbc.co.uk/3", quality=50, type="video"),
    article(4, topics=["Law"], url="https://ft.com/4", content="facial recognition in the metro"),
    article(5, topics=["Music"], url="https://ft.com/5", quality=70, heat=2, title="人工智能 at 5"),
    article(6, topics=["AI"], url="https://bbc.co.uk/6", published=False, content="A secret"),
    article(7, topics=["Law"], url="https://ft.com/7",
            related=[article(8, url="https://rt.com/8", quality=95)]),
]  # fmt: skip


def numbers(answer: Response) -> list[int]:
    """The entries of a JSON feed by the number each was made with."""
    assert answer.status == 200, (answer.status, answer.body)
    items = document(answer)["items"]
    return [int(item["url"].rpartition("/")[2]) for item in items]


def document(answer: Response) -> Any:
    return json.loads(answer.body)


def content_of(folder: Path, item: dict[str, Any], target: str = "/sets/a.json") -> list[int]:
    with site(folder, *ARTICLES, topics=TOPICS, providers=PROVIDERS, sets={"a": item}) as client:
        return numbers(ask(client, target))


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ({"include": {"topics": ["ai"]}}, [3, 2, 1]),
        ({"include": {"topics": "artificial intelligence"}}, [3, 2, 1]),
        ({"include": {"topics": ["Robotics", "music"]}}, [5, 2]),
        ({"include": {"providers": ["BBC"]}}, [3, 1]),
        ({"include": {"providers": ["www.bbc.com", "rt.com"]}}, [8, 3, 2, 1]),
        ({"include": {"topics": "AI", "providers": ["bbc.com"]}}, [3, 1]),
        ({"include": {"types": ["Video"]}}, [3]),
        ({"include": {"keywords": ["met"]}}, [1]),
        ({"include": {"keywords": ["MET", "cafe"]}}, [2, 1]),
        ({"include": {"keywords": ["facial recognition"]}}, [4]),
        ({"include": {"keywords": ["recognition facial"]}}, []),
        ({"include": {"keywords": ["智能"]}}, [5]),
        ({"include": {"min_quality": 50}}, [8, 5, 3, 2]),
        ({"include": {"since": "2020-01-04"}}, [8, 7, 5, 4]),
        ({"exclude": {"topics": ["ai", "Law"]}}, [5]),
        ({"exclude": {"providers": ["BBC", "rt.com"]}}, [7, 5, 4]),
        ({"exclude": {"keywords": ["metro", "Met", "title 7"]}}, [8, 5, 3, 2]),
        ({"include": {"topics": "AI"}, "exclude": {"topics": "AI"}}, []),
        ({"include": {"topics": "AI"}, "exclude": {"topics": "robots"}}, [3, 1]),
        ({"include": {"min_quality": 1}, "sort": "quality"}, [8, 2, 5, 3, 1]),
        ({"include": {"min_quality": 1}, "sort": "quality", "limit": 2}, [8, 2]),
        ({"include": {"topics": ["ai", "music"]}, "sort": "heat"}, [1, 5, 2, 3]),
        ({"include": {"topics": "Law"}, "related": "exclude"}, [7, 4, 3]),
        ({"include": {"topics": "AI"}, "unpublished": "only"}, [6]),
        ({"include": {"topics": "AI"}, "unpublished": "include"}, [6, 3, 2, 1]),
        ({"members": ["/topics/robots", "/providers/bbc.co.uk"]}, [3, 2, 1]),
        ({"members": ["/topics/law+music", "/all?q=met"]}, [8, 7, 5, 4, 3, 1]),
        ({"members": ["/topics/law", "/topics/ai?provider=BBC"],
          "include": {"min_quality": 20}, "exclude": {"providers": "rt.com"}}, [3]),
        ({"members": ["/all"], "include": {"since": "2020-01-07"}}, [8, 7]),
    ],
)  # fmt: skip
def test_a_set_has_the_entries_that_its_rules_say(
    tmp_path: Path, item: dict[str, Any], found: list[int]
) -> None:
    assert content_of(tmp_path, item) == found


SETS: dict[str, Any] = {
    "press": {"title": "The press", "description": "Papers", "icon": "https://i.example/press",
              "language": "pt-BR", "include": {"providers": ["bbc.co.uk", "ft.com"]}, "limit": 3,
              "content": "summary", "max_age": "1h"},
    "plain": {"include": {"topics": ["AI"]}},
    "bundle": {"title": "Both", "members": ["/topics/law", "/providers/BBC?min_quality=20",
                                            "/sets/press", "/topics/nobody"]},
}  # fmt: skip


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    config = {"site": {"title": "News", "base_url": BASE, "icon": "https://i.example/site"}}
    folder = tmp_path_factory.mktemp("site")
    with site(folder, *ARTICLES, topics=TOPICS, providers=PROVIDERS, sets=SETS, **config) as client:
        yield client


def test_a_set_has_a_heading_and_defaults_of_its_own(client: TestClient) -> None:
    answer = ask(client, "/sets/press.json")
    feed = document(answer)
    assert (feed["title"], feed["description"]) == ("The press — News", "Papers")
    assert (feed["language"], feed["icon"]) == ("pt-BR", "https://i.example/press")
    assert numbers(answer) == [7, 5, 4]
    assert answer.headers["cache-control"].startswith("public, max-age=3600, ")
    assert "facial" not in answer.body.decode()  # summaries only
    assert "facial" in ask(client, "/sets/press.json?content=full").body.decode()
    assert numbers(ask(client, "/sets/press.json?limit=200")) == [7, 5, 4, 3, 1]
    rss = ask(client, "/sets/press.rss").body.decode()
    assert "<language>pt-BR</language>" in rss
    assert '<h1 lang="pt-BR"' in ask(client, "/sets/press").body.decode()
    assert f'href="{BASE}/sets/press.rss"' in rss


def test_a_set_without_them_has_those_of_the_site(client: TestClient) -> None:
    answer = ask(client, "/sets/plain.json")
    feed = document(answer)
    assert (feed["title"], feed["language"]) == ("plain — News", "en")
    assert feed["icon"] == "https://i.example/site"
    assert answer.headers["cache-control"].startswith("public, max-age=300, ")


@pytest.mark.parametrize(
    ("address", "title"),
    [
        ("/topics/ai+robots?provider=bbc.co.uk&min_quality=50",
         "AI or Robotics, from BBC, quality 50 or more — News"),
        ("/topics/ai?topic=law", "AI, also on Law — News"),
        ("/providers/bbc.co.uk?not_topic=law,robots", "BBC, not on Law or Robotics — News"),
        ("/providers/bbc.co.uk+rt.com", "BBC or RT — News"),
        ("/all?not_provider=rt.com&type=article,video",
         "News, not from RT, type article or video"),
        ("/all?q=%22facial%20recognition%22%20met",
         "News, with “facial recognition” and “met”"),
        ("/all?q=%E4%BA%BA%E5%B7%A5%E6%99%BA%E8%83%BD", "News, with “人工智能”"),
        ("/all?since=7d", "News, from the last 7 days"),
        ("/topics/law?since=2020-01-04", "Law, from 2020-01-04 on — News"),
        ("/sets/press?min_quality=12.5", "The press, qualidade de 12.5 ou mais — News"),
        ("/all?limit=5&content=summary", "News"),
    ],
)  # fmt: skip
def test_a_composed_feed_says_in_words_what_it_is(
    client: TestClient, address: str, title: str
) -> None:
    path, _, query = address.partition("?")
    feed = document(ask(client, f"{path}.json?{query}"))
    assert feed["title"] == title
    assert feed["feed_url"] == f"{BASE}{path}.json{'?' if query else ''}{query}"


def test_a_bundle_has_an_opml_of_its_members(client: TestClient) -> None:
    for format in ("rss", "atom", "json"):
        answer = ask(client, f"/sets/bundle.opml?format={format}")
        outlines = list(ET.fromstring(answer.body).iter("outline"))
        addresses = [one.get("xmlUrl") for one in outlines if one.get("xmlUrl")]
        assert addresses == [
            f"{BASE}/topics/law.{format}",
            f"{BASE}/providers/bbc.co.uk.{format}?min_quality=20",
            f"{BASE}/sets/press.{format}",
        ]
        assert [one.get("text") for one in outlines if one.get("xmlUrl")] == [
            "Law — News", "BBC, quality 20 or more — News", "The press — News",
        ]  # fmt: skip
        for address in addresses:
            assert address
            assert ask(client, address.removeprefix(BASE)).status == 200
    alone = ask(client, "/sets/press.opml").body.decode()
    assert f'xmlUrl="{BASE}/sets/press.rss"' in alone


def test_sets_are_listed(client: TestClient) -> None:
    assert b"The press" in ask(client, "/").body
    assert f"{BASE}/sets/press.rss".encode() in ask(client, "/feeds.opml").body
    listed = {feed["path"]: feed for feed in document(ask(client, "/feeds.json"))["feeds"]}
    assert (listed["/sets/press"]["title"], listed["/sets/press"]["entries"]) == ("The press", None)


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("/sets/pres.atom", "/sets/press.atom"),
        ("/sets/pres.opml", "/sets/press"),
        ("/sets/zzzz", "/"),
        ("/sets/ai.rss.rss", "/"),
        ("/sets/..", "/"),
        ("/sets/%2e%2e%2fall", "/"),
    ],
)
def test_a_set_that_is_not_there_names_what_is_near(
    client: TestClient, target: str, near: str
) -> None:
    answer = ask(client, target)
    assert answer.status == 404
    assert f"Perhaps you meant {near}.".encode() in answer.body


def test_a_name_in_any_script_is_an_address(tmp_path: Path) -> None:
    sets = {"日本": {"title": "Japan", "include": {"topics": "AI"}}}
    with site(tmp_path, *ARTICLES, topics=TOPICS, sets=sets) as client:
        assert numbers(ask(client, "/sets/%E6%97%A5%E6%9C%AC.json")) == [3, 2, 1]
        assert ask(client, "/sets/%E6%97%A5%E6%9C%AC.opml?format=atom").status == 200
        moved = ask(client, "/sets/%20%E6%97%A5%E6%9C%AC.opml?format=atom")
        assert moved.headers["location"] == "/sets/%E6%97%A5%E6%9C%AC.opml?format=atom"


OWN = {"include": {"topics": "Law"}, "related": "exclude"}  # 7, 4, 3
DRAFTS = {"include": {"topics": "AI"}, "unpublished": "only"}  # 6


@pytest.mark.parametrize(
    ("bundle", "found"),
    [
        ({"members": ["/sets/own"]}, [7, 4, 3]),
        ({"members": ["/sets/own", "/providers/bbc.co.uk"]}, [7, 4, 3, 1]),
        ({"members": ["/sets/drafts", "/sets/own"]}, [7, 6, 4, 3]),
        ({"members": ["/sets/drafts", "/topics/music"]}, [6, 5]),
        ({"members": ["/sets/inner", "/topics/music"]}, [7, 6, 5, 4, 3]),
        # What it says itself counts for all of them.
        ({"members": ["/sets/own"], "related": "include"}, [8, 7, 4, 3]),
        ({"members": ["/sets/drafts", "/topics/ai"], "unpublished": "exclude"}, [3, 2, 1]),
        ({"members": ["/sets/inner"], "unpublished": "only"}, [6]),
    ],
)
def test_a_bundle_has_what_its_members_have(
    tmp_path: Path, bundle: dict[str, Any], found: list[int]
) -> None:
    sets = {"own": OWN, "drafts": DRAFTS, "inner": {"members": ["/sets/drafts", "/sets/own"]}}
    config: dict[str, Any] = {"topics": TOPICS, "providers": PROVIDERS}
    with site(tmp_path, *ARTICLES, **config, sets={**sets, "bundle": bundle}) as client:
        assert numbers(ask(client, "/sets/bundle.json")) == found


def test_sets_of_news_are_what_a_scan_of_all_entries_gives(tmp_path: Path, news: Path) -> None:
    ingest(news, tmp_path / "data")
    config = configure(
        tmp_path / "config",
        site={"defaults": {"unpublished": "include", "limit": 200}},
        sets={
            "both": {"members": ["/sets/words", "/all?min_quality=60"]},
            "words": {"include": {"keywords": ["portals", "release"]}},
        },
    )
    with serving(tmp_path / "data", config) as client:
        found = {name: set(_ids(client, f"/sets/{name}.json")) for name in ("both", "words")}
        good = set(_ids(client, "/all.json?min_quality=60"))
        either = [set(_ids(client, f"/all.json?q={word}")) for word in ("portals", "release")]
    assert found["words"]
    assert found["words"] == either[0] | either[1]
    assert found["both"] == found["words"] | good


def _ids(client: TestClient, target: str) -> list[str]:
    return [item["id"] for item in document(ask(client, target))["items"]]


# --- what time does ------------------------------------------------------------------


class Clock:
    """A clock that is set by hand."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now


def test_a_feed_over_a_span_loses_entries_as_time_passes_and_nothing_else_is_rendered(
    tmp_path: Path,
) -> None:
    clock = Clock(datetime(2020, 1, 8, 12, tzinfo=UTC))
    sets = {
        "week": {"include": {"since": "7d"}},
        "mixed": {"members": ["/topics/ai?since=7d", "/topics/music"]},
    }
    with site(tmp_path, *ARTICLES[:5], clock=clock, topics=TOPICS, sets=sets) as client:
        cache = service_of(client).cache
        before = ask(client, "/sets/week.json")
        plain = ask(client, "/topics/law.json")
        assert numbers(before) == [5, 4, 3, 2, 1]
        assert numbers(ask(client, "/sets/mixed.json")) == [5, 3, 2, 1]
        renders = cache.counters.renders
        clock.now += timedelta(seconds=0.9)
        assert numbers(ask(client, "/sets/week.json")) == [5, 4, 3, 2, 1]
        clock.now += timedelta(seconds=0.1)
        wait_for(
            lambda: numbers(ask(client, "/sets/week.json")) == [5, 4, 3, 2],
            "the set of the next day",
        )
        after = ask(client, "/sets/week.json")
        assert after.headers["etag"] != before.headers["etag"]
        assert parsedate_to_datetime(after.headers["last-modified"]) == clock.now
        wait_for(
            lambda: numbers(ask(client, "/sets/mixed.json")) == [5, 3, 2],
            "the bundle of the next day",
        )
        assert ask(client, "/topics/law.json") == plain
        assert cache.counters.renders == renders + 2
        # Long past the first member's span, by which nothing is in it any more.
        clock.now += timedelta(days=30)
        wait_for(
            lambda: numbers(ask(client, "/sets/mixed.json")) == [5], "the bundle of a later day"
        )
        assert numbers(ask(client, "/sets/week.json")) == []
        last = ask(client, "/sets/week.json").headers["last-modified"]
        assert parsedate_to_datetime(last) == datetime(2020, 1, 12, 12, 0, 1, tzinfo=UTC)
        renders = cache.counters.renders
        for _ in range(3):
            cache.expire(clock.now)
            ask(client, "/sets/mixed.json")
        assert cache.counters.renders == renders


def test_an_entry_of_the_last_second_there_is_never_grows_too_old(tmp_path: Path) -> None:
    clock = Clock(datetime(2020, 1, 8, 12, tzinfo=UTC))
    last = article(9, date="9999-12-31T23:59:59Z")
    sets = {"week": {"include": {"since": "7d"}}}
    shown = {"future": "show"}
    with site(tmp_path, last, article(1), clock=clock, sets=sets, articles=shown) as client:
        for target in ("/sets/week.json", "/all.json?since=7d"):
            assert numbers(ask(client, target)) == [9, 1]
        assert ask(client, "/compose?since=7d").status == 200
        clock.now += timedelta(days=30)
        wait_for(
            lambda: numbers(ask(client, "/sets/week.json")) == [9],
            "the set of the new article alone",
        )


def test_a_moment_beyond_all_numbers_is_a_bad_value(tmp_path: Path) -> None:
    with site(tmp_path, article(1)) as client:
        answer = ask(client, "/all.rss?since=24%20Jan%202020%2099999999999:11:00%20%2B0000")
        assert answer.status == 400


def test_a_feed_over_a_span_is_the_same_on_another_machine(tmp_path: Path) -> None:
    now = datetime(2020, 1, 9, 11, 59, 59, 700_000, tzinfo=UTC)
    sets = {"week": {"include": {"since": "7d"}}}
    answers = []
    for name, moment in (("a", now), ("b", now - timedelta(seconds=0.6))):
        with site(
            tmp_path / name, *ARTICLES[:5], clock=Clock(moment), topics=TOPICS, sets=sets
        ) as client:
            answers.append(ask(client, "/sets/week.rss"))
    assert answers[0] == answers[1]


# --- Last-Modified never goes back -------------------------------------------------------


def without(number: int) -> Callable[[Path], None]:
    return lambda seeds: (seeds / f"{number}.json").unlink()


def changed(number: int, **fields: Any) -> Callable[[Path], None]:
    def change(seeds: Path) -> None:
        put_at(seeds, number, {**ARTICLES[number - 1], **fields})

    return change


def put_at(seeds: Path, number: int, fields: Fields) -> None:
    (seeds / f"{number}.json").write_text(json.dumps(fields))


MENTIONS_5 = {**ARTICLES[0], "related": [article(5, url="https://ft.com/5")]}


@pytest.mark.parametrize(
    ("item", "change"),
    [
        ({"include": {"topics": "AI"}}, without(3)),
        ({"include": {"topics": "AI"}}, changed(3, topics=["Law"])),
        ({"include": {"topics": "AI"}}, changed(3, published=False)),
        ({"include": {"keywords": ["at"]}}, changed(5, title="Other")),
        ({"include": {"topics": ["AI"], "keywords": ["title"]}}, changed(3, title="Other")),
        ({"include": {"min_quality": 40}}, changed(5, quality=1)),
        ({"include": {"min_quality": 40}, "sort": "quality", "limit": 1}, changed(5, quality=99)),
        ({"include": {"topics": "Law"}, "sort": "heat", "limit": 1}, changed(3, heat=9)),
        ({"include": {"types": ["video"]}}, changed(3, type="article")),
        ({"exclude": {"keywords": ["bad"]}}, changed(5, content="bad")),
        ({"exclude": {"topics": ["Sport"]}}, changed(5, topics=["Music", "Sport"])),
        ({"include": {"since": "2020-01-02"}}, changed(5, date="2020-01-01T00:00:00Z")),
        ({"include": {"providers": "ft.com"}, "related": "exclude"}, without(5)),
        ({"exclude": {"providers": "nobody.example"}, "related": "exclude"}, without(5)),
        ({"members": ["/all"], "related": "exclude"}, without(5)),
        ({"members": ["/topics/music", "/topics/ai"]}, changed(5, topics=["Sport"])),
    ],
)
def test_the_date_of_a_set_moves_with_what_leaves_it(
    tmp_path: Path, item: dict[str, Any], change: Callable[[Path], None]
) -> None:
    seeds, data = put(tmp_path / "seeds", MENTIONS_5, *ARTICLES[1:5]), tmp_path / "data"
    config = configure(tmp_path / "config", topics=TOPICS, providers=PROVIDERS, sets={"a": item})
    ingest(seeds, data)
    put_at(seeds, 5, {**ARTICLES[4], "excerpt": "newer"})
    put_at(seeds, 3, {**ARTICLES[2], "excerpt": "newer"})
    ingest(seeds, data, now=1_600_000_100)
    with serving(data, config) as client:
        before = ask(client, "/sets/a.json")
    change(seeds)
    ingest(seeds, data, now=1_600_000_200)
    with serving(data, config) as client:
        after = ask(client, "/sets/a.json")
    assert after.body != before.body
    moved = parsedate_to_datetime(after.headers["last-modified"])
    assert moved == datetime.fromtimestamp(1_600_000_200, UTC)


def test_the_seed_is_found_by_its_words(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path / "data")
    with serving(tmp_path / "data") as client:
        found = _ids(client, "/all.json?q=met%20police")
        assert found
        assert set(found) < set(_ids(client, "/all.json"))
