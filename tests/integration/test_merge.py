"""Whatever becomes of the files, the catalog is as if it had only seen the last of them."""

import json
import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from feeds.catalog.database import FILE, open_to_write
from feeds.catalog.writer import Writer
from feeds.ingest.pipeline import Pipeline
from feeds.util.urls import entry_id
from tests.support.catalog_content import content, sound
from tests.support.examples import Fields, article
from tests.support.folders import configure

FILES = ["a.json", "b.md", "sub/c.json", "sub/deep/d.yaml"]
TOPICS = ["AI", "ai", "Ai", "Computer Vision", "computer vision", "Law"]
PROVIDERS = [
    {"name": "Example", "domain": "example.com"},
    {"name": "EXAMPLE", "domain": "www.example.com"},
    {"name": "Other", "domain": "other.example"},
]

fields = {
    "title": st.sampled_from(["One", "Two"]),
    "url": st.sampled_from(
        [
            "https://x.example/1",
            "http://www.x.example/1/",
            "https://x.example/2",
            "https://y.example/",
        ]
    ),
    "date": st.sampled_from(["2020-01-01", "2020-01-02T03:04:05Z"]),
}
optional = {
    "updatedDateTime": st.sampled_from(["2020-02-01", "2020-03-01"]),
    "excerpt": st.sampled_from(["short", "shorter"]),
    "content": st.just("At length"),
    "topics": st.lists(st.sampled_from(TOPICS), max_size=3),
    "provider": st.sampled_from(PROVIDERS),
    "draft": st.booleans(),
    "quality": st.sampled_from([1, 2]),
    "heat": st.sampled_from([1, 2]),
    "type": st.sampled_from(["article", "video"]),
    "secured": st.text("ab", max_size=2),
    "id": st.sampled_from(
        ["urn:isbn:1", "urn:isbn:2", f"urn:uuid:{entry_id('https://x.example/1')}"]
    ),
}
bad = {"url": st.just("//bad")}  # left out, and its file taken; a bad article leaves its last good
mentions = st.one_of(
    st.fixed_dictionaries(fields, optional=optional),
    st.fixed_dictionaries(fields | bad, optional=optional),
)
articles = st.fixed_dictionaries(
    fields, optional={**optional, "related": st.lists(mentions, max_size=2)}
)
paths = st.sampled_from(FILES)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("write"), paths, articles),
        st.tuples(st.just("write"), paths, articles),
        st.tuples(st.just("move"), paths, paths),
        st.tuples(st.just("delete"), paths, st.none()),
        st.tuples(st.just("scan"), st.none(), st.none()),
        st.tuples(st.just("restart"), st.none(), st.none()),
    ),
    min_size=2,
    max_size=12,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalog with nothing in it, for copies."""
    data = tmp_path_factory.mktemp("empty")
    with open_to_write(data):
        pass
    return data / FILE


@pytest.fixture(scope="module")
def configs(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A site that shows drafts, and one that does not."""
    return [
        configure(
            tmp_path_factory.mktemp("config"), site={"defaults": {"unpublished": unpublished}}
        )
        for unpublished in ("exclude", "include")
    ]


