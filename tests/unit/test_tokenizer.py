"""The words of a text: folded alike for searches, keywords and the full-text index."""

import sqlite3
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.catalog import documents
from feeds.catalog import payload as payloads
from feeds.model import Phrase
from feeds.util import tokenizer
from tests.support.examples import article, entries, hostile

# What folding, splitting and joining trip over.
AWKWARD = "aAßẞİıſKﬁ½²Ⅳ①ΐᾈςΣ+#_ .'\"\0\u00ad\u0300\u0301\u0345\u0e33ก\u3099かガカﾞ人👩\u200d각\ud800"
texts = st.one_of(hostile, st.text(max_size=40), st.text(AWKWARD, max_size=12))


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("", ""),
        ("  Police,  and THIEVES! ", "police and thieves"),
        ("Café CAFÉ cafe\u0301", "cafe cafe cafe"),
        ("Straße STRASSE", "strasse strasse"),
        ("İstanbul", "istanbul"),
        ("ΟΔΟΣ οδός", "οδοσ οδοσ"),
        ("it's it’s", "it s it s"),
        ("state-of-the-art", "state of the art"),
        ("snake_case", "snake case"),
        ("C C++ C# F# c+ +c C++11 ++ #tag a#b", "c c++ c# f# c c c++ 11 tag a# b"),
        ("ﬁne Ⅳ ½", "fine iv 1 2"),
        ("人工智能 AI人", "人 工 智 能 ai 人"),
        ("ガ ｶﾞ", "ガ ガ"),
        ("ไทย", "ไ ท ย"),
        ("हिन्दी", "हिन्दी"),
        ("Bundes\u00adkanzler", "bundeskanzler"),
        ("a\u00a0b\u200bc\u2014d", "a b c d"),
        ("a\0b", "a b"),
        (f"a{40 * chr(0x0316)}b", "ab"),
        (f"ק{40 * chr(0x05B0)}ר", f"ק{30 * chr(0x05B0)}ר"),
        ("\ud800", ""),
    ],
)
def test_a_text_is_folded_to_its_words(text: str, folded: str) -> None:
    assert tokenizer.fold(text) == folded


@given(texts)
def test_what_is_folded_stays_as_it_is(text: str) -> None:
    folded = tokenizer.fold(text)
    assert tokenizer.fold(folded) == folded


@given(texts)
def test_a_search_written_again_asks_for_the_same(text: str) -> None:
    asked = tokenizer.phrases(text)
    assert tokenizer.phrases(tokenizer.write(asked)) == asked


@given(texts.map(tokenizer.phrase).filter(bool))
def test_a_phrase_shown_to_people_is_the_same_phrase(phrase: Phrase) -> None:
    assert tokenizer.phrase(tokenizer.display(phrase)) == phrase


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("police", [("police",)]),
        ("b a b", [("a",), ("b",)]),
        ('police "Facial  Recognition"', [("facial", "recognition"), ("police",)]),
        ("“facial recognition” „met“", [("facial", "recognition"), ("met",)]),
        ('"facial recognition', [("facial",), ("recognition",)]),
        ("it's", [("it", "s")]),
        ("人工智能", [("人", "工", "智", "能")]),
        ('"" "!" -- ', []),
        ('a AND (b* OR ^c) NEAR(d:e, 5) "f', [
            ("5",), ("a",), ("and",), ("b",), ("c",), ("f",), ("near", "d", "e"), ("or",)]),
    ],
)  # fmt: skip
def test_a_search_asks_for_words_and_phrases_and_nothing_else(
    written: str, found: list[Phrase]
) -> None:
    assert list(tokenizer.phrases(written)) == sorted(found)


def test_a_phrase_is_shown_without_spaces_in_scripts_that_have_none() -> None:
    assert tokenizer.write(tokenizer.phrases('人工智能 "the met"')) == '"the met" 人工智能'


@pytest.mark.parametrize(
    ("text", "wanted", "found"),
    [
        ("The Met police", "met", True),
        ("The metro police", "met", False),
        ("The comet", "met", False),
        ("facial recognition", "facial recognition", True),
        ("facial or recognition", "facial recognition", False),
        ("recognition facial", "facial recognition", False),
        ("C++ is not C", "c++", True),
        ("C++", "c", False),
        ("人工智能", "工智", True),
        ("人工智能", "人智", False),
    ],
)
def test_only_whole_words_count(text: str, wanted: str, found: bool) -> None:
    assert tokenizer.contains(tokenizer.fold(text), tokenizer.phrase(wanted)) is found


