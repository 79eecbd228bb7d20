"""Malformed, huge, slow and absent clients are refused or hung up on; nobody else notices."""

import asyncio
import socket
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from feeds.server import admission
from feeds.server.protocol import bounds
from feeds.server.protocol.bounds import BoundedProtocol
from tests.support.application import ingest
from tests.support.paths import SEEDS
from tests.support.servers import LAST, Servers, connected, request, servers
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    data = tmp_path_factory.mktemp("data")
    ingest(SEEDS, data)
    with servers(data, asgi=BoundedProtocol) as running:
        yield running


@pytest.fixture(params=["fast path", "ASGI path"])
def where(both: Servers, request: pytest.FixtureRequest) -> str:
    return both.fast if request.param == "fast path" else both.asgi


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def is_served(running: Servers) -> bool:
    """Whether somebody else is answered, cached or not."""
    return all(
        status(running.ask(running.fast, [request(target), LAST])) == 200
        for target in ("/all.rss", "/topics/ai.json?x", "/healthz")
    )


# --- what is not HTTP -----------------------------------------------------------


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01",  # TLS
        b"GET\r\n\r\n",
        b"\0" * 100,
        b"GET / HTTP/9\r\n\r\n",
        b"GET /all.rss HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET /all.rss HTTP/1.1\r\nHost: x\r\nContent-Length: 1, 2\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"GET /all.rss HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(both: Servers, where: str, garbage: bytes) -> None:
    answer = both.ask(where, [garbage, b"\r\n\r\n"])
    assert answer == b"" or status(answer) == 400
    assert is_served(both)


@pytest.mark.parametrize("hosts", [[], ["Host: x", "Host: x"]])
@pytest.mark.parametrize("target", ["/all.rss", "/nowhere"])
def test_a_request_names_one_host(both: Servers, hosts: list[str], target: str) -> None:
    both.ask(both.fast, [request(target), LAST])
    asked = "\r\n".join([f"GET {target} HTTP/1.1", *hosts, "", ""]).encode()
    for address in (both.fast, both.asgi):
        assert status(both.ask(address, [asked, LAST])) == 400


def test_http_1_0_need_not_name_a_host(both: Servers) -> None:
    answer = both.ask(both.fast, [b"GET /all.rss HTTP/1.0\r\n\r\n"])
    assert status(answer) == 200
    assert b"\r\nconnection: close\r\n" in answer


# --- what is too much -------------------------------------------------------------


@pytest.mark.parametrize("pieces", [1, 20])
def test_a_flood_of_header_fields_is_refused(both: Servers, where: str, pieces: int) -> None:
    fields = b"".join(b"X-%d: %s\r\n" % (n, b"y" * 1000) for n in range(100))
    flood = b"GET /all.rss HTTP/1.1\r\nHost: x\r\n" + fields + b"\r\n"
    step = len(flood) // pieces + 1
    parts = [flood[at : at + step] for at in range(0, len(flood), step)]
    answer = both.ask(where, parts)
    assert status(answer) == 431
    assert answer.endswith(b"The request line and header fields may have 65536 bytes at most.\n")


@pytest.mark.parametrize("pieces", [1, 20])
def test_a_target_of_100_kilobytes_is_refused(both: Servers, where: str, pieces: int) -> None:
    asked = request("/" + "a" * 100_000)
    step = len(asked) // pieces + 1
    parts = [asked[at : at + step] for at in range(0, len(asked), step)]
    answer = both.ask(where, parts)
    assert status(answer) == 414
    assert answer.endswith(b"The address is too long.\n")


def test_a_long_target_is_refused_in_words(both: Servers, where: str) -> None:
    answer = both.ask(where, [request("/" + "a" * 9000), LAST])
    assert status(answer) == 414
    assert b"8,000 bytes" in answer


def test_many_small_requests_in_one_packet_are_no_flood(both: Servers, where: str) -> None:
    asked = request("/all.rss", "Accept-Encoding: gzip", "If-None-Match: *", f"X: {'x' * 900}")
    answer = both.ask(where, [asked * 100, LAST])
    assert answer.count(b"HTTP/1.1 304 ") == 100


def test_a_pipeline_is_worked_off_up_to_a_limit(both: Servers, where: str) -> None:
    asked = request("/nowhere.rss")
    answer = both.ask(where, [asked * 2000])
    assert answer.count(b"HTTP/1.1 404 ") == bounds.MOST_WAITING + 1
    assert answer.count(b"connection: close") == 1
    assert answer.index(b"connection: close") > answer.rindex(b"HTTP/1.1 404 ")


CHUNKED = "Transfer-Encoding: chunked"
TOO_LONG = b"The body of a request may have 65536 bytes at most.\n"