class Followed:
    """A folder and the ingest that follows it, one change at a time."""

    def __init__(self, folder: Path, empty: Path) -> None:
        self.seeds, self.data = folder / "seeds", folder / "data"
        self.seeds.mkdir()
        self.data.mkdir()
        shutil.copy(empty, self.data / FILE)
        self._clock = iter(range(1_600_000_000, 1_700_000_000, 100))
        self._opened: Iterator[Any] | None = None
        self.restart()

    def restart(self) -> None:
        """Another ingest of the same catalog."""
        self.close()
        self._context = open_to_write(self.data)
        engine = self._context.__enter__()
        self.ingest = Pipeline(
            self.seeds,
            Writer(engine),
            lambda problem: None,
            processes=1,
            clock=lambda: next(self._clock),
            share=1.0,
        )

    def close(self) -> None:
        """Let go of the catalog."""
        if hasattr(self, "_context"):
            self.ingest.close()
            self._context.__exit__(None, None, None)

    def take(self, kind: str, first: str | None, second: Any) -> None:
        """One step, and whoever follows is told of it."""
        if kind == "restart":
            self.restart()
        elif kind == "scan":
            self.ingest.scan({}, accept=True)
        else:
            assert first is not None
            changed = {first, second} if kind == "move" else {first}
            self._change(kind, self.seeds / first, second)
            assert self.ingest.follow(changed) is not None

    def _change(self, kind: str, path: Path, second: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "write":
            path.write_text(json.dumps(second))
        elif kind == "delete":
            path.unlink(missing_ok=True)
        elif path.exists():
            target = self.seeds / second
            target.parent.mkdir(parents=True, exist_ok=True)
            path.rename(target)


@pytest.mark.slow
@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow])
@example(
    taken=[
        ("write", "a.json", article(1, provider={"name": "Example", "domain": "example.com"})),
        ("scan", None, None),
        ("write", "b.json", article(2, provider={"name": "EXAMPLE", "domain": "example.com"})),
    ]
).via("a name that was shown in another of its spellings first")
@example(
    taken=[
        ("write", "a.json", article(1, provider={"name": "Example", "domain": "example.com"})),
        ("scan", None, None),
        (
            "write",
            "a.json",
            article(1, provider={"name": "Example", "domain": "example.com"}, draft=True),
        ),
    ]
).via("a name that public articles gave and only drafts give now")
@example(
    taken=[
        ("write", "a.json", article(1, topics=["AI"])),
        ("scan", None, None),
        ("write", "b.json", article(2, topics=["Ai"], draft=True)),
        ("write", "a.json", article(1)),
    ]
).via("a topic that a public article had and only a draft has now")
@given(steps)
def test_any_sequence_of_changes_ends_as_a_fresh_ingest_of_the_last_folder(
    empty: Path, configs: list[Path], taken: list[tuple[str, str | None, Any]]
) -> None:
    with TemporaryDirectory() as name:
        followed = Followed(Path(name), empty)
        for kind, first, second in taken:
            followed.take(kind, first, second)
        followed.ingest.scan({}, accept=True)
        followed.close()
        assert sound(followed.data) == "ok"
        fresh = Path(name) / "fresh"
        fresh.mkdir()
        shutil.copy(empty, fresh / FILE)
        with open_to_write(fresh) as engine:
            work = Pipeline(followed.seeds, Writer(engine), lambda problem: None, processes=1)
            with closing(work):
                work.scan({})
        for config in configs:
            assert content(followed.data, config) == content(fresh, config)


KNOWN = article(1, url="https://x.example/1", topics=["AI"])
SAID_BY: dict[str, Fields] = {
    "poor.json": KNOWN,
    "rich.json": KNOWN | {"title": "Richer", "excerpt": "At length", "topics": ["ai", "Law"]},
    "draft.json": KNOWN
    | {"title": "Draft", "draft": True, "content": "More", "topics": ["Secret"]},
    "other.json": article(2, related=[KNOWN | {"title": "Mentioned", "quality": 9}]),
}


@pytest.mark.parametrize("gone", sorted(SAID_BY))
@pytest.mark.parametrize("then", sorted(SAID_BY))
def test_an_entry_known_from_three_files_and_a_mention_is_right_after_any_goes(
    tmp_path: Path, empty: Path, gone: str, then: str
) -> None:
    followed = Followed(tmp_path, empty)
    for path, said in SAID_BY.items():
        followed.take("write", path, said)
    for path in dict.fromkeys((gone, then)):
        followed.take("delete", path, None)
    followed.close()
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    shutil.copy(empty, fresh / FILE)
    with open_to_write(fresh) as engine:
        work = Pipeline(followed.seeds, Writer(engine), lambda problem: None, processes=1)
        with closing(work):
            work.scan({})
    assert content(followed.data) == content(fresh)
