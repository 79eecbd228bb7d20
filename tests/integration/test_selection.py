"""From addresses to feeds: which spelling is canonical, which entries are in, what may be known."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from feeds.errors import RequestError, TooLong, UnknownFeed
from feeds.feed_path import FeedPath
from feeds.model import Feed
from feeds.selection import listing, loader, resolver
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from tests.support.application import ingest, viewing
from tests.support.examples import Fields, article
from tests.support.folders import configure, put

TOPICS = [
    {
        "slug": "ai",
        "name": "AI",
        "aliases": ["Artificial Intelligence"],
        "description": "All of AI",
    },
    {"slug": "computer-vision", "name": "Computer Vision", "parent": "AI", "aliases": ["CV"]},
    {"slug": "faces", "name": "Faces", "parent": "computer-vision", "image": "https://i.example/f"},
    {"slug": "quiet", "name": "Quiet"},
]
PROVIDERS = [
    {"domain": "cbc.ca", "name": "CBC", "aliases": ["cbc.com"], "icon": "https://i.example/cbc"},
    {"domain": "silent.example", "name": "Silent"},
]
NOW = datetime(2020, 9, 13, tzinfo=UTC)
SITE = {"title": "AI news", "description": "What happens", "icon": "https://i.example/site"}
ARTICLES = [
    article(1, topics=["Artificial Intelligence"], provider={"name": "CBC", "domain": "cbc.com"}),
    article(2, topics=["CV", "AI"], provider={"name": "CBC News", "domain": "www.cbc.ca"}),
    article(3, topics=["Faces"], provider={"name": "Example", "domain": "example.com"}),
    article(4, topics=["C++"], url="http://[2001:db8::1]:8080/4"),
    article(5, topics=["Überwachung", "日本語"], related=[article(6, topics=["Law"])]),
]


class Chosen:
    """A view of a site: what a test asks it."""

    def __init__(self, view: SiteView) -> None:
        self.view = view

    def path(self, path: str) -> str:
        return str(resolve(self.view, FeedPath.parse(path)).path)

    def feed(self, path: str, query: str = "", now: datetime = NOW) -> Feed:
        spec = resolve(self.view, FeedPath.parse(path), query)
        return loader.load(self.view, spec, now)

    def titles(self, path: str, query: str = "", now: datetime = NOW) -> list[str]:
        return [one.entry.title for one in self.feed(path, query, now).entries]

    def listed(self) -> dict[str, int | None]:
        return {str(feed.path): feed.entries for feed in listing.summaries(self.view)}

    def refused(self, path: str) -> RequestError:
        with pytest.raises(RequestError) as error:
            self.path(path)
        return error.value

    def near(self, path: str) -> tuple[str, ...]:
        error = self.refused(path)
        assert isinstance(error, UnknownFeed)
        return error.nearest


@contextmanager
def chosen(folder: Path, articles: list[Fields] = ARTICLES, **defaults: Any) -> Iterator[Chosen]:
    config = configure(
        folder / "config", site=SITE | {"defaults": defaults}, topics=TOPICS, providers=PROVIDERS
    )
    ingest(put(folder / "seeds", *articles), folder / "data")
    with viewing(folder / "data", config) as view:
        yield Chosen(view)


# --- addresses -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "canonical"),
    [
        ("/all", "/all"),
        ("/ALL/", "/all"),
        ("all", "/all"),
        ("/topics/ai", "/topics/ai"),
        ("/Topics/AI/", "/topics/ai"),
        ("//topics//ai", "/topics/ai"),
        ("/topics/artificial intelligence", "/topics/ai"),
        ("/topics/Artificial-Intelligence", "/topics/ai"),
        ("/topics/cv", "/topics/computer-vision"),
        ("/topics/computer_vision", "/topics/computer-vision"),
        ("/topics/computer-vision+ai", "/topics/ai+computer-vision"),
        ("/topics/cv+artificial-intelligence+AI", "/topics/ai+computer-vision"),
        ("/topics/ai+", "/topics/ai"),
        ("/topics/überwachung", "/topics/%C3%BCberwachung"),
        ("/topics/ÜBERWACHUNG", "/topics/%C3%BCberwachung"),
        ("/topics/日本語", "/topics/%E6%97%A5%E6%9C%AC%E8%AA%9E"),
        ("/topics/c-plus-plus", "/topics/c-plus-plus"),
        ("/topics/ai\0", "/topics/ai"),
        ("/topics/" + "+".join(["ai", "AI", "Ai", "aI"] * 20), "/topics/ai"),
        ("/providers/cbc.ca", "/providers/cbc.ca"),
        ("/providers/www.CBC.ca", "/providers/cbc.ca"),
        ("/providers/cbc.com", "/providers/cbc.ca"),
        ("/providers/example.com+cbc.com", "/providers/cbc.ca+example.com"),
        ("/providers/cbc.ca.", "/providers/cbc.ca"),
        ("/providers/[2001:DB8::1]", "/providers/%5B2001%3Adb8%3A%3A1%5D"),
    ],
)
def test_every_spelling_of_an_address_leads_to_one(
    tmp_path: Path, path: str, canonical: str
) -> None:
    with chosen(tmp_path) as site:
        assert site.path(path) == canonical


def test_every_feed_that_is_listed_is_at_its_canonical_address(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        for path in site.listed():
            assert site.path(unquote(path)) == path


@pytest.mark.parametrize(
    ("path", "near"),
    [
        ("/topics/aii", ("/topics/ai",)),
        ("/topics/computer-visio", ("/topics/computer-vision",)),
        ("/topics/artificial-intelligense", ("/topics/ai",)),
        ("/topics/ai+facess", ("/topics/faces",)),
        ("/topics/uberwachung", ("/topics/%C3%BCberwachung",)),
        ("/providers/cbc.co", ("/providers/cbc.ca",)),
        ("/providers/exmaple.com", ("/providers/example.com", "/providers/news.example.com")),
        ("/al", ("/all",)),
        ("/all.xml", ("/all",)),
        ("/all/more", ("/all",)),
        ("/ai", ("/topics/ai",)),
        ("/topic/CV", ("/topics/computer-vision",)),
        ("/cbc.com", ("/providers/cbc.ca",)),
        ("/topics", ("/",)),
        ("/topics/", ("/",)),
        ("/topics/+", ("/",)),
        ("/providers", ("/",)),
        ("/", ("/",)),
        ("", ("/",)),
        ("/nothing/of/the/kind", ("/",)),
        ("/topics/ai/archive/2020/01", ("/topics/ai",)),
        ("/topics/ai.xml", ("/topics/ai",)),
        ("/topics/zzzzzz", ()),
        ("/topics/\0", ()),
    ],
)
def test_what_is_not_there_names_what_is_near(
    tmp_path: Path, path: str, near: tuple[str, ...]
) -> None:
    with chosen(tmp_path) as site:
        assert site.near(path) == near


def test_a_name_that_is_not_there_is_shown_as_it_was_written_and_not_at_length(
    tmp_path: Path,
) -> None:
    with chosen(tmp_path) as site:
        assert str(site.refused("/topics/Aii+ai")) == "There is no topic 'Aii'."
        assert str(site.refused("/providers/nowhere")) == "There is no provider 'nowhere'."
        assert str(site.refused("/topics/\x1b[1m")) == "There is no topic '\\x1b[1m'."
        assert str(site.refused("/x\n")) == "There is no feed at '/x\\n'."
        assert len(str(site.refused("/topics/" + "x" * 5000))) < 200
        assert len(str(site.refused("/" + "x" * 5000))) < 200


def test_an_address_joins_no_more_than_twenty_names(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        for kind in ("topics", "providers"):
            many = "+".join(f"x{number}" for number in range(21))
            assert isinstance(site.refused(f"/{kind}/{many}"), TooLong)


# --- entries -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "titles"),
    [
        ("/all", [6, 5, 4, 3, 2, 1]),
        ("/topics/ai", [3, 2, 1]),  # by its alias, its subtopic and the subtopic of that
        ("/topics/computer-vision", [3, 2]),
        ("/topics/faces", [3]),
        ("/topics/law", [6]),
        ("/topics/c-plus-plus+faces", [4, 3]),
        ("/topics/überwachung", [6, 5]),  # coverage has its parent's topics
        ("/topics/quiet", []),
        ("/providers/cbc.ca", [2, 1]),
        ("/providers/cbc.ca+example.com", [3, 2, 1]),
        ("/providers/silent.example", []),
    ],
)
def test_a_feed_has_the_entries_it_says_newest_first(
    tmp_path: Path, path: str, titles: list[int]
) -> None:
    with chosen(tmp_path) as site:
        assert site.titles(path) == [f"Title {number}" for number in titles]


def test_an_entry_of_two_topics_is_in_their_union_once(tmp_path: Path) -> None:
    with chosen(tmp_path, [article(1, topics=["One", "Two"])]) as site:
        assert site.titles("/topics/one+two") == ["Title 1"]


def test_entries_of_one_second_have_the_same_order_everywhere(tmp_path: Path) -> None:
    articles = [article(1, url=f"https://x.example/{number}") for number in range(8)]
    ways = articles, articles[::-1], articles[3:] + articles[:3]
    orders = set()
    for number, way in enumerate(ways):
        with chosen(tmp_path / str(number), way) as site:
            orders.add(tuple(one.entry.url for one in site.feed("/all").entries))
    assert len(orders) == 1


def test_a_feed_stops_at_its_limit(tmp_path: Path) -> None:
    with chosen(tmp_path, limit=2) as site:
        assert site.titles("/all") == ["Title 6", "Title 5"]
        assert site.titles("/topics/ai") == ["Title 3", "Title 2"]
        assert site.titles("/providers/cbc.ca+example.com") == ["Title 3", "Title 2"]
        assert site.listed()["/all"] == 6


def test_a_site_may_do_without_related_coverage(tmp_path: Path) -> None:
    with chosen(tmp_path, related="exclude") as site:
        assert site.titles("/all") == [f"Title {number}" for number in (5, 4, 3, 2, 1)]
        assert site.titles("/topics/law") == []
        assert site.listed()["/all"] == 5
        assert "/topics/law" not in site.listed()


@pytest.mark.parametrize(
    ("unpublished", "titles"),
    [("exclude", ["Title 1"]), ("include", ["Title 2", "Title 1"]), ("only", ["Title 2"])],
)
def test_a_site_decides_what_becomes_of_drafts(
    tmp_path: Path, unpublished: str, titles: list[str]
) -> None:
    articles = [article(1, topics=["AI"]), article(2, topics=["AI"], published=False)]
    with chosen(tmp_path, articles, unpublished=unpublished) as site:
        assert site.titles("/all") == titles
        assert site.titles("/topics/ai") == titles
        assert site.listed()["/topics/ai"] == len(titles)


# --- what may be known ---------------------------------------------------------------

DRAFT = article(
    9,
    published=False,
    topics=["Takeover"],
    provider={"name": "Secret Times", "domain": "secret.example"},
    related=[article(10, topics=["Leak"], provider={"name": "L", "domain": "leak.example"})],
)
HIDDEN = [
    "/topics/takeover",
    "/topics/leak",
    "/providers/secret.example",
    "/providers/leak.example",
]


def test_what_only_drafts_have_is_neither_confirmed_nor_suggested(tmp_path: Path) -> None:
    with chosen(tmp_path, [*ARTICLES, DRAFT]) as site:
        for path in HIDDEN:
            for near_it in (path, path + "s", path[:-1], "/" + path.rpartition("/")[2]):
                assert not set(HIDDEN) & set(site.near(near_it))
            assert path not in site.listed()


def test_what_drafts_have_is_there_where_drafts_are_shown(tmp_path: Path) -> None:
    with chosen(tmp_path, [*ARTICLES, DRAFT], unpublished="include") as site:
        for path in HIDDEN:
            assert site.path(path) == path
            assert site.near(path + "s")[0] == path
            assert path in site.listed()


def test_a_topic_whose_entries_all_left_is_still_a_feed(tmp_path: Path) -> None:
    seeds = put(tmp_path / "seeds", article(1, topics=["Gone"]), article(2))
    ingest(seeds, tmp_path / "data")
    (seeds / "1.json").unlink()
    ingest(seeds, tmp_path / "data", now=1_700_000_000)
    with viewing(tmp_path / "data") as view:
        site = Chosen(view)
        feed = site.feed("/topics/gone")
        assert feed.entries == ()
        assert feed.updated is None
        assert feed.modified is not None
        assert feed.modified.timestamp() == 1_700_000_000
        assert "/topics/gone" not in site.listed()


# --- titles and places -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "title", "description", "image"),
    [
        ("/all", "AI news", "What happens", "https://i.example/site"),
        ("/topics/ai", "AI — AI news", "All of AI", "https://i.example/site"),
        ("/topics/faces", "Faces — AI news", "Articles on Faces", "https://i.example/f"),
        ("/topics/c-plus-plus", "C++ — AI news", "Articles on C++", "https://i.example/site"),
        (
            "/topics/faces+ai",
            "AI or Faces — AI news",
            "Articles on AI or Faces",
            "https://i.example/site",
        ),
        ("/topics/überwachung", "Überwachung — AI news", "Articles on Überwachung", None),
        ("/providers/cbc.ca", "CBC — AI news", "Articles from CBC", "https://i.example/cbc"),
        (
            "/providers/cbc.ca+example.com",
            "CBC or Example — AI news",
            "Articles from CBC or Example",
            "https://i.example/site",
        ),
    ],
)
def test_a_feed_has_a_title_a_description_and_an_image(
    tmp_path: Path, path: str, title: str, description: str, image: str | None
) -> None:
    with chosen(tmp_path) as site:
        feed = site.feed(path)
        assert (feed.title, feed.description) == (title, description)
        assert feed.image == (image or "https://i.example/site")


def test_entries_show_topics_and_providers_as_they_are_configured(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        second, first = site.feed("/providers/cbc.ca").entries
        assert [topic.slug for topic in second.topics] == ["computer-vision", "ai"]
        assert [topic.name for topic in first.topics] == ["AI"]
        assert first.provider.name == second.provider.name == "CBC"
        assert first.provider.domain == "cbc.ca"


def test_the_list_counts_an_entry_of_two_subtopics_once(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        listed = site.listed()
        assert listed["/topics/ai"] == 3
        assert listed["/topics/computer-vision"] == 2
        assert listed["/topics/quiet"] == 0
        assert listed["/providers/cbc.ca"] == 2
        assert listed["/providers/silent.example"] == 0


def test_a_feed_with_a_name_the_catalog_never_saw_is_touched_by_any_change(
    tmp_path: Path,
) -> None:
    with chosen(tmp_path) as site:
        quiet = resolve(site.view, FeedPath("topics", ("quiet",)))
        law = resolve(site.view, FeedPath("topics", ("law",)))
        assert ("all", 0) in site.view.change_keys(quiet)
        assert ("all", 0) not in site.view.change_keys(law)


def test_what_leaves_another_feed_does_not_change_the_date_of_this_one(tmp_path: Path) -> None:
    config = configure(tmp_path / "config", topics=TOPICS)
    seeds = put(tmp_path / "seeds", article(1, topics=["AI"]), article(2, topics=["Law"]))
    ingest(seeds, tmp_path / "data")
    (seeds / "2.json").unlink()
    ingest(seeds, tmp_path / "data", now=1_700_000_000)
    with viewing(tmp_path / "data", config) as view:
        feed = Chosen(view).feed("/topics/ai")
        assert feed.modified == feed.entries[0].updated


def test_the_list_names_all_then_topics_then_providers_each_by_title(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        feeds = listing.summaries(site.view)
        titles = [(feed.path.kind, feed.title.casefold()) for feed in feeds]
        order = ["all", "topics", "providers"]
        assert titles == sorted(titles, key=lambda one: (order.index(one[0]), one[1]))
        assert len(titles) == len(set(titles)) > 10


def test_a_site_may_give_summaries_only(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        assert site.feed("/all").spec.full
    with chosen(tmp_path, content="summary") as site:
        assert not site.feed("/all").spec.full


def test_one_search_for_similar_names_runs_at_a_time(tmp_path: Path) -> None:
    with chosen(tmp_path) as site:
        assert site.near("/topics/computer-visoin") == ("/topics/computer-vision",)
        with resolver._one_at_a_time:
            assert site.near("/topics/computer-visoin") == ()
        assert site.near("/providers/cbc.c") == ("/providers/cbc.ca",)


def test_a_topic_may_have_more_subtopics_than_a_query_has_parts(tmp_path: Path) -> None:
    # SQLite joins at most 500 SELECTs, and each subtopic takes one for each range.
    names = [f"part-{number}" for number in range(300)]
    topics = [{"slug": "whole", "name": "Whole"}] + [
        {"slug": name, "name": name, "parent": "whole"} for name in names
    ]
    articles = [
        article(1 + number % 28, url=f"https://example.org/{number}", topics=[name])
        for number, name in enumerate(names)
    ]
    articles.append(article(29, title="In two", topics=[names[0], names[-1]]))
    config = configure(tmp_path / "config", topics=topics)
    ingest(put(tmp_path / "seeds", *articles), tmp_path / "data")
    with viewing(tmp_path / "data", config) as view:
        asked = Chosen(view)
        dates = [one.entry.published for one in asked.feed("/topics/whole").entries]
        assert len(dates) == 50
        assert dates == sorted(dates, reverse=True)
        assert asked.titles("/topics/whole")[:2] == ["In two", "Title 28"]
        everything = asked.feed("/all").entries
        assert asked.feed("/topics/whole").entries == everything


def test_a_huge_score_is_shown_as_it_was_written(tmp_path: Path) -> None:
    ingest(put(tmp_path / "seeds", article(quality=1e300, heat=47.0)), tmp_path / "data")
    with viewing(tmp_path / "data") as view:
        (one,) = Chosen(view).feed("/all").entries
        assert [repr(one.entry.quality), repr(one.entry.heat)] == ["1e+300", "47"]
