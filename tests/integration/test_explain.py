"""`feeds explain`: each rule of a feed, and what it made of an article."""

from pathlib import Path

import pytest

from feeds.util.urls import entry_id
from tests.support.application import ingest
from tests.support.commands import Run
from tests.support.examples import article
from tests.support.folders import configure, put

ARTICLES = [
    article(1, topics=["CV"], quality=40, excerpt="The Met police", url="https://bbc.co.uk/1"),
    article(2, topics=["Law"], published=False),
    article(3, topics=["Law"], related=[article(4, url="https://ft.com/4")]),
    article(5, title="Gone"),
]
TOPICS = [{"slug": "ai", "name": "AI"}, {"slug": "computer-vision", "parent": "ai",
                                         "aliases": ["CV"]}]  # fmt: skip
SETS = {
    "met": {"include": {"topics": ["ai"], "keywords": ["met"], "min_quality": 50},
            "exclude": {"keywords": ["sport"], "providers": ["rt.com"]}},
    "bundle": {"members": ["/topics/law", "/all?q=met"]},
    "one": {"include": {"since": "2020-01-01"}, "limit": 1},
    "own": {"include": {"topics": "law"}, "related": "exclude"},
    "drafts": {"include": {"topics": "law"}, "unpublished": "only", "private": True},
}  # fmt: skip
FIRST = "https://bbc.co.uk/1"
STORY = "story: an article and its related coverage"


@pytest.fixture
def folders(tmp_path: Path) -> list[str]:
    seeds = put(tmp_path / "seeds", *ARTICLES)
    ingest(seeds, tmp_path / "data")
    (seeds / "4.json").unlink()
    ingest(seeds, tmp_path / "data", now=1_600_000_100)
    config = configure(tmp_path / "config", topics=TOPICS, sets=SETS)
    return ["--config", str(config), "--data", str(tmp_path / "data")]


@pytest.mark.parametrize(
    ("entry", "path", "lines"),
    [
        (FIRST, "/sets/met", [
            "/sets/met: not in this feed",
            "  yes  shows: public articles (is public)",
            "  yes  topics: ai or computer-vision (has computer-vision)",
            "  NO   quality: 50 or more (is 40)",
            "  yes  words: met (has met)",
            "  yes  provider: not rt.com (is bbc.co.uk)",
            "  yes  words: not sport (has none of them)",
        ]),
        (FIRST, "/sets/bundle", [
            "/sets/bundle: in this feed, number 3 of at most 50",
            "  yes  shows: public articles (is public)",
            "  group 1 of 2 (one group is enough):",
            "  NO   topics: law (has computer-vision)",
            "  group 2 of 2 (one group is enough):",
            "  yes  words: met (has met)",
        ]),
        (FIRST, "/sets/one", [
            "/sets/one: not in this feed: it meets every rule, but the feed shows only the first 1",
            "  yes  shows: public articles (is public)",
            "  yes  published: from 2020-01-01 on (was 2020-01-01 12:00 UTC)",
        ]),
        ("http://www.bbc.co.uk/1/?utm_source=x", "/topics/CV.rss?q=MET", [
            "/topics/computer-vision?q=met: in this feed, number 1 of at most 50",
            "  yes  shows: public articles (is public)",
            "  yes  topics: computer-vision (has computer-vision)",
            "  yes  words: met (has met)",
        ]),
        (FIRST, f"/stories/{entry_id('https://ft.com/4')}", [
            f"/stories/{entry_id('https://ft.com/4')}: not in this feed",
            "  yes  shows: public articles (is public)",
            f"  NO   {STORY} (is not one of them)",
        ]),
        ("https://ft.com/4", f"/stories/{entry_id('https://ft.com/4')}", [
            f"/stories/{entry_id('https://ft.com/4')}: in this feed, number 1 of at most 200",
            "  yes  shows: public articles (is public)",
            f"  yes  {STORY} (is one of them)",
        ]),
        ("https://ft.com/4", "/sets/own", [
            "/sets/own: not in this feed",
            "  yes  shows: public articles (is public)",
            "  NO   shows: only articles with a file of their own (is related coverage)",
            "  yes  topics: law (has law)",
        ]),
        ("https://news.example.com/2", "/sets/drafts", [
            "/sets/drafts: in this feed, number 1 of at most 50",
            "  yes  shows: drafts (is a draft)",
            "  yes  topics: law (has law)",
        ]),
    ],
)  # fmt: skip
def test_each_rule_is_explained_with_its_outcome(
    run: Run,
    folders: list[str],
    entry: str,
    path: str,
    lines: list[str],
) -> None:
    ran = run("explain", entry, path, *folders)
    assert (ran.status, ran.err) == (0, "")
    about, explained = ran.out.rstrip("\n").split("\n\n")
    assert explained.splitlines() == lines
    assert "  id         urn:uuid:" in about


def test_without_a_feed_every_feed_that_it_might_be_in_is_explained(
    run: Run,
    folders: list[str],
) -> None:
    told = run("explain", FIRST, *folders).out.split("\n\n")
    assert [one.partition(":")[0] for one in told[1:]] == [
        "/all", "/topics/computer-vision", "/topics/ai", "/providers/bbc.co.uk",
        *(f"/sets/{name}" for name in SETS),
    ]  # fmt: skip
    assert "  file       1.json" in told[0]
    assert "  type       article, quality 40" in told[0]


def test_a_draft_is_explained_though_only_drafts_have_its_topic(run: Run, tmp_path: Path) -> None:
    draft = article(1, topics=["Secret"], published=False, url="https://bbc.co.uk/1")
    ingest(put(tmp_path / "seeds", draft), tmp_path / "data")
    config = configure(tmp_path / "config", sets=SETS)
    ran = run("explain", FIRST, "--config", str(config), "--data", str(tmp_path / "data"))
    assert (ran.status, ran.err) == (0, "")
    told = ran.out.split("\n\n")[1:]
    assert [one.partition(":")[0] for one in told] == ["/all", *(f"/sets/{name}" for name in SETS)]


@pytest.mark.parametrize("file", ["1.json", "articles/1.json", "./articles/1.json"])
def test_an_article_is_named_by_its_file_too(run: Run, folders: list[str], file: str) -> None:
    named = run("explain", file, "/all", "--seeds", "articles", *folders)
    assert named == run("explain", FIRST, "/all", *folders)


@pytest.mark.parametrize(
    ("entry", "path", "said"),
    [
        ("https://news.example.com/5", "", "withdrawn on 2020-09-13"),
        ("https://news.example.com/99", "", "no article in the catalog has this address or id"),
        ("urn:uuid:00000000-0000-0000-0000-000000000000", "", "no article in the catalog"),
        ("nonsense", "", "give the article's complete address, its id or its file"),
        ("\x1b[31m", "", "give the article's complete address"),
        ("https://a.example/\x1b[31m", "", "https://a.example/\\x1b[31m: no article in the"),
        (FIRST, "/topics/cvv", "There is no topic 'cvv'."),
        (FIRST, "/all?limit=0", "limit must be a whole number from 1 to 200"),
        (FIRST, "/sets/mett", "Perhaps you meant /sets/met."),
    ],
)
def test_what_cannot_be_explained_is_one_message(
    run: Run,
    folders: list[str],
    entry: str,
    path: str,
    said: str,
) -> None:
    ran = run("explain", entry, path, *folders)
    assert ran.status == 2
    assert said in ran.err
    assert "Traceback" not in ran.err
    assert "\x1b" not in ran.err