def chunk(data: bytes, extension: bytes = b"") -> bytes:
    return b"%x%b\r\n%b\r\n" % (len(data), extension, data)


def test_a_body_is_not_buffered(both: Servers, where: str) -> None:
    head = request("/all.rss", "Content-Length: 30000000", method="POST")
    with connected(where) as connection:
        connection.sendall(head)
        assert status(connection.recv(65536)) == 413
        with suppress(OSError):
            for _ in range(30):
                connection.sendall(b"x" * 1_000_000)
    assert is_served(both)


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("Content-Length: 65537", b""),
        ("Content-Length: 99999999999999999", b"x"),
        (CHUNKED, chunk(b"x" * 65537)),
        (CHUNKED, chunk(b"x" * 1000) * 66),
        (CHUNKED, chunk(b"x") * 60_000),
        (CHUNKED, b"1;" + b"x" * 200_000),
        (CHUNKED, chunk(b"x", b";a=" + b"y" * 1000) * 200),
        (CHUNKED, b"0\r\n" + b"a:\r\n" * 50_000),
        (CHUNKED, b"0\r\nX: " + b"y" * 200_000),
    ],
    ids=lambda value: value[:12] if isinstance(value, bytes) else value,
)
def test_a_body_that_is_too_long_is_refused_in_words(
    both: Servers, where: str, method: str, field: str, body: bytes
) -> None:
    asked = request("/nowhere", field, method=method) + body
    answer = both.ask(where, [asked[at : at + 30_000] for at in range(0, len(asked), 30_000)])
    assert status(answer) == 413
    assert answer.endswith(TOO_LONG)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert is_served(both)


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("Content-Length: 65536", b"x" * 65536),
        (CHUNKED, chunk(b"x" * 65536) + b"0\r\n\r\n"),
        (CHUNKED, chunk(b"x" * 100) * 655 + b"0\r\n\r\n"),
        (CHUNKED, b"0\r\nHost: y\r\nIf-None-Match: *\r\nExpect: x\r\n\r\n"),
        (CHUNKED, b"0\r\n" + b"a: b\r\n" * 5000 + b"\r\n"),
    ],
)
def test_a_body_within_the_limit_and_trailer_fields_are_dropped(
    both: Servers, where: str, field: str, body: bytes
) -> None:
    asked = request("/healthz", field) + body
    assert status(both.ask(where, [asked, LAST])) == 200
    assert both.ask(where, [asked, LAST]).count(b"HTTP/1.1 200 ") == 2
    assert both.ask(where, [asked * 3 + LAST]).count(b"HTTP/1.1 200 ") == 4


def test_trailer_fields_are_not_held(both: Servers, where: str) -> None:
    with connected(where) as connection:
        connection.sendall(request("/healthz", CHUNKED) + b"0\r\n" + b"a:\r\n" * 10_000)
        wait_for(lambda: any(one.headers for one in protocols(both)), "the head")
        assert max(len(one.headers) for one in protocols(both)) == 2
        connection.sendall(b"\r\n")
        assert status(connection.recv(65536)) == 200


def test_made_up_parameters_topics_and_headers_do_not_grow_the_cache(both: Servers) -> None:
    both.ask(both.fast, [request("/all.rss"), request("/topics/ai.json"), LAST])
    cache = both.service.cache
    before = len(cache), len(cache.ready.documents)
    size = cache.bytes
    for n in range(100):
        made_up = [
            request(f"/{kind}{n}-{m}{suffix}", f"Accept-Encoding: {'x' * 5000}{n}-{m}, gzip;q=0")
            for m in range(5)
            for kind, suffix in (
                ("all.rss?made-up=", ""), ("topics/t", ".rss"), ("providers/p", ".example.rss"),
                ("topics/ai+t", ".atom"), ("topics/ai.json?", ""), ("", ".rss"),
            )
        ]  # fmt: skip
        both.ask(both.fast, [b"".join(made_up), LAST])
    assert (len(cache), len(cache.ready.documents)) == before
    assert cache.bytes <= size + 200_000  # /topics/ai.json and /all.rss in one more coding
    assert sum(len(one or b"") for one in cache.ready._preferences) < 300_000
    assert sum(map(len, cache.ready.requests)) < 5_000_000


# --- who leaves -----------------------------------------------------------------------


@contextmanager
def no_turn(running: Servers) -> Iterator[admission.Turns]:
    """Hold all turns of requests that need the catalog; give them."""
    loop = running.fast_server.servers[0].get_loop()
    turns = running.service.catalog._lanes["requests"]
    held = [turns.turn() for _ in range(turns._number)]

    def call(work: Coroutine[Any, Any, object]) -> None:
        asyncio.run_coroutine_threadsafe(work, loop).result(LONGEST_WAIT)

    for turn in held:
        call(turn.__aenter__())
    try:
        yield turns
    finally:
        for turn in held:
            call(turn.__aexit__(None, None, None))


