"""Memory: what the C library's allocator and Python's collector are told of this program.

The allocator. A list of all feeds takes tens of megabytes while it is made.
glibc would raise its threshold for blocks of their own with the first of them,
put the next into heaps that seldom shrink, and keep such a heap for each thread.
A first scan has hundreds of articles on their way at a time, of every size.
https://man7.org/linux/man-pages/man3/mallopt.3.html

The collector looks for garbage in cycles, of which there is next to none here.
https://docs.python.org/3/library/gc.html#gc.freeze
"""

import ctypes
import gc
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
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
