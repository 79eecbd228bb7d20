"""The fast path and the ASGI path give the same bytes, whatever is asked and whatever happens."""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httptools
import pytest
import uvicorn
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.server import protocol
from feeds.server.protocol.fast_path import FastPathProtocol
from tests.support.application import ingest
from tests.support.paths import SEEDS
from tests.support.processes import serve
from tests.support.servers import DATE, LAST, Servers, connected, request, servers
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("data")
    ingest(SEEDS, data)
    with servers(data) as running:
        yield running


def answered_fast(both: Servers) -> int:
    return both.service.cache.ready.served


# --- the property --------------------------------------------------------------

FEEDS = [
    "/all.rss", "/all.atom", "/topics/ai.json", "/topics/computer-vision.rss",
    "/providers/bbc.co.uk.atom", "/all.rss?limit=5", "/all.json?q=face%20police",
]  # fmt: skip
SPELLINGS = [
    *FEEDS, "/all", "/", "/feeds.opml", "/feeds.json", "/topics/AI.rss", "/topics/nothing.rss",
    "/ALL.RSS", "/all.rss/", "//all.rss", "/./all.rss", "/all.rss;v=1", "/topics//ai.json",
    "/all.rss?limit=5&x", "/all.rss?limit=05",
    "/all.rss?x=1", "/all.rss?", "/all.rss??", "/all.rss?%ff", "/all.rss#f", "/all.rss?#f",
    "/%61ll.rss", "/all%2erss", "/all.rss%", "/all.rss%00", "/topics/ai%2ejson", "/%2Fall.rss",
    "http://x/all.rss", "http://other.example/all.rss?x", "https://x/topics/ai.json",
    "HTTP://X/all.rss", "http://x", "http://u:p@x:80/all.rss", "*", "all.rss", "/a\xffll.rss",
    "/all.rss\t", "x:80",
]  # fmt: skip
CODINGS = [
    "gzip", "br", "zstd", "identity", "gzip, br", "gzip;q=0.5, br;q=0.1", "*", "identity;q=0",
    "*;q=0", "gzip;q=0", "GZIP", "x-gzip", "", "gzip;q=2", "deflate", ";;;", "br;q=0.001, gzip;q=1",
]  # fmt: skip
CONNECTIONS = [
    "keep-alive", "Keep-Alive", "close", "Close", "upgrade", "keep-alive, close", "", "TE",
    "close,x",
]  # fmt: skip
DATES = [
    "Fri, 24 Jan 2020 23:06:00 GMT", "Fri, 24 Jan 2020 23:05:59 GMT", "yesterday", "",
    "Friday, 24-Jan-20 23:06:00 GMT", "Sun, 06 Nov 2094 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
    "Fri, 24 Jan 2020 99999999999999999999:06:00 GMT",
]  # fmt: skip
ODDITIES = [
    ("Expect", "100-continue"), ("Expect", "100-Continue"), ("Expect", "x"),
    ("Range", "bytes=0-9"), ("Authorization", "Bearer x"), ("A-IM", "feed"),
    ("Accept", "text/html"), ("User-Agent", "reader/1.0"), ("Content-Length", "0"),
    ("Cache-Control", "no-cache"), ("X-Forwarded-For", "192.0.2.1"), ("Cookie", "a=b"),
    ("X-Forwarded-Proto", "https"), ("Host", "x"), ("If-Match", '"x"'),
    ("If-Unmodified-Since", DATES[0]), ("Upgrade", "h2c"), ("Upgrade", "websocket"),
]  # fmt: skip
# What cannot be parsed, or only by parsers that are too kind.
WRONG = [
    "Bad Name: x", ": x", "NoColon", "A\0: x", "A: \0", " Accept-Encoding: gzip",
    "Accept-Encoding : gzip", "Accept-Encoding: gzip,\r\n br", "Content-Length: x",
    "Content-Length: 1\r\nContent-Length: 2", "Content-Length: -1", "Transfer-Encoding: x",
    "Content-Length: 5\r\nTransfer-Encoding: chunked",
]  # fmt: skip
BODIES = [
    ([], b""),
    (["Content-Length: 5"], b"hello"),
    (["Transfer-Encoding: chunked"], b"5\r\nhello\r\n0\r\n\r\n"),
    (["Expect: 100-continue", "Content-Length: 5"], b"hello"),
    (["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"], b""),
    (["Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk"], b""),
]


