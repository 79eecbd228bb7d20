"""What articles.yaml says of fields: more names, defaults and overrides."""

from typing import Any

import pytest

from feeds.article_settings import ArticleSettings, PathRule
from feeds.articles.frontmatter import read
from feeds.articles.normalize import Normalized, normalize
from feeds.articles.prescribed_fields import rule_index
from feeds.errors import ArticleError
from feeds.model import Entry

WHOLE = "title: One\nurl: https://a.example/1\ndate: 2024-05-01T00:00:00Z\n"


def parsed(written: str, path: str = "content/news/a.md", **settings: Any) -> Normalized:
    source = read(path, f"---\n{written}---\nText.\n".encode())
    return normalize(source, ArticleSettings(**settings))


def entry(written: str, path: str = "content/news/a.md", **settings: Any) -> Entry:
    return parsed(written, path, **settings).entries[0]


def rules(*given: tuple[str, dict[str, Any], dict[str, Any]]) -> tuple[PathRule, ...]:
    return tuple(PathRule(*rule) for rule in given)


def defaults(**fields: Any) -> tuple[PathRule, ...]:
    return rules(("**", fields, {}))


def overrides(**fields: Any) -> tuple[PathRule, ...]:
    return rules(("**", {}, fields))


def test_a_further_name_comes_before_the_usual_ones() -> None:
    found = entry(f"{WHOLE}newstitle: Two\n", fields={"title": ("headline", "newstitle")})
    assert found.title == "Two"
    assert entry(WHOLE, fields={"title": ("newstitle",)}).title == "One"
    assert entry(f"{WHOLE}newstitle:\n", fields={"title": ("newstitle",)}).title == "One"


@pytest.mark.parametrize(
    "written", ["link: {href: https://b.example/2}\n", "link.href: https://b.example/2\n"]
)
def test_a_name_with_dots_is_one_below_others(written: str) -> None:
    found = entry(f"{WHOLE}{written}", fields={"url": ("link.href",)})
    assert found.url == "https://b.example/2"
    assert entry(WHOLE, fields={"url": ("title.href.x",)}).url == "https://a.example/1"


def test_every_field_of_the_docs_can_have_more_names() -> None:
    written = WHOLE + "x: {a: Summed up, b: 2024-05-03T00:00:00Z, c: [AI], d: video, e: 7}\n"
    found = entry(
        written,
        fields={
            "summary": ("x.a",),
            "updated": ("x.b",),
            "topics": ("x.c",),
            "type": ("x.d",),
            "quality": ("x.e",),
            "published": ("x.b",),
        },
    )
    assert (found.summary, found.topics, found.kind) == ("Summed up", ("AI",), "video")
    assert (found.quality, found.published, found.updated) == (7, found.updated, found.published)


def test_a_problem_with_a_further_name_is_at_its_place() -> None:
    with pytest.raises(ArticleError) as raised:
        parsed(f"{WHOLE}link:\n  href: nowhere\n", fields={"url": ("link.href",)})
    (problem,) = raised.value.problems
    assert (problem.line, problem.column, problem.is_error) == (6, 9, True)


def test_a_default_is_for_files_that_have_the_field_under_none_of_its_names() -> None:
    given = defaults(topics=["News"], title="Untitled", quality="5")
    found = entry(WHOLE, rules=given)
    assert (found.topics, found.title, found.quality) == (("News",), "One", 5)
    assert entry(f"{WHOLE}tags: [AI]\n", rules=given).topics == ("AI",)
    assert entry(f"{WHOLE}topics:\n", rules=given).topics == ("News",)


def test_an_override_counts_whatever_a_file_has() -> None:
    found = entry(
        f"{WHOLE}tags: [AI]\nwebUrl: https://b.example/2\n",
        rules=overrides(topics=["News"], link="https://c.example/3"),
    )
    assert (found.topics, found.url) == (("News",), "https://c.example/3")


@pytest.mark.parametrize(
    "flags", ["draft: true\n", "published: false\n", "pubished: no\n", "draft: maybe\n"]
)
def test_an_override_of_a_flag_removes_all_flags_of_publication(flags: str) -> None:
    assert not entry(WHOLE + flags).public
    assert entry(WHOLE + flags, rules=overrides(published="true")).public
    assert entry(WHOLE + flags, rules=overrides(draft="false")).public
    assert not entry(WHOLE + flags, rules=defaults(published="true")).public
    assert not entry(WHOLE, rules=overrides(published="false", draft="false")).public


