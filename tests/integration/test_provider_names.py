"""The name that a provider is shown under: one that most articles of its domain give."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from feeds.catalog.database import FILE, open_to_write
from feeds.catalog.writer import Writer
from feeds.ingest.pipeline import Pipeline
from feeds.model import Format
from tests.support.application import ingest, serving, site, viewing
from tests.support.examples import Fields, article
from tests.support.feed_readers import read
from tests.support.folders import put
from tests.support.waiting import wait_for

DOMAIN: Final = "videos.example"


def by(number: int, name: str | None, **fields: Any) -> Fields:
    """Return an article of the domain under a name, or without one."""
    provider = {"domain": DOMAIN} if name is None else {"domain": DOMAIN, "name": name}
    return article(number, provider=provider, **fields)


def articles(names: Sequence[str | None]) -> list[Fields]:
    return [by(number, name) for number, name in enumerate(names, 1)]


def title(client: TestClient) -> str:
    """Return the name by which the provider's feed, page and lists call it."""
    name: str = client.get(f"/providers/{DOMAIN}.json").json()["title"].partition(" — ")[0]
    assert f'<h1 lang="en" dir="auto">{name}</h1>' in client.get(f"/providers/{DOMAIN}").text
    titles = {feed["path"]: feed["title"] for feed in client.get("/feeds.json").json()["feeds"]}
    assert titles[f"/providers/{DOMAIN}"] == name
    assert name in client.get("/feeds.opml").text
    assert name in client.get("/providers").text
    return name


def authors(client: TestClient, format: Format = Format.JSON) -> list[str]:
    """Return the names that entries show, in the order of their numbers."""
    feed = read(client.get(f"/all.{format}").content, format)
    return [entry.publisher for entry in reversed(feed.entries)]


