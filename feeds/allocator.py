"""The C library's allocator, told to give memory back to the machine.

A list of all feeds takes tens of megabytes while it is made. glibc would raise
its threshold for blocks of their own with the first of them, put the next into
heaps that seldom shrink, and keep such a heap for each thread. A first scan has
hundreds of articles on their way at a time, of every size.
https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

import ctypes
from contextlib import suppress
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
_LARGE: Final = 128 * 1024  # glibc's own threshold before it begins to raise it


def give_memory_back(large: int = _LARGE) -> None:
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
