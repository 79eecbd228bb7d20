"""What feedgen 1.0 gets wrong, and that it is put right: see `feeds.render.rss_atom`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import FrameType
from typing import Any
from xml.etree import ElementTree as ET

import feedparser
import pytest

from feeds.model import Feed, Format, Person, Site
from feeds.render import render
from tests.support.examples import BASE, article, entries, feed
from tests.support.feed_readers import ATOM, CONTENT, DC, MEDIA, read

XML = (Format.RSS, Format.ATOM)
LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, tzinfo=UTC)


def channel(made: Feed) -> ET.Element:
    return ET.fromstring(render(made, Format.RSS))[0]


def atom(made: Feed) -> ET.Element:
    return ET.fromstring(render(made, Format.ATOM))


def one(**fields: Any) -> Feed:
    return feed(entries(article(**fields)))


# --- dates ---------------------------------------------------------------------


@pytest.mark.parametrize("format", XML)
@pytest.mark.parametrize("number", [0, 1, 3])
def test_nothing_in_a_document_tells_the_time_of_day(format: Format, number: int) -> None:
    made = feed(entries(*(article(day) for day in range(1, number + 1))))
    years = {str(datetime.now(UTC).year + step).encode() for step in (-1, 0, 1)}
    assert not any(year in render(made, format) for year in years)


def test_the_dates_of_a_feed_are_those_of_its_content() -> None:
    made = feed(entries(article()), updated=LONG_AGO)
    assert channel(made).findtext("lastBuildDate") == "Sat, 03 Feb 2001 04:05:06 +0000"
    assert atom(made).findtext(f"{ATOM}updated") == "2001-02-03T04:05:06+00:00"


def test_an_entry_was_updated_when_it_says_so_in_rss_too() -> None:
    made = one(updatedDateTime="2020-03-04T05:06:07Z")
    updated = datetime(2020, 3, 4, 5, 6, 7, tzinfo=UTC)
    assert read(render(made, Format.RSS), Format.RSS).entries[0].updated == updated
    assert read(render(made, Format.ATOM), Format.ATOM).entries[0].updated == updated


def test_a_feed_without_entries_has_a_date_that_validators_take_for_plausible() -> None:
    # Implausible before 1990: https://validator.w3.org/feed/docs/warning/ImplausibleDate.html
    assert (atom(feed([])).findtext(f"{ATOM}updated") or "") > "1990"


@pytest.mark.parametrize("format", XML)
def test_microseconds_and_dates_without_zone_never_reach_a_document(format: Format) -> None:
    made = one(date="2020-01-01T12:00:00.123456", updatedDateTime="2020-01-02 12:00:00.5")
    document = render(made, format)
    assert b".123" not in document
    assert b"00.5" not in document
    (found,) = read(document, format).entries
    assert found.published == datetime(2020, 1, 1, 12, tzinfo=UTC)


@contextmanager
def watching_for(name: str) -> Iterator[list[str]]:
    """Note every call of a function of that name, C or Python, in this thread."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, argument: Any) -> None:
        called = getattr(argument, "__name__", "") if event == "c_call" else frame.f_code.co_name
        if event in ("call", "c_call") and called == name:
            seen.append(name)

    sys.setprofile(note)
    try:
        yield seen
    finally:
        sys.setprofile(None)


def test_rendering_leaves_the_locale_of_the_process_alone() -> None:
    # Other threads' open() fails while it is changed.
    made = one()
    with watching_for("setlocale") as seen:
        render(made, Format.RSS)
    assert seen == []


# --- order ---------------------------------------------------------------------


@pytest.mark.parametrize("format", XML)
def test_entries_keep_their_order(format: Format) -> None:
    made = feed(entries(article(3), article(1), article(2)))
    titles = [entry.title for entry in read(render(made, format), format).entries]
    assert titles == ["Title 3", "Title 1", "Title 2"]


