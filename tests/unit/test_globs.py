"""Patterns of paths, as a .gitignore has them."""

import pytest

from feeds.util.globs import checked, glob

PATHS = [
    "a.md",
    "README.md",
    "content/index.md",
    "content/README.md",
    "content/news/a.md",
    "content/news/2024/b.txt",
    "content/news.md",
    "content/newsletter/c.md",
    "drafts/d.md",
    "old/drafts/e.md",
    "old/drafts.md",
    "[lang]/f.md",
]


@pytest.mark.parametrize(
    ("pattern", "numbers"),
    [
        ("content/news/**", [4, 5]),
        ("/content/news/", [4, 5]),
        ("./content/news", [4, 5]),
        ("content/news*", [4, 5, 6, 7]),
        ("content/news*.md", [6]),
        ("content/*", [2, 3, 4, 5, 6, 7]),
        ("content/*.md", [2, 3, 6]),
        ("content/**/*.md", [2, 3, 4, 6, 7]),
        ("**/README.md", [1, 3]),
        ("README.md", [1, 3]),
        ("/README.md", [1]),
        ("drafts", [8, 9]),
        ("drafts/", [8, 9]),
        ("drafts/**", [8]),
        ("**/drafts/**", [8, 9]),
        ("**/drafts*", [8, 9, 10]),
        ("drafts.md", [10]),
        ("drafts.md/", []),
        ("*.txt", [5]),
        ("**", list(range(12))),
        ("*", list(range(12))),
        ("?.md", [0, 4, 7, 8, 9, 11]),
        ("content/**/**/?.*", [4, 5, 7]),
        ("**/news/**/b.txt", [5]),
        ("**/2024/b.txt", [5]),
        ("content/**/2024/**", [5]),
        ("[lang]/**", [11]),
        ("c*n*t/n*w*s/*", [4, 5]),
        ("con**tent/news/*", [4, 5]),
    ],
)
def test_a_pattern_means_these_paths(pattern: str, numbers: list[int]) -> None:
    assert [PATHS.index(path) for path in PATHS if glob(checked(pattern)).matches(path)] == numbers


@pytest.mark.parametrize(
    ("pattern", "literal"),
    [
        ("content/news/**", "content/news/"),
        ("/content/news*.md", "content/news"),
        ("content/news", "content/news"),
        ("README.md", ""),
        ("**/README.md", ""),
    ],
)
def test_paths_of_a_pattern_begin_with_what_is_not_wild_in_it(pattern: str, literal: str) -> None:
    assert glob(pattern).literal == literal


@pytest.mark.parametrize(
    ("pattern", "hint"),
    [
        ("!drafts", "exclude"),
        ("content\\news", "write /"),
        ("*.{md,mdx}", "a pattern for each"),
        ("../content", "below it"),
        ("content/../../x", "below it"),
        ("/", "is empty"),
        ("./", "is empty"),
    ],
)
def test_a_pattern_that_can_mean_nothing_is_refused(pattern: str, hint: str) -> None:
    with pytest.raises(ValueError, match=hint):
        checked(pattern)


def test_a_pattern_with_many_stars_is_not_tried_in_every_way() -> None:
    """With an engine that tries all ways, the first of these would not end."""
    assert not glob("*a" * 100 + "b").matches("a" * 4000)
    assert not glob("**/a/" * 100 + "b").matches("a/" * 2000 + "c")
    assert not glob("/".join(["**", "*a*"] * 50) + "b").matches("a/" * 2000 + "c")
    assert not glob("?*" * 100 + "b").matches("a" * 4000)