def tags(both: Servers) -> list[str]:
    found = []
    for target in FEEDS:
        for coding in ("gzip", "br", "identity"):
            head = both.ask(both.asgi, [request(target, f"Accept-Encoding: {coding}"), LAST])
            tag = head.split(b"\r\netag: ", 1)[1].split(b"\r\n", 1)[0].decode()
            found += [tag, f"W/{tag}", tag[:-1] + '-gzip"', f'"other", {tag}', tag.strip('"')]
    return [*found, "*", '"never"', '""', "W/", " * "]


def fields(names: list[str], values: list[str]) -> st.SearchStrategy[str]:
    """A header field, its name in any case, its value with any white space around."""
    cased = [*names, *map(str.lower, names), *map(str.upper, names), *map(str.swapcase, names)]
    around = st.sampled_from([": {}"] * 6 + [":{}", ":  {}", ":\t{} \t", ": {} "])
    return st.builds(
        lambda name, form, value: name + form.format(value),
        st.sampled_from(cased),
        around,
        st.sampled_from(values),
    )


def deciding(known_tags: list[str]) -> list[st.SearchStrategy[str]]:
    return [
        fields(["Accept-Encoding"], CODINGS),
        fields(["If-None-Match"], known_tags),
        fields(["If-Modified-Since"], DATES),
        fields(["Connection"], CONNECTIONS),
    ]


def heads(known_tags: list[str]) -> st.SearchStrategy[str]:
    odd = st.sampled_from(ODDITIES).map(": ".join)
    return st.one_of(*deciding(known_tags) * 2, odd)


def requests(known_tags: list[str]) -> st.SearchStrategy[bytes]:
    field = heads(known_tags)
    few = st.lists(field, max_size=3)
    twice = st.one_of(*(st.lists(one, min_size=2, max_size=3) for one in deciding(known_tags)))
    ordinary = st.sampled_from(["User-Agent: reader/1.0", "Accept: */*", "Connection: keep-alive"])
    # Requests that take the fast path, or could but for one thing, are most of
    # what can go wrong, so they are most of what is tried.
    plain = st.builds(
        lambda target, method, *fields: request_with_body(
            target, [one for one in fields if one], method, "1.1", BODIES[0], 1
        ),
        st.sampled_from(FEEDS),
        st.sampled_from(["GET", "GET", "GET", "HEAD"]),
        *(st.none() | one for one in (*deciding(known_tags)[:3], ordinary)),
    )
    nearly = st.builds(
        request_with_body,
        st.sampled_from(FEEDS * 4 + SPELLINGS),
        few | few | twice,
        st.sampled_from(["GET"] * 6 + ["HEAD", "HEAD", "OPTIONS", "POST"]),
        st.sampled_from(["1.1"] * 9 + ["1.0"]),
        st.sampled_from([BODIES[0]] * 9 + BODIES[1:]),
        st.sampled_from([1] * 12 + [0, 2]),
    )
    anything = st.builds(
        request_with_body,
        st.sampled_from(SPELLINGS),
        st.lists(field | st.sampled_from(WRONG), max_size=6),
        st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "get", "BREW", "CONNECT", "PRI"]),
        st.sampled_from(["1.1", "1.0", "2.0", "0.9", "1.2", ""]),
        st.sampled_from(BODIES),
        st.sampled_from([1, 0, 2]),
    )
    return st.one_of(plain, plain, plain, nearly, nearly, anything)


def request_with_body(
    target: str,
    fields: list[str],
    method: str,
    version: str,
    body: tuple[list[str], bytes],
    hosts: int,
) -> bytes:
    head = [f"{method} {target} HTTP/{version}", *["Host: x"] * hosts, *fields, *body[0]]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1") + body[1]


