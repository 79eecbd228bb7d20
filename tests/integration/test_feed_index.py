"""The index of feeds that a process caches: always what building it gives."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, text

from feeds.catalog import counters
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.reader import Reader
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.ingest.pipeline import Pipeline
from feeds.problems import Problem
from feeds.selection import feed_index_builder
from feeds.selection.feed_index import FeedIndex, FeedIndexCache
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.site_view import SiteView
from tests.support.application import ingest
from tests.support.examples import BASE, article
from tests.support.folders import configure, put, rewrite

TOPICS = [
    {"slug": "science", "name": "Science"},
    {"slug": "physics", "name": "Physics", "parent": "science", "aliases": ["phys"]},
    {"slug": "optics", "name": "Optics", "parent": "physics"},
    {"slug": "art", "name": "Art"},
]
PROVIDERS = [{"domain": "one.example", "name": "One", "aliases": ["uno.example"]}]
NAMES = ["Science", "Physics", "phys", "Optics", "Law", "law", "Zoology"]
DOMAINS = ["one.example", "uno.example", "two.example", "three.example"]

_stories = st.builds(
    article,
    st.integers(1, 6),
    topics=st.lists(st.sampled_from(NAMES), max_size=4),
    provider=st.builds(
        lambda domain, name: {"name": name, "domain": domain},
        st.sampled_from(DOMAINS),
        st.sampled_from(["A paper", "Zeitung"]),
    ),
    published=st.sampled_from(["true", "true", "false"]),
)
_articles = st.builds(
    lambda story, related: {**story, "related": related}, _stories, st.lists(_stories, max_size=2)
)
_changes = st.lists(
    st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), _articles)), min_size=1, max_size=4
)


@contextmanager
def reading(data: Path, config: Path, cache: FeedIndexCache) -> Iterator[SiteView]:
    """The catalog as it is now, with what a process cached of it."""
    engine = open_to_read(data)
    reader = Reader(engine)
    try:
        with reader.connect() as connection:
            names = reader.names(connection)
            yield SiteView(load(config, BASE), reader, connection, names, cache)
    finally:
        engine.dispose()


def same_as_built(view: SiteView) -> FeedIndex:
    """What was brought up to date, once compared with what is built."""
    found = feed_index(view)
    built = feed_index(replace(view, index_cache=FeedIndexCache()))
    assert found == built
    return found


# A provider's name changes with its spellings, and none of its entries does.
_RESPELLED: Final = [
    [("b", article(2, provider={"name": "A paper", "domain": "two.example"}, published="false"))],
    [
        (
            "a",
            article(
                1,
                provider={"name": "A paper", "domain": "one.example"},
                related=[article(1, provider={"name": "Zeitung", "domain": "two.example"})],
            ),
        )
    ],
]


# Few histories, and long ones: to make a catalog takes as long as two steps.
@pytest.mark.slow
@settings(max_examples=30)
@given(st.sampled_from(["exclude", "include", "only"]), st.lists(_changes, min_size=4, max_size=12))
@example("include", _RESPELLED)
def test_an_index_that_is_updated_is_what_would_be_built(
    unpublished: str, steps: list[list[tuple[str, dict[str, Any] | None]]]
) -> None:
    with TemporaryDirectory() as name:
        seeds, now, cache = Path(name, "seeds"), 1_600_000_000, FeedIndexCache()
        seeds.mkdir()
        site = {"defaults": {"unpublished": unpublished}}
        config = configure(Path(name, "config"), site=site, topics=TOPICS, providers=PROVIDERS)
        with open_to_write(Path(name, "data")) as engine:
            work = Pipeline(seeds, Writer(engine), _ignored, processes=1, clock=lambda: now)
            for number, changes in enumerate(steps):
                rewrite(seeds, changes, number)
                now += 1000
                with closing(work):
                    work.scan({})
                with reading(Path(name, "data"), config, cache) as view:
                    same_as_built(view)


def _ignored(problem: Problem) -> None:
    """Whatever hypothesis makes up."""


@pytest.fixture
def grown(tmp_path: Path) -> tuple[Path, Path, FeedIndexCache]:
    """A catalog of which a process cached the index before the last two articles came."""
    articles = [
        article(1, topics=["Physics", "Optics"], provider={"name": "B", "domain": "b.example"}),
        article(2, topics=["Law"], provider={"name": "A", "domain": "a.example"}),
        article(3, topics=["phys", "Optics"], provider={"name": "B", "domain": "b.example"}),
        article(4, topics=["Art"], provider={"name": "C", "domain": "c.example"}),
    ]
    data, cache = tmp_path / "data", FeedIndexCache()
    config = configure(tmp_path / "config", topics=TOPICS)
    for number, now in ((2, 1_600_000_000), (4, 1_700_000_000)):
        ingest(put(tmp_path / "seeds", *articles[:number]), data, now=now)
        if number == 2:
            with reading(data, config, cache) as view:
                feed_index(view)
    return data, config, cache


def test_after_a_change_only_what_changed_is_counted_again(
    grown: tuple[Path, Path, FeedIndexCache],
) -> None:
    data, config, cache = grown
    with reading(data, config, cache) as view:
        asked: list[str] = []
        event.listen(
            view.connection,
            "before_cursor_execute",
            lambda *heard: asked.append(heard[2]),
            named=False,
        )
        found = feed_index(view)
        assert not [one for one in asked if "topic_sets" in one]
        assert all("json_each" in one for one in asked if "FROM counts" in one)
        before = len(asked)
        assert feed_index(view) is found
        assert len(asked) == before + 1  # how far the change log goes
        same_as_built(view)
    assert dict(zip(found.topics.names, found.topics.entries, strict=True)) == {
        "science": 2, "physics": 2, "optics": 2, "art": 1, "law": 1,
    }  # fmt: skip
    assert found.providers.names == ["a.example", "b.example", "c.example"]
    assert list(found.providers.entries) == [1, 2, 1]
    assert found.total.entries == 4


@pytest.mark.parametrize("lost", ["changes", "topic_moves"])
def test_the_index_is_built_again_where_a_log_does_not_reach_back(
    grown: tuple[Path, Path, FeedIndexCache], lost: str
) -> None:
    data, config, cache = grown
    with open_to_write(data) as engine, engine.begin() as connection:
        newest = f"(SELECT max(seq) FROM {lost})"
        connection.execute(text(f"DELETE FROM {lost} WHERE seq < {newest}"))
    with reading(data, config, cache) as view:
        assert same_as_built(view).total.entries == 4


def test_the_index_is_built_again_where_most_of_it_has_changed(
    grown: tuple[Path, Path, FeedIndexCache], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_index_builder, "_MOST_CHANGES", 1)
    data, config, cache = grown
    with reading(data, config, cache) as view:
        same_as_built(view)


def test_whoever_reads_an_older_state_gets_the_index_of_that(
    grown: tuple[Path, Path, FeedIndexCache], tmp_path: Path
) -> None:
    data, config, cache = grown
    with reading(data, config, cache) as older:
        older.reader.newest_change(
            older.connection
        )  # from here on, this connection sees what is now
        ingest(put(tmp_path / "seeds", article(9, topics=["Law"])), data, now=1_800_000_000)
        with reading(data, config, cache) as newer:
            assert same_as_built(newer).total.entries == 4
            assert same_as_built(older).total.entries == 4
            latest = feed_index(newer)
        assert feed_index(replace(newer, connection=older.connection)) is not latest


def test_moves_of_topics_are_remembered_for_a_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counters, "_MOST_MOVES", 2)
    for number in range(1, 5):
        seeds = put(tmp_path / "seeds", *(article(n, topics=[f"T{n}"]) for n in range(1, number)))
        ingest(seeds, tmp_path / "data", now=1_600_000_000 + number)
    with open_to_write(tmp_path / "data") as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT seq FROM topic_moves")).scalars().all() == [2, 3]
