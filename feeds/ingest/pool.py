"""Reading article files, in this process or in a pool of them.

Parsing YAML holds the interpreter's lock, so it is spread over processes. What
comes back is ready for the catalog: the process that writes only writes.
"""

import multiprocessing
import os
import signal
import threading
import time
import traceback
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from hashlib import blake2b
from itertools import chain, islice
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Final

from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.catalog.fileread import AGAIN, UNREADABLE, FileRead
from feeds.catalog.merge import mention
from feeds.errors import ArticleError
from feeds.ingest.scanner import NO_NAME, Found, Unread, stat_signature
from feeds.problems import Code, Problem
from feeds.util.process_tuning import spare_the_collector

BATCH: Final = 64  # files one process reads before it hands them over
_FEW: Final = 16  # not worth a pool
_AHEAD: Final = 4  # batches that wait for each process while one is written
# A file changed so short a time ago may change again without any of its times
# moving: clocks of file systems tick every few milliseconds, some every two
# seconds. https://git-scm.com/docs/racy-git
_TICK: Final = 2_000_000_000  # nanoseconds
# Than the process that writes: it is alone, and with the last file it should be done.
_NICER: Final = 5
_ORPHANED: Final = 1.0  # seconds between looks whether the process that started this one lives


_Batch = Sequence[tuple[Found, bytes | None]]


def parse_all(
    seeds: Path, wanted: Iterable[tuple[Found, bytes | None]], count: int, processes: int
) -> Iterator[list[FileRead]]:
    """Read files, in batches and in order; `count` is about how many there are.

    With each file comes the digest of its content as the catalog knows it, or
    None; a file with the same content is not parsed again. A file that has
    gone meanwhile is left out.
    """
    batches: Iterator[_Batch] = _batches(wanted)
    if processes <= 1 or count <= _FEW:
        yield from (parse_batch(str(seeds), batch) for batch in batches)
        return
    while True:
        given: deque[_Batch] = deque()  # to the pool, and not read yet
        try:
            yield from _in_pool(str(seeds), batches, given, processes)
            return
        except BrokenProcessPool:
            # A process was killed, as by a kernel that is short of memory, or by what it
            # read. One of the first batches it was: that is read by itself.
            suspect = given.popleft()
            yield [one for found in suspect for one in _alone(str(seeds), found)]
            batches = chain(given, batches)


def _in_pool(
    seeds: str, batches: Iterable[_Batch], given: deque[_Batch], processes: int
) -> Iterator[list[FileRead]]:
    """Read batches in a pool; `given` are those that it has. Raises BrokenProcessPool."""
    with _pool(processes) as pool:
        waiting: deque[Future[list[FileRead]]] = deque()
        for batch in batches:
            given.append(batch)
            waiting.append(pool.submit(parse_batch, seeds, batch))
            # Bounded, so that a million files do not queue up in memory.
            if len(waiting) > _AHEAD * processes:
                read = waiting.popleft().result()
                given.popleft()
                yield read
        while waiting:
            read = waiting.popleft().result()
            given.popleft()
            yield read


def _alone(seeds: str, one: tuple[Found, bytes | None]) -> list[FileRead]:
    """Read a file in a process of its own, which may be the end of it."""
    with _pool(1) as pool:
        try:
            return pool.submit(parse_batch, seeds, [one]).result()
        except BrokenProcessPool:
            path = one[0].path
            message = "ends the process that reads it"
            hint = "take it away, and report that with it"
            problem = Problem(path, 1, 1, "file", Code.UNREADABLE, message, hint)
            return [FileRead(path, AGAIN, UNREADABLE, None, (problem,), refused=True)]


def _pool(processes: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(processes, _start_method(), initializer=_begin)


def _start_method() -> BaseContext:
    """How processes begin: forked at once where that is safe, which it is not
    where other threads may hold a lock; else from a server of forked processes,
    which has to import everything first."""
    with suppress(OSError):
        if len(os.listdir("/proc/self/task")) == 1:
            return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _begin() -> None:
    """A process of the pool: it waits for work for ever, even from one that was killed."""
    spare_the_collector()
    os.nice(_NICER)
    # Not what the process that was forked does at its end: a pool that breaks ends its others so.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    forked_by, started_by = os.getppid(), multiprocessing.parent_process()

    def watch() -> None:
        # The one shows where processes are forked at once, the other where by a server.
        while os.getppid() == forked_by and started_by is not None and started_by.is_alive():
            time.sleep(_ORPHANED)
        os._exit(1)

    threading.Thread(target=watch, name="orphaned", daemon=True).start()


def parse_batch(seeds: str, batch: Sequence[tuple[Found, bytes | None]]) -> list[FileRead]:
    """Read some files."""
    read_files = (_parse(seeds, found, known) for found, known in batch)
    return [one for one in read_files if one is not None]


def _parse(seeds: str, found: Found, known: bytes | None) -> FileRead | None:
    try:
        # Read whole, so a buffer in between would only be made and thrown away.
        with open(os.path.join(seeds, found.path), "rb", buffering=0) as file:
            # As it is before it is read: what is written meanwhile changes it.
            status = os.fstat(file.fileno())
            seen = _signature(status)
            # A whole read of a small file takes a small buffer.
            data = file.read(LARGEST + 1 if status.st_size > LARGEST else -1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if known == UNREADABLE:
            return FileRead(found.path, AGAIN, UNREADABLE, None, same=True)
        problem = cannot_be_read(Unread(found.path, error.strerror or str(error)))
        return FileRead(found.path, AGAIN, UNREADABLE, None, (problem,), refused=True)
    digest = blake2b(data, digest_size=16).digest()
    if digest == known:
        return FileRead(found.path, seen, digest, None, same=True)
    try:
        normalized = normalize(read(found.path, data))
    except ArticleError as error:
        return FileRead(found.path, seen, digest, None, error.problems, refused=True)
    except Exception as error:  # noqa: BLE001 - one file must not keep all others out
        problem = _not_understood(found.path, error)
        return FileRead(found.path, seen, digest, None, (problem,), refused=True)
    return FileRead(
        found.path, seen, digest, tuple(map(mention, normalized.entries)), normalized.problems
    )


def cannot_be_read(unread: Unread) -> Problem:
    """A file or a folder that is there and cannot be looked at."""
    if unread.why == NO_NAME:
        return Problem(unread.path, 1, 1, "file", Code.NOT_UTF8, NO_NAME, "rename it")
    message = f"cannot be read: {unread.why}"
    return Problem(unread.path or ".", 1, 1, "file", Code.UNREADABLE, message, "make it readable")


def _not_understood(path: str, error: Exception) -> Problem:
    """A file that we should have read or refused for a reason."""
    at = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{type(error).__name__} at {os.path.basename(at.filename)}:{at.lineno}"
    message = f"cannot be read, by a defect of this program ({where})"
    return Problem(path, 1, 1, "file", Code.UNREADABLE, message, "report that, with the file")


def _signature(status: os.stat_result) -> int:
    """Return the signature to compare with at the next scan, or AGAIN if the file is fresh."""
    changed = max(status.st_mtime_ns, status.st_ctime_ns)
    return AGAIN if changed > time.time_ns() - _TICK else stat_signature(status)


def _batches(
    wanted: Iterable[tuple[Found, bytes | None]],
) -> Iterator[list[tuple[Found, bytes | None]]]:
    items = iter(wanted)
    while batch := list(islice(items, BATCH)):
        yield batch
