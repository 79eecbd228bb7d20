"""Articles that are held until their date, and those that expire."""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from starlette.testclient import TestClient

from feeds.article_settings import ArticleSettings, Future
from feeds.catalog import schema as t
from feeds.catalog.changeset import Outcome
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.writer import Writer
from feeds.config.reloader import ConfigReloader
from feeds.feed_path import FeedPath
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.report import Report
from feeds.selection import loader
from feeds.selection.resolver import resolve
from feeds.server.app import create_app
from feeds.server.state import Service
from tests.integration.test_salvage import make_unknown
from tests.support.application import serving, viewing
from tests.support.catalog_content import content
from tests.support.commands import Run
from tests.support.examples import BASE, Fields, article, entries
from tests.support.folders import configure, put
from tests.support.html_pages import check
from tests.support.valid.atom import TOMBSTONES
from tests.support.waiting import wait_for

START = 1_600_000_000
HOUR = 3600
_ALL = {"exclude": {"topics": ["None"]}}
SETS: dict[str, Fields] = {
    "drafts": {"title": "Public drafts", "unpublished": "include", **_ALL},
    "desk": {"title": "Desk", "unpublished": "include", "private": True, **_ALL},
    "plan": {"title": "Plan", "unpublished": "only", "private": True, **_ALL},
    "out": {"title": "Out", "private": True, **_ALL},
}


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat()


def said(number: int, date: float = START - HOUR, **fields: Any) -> Fields:
    """An article whose topics and provider are its own."""
    given = {
        "topics": [f"Topic {number}"],
        "provider": {"domain": f"p{number}.example"},
        "excerpt": f"Word{number} is in it",
    }
    return article(number, **{**given, "date": at(date), **fields})


def urn(number: int) -> str:
    return entries(article(number))[0].urn


def story(number: int) -> str:
    return f"/stories/{urn(number).removeprefix('urn:uuid:')}.atom"


class Site:
    """A site with a clock that stands still until it is set."""

    def __init__(self, folder: Path) -> None:
        self.seeds, self.data, self.config = (folder / name for name in ("seeds", "data", "config"))
        self.seeds.mkdir(exist_ok=True)
        self.now = START
        self.outcome = Outcome()
        self.scanned = Report()

    @contextmanager
    def ingest(self, future: Future = "hold") -> Iterator[Pipeline]:
        """Run an ingest, as after a restart."""
        with open_to_write(self.data) as engine:
            problems: list[Any] = []
            work = Pipeline(
                self.seeds, Writer(engine), problems.append, 1, clock=lambda: float(self.now)
            )
            work.use(ArticleSettings(future=future))
            with closing(work):
                yield work

    def scan(self, future: Future = "hold") -> Report:
        with self.ingest(future) as work:
            self.scanned = work.scan({})
        return self.scanned

    def pass_to(self, moment: int) -> Outcome:
        """Set the clock; a running ingest looks at it, and at no file."""
        self.now = moment
        with self.ingest() as work:
            return work.settle_due()

    def write(self, number: int, fields: Fields | None) -> None:
        path = self.seeds / f"{number}.json"
        if fields is None:
            path.unlink()
        else:
            path.write_text(json.dumps(fields))
        self.scan()

    @contextmanager
    def client(self) -> Iterator[TestClient]:
        def clock() -> datetime:
            return datetime.fromtimestamp(self.now, UTC)

        with serving(self.data, self.config, clock) as client:
            yield client

    def shown(self, path: str = "/all") -> set[str]:
        """The titles in a feed."""
        with self.client() as client:
            return titles(client, path)


def titles(client: TestClient, path: str) -> set[str]:
    answer = client.get(f"{path}.json")
    assert answer.status_code == 200, answer.text
    return {item["title"] for item in answer.json()["items"]}


