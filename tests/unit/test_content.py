"""HTML from articles, as feeds may carry it: hostile HTML ends, and nh3 finds nothing to do."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from turbohtml import parse_fragment

from feeds.articles import html
from feeds.articles.elements import BLOCKS, KEPT, SEPARATE
from feeds.articles.frontmatter import read
from feeds.articles.normalize import normalize
from feeds.util import text
from tests.support.paths import ROOT

BASE = "https://example.org/a"
CASES = sorted((ROOT / "tests" / "data" / "articles").glob("*.md"))
TOKENS = [
    "<p>", "</p>", "<b>", "</b>", "<i x=1>", "<a href=b>", "</a>", "<div>", "</div>", "<section>",
    "<table>", "<tr>", "<td>", "</table>", "<ul>", "<li>", "<pre>", "\n", "<object>", "</object>",
    "<svg>", "</svg>", "<math>", "<mi>", "</math>", "<select>", "<option>", "<textarea>",
    "<script>", "</script>", "<style>", "<!--", "-->", "<![CDATA[", "]]>", "<?php ?>", "</x>",
    "<iframe src=//e.org>", "</iframe>", "<img src=c>", "<img srcset='d 1x'>", "<noscript>",
    "<template>", "<plaintext>", "<title>", "text", "&amp;", "&lt;script&gt;", "&#11;", "\x00",
    "<label>", "<input>", "</label>", "<tr>", "<body dir=rtl>", "<font lang=x>", "</font>", "<rtc>",
    "<ruby>", "<rt>", "<rp>(</rp>", "</ruby>", "<video src=f>", "</video>", "<embed src=g>", "(",
    "<math display=block><mi>x</mi></math>", "<span aria-hidden=true>", "</span>", "<h1>", "<br>",
    "<script type=math/tex>", "<img data-src=h>", "<picture>", "<source srcset=j>", "</picture>",
    "<a href='javascript:x()'>", "<b onclick=x>", "<svg onload=x>", "<math><a xlink:href=x>",
]  # fmt: skip
# Of these the parser drops tags: text right in a table belongs before it, a form is in no other.
APART = sorted((BLOCKS | SEPARATE) - {"body", "form", "html", "table"})


class Tags(HTMLParser):
    """The names of elements and attributes of some HTML."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def written(source: str) -> str:
    """HTML before nh3 has seen it."""
    tree = parse_fragment(source)
    writer = html._Writer(tree, BASE)
    writer.write_children(tree, 0)
    return writer.written.getvalue()


@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=5)).map("".join))
def test_the_tables_keep_nothing_that_nh3_would_remove(source: str) -> None:
    made = written(source)
    kept = {tag for tag, _ in Tags(made).tags}
    assert kept <= KEPT.keys()
    # Whatever nh3 moves to make HTML valid, it takes nothing away.
    assert sorted(set(Tags(made).tags)) == sorted(set(Tags(html._CLEANER.clean(made)).tags))


@given(st.lists(st.sampled_from(TOKENS) | st.text(max_size=5), max_size=12).map("".join))
def test_sanitized_html_stays_as_it_is_and_has_no_control_characters(source: str) -> None:
    once = html.sanitize(source, BASE).html
    assert text.first_forbidden(once) is None
    # Of preformatted text, each parser drops a first newline.
    assert html.sanitize(once.replace("<pre>\n", "<pre>\n\n"), BASE).html == once


def lines(source: str) -> str:
    """The text of some HTML in feeds, with a space for each tag of a block."""
    made = html.sanitize(source, BASE).html
    return re.sub("</?([a-z0-9]+)[^>]*>", lambda tag: " " if tag[1] in BLOCKS else "", made)


@given(
    st.recursive(
        st.just(""),
        lambda within: st.lists(
            st.tuples(st.sampled_from(APART), within).map(
                lambda part: f"<{part[0]}>word{part[1]}</{part[0]}>"
            ),
            max_size=4,
        ).map("".join),
    )
)
def test_words_that_stand_apart_never_join(source: str) -> None:
    assert "wordword" not in lines(source)


@pytest.mark.parametrize("name", sorted({*APART} - {"br", "embed", "hr", "input", "keygen"}))
def test_the_word_behind_an_element_stands_apart_from_it(name: str) -> None:
    assert "wordword" not in lines(f"word<{name}>word</{name}>word")


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
def test_nh3_changes_nothing_in_sane_content(path: Path) -> None:
    content = normalize(read("a.md", path.read_bytes())).entries[0].content
    # Of preformatted text, each parser drops a first newline.
    again = html.sanitize(content.replace("<pre>\n", "<pre>\n\n"), BASE).html
    assert again == content


@pytest.mark.parametrize(
    "source",
    [
        "<div>" * 600, "<div></x>" * 40_000, "<b>" * 2_000, "<ul><li>" * 400, "<font>" * 501,
        "<blockquote><p>" * 20_000, "<ruby><rt>" * 300, "<video>" * 501,
    ],
)  # fmt: skip
def test_elements_nest_as_deep_as_the_parser_nests_them(source: str) -> None:
    with pytest.raises(html.TooMuch, match="nests elements more than 500 deep"):
        html.sanitize(f"{source}x", BASE)


def test_elements_that_the_parser_closes_do_not_nest() -> None:
    assert html.sanitize("<p>x" * 2_000, BASE).html == "<p>x</p>" * 2_000
    assert html.sanitize("<div>" * 499 + "<br>x", BASE).html.count("</div>") == 499


@pytest.mark.parametrize(
    "source",
    [
        "<p>" + "".join(f"<b a={number}>" for number in range(400)) + "<p>x" * 2_000,
        "x" * (2 * 1024 * 1024 + 1),
        "&" * 1_000_000,
    ],
)
def test_content_is_at_most_two_mebibytes(source: str) -> None:
    with pytest.raises(html.TooMuch, match="is more than 2097152 bytes"):
        html.sanitize(source, BASE)


@pytest.mark.parametrize("within", ["p title", "img src=a alt", "a title"])
def test_a_long_attribute_is_cut(within: str) -> None:
    made = html.sanitize(f"<{within}='{9_000 * chr(0xA0)}'>x", BASE).html
    assert made.count("&nbsp;") + made.count(chr(0xA0)) == 8_192


@pytest.mark.parametrize(
    "element", ["<a href='{}'>x</a>", "<iframe src='{}'></iframe>x", "<video src='{}'></video>x"]
)
@pytest.mark.parametrize("host", ["a.example/", "", 9_000 * "\u0316\u0301"])
def test_a_long_address_is_none(element: str, host: str) -> None:
    address = f"//{host}{9_000 * '&'}" if host else 9_000 * "a"
    made = html.sanitize(element.format(address), BASE).html
    assert made.replace("<a>", "").replace("</a>", "") == "x"


@pytest.mark.parametrize("part", ["&nbsp;", "&amp;&lt;", "<x>&amp;</x>", "x &gt; "])
def test_a_long_text_comes_out_whole(part: str) -> None:
    source = f"{part}x" * 20_000
    expected = source.replace("<x>", "").replace("</x>", "").strip()
    assert html.sanitize(source, BASE).html == expected
