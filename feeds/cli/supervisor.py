"""Start and end processes: the ingest of a server starts and ends with the server, and is restarted
if it dies. SIGTERM ends both gracefully."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from feeds.cli.logs import log
from feeds.cli.options import PARENT
from feeds.util.supervise import Supervised

_FIRST_PAUSE: Final = 2.0  # seconds before an ingest that has ended is restarted …
_LONGEST_PAUSE: Final = 60.0  # … and twice as many each time, up to this, while it fails at once
_LIVED: Final = 60.0  # seconds after which an ingest did not fail at once
_DONE: Final = (0, 1)  # exit statuses of an ingest that did its work


@contextmanager
def ingesting(options: Sequence[str], grace: float, *, watching: bool) -> Iterator[None]:
    """Run `feeds ingest` with options for as long as this lasts.

    At the end, it has `grace` seconds to end gracefully.
    """
    command = [sys.executable, "-m", "feeds", "ingest", *options]
    supervisor = IngestSupervisor(command, watching=watching)
    thread = threading.Thread(target=supervisor.run, name="ingest", daemon=True)
    thread.start()
    try:
        yield
    finally:
        supervisor.end()
        thread.join(grace)
        supervisor.kill()


@contextmanager
def exiting_on_sigterm() -> Iterator[None]:
    """Raise SystemExit on SIGTERM, so that the contexts that are entered are left."""

    def exit(signum: int, frame: object) -> None:
        raise SystemExit(0)

    with _handling_sigterm(exit):
        yield


@contextmanager
def noting_sigterm(grace: int) -> Iterator[Callable[[], bool]]:
    """Record SIGTERM, and yield a function that returns whether it was received.

    An exception that is raised at any point could interrupt a commit or a finalizer, or be caught
    by a library that catches all exceptions. SIGALRM ends the process after `grace` seconds if it
    still runs.
    """
    received = False

    def note(signum: int, frame: object) -> None:
        nonlocal received
        received = True
        signal.alarm(grace)

    with _handling_sigterm(note):
        yield lambda: received


@contextmanager
def _handling_sigterm(handler: Callable[[int, object], None]) -> Iterator[None]:
    before = signal.signal(signal.SIGTERM, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class IngestSupervisor:
    """Run a command until `end` is called, or until the command has done its work."""

    def __init__(self, command: list[str], *, watching: bool) -> None:
        self._command = command
        self._watching = watching
        self._ending = threading.Event()
        self._starting = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        """Run the command again and again, until `end` is called or its work is done."""
        Supervised("the supervisor of ingest").run_blocking(self._run, sleep=self._ending.wait)

    def _run(self) -> None:
        pause = _FIRST_PAUSE
        while True:
            began = time.monotonic()
            with self._starting:
                if self._ending.is_set():
                    return
                ended = self._start()
            if self._process is not None:
                status = self._process.wait()
                if self._ending.is_set() or (not self._watching and status in _DONE):
                    return
                ended = f"ended with status {status}"
            if time.monotonic() - began > _LIVED:
                pause = _FIRST_PAUSE
            log.warning("ingest %s; it is started again in %.0f s", ended, pause)
            self._ending.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    def _start(self) -> str:
        """Start the command; return the reason if that is not possible."""
        self._process = None
        try:
            # A process group of its own, so that Ctrl+C on a terminal reaches only the server.
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                process_group=0,
                env={**os.environ, PARENT: str(os.getpid())},
            )
        except OSError as error:  # no memory, or no more files: that may pass
            return f"could not be started: {error.strerror}"
        return ""

    def end(self) -> None:
        """Ask the process to end, and do not start another one."""
        self._ending.set()
        with self._starting:
            if self._process is not None:
                self._process.terminate()

    def kill(self) -> None:
        """End the process if it still runs: the catalog survives that."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
