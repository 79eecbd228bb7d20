"""JSON Feed documents, by the rules of version 1.1."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Feed, Format
from feeds.render import render
from tests.support.examples import (
    BASE,
    RICH,
    SITE,
    Fields,
    article,
    articles,
    entries,
    feed,
    full,
    moments,
    usable,
)
from tests.support.valid import complaints


def document(made: Feed) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(render(made, Format.JSON))
    return parsed


def item(fields: Fields) -> dict[str, Any]:
    found: dict[str, Any] = document(feed(entries(fields)[:1]))["items"][0]
    return found


@pytest.mark.parametrize("made", [full(), feed([]), feed(entries(article()))])
def test_a_document_is_valid(made: Feed) -> None:
    assert complaints(render(made, Format.JSON), Format.JSON, made.url(Format.JSON)) == []


@settings(max_examples=60)
@given(st.lists(articles(moments), max_size=4))
def test_whatever_articles_say_a_document_is_valid(made: list[Fields]) -> None:
    found = feed(usable(made))
    assert complaints(render(found, Format.JSON), Format.JSON, found.url(Format.JSON)) == []


@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        (b"version/1.1", b"version/2"),
        (b'"items"', b'"entries":[],"items"'),
        (b"urn:uuid:", b""),
        (b'"url":"https://news.example.com/1"', b'"url":"/1"'),
        (b"2020-03-04T05:06:07+00:00", b"2020-03-04"),
        (b"/topics/ai.json", b"/topics/art.json"),
        (b'"summary":"In short: a < b"', b'"summary":null'),
        (b"<em>", b"<em style=x>"),
        (b'"tags":["AI"', b'"tags":[""'),
        (b'{"name":"Jane & co"', b'{"label":"Jane & co"'),
    ],
)
def test_the_check_of_validity_sees_what_is_wrong(sound: bytes, broken: bytes) -> None:
    made = full()
    rendered = render(made, Format.JSON)
    assert sound in rendered
    assert complaints(rendered.replace(sound, broken), Format.JSON, made.url(Format.JSON)) != []


def test_a_document_says_what_its_site_is() -> None:
    found = document(full())
    assert found["title"] == "AI — AI & co"
    assert found["home_page_url"] == f"{BASE}/topics/ai"
    assert found["feed_url"] == f"{BASE}/topics/ai.json"
    assert found["language"] == "sv-FI"
    assert found["icon"] == "https://example.org/ai.png"
    assert found["favicon"] == SITE.icon
    assert found["authors"] == [{"name": "The editors", "url": "https://example.org/"}]
    assert found["_feeds"]["copyright"] == "© Example"


def test_scores_kind_pictures_and_related_coverage_are_in_an_extension() -> None:
    extension = item(RICH | {"type": "video", "heat": -1, "ampUrl": "https://amp.example/1"})[
        "_feeds"
    ]
    assert extension["type"] == "video"
    assert extension["quality"] == 47
    assert extension["heat"] == -1
    assert extension["amp_url"] == "https://amp.example/1"
    assert extension["images"][0]["width"] == 640
    (related,) = extension["related"]
    (_, other) = entries(RICH)
    assert related == {
        "id": other.urn,
        "url": "https://news.example.com/2",
        "title": "The same elsewhere",
        "provider": "news.example.com",
    }


@pytest.mark.parametrize("score", [0, -1, 0.5])
def test_a_score_of_zero_is_a_score(score: float) -> None:
    assert item(article(quality=score))["_feeds"]["quality"] == score


def test_an_article_without_scores_has_none() -> None:
    assert set(item(article())["_feeds"]) == {"type", "provider", "story"}


def test_the_first_picture_is_the_image_of_an_item() -> None:
    assert item(RICH)["image"] == "https://i.example/1.png?a=1&b=2"
    assert "image" not in item(article())


def test_authors_have_their_page_and_picture_and_the_provider_is_in_an_extension() -> None:
    jane = {"name": "Jane", "url": "https://jane.example/", "avatar": "https://jane.example/i.png"}
    found = item(article(authors=[jane, "John"], provider={"name": "CBC", "domain": "cbc.ca"}))
    assert found["authors"] == [jane, {"name": "John"}]
    assert found["_feeds"]["provider"] == {
        "name": "CBC",
        "domain": "cbc.ca",
        "url": "https://cbc.ca/",
    }


def test_without_authors_the_provider_is_the_author_with_its_icon() -> None:
    fields = article(
        provider={
            "name": "Example",
            "domain": "www.example.com",
            "images": [{"url": "https://example.com/icon.png"}],
        }
    )
    assert item(fields)["authors"] == [
        {
            "name": "Example",
            "url": "https://example.com/",
            "avatar": "https://example.com/icon.png",
        }
    ]


def test_files_are_attachments_with_what_is_known_of_them() -> None:
    audio = {"url": "a.mp3", "length": 5, "duration": 62, "title": "A"}
    found = item(article(audio=audio, video=["https://video.example/watch", "b.mp4"]))
    assert found["attachments"] == [
        {
            "url": "https://news.example.com/a.mp3",
            "mime_type": "audio/mpeg",
            "title": "A",
            "size_in_bytes": 5,
            "duration_in_seconds": 62,
        },
        {"url": "https://news.example.com/b.mp4", "mime_type": "video/mp4"},
    ]
    assert '<a href="https://video.example/watch">Title 1</a>' in found["content_html"]


def test_text_is_written_as_it_is_not_escaped() -> None:
    title = "“Überwachung” 👁 <b>"
    assert title.encode() in render(feed(entries(article(title=title))), Format.JSON)
