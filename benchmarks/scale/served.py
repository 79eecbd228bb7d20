"""`feeds serve` over one place, and a client that asks it."""

import gzip
import http.client
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.delivery.processes import end, free_port, until
from benchmarks.measure import ROOT
from benchmarks.scale.memory import command, family
from benchmarks.scale.place import Place


class Served:
    """A running service and one connection to it that is kept alive."""

    def __init__(self, place: Place, process: subprocess.Popen[bytes], port: int) -> None:
        self.place = place
        self.process = process
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(self, target: str) -> tuple[int, bytes]:
        """Status and body of an answer, decompressed."""
        try:
            return self._ask(target)
        except http.client.RemoteDisconnected:  # kept alive for long enough
            return self._ask(target)

    def _ask(self, target: str) -> tuple[int, bytes]:
        try:
            self._connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
            answer = self._connection.getresponse()
            body = answer.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        packed = answer.headers["Content-Encoding"] == "gzip"
        return answer.status, gzip.decompress(body) if packed else body

    def ready(self) -> bool:
        """Whether the first scan is done."""
        return self.get("/readyz")[0] == 200

    def process_of(self, what: str) -> int:
        """The id of the process that serves, or of the one that ingests."""
        for pid in family(self.process.pid):
            said = command(pid)
            if what in said and "multiprocessing" not in said:
                return pid
        raise ProcessLookupError(what)


@contextmanager
def starting(place: Place, *more: str) -> Iterator[Served]:
    """A service that has just been started and may not be listening yet."""
    port = free_port()
    options = [*place.options(), f"--port={port}", "--no-access-log", *more]
    with Path(place.folder, "log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "feeds", "serve", *options],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        yield Served(place, process, port)
    finally:
        end(process)


@contextmanager
def serving(place: Place, *more: str) -> Iterator[Served]:
    """A service that has scanned its folder and watches it; with more options, if any."""
    with starting(place, *more) as served:
        until(served.ready, f"feeds serve, {place.entries} entries")
        ingest = served.process_of(" ingest ")
        until(lambda: _rests(ingest), "the ingest to rest")
        yield served


def _rests(pid: int) -> bool:
    """Whether a process has done next to nothing for a while: its scans are over."""
    before = _busy(pid)
    time.sleep(1.5)
    return _busy(pid) - before < 5


def _busy(pid: int) -> int:
    """Hundredths of a second a process has used: proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])
