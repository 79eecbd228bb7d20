"""Catalogs that cannot be used: put aside, rebuilt, what the articles cannot tell taken over."""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.catalog import tombstones
from feeds.catalog.database import CHECK, FILE, is_check_due, open_to_read, open_to_write
from feeds.catalog.merge import key_of
from feeds.catalog.reader import tiers
from feeds.errors import CatalogError, CatalogMissing
from feeds.model import Format
from feeds.render import render
from feeds.selection import listing, loader
from feeds.selection.resolver import resolve
from feeds.util.sqlite_file import those_put_aside
from tests.support.application import ingest, serving, viewing
from tests.support.catalog_content import content, sound
from tests.support.examples import Fields, article, entries
from tests.support.folders import configure, put, rewrite
from tests.support.paths import NOWHERE
from tests.support.waiting import wait_for

NOW = 1_600_000_000
CONFIG = {
    "drafts": {"title": "Drafts", "include": {"topics": ["AI"]}, "unpublished": "include"},
    "best": {"title": "Best", "include": {"min_quality": 1}, "sort": "quality"},
}
State = dict[str, Any]


def state(data: Path, config: Path) -> State:
    """Return what subscribers see of each feed: its documents and when it was modified."""
    found: State = {}
    with viewing(data, config) as view:
        for summary in listing.summaries(view):
            spec = resolve(view, summary.path)
            feed = loader.load(view, spec, datetime(2021, 1, 1, tzinfo=UTC))
            documents = {format: render(feed, format) for format in Format}
            found[str(summary.path)] = summary, feed.modified, feed.deleted, documents
    return found


def make_unknown(data: Path) -> None:
    """Turn a catalog into one of another revision, with other names."""
    with closing(sqlite3.connect(data / FILE)) as database:
        database.execute("UPDATE alembic_version SET version_num = '0007'")
        database.execute("ALTER TABLE files RENAME COLUMN signature TO stamp")
        database.execute("ALTER TABLE last_removals RENAME TO departures")
        database.commit()


# --- what is taken over ----------------------------------------------------------------

_stories = st.builds(
    article,
    st.integers(1, 6),
    topics=st.lists(st.sampled_from(["AI", "Law", "Art", "law"]), max_size=3),
    provider=st.sampled_from([{"name": "One", "domain": "one.example"}, {"name": "Two"}]),
    published=st.sampled_from(["true", "false"]),
    title=st.sampled_from(["A", "B"]),
    quality=st.integers(0, 3),
)
_articles = st.builds(
    lambda story, related: {**story, "related": related}, _stories, st.lists(_stories, max_size=2)
)
_changes = st.lists(
    st.tuples(st.sampled_from("abcd"), st.one_of(st.none(), _articles)), min_size=1, max_size=4
)


@pytest.mark.slow
@settings(max_examples=25)
@given(st.lists(_changes, min_size=1, max_size=5))
def test_subscribers_see_no_difference_after_any_history(
    steps: list[list[tuple[str, Fields | None]]],
) -> None:
    with TemporaryDirectory() as name:
        config = configure(Path(name, "config"), sets=CONFIG)
        seeds, data, now = Path(name, "seeds"), Path(name, "data"), NOW
        put(seeds, article(9))  # if all went, it would not be believed
        for number, changes in enumerate(steps):
            rewrite(seeds, changes, number)
            now += 5000
            ingest(seeds, data, now)
        before, rows = state(data, config), content(data, config)
        gone = withdrawn(data, range(1, 7))
        make_unknown(data)
        ingest(seeds, data, now + 5000)
        assert state(data, config) == before
        assert content(data, config) == rows
        assert withdrawn(data, range(1, 7)) == gone
        assert sound(data) == "ok"
        ingest(seeds, data, now + 6000)
        assert state(data, config) == before


def withdrawn(data: Path, numbers: Iterable[int]) -> list[int]:
    """Return the numbers of those articles that are gone, not unknown."""
    with viewing(data) as view:
        return [
            number
            for number in numbers
            if tombstones.was_removed(
                view.connection, entries(article(number))[0].id, tiers("exclude", related=True)
            )
        ]


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """Give a folder of three articles, ingested twice: the third went, the second was edited."""
    seeds = put(tmp_path / "seeds", article(1), article(2, topics=["AI"]), article(3))
    ingest(seeds, tmp_path / "data", NOW)
    (seeds / "3.json").unlink()
    put(seeds, article(1), article(2, topics=["AI"], title="Edited"))
    ingest(seeds, tmp_path / "data", NOW + 1000)
    return seeds


