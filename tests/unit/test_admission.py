"""Nobody works for clients that have left, and nobody waits for long."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from feeds.errors import NobodyWaits, Overloaded
from feeds.render.html.subscribe import qr_code
from feeds.server import admission
from feeds.server.admission import Demand, SharedTask, Turns


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