def test_of_several_rules_the_last_that_has_a_field_counts_for_it() -> None:
    given = rules(
        ("**", {"topics": ["All"], "quality": "1"}, {}),
        ("content/**", {"tags": ["Content"]}, {"type": "video"}),
        ("other/**", {"topics": ["Other"]}, {"type": "audio"}),
    )
    found = entry(WHOLE, rules=given)
    assert (found.topics, found.quality, found.kind) == (("Content",), 1, "video")
    assert entry(WHOLE, "a.md", rules=given).topics == ("All",)


def test_a_thousand_rules_may_have_a_thousand_fields() -> None:
    # Comparing the fields of each rule with those of all others would take minutes.
    numbers = range(1000)
    given = rules(*(("**", {f"x{n}": "1", f"y{n}": "2", "type": f"t{n}"}, {}) for n in numbers))
    assert [entry(WHOLE, rules=given).kind for _ in range(20)] == ["t999"] * 20


def test_rules_give_an_article_all_that_it_lacks() -> None:
    given = defaults(url="https://a.example/1", date="2024-05-01T00:00:00Z", provider={"name": "N"})
    found = entry("title: One\n", rules=given)
    assert (found.url, found.provider.name) == ("https://a.example/1", "N")
    assert parsed("title: One\n", rules=given).problems == ()


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"date": "soon"}, "date: is not a valid date (from articles.yaml)"),
        (
            {"published": "perhaps"},
            "published: is neither true nor false; treated as false (from articles.yaml)",
        ),
        ({"title": ["a", "b"]}, "title: is not text (from articles.yaml)"),
        (
            {"quality": "high"},
            "quality: is not a number; it was left out (from articles.yaml)",
        ),
        (
            {"topics": {"a": "b"}},
            "topics: is not a list; it was left out (from articles.yaml)",
        ),
        (
            {"images": [{"url": ":"}]},
            "images[0].url: is not a complete address (from articles.yaml)",
        ),
        (
            {"provider": ["x"]},
            "provider: is not a provider; the provider was taken from the url (from articles.yaml)",
        ),
    ],
)
@pytest.mark.parametrize("path", ["a.md", "a.json"])
def test_a_problem_with_a_value_of_a_rule_says_where_it_comes_from(
    fields: dict[str, Any], expected: str, path: str
) -> None:
    if path == "a.md":
        source = read(path, f"---\n{WHOLE}---\n# A comment &or an anchor\n".encode())
    else:
        source = read(path, b'{"title": "One", "url": "https://a.example/1", "date": "2024-05-01"}')
    try:
        problems = normalize(source, ArticleSettings(rules=overrides(**fields))).problems
    except ArticleError as error:
        problems = tuple(error.problems)
    assert expected in [f"{problem.field}: {problem.message}" for problem in problems]


def test_only_files_that_a_change_concerns_have_another_digest() -> None:
    def digests(*given: PathRule, **settings: Any) -> list[int]:
        index = rule_index(ArticleSettings(rules=given, **settings))
        return [index.digest_of(path) for path in ("a/1.md", "a/2.md", "b/3.md", "c/4.md")]

    def changed(before: list[int], after: list[int]) -> list[bool]:
        return [one != other for one, other in zip(before, after, strict=True)]

    one = PathRule("a/**", {"topics": ["x"]})
    two = PathRule("b/**", {"topics": ["x"]})
    assert changed(digests(), digests(one)) == [True, True, False, False]
    assert changed(digests(one), digests(two)) == [True, True, True, False]
    assert changed(digests(one), digests(one, PathRule("a/1*", {"tags": ["x"]}))) == [
        True, False, False, False,
    ]  # fmt: skip
    assert digests(one, future="show", exclude=("x",), include=("a/**",)) == digests(one)
    assert digests(base="https://a.example", permalink="/:path", include=("a/**",)) != digests(
        base="https://a.example", permalink="/:path"
    )
    by_path = PathRule("a/**", {"permalink": "/x/:path/"})
    assert digests(by_path, include=("a/**",)) != digests(by_path)
    for settings in (
        {"timezone": "Asia/Tokyo"},
        {"base": "https://a.example"},
        {"fields": {"title": ("x",)}},
    ):
        assert all(changed(digests(one), digests(one, **settings)))


def test_a_file_is_compared_with_the_rules_of_its_folders_alone() -> None:
    given = tuple(
        PathRule(f"news/{number}/**", {"topics": [str(number)]}) for number in range(1000)
    )
    index = rule_index(
        ArticleSettings(rules=(*given, PathRule("*.md", {}), PathRule("news/5", {})))
    )
    assert index.matching("news/5/deep/a.md") == (5, 1000, 1001)
    assert index.matching("news/5000/a.md") == (1000,)
