"""Articles and feeds made up for tests, tame and hostile."""

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from hypothesis import strategies as st

from feeds.articles.frontmatter import read
from feeds.articles.normalize import normalize
from feeds.errors import ArticleError
from feeds.feed_path import FeedPath
from feeds.model import Entry, Feed, FeedEntry, FeedSpec, Person, Site, Topic
from feeds.podcast import Podcast
from feeds.util import text
from feeds.util.urls import entry_id

BASE = "https://feeds.example.org"
Fields = dict[str, Any]


def article(number: int = 1, **fields: Any) -> Fields:
    """Return the fields of an article: those that an entry needs, and those given."""
    return {
        "title": f"Title {number}",
        "url": f"https://news.example.com/{number}",
        "date": f"2020-01-{number:02}T12:00:00Z",
        **fields,
    }


def written(fields: Fields) -> str:
    """Return an article as a file holds it: JSON, so that nothing needs quoting."""
    return json.dumps(fields)


def entries(*articles: Fields) -> tuple[Entry, ...]:
    """Return the entries that ingest would make of articles, each once."""
    found: dict[str, Entry] = {}
    for fields in articles:
        for entry in normalize(read("article.json", written(fields).encode())).entries:
            found.setdefault(entry.urn, entry)
    return tuple(found.values())


def feed(given: Iterable[Entry], **changes: Any) -> Feed:
    """Return a feed of entries, as selection would make it."""
    shown = tuple(
        FeedEntry(
            entry,
            entry.provider,
            entry.updated or entry.published,
            tuple(Topic(text.slug(name), name) for name in entry.topics),
        )
        for entry in given
    )
    made = Feed(
        FeedSpec(FeedPath.parse("/topics/ai")),
        Site("AI news", BASE),
        "AI — AI news",
        "Articles on AI",
        shown,
        max((one.updated for one in shown), default=None),
        datetime(2020, 1, 1, tzinfo=UTC),
    )
    return replace(made, **changes)


RICH = article(
    excerpt="In short: a < b",
    content="At *length*, with [a link](/more) and ![a picture](picture.png).",
    updatedDateTime="2020-03-04T05:06:07Z",
    topics=["AI", "Computer Vision"],
    tags=["Robots & co"],
    provider={"name": "Example News", "domain": "www.example.com"},
    authors=[{"name": "Jane & co", "url": "https://jane.example/"}, "John Roe"],
    enclosure={"url": "a.mp3?a&b", "length": 5, "duration": "1:02", "title": '"Listen"'},
    video=["https://video.example/watch?v=1&w", "https://video.example/1.mp4"],
    attachments=["https://video.example/2.mp4", "a.pdf"],
    images=[{"url": "https://i.example/1.png?a=1&b=2", "width": 640, "height": 480, "title": '"'}],
    featuredContent='<iframe src="https://video.example/1"></iframe>',
    quality=47,
    related=[article(2, title="The same elsewhere", topics=["Law"])],
)
SITE = Site(
    "AI & co",
    BASE,
    "What happens",
    "sv-FI",  # pages are not translated into it
    Person("The editors", "editors@example.org", "https://example.org/"),
    "© Example",
    "https://example.org/icon.png",
)

PODCAST = Podcast(
    "Radio & co",
    "radio@example.org",
    ("Society & Culture", "Documentary"),
    "https://example.org/cover.jpg",
)


def full() -> Feed:
    """Return a feed with everything that a feed can have."""
    return feed(
        entries(RICH),
        site=SITE,
        title="AI — AI & co",
        image="https://example.org/ai.png",
        podcast=PODCAST,
    )


def usable(articles: list[Fields]) -> list[Entry]:
    """Return the entries of those articles that can be used, each once."""
    found: dict[str, Entry] = {}
    for fields in articles:
        try:
            found |= {entry.urn: entry for entry in entries(fields)}
        except ArticleError:
            continue
    return list(found.values())


def id_of(number: int) -> UUID:
    """Return the id of the entry of `article(number)`."""
    return entry_id(f"https://news.example.com/{number}")


# --- hostile -----------------------------------------------------------------

