"""Languages: which catalog speaks for a tag, and how dates, numbers and lists are written."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feeds.config.loader import inspect
from feeds.locale import Message
from feeds.locale.languages import languages, spoken
from feeds.locale.locales import locale_of
from tests.support.docs import codes, text
from tests.support.pseudo_language import forget

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


@pytest.fixture
def catalogs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of catalogs, in which there are none yet."""
    monkeypatch.setattr("feeds.locale.languages.FOLDER", tmp_path)
    forget()
    yield tmp_path
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("tag", "language"),
    [
        ("zh", "zh-Hans"), ("zh-CN", "zh-Hans"), ("zh-SG", "zh-Hans"), ("zh-hans-hk", "zh-Hans"),
        ("zh-TW", ""), ("zh-HK", ""), ("zh-Hant", ""), ("zh-Hant-CN", ""), ("pt-BR", "pt"),
        ("pt-AO", "pt"), ("fr-CA", "fr-CA"), ("fr-BE", "fr"), ("fr", "fr"), ("ar-EG", "ar"),
    ],
)  # fmt: skip
def test_a_catalog_speaks_for_its_countries_and_in_its_script_alone(
    catalogs: Path, tag: str, language: str
) -> None:
    for name in ("zh-Hans", "pt", "fr", "fr-CA", "ar"):
        (catalogs / f"{name}.po").touch()
    assert spoken(tag) == language
    assert locale_of(tag).language == (language or "en")
    assert locale_of(tag).direction == ("rtl" if language == "ar" else "ltr")


def test_a_catalog_is_read_once_and_only_if_it_is_needed(catalogs: Path) -> None:
    (catalogs / "de.po").write_text('msgid "Topics"\nmsgstr "Themen"\n')
    (catalogs / "fr.po").write_text("this is not a catalog")
    german = locale_of("de-AT")
    (catalogs / "de.po").unlink()
    assert (german.gettext("Topics"), locale_of("de").gettext("Topics")) == ("Themen", "Themen")
    assert locale_of("de").translations is german.translations


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


def test_the_hour_of_a_chart_is_written_as_the_language_does() -> None:
    shown = [locale_of(tag).time_of_day(MOMENT) for tag in ("de", "en", "en-US")]
    assert [text.replace("\u202f", " ") for text in shown] == ["18:11", "18:11", "6:11 PM"]


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
