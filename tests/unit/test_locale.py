"""Languages: which catalog speaks for a tag, and how dates, numbers and lists are written."""

import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feeds.config.loader import inspect
from feeds.locale.languages import languages, spoken
from feeds.locale.locales import locale_of
from feeds.locale.message import Message
from tests.support.docs import codes, text

MOMENT = datetime(2020, 1, 24, 18, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("en", "en"), ("en-US", "en"), ("EN-gb", "en"), ("de", "de"), ("de-AT", "de"),
        ("de-Latn-CH-1996", "de"), ("sv", ""), ("de-Cyrl", ""), ("tlh", ""), ("x-none", ""),
    ],
)  # fmt: skip
def test_a_tag_is_spoken_by_its_catalog_or_that_of_its_parent(tag: str, language: str) -> None:
    assert spoken(tag) == language
    assert locale_of(tag).language == (language or "en")


def test_a_catalog_speaks_for_tags_in_its_script_alone(tmp_path: Path) -> None:
    """Of `zh` there is one in simplified characters, of `pt` one for all countries."""
    names = {"zh-Hans": "zh zh-CN zh-SG zh-hans-hk", "": "zh-TW zh-HK zh-Hant zh-Hant-CN"}
    for name, tags in names.items():
        if "zh-Hans" in languages():
            assert {spoken(tag) for tag in tags.split()} == {name}


@pytest.mark.parametrize(
    ("tag", "minute", "number", "direction"),
    [
        ("en", "24 January 2020, 18:11 UTC", "12,345", "ltr"),
        ("en-US", "January 24, 2020, 6:11\u202fPM UTC", "12,345", "ltr"),
        ("de", "24. Januar 2020, 18:11 UTC", "12.345", "ltr"),
        ("de-AT", "24. Jänner 2020, 18:11 UTC", "12.345", "ltr"),
        ("de-XX", "24. Januar 2020, 18:11 UTC", "12.345", "ltr"),
        ("he", "24 January 2020, 18:11 UTC", "12,345", "ltr"),  # in English
    ],
)
def test_dates_and_numbers_are_those_of_the_tag(
    tag: str, minute: str, number: str, direction: str
) -> None:
    locale = locale_of(tag)
    assert locale.minute(MOMENT) == minute
    assert locale.number(12345) == number
    assert locale.direction == direction


def test_a_time_is_in_the_zone_that_it_is_given_in() -> None:
    local = datetime(2020, 1, 24, 23, 30, tzinfo=UTC).astimezone(ZoneInfo("Europe/Berlin"))
    assert locale_of("de").minute(local) == "25. Januar 2020, 00:30 CET"


def test_lists_are_those_of_the_language() -> None:
    english, german = locale_of("en"), locale_of("de")
    assert english.every(["a", "b", "c"]) == "a, b and c"
    assert english.pairwise("or", ["a", "b", "c"]) == "a or b or c"
    assert german.every(["a", "b", "c"]) == "a, b und c"
    assert german.pairwise("or", ["a"]) == "a"


def test_a_message_is_english_until_a_locale_says_it() -> None:
    message = Message("There is no page %(number)s.", number=12345)
    assert message == "There is no page 12,345."
    assert locale_of("de").say("There is no page.") == "There is no page."
    assert locale_of("en").say(message) == message
    counted = Message.counted("%(n)s file", "%(n)s files", 2)
    assert f"{counted}, {locale_of('en').say(counted)}" == "2 files, 2 files"
    assert locale_of("en").say(Message("100 %")) == "100 %"
    within = Message("Found: %(files)s", files=counted)
    assert locale_of("en").say(within) == "Found: 2 files"


def test_a_site_in_another_language_is_warned_of_its_english_pages(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("title: Nyheter\nlanguage: sv-SE\n")
    [problem] = inspect(tmp_path).problems
    assert str(problem).removeprefix(f"{tmp_path}/") == (
        "site.yaml:2:11: warning: language: pages are not translated into sv-SE, so their words "
        f"are in English; they can be in {', '.join(languages())}, and feeds name sv-SE "
        "all the same"
    )
    (tmp_path / "site.yaml").write_text("language: en-AU\n")
    assert inspect(tmp_path).problems == []


def test_the_documents_name_every_language() -> None:
    [sentence] = re.findall(r"^The languages are .*", text("configuration.md"), re.MULTILINE)
    assert codes(sentence) == list(languages())