def dates(data: Path) -> dict[int, list[int | None]]:
    """Return first seen, updated and withdrawn of each article, by its number."""
    numbers = {entries(article(number))[0].id.bytes: number for number in range(1, 30)}
    with closing(sqlite3.connect(data / FILE)) as database:
        rows = database.execute("SELECT id, first_seen, updated, withdrawn FROM entries")
        return {numbers[id]: list(times) for id, *times in rows}


def test_dates_and_withdrawals_are_taken_over(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    assert before[2][1] == NOW + 1000
    assert before[3][2] == NOW + 1000
    make_unknown(data)
    report = ingest(seeds, data, NOW + 9000)
    assert report.read == 2
    assert dates(data) == before
    (aside,) = those_put_aside(data / FILE)
    assert sorted(one.name for one in data.glob("*.db*")) == [aside.name, FILE]


def test_no_draft_names_a_topic_that_had_a_public_name(tmp_path: Path) -> None:
    """Nor one that has no article any more, whichever revision had it."""
    config = configure(tmp_path / "config", sets=CONFIG)
    data, seeds = tmp_path / "data", put(tmp_path / "seeds", article(1))
    put(seeds, article(2, topics=["Moon Shot"]), article(3, topics=["Law Suit"]))
    ingest(seeds, data, NOW)
    put(seeds, article(2, topics=["MOON SHOT", "AI"], published=False), article(3))
    ingest(seeds, data, NOW + 1000)
    for _ in range(2):
        make_unknown(data)
        ingest(seeds, data, NOW + 9000)
        with viewing(data, config) as view:
            assert view.topic("moon-shot").name == "Moon Shot"
            assert view.topic("law-suit").name == "Law Suit"
            assert view.topic("ai").name == "AI"
    put(seeds, article(2, topics=["MOON SHOT"]))
    ingest(seeds, data, NOW + 10_000)
    with viewing(data, config) as view:
        assert view.topic("moon-shot").name == "MOON SHOT"


def test_what_changed_meanwhile_is_dated_by_the_scan(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    make_unknown(data)
    put(seeds, article(1, title="Edited too"), article(2, topics=["AI"], title="Edited"))
    ingest(seeds, data, NOW + 9000)
    assert dates(data)[1] == [before[1][0], NOW + 9000, None]
    assert dates(data)[2] == before[2]


def test_what_went_meanwhile_is_withdrawn_by_the_scan(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    make_unknown(data)
    (seeds / "1.json").unlink()
    ingest(seeds, data, NOW + 9000)
    assert dates(data)[1][2] == NOW + 9000
    assert withdrawn(data, range(1, 5)) == [1, 3]


def test_what_was_withdrawn_and_returns_was_seen_before(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    make_unknown(data)
    put(seeds, article(1), article(2, topics=["AI"], title="Edited"), article(3))
    ingest(seeds, data, NOW + 9000)
    assert dates(data)[3] == [*before[3][:2], None]
    assert withdrawn(data, range(1, 5)) == []


def test_half_a_folder_leaves_no_tombstones(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    numbers, data = range(1, 29), tmp_path / "data"
    seeds = put(tmp_path / "seeds", *map(article, numbers))
    ingest(seeds, data, NOW)
    before = dates(data)
    make_unknown(data)
    for number in range(5, 29):
        (seeds / f"{number}.json").unlink()
    ingest(seeds, data, NOW + 9000)
    assert withdrawn(data, numbers) == []
    assert "24 entries of the old catalog are not in the folder" in caplog.text
    put(seeds, *map(article, numbers))
    ingest(seeds, data, NOW + 10_000)
    assert dates(data) == before


def test_other_readings_of_the_same_files_move_no_date(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    with closing(sqlite3.connect(data / FILE)) as database:
        database.execute("UPDATE meta SET value = 'before' WHERE name = 'parser'")
        database.execute("UPDATE entries SET digest = x'00'")
        database.commit()
    make_unknown(data)
    ingest(seeds, data, NOW + 9000)
    assert dates(data) == before


def test_dates_of_the_configuration_are_taken_over(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    with closing(sqlite3.connect(data / FILE)) as database:
        database.execute("INSERT INTO settings VALUES ('site', 'digest', 1500000000)")
        database.commit()
    make_unknown(data)
    ingest(seeds, data, NOW + 9000)
    with closing(sqlite3.connect(data / FILE)) as database:
        rows = database.execute("SELECT * FROM settings").fetchall()
    assert rows == [("site", "digest", 1500000000)]


# --- what cannot all be read ------------------------------------------------------------

OLDEST = """
CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY);
INSERT INTO alembic_version VALUES ('0001');
CREATE TABLE entries (key INTEGER PRIMARY KEY, id BLOB, winner BIGINT, tier SMALLINT,
  published BIGINT, updated BIGINT, modified BIGINT, first_seen BIGINT, withdrawn BIGINT,
  provider INTEGER, kind TEXT, quality FLOAT, heat FLOAT, shown_quality FLOAT, shown_heat FLOAT,
  digest BLOB, topics TEXT);
CREATE TABLE providers (id INTEGER PRIMARY KEY, domain TEXT UNIQUE, name TEXT);
INSERT INTO providers VALUES (7, 'news.example.com', 'News'), (8, x'ff', 'No text');
CREATE TABLE last_removals (kind TEXT, ref INTEGER, public SMALLINT, at BIGINT,
  PRIMARY KEY (kind, ref, public));
INSERT INTO last_removals VALUES ('all', 0, 1, 1550000000), ('provider', 9, 1, 1550000000),
  ('topic', 1, 1, 1550000000), ('all', 0, 0, 'yesterday');
"""


def oldest(data: Path, *numbers: int, **values: object) -> None:
    """Write a catalog as the first revision had it, with some entries whose topics are lost."""
    data.mkdir()
    with closing(sqlite3.connect(data / FILE)) as database:
        database.executescript(OLDEST)
        for number in numbers:
            id = entries(article(number))[0].id.bytes
            row = {
                "key": key_of(id), "id": id, "winner": 0, "tier": 3, "published": 1577880000,
                "updated": 1500000000, "modified": 1500000000, "first_seen": 1400000000,
                "withdrawn": None, "provider": 7, "kind": "article", "quality": None, "heat": None,
                "shown_quality": None, "shown_heat": None, "digest": b"", "topics": "1,2", **values,
            }  # fmt: skip
            marks = ", ".join(f":{name}" for name in row)
            database.execute(f"INSERT INTO entries ({', '.join(row)}) VALUES ({marks})", row)
        database.commit()


def test_a_catalog_without_most_of_its_tables_gives_what_it_has(tmp_path: Path) -> None:
    seeds, data = put(tmp_path / "seeds", article(1, topics=["AI"])), tmp_path / "data"
    oldest(data, 1)
    ingest(seeds, data, NOW)
    assert dates(data) == {1: [1400000000, 1500000000, None]}
    with closing(sqlite3.connect(data / FILE)) as database:
        left = database.execute(
            "SELECT kind, public, at FROM last_removals ORDER BY kind"
        ).fetchall()
    assert left == [("all", 1, 1550000000), ("edited all", 1, NOW), ("edited provider", 1, NOW)]
    assert sound(data) == "ok"


def test_an_entry_withdrawn_long_ago_without_a_tombstone_stays_withdrawn(tmp_path: Path) -> None:
    seeds, data = put(tmp_path / "seeds", article(1)), tmp_path / "data"
    oldest(data, 2, tier=-1, withdrawn=1520000000)
    ingest(seeds, data, NOW)
    assert dates(data)[2] == [1400000000, 1500000000, 1520000000]


@pytest.mark.parametrize(
    "value",
    [
        {"published": "yesterday"},
        {"updated": 10**15},
        {"first_seen": None},
        {"id": b"short"},
        {"id": "text"},
        {"key": 12},
        {"tier": 4},
        {"withdrawn": "never"},
        {"kind": None},
        {"quality": "good"},
        {"digest": "text"},
        {"topics": None},
    ],
)
def test_an_entry_that_makes_no_sense_is_passed_over(
    tmp_path: Path, value: dict[str, object]
) -> None:
    seeds, data = put(tmp_path / "seeds", article(1), article(2)), tmp_path / "data"
    oldest(data, 1, **value)
    ingest(seeds, data, NOW)
    assert dates(data) == {1: [NOW, 1577880000, None], 2: [NOW, 1577966400, None]}


@pytest.mark.parametrize("topics", ["x", "1,,2", "1,2,3"])
def test_topics_that_cannot_be_read_move_no_date(tmp_path: Path, topics: str) -> None:
    seeds, data = put(tmp_path / "seeds", article(1, topics=["AI"])), tmp_path / "data"
    oldest(data, 1, topics=topics)
    ingest(seeds, data, NOW)
    assert dates(data) == {1: [1400000000, 1500000000, None]}


def test_what_lies_around_a_damaged_page_is_read(tmp_path: Path) -> None:
    seeds = put(tmp_path / "seeds", *(article(1, url=f"https://x.example/{n}") for n in range(200)))
    data = tmp_path / "data"
    ingest(seeds, data, NOW)
    with closing(sqlite3.connect(data / FILE)) as database:
        ids = [id for (id,) in database.execute("SELECT id FROM entries ORDER BY key")]
        size = database.execute("PRAGMA page_size").fetchone()[0]
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    make_unknown(data)
    pages = (data / FILE).read_bytes()
    page = pages.index(ids[100]) // size * size
    lost = sum(id in pages[page : page + size] for id in ids)
    assert 0 < lost < 100
    (data / FILE).write_bytes(pages[:page] + b"\xff" * size + pages[page + size :])
    ingest(seeds, data, NOW + 9000)
    with closing(sqlite3.connect(data / FILE)) as database:
        seen = [row[0] for row in database.execute("SELECT first_seen FROM entries ORDER BY key")]
    assert seen.count(NOW) == 200 - lost
    assert seen[0] == seen[-1] == NOW


@pytest.mark.parametrize("file", [b"", b"garbage" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, seeds: Path, file: bytes) -> None:
    data = tmp_path / "data"
    (data / FILE).write_bytes(file)
    ingest(seeds, data, NOW + 9000)
    assert [aside.read_bytes() for aside in those_put_aside(data / FILE)] == [file] * bool(file)
    assert set(dates(data)) == {1, 2}


def test_a_database_of_another_program_is_put_aside(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    (data / FILE).unlink()
    with closing(sqlite3.connect(data / FILE)) as database:
        database.execute("CREATE TABLE entries (title)")
    ingest(seeds, data, NOW + 9000)
    assert set(dates(data)) == {1, 2}
    assert len(those_put_aside(data / FILE)) == 1


# --- while it is rebuilt ----------------------------------------------------------------


def test_a_catalog_that_is_being_rebuilt_is_not_read(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    make_unknown(data)
    with pytest.raises(CatalogMissing, match=r"another version \(0007"):
        open_to_read(data)
    with open_to_write(data):
        pass  # the process ends before its scan does
    with pytest.raises(CatalogMissing, match="is being rebuilt"):
        open_to_read(data)
    ingest(seeds, data, NOW + 9000)
    assert dates(data) == before


def test_a_catalog_damaged_while_it_is_rebuilt_loses_nothing(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    before = dates(data)
    make_unknown(data)
    with open_to_write(data):
        pass
    (data / FILE).write_bytes(b"garbage" * 1000)
    ingest(seeds, data, NOW + 9000)
    assert dates(data) == before
    assert len(those_put_aside(data / FILE)) == 1


def overwrite(data: Path) -> None:
    """Overwrite the middle half of a catalog, whose tables can still be listed."""
    pages = (data / FILE).read_bytes()
    part = len(pages) // 4
    (data / FILE).write_bytes(pages[:part] + b"\xff" * 2 * part + pages[3 * part :])


def many(seeds: Path) -> Path:
    return put(seeds, *(article(1, url=f"https://x.example/{number}") for number in range(200)))


def test_a_damaged_catalog_is_rebuilt_once_an_hour_after_it_was_checked(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seeds, data = many(tmp_path / "seeds"), tmp_path / "data"
    ingest(seeds, data, NOW)
    overwrite(data)
    (data / CHECK).touch()  # as whoever meets damage leaves it
    ingest(seeds, data, NOW + 9000)
    assert "the catalog is damaged (" in caplog.text
    (aside,) = those_put_aside(data / FILE)
    assert aside.name.endswith("-damaged-put-aside.db")
    assert not (data / CHECK).exists()
    overwrite(data)
    for _ in range(2):
        (data / CHECK).touch()
        with pytest.raises(CatalogError, match="was rebuilt less than an hour ago; check the disk"):
            ingest(seeds, data, NOW + 9500)
        assert (data / CHECK).exists()
    assert those_put_aside(data / FILE) == [aside]


def test_a_report_of_damage_that_the_check_does_not_confirm_changes_nothing(
    tmp_path: Path, seeds: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """As of a disk that failed for a moment."""
    data = tmp_path / "data"
    file = (data / FILE).stat().st_ino
    (data / CHECK).touch()
    ingest(seeds, data, NOW + 9000)
    assert "damage was reported, but the check found none" in caplog.text
    assert (data / FILE).stat().st_ino == file
    assert not (data / CHECK).exists()


def test_whoever_meets_damage_asks_for_a_check_and_an_ingest_that_does_repairs_it(
    tmp_path: Path,
) -> None:
    seeds, data = many(tmp_path / "seeds"), tmp_path / "data"
    ingest(seeds, data, NOW)
    overwrite(data)
    with serving(data) as client:
        wait_for(lambda: client.get("/readyz").status_code == 503, "the damage")
        assert client.get("/readyz").json()["catalog"] == "damaged"
        assert is_check_due(data)
        ingest(seeds, data, NOW + 9000)
        wait_for(lambda: client.get("/readyz").status_code == 200, "readiness")
        assert client.get("/readyz").json()["catalog"] == "reachable"


def replace_in_texts(data: Path, old: bytes, new: bytes) -> None:
    """Overwrite a part of the texts of entries, which SQLite's own check does not see."""
    written = (data / FILE).read_bytes()
    assert old in written
    (data / FILE).write_bytes(written.replace(old, new))


@pytest.mark.parametrize(
    ("damage", "is_met"),
    [(b'"title":"\xff\n', True), (b'"title":\0\0\0', True), (b'"titel":"Ti', False)],
)
def test_texts_of_entries_that_were_overwritten_are_damage(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, damage: bytes, is_met: bool
) -> None:
    seeds, data = many(tmp_path / "seeds"), tmp_path / "data"
    ingest(seeds, data, NOW)
    with serving(data) as client:
        before = client.get("/all.json").content
    replace_in_texts(data, b'"title":"Ti', damage)
    if is_met:
        with serving(data) as client:
            assert client.get("/all.json").status_code == 503
            assert client.get("/readyz").json()["catalog"] == "damaged"
        assert is_check_due(data)
        assert not any("\n" in record.getMessage() for record in caplog.records)
    (data / CHECK).touch()
    ingest(seeds, data, NOW + 9000)
    assert "the catalog is damaged (the text of an entry is not what was written)" in caplog.text
    with serving(data) as client:
        assert client.get("/all.json").content == before


def test_what_returned_after_one_rebuild_is_not_withdrawn_by_the_next(
    tmp_path: Path, seeds: Path
) -> None:
    data = tmp_path / "data"
    make_unknown(data)
    ingest(seeds, data, NOW + 5000)  # the third article has a tombstone in the old catalog
    put(seeds, article(1), article(2, topics=["AI"], title="Edited"), article(3))
    ingest(seeds, data, NOW + 6000)
    before = dates(data)
    make_unknown(data)
    ingest(seeds, data, NOW + 9000)
    assert dates(data) == before
    assert withdrawn(data, range(1, 5)) == []
    (seeds / "3.json").unlink()
    make_unknown(data)
    ingest(seeds, data, NOW + 9500)
    assert dates(data)[3][2] == NOW + 9500
    assert withdrawn(data, range(1, 5)) == [3]


def test_a_catalog_deleted_on_purpose_begins_empty(tmp_path: Path, seeds: Path) -> None:
    data = tmp_path / "data"
    make_unknown(data)
    ingest(seeds, data, NOW + 9000)
    (data / FILE).unlink()
    ingest(seeds, data, NOW + 9500)
    assert dates(data) == {1: [NOW + 9500, 1577880000, None], 2: [NOW + 9500, 1577966400, None]}


def test_a_server_asks_for_patience_and_takes_up_the_new_catalog(
    tmp_path: Path, seeds: Path
) -> None:
    data = tmp_path / "data"
    make_unknown(data)
    with serving(data, NOWHERE) as client:
        response = client.get("/all.json")
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        with open_to_write(data):
            response = client.get("/all.json")
            assert (response.status_code, response.headers["retry-after"]) == (503, "5")
            assert response.headers["cache-control"] == "no-store"
        ingest(seeds, data, NOW + 9000)
        wait_for(lambda: client.get("/readyz").status_code == 200, "readiness")
        assert len(client.get("/all.json").json()["items"]) == 2


def test_a_server_serves_what_is_cached_until_the_catalog_is_rebuilt(
    tmp_path: Path, seeds: Path
) -> None:
    data = tmp_path / "data"
    with serving(data, NOWHERE) as client:
        before = client.get("/all.atom")
        make_unknown(data)
        with open_to_write(data):
            limits = count(1)

            def is_noticed() -> bool:
                """Ask for what is not cached: until the follower has looked, it is served."""
                return client.get(f"/all.rss?limit={next(limits)}").status_code == 503

            wait_for(is_noticed, "the server to notice that the catalog is gone")
            assert client.get("/all.atom").content == before.content
        put(seeds, article(1), article(2, topics=["AI"], title="Edited again"))
        ingest(seeds, data, NOW + 9000)
        wait_for(lambda: "Edited again" in client.get("/all.atom").text, "the new catalog")