@pytest.mark.parametrize(
    ("content", "wanted", "found"),
    [
        ("Drink more H<sub>2</sub>O.", "H2O", True),
        ("E=mc<sup>2</sup>, the 3<sup class=x>rd</sup>", "mc2 the 3rd", True),
        ("re<ins>mo</ins>ved, ad<del>d</del>ed", "removed added", True),
        ("un**believ**able, P<small>OLICE</small>", "unbelievable police", True),
        ("high<mark>light</mark>ed <font size=7>I</font>nitial", "highlighted initial", True),
        (
            "soft<wbr>ware `c`ode <span lang=en>W<i>o<b>r</b></i>d</span>",
            "software code word",
            True,
        ),
        ("<a href=/x title='<b>'>link</a>ed, <abbr title=a>ab</abbr>c", "linked abc", True),
        ("MC<p>2</p>", "MC2", False),
        ("one<br>two", "onetwo", False),
        ("one<br>two", "one two", True),
        ("- one\n- two", "onetwo", False),
        ("<table><tr><td>one<td>two</table>", "onetwo", False),
        ("one<img src=/x>two<hr>three", "one two three", True),
        ("Energy<sup><a href='#1'>1</a></sup> and", "energy 1 and", True),
        ("mass<a href='#2'><sup>2</sup></a> and", "mass 2 and", True),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>", "漢字", True),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp>字<rt>ji</rt></ruby>", "kanji", True),
        ("<ruby>食<rt>た</rt></ruby>べる <ruby>読<rt>よ</rt></ruby>む", "食べる 読む", True),
        ("<ruby>a<rt>one</rt></ruby> <ruby>b<rt>two</rt></ruby>", "one two", True),
        ("a &lt;b&gt; c", "a b c", True),
    ],
)
def test_a_word_stays_one_where_a_part_of_it_is_an_element(
    content: str, wanted: str, found: bool
) -> None:
    (entry,) = entries(article(content=content))
    text = payloads.plain_text(entry.title, entry.summary, entry.content)
    assert tokenizer.contains(tokenizer.fold(text), tokenizer.phrase(wanted)) == found


@pytest.fixture(scope="module")
def index() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(documents.CREATE)
        database.execute("CREATE VIRTUAL TABLE words USING fts5vocab(documents, instance)")
        yield database


def finds(index: sqlite3.Connection, text: str, phrases: Iterable[Phrase]) -> list[bool]:
    """Whether the index finds an entry with a text by each of some phrases; it is empty before
    and after."""
    document = tokenizer.indexed(text)
    index.execute("INSERT INTO documents (rowid, text) VALUES (1, ?)", (document,))
    found = []
    for phrase in phrases:
        match = documents.expression([documents.phrases([phrase])], [], [])
        rows = index.execute("SELECT 1 FROM documents WHERE documents MATCH ?", (match,))
        found.append(bool(rows.fetchall()))
    terms = [term for (term,) in index.execute("SELECT term FROM words ORDER BY offset")]
    assert terms == tokenizer.searchable(text).split()
    index.execute(
        "INSERT INTO documents (documents, rowid, text) VALUES ('delete', 1, ?)", (document,)
    )
    assert index.execute("SELECT count(*) FROM words").fetchone() == (0,)
    return found


@given(text=texts, wanted=st.lists(texts, max_size=2))
@settings(max_examples=300)
def test_the_index_has_exactly_the_words_that_are_folded(
    index: sqlite3.Connection, text: str, wanted: list[str]
) -> None:
    phrases = sorted({*filter(None, map(tokenizer.phrase, wanted)), *tokenizer.phrases(text)})
    folded = tokenizer.fold(text)
    assert finds(index, text, phrases) == [tokenizer.contains(folded, one) for one in phrases]


@pytest.mark.parametrize(
    ("text", "found", "not_found"),
    [
        ("word " * 15_999 + "last", "last", ""),
        ("word " * 16_000 + "last", "word", "last"),
        ("Café " * 16_000 + "last", "cafe", "last"),
        ("one two " * 200 + "one three", '"one two"', '"one three"'),
        ("one two " * 200 + "two. Four", "four", '"two four"'),
        # A word that is left out does not bring its neighbours together.
        ("one " * 200 + "two one three", "two", '"two three"'),
        (f"before {'x' * 500} after", "x" * 500, '"before after"'),
        (f"before {'x' * 501} after", "before after", "x" * 501),
        (f"before {'x' * 501} after", "before after", '"before after"'),
        ("é" * 500, "e" * 500, ""),
        ("ж" * 250, "ж" * 250, ""),
        ("ж" * 251, "", "ж" * 251),
    ],
    ids=range(12),
)
def test_what_is_beyond_the_bounds_of_the_index_is_not_found(
    index: sqlite3.Connection, text: str, found: str, not_found: str
) -> None:
    phrases = tokenizer.phrases(found), tokenizer.phrases(not_found)
    assert all(finds(index, text, phrases[0]))
    assert not any(finds(index, text, phrases[1]))
    searchable = tokenizer.searchable(text)
    assert all(tokenizer.contains(searchable, phrase) for phrase in phrases[0])
    assert not any(tokenizer.contains(searchable, phrase) for phrase in phrases[1])


@pytest.mark.parametrize("many", [1, 300, 5000])
def test_a_query_may_have_as_many_words_as_a_feed_set(index: sqlite3.Connection, many: int) -> None:
    some = documents.phrases((f"w{number}",) for number in range(many))
    others = documents.phrases((f"x{number}", "y") for number in range(many))
    for match in (
        documents.expression([some], [], others),
        documents.expression([some], [[one] for one in some], []),
    ):
        found = index.execute("SELECT rowid FROM documents WHERE documents MATCH ?", (match,))
        assert found.fetchall() == []


def test_no_mark_of_any_script_parts_a_word() -> None:
    marks = (chr(code) for code in range(sys.maxunicode + 1))
    for mark in (one for one in marks if unicodedata.category(one)[0] == "M"):
        assert tokenizer.fold(f"x{mark}y") != "x y", f"U+{ord(mark):04X}"
