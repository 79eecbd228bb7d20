"""Reading article files, in this process or in a pool of them.

Parsing YAML holds the interpreter's lock, so it is spread over processes. What
comes back is ready for the catalog: the process that writes only writes.
"""

import gc
import multiprocessing
import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from multiprocessing.context import BaseContext
from pathlib import Path
from typing import Final

from feeds.catalog.merge import mention
from feeds.catalog.writer import FileRead
from feeds.errors import ArticleError, Code, Problem
from feeds.frontmatter import LARGEST, read
from feeds.ingest.folder import Found, has_a_name
from feeds.normalise import normalise

BATCH: Final = 64  # files one process reads before it hands them over
_FEW: Final = 16  # not worth a pool
_AHEAD: Final = 8  # batches that wait for each process while one is written


def parse_all(
    seeds: Path, wanted: Sequence[tuple[Found, bytes | None]], processes: int
) -> Iterator[list[FileRead]]:
    """Read files, in batches and in order.

    With each file comes the digest of its content as the catalog knows it, or
    None; a file with the same content is not parsed again.
    """
    batches = _batches(wanted)
    if processes <= 1 or len(wanted) <= _FEW:
        yield from (parse_batch(str(seeds), batch) for batch in batches)
        return
    context = _start_method()
    with ProcessPoolExecutor(processes, context, initializer=spare_the_collector) as pool:
        waiting: deque[Future[list[FileRead]]] = deque()
        for batch in batches:
            waiting.append(pool.submit(parse_batch, str(seeds), batch))
            # Bounded, so that a million files do not queue up in memory.
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        for future in waiting:
            yield future.result()


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


def spare_the_collector() -> None:
    """Ingest makes many objects and no cycles: looking for those often is a waste."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def parse_batch(seeds: str, batch: Sequence[tuple[Found, bytes | None]]) -> list[FileRead]:
    """Read some files."""
    return [_parse(seeds, found, known) for found, known in batch]


def _parse(seeds: str, found: Found, known: bytes | None) -> FileRead:
    if not has_a_name(found.path):
        problem = Problem(
            found.path, 1, 1, "file", Code.NOT_UTF8, "has a name that is not UTF-8", "rename it"
        )
        return FileRead(*found, b"", None, (problem,), refused=True)
    try:
        with open(os.path.join(seeds, found.path), "rb") as file:
            # A whole read of a small file takes a small buffer.
            data = file.read(LARGEST + 1 if found.size > LARGEST else -1)
    except OSError as error:
        problem = Problem(
            found.path,
            1,
            1,
            "file",
            Code.UNREADABLE,
            f"cannot be read: {error.strerror}",
            "make it readable",
        )
        return FileRead(*found, b"", None, (problem,), refused=True)
    digest = blake2b(data, digest_size=16).digest()
    if digest == known:
        return FileRead(*found, digest, None)
    try:
        normalised = normalise(read(found.path, data))
    except ArticleError as error:
        return FileRead(*found, digest, None, error.problems, refused=True)
    return FileRead(*found, digest, tuple(map(mention, normalised.entries)), normalised.problems)


def _batches(
    wanted: Iterable[tuple[Found, bytes | None]],
) -> Iterator[list[tuple[Found, bytes | None]]]:
    items = iter(wanted)
    while batch := list(islice(items, BATCH)):
        yield batch