class Target:
    """What uvicorn takes of a request's target, and fails without."""

    def on_url(self, url: bytes) -> None:
        httptools.parse_url(url).path.decode("ascii")


def sort_of(asked: bytes) -> str:
    try:
        httptools.HttpRequestParser(Target()).feed_data(asked)
    except httptools.HttpParserUpgrade:
        return "upgrade"
    except httptools.HttpParserError:
        return "wrong"
    return "good"


def streams(known_tags: list[str]) -> st.SearchStrategy[list[bytes]]:
    """Some good requests, the last of them an upgrade perhaps; or a bad one.

    Not a bad one after good ones: whether uvicorn still answers those hangs on
    how far it has got with them. Nor one after an upgrade: uvicorn throws away
    what comes in the same packet.
    """
    return st.lists(requests(known_tags), min_size=1, max_size=6).map(comparable)


def comparable(asked: list[bytes]) -> list[bytes]:
    """The requests of a stream that both paths have to treat alike."""
    kept: list[bytes] = []
    for one in asked:
        kind = sort_of(one)
        if kind == "wrong" and not kept:
            return [one]
        if kind != "wrong":
            kept.append(one)
        if kind not in ("wrong", "good"):
            break
    return kept


KINDS = {
    "HEAD": rb"^HEAD ",
    "OPTIONS": rb"^OPTIONS ",
    "another method": rb"^(?:POST|BREW|get) ",
    "HTTP/1.0": rb" HTTP/1\.0\r",
    "absolute form": rb"^GET (?i:http)s?://",
    "a fragment": rb"^GET [^ ]*#",
    "percent-encoding": rb"^GET [^ ]*%\w",
    "a query": rb"^GET [^ ]*\?",
    "another case": rb"^GET /(?:ALL|topics/AI)",
    "close": rb"(?im)^connection:\s*close",
    "an upgrade": rb"(?im)^upgrade: (?:websocket|h2c)",
    "Expect": rb"(?im)^expect: 100",
    "a body": rb"(?s)\r\n\r\nhello",
    "a chunked body": rb"(?s)\r\n\r\n5\r\n",
    "a header twice": rb"(?is)\r\n(if-none-match|accept-encoding|if-modified-since):.*\r\n\1:",
    "no white space": rb"(?im)^accept-encoding:\w",
    "no host": rb"(?s)^(?!.*\r\n[Hh][Oo][Ss][Tt]:)",
    "two hosts": rb"(?is)\r\nhost:.*\r\nhost:",
}  # fmt: skip


def one_of_each() -> list[list[bytes]]:
    """A stream of every kind, so that none hangs on what is drawn."""
    single = [
        ("HEAD", "/all.rss", [], "1.1", 0),
        ("OPTIONS", "/all.rss", [], "1.1", 0),
        ("POST", "/all.rss", [], "1.1", 0),
        ("GET", "/all.rss", [], "1.0", 0),
        ("GET", "http://x/all.rss", [], "1.1", 0),
        ("GET", "/all.rss#f", [], "1.1", 0),
        ("GET", "/%61ll.rss", [], "1.1", 0),
        ("GET", "/all.rss?x=1", [], "1.1", 0),
        ("GET", "/topics/AI.rss", [], "1.1", 0),
        ("GET", "/topics/nothing.rss", [], "1.1", 0),
        ("GET", "/all.rss", ["Connection: close"], "1.1", 0),
        ("GET", "/all.rss", [], "1.1", 4),
        ("GET", "/all.rss", [], "1.1", 3),
        ("GET", "/all.rss", [], "1.1", 1),
        ("GET", "/all.rss", [], "1.1", 2),
        ("GET", "/all.rss", ["If-None-Match: *"], "1.1", 0),
        ("GET", "/all.rss", ["Accept-Encoding: gzip", "Accept-Encoding: br"], "1.1", 0),
        ("GET", "/all.rss", ["Accept-Encoding:gzip"], "1.1", 0),
    ]
    streams = [
        [request_with_body(target, fields, method, version, BODIES[body], 1)]
        for method, target, fields, version, body in single
    ]
    hosts = [[request_with_body("/all.rss", [], "GET", "1.1", BODIES[0], n)] for n in (0, 2)]
    return [*streams, *hosts, [request("/all.rss")] * 3, [b"no request at all\r\n\r\n"]]