CASES: Final[dict[str, tuple[list[str | None], str, list[str]]]] = {
    "all": (["A", "A"], "A", ["A", "A"]),
    "more than half": (["A", "B", "A"], "A", ["A", "A", "A"]),
    "half": (["A", "B", "A", "B"], DOMAIN, ["A", "B", "A", "B"]),
    "the most frequent, with less than half": (["A", "B", "A", "C"], DOMAIN, ["A", "B", "A", "C"]),
    "none given": ([None, None], DOMAIN, [DOMAIN, DOMAIN]),
    "most give none": ([None, "A", None], DOMAIN, [DOMAIN, "A", DOMAIN]),
    "half give none": ([None, "A"], DOMAIN, [DOMAIN, "A"]),
    "fewer give none": (["A", None, "A"], "A", ["A", "A", "A"]),
    "in other case": (["The Sun", "THE SUN", "The Sun", "B"], "The Sun", 4 * ["The Sun"]),
    "with other accents": (["Télé", "Tele", "B"], "Tele", 3 * ["Tele"]),
    "with other spaces": (["The  Sun", "The\u00a0Sun", "B"], "The Sun", 3 * ["The Sun"]),
    "of signs alone": (["!!!", "!!!", "???"], "!!!", 3 * ["!!!"]),
    "signs are not all one": (["!!!", "???"], DOMAIN, ["!!!", "???"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_name_with_more_than_half_is_shown_for_all_and_else_each_has_its_own(
    tmp_path: Path, case: str
) -> None:
    names, of_provider, of_entries = CASES[case]
    with site(tmp_path, *articles(names)) as client:
        assert title(client) == of_provider
        for format in Format:
            assert authors(client, format) == of_entries


def test_drafts_do_not_count_and_show_the_name_of_public_articles(tmp_path: Path) -> None:
    drafts = [by(number, "Secret", published=False) for number in (2, 3, 4)]
    shown = {"site": {"defaults": {"unpublished": "include"}}}
    with site(tmp_path, by(1, "Open"), *drafts, **shown) as client:
        assert title(client) == "Open"
        assert authors(client) == 4 * ["Open"]


def test_where_all_are_drafts_their_names_count(tmp_path: Path) -> None:
    shown = {"site": {"defaults": {"unpublished": "include"}}}
    drafts = [by(number, name, published=False) for number, name in enumerate("AAB", 1)]
    with site(tmp_path, *drafts, **shown) as client:
        assert title(client) == "A"
        assert authors(client) == 3 * ["A"]


def test_a_name_that_drafts_gave_is_not_kept_for_public_articles(tmp_path: Path) -> None:
    seeds, data = tmp_path / "seeds", tmp_path / "data"
    ingest(put(seeds, by(1, "Secret", published=False)), data, 1_600_000_000)
    put(seeds / "public", by(2, "A"), by(3, "B"))
    ingest(seeds, data, 1_600_001_000)
    with serving(data) as client:
        assert title(client) == DOMAIN
        (seeds / "public" / "1.json").unlink()
        (seeds / "public" / "2.json").unlink()
        put(seeds / "public", by(3, "B"))
        ingest(seeds, data, 1_600_002_000)
        wait_for(lambda: authors(client) == ["B", "B"], "the name")
        (seeds / "public" / "1.json").unlink()
        ingest(seeds, data, 1_600_003_000)
        wait_for(lambda: authors(client) == ["B"], "its withdrawal")
        assert title(client) == "B"


def test_an_article_counts_once_however_many_files_name_it(tmp_path: Path) -> None:
    mentions = [by(number, "B", related=[by(1, "Wrong")]) for number in (2, 3)]
    with site(tmp_path, by(1, "A"), by(4, "A"), by(5, "A"), *mentions) as client:
        assert title(client) == "A"


def test_the_configuration_decides_before_all(tmp_path: Path) -> None:
    providers = [{"domain": DOMAIN, "name": "Videos"}]
    with site(tmp_path, *articles(["A", "A", "B"]), providers=providers) as client:
        assert title(client) == "Videos"
        assert authors(client) == 3 * ["Videos"]


def test_a_provider_configured_without_a_name_is_named_by_its_articles(tmp_path: Path) -> None:
    providers = [{"domain": DOMAIN, "aliases": ["other.example"]}]
    other = article(4, provider={"domain": "other.example", "name": "B"})
    with site(tmp_path, *articles(["A", "A", "B"]), other, providers=providers) as client:
        assert title(client) == "A"
        assert authors(client) == 4 * ["A"]


def test_a_story_has_a_lane_for_each_name_of_a_domain(tmp_path: Path) -> None:
    related = [by(2, "B"), by(3, "A")]
    with site(tmp_path, by(1, "A", related=related), by(4, "C")) as client:
        story = client.get("/all.json").json()["items"][-1]["_feeds"]["story"]
        assert "3 articles by A, B" in client.get(f"{story}.json").json()["description"]
        page = client.get(story).text
        assert [page.count(f"<bdi>{name}</bdi></a></span>") for name in "AB"] == [1, 1]


# --- names that change -------------------------------------------------------------------


def scan(folder: Path, names: Sequence[str | None], now: int = 1_700_000_000) -> None:
    """Ingest a folder that has articles with just these names."""
    for path in (folder / "seeds").glob("*.json"):
        path.unlink()
    put(folder / "seeds", *articles(names))
    ingest(folder / "seeds", folder / "data", now)


# What articles give, one scan after another, and the name of the provider after each.
HISTORIES: Final[dict[str, list[tuple[list[str | None], str]]]] = {
    "falls to 40 %": [(["A"], "A"), (["A", "A", "B", "B", "C"], "A")],
    "is given by none": [(["A"], "A"), (["B", "C"], "A"), (["C", "C", "B"], "C")],
    "half is not enough": [(["A"], "A"), (["B", "B", "C", "C"], "A")],
    "another has more than half": [(["A", "A"], "A"), (["A", "A", "B", "B", "B"], "B")],
    "and back": [(["A"], "A"), (["B"], "B"), (["A", "B"], "B"), (["A", "A", "B"], "A")],
    "names are left out": [(["A"], "A"), ([None, None, "A"], "A"), ([None], "A")],
    "none before": [(["A", "B"], DOMAIN), (["A", "B", "B"], "B")],
    "of two spellings": [(["a"], "a"), (["a", "A"], "a"), (["a", "A", "Á"], "a")],
    "a spelling with more than half": [(["a"], "a"), (["a", "A", "A"], "A")],
    "another name of two spellings": [(["b"], "b"), (["a", "A", "A", "b", "a"], "A")],
    "all are gone": [(["A"], "A"), (["B"], "B")],
}


@pytest.mark.parametrize("history", HISTORIES)
def test_a_name_once_shown_is_replaced_only_by_one_with_more_than_half(
    tmp_path: Path, history: str
) -> None:
    for number, (names, name) in enumerate(HISTORIES[history]):
        scan(tmp_path, names, 1_600_000_000 + 1000 * number)  # each scan is another process's
        with viewing(tmp_path / "data") as view:
            assert view.provider(DOMAIN)[0] == name


def test_another_name_dates_the_documents_that_show_it_and_no_entry(tmp_path: Path) -> None:
    scan(tmp_path, ["A", "B"], 1_600_000_000)
    put(tmp_path / "seeds" / "others", article(9, topics=["Law"]))
    ingest(tmp_path / "seeds", tmp_path / "data", 1_600_000_100)
    addresses = ["/all.atom", f"/providers/{DOMAIN}.rss", "/all.json", "/providers"]
    with serving(tmp_path / "data") as client:
        before = {address: client.get(address) for address in addresses}
        updated = {
            item["id"]: item["date_modified"] for item in before["/all.json"].json()["items"]
        }
        put(tmp_path / "seeds" / "more", by(3, "B"))
        ingest(tmp_path / "seeds", tmp_path / "data", 1_700_000_000)
        wait_for(lambda: authors(client)[:3] == ["B", "B", "B"], "the new name")
        for address in addresses:
            wait_for(lambda: client.get(address).text != before[address].text, address)
            now = client.get(address)
            assert now.headers["etag"] != before[address].headers["etag"]
            assert now.headers["last-modified"] != before[address].headers["last-modified"]
        items = client.get("/all.json").json()["items"]
        assert updated.items() <= {item["id"]: item["date_modified"] for item in items}.items()


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        (["A", "A", "A"], ["B", "B", "B"], []),  # the name of the provider, not of an article
        (["A", "A", "A"], ["A", "A", "B"], []),  # readers see no difference
        (["A", "B"], ["A", "C"], [2]),  # each shows its own
        ([None, None], [None, "B"], [2]),
    ],
)
def test_a_name_in_an_article_moves_its_date_only_where_it_is_shown(
    tmp_path: Path, before: list[str | None], after: list[str | None], moved: list[int]
) -> None:
    scan(tmp_path, before, 1_600_000_000)
    scan(tmp_path, after, 1_600_001_000)
    with serving(tmp_path / "data") as client:
        entries = reversed(read(client.get("/all.atom").content, Format.ATOM).entries)
        dates = [entry.updated > entry.published for entry in entries]
        assert [number for number, is_moved in enumerate(dates, 1) if is_moved] == moved


def test_a_name_that_stays_moves_no_document(tmp_path: Path) -> None:
    scan(tmp_path, ["A", "A"], 1_600_000_000)
    put(tmp_path / "seeds" / "others", article(9, topics=["Law"]))
    ingest(tmp_path / "seeds", tmp_path / "data", 1_600_000_100)
    with serving(tmp_path / "data") as client:
        before = client.get("/topics/law.rss")
        put(tmp_path / "seeds", *articles(["A", "A", "B", "C"]))
        ingest(tmp_path / "seeds", tmp_path / "data", 1_700_000_000)
        wait_for(lambda: len(authors(client)) == 5, "the new articles")
        assert authors(client)[:4] == 4 * ["A"]
        after = client.get("/topics/law.rss")
        assert after.headers["last-modified"] == before.headers["last-modified"]
        assert after.content == before.content


names = st.lists(st.sampled_from(["A", "a", "B", "C", None]), min_size=1, max_size=8)


@pytest.mark.slow
@settings(max_examples=15)
@given(names, st.randoms(use_true_random=False), st.integers(1, 4))
def test_the_order_of_files_in_a_first_scan_decides_nothing(
    names: list[str | None], random: Any, size: int
) -> None:
    """Neither the order of files, nor how many are written at once."""
    shown = set()
    for number in range(2):
        with TemporaryDirectory() as folder:
            files = put(Path(folder, "seeds"), *articles(names))
            paths = sorted(path.name for path in files.iterdir())
            if number:
                random.shuffle(paths)
            with open_to_write(Path(folder, "data")) as engine:
                writer = Writer(engine)
                with closing(Pipeline(files, writer, lambda _: None, processes=1)) as pipeline:
                    for start in range(0, len(paths), size if number else len(paths)):
                        pipeline.follow(paths[start : start + (size if number else len(paths))])
                    pipeline.scan({})
            with viewing(Path(folder, "data")) as view:
                shown.add(view.provider(DOMAIN)[0])
    assert len(shown) == 1


def test_the_order_of_files_in_one_transaction_decides_nothing(tmp_path: Path) -> None:
    """B has more than half of them after some files of the scan, and C after others."""
    scan(tmp_path, ["A", "A", "A"], 1_600_000_000)
    for number, order in enumerate((["B"] * 4 + ["C"] * 5, ["C"] * 5 + ["B"] * 4)):
        scan(tmp_path, ["A", "A", "A", *order], 1_600_001_000 + number * 1000)
        with viewing(tmp_path / "data") as view:
            assert view.provider(DOMAIN)[0] == "A"


def test_a_name_once_shown_outlasts_a_catalog_that_is_rebuilt(tmp_path: Path) -> None:
    scan(tmp_path, ["A"], 1_600_000_000)
    scan(tmp_path, ["A", "B", "C"], 1_600_001_000)
    with closing(sqlite3.connect(tmp_path / "data" / FILE)) as database:
        database.execute("UPDATE alembic_version SET version_num = '0007'")
        database.commit()
    ingest(tmp_path / "seeds", tmp_path / "data", 1_600_002_000)
    with viewing(tmp_path / "data") as view:
        assert view.provider(DOMAIN)[0] == "A"
