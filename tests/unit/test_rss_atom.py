"""RSS and Atom documents, by the rules of their specifications."""

from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.feed_path import FeedPath
from feeds.model import Feed, FeedSpec, Format, Person
from feeds.render import render
from tests.support.examples import (
    BASE,
    Fields,
    article,
    articles,
    entries,
    feed,
    full,
    moments,
    usable,
)
from tests.support.feed_readers import ATOM, DC, MEDIA, read, subscribe
from tests.support.valid import complaints

XML = (Format.RSS, Format.ATOM)
FRAME = '<iframe src="https://www.youtube.com/embed/1"></iframe>'
PLAYER = '<a href="https://www.youtube.com/embed/1">A &lt;film&gt;</a>'


@pytest.mark.parametrize("format", XML)
def test_a_document_with_everything_in_it_is_valid(format: Format) -> None:
    made = full()
    assert complaints(render(made, format), format, made.url(format)) == []


@pytest.mark.parametrize("format", XML)
def test_a_document_without_entries_is_valid(format: Format) -> None:
    made = feed([])
    assert complaints(render(made, format), format, made.url(format)) == []


@settings(max_examples=60)
@given(st.lists(articles(moments), max_size=4))
def test_whatever_articles_say_a_document_is_valid(made: list[Fields]) -> None:
    found = feed(usable(made))
    for format in XML:
        assert complaints(render(found, format), format, found.url(format)) == []


@pytest.mark.parametrize("format", XML)
@pytest.mark.parametrize(
    ("sound", "broken"),
    [
        (b"urn:uuid:", b"urn:"),
        (b"https://news.example.com/1", b"/1"),
        (b"<title>Title 1</title>", b""),
        (b"2020-03-04T05:06:07+00:00", b"2020-03-04"),
        (b'rel="self"', b'rel="me"'),
        (b"/topics/ai.", b"/topics/art."),
        (b'medium="image"', b'medium="picture"'),
        (b'width="640"', b'width="0"'),
        (b"editors@example.org", b"editors"),
        (b"&lt;em&gt;", b"&lt;em onclick=x&gt;"),
        (b"&lt;p&gt;", b"&lt;script&gt;"),
        (b'href="https://news.example.com/more"', b'href="/more"'),
        (b"<generator>feeds</generator>", b"<generator/><generator/>"),
    ],
)
def test_the_check_of_validity_sees_what_is_wrong(
    format: Format, sound: bytes, broken: bytes
) -> None:
    made = full()
    document = render(made, format)
    assert sound in document
    assert complaints(document.replace(sound, broken), format, made.url(format)) != []


def test_an_rss_channel_says_what_its_site_is() -> None:
    channel = ET.fromstring(render(full(), Format.RSS))[0]
    assert channel.findtext("title") == "AI — AI & co"
    assert channel.findtext("description") == "Articles on AI"
    assert channel.findtext("language") == "sv-FI"
    assert channel.findtext("copyright") == "© Example"
    assert channel.findtext("image/url") == "https://example.org/ai.png"


def test_an_atom_feed_says_what_its_site_is() -> None:
    root = ET.fromstring(render(full(), Format.ATOM))
    assert root.findtext(f"{ATOM}id") == f"{BASE}/topics/ai"
    assert root.get("{http://www.w3.org/XML/1998/namespace}lang") == "sv-FI"
    assert root.findtext(f"{ATOM}subtitle") == "Articles on AI"
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "The editors"
    assert root.findtext(f"{ATOM}rights") == "© Example"
    assert root.findtext(f"{ATOM}icon") == "https://example.org/icon.png"
    assert root.findtext(f"{ATOM}logo") == "https://example.org/ai.png"


def test_the_feed_of_a_site_without_author_is_by_the_site() -> None:
    root = ET.fromstring(render(feed([]), Format.ATOM))
    assert root.findtext(f"{ATOM}author/{ATOM}name") == "AI news"