def test_both_paths_give_the_same_bytes_to_any_requests(both: Servers) -> None:
    for target in FEEDS:
        for coding in ("gzip", "br", "zstd", "identity"):
            both.ask(both.fast, [request(target, f"Accept-Encoding: {coding}"), LAST])
    before = answered_fast(both)
    seen: Counter[str] = Counter()

    def note(asked: list[bytes], pieces: int, answer: bytes) -> None:
        seen["more than one"] += len(asked) > 2
        seen["split packets"] += pieces > 2
        for status in (200, 204, 301, 304, 400, 404, 405):
            seen[str(status)] += b"HTTP/1.1 %d " % status in answer
        for kind, pattern in KINDS.items():
            seen[kind] += any(re.search(pattern, one) is not None for one in asked)

    def hold(asked: list[bytes], cuts: list[int]) -> None:
        stream = b"".join(asked)
        bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
        pieces = [stream[start:end] for start, end in pairwise(bounds)] + [LAST]
        fast, asgi = (both.ask(address, pieces) for address in (both.fast, both.asgi))
        if len(asked) > 1 and b"Invalid HTTP request received." in asgi:
            # uvicorn may refuse what it cannot parse ahead of answers still owed to
            # requests before it, or instead of them: that is not for us to hold equal.
            assert b"Invalid HTTP request received." in fast
            return
        assert fast == asgi
        note(asked, len(pieces), fast)

    for one in one_of_each():
        hold(one, [1, 9])
    assert {kind for kind, times in seen.items() if not times} == set(), "kinds never tried"
    drawn = given(asked=streams(tags(both)), cuts=st.lists(st.integers(0, 2000), max_size=4))
    settings(max_examples=1500)(drawn(hold))()
    assert answered_fast(both) > before + 300, "hardly a request took the fast path"


# --- what takes it, and what does not --------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity"])
def test_a_feed_takes_the_fast_path_from_its_second_request_on(both: Servers, coding: str) -> None:
    asked = request("/topics/ai.atom", f"Accept-Encoding: {coding}", f"X-Test: {coding}")
    first = both.ask(both.fast, [asked, LAST])
    before = answered_fast(both)
    assert both.ask(both.fast, [asked, LAST]) == first
    assert both.ask(both.fast, [asked, LAST]) == first
    assert answered_fast(both) == before + 2


def test_requests_that_come_together_are_each_answered_every_time(both: Servers) -> None:
    one = request("/all.rss", "Accept-Encoding: gzip")
    other = request("/topics/ai.atom", "Accept-Encoding: gzip")
    alone = [both.ask(both.asgi, [asked, LAST]) for asked in (one, other)]
    rest = len(both.ask(both.asgi, [LAST]))
    together = alone[0][:-rest] + alone[1]
    for _ in range(4):
        with connected(both.fast) as connection:
            connection.sendall(one + other)
            received = b""
            while len(DATE.sub(b"", received)) < len(together) - rest:
                received += connection.recv(1 << 16)
        assert DATE.sub(b"", received) == together[:-rest]