def test_a_description_in_rss_stands_before_the_content() -> None:
    # https://validator.w3.org/feed/docs/warning/NeedDescriptionBeforeContent.html
    (item,) = channel(one(excerpt="In short", content="At length")).iter("item")
    order = [child.tag for child in item]
    assert order.index("description") < order.index(f"{CONTENT}encoded")
    assert item.findtext("description") == "In short"
    assert "At length" in (item.findtext(f"{CONTENT}encoded") or "")


# --- links -----------------------------------------------------------------------


def test_the_link_of_a_channel_is_its_page() -> None:
    assert channel(one()).findtext("link") == f"{BASE}/topics/ai"


@pytest.mark.parametrize("format", XML)
def test_a_feed_links_to_itself_and_to_its_other_formats(format: Format) -> None:
    root = atom(one()) if format is Format.ATOM else channel(one())
    links = [link.attrib for link in root.findall(f"{ATOM}link")]
    for other in Format:
        rel = "self" if other is format else "alternate"
        href = f"{BASE}/topics/ai.{other}"
        assert {"href": href, "rel": rel, "type": other.media_type} in links


@pytest.mark.parametrize("format", XML)
def test_the_first_alternate_of_a_feed_is_its_page(format: Format) -> None:
    found = feedparser.parse(render(one(), format)).feed
    alternates = [link for link in found.links if link.rel == "alternate"]
    assert found.link == alternates[0].href == f"{BASE}/topics/ai"
    assert alternates[0].type == "text/html"
    assert len({link.href for link in alternates}) == len(alternates) == 3


def test_an_atom_entry_has_one_alternate_link_to_its_article() -> None:
    (entry,) = atom(one()).iter(f"{ATOM}entry")
    links = {link.get("rel", "alternate"): link.get("href") for link in entry.iter(f"{ATOM}link")}
    assert len(links) == len(entry.findall(f"{ATOM}link"))
    assert links["alternate"] == "https://news.example.com/1"


# --- text ------------------------------------------------------------------------


@pytest.mark.parametrize("format", list(Format))
def test_a_character_that_xml_forbids_costs_nothing_but_itself(format: Format) -> None:
    bad = article(
        2,
        title="A\x00B\ud800C",
        excerpt="\x0bD\uffff",
        content="E\x08F",
        topics=["G\x1fH"],
        provider={"name": "I\x01J"},
        images=[
            {"url": "https://news.example.com/i.png", "title": "K\x02", "attribution": "\x03L"}
        ],
    )
    made = feed(entries(article(1), bad, article(3)))
    found = read(render(made, format), format).entries
    assert [entry.title for entry in found] == ["Title 1", "A B C", "Title 3"]


def test_atom_content_is_html_and_a_summary_text_by_their_own_word() -> None:
    (entry,) = atom(one(excerpt="a < b", content="a *b*")).iter(f"{ATOM}entry")
    content, summary = entry.find(f"{ATOM}content"), entry.find(f"{ATOM}summary")
    assert content is not None
    assert content.get("type") == "html"
    assert "<em>b</em>" in (content.text or "")
    assert summary is not None
    assert summary.get("type", "text") == "text"
    assert summary.text == "a < b"


def test_a_description_in_rss_is_html() -> None:
    (item,) = channel(one(excerpt="a < b & c")).iter("item")
    assert item.findtext("description") == "a &lt; b &amp; c"


# --- people, categories, pictures ------------------------------------------------


def test_an_author_without_an_email_address_shows_in_rss() -> None:
    (item,) = channel(one(provider={"name": "Example News"})).iter("item")
    assert item.findtext(f"{DC}creator") == "Example News"
    assert item.find("author") is None


def test_the_author_of_a_site_with_an_email_address_shows_in_rss() -> None:
    author = Person("The editors", "editors@example.org", "https://example.org/")
    made = feed([], site=Site("AI news", BASE, author=author))
    assert channel(made).findtext("managingEditor") == "editors@example.org (The editors)"
    assert atom(made).findtext(f"{ATOM}author/{ATOM}email") == "editors@example.org"


@pytest.mark.parametrize("format", XML)
def test_no_category_is_empty(format: Format) -> None:
    made = one(topics=["AI"], tags=["Robots"])
    assert read(render(made, format), format).entries[0].categories == ("AI", "Robots")


