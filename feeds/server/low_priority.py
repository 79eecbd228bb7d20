"""Work beside the event loop, in threads that give way to it.

A thread that renders runs, where the kernel has its way, until the next tick of
its clock: four milliseconds in which a client waits for an answer that is ready.
Being nicer, it is interrupted as soon as the event loop has something to do, and
still has a quarter of a core beside one that never rests. On Linux a thread has a
niceness of its own: https://man7.org/linux/man-pages/man2/setpriority.2.html
"""

import os
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Final, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

NICER: Final = 5  # than the event loop

_P = ParamSpec("_P")
_T = TypeVar("_T")
_this_thread = threading.local()


async def aside(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """The result of `work`, which is done in a thread; an exception of it is raised."""

    def giving_way() -> _T:
        if not hasattr(_this_thread, "gives_way"):
            _this_thread.gives_way = True
            _give_way()
        return work(*args, **kwargs)

    return await run_in_threadpool(giving_way)


def _give_way() -> None:
    """Make this thread nicer; not where a number names a process, and no thread."""
    if sys.platform == "linux":
        with suppress(OSError):
            mine = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, mine, os.getpriority(os.PRIO_PROCESS, 0) + NICER)
