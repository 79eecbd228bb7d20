"""Pages for people: correct HTML, everything escaped, nothing from elsewhere."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import text
from feeds.model import Feed, FeedSummary, Format, Site
from feeds.render import pages
from tests.folders import site
from tests.made import BASE, Fields, article, articles, entries, feed, hostile
from tests.test_render_xml import SITE, full, usable

VOID = {"meta", "link", "img", "br", "hr", "input"}
KNOWN_TAGS = set(
    "html head meta title link style body header main h1 h2 h3 p ul li a img code span time "
    "bdi".split()
)
# Configuration and addresses are cleaned where they come in.
clean = hostile.map(text.one_line)


class Page(HTMLParser):
    """A page read strictly: every element closed where it must be."""

    def __init__(self, document: bytes) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.words = ""
        self.feed(document.decode())
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in KNOWN_TAGS, tag
        assert len(dict(attrs)) == len(attrs), attrs
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] != "style":
            self.words += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


def check(document: bytes) -> Page:
    """What holds for every page."""
    assert document.startswith(b"<!doctype html>")
    page = Page(document)
    assert len(page.all("title")) == len(page.all("h1")) == 1
    assert page.all("html")[0]["lang"]
    assert {"charset": "utf-8"} in page.all("meta")
    for _, attributes in page.elements:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src"):
            assert re.match("https?://", attributes.get(name, "https://")), attributes
    return page


def test_the_page_of_a_feed_leads_to_its_formats_and_its_entries() -> None:
    made = full()
    page = check(pages.feed_page(made))
    alternates = [link for link in page.all("link") if link["rel"] == "alternate"]
    assert [(link["type"], link["href"]) for link in alternates] == [
        (format.media_type, made.url(format)) for format in Format
    ]
    hrefs = [link["href"] for link in page.all("a")]
    assert {made.url(format) for format in Format} < set(hrefs)
    assert "https://news.example.com/1" in hrefs
    assert {"rel": "canonical", "href": f"{BASE}/topics/ai"} in page.all("link")
    assert "AI — AI & co" in page.words
    assert page.all("html")[0]["lang"] == "pt-BR"


def test_the_page_of_a_feed_without_entries_says_so() -> None:
    assert "No entries yet" in check(pages.feed_page(feed([]))).words


def test_the_page_of_an_entry_shows_its_time_and_provider() -> None:
    page = check(pages.feed_page(feed(entries(article(provider={"name": "Example & Co"})))))
    assert {"datetime": "2020-01-01T12:00:00+00:00"} in page.all("time")
    assert "Example & Co · 2020-01-01 12:00 UTC" in page.words


@settings(max_examples=60)
@given(st.lists(articles(), max_size=3))
def test_whatever_articles_say_the_page_of_a_feed_is_correct(made: list[Fields]) -> None:
    found = usable(made)
    page = check(pages.feed_page(feed(found)))
    for entry in found:
        assert entry.title in page.words


@given(clean, clean)
def test_whatever_titles_say_the_front_page_is_correct(title: str, description: str) -> None:
    site = Site(f"T{title}", BASE, description)
    feeds = [FeedSummary("/all", title, 1, None), FeedSummary("/topics/x", title, 1, None)]
    check(pages.front(site, feeds))


@given(clean)
def test_whatever_was_asked_for_an_error_page_is_correct(message: str) -> None:
    page = check(pages.error_page(SITE, 404, "Not found", message, ("/topics/ai.rss", "/")))
    assert {"href": f"{BASE}/topics/ai.rss"} in page.all("a")


def test_an_error_page_without_suggestions_makes_none() -> None:
    assert "Perhaps" not in check(pages.error_page(SITE, 404, "Not found", "x", ())).words


def test_the_front_page_lists_every_feed_in_every_format(tmp_path: Path) -> None:
    with site(tmp_path, article(topics=["AI"], provider={"domain": "cbc.ca"})) as client:
        page = check(client.get("/").content)
        hrefs = {link["href"] for link in page.all("a")}
        for listed in client.get("/feeds.json").json()["feeds"]:
            assert {listed["page"], *(listed[str(format)] for format in Format)} <= hrefs
    assert f"{BASE}/feeds.opml" in hrefs


@pytest.mark.parametrize("made", [full(), feed([])])
def test_a_page_needs_no_script_and_fetches_only_pictures(made: Feed) -> None:
    for tag, attributes in check(pages.feed_page(made)).elements:
        if "src" in attributes:
            assert tag == "img"
        assert tag not in ("script", "iframe", "object", "form")
        if tag == "link":
            assert attributes["rel"] in ("alternate", "canonical", "icon")
