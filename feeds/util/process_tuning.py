"""How this program tunes its processes: memory, collector, switch interval, priorities, ends.

Each has its measured reason beside it; on 2 cores, with CPython 3.11 and glibc.

https://man7.org/linux/man-pages/man3/mallopt.3.html
https://docs.python.org/3/library/gc.html#gc.freeze
https://man7.org/linux/man-pages/man2/setpriority.2.html
"""

import asyncio
import ctypes
import gc
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from typing import Final, ParamSpec, TypeVar

_SET_PARENT_DEATH_SIGNAL: Final = 1  # linux/prctl.h
_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
NICER: Final = 5  # niceness of threads beside the event loop, above its own
_MOST_THREADS: Final = 16

_P = ParamSpec("_P")
_T = TypeVar("_T")

# glibc's own threshold, before it begins to raise it. It would do so with the first list of all
# feeds, which takes tens of megabytes while it is made, and put the next into heaps that seldom
# shrink, one for each thread.
_LARGE: Final = 128 * 1024  # bytes
# A first scan has hundreds of articles on their way between processes, a megabyte or two at a
# time. Giving that back each time takes a fiftieth of all processor time; giving back what is
# larger takes none that can be measured, and the process that writes has 147 MB at most, not 157.
_LARGE_IN_INGEST: Final = 4 * 1024 * 1024  # bytes
# Beside threads that render, another waits for the interpreter for 0.6 ms in the median, not for
# 10 ms as with Python's own 5 ms. The fast path needs a tenth of a millisecond for ten responses.
_SWITCH_INTERVAL: Final = 0.0001  # seconds
# Ingest beside a server gives way to the processes that respond and to their threads that render.
_INGEST_NICER: Final = 10
# Processes that parse give way to the one that writes, which is alone and the last to end.
_PARSER_NICER: Final = 5


def tune_server() -> None:
    """Tune a serving process, before it loads anything."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    give_back_memory(_LARGE)


def freeze_loaded() -> None:
    """Exempt all that is loaded by now from garbage collection.

    Libraries, code and settings stay for good. A full collection of them stops every
    response for 43 ms; of what comes later, for less than 0.1 ms.
    """
    gc.collect()
    gc.freeze()


def tune_ingest(*, beside_server: bool) -> None:
    """Tune the process that scans and writes."""
    collect_seldom()
    give_back_memory(_LARGE_IN_INGEST)
    if beside_server:
        os.nice(_INGEST_NICER)


def tune_parser() -> None:
    """Tune a process that parses articles for the one that writes, and ends with it."""
    end_with_parent(signal.SIGKILL)
    collect_seldom()
    os.nice(_PARSER_NICER)


def end_with_parent(by: signal.Signals) -> None:
    """Have the kernel send a signal to this process once its parent has ended; only on Linux.

    The parent is the thread that started this process: it must last as long. A parent that
    has already ended is not noticed. https://man7.org/linux/man-pages/man2/pr_set_pdeathsig.2const.html
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_SET_PARENT_DEATH_SIGNAL, by)


def collect_seldom() -> None:
    """Look for garbage in cycles seldom: ingest makes many objects and next to no cycles.

    With Python's own thresholds, processes that parse need 20 % more processor time.
    """
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def give_back_memory(large: int = _LARGE) -> None:
    """Keep one heap, and give free blocks of `large` bytes back at once; only with glibc."""
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_ARENA_MAX, 1)
        mallopt(_MMAP_THRESHOLD, large)
        mallopt(_TRIM_THRESHOLD, large)


def mapped_memory() -> int:
    """Return how many bytes of address space this process has; 0 where only Linux would tell."""
    with suppress(OSError), open("/proc/self/statm", encoding="ascii") as sizes:  # in pages
        return int(sizes.read().split()[0]) * resource.getpagesize()
    return 0


def limit_memory(mapped: int, more: int) -> None:
    """Let this process have `more` bytes of address space than it had `mapped`; only on Linux."""
    if mapped:
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        wanted = mapped + more
        limit = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


def trim() -> None:
    """Give back memory that is free between blocks in use; takes some milliseconds."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


def _lower_priority_of_thread() -> None:
    """Give way to the event loop; only on Linux, elsewhere the number names a process.

    A thread that renders runs until the next tick of the kernel's clock: four milliseconds in
    which a client waits for a response that is ready. A thread of lower priority is interrupted
    as soon as the event loop has something to do.
    """
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
