"""Pages for people: correct HTML, everything escaped, nothing from elsewhere."""

from dataclasses import replace
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.feed_path import FeedPath
from feeds.model import Branch, Feed, FeedSummary, Format, Order, Site
from feeds.render.html import site_pages
from feeds.render.html.feed_pages import feed_page
from feeds.render.html.stories import grouped
from feeds.util import text
from tests.support.examples import (
    BASE,
    SITE,
    Fields,
    article,
    articles,
    entries,
    feed,
    full,
    hostile,
    usable,
)
from tests.support.html_pages import check

# Configuration and addresses are cleaned where they come in.
clean = hostile.map(text.one_line)


def test_the_page_of_a_feed_leads_to_its_formats_and_its_entries() -> None:
    made = full()
    page = check(feed_page(made))
    alternates = [link for link in page.all("link") if link["rel"] == "alternate"]
    assert [(link["type"], link["href"]) for link in alternates] == [
        (format.media_type, made.url(format)) for format in Format
    ]
    hrefs = [link["href"] for link in page.all("a")]
    assert {made.url(format) for format in Format} < set(hrefs)
    assert "https://news.example.com/1" in hrefs
    assert {"rel": "canonical", "href": f"{BASE}/topics/ai"} in page.all("link")
    assert "AI — AI & co" in page.words
    assert page.all("h1")[0]["lang"] == "sv-FI"
    assert page.all("html")[0]["lang"] == "en"


def test_the_page_of_a_feed_without_entries_says_so() -> None:
    assert "No articles yet" in check(feed_page(feed([]))).words


def test_the_page_of_an_entry_shows_its_time_and_provider() -> None:
    page = check(feed_page(feed(entries(article(provider={"name": "Example & Co"})))))
    assert {"datetime": "2020-01-01T12:00:00+00:00"} in page.all("time")
    assert "Example & Co" in page.words
    assert "1 January 2020, 12:00 UTC" in page.words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("Europe/Berlin", "1 January 2020, 13:00 CET"),
        ("Pacific/Kiritimati", "2 January 2020, 02:00 +14"),
    ],
)
def test_pages_show_times_by_the_clocks_of_the_site(zone: str, words: str) -> None:
    made = feed(entries(article()))
    page = check(feed_page(replace(made, site=replace(made.site, timezone=zone))))
    assert words in page.words
    assert {"datetime": "2020-01-01T12:00:00+00:00"} in page.all("time")


@settings(max_examples=60)
@given(st.lists(articles(), max_size=3))
def test_whatever_articles_say_the_page_of_a_feed_is_correct(made: list[Fields]) -> None:
    found = usable(made)
    page = check(feed_page(feed(found)))
    for entry in found:
        assert text.shorten(entry.title, 300) in page.words


@given(clean, clean)
def test_whatever_titles_say_the_front_page_is_correct(title: str, description: str) -> None:
    site = Site(f"T{title}", BASE, description)
    everything, topic = (
        FeedSummary(FeedPath.parse(path), title, 1, None) for path in ("/all", "/topics/x")
    )
    shown = site_pages.FrontPage(everything, topics=[Branch(topic)], totals={"topics": 1})
    check(site_pages.front_page(site, shown))


@given(clean)
def test_whatever_was_asked_for_an_error_page_is_correct(message: str) -> None:
    page = check(site_pages.error_page(SITE, 404, "Not found", message, ("/topics/ai.rss", "/")))
    assert {"href": "/topics/ai.rss"} in page.all("a")


def test_an_error_page_without_suggestions_makes_none() -> None:
    assert "Perhaps" not in check(site_pages.error_page(SITE, 404, "Not found", "x", ())).words


@pytest.mark.parametrize("made", [full(), feed([])])
def test_a_page_fetches_pictures_and_our_own_files_and_nothing_else(made: Feed) -> None:
    for tag, attributes in check(feed_page(made)).elements:
        if "src" in attributes:
            assert tag == "img" or attributes["src"].startswith("/static/")
        assert tag not in ("style", "iframe", "object")
        if tag == "link" and attributes["rel"] == "stylesheet":
            assert attributes["href"].startswith("/static/")


def test_every_picture_has_its_place_before_it_comes() -> None:
    for picture in check(feed_page(full())).all("img"):
        assert picture["width"].isdigit()
        assert picture["height"].isdigit()
        assert picture["loading"] == "lazy"
        assert picture["alt"] == ""


def test_the_page_of_a_feed_gets_a_person_subscribed() -> None:
    made = full()
    page = check(feed_page(made))
    hrefs = {link["href"] for link in page.all("a")}
    address = "https%3A%2F%2Ffeeds.example.org%2Ftopics%2Fai.rss"
    assert {
        f"https://feedly.com/i/subscription/feed%2F{address}",
        f"https://www.inoreader.com/?add_feed={address}",
        f"https://www.newsblur.com/?url={address}",
        f"https://theoldreader.com/feeds/subscribe?url={address}",
        f"feed:{BASE}/topics/ai.rss",
    } <= hrefs
    assert {made.url(format) for format in Format} <= set(page.words.split())
    assert any(one.get("class") == "qr" for one in page.all("svg"))


