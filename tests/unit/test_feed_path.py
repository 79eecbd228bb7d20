"""The one type for a feed's path: every spelling parsed, one spelling printed."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.feed_path import SUFFIXES, FeedPath, Kind, parse_address
from feeds.model import Format

LETTERS = string.ascii_letters + string.digits + "-_.~:[]% ?#&äß日語\u202e\0"
names = st.text(LETTERS, min_size=1, max_size=12)
suffixes = st.sampled_from(["", *SUFFIXES])


@st.composite
def feed_paths(draw: st.DrawFn) -> FeedPath:
    kinds: list[Kind] = ["all", "topics", "providers", "sets", "stories"]
    kind = draw(st.sampled_from(kinds))
    most = {"all": 0, "topics": 4, "providers": 4, "sets": 1, "stories": 1}[kind]
    found = draw(st.lists(names, min_size=min(1, most), max_size=most))
    path = FeedPath(kind, tuple(found), draw(suffixes))
    if not path.suffix and path.decoded.lower().endswith(tuple(f".{one}" for one in SUFFIXES)):
        return path.with_suffix("rss")  # without it, the end of the name would be the suffix
    return path


@given(feed_paths(), st.text(string.ascii_letters + "=&%+?", max_size=10))
def test_what_is_printed_parses_to_the_same_path(path: FeedPath, query: str) -> None:
    assert FeedPath.parse(path.decoded) == path
    address = f"{path}?{query}" if query else str(path)
    assert parse_address(address) == (path, query)
    assert str(path).isascii()
    assert not set(str(path)) & set(" ?#[]\0")


@given(st.text(max_size=30))
def test_any_text_is_parsed_and_printed_the_same_from_then_on(text: str) -> None:
    path = FeedPath.parse(text)
    assert FeedPath.parse(path.decoded).decoded == path.decoded
    assert bool(path.kind) or path.names == tuple(filter(None, path.names))


@pytest.mark.parametrize(
    ("written", "path"),
    [
        ("/all", FeedPath()),
        ("/ALL.RSS", FeedPath("all", (), "rss")),
        ("/all.json/", FeedPath("all", (), "json")),
        ("/topics/ai", FeedPath("topics", ("ai",))),
        ("topics//AI.Atom/", FeedPath("topics", ("AI",), "atom")),
        ("/Topics/ai++law+", FeedPath("topics", ("ai", "law"))),
        ("/topics/+", FeedPath("topics")),
        ("/topics/c++.rss", FeedPath("topics", ("c",), "rss")),
        ("/providers/bbc.co.uk", FeedPath("providers", ("bbc.co.uk",))),
        ("/providers/a.example+b.example.json",
         FeedPath("providers", ("a.example", "b.example"), "json")),
        ("/sets/my+set", FeedPath("sets", ("my+set",))),
        ("/sets/london.opml", FeedPath("sets", ("london.opml",))),
        ("/stories/0a-1b.atom", FeedPath("stories", ("0a-1b",), "atom")),
        ("/feed", FeedPath("all", (), "rss")),
        ("/RSS.xml/", FeedPath("all", (), "rss")),
        ("/atom.xml", FeedPath("all", (), "atom")),
        ("/feed.json", FeedPath("all", (), "json")),
        ("/topics/feed.json", FeedPath("topics", ("feed",), "json")),
        ("/feed.xml/ai", FeedPath("", ("feed.xml", "ai"))),
        ("", FeedPath("")),
        ("/", FeedPath("")),
        ("/.rss", FeedPath("", (), "rss")),
        ("/ai.rss", FeedPath("", ("ai",), "rss")),
        ("/topics", FeedPath("", ("topics",))),
        ("/all/ai", FeedPath("", ("all", "ai"))),
        ("/topics/ai/law", FeedPath("", ("topics", "ai", "law"))),
    ],
)  # fmt: skip
def test_every_spelling_is_parsed(written: str, path: FeedPath) -> None:
    assert FeedPath.parse(written) == path


@pytest.mark.parametrize(
    ("path", "printed"),
    [
        (FeedPath(), "/all"),
        (FeedPath("all", (), "json"), "/all.json"),
        (FeedPath("topics", ("ai", "日")), "/topics/ai+%E6%97%A5"),
        (
            FeedPath("providers", ("[2001:db8::1]",), "rss"),
            "/providers/%5B2001%3Adb8%3A%3A1%5D.rss",
        ),
        (FeedPath("", ("a b", "c")), "/a%20b/c"),
    ],
)
def test_a_path_is_printed_percent_encoded(path: FeedPath, printed: str) -> None:
    assert str(path) == printed


def test_the_suffixes_are_those_of_the_formats() -> None:
    assert list(SUFFIXES) == list(Format)
