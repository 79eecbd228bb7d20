"""Reading article files, in this process or in several.

Parsing YAML holds the interpreter's lock, so it is spread over processes. Their
results are ready for the catalog: the process that writes only writes.
"""

import multiprocessing
import os
import signal
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from hashlib import blake2b
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.catalog.merge import AGAIN, UNREADABLE, FileRead, mention
from feeds.errors import ArticleError
from feeds.ingest.scanner import NAME_NOT_UTF8, ScannedFile, Unreadable, stat_signature
from feeds.problems import Code, Problem
from feeds.util.process_tuning import tune_parser

BATCH: Final = 64  # files that a process reads before it sends the results
_FEW: Final = 16  # not worth a pool
_AHEAD: Final = 4  # batches that wait for each process
# A file changed so short a time ago may change again without any of its times
# moving: clocks of file systems tick every few milliseconds, some every two
# seconds. https://git-scm.com/docs/racy-git
_TICK: Final = 2_000_000_000  # nanoseconds

_Batch = Sequence[tuple[ScannedFile, bytes | None]]
_Context = ForkContext | ForkServerContext


def parse_all(
    seeds: Path,
    files: Iterable[tuple[ScannedFile, bytes | None]],
    count: int,
    processes: int,
    *,
    isolated: bool = False,
) -> Iterator[list[FileRead]]:
    """Read files, in batches and in order; `count` is about how many there are.

    With each file comes the digest of its content in the catalog, or None; a file
    with the same content is not parsed again. A file that was deleted meanwhile is
    left out. A few files are read in this process unless all are to be `isolated` from
    it; elsewhere, a file that ends the process that reads it is reported.
    """
    remaining = iter(files)
    batches = iter(lambda: list(islice(remaining, BATCH)), [])
    if not isolated and (processes <= 1 or count <= _FEW):
        yield from (parse_batch(str(seeds), batch) for batch in batches)
        return
    with _pool(str(seeds), processes) as submit:
        pending: deque[Future[list[FileRead]]] = deque()
        for batch in batches:
            pending.append(submit(batch))
            # Bounded, so that a million files do not queue up in memory.
            if len(pending) > _AHEAD * processes:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


@contextmanager
def _pool(seeds: str, processes: int) -> Iterator[Callable[[_Batch], Future[list[FileRead]]]]:
    """Start processes, with a thread each that waits for it; yield a function that submits a
    batch to them.

    The pool of processes of concurrent.futures does not do: there all processes send their
    results through one pipe, and one that is killed while it sends stops the others for ever.
    """
    context = _start_method()
    with ExitStack() as stack:
        idle = SimpleQueue[_Parser]()
        for _ in range(processes):
            idle.put(stack.enter_context(closing(_Parser(seeds, context))))

        def parse(batch: _Batch) -> list[FileRead]:
            parser = idle.get()
            try:
                return parser.parse(batch)
            finally:
                idle.put(parser)

        # Threads come last: processes are forked only where there is one thread.
        threads = ThreadPoolExecutor(processes, "parser")
        stack.callback(threads.shutdown, cancel_futures=True)
        yield lambda batch: threads.submit(parse, batch)


class _Ended(Exception):
    """A process ended before it gave its result."""


class _Parser:
    """A process that parses, started again when it was killed."""

    def __init__(self, seeds: str, context: _Context) -> None:
        self._seeds = seeds
        self._process: BaseProcess | None = None
        self._start(context)

    def parse(self, batch: _Batch) -> list[FileRead]:
        """Return a batch read; a file that ends the process is among it, with a problem."""
        try:
            return self._ask(batch)
        except _Ended:
            # Ended by the kernel, if memory is short, or by one of the files.
            return [parsed for file in batch for parsed in self._parse_alone(file)]

    def close(self) -> None:
        """End the process, which has nothing to do."""
        if self._process is not None:
            with suppress(OSError):
                self._connection.send(None)
            self._connection.close()
            self._process.join()

    def _parse_alone(self, file: tuple[ScannedFile, bytes | None]) -> list[FileRead]:
        try:
            return self._ask([file])
        except _Ended:
            path = file[0].path
            message = "ends the process that reads it"
            hint = "take it away, and report that with it"
            problem = Problem(path, 1, 1, "file", Code.UNREADABLE, message, hint)
            return [FileRead(path, AGAIN, UNREADABLE, None, (problem,), refused=True)]

    def _ask(self, batch: _Batch) -> list[FileRead]:
        if self._process is None:
            self._start(_fork_server())
        try:
            self._connection.send(batch)
            parsed: list[FileRead] = self._connection.recv()
        except (EOFError, OSError):
            self.close()
            self._process = None
            raise _Ended from None
        return parsed

    def _start(self, context: _Context) -> None:
        self._connection, theirs = context.Pipe()
        arguments = self._seeds, theirs, self._connection
        self._process = context.Process(target=_work, args=arguments, daemon=True)
        self._process.start()
        # No other process may hold this end: then the end of the process is noticed.
        theirs.close()


