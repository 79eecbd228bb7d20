"""Documents are made once, kept in bounds, dropped when touched and only then."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest

from feeds.errors import CatalogUnusable, UnknownFeed
from feeds.server.admission import Demand
from feeds.server.documents import Documents
from feeds.server.http.cache import OVERHEAD, RepresentationCache
from feeds.server.http.ready_responses import KnownRequest, ReadyResponse, ReadyResponses
from feeds.server.http.representation import Document, Representation

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
Make = Callable[[Demand], Awaitable[Representation]]


def document(body: bytes = b"body", *places: tuple[str, int]) -> Document:
    return Document(body, "text/plain", LONG_AGO, frozenset(places), frozenset((True,)))


def unmodified(representation: Representation, tag: str) -> ReadyResponse:
    """The 304 of a document, as the application would have it made."""
    return ReadyResponse(304, [(b"etag", tag.encode())])


def making(body: bytes = b"body", *places: tuple[str, int]) -> tuple[Make, list[int]]:
    calls: list[int] = []

    async def make(_: Demand) -> Representation:
        calls.append(1)
        await asyncio.sleep(0)
        return Representation(document(body, *places))

    return make, calls


def failing(error: Exception) -> Make:
    async def make(_: Demand) -> Representation:
        raise error

    return make


def test_a_hundred_first_requests_at_once_are_one_render() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        make, calls = making()
        found = await asyncio.gather(*(documents.get("/a.rss", make) for _ in range(100)))
        assert len(calls) == 1
        assert len({id(one) for one in found}) == 1
        assert cache.counters.renders == 1

    asyncio.run(run())


def test_a_client_that_goes_away_takes_no_other_response_along() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        gate = asyncio.Event()

        async def make(_: Demand) -> Representation:
            await gate.wait()
            return Representation(document())

        first = asyncio.create_task(documents.get("/a.rss", make))
        second = asyncio.create_task(documents.get("/a.rss", make))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        gate.set()
        assert (await second).body == b"body"

    asyncio.run(run())


def test_one_compression_for_all_who_wait() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        representation = await documents.get("/a.rss", making(b"x" * 5000)[0])
        encoded = await asyncio.gather(
            *(documents.encoded("/a.rss", representation, "gzip") for _ in range(50))
        )
        assert len({id(one) for one in encoded}) == 1
        assert cache.bytes == representation.size + OVERHEAD

    asyncio.run(run())


def test_a_change_drops_what_it_touches_and_nothing_else() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        ai, ai_calls = making(b"ai", ("topic", 1))
        art, art_calls = making(b"art", ("topic", 2))
        for _ in range(2):
            await documents.get("/ai.rss", ai)
            await documents.get("/art.rss", art)
        cache.drop(lambda document: ("topic", 1) in document.feed_keys)
        await documents.get("/ai.rss", ai)
        await documents.get("/art.rss", art)
        assert (len(ai_calls), len(art_calls)) == (2, 1)

    asyncio.run(run())


def test_a_change_while_a_document_is_made_makes_it_again() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        bodies = [b"old", b"new"]

        async def make(_: Demand) -> Representation:
            body = bodies.pop(0)
            if body == b"old":
                cache.drop(lambda document: True)
            return Representation(document(body))

        await documents.get("/a.rss", make)
        assert (await documents.get("/a.rss", make)).body == b"new"

    asyncio.run(run())


def test_a_render_that_fails_leaves_what_was_good() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        await documents.get("/a.rss", making(b"good")[0])
        cache.drop(lambda document: True)
        for error in (CatalogUnusable("gone"), ValueError("a defect")):
            kept = await documents.get("/a.rss", failing(error))
            assert kept.body == b"good"
        assert (await documents.get("/a.rss", making(b"better")[0])).body == b"better"

    asyncio.run(run())


def test_a_render_that_fails_the_first_time_says_so() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        with pytest.raises(CatalogUnusable):
            await documents.get("/a.rss", failing(CatalogUnusable("gone")))
        assert len(cache) == 0

    asyncio.run(run())


def test_a_feed_that_is_gone_is_not_served_from_the_cache() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        await documents.get("/a.rss", making()[0])
        cache.drop(lambda document: True)
        with pytest.raises(UnknownFeed):
            await documents.get("/a.rss", failing(UnknownFeed("gone")))

    asyncio.run(run())


def test_a_feed_that_is_gone_does_not_come_back_when_the_catalog_is_lost() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        await documents.get("/a.rss", making()[0])
        cache.drop(lambda document: True)
        with pytest.raises(UnknownFeed):
            await documents.get("/a.rss", failing(UnknownFeed("gone")))
        with pytest.raises(CatalogUnusable):
            await documents.get("/a.rss", failing(CatalogUnusable("lost")))
        assert (len(cache), cache.bytes) == (0, 0)

    asyncio.run(run())


def test_a_failure_that_nobody_waits_for_any_more_is_ignored() -> None:
    async def run() -> None:
        reported: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, what: reported.append(what))
        cache = RepresentationCache()
        documents = Documents(cache)
        waiting = asyncio.create_task(documents.get("/a.rss", failing(ValueError("a defect"))))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        await asyncio.sleep(0)
        del waiting
        gc.collect()
        assert reported == []

    asyncio.run(run())


def test_all_that_is_held_counts() -> None:
    body = b"x" * 100 + bytes(range(256)) * 4
    one = Representation(document(body))
    assert one.size == len(body)
    coded = one.encode("gzip")
    assert one.size == 2 * len(coded.body)  # and the answer that is made of it
    plain = one.encode("identity")
    assert one.size == 2 * (len(coded.body) + len(plain.body))


@pytest.mark.parametrize("first", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("then", ["identity", "gzip", "br", "zstd"])
@pytest.mark.parametrize("body", [b"", b"<feed>" * 20_000])
def test_a_document_is_cached_as_it_was_asked_for_and_decoded_for_others(
    first: str, then: str, body: bytes
) -> None:
    one, fresh = Representation(document(body)), Representation(document(body))
    assert (one.body, one.length) == (body, len(body))
    one.encode(first)
    assert one.document.body == b""
    assert (one.body, one.length) == (body, len(body))
    assert one.encode(then) == fresh.encode(then)


def test_the_cache_stays_within_its_bytes_and_the_least_recently_used_goes_first() -> None:
    async def run() -> None:
        room_for_three = 3 * (1000 + OVERHEAD)
        cache = RepresentationCache(room_for_three)
        documents = Documents(cache)
        for name in "abc":
            await documents.get(name, making(b"x" * 1000)[0])
        assert cache.get("a") is not None  # used again, so b is the oldest
        await documents.get("d", making(b"x" * 1000)[0])
        assert [cache.get(name) is not None for name in "abcd"] == [True, False, True, True]
        assert cache.bytes <= room_for_three
        assert cache.counters.evictions == 1

    asyncio.run(run())


def test_what_the_fast_path_used_is_not_the_first_to_go() -> None:
    async def run() -> None:
        cache = RepresentationCache(3 * (1000 + OVERHEAD))
        documents = Documents(cache)
        for name in "abc":
            await documents.get(name, making(b"x" * 1000)[0])
        oldest = cache.get("b") and cache.get("c") and cache._cached["a"].representation
        assert oldest
        oldest.used = True
        await documents.get("d", making(b"x" * 1000)[0])
        assert cache.get("a") is not None
        assert cache.get("b") is None

    asyncio.run(run())


def test_a_document_larger_than_the_cache_is_served_and_not_cached() -> None:
    async def run() -> None:
        cache = RepresentationCache(1000)
        documents = Documents(cache)
        found = await documents.get("/a.rss", making(b"x" * 5000)[0])
        assert len(found.body) == 5000
        assert (len(cache), cache.bytes) == (0, 0)

    asyncio.run(run())


def test_what_leaves_the_cache_is_no_longer_ready() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        representation = await documents.get("/a.rss", making()[0])
        ready_document = cache.ready.add(b"/a.rss", representation)
        cache.ready.remember(b"GET /a.rss", KnownRequest(ready_document, ReadyResponse(200, [])))
        assert cache.ready.requests.get(b"GET /a.rss") is not None
        cache.drop(lambda document: True)
        assert not cache.ready.documents
        assert cache.ready.requests.get(b"GET /a.rss") is None

    asyncio.run(run())


def test_a_change_reaches_no_document_that_is_not_cached() -> None:
    async def run() -> None:
        cache = RepresentationCache(1000)
        documents = Documents(cache)
        large = await documents.get("/a.rss", making(b"x" * 5000)[0])
        assert not cache.is_cached("/a.rss", large)
        cache = RepresentationCache()
        documents = Documents(cache)
        old = await documents.get("/a.rss", making()[0])
        assert cache.is_cached("/a.rss", old)
        cache.drop(lambda document: True)
        assert not cache.is_cached("/a.rss", old)
        new = await documents.get("/a.rss", making()[0])
        assert cache.is_cached("/a.rss", new)
        assert not cache.is_cached("/a.rss", old)

    asyncio.run(run())


def test_popularity_fades_with_each_change() -> None:
    ready = RepresentationCache().ready
    answer = ReadyResponse(200, [])
    ready.add(b"/a.rss", Representation(document())).add("gzip", answer, unmodified)
    answer.sent_by_fast_path = 5
    asked = []
    for _ in range(4):
        ready.replace(b"/a.rss", Representation(document()))
        asked.append(ready.popularity(b"/a.rss"))
    assert asked == [2, 1, 0, 0]


def test_ready_responses_free_what_they_drop() -> None:
    ready = RepresentationCache().ready
    representation = Representation(document())
    ready_document = ready.add(b"/a.rss", representation)
    for n in range(10):
        ready.remember(b"GET /a.rss %d" % n, KnownRequest(ready_document, ReadyResponse(200, [])))
    gone = weakref.ref(representation)
    ready.drop(b"/a.rss")
    ready.remember(b"GET /a.rss", KnownRequest(ready_document, ReadyResponse(200, [])))  # too late
    del ready_document, representation
    gc.collect()
    assert gone() is None


def test_ready_responses_note_a_bounded_number_of_short_preferences() -> None:
    ready = RepresentationCache().ready
    for n in range(3_000):
        assert ready.coding(b"gzip, x%d" % n) == "gzip"
    for n in range(30):
        assert ready.coding(b"br, x%d" % n + b"x" * 60_000) == "br"
    assert len(ready._preferences) <= 1024
    assert sum(len(one or b"") for one in ready._preferences) < 1024 * 256


def test_ready_responses_remember_a_bounded_number_of_short_requests() -> None:
    cache = RepresentationCache()
    ready_document = cache.ready.add(b"/a", Representation(document()))
    answer = ReadyResponse(200, [])
    for n in range(10_000):
        cache.ready.remember(b"GET /a %d" % n, KnownRequest(ready_document, answer))
    assert len(cache.ready.requests) <= 4096
    cache.ready.remember(b"GET /" + b"a" * 2000, KnownRequest(ready_document, answer))
    assert cache.ready.requests.get(b"GET /" + b"a" * 2000) is None


def test_what_the_fast_path_sends_stays_until_it_is_rendered_again() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        bodies = [b"old", b"new"]

        async def make(_: Demand) -> Representation:
            return Representation(document(bodies.pop(0)))

        old = await documents.get("/a.rss", make)
        answer = ReadyResponse(200, [])
        cache.ready.add(b"/a.rss", old).add("gzip", answer, unmodified)
        cache.drop(lambda document: True)  # nobody has requested it yet
        assert not cache.ready.documents
        bodies.append(b"newer")
        new = await documents.get("/a.rss", make)
        cache.ready.add(b"/a.rss", new).add("gzip", answer, unmodified)
        answer.sent_by_fast_path += 1
        cache.drop(lambda document: True)
        assert list(cache.take_outdated()) == ["/a.rss"]
        assert b"/a.rss" in cache.ready.documents
        renewed = await documents.renewed("/a.rss")
        assert renewed is not None
        assert renewed.body == b"newer"
        assert await documents.renewed("/a.rss") is renewed  # it is not stale any more
        assert await documents.renewed("/b.rss") is None

    asyncio.run(run())


def test_a_popular_feed_that_is_gone_is_no_longer_ready() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        gone = False

        async def make(_: Demand) -> Representation:
            if gone:
                raise UnknownFeed("gone")
            return Representation(document())

        representation = await documents.get("/a.rss", make)
        answer = ReadyResponse(200, [])
        answer.sent_by_fast_path = 1
        cache.ready.add(b"/a.rss", representation).add("gzip", answer, unmodified)
        gone = True
        cache.drop(lambda document: True)
        assert list(cache.take_outdated()) == ["/a.rss"]
        with pytest.raises(UnknownFeed):
            await documents.renewed("/a.rss")
        assert not cache.ready.documents
        assert (len(cache), cache.bytes) == (0, 0)

    asyncio.run(run())


def test_an_unrelated_change_while_a_document_is_made_leaves_it_fresh() -> None:
    async def run() -> None:
        cache = RepresentationCache()
        documents = Documents(cache)
        calls = []

        async def make(_: Demand) -> Representation:
            calls.append(1)
            cache.drop(lambda document: ("topic", 2) in document.feed_keys)
            return Representation(document(b"ai", ("topic", 1)))

        await documents.get("/ai.rss", make)
        await documents.get("/ai.rss", make)
        assert len(calls) == 1

    asyncio.run(run())


def test_a_304_and_the_answer_to_a_head_are_made_when_they_are_asked_for() -> None:
    """Most documents are asked for once: what is not asked for takes no room."""
    made: list[str] = []

    def noted(representation: Representation, tag: str) -> ReadyResponse:
        made.append(tag)
        return unmodified(representation, tag)

    ready, representation = ReadyResponses(), Representation(document())
    representation.encode("gzip")
    ready_document = ready.add(b"/a.rss", representation)
    full = ReadyResponse(200, [(b"content-length", b"4")], b"body")
    ready_document.add("gzip", full, noted)
    assert ready_document.select("gzip", None, None, head=False) is full
    assert made == []
    for tag in representation.tags("gzip"):
        first = ready_document.select("gzip", tag, None, head=False)
        assert first is not None
        assert first.status == 304
        assert ready_document.select("gzip", f'"other", {tag}', None, head=True) is first
        first.sent_by_fast_path += 1
    assert made == list(representation.tags("gzip"))
    head = ready_document.select("gzip", None, None, head=True)
    assert head is not None
    assert head is ready_document.select("gzip", None, None, head=True)
    assert full.wire([]) == head.wire([]) + b"body"
    head.sent_by_fast_path += 1
    assert ready_document.popularity() == 3
    assert ready.popularity(b"/a.rss") == 3


def test_what_is_ready_is_found_with_and_without_the_path_of_the_base() -> None:
    ready = ReadyResponses(base=b"/feeds")
    added = ready.add(b"/all.rss", Representation(document()))
    assert ready.at(b"/all.rss") is ready.at(b"/feeds/all.rss") is added
    assert ready.at(b"/feedsall.rss") is ready.at(b"/feeds/feeds/all.rss") is None
