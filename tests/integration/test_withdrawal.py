"""What readers are told of an article that has been withdrawn, and what they are not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest
from starlette.testclient import TestClient

from feeds.catalog import tombstones
from feeds.catalog.reader import tiers
from feeds.model import Format
from tests.integration.test_ingest import Followed, following
from tests.support.application import serving, viewing
from tests.support.examples import BASE, Fields, article, entries
from tests.support.feed_readers import read, subscribe
from tests.support.folders import configure
from tests.support.valid import complaints
from tests.support.valid.atom import TOMBSTONES

DELETED = f"{TOMBSTONES}deleted-entry"
ONE = article(1, topics=["AI"], provider={"domain": "one.example"})
TWO = article(2, topics=["AI", "Law"], provider={"domain": "one.example"})
THREE = article(3, topics=["AI"], provider={"domain": "three.example"})


class Site:
    """A site whose articles come and go."""

    def __init__(self, folder: Path, followed: Followed) -> None:
        self.folder, self.followed = folder, followed

    def put(self, number: int, fields: Fields | None) -> None:
        path = self.followed.seeds / f"{number}.json"
        if fields is None:
            path.unlink()
        else:
            path.write_text(json.dumps(fields))
        self.followed.follow(path.name)

    @contextmanager
    def client(self) -> Iterator[TestClient]:
        with serving(self.folder / "data", self.folder / "config") as client:
            yield client

    def told(self, path: str = "/all") -> list[str]:
        """The titles shown in a feed, then the numbers of the articles told to be gone."""
        address = f"{path}.atom"
        with self.client() as client:
            document = client.get(address).content
            for format in Format:
                body = client.get(f"{path}.{format}").content
                assert complaints(body, format, f"{BASE}{path}.{format}") == []
        subscribe(document)  # nothing wrong with it
        gone = [one.get("ref", "") for one in ET.fromstring(document).iter(DELETED)]
        shown = [one.title for one in read(document, Format.ATOM).entries]
        return shown + [f"gone {NUMBERS[urn]}" for urn in gone]


def urn(fields: Fields) -> str:
    return entries(fields)[0].urn


NUMBERS = {urn(article(number)): number for number in range(1, 30)}


@contextmanager
def site(folder: Path, *articles: Fields, **defaults: Any) -> Iterator[Site]:
    """A site of articles 1, 2, …"""
    configure(folder / "config", site={"base_url": BASE, "defaults": defaults})
    with following(folder) as followed:
        made = Site(folder, followed)
        followed.scan()
        for number, fields in enumerate(articles, 1):
            made.put(number, fields)
        yield made


def test_a_withdrawn_article_has_a_tombstone_in_every_feed_it_was_in(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO, THREE) as made:
        made.put(2, None)
        assert made.told() == ["Title 3", "Title 1", "gone 2"]
        assert made.told("/topics/ai") == ["Title 3", "Title 1", "gone 2"]
        assert made.told("/topics/ai+law") == ["Title 3", "Title 1", "gone 2"]
        assert made.told("/topics/law") == ["gone 2"]
        assert made.told("/providers/one.example") == ["Title 1", "gone 2"]
        assert made.told("/providers/three.example") == ["Title 3"]


def test_a_tombstone_says_when_and_of_what(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO) as made:
        made.put(2, None)
        with made.client() as client:
            answer = client.get("/all.atom")
            (gone,) = ET.fromstring(answer.content).iter(DELETED)
            assert gone.get("ref") == urn(TWO)
            assert (gone.get("when") or "").startswith("2020-09-13T12:2")
            assert "Title 2" not in answer.text
            for format in (Format.RSS, Format.JSON):
                assert urn(TWO) not in client.get(f"/all.{format}").text


def test_an_article_that_returns_has_no_tombstone(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO) as made:
        for _ in range(2):
            made.put(2, None)
            assert made.told() == ["Title 1", "gone 2"]
            made.put(2, TWO)
            assert made.told() == ["Title 2", "Title 1"]


def test_an_article_that_returns_elsewhere_has_no_tombstone_where_it_is(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO, THREE) as made:
        made.put(2, None)
        made.put(2, TWO | {"topics": ["AI"]})
        assert made.told("/topics/law") == []
        assert made.told("/topics/ai") == ["Title 3", "Title 2", "Title 1"]


def test_an_article_that_only_left_a_topic_is_not_withdrawn(tmp_path: Path) -> None:
    """A reader of two feeds would delete it from both."""
    with site(tmp_path, ONE, TWO) as made:
        made.put(2, TWO | {"topics": ["AI"]})
        assert made.told("/topics/law") == []
        assert made.told() == ["Title 2", "Title 1"]


def test_only_what_would_still_be_in_a_document_has_a_tombstone_there(tmp_path: Path) -> None:
    articles = [article(number) for number in range(1, 6)]
    with site(tmp_path, *articles, limit=2) as made:
        assert made.told() == ["Title 5", "Title 4"]
        made.put(4, None)
        assert made.told() == ["Title 5", "Title 3", "gone 4"]
        made.put(1, None)  # was below the last that is shown
        assert made.told() == ["Title 5", "Title 3", "gone 4"]
        made.put(6, article(6))
        assert made.told() == ["Title 6", "Title 5"]
        made.put(6, None)
        made.put(5, None)
        assert made.told() == ["Title 3", "Title 2", "gone 6", "gone 5"]  # at most two


def test_a_document_that_is_not_full_has_tombstones_of_all_that_were_in_it(tmp_path: Path) -> None:
    articles = [article(number) for number in range(1, 5)]
    with site(tmp_path, *articles, limit=3) as made:
        made.put(1, None)
        assert made.told() == ["Title 4", "Title 3", "Title 2"]
        made.put(4, None)
        assert made.told() == ["Title 3", "Title 2", "gone 4", "gone 1"]


@pytest.mark.parametrize("related", ["include", "exclude"])
def test_an_article_that_is_still_mentioned_is_gone_only_where_mentions_are_not_shown(
    tmp_path: Path, related: str
) -> None:
    naming = article(3, related=[ONE])
    with site(tmp_path, ONE, TWO, naming, related=related) as made:
        made.put(1, None)
        shown = ["Title 3", "Title 2"]
        assert made.told() == ([*shown, "Title 1"] if related == "include" else [*shown, "gone 1"])


# --- drafts ------------------------------------------------------------------------------


def test_an_article_that_became_a_draft_is_withdrawn_for_the_public(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO) as made:
        made.put(2, TWO | {"draft": True, "topics": ["AI", "Secret"]})
        assert made.told() == ["Title 1", "gone 2"]
        assert made.told("/topics/law") == ["gone 2"]
        with made.client() as client:
            assert client.get("/topics/secret.atom").status_code == 404
        made.put(2, None)  # nothing new to the public
        assert made.told() == ["Title 1", "gone 2"]
        with made.client() as client:
            assert client.get("/topics/secret.atom").status_code == 404
        made.put(2, TWO)
        assert made.told() == ["Title 2", "Title 1"]


def test_a_withdrawn_draft_has_no_tombstone_in_public(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO | {"draft": True}) as made:
        with made.client() as client:
            before = client.get("/all.atom")
        made.put(2, None)
        with made.client() as client:
            after = client.get("/all.atom")
        assert after.content == before.content
        assert after.headers["last-modified"] == before.headers["last-modified"]


@pytest.mark.parametrize(
    ("unpublished", "published_is", "draft_is", "both_gone"),
    [
        ("exclude", ["Title 1", "Title 2"], ["gone 1"], ["gone 1"]),
        ("include", ["Title 2", "Title 1"], ["Title 2", "Title 1"], ["gone 2", "gone 1"]),
        ("only", ["Title 2"], ["Title 2", "Title 1"], ["gone 2", "gone 1"]),
    ],
)
def test_feeds_with_drafts_have_tombstones_of_drafts(
    tmp_path: Path,
    unpublished: str,
    published_is: list[str],
    draft_is: list[str],
    both_gone: list[str],
) -> None:
    draft = TWO | {"draft": True}
    with site(tmp_path, ONE, draft, unpublished=unpublished) as made:
        assert set(made.told()) <= set(published_is)
        made.put(1, ONE | {"draft": True})
        assert made.told() == draft_is
        made.put(3, THREE | {"draft": True})  # something stays
        made.put(1, None)
        made.put(2, None)
        assert [one for one in made.told() if one != "Title 3"] == both_gone


def test_a_draft_that_is_published_is_not_withdrawn_from_the_drafts(tmp_path: Path) -> None:
    with site(tmp_path, ONE | {"draft": True}, TWO, unpublished="only") as made:
        made.put(1, ONE)
        assert made.told() == []


# --- what a story's own address asks ---------------------------------------------------------


def withdrawn(made: Site, fields: Fields) -> bool:
    with viewing(made.folder / "data", made.folder / "config") as view:
        shown = tiers(view.config.unpublished, related=True)
        return tombstones.was_removed(view.connection, UUID(urn(fields)), shown)


def test_an_entry_is_withdrawn_or_unknown_or_there(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO, THREE | {"draft": True}) as made:
        assert [withdrawn(made, one) for one in (ONE, TWO, THREE, article(9))] == [False] * 4
        made.put(1, None)
        made.put(2, TWO | {"draft": True})
        made.put(3, None)
        # The end of a draft is not even confirmed.
        assert [withdrawn(made, one) for one in (ONE, TWO, THREE)] == [True, True, False]
        made.put(1, ONE)
        assert not withdrawn(made, ONE)


def test_a_feed_whose_last_entry_left_is_still_served_with_good_validators(tmp_path: Path) -> None:
    with site(tmp_path, ONE, TWO) as made:
        with made.client() as client:
            before = client.get("/topics/law.rss")
        made.put(2, None)
        with made.client() as client:
            after = client.get("/topics/law.rss")
            assert after.status_code == 200
            assert after.headers["etag"] != before.headers["etag"]
            assert after.headers["last-modified"] != before.headers["last-modified"]
            assert client.get("/topics/law.atom", headers={"If-None-Match": "x"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("topic=ai", True),
        ("topic=ai&provider=one.example", True),
        ("not_topic=art&type=article", True),
        ("min_quality=5", True),
        ("since=2020-01-01", True),
        ("topic=art", False),
        ("topic=law&provider=three.example", False),
        ("not_topic=law", False),
        ("not_provider=one.example", False),
        ("type=video", False),
        ("min_quality=50", False),
        ("since=2020-02-01", False),
        ("q=title", False),  # its words are gone with it
    ],
)
def test_a_composed_feed_has_tombstones_of_what_was_in_it(
    tmp_path: Path, query: str, told: bool
) -> None:
    both = article(4, topics=["Art"], provider={"domain": "three.example"}, type="video")
    with site(tmp_path, ONE, TWO | {"quality": 9}, THREE, both | {"quality": 99}) as made:
        made.put(2, None)
        with made.client() as client:
            answer = client.get(f"/all.atom?{query}", follow_redirects=True)
            assert answer.status_code == 200
            assert ("deleted-entry" in answer.text) is told
