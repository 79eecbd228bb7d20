"""The list of feeds for feed readers: http://opml.org/spec2.opml"""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from feeds.feed_path import FeedPath
from feeds.model import FeedSummary, Format, Site
from feeds.render.opml import opml
from feeds.util import text
from tests.support.examples import BASE, hostile
from tests.support.feed_readers import outlines

SITE = Site("AI & news", BASE)
FEEDS = [
    FeedSummary(FeedPath.parse("/all"), "AI & news", 3, None, "What <happens>"),
    FeedSummary(FeedPath.parse("/topics/ai"), "AI", 2, None),
    FeedSummary(FeedPath("topics", ("日",)), "日", 1, None),
    FeedSummary(FeedPath.parse("/providers/cbc.ca"), "CBC", 1, None),
]


def test_a_document_has_what_the_specification_asks() -> None:
    root = ET.fromstring(opml(SITE, "AI & news", FEEDS, Format.RSS))
    assert (root.tag, root.get("version")) == ("opml", "2.0")
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title") == "AI & news"
    for outline in root.iter("outline"):
        assert outline.get("text")
        if outline.get("xmlUrl"):
            assert outline.get("type") == "rss"
            assert outline.get("title") == outline.get("text")


def test_feeds_are_grouped_by_kind_in_the_order_they_came() -> None:
    body = ET.fromstring(opml(SITE, "x", FEEDS, Format.RSS))[1]
    assert [outline.get("text") for outline in body] == ["AI & news", "Topics", "Providers"]
    assert [outline.get("text") for outline in body[1]] == ["AI", "日"]


@pytest.mark.parametrize("format", list(Format))
def test_each_outline_leads_to_a_feed_and_its_page(format: Format) -> None:
    first = outlines(opml(SITE, "x", FEEDS, format))[2]
    assert first.get("xmlUrl") == f"{BASE}/topics/%E6%97%A5.{format}"
    assert first.get("htmlUrl") == f"{BASE}/topics/%E6%97%A5"


def test_a_description_is_given_where_there_is_one() -> None:
    given = [outline.get("description") for outline in outlines(opml(SITE, "x", FEEDS, Format.RSS))]
    assert given == ["What <happens>", None, None, None]


@given(hostile, hostile)
def test_whatever_titles_say_they_come_back(title: str, description: str) -> None:
    title, description = text.one_line(title), text.one_line(description)
    feeds = [FeedSummary(FeedPath.parse("/topics/x"), title, 1, None, description)]
    (outline,) = outlines(opml(Site(title, BASE), title, feeds, Format.RSS))
    assert outline.get("title") == title
    assert outline.get("description", "") == description
