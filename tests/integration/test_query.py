"""What the catalog selects is what the rules say, entry by entry: held equal by a property."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.catalog import query
from feeds.catalog.query import EntryQuery
from feeds.catalog.reader import StoredEntry, tiers
from feeds.feed_path import FeedPath
from feeds.model import Criteria, FeedSpec, Order, Phrase, Shown, Since, Visibility
from feeds.selection import loader, matcher
from feeds.selection.site_view import SiteView
from tests.support.application import ingest, viewing
from tests.support.examples import Fields, article
from tests.support.folders import put

NOW = datetime(2020, 3, 1, tzinfo=UTC)
TOPICS = ["ai", "law", "robots", "seas"]
DOMAINS = ["a.example", "b.example", "c.example"]
WORDS = ["police", "Café", "C++", "facial recognition", "人工智能", "it's"]
ALL_TIERS = tiers("include", related=True, private=True)
KINDS = ["article", "video", "podcast"]


def made(number: int) -> Fields:
    """An article of many, each property with a rhythm of its own."""
    said = [word for place, word in enumerate(WORDS) if number % (place + 2) == 0]
    return article(
        number,
        date=(NOW + timedelta(hours=12 - 6 * (number // 3))).isoformat(),
        url=f"https://{DOMAINS[number % 7 % 3]}/{number}",
        title=f"Title {' '.join(said[:2])}",
        excerpt=f"{'By the way' if number % 4 else ''} {' and '.join(said[2:4])}",
        content=" <b>or</b> ".join(said[4:]),
        topics=[topic for place, topic in enumerate(TOPICS) if number % (place + 2) < 2],
        quality=[None, 10, 50, 90][number % 4],
        heat=[None, None, 1, 2, 3][number % 5],
        type=KINDS[number % 11 % 3],
        published=number % 6 != 0,
        related=[article(number + 1000, url=f"https://a.example/r{number}", topics=["seas"])]
        if number % 9 == 0
        else [],
    )


@dataclass(repr=False)
class Many:
    """A catalog with many entries, and all of them."""

    view: SiteView
    stored: list[StoredEntry]

    def __repr__(self) -> str:
        return "many entries"


@contextmanager
def many(folder: Path) -> Iterator[Many]:
    seeds = put(folder / "seeds", *map(made, range(1, 121)))
    ingest(seeds, folder / "data", now=NOW.timestamp())
    with viewing(folder / "data") as view:
        everything = view.reader.select(view.connection, EntryQuery(ALL_TIERS, 10_000))
        yield Many(view, everything)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Many]:
    with many(tmp_path_factory.mktemp("many")) as found:
        yield found


some_topics = st.frozensets(st.sampled_from([*TOPICS, "unknown"]), min_size=1, max_size=3)
some_providers = st.frozensets(st.sampled_from([*DOMAINS, "unknown.example"]), max_size=2)
phrases = st.sampled_from(
    [("police",), ("cafe",), ("c++",), ("facial", "recognition"), ("人", "工"), ("it", "s"), ("x",),
     ("the",), ("and",)]
)  # fmt: skip
limits = st.one_of(
    st.integers(1, 40 * 86400).map(lambda span: Since(span=span)),
    st.integers(0, 60).map(lambda days: Since(moment=NOW - timedelta(days=days))),
)
criteria = st.builds(
    Criteria,
    topics=st.lists(some_topics, max_size=2).map(tuple),
    providers=st.none() | some_providers,
    kinds=st.none() | st.frozensets(st.sampled_from(KINDS), max_size=2),
    phrases=st.lists(st.lists(phrases, min_size=1, max_size=2).map(tuple), max_size=2).map(tuple),
    min_quality=st.none() | st.sampled_from([0.0, 10.0, 50.0, 91.0]),
    since=st.lists(limits, max_size=2).map(tuple),
    not_topics=st.just(frozenset[str]()) | some_topics,
    not_providers=some_providers,
    not_phrases=st.lists(phrases, max_size=3).map(tuple),
    shown=st.none()
    | st.builds(Shown, st.sampled_from(["exclude", "include", "only"]), st.booleans()),
)


@pytest.mark.slow
@given(
    wanted=st.lists(criteria, min_size=1, max_size=3).map(tuple),
    order=st.sampled_from(["published", "quality", "heat"]),
    unpublished=st.sampled_from(["exclude", "include", "only"]),
    related=st.booleans(),
    private=st.booleans(),
    limit=st.integers(1, 200),
    sorted_hits=st.sampled_from([0, 10, 50_000]),
)
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_catalog_selects_what_the_rules_say(
    catalog: Many,
    wanted: tuple[Criteria, ...],
    order: Order,
    unpublished: Visibility,
    related: bool,
    private: bool,
    limit: int,
    sorted_hits: int,
) -> None:
    spec = FeedSpec(FeedPath(), wanted, limit=limit, order=order, unpublished=unpublished)
    spec = replace(spec, related=related, private=private)
    with pytest.MonkeyPatch.context() as patch:
        # A small catalog would never have its scores walked.
        patch.setattr(query, "_SORTED", sorted_hits)
        feed = loader.load(catalog.view, spec, NOW)
    assert [one.entry.id for one in feed.entries] == [
        one.entry.id for one in by_rules(catalog, spec)
    ]


@pytest.mark.parametrize("order", ["quality", "heat"])
@pytest.mark.parametrize("limit", [1, 20, 110, 120, 200])
@pytest.mark.parametrize(
    "one",
    [
        Criteria(),
        Criteria(phrases=((("title",),),)),
        Criteria(not_phrases=(("police",),)),
        Criteria(since=(Since(moment=NOW - timedelta(days=3)),)),
        Criteria(min_quality=50),
    ],
)
def test_everything_in_order_of_a_score_ends_with_what_has_none(
    catalog: Many, order: Order, limit: int, one: Criteria
) -> None:
    visibilities: tuple[Visibility, ...] = ("exclude", "include")
    for unpublished, sorted_hits in product(visibilities, (0, 10, 50_000)):
        spec = FeedSpec(FeedPath(), (one,), limit=limit, order=order, unpublished=unpublished)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(query, "_SORTED", sorted_hits)
            found = loader.load(catalog.view, spec, NOW).entries
        expected = [one.entry.id for one in by_rules(catalog, spec)]
        assert [one.entry.id for one in found] == expected


@pytest.mark.parametrize("order", ["published", "quality", "heat"])
@pytest.mark.parametrize("phrases", [((("police",),),), ()])
def test_an_entry_of_several_topics_counts_once(
    catalog: Many, phrases: tuple[tuple[Phrase, ...], ...], order: Order
) -> None:
    wanted = Criteria(
        topics=(frozenset(TOPICS),), phrases=phrases, not_phrases=(("facial", "recognition"),)
    )
    spec = FeedSpec(FeedPath(), (wanted,), limit=7, order=order)
    found = loader.load(catalog.view, spec, NOW).entries
    assert len(found) == 7
    assert [one.entry.id for one in found] == [one.entry.id for one in by_rules(catalog, spec)]


def by_rules(catalog: Many, spec: FeedSpec) -> list[StoredEntry]:
    """The same feed, entry by entry."""
    found = []
    for one in catalog.stored:
        seen = catalog.view.facts(one)
        shown = matcher.visibility(spec.unpublished, spec.related, seen, private=spec.private)
        if all(verdict.met for verdict in shown) and matcher.is_met(spec.criteria, seen, NOW):
            found.append(one)
    return sorted(found, key=lambda one: rank(one, spec.order), reverse=True)[: spec.limit]


def rank(one: StoredEntry, order: Order) -> tuple[float, datetime, bytes]:
    score = {"published": 0.0, "quality": one.entry.quality, "heat": one.entry.heat}[order]
    low = float("-inf")
    return (low if score is None else score, one.entry.published, one.entry.id.bytes)