def gone(client: TestClient, path: str = "/all") -> dict[str, str]:
    """The ids that a feed says are gone, and when."""
    document = ET.fromstring(client.get(f"{path}.atom").content)
    found = document.iter(f"{TOMBSTONES}deleted-entry")
    return {one.get("ref", ""): one.get("when", "") for one in found}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    configure(tmp_path / "config", site={"base_url": BASE, "title": "Site"})
    return Site(tmp_path)


# --- until the date ------------------------------------------------------------------


def test_an_article_appears_at_its_date_without_a_scan(site: Site) -> None:
    put(site.seeds, said(1), said(2, START + HOUR))
    site.scan()
    for moment in (START, START + HOUR - 1):
        assert site.pass_to(moment) == Outcome()
        assert site.shown() == {"Title 1"}
    assert site.pass_to(START + HOUR) == Outcome(appeared=1)
    assert site.shown() == {"Title 1", "Title 2"}
    assert site.pass_to(START + 2 * HOUR) == Outcome()


def test_what_is_held_is_nowhere_public(site: Site) -> None:
    """Nor is its related coverage, whatever date that has."""
    configure(site.config, sets=SETS)
    related = said(3, START - 9 * HOUR, url="https://three.example/3")
    put(site.seeds, said(1), said(2, START + HOUR, related=[related]))
    site.scan()
    with site.client() as client:
        for path in ("/all", "/sets/drafts"):
            assert titles(client, path) == {"Title 1"}
        for path in ("/topics/topic-2", "/providers/p2.example", "/topics/topic-3"):
            assert client.get(f"{path}.rss").status_code == 404
        assert client.get(story(2)).status_code == 404
        assert client.get("/all.json?q=word2").json()["items"] == []
        for path in ("/", "/feeds.opml", "/feeds.json", "/all.atom", "/sets/drafts.atom"):
            body = client.get(path).text
            for secret in ("opic 2", "p2.example", "opic 3", "Title 3"):
                assert secret not in body, (path, secret)
    site.pass_to(START + HOUR)
    with site.client() as client:
        assert titles(client, "/all") == {"Title 1", "Title 2", "Title 3"}
        assert client.get("/topics/topic-2.rss").status_code == 200
        assert client.get(story(2)).status_code == 200
        assert "Topic 2" in client.get("/feeds.json").text


def test_appearing_moves_neither_its_dates_nor_those_of_others(site: Site) -> None:
    put(site.seeds, said(1), said(2, START + HOUR, topics=["Topic 1"]))
    site.scan()
    with site.client() as client:
        before = client.get("/all.atom")
        other = client.get("/providers/p1.example.atom")
        log = changes(site.data)
        site.pass_to(START + HOUR + 30)  # it was asleep

        def after() -> bool:
            return client.get("/all.atom").headers["ETag"] != before.headers["ETag"]

        wait(after)
        answer = client.get("/all.atom")
        assert answer.headers["Last-Modified"] == http_date(START + HOUR + 30)
        assert answer.headers["Cache-Control"] == before.headers["Cache-Control"]
        assert f"<updated>{at(START + HOUR)}" in answer.text
        assert client.get("/providers/p1.example.atom").content == other.content
    assert {kind for kind, _, level in changes(site.data)[len(log) :] if level == 1} == {
        "all", "topic", "provider",
    }  # fmt: skip


def test_what_is_held_dates_nothing_that_others_see(site: Site) -> None:
    """Neither does a draft: not by itself, nor by how it spells its topics."""
    put(site.seeds, said(1))
    site.scan()
    paths = (
        "/",
        "/search",
        "/compose",
        "/all.atom",
        "/topics",
        "/feeds.opml",
        "/topics/topic-1.rss",
    )

    def dates() -> list[str]:
        with site.client() as client:
            return [client.get(path).headers["Last-Modified"] for path in paths]

    before = dates()
    site.now += 60
    site.write(2, said(2, START + HOUR, topics=["Moon Shot"]))
    for number, spelling in ((3, "moon shot"), (4, "moon shot")):
        site.write(number, said(number, START + HOUR, topics=[spelling]))
    for number, spelling in ((5, "MOON SHOT"), (6, "Moon shot"), (7, "Moon shot")):
        site.write(number, said(number, topics=[spelling], published=False))
    site.write(2, None)
    assert dates() == before


