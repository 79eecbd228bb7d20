"""Threads beside the event loop give way to it."""

import asyncio
import os
import sys
import threading

import pytest

from feeds.server.low_priority import NICER, aside

linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no niceness")


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@linux
def test_work_beside_the_loop_is_nicer_than_the_loop_however_often_a_thread_is_used() -> None:
    async def run() -> list[tuple[int, int]]:
        return [(_niceness(), await aside(_niceness)) for _ in range(5)]

    for loop, beside in asyncio.run(run()):
        assert beside == min(loop + NICER, 19)


def test_what_is_done_beside_the_loop_gives_its_result_and_its_exception() -> None:
    async def run() -> None:
        assert await aside(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await aside(divmod, 7, 0)

    asyncio.run(run())
