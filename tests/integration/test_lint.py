"""What `feeds check` finds doubtful in feed sets, and wrong: all at once, each with its place."""

import json
from contextlib import closing
from pathlib import Path

import pytest

from feeds.config import inspect, load
from feeds.errors import ConfigError
from feeds.ingest.pool import ParserPool
from feeds.ingest.scanner import scan
from feeds.problems import Problem
from feeds.selection.lint import SetLinter
from tests.integration.test_query import NOW
from tests.support.examples import article
from tests.support.folders import put
from tests.support.paths import SEEDS, SHIPPED_CONFIG, SHIPPED_SEEDS

ARTICLES = [
    article(1, topics=["Computer Vision"], url="https://bbc.co.uk/1", quality=40),
    article(2, topics=["CV"], url="https://rt.com/2", excerpt="The Met police", type="video"),
    article(3, topics=["Draft only"], published=False),
    article(6, topics=["Law"], provider={"name": "The Times", "domain": "thetimes.com"}),
    article(4, topics=["Law"], related=[article(5, topics=["Coverage"], url="https://ft.com/5")]),
]
TOPICS = "- {slug: ai, name: AI}\n- {slug: computer-vision, parent: ai, aliases: [CV]}\n"
PROVIDERS = "- {domain: bbc.co.uk, name: BBC}\n- {domain: silent.example, name: Silent}\n"


def doubts(folder: Path, written: str) -> list[str]:
    """Return the warnings about sets, without the folder and without the word warning."""
    config, seeds = folder / "config", put(folder / "seeds", *ARTICLES)
    config.mkdir()
    for name, content in [("topics", TOPICS), ("providers", PROVIDERS), ("sets", written)]:
        (config / f"{name}.yaml").write_text(content)
    warnings = (str(one).removeprefix(f"{config}/") for one in found(config, seeds))
    return [warning.replace(" warning: ", " ", 1) for warning in warnings]


def found(config: Path, seeds: Path) -> list[Problem]:
    set_linter = SetLinter(inspect(config), NOW)
    files = [(one, None) for one in scan(seeds)]
    with closing(ParserPool(seeds, 1)) as pool:
        for batch in pool.parse_all(files, len(files)):
            for one in batch:
                for mention in one.mentions or ():
                    set_linter.add(mention)
    problems = list(set_linter.warnings())
    assert not any(problem.is_error for problem in problems)
    return problems


NOTHING = "has no entry today; see feeds explain, or widen its rules"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a: {include: {topics: [ai, CV, law, draft-only]}}", []),
        ("a: {include: {providers: [BBC, www.rt.com]}}", []),
        ("a: {include: {types: video, keywords: [Met], providers: rt.com}}", []),
        ("a: {exclude: {topics: [CV]}}", []),
        ('a: {members: ["/topics/ai?not_topic=lwa&provider=cbc", /topics/ai]}',
         [("sets.yaml:1:15: a.members[0]: neither an article nor topics.yaml has the topic lwa; "
           "write law"),
          ("sets.yaml:1:15: a.members[0]: neither an article nor providers.yaml has the provider "
           "cbc; correct it, or take it out")]),
        ("a: {include: {min_quality: 40}}", []),
        ("a: {include: {topics: Coverage}}", []),
        ("a: {include: {topics: Draft only}, unpublished: only}", []),
        ("a: {members: [/topics/law, /providers/rt.com]}", []),
        ("a: {include: {topics: [Law]}}\nb: {members: [/sets/a], include: {providers: BBC}}",
         [f"sets.yaml:2:4: b: {NOTHING}"]),
        ("a:\n  include:\n    topics:\n      - Law\n      - computer vison\n",
         [("sets.yaml:5:9: a.include.topics[1]: neither an article nor topics.yaml has the topic "
           "computer vison; write computer-vision")]),
        ("a: {include: {topics: Law}, exclude: {providers: [bbc.co]}}",
         [("sets.yaml:1:51: a.exclude.providers[0]: neither an article nor providers.yaml "
           "has the provider bbc.co; write bbc.co.uk")]),
        ("a: {members: [/topics/law+lww, /providers/rt.comm]}",
         [("sets.yaml:1:15: a.members[0]: neither an article nor topics.yaml has the topic lww; "
           "write law"),
          ("sets.yaml:1:32: a.members[1]: neither an article nor providers.yaml has the provider "
           "rt.comm; write rt.com")]),
        ("a: {include: {topics: [ai]}, exclude: {topics: [ai]}}",
         [("sets.yaml:1:4: a: can never have an entry: every topic it includes is excluded; "
           "take it out of include or of exclude")]),
        ("a: {include: {providers: BBC}, exclude: {providers: bbc.co.uk}}",
         [("sets.yaml:1:4: a: can never have an entry: every provider it includes is excluded; "
           "take it out of include or of exclude")]),
        ("a: {include: {keywords: [the met police]}, exclude: {keywords: [met]}}",
         [("sets.yaml:1:4: a: can never have an entry: every keyword it includes is excluded; "
           "take it out of include or of exclude")]),
        ("a: {include: {providers: BBC}}\nb: {members: [/sets/a], include: {providers: rt.com}}",
         [("sets.yaml:2:4: b: can never have an entry: no provider is left; "
           "take it out of include or of exclude")]),
        ("a: {include: {topics: Law, keywords: nowhere}}", [f"sets.yaml:1:4: a: {NOTHING}"]),
        ("a: {include: {topics: Draft only}}", [f"sets.yaml:1:4: a: {NOTHING}"]),
        ("a: {include: {topics: Coverage}, related: exclude}", [f"sets.yaml:1:4: a: {NOTHING}"]),
        ("a: {include: {providers: Silent}}", [f"sets.yaml:1:4: a: {NOTHING}"]),
        ("a: {include: {providers: [the times]}}",
         [("sets.yaml:1:27: a.include.providers[0]: the times is the name that articles give a "
           "provider, but a set needs its domain; write thetimes.com")]),
        (("a: {members: [/sets/b]}\nb: {members: [/sets/c]}\n"
          "c: {include: {topics: Law, keywords: nowhere}}"), [f"sets.yaml:3:4: c: {NOTHING}"]),
        ("a: {members: [/sets/b]}\nb: {include: {topics: [ai]}, exclude: {topics: [ai]}}",
         [("sets.yaml:2:4: b: can never have an entry: every topic it includes is excluded; "
           "take it out of include or of exclude")]),
        ("a: {include: {since: 1d}}", [f"sets.yaml:1:4: a: {NOTHING}"]),
    ],
)  # fmt: skip
def test_what_is_doubtful_is_reported_with_its_position_and_hint(
    tmp_path: Path, written: str, told: list[str]
) -> None:
    assert doubts(tmp_path, written) == told