@pytest.mark.parametrize("format", XML)
def test_a_player_is_media_rss_and_in_the_content_a_link(format: Format) -> None:
    made = feed(entries(article(featuredContent='<iframe src="https://video.example/1">')))
    document = render(made, format)
    (player,) = ET.fromstring(document).iter(f"{MEDIA}player")
    assert player.get("url") == "https://video.example/1"
    (entry,) = read(document, format).entries
    assert '<a href="https://video.example/1">Title 1</a>' in entry.content


# --- people ----------------------------------------------------------------------


def with_authors() -> Feed:
    jane = {"name": "Jane", "url": "https://jane.example/", "email": "jane@example.org"}
    provider = {"name": "CBC", "domain": "cbc.ca"}
    return feed(entries(article(authors=[jane, "John"], provider=provider)))


def test_authors_are_named_in_rss_and_the_provider_is_the_publisher() -> None:
    (item,) = ET.fromstring(render(with_authors(), Format.RSS)).iter("item")
    assert [one.text for one in item.iter(f"{DC}creator")] == ["Jane", "John"]
    assert [one.text for one in item.iter(f"{DC}publisher")] == ["CBC"]


def test_authors_in_atom_have_their_pages_and_the_provider_is_the_publisher() -> None:
    (entry,) = ET.fromstring(render(with_authors(), Format.ATOM)).iter(f"{ATOM}entry")
    parts = [[(part.tag, part.text) for part in one] for one in entry.iter(f"{ATOM}author")]
    assert parts == [
        [(f"{ATOM}name", "Jane"), (f"{ATOM}uri", "https://jane.example/")],
        [(f"{ATOM}name", "John")],
    ]
    assert [one.text for one in entry.iter(f"{DC}publisher")] == ["CBC"]


def test_an_email_address_of_an_author_that_is_published_is_in_atom() -> None:
    (entry,) = entries(article())
    made = feed([entry._replace(authors=(Person("Jane", "jane@example.org"),))])
    root = ET.fromstring(render(made, Format.ATOM))
    assert [one.text for one in root.iter(f"{ATOM}email")] == ["jane@example.org"]


@pytest.mark.parametrize("format", Format)
def test_the_language_of_an_article_is_named_where_it_gives_one(format: Format) -> None:
    french, silent = entries(article(1), article(2))
    made = feed([french._replace(language="fr"), silent])
    document = render(made, format)
    assert [entry.language for entry in read(document, format).entries] == ["fr", ""]
    assert complaints(document, format, made.url(format)) == []
    if format is not Format.JSON:
        assert [entry.language for entry in subscribe(document).entries] == ["fr", ""]


# --- content, the same in every format -------------------------------------------


def content(fields: Fields, *, full: bool = True) -> str:
    made = feed(entries(fields)[:1], spec=FeedSpec(FeedPath.parse("/all"), full=full))
    return read(render(made, Format.ATOM), Format.ATOM).entries[0].content


def test_content_is_picture_text_and_a_line_of_attribution() -> None:
    fields = article(
        content="At length",
        images=[{"url": "https://i.example/1.png?a&b", "title": "A <b>", "attribution": "By me"}],
        provider={"name": "Example & Co"},
    )
    assert content(fields) == (
        '<figure><img src="https://i.example/1.png?a&amp;b" alt="A &lt;b&gt;">'
        "<figcaption>By me</figcaption></figure>"
        "<p>At length</p>"
        '<p>Source: <a href="https://news.example.com/1">Example &amp; Co</a></p>'
    )


def test_the_summary_stands_in_for_content_that_is_missing() -> None:
    assert content(article(excerpt="a < b")).startswith("<p>a &lt; b</p><p>Source: ")


def test_a_site_that_gives_summaries_gives_no_content() -> None:
    fields = article(excerpt="In short", content="At length")
    assert "At length" in content(fields)
    assert "In short" not in content(fields)
    assert "At length" not in content(fields, full=False)
    assert "In short" in content(fields, full=False)


