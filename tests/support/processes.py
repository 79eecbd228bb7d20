"""Processes that a test has started."""

import subprocess


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(line) for line in listed.stdout.split()]
