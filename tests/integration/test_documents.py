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
from feeds.catalog.query import EntryFilter, EntryQuery
from feeds.catalog.reader import tiers
from feeds.util import tokenizer
from tests.support.application import ingest, viewing
from tests.support.catalog_content import indexed_terms
from tests.support.examples import Fields, article

SAID = ["police", "Café", "C++", "人工智能", "it's", "plain words", "_", ""]
# Positions for no more than eight of one second: they collide all the time.
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


def expected(connection: Connection) -> set[tuple[int, str, int]]:
    """What the index should have, from what the catalog has of every entry."""
    rows = connection.execute(
        text("SELECT e.key, e.tier, e.provider, e.kind, e.topics, m.payload "
             "FROM entries e JOIN mentions m ON m.id = e.winner WHERE e.tier >= 0")
    )  # fmt: skip
    found = set()
    for key, tier, provider, kind, topics, payload in rows:
        terms = [f"§{tier}", f"§p{provider}§{tier}", f"§k{kind.encode().hex()}§{tier}"]
        terms += [f"§t{id}§{tier}" for id in topics.split(",") if id]
        terms += tokenizer.searchable(payloads.text(payload)).split()
        found |= {(key, term, number) for number, term in enumerate(terms)}
    return found


@pytest.mark.slow
@given(steps)
@settings(max_examples=25)
def test_the_index_has_the_words_of_the_articles_after_any_changes(
    taken: list[tuple[Fields | str | None, ...]],
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "_TIE_BITS", TIES)
        seeds, data = Path(folder, "seeds"), Path(folder, "data")
        seeds.mkdir()
        for number, step in enumerate(taken):
            take(seeds, step)
            ingest(seeds, data, now=1_600_000_000 + number)
            with viewing(data) as view:
                assert indexed_terms(view.connection) == expected(view.connection)
                published = view.connection.execute(text("SELECT position, published FROM entries"))
                assert all(documents.published_at(position) == when for position, when in published)


@pytest.mark.slow
@given(steps, st.sampled_from(["exclude", "include", "only"]))
@settings(max_examples=15)
def test_a_search_finds_what_a_scan_finds_after_any_changes(
    taken: list[tuple[Fields | str | None, ...]], unpublished: str
) -> None:
    shown = tiers(unpublished, True)  # type: ignore[arg-type]
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "_TIE_BITS", TIES)
        seeds, data = Path(folder, "seeds"), Path(folder, "data")
        seeds.mkdir()
        for number, step in enumerate(taken):
            take(seeds, step)
            ingest(seeds, data, now=1_600_000_000 + number)
        with viewing(data) as view:
            everything = view.reader.select(view.connection, EntryQuery(shown, 100))
            for phrase in {tokenizer.phrase(said) for said in SAID} - {()}:
                query = EntryQuery(shown, 100, [EntryFilter(phrases=((phrase,),))])
                found = view.reader.select(view.connection, query)
                assert found == [
                    one
                    for one in everything
                    if tokenizer.contains(tokenizer.fold(payloads.plain_text(
                        one.entry.title, one.entry.summary, one.entry.content)), phrase)
                ]  # fmt: skip


def test_positions_of_one_second_are_in_that_second_and_each_once() -> None:
    some = documents.positions(-5, (1 << 62) + 7)
    found = [position for position, _ in zip(some, range(1000), strict=False)]
    assert len(set(found)) == 1000
    assert {documents.published_at(position) for position in found} == {-5}
    assert min(found) >= documents.newest_position(-5)
    assert max(found) < documents.newest_position(-6)


def test_a_position_is_no_negative_number_and_fits_the_catalog() -> None:
    for year_1, year_9999 in [(-62_135_596_800, 253_402_300_799)]:
        assert documents.newest_position(year_9999) == 0
        assert documents.newest_position(year_1 - 1) == documents.END < 1 << 63


@given(st.lists(st.integers(0, (1 << 63) - 1), min_size=2, max_size=2))
def test_entries_of_one_second_are_in_the_order_of_their_keys(keys: list[int]) -> None:
    low, high = sorted(keys)
    second, first = (next(iter(documents.positions(7, key))) for key in (low, high))
    assert first <= second
    assert first < second or low >> 39 == high >> 39
