"""Both lanes give the same bytes; what is odd, slow or huge costs nobody else anything."""

import socket
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import httptools
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds import fastlane
from tests.conftest import SEEDS, ingest
from tests.lanes import DATE as LANE_DATE
from tests.lanes import Lanes, connected, lanes

LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lanes]:
    data = tmp_path_factory.mktemp("lanes")
    ingest(SEEDS, data)
    with lanes(data) as running:
        yield running


def request(target: str, *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    head = [f"{method} {target} HTTP/{version}", "Host: x", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


def answered_fast(both: Lanes) -> int:
    return both.service.cache.rack.answered


# --- the property --------------------------------------------------------------

TARGETS = [
    "/all.rss", "/all.atom", "/topics/ai.json", "/topics/computer-vision.rss",
    "/providers/bbc.co.uk.atom", "/all", "/", "/feeds.opml", "/feeds.json",
    "/topics/AI.rss", "/topics/nothing.rss", "/all.rss?x=1", "/all.rss?", "//all.rss",
    "/%61ll.rss", "http://x/all.rss", "*", "/all.rss#f",
]  # fmt: skip
CODINGS = [
    "gzip", "br", "zstd", "identity", "gzip, br", "gzip;q=0.5, br;q=0.1", "*", "identity;q=0",
    "*;q=0", "gzip;q=0", "GZIP", "x-gzip", "", "gzip;q=2", "deflate", ";;;", "br;q=0.001, gzip;q=1",
]  # fmt: skip
CONNECTIONS = ["keep-alive", "Keep-Alive", "close", "upgrade", "keep-alive, close", ""]


def tags(both: Lanes) -> list[str]:
    found = []
    for target in TARGETS[:5]:
        for coding in ("gzip", "br", "identity"):
            head = both.ask(both.ordinary, [request(target, f"Accept-Encoding: {coding}"), LAST])
            tag = head.split(b"\r\netag: ", 1)[1].split(b"\r\n", 1)[0].decode()
            found += [tag, f"W/{tag}", tag[:-1] + '-gzip"', f'"other", {tag}', tag.strip('"')]
    return [*found, "*", '"never"', '""', "W/", " * "]


DATES = [
    "Fri, 24 Jan 2020 23:06:00 GMT", "Fri, 24 Jan 2020 23:05:59 GMT", "yesterday", "",
    "Friday, 24-Jan-20 23:06:00 GMT", "Sun, 06 Nov 2094 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
]  # fmt: skip


ODDITIES = [
    ("Upgrade", "websocket"), ("Expect", "100-continue"), ("Range", "bytes=0-9"),
    ("Authorization", "Bearer x"), ("A-IM", "feed"), ("Accept", "text/html"),
    ("User-Agent", "reader/1.0"), ("Content-Length", "0"), ("Cache-Control", "no-cache"),
    ("X-Forwarded-For", "192.0.2.1"), ("Bad Name", "x"), ("Cookie", "a=b"),
]  # fmt: skip


def field(names: list[str], values: list[str]) -> st.SearchStrategy[tuple[str, str]]:
    return st.tuples(st.sampled_from(names), st.sampled_from(values))


def requests(known_tags: list[str]) -> st.SearchStrategy[bytes]:
    accepting = field(["Accept-Encoding", "ACCEPT-ENCODING"], CODINGS)
    having = field(["If-None-Match", "if-none-match"], known_tags)
    since = field(["If-Modified-Since"], DATES)
    connection = field(["Connection"], CONNECTIONS)
    one = st.one_of(accepting, having, since, connection, st.sampled_from(ODDITIES))
    few = st.lists(one.map(": ".join), max_size=3)
    # Requests that could take the fast lane but for one thing are most of what
    # can go wrong, so they are most of what is tried.
    nearly = st.builds(
        request_with_body,
        st.sampled_from(TARGETS[:5]),
        few,
        st.sampled_from(["GET"] * 6 + ["HEAD", "HEAD", "OPTIONS", "POST"]),
        st.sampled_from(["1.1"] * 9 + ["1.0"]),
        st.sampled_from([b""] * 9 + [b"hello"]),
    )
    anything = st.builds(
        request_with_body,
        st.sampled_from(TARGETS),
        st.lists(one.map(": ".join), max_size=6),
        st.sampled_from(["GET", "HEAD", "OPTIONS", "POST", "get", "BREW"]),
        st.sampled_from(["1.1", "1.0", "2.0"]),
        st.sampled_from([b"", b"hello"]),
    )
    return st.one_of(nearly, nearly, anything)


def request_with_body(
    target: str, fields: list[str], method: str, version: str, body: bytes
) -> bytes:
    length = [f"Content-Length: {len(body)}"] if body else []
    return request(target, *fields, *length, method=method, version=version) + body


def is_well_formed(asked: bytes) -> bool:
    try:
        httptools.HttpRequestParser(object()).feed_data(asked)
    except httptools.HttpParserUpgrade:
        return True
    except httptools.HttpParserError:
        return False
    return True


def streams(known_tags: list[str]) -> st.SearchStrategy[list[bytes]]:
    """Up to four good requests, or a bad one.

    Not a bad one after good ones: whether uvicorn still answers those hangs on
    whether they came in the same packet. The fast lane always does.
    """
    any_request = requests(known_tags)
    good = st.lists(any_request.filter(is_well_formed), min_size=1, max_size=4)
    return good | any_request.filter(lambda one: not is_well_formed(one)).map(lambda one: [one])


def test_both_lanes_give_the_same_bytes_to_any_requests(both: Lanes) -> None:
    for target in TARGETS[:5]:
        for coding in ("gzip", "br", "zstd", "identity"):
            both.ask(both.fast, [request(target, f"Accept-Encoding: {coding}"), LAST])
    before = answered_fast(both)

    @settings(max_examples=600)
    @given(asked=streams(tags(both)), cuts=st.lists(st.integers(0, 2000), max_size=4))
    def hold(asked: list[bytes], cuts: list[int]) -> None:
        stream = b"".join(asked) + LAST
        bounds = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
        pieces = [stream[start:end] for start, end in pairwise(bounds)]
        assert both.ask(both.fast, pieces) == both.ask(both.ordinary, pieces)

    hold()
    assert answered_fast(both) > before, "no request took the fast lane"


# --- what takes it, and what does not --------------------------------------------


@pytest.mark.parametrize("coding", ["gzip", "br", "zstd", "identity"])
def test_a_known_feed_takes_the_fast_lane_from_its_second_request_on(
    both: Lanes, coding: str
) -> None:
    asked = request("/topics/ai.atom", f"Accept-Encoding: {coding}", f"X-Test: {coding}")
    first = both.ask(both.fast, [asked, LAST])
    before = answered_fast(both)
    assert both.ask(both.fast, [asked, LAST]) == first
    assert both.ask(both.fast, [asked, LAST]) == first
    assert answered_fast(both) == before + 2


def test_requests_that_come_together_are_each_answered_every_time(both: Lanes) -> None:
    one = request("/all.rss", "Accept-Encoding: gzip")
    other = request("/topics/ai.atom", "Accept-Encoding: gzip")
    alone = [both.ask(both.ordinary, [asked, LAST]) for asked in (one, other)]
    rest = len(both.ask(both.ordinary, [LAST]))
    together = alone[0][:-rest] + alone[1]
    for _ in range(4):
        with connected(both.fast) as connection:
            connection.sendall(one + other)
            received = b""
            while len(LANE_DATE.sub(b"", received)) < len(together) - rest:
                received += connection.recv(1 << 16)
        assert LANE_DATE.sub(b"", received) == together[:-rest]


def test_a_change_of_the_catalog_takes_answers_off_the_rack(
    tmp_path: Path,
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://example.org/a\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("Before"))
    ingest(seeds, tmp_path / "data")
    with lanes(tmp_path / "data") as running:
        asked = [request("/all.rss"), LAST]
        for _ in range(3):
            assert b"Before" in running.ask(running.fast, asked)
        assert answered_fast(running) == 2
        (seeds / "a.md").write_text(article.format("Afterwards"))
        ingest(seeds, tmp_path / "data", now=1_700_000_000)
        deadline = time.monotonic() + 20
        while b"Afterwards" not in running.ask(running.fast, asked):
            assert time.monotonic() < deadline, "the change was never served"
            time.sleep(0.02)
        assert b"Before" not in running.ask(running.fast, asked)


def test_what_is_asked_for_often_is_compressed_better_and_both_tags_revalidate(
    tmp_path: Path,
) -> None:
    ingest(SEEDS, tmp_path)
    with lanes(tmp_path, improve_after=5) as running:
        asked = [request("/all.atom", "Accept-Encoding: br"), LAST]
        quick = running.ask(running.fast, asked)
        assert b'-br-quick"' in quick
        deadline = time.monotonic() + 20
        while b'-br"' not in (better := running.ask(running.fast, asked)):
            assert time.monotonic() < deadline, "it was never compressed better"
        assert len(better) < len(quick)
        for answer in (quick, better):
            tag = answer.split(b"\r\netag: ", 1)[1].split(b"\r\n", 1)[0].decode()
            again = request("/all.atom", "Accept-Encoding: br", f"If-None-Match: {tag}")
            for _ in range(2):
                unchanged = running.ask(running.fast, [again, LAST])
                assert unchanged.startswith(b"HTTP/1.1 304")
                assert f"\r\netag: {tag}\r\n".encode() in unchanged


def test_a_304_is_small(both: Lanes) -> None:
    tag = tags(both)[0]
    asked = request("/all.rss", "Accept-Encoding: gzip", f"If-None-Match: {tag}")
    with connected(both.fast) as connection:
        connection.sendall(asked)
        answer = connection.recv(65536)
    assert answer.startswith(b"HTTP/1.1 304 ")
    assert answer.endswith(b"\r\n\r\n")
    assert len(answer) <= 450


# --- hostile clients ----------------------------------------------------------------


def test_a_flood_of_header_fields_is_refused(both: Lanes) -> None:
    fields = [b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(200)]
    flood = [b"GET /all.rss HTTP/1.1\r\n", *fields]
    assert b" 431 " in both.ask(both.fast, flood).split(b"\r\n", 1)[0]


def test_a_target_of_100_kilobytes_is_refused(both: Lanes) -> None:
    pieces = [b"GET /", *[b"a" * 10_000] * 10, b" HTTP/1.1\r\nHost: x\r\n\r\n"]
    status = both.ask(both.fast, pieces).split(b" ", 2)[1]
    assert status in (b"414", b"400", b"431")


def test_a_long_target_is_refused_in_words(both: Lanes) -> None:
    answer = both.ask(both.fast, [request("/" + "a" * 9000), LAST])
    assert answer.startswith(b"HTTP/1.1 414 ")


def test_what_is_not_http_is_refused(both: Lanes) -> None:
    tls = b"\x16\x03\x01\x02\x00\x01"
    for garbage in (tls, b"GET\r\n\r\n", b"\0" * 100, b"GET / HTTP/9\r\n\r\n"):
        answer = both.ask(both.fast, [garbage])
        assert answer == b"" or answer.split(b" ", 2)[1] == b"400", garbage


def test_made_up_parameters_and_topics_do_not_grow_the_cache(both: Lanes) -> None:
    both.ask(both.fast, [request("/all.rss"), LAST])
    cache = both.service.cache
    before = len(cache), cache.bytes, len(cache.rack.answers)
    for n in range(200):
        both.ask(both.fast, [request(f"/all.rss?made-up={n}"), request(f"/topics/t{n}.rss"), LAST])
    assert (len(cache), cache.bytes, len(cache.rack.answers)) == before


def test_a_client_that_hangs_up_midway_disturbs_no_one(both: Lanes) -> None:
    for _ in range(20):
        with connected(both.fast) as connection:
            connection.sendall(b"GET /all.rss HTTP/1.1\r\nHo")
    for _ in range(20):
        connection = connected(both.fast)
        connection.sendall(request("/all.rss") * 5)
        connection.shutdown(socket.SHUT_WR)
        connection.close()
    assert both.ask(both.fast, [request("/all.rss"), LAST]).startswith(b"HTTP/1.1 200 ")


def test_a_client_that_never_reads_is_held_in_bounds(both: Lanes) -> None:
    with connected(both.fast) as connection:
        connection.settimeout(2)
        asked = request("/all.json", "Accept-Encoding: identity") * 50
        sent = 0
        try:
            for _ in range(2000):
                sent += connection.send(asked)
        except TimeoutError:
            pass
        # The server stopped reading long before all of it was sent.
        assert sent < 2000 * len(asked)
        assert both.ask(both.fast, [request("/all.rss"), LAST]).startswith(b"HTTP/1.1 200 ")


def test_an_idle_connection_is_closed_and_a_slow_head_is_too(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with lanes(tmp_path, timeout_keep_alive=1) as running:
        for begun in (b"", request("/all.rss"), request("/all.rss") * 2):
            with connected(running.fast) as connection:
                connection.sendall(begun)
                while connection.recv(65536):
                    pass  # until the server hangs up
        protocol = next(iter(running.fast_server.server_state.connections), None)
        assert protocol is None
        with connected(running.fast) as connection:
            connection.sendall(b"GET /all.rss HTTP/1.1\r\nX: ")
            deadline = time.monotonic() + 10
            while not running.fast_server.server_state.connections:
                assert time.monotonic() < deadline
            held = next(iter(running.fast_server.server_state.connections))
            assert isinstance(held, fastlane.FastLaneProtocol)
            while held._reading != fastlane._HEAD:
                assert time.monotonic() < deadline
            now = held._since
            assert not held.overdue(now + fastlane.HEAD_SECONDS - 0.1)
            assert held.overdue(now + fastlane.HEAD_SECONDS + 0.1)


# --- uvicorn ------------------------------------------------------------------------


def test_the_installed_uvicorn_is_one_the_fast_lane_was_tested_with() -> None:
    assert fastlane.supported()
    assert fastlane.protocol() == "feeds.fastlane:FastLaneProtocol"