@pytest.mark.parametrize("number", [1, 30])
@pytest.mark.parametrize("protocol", ["fast", "asgi"])
@pytest.mark.parametrize("target", ["/all.rss?limit={}", "/topics?page={}", "/compose?limit={}"])
def test_nobody_works_for_clients_that_hang_up(
    both: Servers, protocol: str, number: int, target: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "_MOST_WAITING", LONGEST_WAIT)
    counters, cache = both.service.metrics.counters, both.service.cache
    where = both.fast if protocol == "fast" else both.asgi
    targets = [target.format(100 + number + step) for step in range(number)]
    with no_turn(both) as turns:
        errors = counters.totals.errors
        connections = [connected(where) for _ in targets]
        for connection, asked in zip(connections, targets, strict=True):
            connection.sendall(request(asked))
        wait_for(lambda: turns._waiting == number, "all requests in the queue")
        for connection in connections:
            connection.close()
        wait_for(lambda: turns._waiting == 0, "the end of the queue")
    assert is_served(both)
    assert not any(asked in cache._cached for asked in targets)
    assert counters.totals.errors <= errors  # they are written, and set to 0, now and then


# --- who is too slow ----------------------------------------------------------------


def test_a_client_that_hangs_up_midway_disturbs_no_one(both: Servers, where: str) -> None:
    for _ in range(20):
        with connected(where) as connection:
            connection.sendall(b"GET /all.rss HTTP/1.1\r\nHo")
    for _ in range(20):
        connection = connected(where)
        connection.sendall(request("/all.rss") * 5)
        connection.close()
    assert is_served(both)


@pytest.mark.parametrize("asked", [b"", b"GET /all.rss HT", request("/all.rss") * 3])
def test_a_connection_half_closed_is_closed(both: Servers, asked: bytes) -> None:
    with connected(both.fast) as connection:
        connection.sendall(asked)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while data := connection.recv(65536):
            received += data
    assert received.count(b"HTTP/1.1 200 ") in (0, 3)
    assert is_served(both)


def test_a_client_that_never_reads_is_held_in_bounds(both: Servers, where: str) -> None:
    both.ask(where, [request("/all.json", "Accept-Encoding: identity"), LAST])
    with connected(where) as connection:
        connection.settimeout(2)
        asked = request("/all.json", "Accept-Encoding: identity") * 1000
        sent = 0
        with suppress(TimeoutError):
            for _ in range(100):
                sent += connection.send(asked)
        # The server stopped reading long before all of it was sent.
        assert sent < 100 * len(asked)
        held = max(one.transport.get_write_buffer_size() for one in protocols(both))
        assert held < 1_000_000
        assert is_served(both)


def protocols(running: Servers) -> list[BoundedProtocol]:
    """The connections that both servers have now."""
    both = running.fast_server, running.asgi_server
    found = [one for server in both for one in server.server_state.connections]
    return [one for one in found if isinstance(one, BoundedProtocol)]


def test_clients_that_dawdle_are_hung_up_on_and_others_are_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "HEAD_SECONDS", 2.0)
    monkeypatch.setattr(bounds, "STALL_SECONDS", 2.0)
    ingest(SEEDS, tmp_path)
    with servers(tmp_path, asgi=BoundedProtocol, timeout_keep_alive=1) as running:
        running.ask(running.fast, [request("/all.json"), LAST])
        silent = [connected(running.fast) for _ in range(50)]
        slow = [connected(running.fast) for _ in range(50)]  # in sending
        deaf = [connected(running.fast) for _ in range(50)]  # in reading
        for connection in deaf:
            connection.setblocking(False)
            with suppress(BlockingIOError):
                for _ in range(100):
                    connection.send(request("/all.json", "Accept-Encoding: identity") * 20)
        trickle = iter(b"GET /all.rss HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 100_000)

        def gone() -> bool:
            byte = bytes([next(trickle)])
            for connection in slow:
                with suppress(OSError):
                    connection.send(byte)
            assert is_served(running)
            return not protocols(running)

        wait_for(gone, "the end of all connections")
        for connection in (*silent, *slow, *deaf):
            connection.close()


def test_an_idle_connection_is_closed(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path, asgi=BoundedProtocol, timeout_keep_alive=1) as running:
        for begun in (b"", request("/all.rss"), request("/all.rss") * 2, request("/nowhere")):
            with connected(running.fast) as connection:
                connection.sendall(begun)
                while connection.recv(65536):
                    pass  # until the server hangs up
        wait_for(lambda: not protocols(running), "the end of all connections")
