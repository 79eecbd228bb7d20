"""Media of articles: their lengths by files beside the article. See also `data/articles`."""

from pathlib import Path
from typing import Any

import pytest

from feeds.article_settings import ArticleSettings
from feeds.articles.frontmatter import read
from feeds.articles.normalize import normalize
from feeds.ingest.other_files import OtherFiles
from feeds.problems import Code
from feeds.util import durations
from tests.support.examples import article, written


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder of articles with media in it, and with links that lead out of it."""
    folder = tmp_path / "seeds"
    (folder / "blog" / "episode").mkdir(parents=True)
    (folder / "blog" / "episode" / "one.mp3").write_bytes(b"12345")
    (folder / "audio").mkdir()
    (folder / "audio" / "a b.mp3").write_bytes(b"1234567")
    (tmp_path / "secret.mp3").write_bytes(b"123")
    (folder / "blog" / "out.mp3").symlink_to(tmp_path / "secret.mp3")
    (folder / "blog" / "in.mp3").symlink_to(folder / "audio" / "a b.mp3")
    (folder / "blog" / "round.mp3").symlink_to(folder / "blog" / "round.mp3")
    return folder


@pytest.mark.parametrize(
    ("path", "size"),
    [
        ("episode/one.mp3", 5),
        ("./episode/../episode/one.mp3", 5),
        ("../audio/a b.mp3", 7),
        ("/audio/a b.mp3", 7),
        ("//audio/a b.mp3", 7),
        ("in.mp3", 7),
        ("out.mp3", None),
        ("round.mp3", None),
        ("../../secret.mp3", None),
        ("/../secret.mp3", None),
        ("episode", None),
        ("missing.mp3", None),
        ("nul\0.mp3", None),
        ("x" * 5000, None),
        ("\ud800.mp3", None),
        ("..", None),
        ("/", None),
    ],
)
def test_the_size_of_a_file_is_told_within_the_folder_alone(
    seeds: Path, path: str, size: int | None
) -> None:
    others = OtherFiles(str(seeds), "blog/article.md", ArticleSettings())
    assert others.size_of(path) == size


def asked(settings: ArticleSettings, **fields: Any) -> list[str]:
    """The paths whose sizes an article asks for."""
    paths: list[str] = []
    normalize(read("a.json", written(article(**fields)).encode()), settings, paths.append)
    return paths


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("a.mp3", ["a.mp3"]),
        ("../x/a%20b.mp3?x#y", ["../x/a b.mp3"]),
        ("/audio/a.mp3", ["/audio/a.mp3"]),
        ("https://example.org/audio/a.mp3", ["/audio/a.mp3"]),
        ("https://example.organic/a.mp3", []),
        ("//example.com/a.mp3", []),
        ("https://example.com/a.mp3", []),
        ("https://example.org/watch", []),
    ],
)
def test_a_file_is_looked_for_where_its_address_says(url: str, path: list[str]) -> None:
    assert asked(ArticleSettings(base="https://example.org"), audio=url) == path


@pytest.mark.parametrize("url", ["/a.mp3", "/blog/a.mp3", "https://example.org/blog/a.mp3"])
def test_the_folder_of_a_site_is_none_of_its_files(url: str) -> None:
    assert asked(ArticleSettings(base="https://example.org/blog"), audio=url) == ["/a.mp3"]


def test_the_files_of_related_coverage_are_not_looked_for() -> None:
    assert asked(ArticleSettings(), related=[article(2, audio="a.mp3")]) == []


def test_a_length_that_is_given_is_not_looked_for() -> None:
    assert asked(ArticleSettings(), audio={"url": "a.mp3", "length": 5}) == []


def test_of_ten_thousand_files_the_first_hundred_count() -> None:
    files = [{"url": f"{number}.mp3", "length": 1} for number in range(10_000)]
    made = normalize(read("a.json", written(article(audio=files, video="a.mp4")).encode()))
    assert len(made.entries[0].media) == 100
    assert {problem.code for problem in made.problems} == {Code.TOO_MANY_VALUES}


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("3723", 3723),
        ("1834.5", 1834),
        ("62:03", 3723),
        ("1:02:03", 3723),
        ("01:02:03.5", 3723),
        ("PT1H2M3S", 3723),
        ("pt3.5s", 3),
        ("P1DT1S", 86401),
        ("45m", 2700),
    ],
)
def test_a_duration_is_seconds_a_clock_or_iso_8601(written: str, seconds: int) -> None:
    assert durations.playing_time(written) == seconds


@pytest.mark.parametrize(
    "written", ["", "0", "-1", "1e9", "long", "P", "PT", "00:00", "9" * 10, "9" * 5000, "1:2"]
)
def test_what_is_no_duration_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a duration; write seconds"):
        durations.playing_time(written)
