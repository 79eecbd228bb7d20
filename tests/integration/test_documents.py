"""The full-text index has the words of the articles as they are, whatever happened to them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, text

from feeds.catalog import documents
from feeds.catalog import payload as payloads
from feeds.catalog.reader import tiers
from feeds.catalog.wanted import Wanted
from feeds.util import tokenizer
from tests.support.application import ingest, viewing
from tests.support.examples import Fields, article

SAID = ["police", "Café", "C++", "人工智能", "it's", "plain words", "_", ""]
# A place for no more than eight of one second: they collide all the time.
TIES = 3

articles = st.builds(
    lambda url, said, more, second, public, scores: article(
        url, title=f"Title {said}", excerpt=more, date=f"2020-01-01T00:00:0{second}Z",
        published=public, quality=scores,
    ),
    st.integers(1, 4), st.sampled_from(SAID), st.sampled_from(SAID), st.integers(0, 1),
    st.booleans(), st.integers(0, 2),
)  # fmt: skip
files = st.builds(
    lambda fields, related: {**fields, "related": related}, articles, st.lists(articles, max_size=1)
)
# What becomes of each of three files in a step: as it is, gone, or written anew.
steps = st.lists(
    st.tuples(*[st.one_of(st.just("same"), st.none(), files) for _ in range(3)]),
    min_size=1,
    max_size=5,
)


def take(seeds: Path, step: tuple[Fields | str | None, ...]) -> None:
    for number, becomes in enumerate(step):
        path = seeds / f"{number}.json"
        if becomes is None:
            path.unlink(missing_ok=True)
        elif becomes != "same":
            path.write_text(json.dumps(becomes))


def indexed(connection: Connection) -> set[tuple[int, str, int]]:
    """Every word in the index: whose it is, and which of its words."""
    if not connection.scalar(text("SELECT 1 FROM temp.sqlite_master WHERE name = 'said'")):
        connection.execute(
            text("CREATE VIRTUAL TABLE temp.said USING fts5vocab(main, texts, instance)")
        )
    rows = connection.execute(
        text(
            "SELECT e.key, s.term, s.offset FROM temp.said s LEFT JOIN entries e ON e.place = s.doc"
        )
    )
    return {(key, term, offset) for key, term, offset in rows}


def scanned(connection: Connection) -> set[tuple[int, str, int]]:
    """The same, read from what the catalog has of every entry."""
    rows = connection.execute(
        text("SELECT e.key, m.payload FROM entries e JOIN mentions m ON m.id = e.winner "
             "WHERE e.tier >= 0")
    )  # fmt: skip
    return {
        (key, word, number)
        for key, payload in rows
        for number, word in enumerate(tokenizer.fold(payloads.text(payload)).split())
    }


@given(steps)
@settings(max_examples=25)
def test_the_index_has_the_words_of_the_articles_after_any_changes(
    taken: list[tuple[Fields | str | None, ...]],
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "_TIES", TIES)
        seeds, data = Path(folder, "seeds"), Path(folder, "data")
        seeds.mkdir()
        for number, step in enumerate(taken):
            take(seeds, step)
            ingest(seeds, data, now=1_600_000_000 + number)
            with viewing(data) as view:
                assert indexed(view.connection) == scanned(view.connection)
                published = view.connection.execute(text("SELECT place, published FROM entries"))
                assert all(documents.published_at(place) == when for place, when in published)


@given(steps, st.sampled_from(["exclude", "include", "only"]))
@settings(max_examples=15)
def test_a_search_finds_what_a_scan_finds_after_any_changes(
    taken: list[tuple[Fields | str | None, ...]], unpublished: str
) -> None:
    shown = tiers(unpublished, True)  # type: ignore[arg-type]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "_TIES", TIES)
        seeds, data = Path(folder, "seeds"), Path(folder, "data")
        seeds.mkdir()
        for number, step in enumerate(taken):
            take(seeds, step)
            ingest(seeds, data, now=1_600_000_000 + number)
        with viewing(data) as view:
            everything = view.reader.select(view.connection, shown, 100, [Wanted()])
            for phrase in {tokenizer.phrase(said) for said in SAID} - {()}:
                wanted = Wanted(phrases=((phrase,),))
                found = view.reader.select(view.connection, shown, 100, [wanted])
                assert found == [
                    one
                    for one in everything
                    if tokenizer.contains(tokenizer.fold(payloads.said(
                        one.entry.title, one.entry.summary, one.entry.content)), phrase)
                ]  # fmt: skip


def test_places_of_one_second_are_in_that_second_and_each_once() -> None:
    some = documents.places(-5, (1 << 62) + 7)
    found = [place for place, _ in zip(some, range(1000), strict=False)]
    assert len(set(found)) == 1000
    assert {documents.published_at(place) for place in found} == {-5}
    assert min(found) >= documents.first_place(-5)
    assert max(found) < documents.first_place(-4)


def test_a_place_is_no_negative_number_and_fits_the_catalog() -> None:
    for year_1, year_9999 in [(-62_135_596_800, 253_402_300_799)]:
        assert documents.first_place(year_1) == 0
        assert documents.first_place(year_9999 + 1) < 1 << 63
