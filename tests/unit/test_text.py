"""Text that every format can carry, and addresses made of names."""

from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from feeds.articles import html, markdown
from feeds.util import text


@given(st.text())
def test_clean_text_is_valid_xml_and_stays_as_it_is(written: str) -> None:
    for cleaned in (text.clean(written), text.one_line(written)):
        etree.Element("x").text = cleaned
        assert text.first_forbidden(cleaned) is None
    assert text.clean(text.clean(written)) == text.clean(written)
    assert text.one_line(text.one_line(written)) == text.one_line(written)


@given(st.text())
def test_one_line_is_one_line(written: str) -> None:
    line = text.one_line(written)
    assert len(line.splitlines()) <= 1
    assert line == line.strip()
    assert "  " not in line


@given(st.text(st.sampled_from("ab &;é\u3000\u00ad\t\x00")) | st.text())
def test_what_passes_for_a_line_is_one_already(written: str) -> None:
    assert text.is_line("AT and T: “two” words")
    mended = " ".join(text.clean(text.unescape(written)).split())
    assert not text.is_line(written) or written == mended


@given(st.text(max_size=300))
def test_a_slug_stays_as_it_is_and_fits_an_address(name: str) -> None:
    slug = text.slug(name)
    assert text.slug(slug) == slug
    assert len(slug) <= 100
    assert unquote(quote(slug, safe="")) == slug
    assert not set(slug) & set("/+.?#% ")


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Computer Vision", "computer-vision"), ("C++", "c-plus-plus"), ("C#", "c-sharp"),
        ("AT&T", "at-and-t"), ("Node.js", "node-js"), ("Übermut", "übermut"), ("हिन्दी", "हिन्दी"),
        ("ＡＩ", "ai"), ("  a__b  ", "a-b"), ("!!!", ""), ("Straße", "strasse"),
    ],
)  # fmt: skip
def test_names_have_readable_addresses(name: str, slug: str) -> None:
    assert text.slug(name) == slug


@given(st.text(max_size=200), st.integers(1, 50))
def test_shortened_text_is_no_longer_than_asked(written: str, longest: int) -> None:
    assert len(text.shorten(written, longest)) <= longest


@pytest.mark.parametrize(
    "character",
    [
        "é", "e\u0301\u0323", "🇩🇪", "👩\u200d👩\u200d👧\u200d👦", "👍🏽", "1\ufe0f\u20e3",
        "❤\ufe0f\u200d🔥", "🏴\U000e0067\U000e0062\U000e007f", "\u1100\u1161\u11a8", "각\u11a8",
        "क्षि", "กำ", "ｶﾞ",
    ],
)  # fmt: skip
def test_a_cut_parts_no_character(character: str) -> None:
    before = "🇫🇷 x🇫🇷"
    whole = f"{before}{character}{character}y"
    for longest in range(len(before), len(whole)):
        fitting = (longest - len(before)) // len(character)
        assert text.cut(whole, longest) == before + character * min(fitting, 2)
        assert text.cut(before[:-2] + character * 3, longest).count("🇫") == 1
    assert text.slug("x" * 99 + "e\u0303\u0323y") == "x" * 99


def test_of_a_character_without_end_a_part_is_left() -> None:
    assert text.shorten("Z" + "\u0301" * 600, 500) == "Z" + "\u0301" * 498 + "…"


def test_relative_addresses_in_content_join_the_articles() -> None:
    content = html.sanitize(markdown.to_html("[a](b) ![c](/d.png)"), "https://example.org/x/y").html
    assert 'href="https://example.org/x/b"' in content
    assert 'src="https://example.org/d.png"' in content
