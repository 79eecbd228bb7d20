"""Free memory is given back, where there is glibc; threads give way to the event loop."""

import asyncio
import os
import platform
import subprocess
import sys
import threading

import pytest

from feeds.util.process_tuning import NICER, in_low_priority_thread

# Every tenth block stays, so that what is free lies between blocks in use.
_PROGRAM = """
from pathlib import Path
from feeds.util import process_tuning

def kept():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])

process_tuning.give_back_memory()
blocks = [b"x" * 60_000 for _ in range(2_000)]
most = kept()
blocks = blocks[::10]
process_tuning.trim()
print(most, kept())
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators do as they please")
def test_what_lies_free_between_blocks_in_use_is_given_back() -> None:
    most, kept = map(int, subprocess.check_output([sys.executable, "-c", _PROGRAM]).split())
    assert most - kept > 80_000  # of 108,000 kB


linux = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere threads have no niceness")


def _niceness() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


@linux
def test_work_beside_the_loop_is_nicer_than_the_loop_however_often_a_thread_is_used() -> None:
    async def run() -> list[tuple[int, int]]:
        return [(_niceness(), await in_low_priority_thread(_niceness)) for _ in range(5)]

    for loop, beside in asyncio.run(run()):
        assert beside == min(loop + NICER, 19)


def test_what_is_done_beside_the_loop_gives_its_result_and_its_exception() -> None:
    async def run() -> None:
        assert await in_low_priority_thread(divmod, 7, 2) == (3, 1)
        with pytest.raises(ZeroDivisionError):
            await in_low_priority_thread(divmod, 7, 0)

    asyncio.run(run())
