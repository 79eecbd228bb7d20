"""Processes of a benchmark: started on one core, and ended whatever happens."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

SERVER_CORE: Final = 0
LOAD_CORE: Final = 1
NICE: Final = "DELIVERY_NICE"  # the priority of servers and load
PATIENCE: Final = 120.0  # seconds until a machine must have got anywhere


class Missing(Exception):
    """A program that a measurement needs and this machine has not."""


def program(name: str) -> str:
    """Where a program is; Debian keeps nginx where only root looks."""
    found = shutil.which(
        name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/go/bin"
    )
    if found is None:
        raise Missing(f"{name} is not installed")
    return found


def pin(core: int) -> None:
    """Keep this process, and those it starts, on one core, ahead of others if that is wanted."""
    available = sorted(os.sched_getaffinity(0) | set(range(os.cpu_count() or 1)))
    os.sched_setaffinity(0, {available[min(core, len(available) - 1)]})
    nice = int(os.environ.get(NICE, "0"))
    if nice and os.getpriority(os.PRIO_PROCESS, 0) != nice:
        _weigh(nice)


def give_way() -> None:
    """Let this session, and whatever it starts, run when no other wants to."""
    _weigh(19)


def _weigh(nice: int) -> None:
    """Linux weighs sessions against each other first, and only then what is within
    one: sched(7), autogroup. Niceness alone says nothing to a process of another."""
    os.setpriority(os.PRIO_PROCESS, 0, nice)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(nice))


@contextmanager
def running(
    command: Sequence[str],
    core: int,
    log: Path,
    environment: Mapping[str, str] | None = None,
) -> Iterator[subprocess.Popen[bytes]]:
    """A process on a core; it and all it started are ended in the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: pin(core),  # noqa: PLW1509 # no other thread runs here
            start_new_session=True,
        )
    try:
        yield process
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may be stopped, in good order if it will."""
    if process.poll() is None:
        process.send_signal(signal.SIGCONT)
        process.terminate()
    try:
        process.wait(15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(15)


def free_port() -> int:
    """A port of the loopback interface that no one listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def until(condition: Callable[[], bool], what: str, patience: float = PATIENCE) -> None:
    """Wait for something that has to come."""
    deadline = time.monotonic() + patience
    while True:
        try:
            if condition():
                return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"still waiting after {patience:.0f} s: {what}")
        time.sleep(0.02)


def cpu_seconds(pid: int) -> float:
    """What a process has used of its core: proc(5), utime and stime."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident(pid: int) -> int:
    """Bytes of memory that a process has."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    raise ProcessLookupError(pid)


@contextmanager
def workplace() -> Iterator[Path]:
    """A folder for one run."""
    with tempfile.TemporaryDirectory(prefix="feeds-delivery-") as name:
        yield Path(name)


def surroundings() -> str:
    """One line on what else the machine was doing, for whoever reads the figures."""
    one, five, _ = os.getloadavg()
    return (
        f"{os.cpu_count()} cores; load average at the start {one:.2f} (1 min), {five:.2f} (5 min)"
    )