def test_the_feed_of_a_topic_without_articles_keeps_its_name(site: Site) -> None:
    """No draft, and nothing that is held, shows how it spells a topic."""
    put(site.seeds, said(1, topics=["Moon Shot"]), said(2))
    site.scan()
    site.write(1, None)
    site.write(3, said(3, START + HOUR, topics=["MOON SHOT"]))
    site.write(4, said(4, topics=["moon shot"], published=False))
    with site.client() as client:
        assert client.get("/topics/moon-shot.json").json()["title"] == "Moon Shot — Site"
    site.pass_to(START + HOUR)
    with site.client() as client:
        assert client.get("/topics/moon-shot.json").json()["title"] == "MOON SHOT — Site"


def test_a_draft_with_a_date_ahead_stays_a_draft(site: Site) -> None:
    configure(site.config, sets={"drafts": SETS["drafts"]})
    put(site.seeds, said(1, START + HOUR, published=False))
    site.scan()
    assert site.shown("/sets/drafts") == set()
    site.pass_to(START + HOUR)
    assert site.shown("/sets/drafts") == {"Title 1"}
    assert site.shown() == set()


def test_only_private_sets_that_show_drafts_have_what_is_held(site: Site) -> None:
    bundle = {"title": "Bundle", "members": ["/sets/desk"], "private": True}
    sets = {**SETS, "bundle": bundle}
    configure(site.config, sets=sets)
    put(site.seeds, said(1), said(2, START + HOUR), said(3, published=False))
    site.scan()

    def shown() -> dict[str, set[int]]:
        with viewing(site.data, site.config) as view:
            now = datetime.fromtimestamp(site.now, UTC)
            found = {}
            for name in sets:
                spec = resolve(view, FeedPath("sets", (name,)))
                feed = loader.load(view, spec, now)
                found[name] = {int(one.entry.title.split()[1]) for one in feed.entries}
            return found

    assert shown() == {
        "drafts": {1, 3}, "desk": {1, 2, 3}, "plan": {2, 3}, "out": {1},
        "bundle": {1, 2, 3},
    }  # fmt: skip
    site.pass_to(START + HOUR)
    assert shown() == {
        "drafts": {1, 2, 3}, "desk": {1, 2, 3}, "plan": {3}, "out": {1, 2},
        "bundle": {1, 2, 3},
    }  # fmt: skip


def test_an_article_does_not_name_coverage_that_is_held(site: Site) -> None:
    """Whether the date ahead is there or in the file of its own."""
    named = [said(2, START + HOUR), {**said(3), "topics": ["Topic 1"]}]
    put(site.seeds, said(1, related=named), said(4))
    (site.seeds / "3.json").write_text(json.dumps(said(3, START + 2 * HOUR)))
    site.scan()

    def related(client: TestClient) -> list[str]:
        items = client.get("/topics/topic-1.json").json()["items"]
        (item,) = (one for one in items if one["title"] == "Title 1")
        return [other["title"] for other in item["_feeds"].get("related", [])]

    with site.client() as client:
        assert related(client) == []
        assert site.shown() == {"Title 1", "Title 4"}
        site.pass_to(START + HOUR)
        wait(lambda: related(client) == ["Title 2"])
        site.pass_to(START + 2 * HOUR)
        wait(lambda: related(client) == ["Title 2", "Title 3"])


def linking(site: Site, *names: str, date: float = START - HOUR) -> None:
    """Write an article that links to the files of others."""
    links = " ".join(f"[{name}]({name}.md)" for name in names)
    (site.seeds / "links.md").write_text(
        f"---\ntitle: Links\nurl: https://example.org/links\ndate: {at(date)}\n---\n{links}\n"
    )