def test_a_change_of_the_catalog_takes_ready_responses_away(
    tmp_path: Path,
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://example.org/a\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("Before"))
    ingest(seeds, tmp_path / "data")
    with servers(tmp_path / "data") as running:
        asked = [request("/all.rss"), LAST]
        for _ in range(3):
            assert b"Before" in running.ask(running.fast, asked)
        assert answered_fast(running) == 2
        (seeds / "a.md").write_text(article.format("Afterwards"))
        ingest(seeds, tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: b"Afterwards" in running.ask(running.fast, asked), "the changed document")
        assert b"Before" not in running.ask(running.fast, asked)


def test_what_is_asked_for_often_is_compressed_better_and_both_tags_revalidate(
    tmp_path: Path,
) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path, compress_after=5) as running:
        asked = [request("/all.atom", "Accept-Encoding: br"), LAST]
        quick = running.ask(running.fast, asked)
        assert b'-br-quick"' in quick
        wait_for(lambda: b'-br"' in running.ask(running.fast, asked), "the better compression")
        better = running.ask(running.fast, asked)
        assert len(better) < len(quick)
        for answer in (quick, better):
            tag = answer.split(b"\r\netag: ", 1)[1].split(b"\r\n", 1)[0].decode()
            again = request("/all.atom", "Accept-Encoding: br", f"If-None-Match: {tag}")
            for _ in range(2):
                unchanged = running.ask(running.fast, [again, LAST])
                assert unchanged.startswith(b"HTTP/1.1 304")
                assert f"\r\netag: {tag}\r\n".encode() in unchanged


def test_a_304_is_small(both: Servers) -> None:
    tag = tags(both)[0]
    asked = request("/all.rss", "Accept-Encoding: gzip", f"If-None-Match: {tag}")
    with connected(both.fast) as connection:
        connection.sendall(asked)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 304 ")
    assert answer.endswith(b"\r\n\r\n")
    assert len(answer) <= 450


# --- when something is amiss ---------------------------------------------------------


def test_a_hundred_first_requests_at_once_are_one_render(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path) as running:
        clients = [connected(running.fast) for _ in range(100)]
        for client in clients:
            client.sendall(request("/all.rss", "Accept-Encoding: gzip"))
        answers = set()
        for client in clients:
            answers.add(client.recv(1 << 16).split(b"\r\n", 1)[0])
            client.close()
        assert answers == {b"HTTP/1.1 200 OK"}
        assert running.service.cache.counters.renders == 1


def test_what_is_cached_is_served_by_both_paths_when_the_catalog_is_lost(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path) as running:
        asked = [request("/all.rss", "Accept-Encoding: gzip"), LAST]
        good = running.ask(running.fast, asked)
        for file in tmp_path.glob("catalog.db*"):
            file.write_bytes(b"no database at all, but long enough to be opened" * 200)
        wait_for(lambda: "catalog.db" in caplog.text, "the message that it cannot be read")
        before = answered_fast(running)
        assert running.ask(running.fast, asked) == good
        assert answered_fast(running) == before + 1
        assert running.ask(running.asgi, asked) == good
        for address in (running.fast, running.asgi):
            lost = running.ask(address, [request("/topics/ai.rss"), LAST])
            assert lost.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nretry-after: 5\r\n" in lost


