"""Looking for feeds and articles."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.support.application import site
from tests.support.examples import article
from tests.support.html_pages import check
from tests.support.requests import ask

CONFIG = {
    "topics": [{"slug": "computer-vision", "name": "Computer Vision", "aliases": ["CV"]}],
    "sets": {"vision-of-london": {"title": "A vision of London", "include": {"types": ["video"]}}},
}
ARTICLES = [
    article(1, topics=["Computer Vision"], provider={"domain": "vision.example", "name": "Eye"}),
    article(2, topics=["Television"], excerpt="Everybody has a vision"),
    article(3, topics=["Tea"]),
    article(4, topics=["Secret vision"], published=False),
]


@pytest.fixture(scope="module")
def searching(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with site(tmp_path_factory.mktemp("site"), *ARTICLES, **CONFIG) as client:
        yield client


def found(client: TestClient, query: str) -> list[str]:
    page = check(ask(client, f"/search?q={query}").body)
    inside = page.words.partition("All feeds:")[0]
    assert inside
    kinds = ("/topics/", "/providers/", "/sets/")
    hrefs = dict.fromkeys(one["href"] for one in page.all("a"))
    return [href for href in hrefs if href.startswith(kinds)]


def test_feeds_whose_names_have_the_words_come_best_first(searching: TestClient) -> None:
    assert found(searching, "vision")[:4] == [
        "/topics/television", "/topics/computer-vision", "/sets/vision-of-london",
        "/providers/vision.example",
    ]  # fmt: skip


@pytest.mark.parametrize("query", ["computer+vision", "VISION%20computer", "cv", "Computer-Vision"])
def test_case_order_and_other_spellings_do_not_matter(query: str, searching: TestClient) -> None:
    assert "/topics/computer-vision" in found(searching, query)


def test_articles_are_found_by_their_words(searching: TestClient) -> None:
    page = check(ask(searching, "/search?q=everybody").body)
    assert "Title 2" in page.words
    assert "Title 3" not in page.words
    assert "/all?q=everybody" in {one["href"] for one in page.all("a")}


def test_a_name_that_only_drafts_have_is_not_shown(searching: TestClient) -> None:
    assert b"secret" not in ask(searching, "/search?q=vision").body.lower()


def test_a_search_without_results_says_so(searching: TestClient) -> None:
    assert "Nothing found for “zzz”" in check(ask(searching, "/search?q=zzz").body).words


@pytest.mark.parametrize(
    ("query", "feeds", "articles"),
    [
        ("everybody", None, "1 article"),
        ("vision", "4 feeds", "1 article"),
        ("title", None, "3 articles"),
        ("%21vision%21", None, "1 article"),
    ],
)
def test_results_are_counted(
    query: str, feeds: str | None, articles: str, searching: TestClient
) -> None:
    page = check(ask(searching, f"/search?q={query}").body)
    headings = re.findall(r"^\d+ (?:feed|article)s?$", page.words, re.MULTILINE)
    assert headings == [heading for heading in (feeds, articles) if heading]


def test_very_many_articles_are_said_to_be_the_newest(tmp_path: Path) -> None:
    with site(tmp_path, *map(article, range(1, 26))) as client:
        page = check(ask(client, "/search?q=title").body)
        assert "The newest 20 articles" in page.words
        hrefs = [one["href"] for one in page.all("a")]
        assert "/all?q=title" in hrefs
        assert "/compose?q=title" in hrefs
        assert ask(client, "/compose?q=title").status == 200


def test_feeds_beyond_the_first_wait_below_them(tmp_path: Path) -> None:
    topics = [f"Tea {number}" for number in range(20)]
    with site(tmp_path, article(1, topics=topics)) as client:
        page = check(ask(client, "/search?q=tea").body)
        assert "20 feeds" in page.words
        assert "8 more feeds" in page.words


def test_where_nothing_is_found_there_are_ways_on(searching: TestClient) -> None:
    page = check(ask(searching, "/search?q=zzz").body)
    assert "You can also subscribe to a feed of these words" in page.words
    hrefs = [one["href"] for one in page.all("a")]
    assert "/all?q=zzz" in hrefs
    assert hrefs.count("/topics") == hrefs.count("/providers") == 2
    assert ask(searching, "/all.rss?q=zzz").status == 200


def test_a_search_for_nothing_says_what_to_do(searching: TestClient) -> None:
    for address in ("/search", "/search?q=", "/search?q=%20"):
        assert (
            "in the search field at the top of this page"
            in check(ask(searching, address).body).words
        )


def test_a_search_without_end_is_refused_beside_the_box(searching: TestClient) -> None:
    answer = ask(searching, "/search?q=" + "x" * 201)
    assert answer.status == 400
    assert "Search for at most 200 characters." in check(answer.body).words


def test_a_search_is_cached_under_its_words(searching: TestClient) -> None:
    first = ask(searching, "/search?q=Vision&utm_source=x")
    assert ask(searching, "/search?q=vision") == first
    tag = {"if-none-match": first.headers["etag"]}
    assert ask(searching, "/search?q=vision", headers=tag).status == 304


def test_a_search_follows_the_catalog(tmp_path: Path) -> None:
    with site(tmp_path, article(1)) as client:
        assert "Title 1" in check(ask(client, "/search?q=title").body).words


@settings(max_examples=60)
@given(query=st.text(max_size=40))
def test_whatever_is_looked_for_a_page_answers(query: str, searching: TestClient) -> None:
    answer = searching.get("/search", params={"q": query})
    assert answer.status_code == 200
    check(answer.content)
