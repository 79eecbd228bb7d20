"""How this program tunes its processes: memory, garbage collection, priority of threads.

The allocator. A list of all feeds takes tens of megabytes while it is made.
glibc would raise its threshold for blocks of their own with the first of them,
put the next into heaps that seldom shrink, and keep such a heap for each thread.
A first scan has hundreds of articles on their way at a time, of every size.
https://man7.org/linux/man-pages/man3/mallopt.3.html

The collector looks for garbage in cycles, of which there is next to none here.
https://docs.python.org/3/library/gc.html#gc.freeze

Threads. One that renders runs, where the kernel has its way, until the next tick of its
clock: four milliseconds in which a client waits for a response that is ready. A thread of
lower priority is interrupted as soon as the event loop has something to do, and still has
a quarter of a core beside a loop that never rests. On Linux each thread has a niceness of
its own: https://man7.org/linux/man-pages/man2/setpriority.2.html
"""

import asyncio
import ctypes
import gc
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeVar

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
NICER: Final = 5  # niceness of threads beside the event loop, above its own
_MOST_THREADS: Final = 16

_P = ParamSpec("_P")
_T = TypeVar("_T")

_LARGE: Final = 128 * 1024  # glibc's own threshold before it begins to raise it


def give_back(large: int = _LARGE) -> None:
    """Keep one heap, and give blocks of so many bytes back at once; nothing where there
    is no glibc."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, large)
        mallopt(_TRIM_THRESHOLD, large)


def trim() -> None:
    """Give back what lies free between blocks in use: some milliseconds of work."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def settle() -> None:
    """Take what there is by now for what stays: libraries, code and settings.

    To look through them for garbage again and again, as rendering would have
    Python do, stops every answer for 30 ms.
    """
    gc.collect()
    gc.freeze()


def spare_the_collector() -> None:
    """Ingest makes many objects and no cycles: looking for those often is a waste."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def _lower_priority_of_thread() -> None:
    """Give way to the event loop; only on Linux, elsewhere the number names a process."""
    if sys.platform == "linux":
        with suppress(OSError):
            thread = threading.get_native_id()
            os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, 0) + NICER)


_low_priority_threads: Final = ThreadPoolExecutor(
    _MOST_THREADS, "low-priority", initializer=_lower_priority_of_thread
)


async def in_low_priority_thread(work: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
    """Return the result of `work`, done in a thread that gives way to the event loop."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_low_priority_threads, partial(work, *args, **kwargs))