def linked(site: Site, name: str, date: float, **fields: Any) -> None:
    """Write an article that others may link to."""
    given = {"title": name, "url": f"https://example.org/{name}", "date": at(date)}
    (site.seeds / f"{name}.md").write_text(json.dumps({**given, **fields}))


def links(site: Site) -> tuple[list[str], str | None]:
    """Return what the article links to, and when it was updated."""
    with site.client() as client:
        for one in client.get("/all.json").json()["items"]:
            if one["title"] == "Links":
                found = re.findall('href="https://example.org/([a-z]+)"', one["content_html"])
                return [name for name in found if name != "links"], one.get("date_modified")
    raise AssertionError


def test_no_link_tells_the_address_of_what_is_not_public_yet(site: Site) -> None:
    linked(site, "out", START - HOUR)
    linked(site, "draft", START - HOUR, draft=True)
    linked(site, "soon", START + HOUR)
    linked(site, "later", START + 2 * HOUR)
    linking(site, "out", "draft", "soon", "later")
    site.scan()
    before = links(site)
    assert before[0] == ["out"]
    for moment, expected in ((HOUR, ["out", "soon"]), (2 * HOUR, ["out", "soon", "later"])):
        site.now = START + moment
        with site.ingest() as work:
            work.settle_due()
            outdated = work.outdated()
            assert outdated == {"links.md"}
            report = work.follow(outdated)
            assert report is not None
            assert report.read == 1
            assert not work.outdated()
        assert links(site) == (expected, before[1])


def test_a_scan_gives_links_to_what_has_appeared_meanwhile(site: Site) -> None:
    linked(site, "soon", START + HOUR)
    linking(site, "soon")
    site.scan()
    assert links(site)[0] == []
    site.now = START + HOUR
    assert site.scan().read == 1
    assert links(site)[0] == ["soon"]
    assert site.scan().read == 0


def test_a_link_follows_an_article_whose_date_was_moved(site: Site) -> None:
    linked(site, "soon", START + HOUR)
    linking(site, "soon")
    site.scan()
    linked(site, "soon", START + 2 * HOUR)
    site.scan()
    site.now = START + HOUR
    site.scan()
    assert links(site)[0] == []
    site.now = START + 2 * HOUR
    site.scan()
    assert links(site)[0] == ["soon"]


def test_links_lead_to_what_is_held_where_nothing_is(site: Site) -> None:
    linked(site, "soon", START + HOUR)
    linking(site, "soon")
    site.scan()
    site.scan("show")
    assert links(site)[0] == ["soon"]


def test_a_public_article_that_gets_a_date_ahead_is_withdrawn_until_then(site: Site) -> None:
    put(site.seeds, said(1), said(2))
    site.scan()
    site.now += 60
    site.write(2, said(2, START + HOUR))
    with site.client() as client:
        assert gone(client) == {urn(2): at(START + 60)}
        assert client.get(story(2)).status_code == 410
        assert client.get("/topics/topic-2.rss").status_code == 200
    site.pass_to(START + HOUR)
    with site.client() as client:
        assert (gone(client), titles(client, "/all")) == ({}, {"Title 1", "Title 2"})
        assert client.get(story(2)).status_code == 200


def test_a_clock_that_is_set_back_takes_nothing_away(site: Site) -> None:
    coverage = said(3, START - HOUR)
    put(site.seeds, said(1), said(2, START + HOUR, related=[coverage]))
    site.scan()
    site.pass_to(START + HOUR)
    everything = {"Title 1", "Title 2", "Title 3"}
    assert site.shown() == everything
    site.pass_to(START + 60)
    site.scan()
    assert site.shown() == everything
    site.write(2, said(2, START + HOUR, excerpt="Edited", related=[coverage]))
    assert site.shown() == everything
    site.write(4, said(4, START + HOUR))  # but nothing comes early
    assert site.shown() == everything
    site.write(2, said(2, START + HOUR + 1, excerpt="Later", related=[coverage]))
    assert site.shown() == {"Title 1"}