@pytest.mark.parametrize(
    ("order", "said"), [("published", "Newest"), ("quality", "Best"), ("heat", "Hottest")]
)
def test_the_entries_of_a_page_are_called_by_their_order(order: Order, said: str) -> None:
    made = full()
    page = check(feed_page(replace(made, spec=replace(made.spec, order=order))))
    assert f"{said} articles" in page.words
    assert f"{said.lower()} first" in page.words


def test_the_page_of_a_feed_can_be_shared() -> None:
    page = check(feed_page(full()))
    said = {meta["property"]: meta["content"] for meta in page.all("meta") if "property" in meta}
    assert said["og:url"] == f"{BASE}/topics/ai"
    assert said["og:title"] == full().title
    assert said["og:image"].startswith("https://")


@pytest.mark.parametrize("title", ["W" * 1_000_000, "<script>" * 50_000, "\u202e" * 300])
def test_a_title_without_end_is_shortened(title: str) -> None:
    """A file may hold a megabyte; a page shows the beginning."""
    body = feed_page(feed(entries(article(title=f"x{title}", excerpt=title))))
    check(body)
    assert len(body) < 20_000


def test_the_words_below_a_title_say_what_the_feed_contains() -> None:
    made = feed([], title="AI — AI news")
    words = check(feed_page(made)).words.splitlines()
    assert {"at most 50 articles", "full text", "with related coverage"} <= set(words)
    changed = replace(made.spec, full=False, related=False, unpublished="only")
    words = check(feed_page(replace(made, spec=changed))).words.splitlines()
    assert {"summaries only", "without related coverage", "drafts only"} <= set(words)


@pytest.mark.parametrize(
    ("path", "query", "narrower"),
    [
        ("/all", "", "/compose"),
        ("/all", "q=tea&since=7d", "/compose?q=tea&since=7d"),
        ("/topics/ai+law", "q=tea", "/compose?topic=ai,law&q=tea"),
        ("/topics/ai", "provider=bbc.co.uk", "/compose?topic=ai&provider=bbc.co.uk"),
        ("/providers/bbc.co.uk", "", "/compose?provider=bbc.co.uk"),
        ("/topics/ai", "topic=law", None),  # the form means any of its topics, this both
        ("/sets/tea", "", None),
    ],
)
def test_a_feed_is_narrowed_in_the_composer(path: str, query: str, narrower: str | None) -> None:
    made = feed([])
    spec = replace(made.spec, path=FeedPath.parse(path), query=query)
    page = check(feed_page(replace(made, spec=spec)))
    links = [one["href"] for one in page.all("a") if one["href"].startswith("/compose")]
    assert links[1:] == ([narrower] if narrower else [])  # the first is on every page


def test_the_page_of_a_provider_leads_to_its_site_and_names_it_once() -> None:
    made = feed(entries(article(provider={"name": "Paper", "domain": "paper.example"})))
    spec = replace(made.spec, path=FeedPath.parse("/providers/paper.example"))
    title = "Paper — AI news"
    page = check(feed_page(replace(made, spec=spec, title=title, description="Articles")))
    assert "https://paper.example/" in {one["href"] for one in page.all("a")}
    body = page.words.partition("Skip to content")[2]
    assert body.count("Paper") == 1


def test_drafts_are_marked_only_beside_public_articles() -> None:
    public, draft = entries(article(1), article(2, published=False))
    assert "draft" not in check(feed_page(feed([draft]))).words
    assert "draft" in check(feed_page(feed([public, draft]))).words


def test_the_topics_of_an_entry_lead_to_their_feeds_but_to_that_of_the_page() -> None:
    page = check(feed_page(feed(entries(article(topics=["AI", "Computer Vision", "Law"])))))
    topics = [one["href"] for one in page.all("a") if one["href"].startswith("/topics/")]
    assert topics == ["/topics/computer-vision", "/topics/law"]


def test_entries_of_one_story_are_one_card_led_by_the_article() -> None:
    article_, mention, other = feed(entries(article(1, related=[article(2)]), article(3))).entries
    article_ = article_._replace(coverage=frozenset([mention.entry.id, UUID(int=0)]))
    mention = mention._replace(coverage=frozenset([article_.entry.id, UUID(int=0)]))
    assert grouped([mention, other, article_]) == [(article_, (mention,)), (other, ())]
    page = check(feed_page(replace(feed([]), entries=(mention, other, article_))))
    assert len([one for one in page.all("li") if one.get("class") == "entry"]) == 2
    assert "Full coverage (3): Title 1" in page.words
    assert page.words.count("Full coverage") == 1


def test_a_draft_leads_what_it_names_itself() -> None:
    article_, mention = feed(entries(article(1, published=False, related=[article(2)]))).entries
    shown = (article_._replace(hidden=True), mention._replace(hidden=True))
    assert grouped(shown) == [(shown[0], (shown[1],))]
    assert "Full coverage" not in check(feed_page(replace(feed([]), entries=shown))).words