def test_a_document_too_large_for_the_cache_follows_changes_too(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://example.org/a\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("Before"))
    ingest(seeds, tmp_path / "data")
    with servers(tmp_path / "data", cache_bytes=100) as running:
        asked = [request("/all.rss"), LAST]
        for _ in range(3):
            assert b"Before" in running.ask(running.fast, asked)
        assert not running.service.cache.ready.documents
        (seeds / "a.md").write_text(article.format("Afterwards"))
        ingest(seeds, tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: b"Afterwards" in running.ask(running.fast, asked), "the changed document")


# --- as in uvicorn --------------------------------------------------------------------


def test_a_connection_is_kept_open_and_every_request_counted(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path) as running:
        asked = request("/all.rss", "Accept-Encoding: gzip")
        counted = []
        for where, server in (
            (running.fast, running.fast_server),
            (running.asgi, running.asgi_server),
        ):
            with connected(where) as client:
                for _ in range(5):
                    client.sendall(asked)
                    assert client.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
            counted.append(server.server_state.total_requests)
        assert counted == [5, 5]
        assert answered_fast(running) == 4


def test_a_limit_of_connections_is_respected(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path, limit_concurrency=3, timeout_keep_alive=20) as running:
        asked = request("/all.rss", "Accept-Encoding: gzip")
        for _ in range(3):
            assert running.ask(running.fast, [asked, LAST]).startswith(b"HTTP/1.1 200 ")
        assert answered_fast(running) == 2
        for address in (running.fast, running.asgi):
            waiting = [connected(address), connected(address)]
            for client in waiting:
                client.sendall(request("/healthz"))
                client.recv(1 << 16)
            answer = running.ask(address, [asked, LAST])
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert b"\r\nconnection: close\r\n" in answer
            for client in waiting:
                client.close()
        wait_for(
            lambda: not running.fast_server.server_state.connections, "the end of all connections"
        )
        assert running.ask(running.fast, [asked, LAST]).startswith(b"HTTP/1.1 200 ")


def test_a_server_that_ends_answers_first_and_leaves_no_connection(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path, timeout_keep_alive=20) as running:
        running.ask(running.fast, [request("/all.json"), LAST])
        idle, half, slow = (connected(running.fast) for _ in range(3))
        idle.sendall(request("/all.rss"))
        assert idle.recv(1 << 16).startswith(b"HTTP/1.1 200 ")
        half.sendall(b"GET /all.rss HTTP/1.1\r\nHo")
        slow.sendall(request("/all.json", "Accept-Encoding: identity") * 4)
        wait_for(
            lambda: len(running.fast_server.server_state.connections) == 3, "three connections"
        )
        wait_for(lambda: running.fast_server.server_state.total_requests >= 6, "six requests")
    assert idle.recv(1 << 16) == half.recv(1 << 16) == b""
    received = b""
    while data := slow.recv(1 << 16):
        received += data
    for client in (idle, half, slow):
        client.close()
    assert received.count(b"HTTP/1.1 200 ") == 4
    assert received.endswith(b"}\n") or received.rstrip().endswith(b"}")


class WithoutFlow(FastPathProtocol):
    """A connection that has no `flow`, as if uvicorn had renamed it."""

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__("renamed" if name == "flow" else name, value)


class Bypassing(FastPathProtocol):
    """A connection that takes the ASGI path for everything."""

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        self._needs_asgi = True


class Raising(FastPathProtocol):
    """A connection that calls what it cannot call."""

    def on_headers_complete(self) -> None:
        raise TypeError("on_headers_complete() takes another argument")


def test_the_fast_path_is_on_with_the_uvicorn_that_is_installed() -> None:
    chosen = protocol.choose()
    assert chosen == ("feeds.server.protocol.fast_path:FastPathProtocol", "")
    assert chosen.is_fast


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tests.e2e.test_fast_path:WithoutFlow", "AttributeError: its connections have no flow"),
        ("tests.e2e.test_fast_path:Raising", "RuntimeError: the requests of the trial got b'HT"),
        ("tests.e2e.test_fast_path:Bypassing", "RuntimeError: the requests of the trial got b'HT"),
        ("tests.e2e.test_fast_path:Renamed", "AttributeError: module"),
        ("feeds.server.protocol.renamed:FastPathProtocol", "ModuleNotFoundError: No module"),
    ],
)
def test_a_uvicorn_that_lacks_what_the_fast_path_needs_serves_by_the_asgi_path(
    name: str, reason: str
) -> None:
    chosen = protocol.choose(name)
    assert not chosen.is_fast
    assert chosen.http == "feeds.server.protocol.bounds:BoundedProtocol"
    assert chosen.reason.startswith(f"it does not fit uvicorn {uvicorn.__version__}: {reason}")


def test_a_uvicorn_that_fits_neither_serves_by_its_own_protocol() -> None:
    broken = "tests.e2e.test_fast_path:Raising"
    chosen = protocol.choose(broken, broken)
    assert chosen.http == "httptools"
    assert "; nor do the bounds for clients: RuntimeError: the requests of" in chosen.reason


def test_a_server_without_the_fast_path_says_so_and_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import uvicorn.config, uvicorn.middleware.proxy_headers as module\n"
        "del module.ProxyHeadersMiddleware\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with serve(tmp_path / "data") as server:
        server.wait_until_ready()
        for _ in range(3):
            assert server.get("/all.rss")[0] == 200
        lines = [line for line in server.written().splitlines() if "fast path" in line]
    assert len(lines) == 1
    assert "ImportError: cannot import name 'ProxyHeadersMiddleware'" in lines[0]
