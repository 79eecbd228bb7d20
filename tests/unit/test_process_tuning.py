"""Memory that is free is given back to the machine, where there is glibc."""

import platform
import subprocess
import sys

import pytest

# Every tenth block stays, so that what is free lies between blocks in use.
_PROGRAM = """
from pathlib import Path
from feeds.util import process_tuning

def kept():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("RssAnon:")[2].split()[0])

process_tuning.give_back()
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