def test_what_is_doubtful_is_reported_of_every_set_without_an_error(tmp_path: Path) -> None:
    told = doubts(
        tmp_path,
        "a: {include: {topic: Law}}\n"
        "b: {include: {topics: Lww}}\n"
        "c: {members: [/sets/a]}\n"
        "d: {members: [/sets/e]}\n"
        "e: {members: [/sets/d]}\n"
        "f: {members: [/sets/e, /sets/b]}\n"
        "g: {members: [/sets/b]}\n",
    )
    assert [one.split(": ")[1] for one in told] == ["b.include.topics[0]"]


def test_a_set_with_an_error_is_no_error_of_the_sets_it_is_in(tmp_path: Path) -> None:
    told = wrong(tmp_path, "a: {include: {topic: Law}}\nb: {members: [/sets/a]}\n")
    assert [one.split(": ")[1] for one in told] == ["a.include.topic"]


def test_a_mistake_hides_no_name_that_nobody_has(tmp_path: Path) -> None:
    told = doubts(
        tmp_path, "a: {include: {topics: lwa}, limit: 500}\nb: {include: {topics: lwa}}\n"
    )
    # That b has no entry is not said: the unknown name is the cause.
    assert [one.split(": ")[1] for one in told] == ["a.include.topics[0]", "b.include.topics[0]"]
    (tmp_path / "config/site.yaml").write_text("defaults: {unpublished: perhaps}\n")
    told = [str(one) for one in found(tmp_path / "config", tmp_path / "seeds")]
    assert len(told) == 2


def test_nothing_is_doubtful_about_sets_where_another_file_has_an_error(tmp_path: Path) -> None:
    (tmp_path / "topics.yaml").write_text("- {slug: ai, parent: nowhere}\n")
    (tmp_path / "sets.yaml").write_text("a: {include: {topics: ai}}\n")
    assert found(tmp_path, SEEDS) == []


def test_nothing_is_doubtful_about_what_is_shipped() -> None:
    assert found(SHIPPED_CONFIG, SHIPPED_SEEDS) == []


# --- what is wrong, whatever the articles --------------------------------------------


