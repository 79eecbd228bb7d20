"""The front page and the pages of all topics and all providers, of sites of any size."""

import gzip
import string
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from feeds.catalog.counters import Count
from feeds.catalog.reader import Name, Names, Reader
from feeds.config import Config
from feeds.config.taxonomy import Taxonomy
from feeds.feed_path import FeedPath
from feeds.model import FeedEntry, FeedSummary, Site, Topic
from feeds.render.html import site_pages
from feeds.selection import listing
from feeds.selection.feed_index import FeedIndex, FeedTable
from feeds.selection.site_view import SiteView
from tests.support.application import ingest, site
from tests.support.examples import BASE, Fields, article, entries
from tests.support.examples import feed as feed_of
from tests.support.folders import put
from tests.support.html_pages import check
from tests.support.requests import ask
from tests.support.waiting import wait_for

SITE = Site("Big news", BASE)


def view(topics: Sequence[Topic] = (), slugs: Sequence[str] = ()) -> SiteView:
    """A site whose catalog has some topics; nothing is read from it."""
    named = {id: Name(id, slug, slug.title()) for id, slug in enumerate(slugs, 1)}
    config = Config(SITE, taxonomy=Taxonomy(topics))
    engine = create_engine("sqlite://")
    return SiteView(config, Reader(engine), engine.connect(), Names.of(named, {}))


def index(topics: dict[str, int], providers: dict[str, int] | None = None) -> FeedIndex:
    """Feeds with so many entries, by their addresses."""
    tables = [
        FeedTable.of({one: Count(n, 0) for one, n in counts.items()}, str)
        for counts in (topics, providers or {})
    ]
    return FeedIndex(1, 0, Count(1_000_000, 1), tables[0], tables[1])


TOPICS = [Topic(f"subject-{n}", f"Subject {n}", f"subject-{n % 200}" if n >= 200 else None)
          for n in range(5000)]  # fmt: skip


def large() -> tuple[SiteView, FeedIndex]:
    """5,000 topics, most of them within 200 others, and 20,000 providers."""
    return view(TOPICS), index(
        {topic.slug: n for n, topic in enumerate(TOPICS)},
        {f"paper{n}.example": n for n in range(20_000)},
    )


def varied(number: int) -> Fields:
    """An article with as much text as a card shows, which does not compress well."""
    words = Random(number).choices(string.ascii_letters + " ", k=900)
    title, excerpt = "".join(words[:300]), "".join(words[300:])
    image = f"https://pictures.example/{number}.jpg"
    return article(number + 1, excerpt=excerpt, image=image) | {"title": title}


def front(sets: Sequence[FeedSummary] = (), latest: Sequence[FeedEntry] = ()) -> bytes:
    """The front page of a large site."""
    chosen, found = large()
    return site_pages.front_page(
        SITE,
        site_pages.FrontPage(
            listing.everything(chosen, found),
            sets,
            listing.tree(chosen, found, site_pages.FRONT_TOPICS, site_pages.FRONT_SUBTOPICS),
            listing.largest(chosen, found, "providers", site_pages.FRONT_PROVIDERS),
            {"sets": len(sets), "topics": len(found.topics), "providers": len(found.providers)},
            latest,
        ),
    )


def test_the_front_page_of_a_large_site_is_small() -> None:
    articles = (varied(number) for number in range(site_pages.FRONT_STORIES))
    assert len(gzip.compress(front(latest=feed_of(entries(*articles)).entries))) <= 50_000
    body = front()
    page = check(body)
    hrefs = [one["href"] for one in page.all("a")]
    assert sum(href.startswith("/topics/") for href in hrefs) == 30
    assert sum(href.startswith("/providers/") for href in hrefs) == 12
    assert "All 5,000 topics" in page.words
    assert "All 20,000 providers" in page.words


def test_a_set_whose_entries_are_not_counted_says_nothing_of_them() -> None:
    """An empty line of text would be a gap in its card."""
    uncounted = FeedSummary(FeedPath.parse("/sets/tea"), "Tea", None, None)
    counted = FeedSummary(FeedPath.parse("/sets/cake"), "Cake", 12, None)
    body = front([uncounted, counted]).decode()
    card, other = body.partition('class="tiles"')[2].split("</li>")[:2]
    assert "Tea" in card
    assert "<p" not in card
    assert "12" in other


