"""The fast path and the ASGI path count requests alike."""

import socket
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.server import background
from feeds.server.http.ready_responses import KnownRequest, ReadyResponse, ReadyResponses
from feeds.server.http.representation import Representation
from feeds.stats.store import StatsStore
from tests.support.application import ingest
from tests.support.paths import SEEDS
from tests.support.servers import Servers, connected, servers
from tests.unit.test_cache import document, unmodified

pytestmark = pytest.mark.slow


FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; 142 subscribers; like others)"


@pytest.fixture
def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Servers]:
    monkeypatch.setattr(background, "_WRITE_INTERVAL", 1e6)  # what is counted here is for the test
    ingest(SEEDS, tmp_path)
    with servers(tmp_path) as found:
        yield found


def send(both: Servers, *requests: bytes) -> None:
    """One connection, hung up by the client once all answers have come."""
    with connected(both.fast) as connection:
        for one in requests:
            connection.sendall(one)
            assert connection.recv(1 << 20)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(1 << 20):
            pass


def request(agent: str = "NetNewsWire", path: str = "/all.rss", *more: str) -> bytes:
    lines = [f"GET {path} HTTP/1.1", "host: x", f"user-agent: {agent}", *more]
    return "\r\n".join([*lines, "", ""]).encode()


def seen(both: Servers) -> Counter[tuple[str, int, bool]]:
    """Which programs asked how often since the last look: name, status, with a validator."""
    found: Counter[tuple[str, int, bool]] = Counter()
    requests, beyond = both.service.cache.ready.take_counts()
    assert beyond == 0
    for known, times in requests:
        found[known.user_agent.decode(), known.response.status, known.is_conditional] += times
    return found


def test_the_fast_path_counts_who_asked_and_how_often(both: Servers) -> None:
    send(both, request())  # for the application
    seen(both)
    for _ in range(3):
        send(both, request(), request(FEEDLY), request())
    tag = 'if-none-match: "x"'
    send(both, request("curl/8", "/all.rss", tag))
    assert seen(both) == {
        ("NetNewsWire", 200, False): 6,
        (FEEDLY, 200, False): 3,
        ("curl/8", 200, True): 1,
    }
    assert seen(both) == {}


def test_requests_that_are_spelled_differently_every_time_are_counted_too(both: Servers) -> None:
    send(both, request())
    seen(both)
    for number in range(20):
        send(both, request("curl/8", "/all.rss", f"x-number: {number}"))
    send(both, b"".join(request() for _ in range(5)))  # pipelined
    assert seen(both) == {("curl/8", 200, False): 20, ("NetNewsWire", 200, False): 5}


def test_what_was_asked_is_counted_though_its_document_is_gone(both: Servers) -> None:
    send(both, request())
    seen(both)
    for _ in range(4):
        send(both, request())
    both.service.cache.ready.drop(b"/all.rss")
    assert seen(both) == {("NetNewsWire", 200, False): 4}


def test_the_client_behind_a_proxy_is_who_asks(both: Servers) -> None:
    send(both, request())
    seen(both)
    send(both, request("NetNewsWire", "/all.rss", "x-forwarded-for: 192.0.2.7"))
    requests, _ = both.service.cache.ready.take_counts()
    assert [known.clients for known, _ in requests] == [{b"192.0.2.7"}]


def test_popularity_counts_what_is_not_yet_counted() -> None:
    ready, representation = ready_document()
    ready_doc, answer = ready.add(b"/a", representation), ReadyResponse(200, [], b"x")
    ready_doc.add("identity", answer, unmodified)
    known = KnownRequest(ready_doc, answer)
    ready.remember(b"GET /a", known)
    known.repeats += 7
    assert ready.popularity(b"/a") == 7
    assert dict(ready_doc.sent_by_coding()) == {"identity": 7}
    assert ready.take_counts() == ([(known, 7)], 0)
    assert ready.popularity(b"/a") == 7


def test_a_flood_between_two_counts_is_bounded() -> None:
    ready, representation = ready_document()
    ready_doc, answer = ready.add(b"/a", representation), ReadyResponse(200, [])
    for _ in range(10_000):
        ready.count(KnownRequest(ready_doc, answer, user_agent=b"x" * 10_000))
    requests, beyond = ready.take_counts()
    assert len(requests) + beyond == 10_000
    assert len(requests) == 8192
    assert all(len(known.user_agent) == 256 for known, _ in requests)


def test_callers_of_one_request_are_bounded() -> None:
    ready, representation = ready_document()
    known = KnownRequest(ready.add(b"/a", representation), ReadyResponse(200, []))
    for number in range(5000):
        known.add_client(b"%d" % number)
    assert len(known.clients) == 1000


def ready_document() -> tuple[ReadyResponses, Representation]:
    return ReadyResponses(), Representation(document())


def test_both_paths_are_in_the_history(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with servers(tmp_path) as both:
        for _ in range(5):
            send(both, request(FEEDLY))
        send(both, request("curl/8"))
    report = StatsStore(tmp_path).report(int(time.time()))
    assert {one.name: one.requests for one in report.agents} == {"Feedly": 5, "curl": 1}
    assert report.subscribers == 142