def _start_method() -> _Context:
    """Return how processes begin: forked at once where that is safe, which it is not where
    other threads may hold a lock; else from a server of forked processes, which has to
    import everything first."""
    with suppress(OSError):
        if len(os.listdir("/proc/self/task")) == 1:
            return multiprocessing.get_context("fork")
    return _fork_server()


def _fork_server() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _work(seeds: str, connection: "Connection", other_end: "Connection") -> None:
    """Parse batches until there are no more, or until the process that sends them has ended."""
    other_end.close()
    tune_parser()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the handler of the forking process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for that process
    with suppress(EOFError, OSError):
        while (batch := connection.recv()) is not None:
            connection.send(parse_batch(seeds, batch))


def parse_batch(seeds: str, batch: Sequence[tuple[ScannedFile, bytes | None]]) -> list[FileRead]:
    """Read some files; leave out those that were deleted meanwhile."""
    files = (_parse(seeds, scanned, known) for scanned, known in batch)
    return [file for file in files if file is not None]


def _parse(seeds: str, scanned: ScannedFile, known: bytes | None) -> FileRead | None:
    try:
        # Read whole, so a buffer in between would only be made and thrown away.
        with open(os.path.join(seeds, scanned.path), "rb", buffering=0) as file:
            # From before reading: writing meanwhile changes the signature.
            status = os.fstat(file.fileno())
            signature = _signature(status)
            # A read without limit takes a buffer of the size of the file.
            data = file.read(LARGEST + 1 if status.st_size > LARGEST else -1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if known == UNREADABLE:
            return FileRead(scanned.path, AGAIN, UNREADABLE, None, same=True)
        problem = unreadable_problem(Unreadable(scanned.path, error.strerror or str(error)))
        return FileRead(scanned.path, AGAIN, UNREADABLE, None, (problem,), refused=True)
    digest = blake2b(data, digest_size=16).digest()
    if digest == known:
        return FileRead(scanned.path, signature, digest, None, same=True)
    try:
        normalized = normalize(read(scanned.path, data))
    except ArticleError as error:
        return FileRead(scanned.path, signature, digest, None, error.problems, refused=True)
    except Exception as error:  # noqa: BLE001 - one file must not keep all others out
        problem = _defect_problem(scanned.path, error)
        return FileRead(scanned.path, signature, digest, None, (problem,), refused=True)
    return FileRead(
        scanned.path,
        signature,
        digest,
        tuple(map(mention, normalized.entries)),
        normalized.problems,
    )


def unreadable_problem(item: Unreadable) -> Problem:
    """Return the problem of a file or folder that cannot be read."""
    if item.reason == NAME_NOT_UTF8:
        return Problem(item.path, 1, 1, "file", Code.NOT_UTF8, NAME_NOT_UTF8, "rename it")
    message = f"cannot be read: {item.reason}"
    return Problem(item.path or ".", 1, 1, "file", Code.UNREADABLE, message, "make it readable")


def _defect_problem(path: str, error: Exception) -> Problem:
    """Return the problem of a file that made the parser fail."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {os.path.basename(at.filename)}:{at.lineno}"
    message = f"cannot be read, by a defect of this program ({where})"
    return Problem(path, 1, 1, "file", Code.UNREADABLE, message, "report that, with the file")


def _signature(status: os.stat_result) -> int:
    """Return the signature to compare with at the next scan, or AGAIN if the file is fresh."""
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return AGAIN if changed > time.time_ns() - _TICK else stat_signature(status)
