"""Podcasts: what directories need, of feeds with audio for which `podcast` is configured."""

from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from feeds import podcast
from feeds.config import load
from feeds.model import Format
from feeds.podcast import Podcast
from feeds.render import render
from tests.support.application import site
from tests.support.examples import PODCAST, article, entries, feed, full
from tests.support.feed_readers import ITUNES
from tests.support.folders import configure
from tests.support.requests import ask
from tests.support.valid import complaints

AUDIO = {"url": "a.mp3", "length": 5, "duration": "1:02:03"}
ITEM: dict[str, Any] = {"topics": ["Talk"], "audio": AUDIO}


def channel(document: bytes) -> ET.Element:
    return ET.fromstring(document)[0]


def test_a_feed_with_audio_tells_directories_what_they_need() -> None:
    found = channel(render(full(), Format.RSS))
    assert found.findtext(f"{ITUNES}author") == "Radio & co"
    assert found.findtext(f"{ITUNES}owner/{ITUNES}name") == "Radio & co"
    assert found.findtext(f"{ITUNES}owner/{ITUNES}email") == "radio@example.org"
    (category,) = found.findall(f"{ITUNES}category")
    assert category.get("text") == "Society & Culture"
    assert [one.get("text") for one in category] == ["Documentary"]
    (image,) = found.findall(f"{ITUNES}image")
    assert image.get("href") == "https://example.org/cover.jpg"
    assert found.findtext(f"{ITUNES}explicit") == "false"


def test_an_episode_has_its_duration_and_a_picture_that_directories_take() -> None:
    images = ["https://i.example/1.webp", "https://i.example/2.JPG?x=1", "https://i.example/3.png"]
    made = feed(entries(article(**ITEM, images=images), article(2)), podcast=PODCAST)
    document = render(made, Format.RSS)
    assert complaints(document, Format.RSS, made.url(Format.RSS)) == []
    first, second = channel(document).iter("item")
    assert first.findtext(f"{ITUNES}duration") == "3723"
    assert [one.get("href") for one in first.iter(f"{ITUNES}image")] == [images[1]]
    assert second.find(f"{ITUNES}duration") is None


@pytest.mark.parametrize(
    ("fields", "said"),
    [({}, PODCAST), ({"video": "a.mp4"}, PODCAST), ({"video": "/watch"}, PODCAST), (ITEM, None)],
)
def test_a_feed_without_audio_or_configuration_is_no_podcast(
    fields: dict[str, Any], said: Podcast | None
) -> None:
    made = feed(entries(article(**fields)))
    before = render(made, Format.RSS)
    assert b"itunes" not in before
    assert render(feed(entries(article(**fields)), podcast=said), Format.RSS) == before


@pytest.mark.parametrize("format", [Format.ATOM, Format.JSON])
def test_only_rss_is_for_directories(format: Format) -> None:
    made = entries(article(**ITEM))
    assert render(feed(made, podcast=PODCAST), format) == render(feed(made), format)


def test_the_cover_is_the_image_of_the_feed_where_none_is_given() -> None:
    image = "https://example.org/feed.png"
    made = feed(entries(article(**ITEM)), podcast=Podcast("Radio"), image=image)
    found = channel(render(made, Format.RSS))
    assert [one.get("href") for one in found.findall(f"{ITUNES}image")] == [image]
    assert found.find(f"{ITUNES}owner") is None
    assert found.find(f"{ITUNES}category") is None


def test_a_set_has_a_podcast_of_its_own_and_the_rest_from_the_site(tmp_path: Path) -> None:
    said = {"category": "News", "explicit": True, "image": "https://example.org/c.png"}
    sets = {
        "talk": {"include": {"topics": "Talk"}, "podcast": {"category": "documentary"}},
        "plain": {"include": {"topics": "Talk"}},
    }
    author = {"name": "The editors", "email": "editors@example.org"}
    given = {"title": "Radio", "author": author, "podcast": said}
    with site(tmp_path, article(**ITEM), article(2), site=given, sets=sets) as client:
        found = {
            path: channel(ask(client, f"{path}.rss").body)
            for path in ("/all", "/sets/talk", "/sets/plain", "/providers/news.example.com")
        }
    for path, one in found.items():
        assert one.findtext(f"{ITUNES}author") == "The editors"
        assert one.findtext(f"{ITUNES}owner/{ITUNES}email") == "editors@example.org"
        assert one.findtext(f"{ITUNES}explicit") == "true"
        categories = [category.get("text") for category in one.iter(f"{ITUNES}category")]
        assert categories == (
            ["Society & Culture", "Documentary"] if path == "/sets/talk" else ["News"]
        )


def test_a_set_is_a_podcast_where_the_site_is_none(tmp_path: Path) -> None:
    sets = {"talk": {"include": {"topics": "Talk"}, "podcast": {"category": "Arts"}}}
    config = load(configure(tmp_path, site={"title": "Radio"}, sets=sets))
    assert config.site.podcast is None
    assert config.sets["talk"].podcast == Podcast("Radio", category=("Arts", ""))


@pytest.mark.parametrize("name", list(podcast.spellings()))
def test_every_category_is_read_in_every_spelling(name: str, tmp_path: Path) -> None:
    for written in (name, name.upper(), name.replace("&", "and"), name.replace(" > ", ">")):
        config = load(configure(tmp_path, site={"podcast": {"category": written}}))
        assert config.site.podcast is not None
        assert config.site.podcast.category == podcast.spellings()[name]


def test_no_two_categories_have_a_part_of_one_name() -> None:
    parts = [part for parts in podcast.CATEGORIES.values() for part in parts]
    assert len({*parts, *podcast.CATEGORIES}) == len(parts) + len(podcast.CATEGORIES)