def test_a_change_of_future_concerns_only_what_is_held(site: Site) -> None:
    put(site.seeds, said(1), said(2, START + HOUR), said(3, START + 2 * HOUR))
    site.scan()
    with site.ingest("show") as work:
        assert work.settle_due() == Outcome(appeared=2)
    assert site.shown() == {"Title 1", "Title 2", "Title 3"}
    with site.ingest("show") as work:
        site.now = START + HOUR
        assert work.settle_due() == Outcome()
    assert site.scan("hold").outcome.updated == 1
    assert site.shown() == {"Title 1", "Title 2"}


def test_an_ingest_that_looks_only_now_and_then_lets_articles_appear(site: Site) -> None:
    put(site.seeds, said(1), said(2, START + HOUR, expires=at(START + 2 * HOUR)))
    site.scan()
    site.now = START + HOUR
    report = site.scan()
    assert (report.read, report.outcome) == (0, Outcome(appeared=1))
    assert "1 appeared at their date" in str(report)
    site.now = START + 2 * HOUR
    assert "1 expired" in str(site.scan())


def test_the_operator_sees_what_is_held_and_until_when(site: Site, run: Run) -> None:
    configure(site.config, site={"base_url": BASE, "timezone": "Europe/Berlin"}, sets=SETS)
    ahead = 4_102_444_800
    held, expiring = said(1, ahead, related=[said(2)]), said(3, expires=at(ahead + HOUR))
    draft = said(5, ahead, draft=True, related=[said(6)])
    put(site.seeds, held, expiring, said(4, expires=at(START)), draft)
    site.scan()
    folders = ["--config", str(site.config), "--data", str(site.data)]
    until = "held until 2100-01-01 00:00:00 UTC (2100-01-01 01:00:00 Europe/Berlin)"
    out = run("explain", held["url"], "/all", *folders).out
    assert f"  state      {until}, an article\n" in out
    assert "/all: not in this feed\n  NO   shows: public articles (is held until its date)\n" in out
    out = run("explain", held["url"], "/sets/drafts", *folders).out
    assert "  NO   shows: public articles and drafts (is held until its date, before which" in out
    out = run("explain", held["url"], "/sets/desk", *folders).out
    assert "  yes  shows: public articles and drafts (is held until its date)\n" in out
    assert f"  state      {until}, related coverage\n" in run(
        "explain", said(2)["url"], "/all", *folders
    ).out  # fmt: skip
    out = run("explain", draft["url"], "/all", *folders).out
    assert f"  state      a draft, {until}, an article\n" in out
    out = run("explain", expiring["url"], "/all", *folders).out
    assert "  expires    2100-01-01 01:00:00 UTC (2100-01-01 02:00:00 Europe/Berlin)\n" in out
    assert "expired on 2020-09-13 12:26 UTC" in run("explain", said(4)["url"], *folders).err
    listed = run("list", *folders)
    assert "2 entries are held until their date\n" in listed.err
    assert f"{until}: Title 1 <{held['url']}>\n" in listed.err
    assert "Title 1" not in listed.out
    assert "Title 5" not in listed.err  # it does not appear then
    live = ConfigReloader(site.config, BASE)
    app = create_app(Service(live, site.data), "")
    with TestClient(app, base_url=BASE, client=("127.0.0.1", 1)) as client:
        page = check(client.get("/status", headers={"host": "127.0.0.1"}).content)
    assert "2 entries are held until their date" in page.words
    assert f"{until}: Title 1 <{held['url']}>" in page.words


# --- the end -------------------------------------------------------------------------


