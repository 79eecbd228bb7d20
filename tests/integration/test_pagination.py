"""Older entries of a feed, page by page."""

import json
import re
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from tests.integration.test_stories import LATER
from tests.support.application import ingest, site
from tests.support.examples import BASE, Fields, article, id_of
from tests.support.folders import put
from tests.support.html_pages import check
from tests.support.requests import ask

FEW: dict[str, Any] = {"defaults": {"limit": 3}}
CHAIN = [article(number, topics=["AI"], quality=number) for number in range(1, 9)]


def walk(client: TestClient, address: str) -> tuple[list[str], list[list[str]]]:
    """The addresses of all pages of a feed from one on, and the titles on each."""
    addresses, titles = [], []
    while address:
        answer = ask(client, address)
        assert answer.status == 200, address
        page = check(answer.body)
        addresses.append(address)
        titles.append(re.findall(r"^Title \d+$", page.words, re.MULTILINE))
        following = [one["href"] for one in page.all("a") if one.get("rel") == "next"]
        canonical = [one["href"] for one in page.all("link") if one["rel"] == "canonical"]
        assert canonical == [BASE + address]
        address = following[0] if following else ""
    return addresses, titles


@pytest.mark.parametrize(
    "start", ["/all", "/topics/ai", "/providers/news.example.com", "/all?q=title"]
)
def test_page_by_page_every_entry_comes_once_and_in_order(start: str, tmp_path: Path) -> None:
    with site(tmp_path, *CHAIN, site=FEW) as client:
        addresses, titles = walk(client, start)
        assert [len(one) for one in titles] == [3, 3, 2]
        assert [*chain(*titles)] == [f"Title {number}" for number in range(8, 0, -1)]
        joint = "&" if "?" in start else "?"
        assert addresses[1] == f"{start}{joint}before={id_of(6)}"


def test_what_is_new_moves_nothing(tmp_path: Path) -> None:
    with site(tmp_path, *CHAIN, site=FEW) as client:
        before = ask(client, f"/all?before={id_of(6)}")
        put(tmp_path / "seeds", *CHAIN, article(9))
        ingest(tmp_path / "seeds", tmp_path / "data", now=LATER)
        after = ask(client, f"/all?before={id_of(6)}")
        assert after.body == before.body


def test_entries_of_one_second_are_ordered_by_their_ids(tmp_path: Path) -> None:
    same: list[Fields] = [article(number) | {"date": "2020-01-01T00:00:00Z"} for number in range(9)]
    with site(tmp_path, *same, site=FEW) as client:
        _, titles = walk(client, "/all")
        assert [len(one) for one in titles] == [3, 3, 3]
        assert len(set(chain(*titles))) == 9


@settings(max_examples=15)
@given(
    days=st.lists(st.integers(1, 4), min_size=1, max_size=12),
    limit=st.integers(1, 5),
    start=st.sampled_from(["/all", "/topics/ai", "/all?q=title", "/all?min_quality=2"]),
)
def test_pages_are_the_feed_cut_into_pieces(
    days: list[int], limit: int, start: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    made = [
        article(number, topics=["AI"], quality=number % 4) | {"date": f"2020-01-0{day}T00:00:00Z"}
        for number, day in enumerate(days)
    ]
    folder = tmp_path_factory.mktemp("site")
    with site(folder, *made, site={"defaults": {"limit": limit}}) as client:
        _, titles = walk(client, start)
        joint = "&" if "?" in start else "?"
        feed = ask(client, f"{start.replace('?', '.json?')}{'' if '?' in start else '.json'}"
                           f"{joint}limit=200")  # fmt: skip
        whole = [item["title"] for item in items_of(feed.body)]
        assert [*chain(*titles)] == whole
        assert all(len(one) == limit for one in titles[:-1])


def items_of(body: bytes) -> list[dict[str, str]]:
    items: list[dict[str, str]] = json.loads(body)["items"]
    return items


@pytest.mark.parametrize(
    ("value", "status"),
    [("x", 400), ("00000000-0000-5000-8000-000000000000", 404), ("{upper}", 301), ("{draft}", 404)],
)
def test_a_page_begins_at_an_article_that_is_there(value: str, status: int, tmp_path: Path) -> None:
    draft = article(20, published=False)
    with site(tmp_path, *CHAIN, draft, site=FEW) as client:
        written = value.format(upper=str(id_of(6)).upper(), draft=id_of(20))
        answer = ask(client, f"/all?before={written}")
        assert answer.status == status
        if status == 301:
            assert answer.headers["location"] == f"/all?before={id_of(6)}"


def test_a_page_begins_nowhere_in_a_document(tmp_path: Path) -> None:
    """The parameters of feeds are a fixed list; all others mean nothing."""
    with site(tmp_path, *CHAIN, site=FEW) as client:
        assert ask(client, f"/all.rss?before={id_of(6)}").body == ask(client, "/all.rss").body


def test_what_has_no_lasting_order_is_on_one_page(tmp_path: Path) -> None:
    sets = {"best": {"include": {"topics": ["AI"]}, "sort": "quality"}}
    with site(tmp_path, *CHAIN, site=FEW, sets=sets) as client:
        assert len(walk(client, "/sets/best")[0]) == 1
        answer = ask(client, f"/sets/best?before={id_of(6)}")
        assert (answer.status, answer.headers["location"]) == (301, "/sets/best")


def test_a_page_is_cached_and_revalidated_like_a_feed(tmp_path: Path) -> None:
    with site(tmp_path, *CHAIN, site=FEW) as client:
        answer = ask(client, f"/all?before={id_of(6)}")
        again = ask(client, f"/all?before={id_of(6)}&utm_source=x")
        assert again == answer
        tag = {"if-none-match": answer.headers["etag"]}
        assert ask(client, f"/all?before={id_of(6)}", headers=tag).status == 304