def wrong(folder: Path, written: str) -> list[str]:
    (folder / "sets.yaml").write_text(written)
    try:
        load(folder)
    except ConfigError as error:
        errors = (str(one).removeprefix(f"{folder}/sets.yaml:") for one in error.problems)
        return [error.replace(" error: ", " ", 1) for error in errors]
    return []


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("a: {members: [/all]}", []),
        ('a: {members: ["/all?q=x&topic=y&since=7d", /topics/a%2Bb, /topics/a+b+]}', []),
        ("a: {members: [/Sets/%62/, //topics/ai]}\nb: {include: {topics: AI}}", []),
        ("a: {members: [topics/ai]}", [("1:15: a.members[0]: "
         "topics/ai is not the address of a feed; "
         "write an address such as /topics/ai, /providers/bbc.co.uk or /sets/london")]),
        ('a: {members: ["https://example.org/topics/ai"]}', [("1:15: a.members[0]: "
         "https://example.org/topics/ai is not the address of a feed; "
         "write an address such as /topics/ai, /providers/bbc.co.uk or /sets/london")]),
        ('a: {members: ["/topics/ai.json?q=x"]}', [("1:15: a.members[0]: "
         "/topics/ai.json?q=x is not the address of a feed; write /topics/ai?q=x")]),
        ("a: {members: [/topics/+++]}", [("1:15: a.members[0]: /topics/+++ has no name in "
         "it; add the name of a topic, a provider or a set")]),
        ('a: {members: ["/all?min_quality=high"]}', [("1:15: a.members[0]: min_quality must be "
         "a number such as 50, not 'high'; correct the parameter, or leave it out")]),
        ('a: {members: ["/all?topics=ai"]}', [("1:15: a.members[0]: topics is not a parameter "
         "that a member may have; write topic")]),
        ('a: {members: ["/all?token=secret"]}', [("1:15: a.members[0]: token is not a parameter "
         "that a member may have; write topic, provider, not_topic, not_provider, type, "
         "min_quality, q, since")]),
        ("a: {members: [/sets/a]}", [("1:14: a.members: leads back to itself: a > a; "
         "take one of them out of the other")]),
        (("a: {members: [/sets/b]}\nb: {members: [/sets/c]}\nc: {members: [/sets/a]}\n"
         "d: {members: [/sets/a]}"),
         [("1:14: a.members: leads back to itself: a > b > c > a; "
          "take one of them out of the other")]),
    ],
)  # fmt: skip
def test_members_that_are_none_are_refused(tmp_path: Path, written: str, told: list[str]) -> None:
    assert wrong(tmp_path, written) == told


def nested(many: int, members: int = 1) -> str:
    """Sets of which each names the one before, several times over."""
    each = {f"s{n}": {"members": [f"/sets/s{n - 1}"] * members} for n in range(1, many)}
    return json.dumps({"s0": {"include": {"topics": "AI"}}} | each)


def test_bundles_nest_no_deeper_than_makes_sense(tmp_path: Path) -> None:
    assert wrong(tmp_path, nested(16)) == []
    assert [one.partition(": ")[2] for one in wrong(tmp_path, nested(2000))] == [
        (
            "s16.members: nests feed sets 17 deep; at most 16 are allowed; "
            "name the innermost feeds directly"
        )
    ]


def test_bundles_of_bundles_do_not_become_millions(tmp_path: Path) -> None:
    assert wrong(tmp_path, nested(3, members=30)) == []
    told = wrong(tmp_path, nested(10, members=30))
    assert "s3.members: has 27000 feeds in it; keep it to 1000" in told[0]
    assert "s9.members: has over a million feeds in it" in told[-1]


def test_a_cycle_of_thousands_is_reported_once_and_briefly(tmp_path: Path) -> None:
    ring = {f"s{n}": {"members": [f"/sets/s{(n + 1) % 3000}"]} for n in range(3000)}
    told = wrong(tmp_path, json.dumps(ring))
    assert len(told) == 1
    assert len(told[0]) < 200


def test_ten_thousand_sets_are_checked(tmp_path: Path) -> None:
    many = {f"s{n}": {"include": {"topics": "Law"}} for n in range(10_000)}
    assert wrong(tmp_path, json.dumps(many)) == []


def test_all_problems_of_all_sets_are_reported_at_once(tmp_path: Path) -> None:
    told = wrong(
        tmp_path,
        "a: {include: {topic: x, since: soon}, limit: many}\n"
        "B: {}\n"
        "c: {members: [/sets/b, /sets/a.rss], sort: newest, max_age: 5}\n",
    )
    assert {one.split(": ")[1] for one in told} == {
        "a.include.topic", "a.include.since", "a.limit", "B", "c.max_age", "c.sort",
        "c.members[0]", "c.members[1]",
    }  # fmt: skip
    assert [int(one.partition(":")[0]) for one in told] == [1, 1, 1, 2, 2, 3, 3, 3, 3]
