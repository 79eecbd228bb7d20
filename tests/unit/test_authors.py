"""Authors: an authors file, addresses of mailboxes, and bounds. See also `data/articles`."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.articles.frontmatter import read
from feeds.articles.normalize import Normalized, normalize
from feeds.model import Person
from feeds.problems import Code
from tests.support.examples import article, hostile, written

JANE = Person("Jane Doe", "jane@example.org", "https://jane.example/", "https://jane.example/i.png")
FILE = {"jane": JANE, "nicolò": Person("Nicolò")}
WITHOUT = ArticleSettings(authors=FILE)
WITH = ArticleSettings(authors=FILE, authors_email=True)


def normalized(settings: ArticleSettings, **fields: Any) -> Normalized:
    return normalize(read("a.json", written(article(**fields)).encode()), settings)


def authors(settings: ArticleSettings = DEFAULTS, **fields: Any) -> tuple[Person, ...]:
    return normalized(settings, **fields).entries[0].authors


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("jane", ["Jane Doe"]),
        (" jane ", ["Jane Doe"]),
        ("jane, nicolò", ["Jane Doe", "Nicolò"]),
        ("jane, Somebody", ["jane, Somebody"]),
        ("jane; Somebody", ["Jane Doe", "Somebody"]),
        (["nicolò", "unknown", "jane"], ["Nicolò", "unknown", "Jane Doe"]),
        ([{"key": "jane"}, {"key": "nicolò", "name": "N."}], ["Jane Doe", "N."]),
        ({"name": "jane"}, ["jane"]),
        ("Ann Lee <a@b.example>, Bob Ray <c@d.example>", ["Ann Lee", "Bob Ray"]),
    ],
)
def test_a_key_of_the_authors_file_stands_for_its_person(value: object, names: list[str]) -> None:
    assert [author.name for author in authors(WITHOUT, author=value)] == names


def test_a_name_in_the_authors_file_may_have_a_page_and_a_mailbox_beside_it() -> None:
    people = {"jo": Person("Jo Doe <jo@example.org> (https://jo.example/)"), "x@y.example": JANE}
    without = ArticleSettings(authors=people)
    assert authors(without, author="jo") == (Person("Jo Doe", "", "https://jo.example/"),)
    assert authors(without, authors=[{"key": "jo"}]) == authors(without, author="jo")
    assert authors(without, author="x@y.example") == (JANE._replace(email=""),)
    shown = ArticleSettings(authors=people, authors_email=True)
    (author,) = authors(shown, author="jo")
    assert author == Person("Jo Doe", "jo@example.org", "https://jo.example/")


def test_a_mailbox_in_the_authors_file_that_has_no_name_is_not_published() -> None:
    people = {"x@example.org": Person("x@example.org")}
    assert authors(ArticleSettings(authors=people), author="x@example.org") == ()


def test_what_an_article_says_of_an_author_counts_before_the_authors_file() -> None:
    (author,) = authors(WITHOUT, authors=[{"key": "jane", "url": "https://new.example/"}])
    assert author == Person("Jane Doe", "", "https://new.example/", JANE.avatar)


@pytest.mark.parametrize(
    "value",
    [
        "jane",
        {"key": "jane"},
        {"name": "Jane Doe", "email": "jane@example.org"},
        {"name": "Jane Doe", "mail": "mailto:jane@example.org"},
        "jane@example.org (Jane Doe)",
        "Jane Doe <jane@example.org>",
        "Jane Doe jane@example.org",
        "mailto:jane@example.org Jane Doe",
        "Jane &lt;jane&#64;example.org&gt; Doe",
    ],
)
def test_an_email_address_is_published_only_if_the_settings_say_so(value: object) -> None:
    (author,) = authors(WITH, author=value)
    assert (author.name, author.email) == ("Jane Doe", "jane@example.org")
    (author,) = authors(WITHOUT, author=value)
    assert (author.name, author.email) == ("Jane Doe", "")


def test_an_email_address_alone_is_a_name_only_where_it_is_published() -> None:
    assert authors(WITH, author="x@example.org") == (Person("x@example.org", "x@example.org"),)
    assert authors(WITHOUT, author="x@example.org") == ()


def test_an_email_address_that_feeds_cannot_carry_is_reported() -> None:
    found = normalized(WITH, author="Jané <jané@example.org>")
    assert found.entries[0].authors == (Person("Jané"),)
    assert [problem.code for problem in found.problems] == [Code.BAD_VALUE]


@given(
    hostile, st.sampled_from(["{}@{}", '"{}"@{}', "mailto:{}@{}", "<{}@{}>", "({}@{})"]), hostile
)
def test_no_email_address_gets_into_a_name(before: str, form: str, after: str) -> None:
    address = form.format("jane.doe", "mail.example.org")
    for author in authors(author=f"{before} {address} {after}"):
        assert "doe@mail" not in author.name
        assert author.email == ""


def test_of_ten_thousand_authors_the_first_hundred_count() -> None:
    found = normalized(DEFAULTS, authors=[f"Author {number}" for number in range(10_000)])
    assert len(found.entries[0].authors) == 100
    assert [problem.code for problem in found.problems] == [Code.TOO_MANY_VALUES]


def test_related_coverage_has_authors_of_its_own() -> None:
    found = normalized(DEFAULTS, author="Jane", related=[article(2, author="John"), article(3)])
    assert [entry.authors for entry in found.entries] == [(Person("Jane"),), (Person("John"),), ()]
