"""Articles as publishers write them, to canonical entries or to a clear word on what is wrong.

A case is a file in `data/articles` or `data/bad` with what is expected beside
it; adding a case adds two files and no code.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from feeds.articles import frontmatter
from feeds.articles.normalize import Normalized, normalize
from feeds.errors import ArticleError
from feeds.model import Entry, Image, Media, Person, Provider, Related
from tests.support.cases import cases
from tests.support.paths import DATA, SEEDS


def read(path: Path) -> Normalized:
    return normalize(frontmatter.read(path.name, path.read_bytes()))


def plain(value: Any) -> Any:
    """A value as YAML has it: times and ids as text, empty fields left out."""
    if isinstance(value, Entry | Image | Media | Person | Provider | Related):
        named = {name: plain(found) for name, found in value._asdict().items()}
        return {name: found for name, found in named.items() if found not in ("", None, [], {})}
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def described(normalized: Normalized) -> list[dict[str, Any]]:
    return [plain(entry) for entry in normalized.entries]


@pytest.mark.parametrize("path", cases("articles"), ids=lambda path: path.name)
def test_an_article_becomes_the_expected_entries(path: Path) -> None:
    expected = yaml.safe_load(path.with_name(f"{path.name}.expected.yaml").read_text())
    assert described(read(path)) == expected


@pytest.mark.parametrize("path", cases("articles"), ids=lambda path: path.name)
def test_nothing_unknown_gets_into_an_entry(path: Path) -> None:
    assert "never to be seen" not in repr(read(path).entries)


def test_older_and_newer_field_names_give_the_same_entry() -> None:
    older, newer = (read(DATA / "articles" / f"{age}-names.md") for age in ("older", "newer"))
    assert described(older) == described(newer)


@pytest.mark.parametrize("path", cases("bad"), ids=lambda path: path.name)
def test_a_bad_article_is_reported_with_position_field_and_hint(path: Path) -> None:
    told = "".join(f"{problem}\n" for problem in problems_of(path.name, path.read_bytes()))
    assert told == path.with_name(f"{path.name}.expected").read_text()


@pytest.mark.parametrize("path", cases("bad"), ids=lambda path: path.name)
def test_lines_that_end_as_on_windows_give_the_same_problems(path: Path) -> None:
    data = path.read_bytes()
    if b"\r" in data or "utf-16" in path.name:
        return
    windows = data.replace(b"\n", b"\r\n")
    assert problems_of(path.name, windows) == problems_of(path.name, data)


def problems_of(name: str, data: bytes) -> list[str]:
    try:
        return list(map(str, normalize(frontmatter.read(name, data)).problems))
    except ArticleError as error:
        return list(map(str, error.problems))


def test_a_file_may_have_a_problem_in_each_of_thousands_of_values() -> None:
    # Each is told with its place; parsing the file anew for each would take minutes.
    images = [{"width": number} for number in range(5_000)]
    fields = {"title": "A", "url": "https://example.org/a", "date": "2020-01-24T18:11:00Z"}
    data = json.dumps(fields | {"images": images}, indent=0).encode()
    problems = normalize(frontmatter.read("many.json", data)).problems
    assert len(problems) == 5_000
    assert [problem.line for problem in problems] == [6 + 3 * number for number in range(5_000)]


def test_a_file_beyond_the_limit_is_refused() -> None:
    with pytest.raises(ArticleError) as refused:
        frontmatter.read("large.md", b"x" * (frontmatter.LARGEST + 1))
    assert str(refused.value).startswith("large.md:1:1: error: file: is ")


def test_the_seed_gives_24_records_and_23_entries_at_22_providers() -> None:
    entries = [entry for path in SEEDS.iterdir() for entry in read(path).entries]
    assert len(entries) == 24
    assert len({entry.id for entry in entries}) == 23
    assert len({entry.provider.domain for entry in entries}) == 22


def test_news_needs_no_repair(news: Path) -> None:
    found: list[Entry] = []
    files = sorted(news.iterdir())
    for path in files:
        normalized = read(path)
        assert normalized.problems == ()
        found += normalized.entries
    assert len(found) == len({entry.id for entry in found}) == len(files) > 10
    assert not any("&#" in entry.title + entry.summary for entry in found)