def test_the_largest_come_first_on_the_front_page() -> None:
    hrefs = [one["href"] for one in check(front()).all("a")]
    providers = [href for href in hrefs if href.startswith("/providers/")]
    assert providers[0] == "/providers/paper19999.example"
    topics = [href for href in hrefs if href.startswith("/topics/")]
    assert topics[:3] == ["/topics/subject-199", "/topics/subject-4999", "/topics/subject-4799"]


def test_of_equals_the_first_by_title_is_on_the_front_page() -> None:
    """The lists go by title, and so does what is cut off."""
    found = index({}, {f"paper{n:02}.example": 7 for n in range(50)})
    shown = listing.largest(view(), found, "providers", site_pages.FRONT_PROVIDERS)
    assert [str(one.path) for one in shown] == [
        f"/providers/paper{n:02}.example" for n in range(12)
    ]


def test_every_topic_and_every_provider_is_on_one_page_of_its_list() -> None:
    chosen, found = large()
    for kind, count in (("topics", 5000), ("providers", 20_000)):
        seen = [
            str(feed.path)
            for start in range(0, count, site_pages.PAGE_LENGTH)
            for _, feed in listing.page(chosen, found, kind, start, site_pages.PAGE_LENGTH)
        ]
        table = found.table(kind)
        assert len(table) == count
        assert sorted(seen) == sorted(f"/{kind}/{one}" for one in table.names)


@given(st.lists(st.integers(-1, 30), max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_a_tree_has_every_topic_once_below_what_it_lies_within(
    parents: list[int], most: int, below: int
) -> None:
    """No topic lies within itself: the configuration is checked for that."""
    topics = [
        Topic(f"t{number}", f"T {number}", f"t{parent}" if 0 <= parent < number else None)
        for number, parent in enumerate(parents)
    ]
    chosen, found = view(topics), index({one.slug: len(one.slug) for one in topics})
    lines = listing.page(chosen, found, "topics", 0, len(topics))
    assert sorted(str(feed.path) for _, feed in lines) == sorted(
        f"/topics/{t.slug}" for t in topics
    )
    depths = {str(feed.path): depth for depth, feed in lines}
    for _, feed in lines:
        above = depths[f"/topics/{feed.parent}"] if feed.parent else -1
        assert depths[str(feed.path)] == above + 1
    branches = listing.tree(chosen, found, most, below)
    assert sum(branch.size for branch in branches) <= most
    for branch in branches:
        assert branch.feed.parent is None
        assert branch.size <= below + 1
        assert all((inner.feed.parent,) == branch.feed.path.names for inner in branch.below)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/topics", 200),
        ("/topics?page=1", 200),
        ("/topics?page=2", 404),
        ("/topics?page=0", 404),
        ("/topics?page=x", 400),
        ("/topics?page=-1", 400),
        ("/topics?page=9999999", 400),
        ("/providers?utm_source=x", 200),
    ],
)
def test_a_page_of_a_list_is_there_or_not(address: str, status: int, tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["AI"])) as client:
        assert ask(client, address).status == status


def test_a_page_that_is_not_there_has_nothing_to_do_with_the_first(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["AI"])) as client:
        for _ in range(2):  # from no cache, and from it
            assert ask(client, "/topics?page=0").status == 404
            assert ask(client, "/topics").status == 200
            assert ask(client, "/topics?page=00").status == 404


def test_lists_lead_from_page_to_page(tmp_path: Path) -> None:
    names = [f"Topic {number}" for number in range(450)]
    articles = [article(n, topics=names[n * 18 : n * 18 + 18]) for n in range(1, 25)]
    articles.append(article(25, topics=names[:18]))
    with site(tmp_path, *articles) as client:
        seen, address = [], "/topics"
        while address:
            page = check(ask(client, address).body)
            seen += [one["href"] for one in page.all("a") if one["href"].startswith("/topics/")]
            following = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
            address = following[0] if following else ""
        assert len(seen) == len(set(seen)) == 450


def test_a_provider_is_shown_with_the_newest_icon_that_articles_name(tmp_path: Path) -> None:
    def icon(name: str) -> dict[str, object]:
        return {"name": "Paper", "domain": "paper.example", "images": [{"url": name}]}

    old, new = "https://icons.example/old.png", "https://icons.example/new.png"
    articles = [article(1, provider=icon(old)), article(2, provider=icon(new))]
    without = {"name": "Paper", "domain": "paper.example"}
    articles += [article(day, provider=without) for day in range(3, 20)]
    with site(tmp_path, *articles) as client:
        for address in ("/", "/providers"):
            shown = {one["src"] for one in check(ask(client, address).body).all("img")}
            assert new in shown
            assert old not in shown


