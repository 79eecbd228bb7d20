"""Nobody works for clients that have left, and nobody waits for long."""

import asyncio
from collections.abc import Callable, MutableMapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from feeds.errors import NobodyWaits, Overloaded
from feeds.model import Format
from feeds.render import render
from feeds.render.html.feed_pages import feed_page, story_page
from feeds.render.html.subscribe import qr_code
from feeds.server import admission
from feeds.server.admission import Demand, SharedTask, Turns
from feeds.server.documents import Documents
from feeds.server.http.cache import RepresentationCache
from feeds.server.http.representation import Document, Representation
from tests.support.examples import article, entries, feed


async def stays() -> MutableMapping[str, Any]:
    await asyncio.Event().wait()
    return {}


async def leaves() -> MutableMapping[str, Any]:
    return {"type": "http.disconnect"}


def test_what_the_last_client_leaves_is_dropped_and_not_before() -> None:
    async def run() -> None:
        demands: list[Demand] = []
        gate = asyncio.Event()

        async def work(demand: Demand) -> str:
            demands.append(demand)
            await gate.wait()
            return "done"

        shared = SharedTask(work)
        staying = asyncio.create_task(shared.result(stays))
        await asyncio.sleep(0)
        with pytest.raises(NobodyWaits):
            await shared.result(leaves)
        assert demands[0]()
        gate.set()
        assert await staying == "done"

        gate.clear()
        shared = SharedTask(work)
        with pytest.raises(NobodyWaits):
            await shared.result(leaves)
        await asyncio.wait([shared.task])
        assert shared.task.cancelled()
        assert not demands[1]()

    asyncio.run(run())


def test_those_that_leave_the_queue_are_not_counted() -> None:
    async def run() -> None:
        turns = Turns(1)

        async def take() -> None:
            async with turns.turn():
                pass

        async with turns.turn():
            waiting = [asyncio.create_task(take()) for _ in range(50)]
            await asyncio.sleep(0)
            assert turns._waiting == 50
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)
            assert turns._waiting == 0
        await take()

    asyncio.run(run())


def test_a_queue_of_two_seconds_by_the_mean_is_full() -> None:
    async def run() -> None:
        turns = Turns(2)
        turns._mean = 0.4
        async with turns.turn(), turns.turn():
            waiting = [asyncio.create_task(turns.turn().__aenter__()) for _ in range(11)]
            await asyncio.sleep(0)
            with pytest.raises(Overloaded):
                await turns.turn().__aenter__()
            for task in waiting:
                task.cancel()
            await asyncio.wait(waiting)

    asyncio.run(run())


def test_who_waits_for_longer_than_the_mean_said_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(admission, "_MOST_WAITING", 0.01)

    async def run() -> None:
        turns = Turns(1)
        turns._mean = 0.0
        async with turns.turn():
            with pytest.raises(Overloaded):
                await turns.turn().__aenter__()

    asyncio.run(run())


def test_only_short_addresses_have_a_qr_code() -> None:
    assert qr_code("https://example.org/" + "a" * 280)
    assert not qr_code("https://example.org/" + "a" * 281)


MANY = feed(entries(*(article(number) for number in range(1, 21))))
STORY = replace(MANY, spec=replace(MANY.spec, story=MANY.entries[3].entry.id))


@pytest.mark.parametrize(
    "write",
    [
        lambda check: feed_page(MANY, check),
        lambda check: story_page(STORY, check),
        *(lambda check, form=form: render(MANY, form, check) for form in Format),
    ],
)
def test_rendering_asks_before_each_entry_whether_anybody_waits(
    write: Callable[[Callable[[], None]], bytes],
) -> None:
    asked = 0

    def check() -> None:
        nonlocal asked
        asked += 1
        if asked == 10:
            raise NobodyWaits

    with pytest.raises(NobodyWaits):
        write(check)


def test_an_older_document_is_served_where_there_is_too_much_to_do() -> None:
    async def run() -> None:
        documents = Documents(RepresentationCache())
        document = Document(b"", "text/plain", datetime.now(UTC), frozenset(), frozenset())
        older = Representation(document)
        results: list[Representation | Overloaded] = [older, Overloaded(), Representation(document)]

        async def make(_: Demand) -> Representation:
            result = results.pop(0)
            if isinstance(result, Overloaded):
                raise result
            return result

        assert await documents.get("/all", make) is older
        documents.cache.drop(lambda document: True)
        assert await documents.get("/all", make) is older
        assert await documents.get("/all", make) is not older  # it was not called up to date
        results.append(Overloaded())
        with pytest.raises(Overloaded):
            await documents.get("/topics/ai", make)

    asyncio.run(run())
