"""How many entries feeds have: kept with every batch, and always what counting gives."""

import json
from collections import Counter
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from feeds.catalog import schema as t
from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.ingest.pipeline import Pipeline
from feeds.model import Format
from feeds.problems import Problem
from tests.support.application import site
from tests.support.examples import article
from tests.support.folders import rewrite
from tests.support.requests import ask

_stories = st.builds(
    article,
    st.integers(1, 6),
    topics=st.lists(st.sampled_from(["AI", "Law", "Art", "law"]), max_size=3),
    provider=st.sampled_from([{"name": "One", "domain": "one.example"}, {"name": "Two"}]),
    published=st.sampled_from(["true", "false"]),
    title=st.sampled_from(["A", "B"]),
    quality=st.integers(0, 3),
    id=st.sampled_from(["", "urn:isbn:1"]),
)
_articles = st.builds(
    lambda story, related: {**story, "related": related}, _stories, st.lists(_stories, max_size=3)
)
# What is done to one of a few files: it is written, or taken away.
_changes = st.lists(
    st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), _articles)), min_size=1, max_size=4
)


# Few histories, and long ones: to make a catalog takes as long as two steps.
@pytest.mark.slow
@settings(max_examples=30)
@given(st.lists(_changes, min_size=4, max_size=12))
def test_counts_are_what_counting_gives_after_any_sequence_of_changes(
    steps: list[list[tuple[str, dict[str, Any] | None]]],
) -> None:
    with TemporaryDirectory() as name:
        seeds, now = Path(name, "seeds"), 1_600_000_000
        seeds.mkdir()
        with open_to_write(Path(name, "data")) as engine:
            ingest = Pipeline(seeds, Writer(engine), _ignored, processes=1, clock=lambda: now)
            for number, changes in enumerate(steps):
                rewrite(seeds, changes, number)
                now += 1000
                with closing(ingest):
                    ingest.scan({})
                with engine.connect() as connection:
                    _same(connection)
                    _departed(connection)


def _ignored(problem: Problem) -> None:
    """Whatever hypothesis makes up."""


def _same(connection: Connection) -> None:
    kept = {row[:3]: row[3:] for row in connection.execute(select(t.counts))}
    entries: Counter[tuple[str, int, int]] = Counter()
    sets: Counter[tuple[str, int]] = Counter()
    newest: dict[tuple[str, int, int], int] = {}
    for row in connection.execute(select(t.entries).where(t.entries.c.tier >= 0)):
        topics = sorted(int(id) for id in row.topics.split(",") if id)
        places = [("all", 0), ("provider", row.provider), *(("topic", id) for id in topics)]
        for place in places:
            entries[*place, row.tier] += 1
            newest[*place, row.tier] = max(newest.get((*place, row.tier), 0), row.modified)
        if topics:
            sets[",".join(map(str, topics)), row.tier] += 1
    assert {place: count for place, (count, _) in kept.items()} == entries
    assert {row[:2]: row[2] for row in connection.execute(select(t.topic_sets))} == sets
    assert all(kept[place][1] >= modified for place, modified in newest.items())


def _departed(connection: Connection) -> None:
    """Tombstones are only looked for where something has departed."""
    c = t.tombstones.c
    buried = connection.execute(select(c.kind, c.ref, c.tier >= 2, c.at))
    departed = {row[:3]: row.at for row in connection.execute(select(t.last_removals))}
    assert all(departed.get((kind, ref, int(public)), 0) >= at for kind, ref, public, at in buried)


def test_an_entry_of_several_subtopics_counts_once(tmp_path: Path) -> None:
    topics = [
        {"slug": "science", "name": "Science"},
        {"slug": "physics", "name": "Physics", "parent": "science", "aliases": ["phys"]},
        {"slug": "optics", "name": "Optics", "parent": "physics"},
        {"slug": "art", "name": "Art"},
    ]
    articles = (
        article(1, topics=["Physics", "Optics", "Art"]),
        article(2, topics=["phys", "physics"]),
        article(3, topics=["Optics"]),
        article(4, topics=["Science", "Optics"], published="false"),
        article(5, topics=["Science"]),
    )
    with site(tmp_path, *articles, topics=topics) as client:
        feeds = json.loads(ask(client, "/feeds.json").body)["feeds"]
        counted = {feed["path"]: feed["entries"] for feed in feeds}
        assert counted["/topics/science"] == 4
        assert counted["/topics/physics"] == 3
        assert counted["/topics/optics"] == 2
        assert counted["/topics/art"] == 1
        for path, entries in counted.items():
            items = json.loads(ask(client, f"{path}.{Format.JSON}").body)["items"]
            assert len(items) == entries, path
