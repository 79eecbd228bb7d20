"""What the path of a file says about its article: of every path something, and never a failure."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.article_settings import ArticleSettings
from feeds.articles.file_path import date_in, take_apart

PARTS = st.sampled_from(
    ["2024", "05", "1", "-", "_", ".", "/", "T", "10", "30", "20240501", "9999", "0000", "٢٠٢٤",
     "index", "a", ".fr", ".md", "content", "..", "x" * 200]
)  # fmt: skip
WRITTEN = st.lists(PARTS, max_size=12).map("".join) | st.text(max_size=40)
SITES = st.builds(
    ArticleSettings,
    include=st.lists(WRITTEN | st.sampled_from(["content/**", "**/*.md"]), max_size=2).map(tuple),
    languages=st.sampled_from([(), ("en", "fr"), ("fr",)]),
)


@given(WRITTEN, SITES)
def test_any_path_can_be_taken_apart(path: str, site: ArticleSettings) -> None:
    taken = take_apart(path, site)
    assert taken.name or not path.rsplit("/", maxsplit=1)[-1]
    assert taken.filename.endswith(taken.name)
    assert taken.language in ("", *site.languages)
    assert "/" not in taken.filename


@given(WRITTEN)
def test_a_date_in_a_path_is_a_day_of_the_calendar(path: str) -> None:
    dated = date_in(path)
    assert dated is None or 0 <= dated.end <= len(path)


@given(st.datetimes(min_value=datetime(1000, 1, 1)))  # noqa: DTZ001 # hypothesis wants naive bounds
def test_a_date_is_found_however_it_is_written(moment: datetime) -> None:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    for written in ("%Y-%m-%d-x", "%Y%m%d-x", "%Y_%m_%d_x", "%Y/%m/%d/x", "a/%Y/%m-%d-x",
                    "%Y-%m-%d/x", "news/%Y-%m-%d", "x-%Y-%m-%d", "a/x %Y-%m-%d y"):  # fmt: skip
        dated = date_in(moment.strftime(written.replace("%Y", f"{moment.year:04}")))
        assert dated is not None, written
        assert dated.local == day, written


@pytest.mark.parametrize(
    "path",
    ["2024-13-45-x", "2024-02-30-x", "2024-05-x", "12024-05-01-x", "v2024-5-1", "2024-05-0112-x",
     "x-2024-05-011", "20240501x", "202405-01", "2024/05/x"],
)  # fmt: skip
def test_what_is_no_date_is_none(path: str) -> None:
    assert date_in(path) is None