def test_a_picture_that_the_content_shows_is_not_shown_twice() -> None:
    address = "https://i.example/1.png?a=1&b=2"
    fields = article(content=f"Look:\n\n![a picture]({address})", images=[address])
    assert content(fields).count("<img") == 1
    assert content(fields, full=False).count("<img") == 1


def test_relative_addresses_in_content_become_absolute() -> None:
    found = content(article(content="[more](../more) ![picture](/p.png)"))
    assert 'href="https://news.example.com/more"' in found
    assert 'src="https://news.example.com/p.png"' in found


@pytest.mark.parametrize(
    ("fields", "summary"),
    [
        ({}, ""),
        ({"excerpt": "Title 1"}, ""),
        ({"excerpt": "TITLE — 1..."}, ""),
        ({"title": "Café news of the day", "excerpt": "cafe news of…"}, ""),
        ({"title": "Café news of the day", "excerpt": "cafe news of"}, "cafe news of"),
        ({"title": "⚠", "excerpt": "⚠"}, ""),
        ({"title": "⚠", "excerpt": "☀"}, "☀"),
        ({"excerpt": "title 1", "description": "In short"}, "In short"),
        ({"excerpt": "Title 1 and more"}, "Title 1 and more"),
    ],
)
def test_a_summary_that_repeats_the_title_is_none(fields: Fields, summary: str) -> None:
    for body in ("", "At length"):
        made = feed(entries(article(**fields, content=body)))
        for format in Format:
            (found,) = read(render(made, format), format).entries
            assert found.summary == summary
            assert ("At length" in found.content) is bool(body)
            assert found.content.count("Title 1</p>") == 0


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({"featuredContent": FRAME}, f"<p>In short</p><p>{PLAYER}</p>"),
        ({"content": f"<div>{FRAME}</div>"}, f"<p>In short</p><div><p>{PLAYER}</p></div>"),
        ({"content": FRAME.replace("src", "title='The film' src")},
         f"<p>In short</p><p>{PLAYER.replace('A &lt;film&gt;', 'The film')}</p>"),
        ({"content": "<video src='/x.mp4'></video>"},
         '<p>In short</p><p><a href="https://news.example.com/x.mp4">x.mp4</a></p>'),
        ({"content": f"See: {FRAME}"}, f"<p>See: {PLAYER}</p>"),
        ({"content": "<p>&#8203;</p>"}, "<p>In short</p>"),
    ],
)  # fmt: skip
def test_a_player_comes_after_image_and_summary_by_the_title(fields: Fields, shown: str) -> None:
    image = "https://i.example/1.png"
    found = content(article(title="A <film>", excerpt="In short", images=[image], **fields))
    figure = f'<figure><img src="{image}" alt=""></figure>'
    assert found.startswith(f"{figure}{shown}<p>Source: ")


def test_a_page_to_watch_is_a_link_and_a_player_and_no_enclosure() -> None:
    page = {"url": "https://video.example/watch?v=1&w=2", "title": "A <b>film</b>"}
    made = feed(entries(article(video=[page, "https://video.example/2"], content="At length")))
    for format in XML:
        document = render(made, format)
        (player,) = ET.fromstring(document).iter(f"{MEDIA}player")
        assert player.get("url") == "https://video.example/watch?v=1&w=2"
        assert b"enclosure" not in document
        (found,) = read(document, format).entries
        assert found.content.startswith(
            '<p>At length</p><p><a href="https://video.example/watch?v=1&amp;w=2">A film</a></p>'
            '<p><a href="https://video.example/2">Title 1</a></p><p>Source: '
        )


def test_a_page_to_watch_that_the_text_links_to_is_not_linked_to_twice() -> None:
    fields = article(video="https://v.example/1?a&b", content="[See](https://v.example/1?a&b)")
    assert content(fields).count("https://v.example/1") == 1


def test_a_tag_that_is_a_topic_by_another_spelling_is_named_once() -> None:
    made = feed(entries(article(topics=["Computer Vision"], tags=["computer-vision", "Robots"])))
    found = read(render(made, Format.ATOM), Format.ATOM).entries[0]
    assert found.categories == ("Computer Vision", "Robots")
