"""The commands as processes: `feeds serve` at a port of its own, and others that end."""

import http.client
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Final, TypeVar

from tests.support.paths import CONFIG, SEEDS
from tests.support.waiting import LONGEST_WAIT, wait_for

FEEDS: Final = (sys.executable, "-m", "feeds")
# Errors of a client whose server does not listen yet, or was just killed.
_TOO_EARLY: Final = (OSError, http.client.HTTPException)
_ADDRESS: Final = re.compile(r"\bhttps?://127\.0\.0\.1:([1-9]\d*)\b")

T = TypeVar("T")


class Server:
    """A `feeds serve` that runs, and ways to ask it."""

    def __init__(self, process: subprocess.Popen[str], data: Path, log: Path, begin: int) -> None:
        self.process, self.data, self.log = process, data, log
        self._begin = begin  # in bytes; what the log has before is of an earlier start

    @cached_property
    def port(self) -> int:
        """Wait for the address in the log, and return its port."""
        return int(wait_for(self._address, "the server's address in its log")[1])

    def _address(self) -> re.Match[str] | None:
        written = self.written()
        assert self.process.poll() is None, f"the server has ended: {written}"
        return _ADDRESS.search(written)

    def written(self) -> str:
        """Return what this start of the server has written so far."""
        return self.log.read_bytes()[self._begin :].decode()

    def lines_of(self, path: str) -> list[str]:
        """Return the lines of the access log about a path."""
        return [line for line in self.written().splitlines() if f" {path} " in line]

    def connection(self) -> http.client.HTTPConnection:
        """Return a connection that is opened when it is used."""
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=LONGEST_WAIT)

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask with a connection of its own; return the status and the body."""
        return get(self.connection(), path)

    def wait_for(self, condition: Callable[[], T | None], awaited: str) -> T:
        """Wait for something that asks the server, which may not listen yet."""
        return wait_for(condition, awaited, unless=_TOO_EARLY)

    def wait_until_ready(self) -> None:
        """Wait until a first scan has ended and the server says so."""
        self.wait_for(lambda: self.get("/readyz")[0] == 200, "readiness")

    def children(self) -> list[int]:
        """Return the ids of the processes that the server has started."""
        return children(self.process.pid)

    def workers(self) -> set[int]:
        """Return the ids of the serving processes, where there are several."""
        return {pid for pid in self.children() if "spawn_main" in _command_line(pid)}

    def ingest(self) -> int:
        """Return the id of the ingest process, or 0."""
        return next((pid for pid in self.children() if " ingest " in _command_line(pid)), 0)


@contextmanager
def serve(
    data: Path,
    *options: str,
    seeds: Path = SEEDS,
    config: Path = CONFIG,
    log: Path | None = None,
) -> Iterator[Server]:
    """Run `feeds serve`; yield it at once, and end it afterwards.

    It listens at a port that it takes itself, and writes to `log` beside the data
    folder.
    """
    folders = [f"--seeds={seeds}", f"--config={config}", f"--data={data}"]
    log = log or data.parent / "log"
    command = [*FEEDS, "serve", "--port=0", *folders, *options]
    with log.open("a") as output:
        begin = output.tell()
        process = subprocess.Popen(command, stdout=output, stderr=output, text=True)
    server = Server(process, data, log, begin)
    try:
        yield server
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(LONGEST_WAIT)


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `feeds` with arguments until it ends."""
    return subprocess.run(
        [*FEEDS, *map(str, arguments)], capture_output=True, text=True, timeout=LONGEST_WAIT
    )


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    """Ask once and close the connection; return the status and the body."""
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def children(pid: int) -> list[int]:
    """Return the ids of the processes that a process has started."""
    listed = subprocess.run(
        ["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True
    )
    return [int(line) for line in listed.stdout.split()]


def alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and is not waited for does not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


def _command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""