@pytest.mark.parametrize("seen_before", [True, False])
def test_an_article_expires_at_its_moment_as_if_it_had_always_been_so(
    site: Site, seen_before: bool
) -> None:
    end = START + HOUR
    put(site.seeds, said(1), said(2, expires=at(end)))
    if seen_before:
        site.scan()
        assert site.shown() == {"Title 1", "Title 2"}
        assert site.pass_to(end - 1) == Outcome()
        assert site.pass_to(end + 20) == Outcome(expired=1)
    else:
        site.now = end + 20
        site.scan()
    with site.client() as client:
        assert titles(client, "/all") == {"Title 1"}
        for path in ("/all", "/topics/topic-2", "/providers/p2.example"):
            assert gone(client, path) == {urn(2): at(end)}
        assert client.get(story(2)).status_code == 410
        assert "opic 2" not in client.get("/feeds.opml").text


def test_an_article_whose_end_is_moved_comes_back_with_its_dates(site: Site) -> None:
    put(site.seeds, said(1), said(2, expires=at(START - 60)))
    site.scan()
    assert site.shown() == {"Title 1"}
    site.write(2, said(2, expires=at(START + HOUR)))
    with site.client() as client:
        assert (gone(client), titles(client, "/all")) == ({}, {"Title 1", "Title 2"})
        assert f"<updated>{at(START - HOUR)}" in client.get("/topics/topic-2.atom").text
        assert client.get(story(2)).status_code == 200


def test_the_end_of_an_article_is_that_of_its_coverage(site: Site) -> None:
    put(site.seeds, said(1, expires=at(START + 60), related=[said(2), said(3)]), said(3))
    (site.seeds / "2.json").rename(site.seeds / "3.json")
    site.scan()
    assert site.shown() == {"Title 1", "Title 2", "Title 3"}
    site.pass_to(START + 60)
    assert site.shown() == {"Title 3"}  # which has a file of its own


def test_a_mention_elsewhere_does_not_keep_what_has_expired(site: Site) -> None:
    put(site.seeds, said(1, related=[said(2)]), said(2, expires=at(START + 60)))
    site.scan()
    site.pass_to(START + 60)
    with site.client() as client:
        assert titles(client, "/all") == {"Title 1"}
        assert client.get(story(2)).status_code == 410
        (item,) = client.get("/all.json").json()["items"]
        assert "related" not in item["_feeds"]


def test_what_expires_does_not_count_as_withdrawn(site: Site) -> None:
    put(site.seeds, *(said(number, expires=at(START + number)) for number in range(1, 30)))
    site.scan()
    site.now = START + HOUR
    assert site.scan().outcome == Outcome(expired=29)
    put(site.seeds, *(said(number) for number in range(30, 40)))
    for path in list(site.seeds.iterdir())[10:]:
        path.unlink()
    report = site.scan()  # nobody misses them
    assert report.waiting == 0
    with site.ingest() as work:
        assert work.guard.recent == []


def test_what_ends_before_its_date_is_never_shown(site: Site) -> None:
    put(site.seeds, said(1, START + 2 * HOUR, expires=at(START + HOUR)))
    site.scan()
    for moment in (START, START + HOUR, START + 2 * HOUR, START + 3 * HOUR):
        site.pass_to(moment)
        with site.client() as client:
            assert (titles(client, "/all"), gone(client)) == (set(), {})
            assert client.get(story(1)).status_code == 404


# --- rebuilt --------------------------------------------------------------------------


def test_a_catalog_that_is_rebuilt_has_what_was_held_and_what_has_expired(site: Site) -> None:
    put(site.seeds, said(1), said(2, START + HOUR), said(3, expires=at(START + HOUR)),
        said(4, expires=at(START + 2 * HOUR)), said(5, START + 2 * HOUR))  # fmt: skip
    site.scan()
    make_unknown(site.data)
    site.now = START + HOUR
    site.scan()
    with site.client() as client:
        assert titles(client, "/all") == {"Title 1", "Title 2", "Title 4"}
        assert gone(client) == {urn(3): at(START + HOUR)}
        assert client.get(story(3)).status_code == 410
        assert client.get(story(5)).status_code == 404
    make_unknown(site.data)
    site.scan()
    site.pass_to(START + 2 * HOUR)
    with site.client() as client:
        assert titles(client, "/all") == {"Title 1", "Title 2", "Title 5"}
        assert gone(client) == {urn(3): at(START + HOUR), urn(4): at(START + 2 * HOUR)}


