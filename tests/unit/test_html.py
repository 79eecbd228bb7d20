"""Pages for people: correct HTML, everything escaped, nothing from elsewhere."""

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.feed_path import FeedPath
from feeds.model import Branch, Feed, FeedSummary, Format, Order, Site
from feeds.render import html as pages
from feeds.util import text
from tests.support.application import site
from tests.support.examples import BASE, Fields, article, articles, entries, feed, hostile
from tests.unit.test_rss_atom import SITE, full, usable

VOID = {"meta", "link", "img", "br", "hr", "input"}
DRAWN = {"svg", "path", "circle", "line", "rect"}
KNOWN_TAGS = DRAWN | set(
    "html head meta title link script body header nav main aside section footer h1 h2 h3 p ul ol "
    "li a img code pre span div time bdi q strong form label input button select option optgroup "
    "fieldset legend textarea output details summary dl dt dd figure figcaption "
    "table thead tbody tr th td".split()
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

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in DRAWN, tag  # only SVG closes elements so
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert self.open[-1:] != ["script"], "a script within the page"
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
        for name in ("href", "src", "action"):
            assert re.match("(feed:)?https?://|/(?!/)|#", attributes.get(name, "/")), attributes
        assert "id" not in attributes or attributes["id"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    labelled = {attributes["for"] for attributes in page.all("label") if "for" in attributes}
    assert labelled <= set(ids)
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
    assert page.all("h1")[0]["lang"] == "pt-BR"
    assert page.all("html")[0]["lang"] == "en"


def test_the_page_of_a_feed_without_entries_says_so() -> None:
    assert "No entries yet" in check(pages.feed_page(feed([]))).words


def test_the_page_of_an_entry_shows_its_time_and_provider() -> None:
    page = check(pages.feed_page(feed(entries(article(provider={"name": "Example & Co"})))))
    assert {"datetime": "2020-01-01T12:00:00+00:00"} in page.all("time")
    assert "Example & Co" in page.words
    assert "1 January 2020, 12:00 UTC" in page.words


@settings(max_examples=60)
@given(st.lists(articles(), max_size=3))
def test_whatever_articles_say_the_page_of_a_feed_is_correct(made: list[Fields]) -> None:
    found = usable(made)
    page = check(pages.feed_page(feed(found)))
    for entry in found:
        assert text.shorten(entry.title, 300) in page.words


@given(clean, clean)
def test_whatever_titles_say_the_front_page_is_correct(title: str, description: str) -> None:
    site = Site(f"T{title}", BASE, description)
    everything, topic = (
        FeedSummary(FeedPath.parse(path), title, 1, None) for path in ("/all", "/topics/x")
    )
    shown = pages.Front(everything, topics=[Branch(topic)], totals={"topics": 1})
    check(pages.front(site, shown))


@given(clean)
def test_whatever_was_asked_for_an_error_page_is_correct(message: str) -> None:
    page = check(pages.error_page(SITE, 404, "Not found", message, ("/topics/ai.rss", "/")))
    assert {"href": "/topics/ai.rss"} in page.all("a")


def test_an_error_page_without_suggestions_makes_none() -> None:
    assert "Perhaps" not in check(pages.error_page(SITE, 404, "Not found", "x", ())).words


def test_the_front_page_leads_to_every_feed_of_a_small_site(tmp_path: Path) -> None:
    with site(tmp_path, article(topics=["AI"], provider={"domain": "cbc.ca"})) as client:
        page = check(client.get("/").content)
        hrefs = {link["href"] for link in page.all("a")}
        assert {listed["path"] for listed in client.get("/feeds.json").json()["feeds"]} <= hrefs
    assert {"/feeds.opml", "/feeds.json", "/topics", "/providers"} <= hrefs


@pytest.mark.parametrize("made", [full(), feed([])])
def test_a_page_fetches_pictures_and_our_own_files_and_nothing_else(made: Feed) -> None:
    for tag, attributes in check(pages.feed_page(made)).elements:
        if "src" in attributes:
            assert tag == "img" or attributes["src"].startswith("/static/")
        assert tag not in ("style", "iframe", "object")
        if tag == "link" and attributes["rel"] == "stylesheet":
            assert attributes["href"].startswith("/static/")


def test_every_picture_has_its_place_before_it_comes() -> None:
    for picture in check(pages.feed_page(full())).all("img"):
        assert picture["width"].isdigit()
        assert picture["height"].isdigit()
        assert picture["loading"] == "lazy"
        assert picture["alt"] == ""


def test_the_page_of_a_feed_gets_a_person_subscribed() -> None:
    made = full()
    page = check(pages.feed_page(made))
    hrefs = {link["href"] for link in page.all("a")}
    address = "https%3A%2F%2Ffeeds.example.org%2Ftopics%2Fai.rss"
    assert {
        f"https://feedly.com/i/subscription/feed%2F{address}",
        f"https://www.inoreader.com/?add_feed={address}",
        f"https://www.newsblur.com/?url={address}",
        f"https://theoldreader.com/feeds/subscribe?url={address}",
        f"feed:{BASE}/topics/ai.rss",
    } <= hrefs
    fields = {field.get("value") for field in page.all("input")}
    assert {made.url(format) for format in Format} <= fields
    assert any(one.get("class") == "qr" for one in page.all("svg"))


@pytest.mark.parametrize(
    ("order", "said"), [("published", "Newest"), ("quality", "Best"), ("heat", "Hottest")]
)
def test_the_entries_of_a_page_are_called_by_their_order(order: Order, said: str) -> None:
    made = full()
    page = check(pages.feed_page(replace(made, spec=replace(made.spec, order=order))))
    assert f"{said} entries" in page.words
    assert f"The {said.lower()} {made.spec.limit} articles" in page.words


def test_the_page_of_a_feed_can_be_shared() -> None:
    page = check(pages.feed_page(full()))
    said = {meta["property"]: meta["content"] for meta in page.all("meta") if "property" in meta}
    assert said["og:url"] == f"{BASE}/topics/ai"
    assert said["og:title"] == full().title
    assert said["og:image"].startswith("https://")


@pytest.mark.parametrize("title", ["W" * 1_000_000, "<script>" * 50_000, "\u202e" * 300])
def test_a_title_without_end_is_shortened(title: str) -> None:
    """A file may hold a megabyte; a page shows the beginning."""
    body = pages.feed_page(feed(entries(article(title=f"x{title}", excerpt=title))))
    check(body)
    assert len(body) < 20_000


def test_the_words_below_a_title_say_what_the_feed_contains() -> None:
    made = feed([], title="AI — AI news")
    words = check(pages.feed_page(made)).words
    assert "The newest 50 articles on AI, related coverage among them, in full." in words
    changed = replace(made.spec, full=False, related=False, unpublished="only")
    words = check(pages.feed_page(replace(made, spec=changed))).words
    assert "related coverage left out, as summaries. All are drafts." in words