def test_a_category_in_atom_has_a_term_a_label_and_for_topics_a_scheme() -> None:
    (entry,) = atom(one(topics=["Computer Vision"], tags=["Robots"])).iter(f"{ATOM}entry")
    assert [category.attrib for category in entry.iter(f"{ATOM}category")] == [
        {"term": "computer-vision", "label": "Computer Vision", "scheme": f"{BASE}/topics/"},
        {"term": "Robots", "label": "Robots"},
    ]


@pytest.mark.parametrize("format", XML)
def test_pictures_are_media_rss_each_by_itself(format: Format) -> None:
    made = one(
        images=[
            {"url": "https://i.example/1.png", "width": 640, "height": 480, "title": "One"},
            {"url": "https://i.example/2.png", "attribution": "A photographer"},
        ]
    )
    root = atom(made) if format is Format.ATOM else channel(made)
    (parent,) = root.iter("item" if format is Format.RSS else f"{ATOM}entry")
    first, second = parent.findall(f"{MEDIA}content")
    assert first.attrib == {
        "url": "https://i.example/1.png",
        "medium": "image",
        "width": "640",
        "height": "480",
    }
    assert first.findtext(f"{MEDIA}title") == "One"
    assert second.attrib == {"url": "https://i.example/2.png", "medium": "image"}
    assert second.findtext(f"{MEDIA}credit") == "A photographer"


@pytest.mark.parametrize("format", XML)
def test_what_feedgen_gets_wrong_beyond_mending_is_not_used(format: Format) -> None:
    # The syndication module has invalid names; images are no enclosures.
    document = render(one(images=[{"url": "https://i.example/1.png"}]), format)
    assert b"syndication" not in document
    assert b"enclosure" not in document


def test_a_file_in_rss_is_one_enclosure_with_a_length_though_nobody_knows_it() -> None:
    (item,) = channel(one(attachments=["a.pdf", "b.mp4", "c.mp3", "d.mp3"])).iter("item")
    assert [file.attrib for file in item.iter("enclosure")] == [
        {"url": "https://news.example.com/c.mp3", "type": "audio/mpeg", "length": "0"}
    ]


def test_links_of_atom_entries_to_files_keep_type_length_and_title() -> None:
    files = [{"url": "a.pdf", "length": 5, "title": "A"}, "b.mp3", "https://news.example.com/watch"]
    (entry,) = atom(one(attachments=files)).iter(f"{ATOM}entry")
    links = [link.attrib for link in entry.iter(f"{ATOM}link") if link.get("rel") == "enclosure"]
    assert links == [
        {
            "rel": "enclosure",
            "href": "https://news.example.com/a.pdf",
            "type": "application/pdf",
            "length": "5",
            "title": "A",
        },
        {"rel": "enclosure", "href": "https://news.example.com/b.mp3", "type": "audio/mpeg"},
    ]


@pytest.mark.parametrize("format", XML)
def test_files_are_media_rss_beside_pictures(format: Format) -> None:
    audio = {"url": "a.mp3", "length": 5, "duration": 62, "title": "A"}
    made = one(audio=audio, attachments="b.pdf", image="https://news.example.com/i.png")
    root = atom(made) if format is Format.ATOM else channel(made)
    picture, first, second = root.iter(f"{MEDIA}content")
    assert picture.get("medium") == "image"
    assert first.attrib == {
        "url": "https://news.example.com/a.mp3",
        "type": "audio/mpeg",
        "medium": "audio",
        "fileSize": "5",
        "duration": "62",
    }
    assert first.findtext(f"{MEDIA}title") == "A"
    assert second.attrib == {
        "url": "https://news.example.com/b.pdf",
        "type": "application/pdf",
        "medium": "document",
    }


@pytest.mark.parametrize("format", XML)
def test_rendering_one_feed_leaves_no_trace_in_another(format: Format) -> None:
    # feedgen keeps extensions per feed; ours must not keep what it was given.
    plain, rich = one(), one(images=[{"url": "https://i.example/1.png"}], topics=["AI"])
    before = render(plain, format)
    render(rich, format)
    assert render(plain, format) == before
