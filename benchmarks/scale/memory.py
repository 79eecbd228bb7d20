"""What processes have of the machine's memory.

The proportional set size (PSS) counts a page that several processes share once,
divided among them: forked processes of a pool share most of theirs, and their
resident sizes (RSS) added up would count it several times. For one process
that shares nothing but its libraries, both are nearly the same.
https://docs.kernel.org/filesystems/proc.html
"""

from contextlib import suppress
from pathlib import Path


def family(pid: int) -> list[int]:
    """A process, its children, and theirs."""
    found = [pid]
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += family(int(child))
    return found


def proportional(pid: int) -> int:
    """PSS in bytes; 0 of a process that has ended."""
    return _rollup(pid, "Pss:")


def resident(pid: int) -> int:
    """RSS in bytes; 0 of a process that has ended."""
    return _rollup(pid, "Rss:")


def command(pid: int) -> str:
    """How a process was started; empty if it has ended."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    return ""


def _rollup(pid: int, name: str) -> int:
    with suppress(OSError):
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) * 1024
    return 0