def test_the_front_page_follows_the_catalog(tmp_path: Path) -> None:
    with site(tmp_path, article(1)) as client:
        assert "1 article" in check(ask(client, "/").body).words
        put(tmp_path / "seeds", article(1), article(2))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        wait_for(
            lambda: b"All 2 articles" in ask(client, "/").body,
            "the second article on the front page",
        )


def test_the_front_page_leads_to_every_feed_of_a_small_site(tmp_path: Path) -> None:
    with site(tmp_path, article(topics=["AI"], provider={"domain": "cbc.ca"})) as client:
        page = check(client.get("/").content)
        hrefs = {link["href"] for link in page.all("a")}
        assert {listed["path"] for listed in client.get("/feeds.json").json()["feeds"]} <= hrefs
    assert {"/feeds.opml", "/feeds.json", "/topics", "/providers", "/compose"} <= hrefs


def test_a_topic_without_a_name_is_called_as_articles_spell_it(tmp_path: Path) -> None:
    wanted = article(1, topics=["AI Builder"])
    topics = [{"slug": "ai-builder", "aliases": ["aibuilder"]}]
    with site(tmp_path, wanted, article(2, topics=["aibuilder"]), topics=topics) as client:
        found = ask(client, "/topics/ai-builder.json").body.decode()
        assert "AI Builder — " in found
        assert '"tags":["AI Builder"]' in found.replace("\n", "")
        assert "aibuilder" not in found


def test_a_page_names_authors_with_links_to_their_pages(tmp_path: Path) -> None:
    jane = {"name": "Jane <b>&</b> co", "url": "https://jane.example/"}
    others = [f"Author {number}" for number in range(2, 6)]
    with site(tmp_path, article(1, authors=[jane, *others]), article(2, author="J. R.")) as client:
        page = check(ask(client, "/all").body)
    assert "by Jane & co, Author 2, Author 3 and 2 more" in " ".join(page.words.split())
    assert "by J. R." in page.words
    assert "https://jane.example/" in {one["href"] for one in page.all("a")}


def test_a_page_leads_to_the_files_of_an_article(tmp_path: Path) -> None:
    audio = {"url": "a.mp3", "title": "A <b>", "duration": 3723}
    files = ["a.pdf", "b.pdf", "c.pdf", "d.pdf"]
    fields = article(1, audio=audio, video="https://video.example/1", attachments=files)
    with site(tmp_path, fields, article(2, video={"url": "b.mp4", "duration": 62})) as client:
        page = check(ask(client, "/all").body)
    words = " ".join(page.words.split())
    assert "Listen: A <b> 1:02:03 Open Download Download Download" in words
    assert "Watch 1:02" in words
    links = {one["href"]: one.get("type") for one in page.all("a")}
    assert links["https://news.example.com/a.mp3"] == "audio/mpeg"
    assert "https://news.example.com/d.pdf" not in links


def test_an_empty_site_says_how_to_publish_the_first_article(tmp_path: Path) -> None:
    with site(tmp_path, article(1, published=False)) as client:
        words = check(ask(client, "/").body).words
        assert "No articles yet" in words
        assert "feeds check" in words
        put(tmp_path / "seeds", article(1))
        ingest(tmp_path / "seeds", tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: b"Title 1" in ask(client, "/").body, "the first article")
        assert "No articles yet" not in check(ask(client, "/").body).words


def test_the_list_of_feed_sets_has_no_private_ones(tmp_path: Path) -> None:
    sets: dict[str, Any] = {
        f"set-{number}": {"title": f"Set {number}", "include": {"topics": ["AI"]}}
        for number in range(9)
    }
    sets["secret"] = {"title": "Secret", "include": {"topics": ["AI"]}, "private": True}
    with site(tmp_path, article(1, topics=["AI"]), sets=sets) as client:
        front_page, listed = check(ask(client, "/").body), check(ask(client, "/sets").body)
        for page, count in ((front_page, site_pages.FRONT_SETS), (listed, 9)):
            links = [one["href"] for one in page.all("a") if one["href"].startswith("/sets/")]
            assert links == [f"/sets/set-{number}" for number in range(count)]
            assert "Secret" not in page.words
        assert "All 9 feed sets" in front_page.words
        assert ask(client, "/sets/").headers["location"] == "/sets"
        assert ask(client, "/sets?page=2").status == 404
