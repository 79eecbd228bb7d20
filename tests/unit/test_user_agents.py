"""Who asks, by their User-Agent: as it is found in the logs of servers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.stats.user_agents import BROWSERS, UNNAMED, parse

CHROME = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0.0.0 Safari/537.36"
)
SEEN = [
    ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 142 subscribers; like FeedFetcher-Google)",
     "Feedly", 142),
    ("NewsBlur Feed Fetcher - 1 subscriber - http://www.newsblur.com/ (Mozilla/5.0 (Macintosh))",
     "NewsBlur Feed Fetcher", 1),
    ("Feedbin feed-id:1344882 - 17 subscribers", "Feedbin", 17),
    ("Inoreader/1.0 (+http://www.inoreader.com/feed-fetcher; 95 subscribers; )", "Inoreader", 95),
    ("Mozilla/5.0 (compatible; BazQux/2.4; +https://bazqux.com/fetcher; 12 subscribers)",
     "BazQux", 12),
    ("Mozilla/5.0 (compatible; theoldreader.com; 3 subscribers; feed-id=abc)", UNNAMED, 3),
    ("Mozilla/5.0 (compatible; Miniflux/2.2.3; +https://miniflux.app)", "Miniflux", None),
    ("NetNewsWire (RSS Reader; https://netnewswire.com/)", "NetNewsWire", None),
    ("Tiny Tiny RSS/24.02 (https://tt-rss.org/)", "Tiny Tiny RSS", None),
    ("FreshRSS/1.24.1 (Linux; https://freshrss.org)", "FreshRSS", None),
    ("curl/8.5.0", "curl", None),
    ("python-requests/2.31.0", "python-requests", None),
    (CHROME, BROWSERS, None),
    ("Mozilla/5.0 (Macintosh; rv:128.0) Gecko/20100101 Firefox/128.0", BROWSERS, None),
    ("", UNNAMED, None),
    ("   ", UNNAMED, None),
]  # fmt: skip


@pytest.mark.parametrize(("written", "name", "subscribers"), SEEN, ids=[one[1] for one in SEEN])
def test_a_program_is_known_by_its_name_and_its_readers(
    written: str, name: str, subscribers: int | None
) -> None:
    assert parse(written) == (name, subscribers)


@given(st.text(max_size=200))
def test_whatever_a_client_calls_itself_it_has_a_short_name(written: str) -> None:
    name, subscribers = parse(written)
    assert 0 < len(name) <= 40
    assert name.isprintable() or not written.isprintable()
    assert subscribers is None or 0 <= subscribers < 10**8