NASTY = [
    "<script>alert(1)</script>", "</title><item>", "<b>bold</b>", "a < b > c & d", "AT&amp;T",
    "&amp;lt;b&amp;gt;", "&nbsp;&#0;&#x1F600;&bogus;", "]]>", "<![CDATA[x]]>", "<!-- x", "-->",
    "<?xml version='1.0'?>", '"quoted" and \'quoted\'', "\u202eright to left\u202c", "שלום עולם",
    "مرحبا", "\U0001f469\u200d\U0001f467 family", "\U0001f1e9\U0001f1ea", "e\u0301", "\ufeff",
    "\u200b", "\u2028\u2029", "\x00\x01\x08", "\x0b\x0c\x1f", "\x7f\x85\x9f", "\ud800",
    "\udfff\ud800", "\ufffe\uffff", "\U0001fffe", "tab\tnew\nline\r\n", "  many   spaces  ",
    "W" * 300, "{{ site.title }}", "{% raw %}", "%s %d %%", "$(id)", "name@example.org (Name)",
    "http://x.example/?a=1&b=2",
    "javascript:alert(1)", "N/A", "null", "~", "0", "-", "no",
]  # fmt: skip

hostile = st.one_of(
    st.sampled_from(NASTY),
    st.text(max_size=40),
    st.lists(st.one_of(st.sampled_from(NASTY), st.text(max_size=10)), max_size=4).map(" ".join),
)
moments = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)).map(  # noqa: DTZ001
    lambda moment: moment.replace(tzinfo=UTC).isoformat()
)
recent = st.integers(0, 10**9).map(
    lambda seconds: (datetime(1995, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)).isoformat()
)
addresses = st.one_of(
    st.integers(0, 30).map(lambda number: f"https://news.example.com/{number}?a=1&b=<2>"),
    st.text(max_size=20).map(lambda path: f"http://news.example.org/{path}"),
)
images = st.fixed_dictionaries(
    {"url": addresses},
    optional={
        "title": hostile,
        "attribution": hostile,
        "width": st.one_of(st.integers(-5, 5000), hostile),
        "height": st.integers(0, 5000),
    },
)
files = st.one_of(
    addresses,
    addresses.map(lambda address: address.partition("?")[0] + ".mp3"),
    st.fixed_dictionaries(
        {"url": addresses},
        optional={
            "type": st.one_of(hostile, st.sampled_from(["audio/mpeg", "video/mp4", "text/html"])),
            "length": st.one_of(st.integers(), hostile),
            "duration": st.one_of(st.integers(), st.floats(), hostile),
            "title": hostile,
        },
    ),
)
people = st.one_of(
    hostile,
    st.fixed_dictionaries(
        {"name": hostile}, optional={"url": addresses, "email": hostile, "avatar": hostile}
    ),
)


def _frame(path: str) -> str:
    return f'<iframe src="https://video.example/{quote(path, errors="replace")}"></iframe>'


_optional = {
    "excerpt": hostile,
    "content": st.one_of(hostile, hostile.map(lambda inside: f"<p>{inside}</p>\n\n# {inside}")),
    "featuredContent": st.one_of(hostile, st.text(max_size=8).map(_frame)),
    "updatedDateTime": recent,
    "topics": st.one_of(hostile, st.lists(hostile, max_size=3)),
    "tags": st.lists(hostile, max_size=3),
    "type": hostile,
    "quality": st.one_of(st.integers(), st.floats(), hostile),
    "provider": st.fixed_dictionaries({"name": hostile}, optional={"domain": hostile}),
    "author": people,
    "enclosure": files,
    "attachments": st.one_of(hostile, st.lists(files, max_size=3)),
    "authors": st.one_of(hostile, st.lists(people, max_size=3)),
    "images": st.lists(images, max_size=2),
    "ampUrl": addresses,
    "secured": st.just("MARKER"),
}


def articles(dates: st.SearchStrategy[str] = recent) -> st.SearchStrategy[Fields]:
    """Return a strategy for articles with hostile text in every field; most can be used."""
    needed = {"title": hostile.map(lambda text: f"T {text}"), "url": addresses, "date": dates}
    related = st.fixed_dictionaries(needed, optional=_optional)
    return st.fixed_dictionaries(
        needed, optional={**_optional, "related": st.lists(related, max_size=2)}
    )