moments = st.integers(-2, 6).map(lambda step: START + 10 * step)
ends = st.none() | moments
numbers = st.integers(1, 3)


@st.composite
def any_article(draw: st.DrawFn, *, depth: int = 1) -> Fields:
    number, end = draw(numbers), draw(ends)
    fields = said(number, draw(moments), published=draw(st.sampled_from([True, True, False])))
    if end is not None:
        fields["expires"] = at(end)
    if depth:
        fields["related"] = draw(st.lists(any_article(depth=depth - 1), max_size=2))
    return fields


@pytest.mark.slow
@given(
    st.lists(any_article(), min_size=1, max_size=4),
    st.lists(st.tuples(moments, st.none() | st.tuples(st.integers(1, 4), any_article()))),
)
@settings(max_examples=40, deadline=None)
@example(articles=[said(1, START, expires=at(START))], steps=[(START, None)]).via(
    "a topic of an article that was held and has expired at once"
)
def test_at_any_time_a_catalog_is_as_if_it_were_built_then(
    articles: list[Fields], steps: list[tuple[int, tuple[int, Fields] | None]]
) -> None:
    """Also what has been withdrawn, as long as no file has changed."""
    with TemporaryDirectory() as name:
        site = Site(Path(name))
        site.now = START - 100
        put(site.seeds, *articles)
        site.scan()
        is_edited = False
        for moment, edit in sorted(steps, key=lambda step: step[0]):
            site.pass_to(moment)
            if edit is not None:
                is_edited = True
                site.write(*edit)
        fresh = Site(Path(name))
        fresh.data, fresh.now = Path(name) / "fresh", site.now
        fresh.scan()
        assert content(site.data) == content(fresh.data)
        if not is_edited:
            assert buried(site.data) == buried(fresh.data)


@pytest.mark.slow
@given(st.lists(any_article(), min_size=1, max_size=4), st.lists(moments, min_size=1, max_size=8))
@settings(max_examples=30, deadline=None)
def test_no_move_of_the_clock_takes_away_what_has_not_expired(
    articles: list[Fields], clock: list[int]
) -> None:
    with TemporaryDirectory() as name:
        site = Site(Path(name))
        site.now = START - 100
        put(site.seeds, *articles)
        site.scan()
        for moment in clock:
            site.pass_to(moment)
        fresh = Site(Path(name))
        fresh.data, fresh.now = Path(name) / "fresh", max(clock)
        fresh.scan()
        assert content(site.data) == content(fresh.data)


def buried(data: Path) -> set[tuple[Any, ...]]:
    """The tombstones that readers may see, by the names of their feeds."""
    engine = open_to_read(data)
    try:
        with engine.connect() as connection:
            names = {("topic", row.id): row.slug for row in connection.execute(select(t.topics))}
            names |= {
                ("provider", row.id): row.domain for row in connection.execute(select(t.providers))
            }
            return {
                (row.kind, names.get((row.kind, row.ref)), row.tier, row.published, row.key, row.at)
                for row in connection.execute(select(t.tombstones).where(t.tombstones.c.tier >= 0))
            }
    finally:
        engine.dispose()


def changes(data: Path) -> list[tuple[str, int, int]]:
    engine = open_to_read(data)
    try:
        with engine.connect() as connection:
            return [
                (row.kind, row.ref, row.public) for row in connection.execute(select(t.changes))
            ]
    finally:
        engine.dispose()


def wait(condition: Callable[[], bool]) -> None:
    wait_for(condition, "the change")


def http_date(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%a, %d %b %Y %H:%M:%S} GMT"
