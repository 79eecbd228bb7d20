"""Read article files, in separate processes.

Parsing YAML holds the interpreter's lock, so it is spread over processes. Their results are ready
for the catalog, so the main process only writes. A harmful file affects only its own process, which
has limits of time and memory.
"""

import math
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from itertools import islice
from multiprocessing.connection import Connection
from multiprocessing.context import ForkContext, ForkServerContext
from multiprocessing.process import BaseProcess
from pathlib import Path
from queue import Empty, SimpleQueue
from signal import ITIMER_PROF, ITIMER_REAL, setitimer
from typing import Final, NamedTuple

from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.articles.prescribed_fields import rule_index
from feeds.catalog.merge import AGAIN, UNREADABLE, FileRead, mentions
from feeds.errors import ArticleError
from feeds.ingest.other_files import OtherFiles
from feeds.ingest.scanner import (
    ScannedFile,
    Unreadable,
    defect_problem,
    signature_when_read,
    unreadable_problem,
)
from feeds.problems import Code, Problem
from feeds.util.process_tuning import limit_memory, mapped_memory, tune_parser

BATCH: Final = 64  # files that a process reads before it sends the results …
_SEND_AFTER: Final = 0.5  # … or seconds, so that those of quick files do not wait for slow ones
_FEW: Final = 16  # not worth several processes
_AHEAD: Final = 4  # batches that wait for each process
_TURN: Final = 0.2  # seconds of waiting between two calls of `check`
# How much longer a file may take by the clock than in processor time, because the machine may be
# busy with other work.
_PATIENCE: Final = 1.25
_OUT_OF_MEMORY: Final = 99  # exit status of a process that reached its limit
# The signals that end a process that exceeds a limit. Libraries in Rust abort if there is not
# enough memory.
_OF_TIMERS: Final = (-signal.SIGPROF, -signal.SIGALRM)
_OF_MEMORY: Final = (_OUT_OF_MEMORY, -signal.SIGABRT)

# The digest of a file's content in the catalog, and whether another parser has read it.
Known = tuple[bytes, bool] | None
_Given = tuple[ScannedFile, Known]
_Context = ForkContext | ForkServerContext


class Limits(NamedTuple):
    """What reading one file may take: seconds, and MiB of memory (on Linux alone)."""

    seconds: float = 10
    memory: int = 512


_USUAL: Final = Limits()
# How files are read: limits, settings, and the present time in seconds since 1970.
_How = tuple[Limits, ArticleSettings, float]


class ParserPool:
    """Processes that read files by some settings. The first one stays while there is nothing to
    read. `check` is called regularly while the pool waits for results; it may raise.

    In the pool of concurrent.futures, all processes send their results through one pipe, so that
    one that is killed while it sends blocks the others forever.
    """

    def __init__(
        self,
        seeds: Path,
        processes: int,
        limits: Limits = _USUAL,
        settings: ArticleSettings = DEFAULTS,
        clock: Callable[[], float] = time.time,
        check: Callable[[], None] = lambda: None,
    ) -> None:
        self.limits = limits
        self.settings = settings
        self._clock, self._check = clock, check
        self._parsers = [_Parser(str(seeds)) for _ in range(processes)]

    def start(self) -> None:
        """Start the first process now. Later, when there are threads, it takes much longer."""
        self._parsers[0].start()

    def close(self) -> None:
        """End all processes."""
        for parser in self._parsers:
            parser.close()

    def parse_all(self, files: Iterable[_Given], count: int) -> Iterator[list[FileRead]]:
        """Read files, in batches and in order; `count` is about how many there are.

        Each file comes with the digest of its content in the catalog; a file with the same content
        is not parsed again, unless another version of the parser has read it. A file that was
        deleted meanwhile is left out. A file that exceeds the limits, or ends the process that
        reads it, is refused.
        """
        how = self.limits, self.settings, self._clock()
        remaining = iter(files)
        batches = iter(lambda: list(islice(remaining, BATCH)), [])
        try:
            if count <= _FEW:
                for batch in batches:
                    yield from self._parsers[0].parse(batch, how, self._check)
            else:
                yield from self._parse_in_threads(batches, how)
        except BaseException:
            self.close()  # their remaining results are not needed
            raise

    def _parse_in_threads(
        self, batches: Iterator[list[_Given]], how: _How
    ) -> Iterator[list[FileRead]]:
        """Read batches in all processes, with a thread for each that waits for it."""
        idle = SimpleQueue[_Parser]()
        for parser in self._parsers:
            parser.start()
            idle.put(parser)

        def parse(batch: Sequence[_Given], read: SimpleQueue[list[FileRead] | None]) -> None:
            parser = idle.get()
            try:
                for part in parser.parse(batch, how):
                    read.put(part)
            finally:
                idle.put(parser)
                read.put(None)

        # Threads come last: processes are forked only while there is one thread.
        threads = ThreadPoolExecutor(len(self._parsers), "parser")
        pending: deque[tuple[Future[None], SimpleQueue[list[FileRead] | None]]] = deque()
        try:
            while True:
                # Bounded, so that a million files do not queue up in memory.
                for batch in islice(batches, _AHEAD * len(self._parsers) - len(pending)):
                    read = SimpleQueue[list[FileRead] | None]()
                    pending.append((threads.submit(parse, batch, read), read))
                if not pending:
                    break
                parsing, read = pending.popleft()
                yield from self._received(read)
                parsing.result()
        except BaseException:
            for parser in self._parsers:
                parser.kill()
            raise
        finally:
            threads.shutdown(cancel_futures=True)
            for parser in self._parsers[1:]:
                parser.close()

    def _received(self, read: SimpleQueue[list[FileRead] | None]) -> Iterator[list[FileRead]]:
        """Yield what a thread has put into a queue, up to the None at its end."""
        while True:
            self._check()
            with suppress(Empty):
                files = read.get(timeout=_TURN)
                if files is None:
                    return
                yield files


class _Parser:
    """A process that reads files. It is started when it is needed, and again if it has ended."""

    def __init__(self, seeds: str) -> None:
        self._seeds = seeds
        self._process: BaseProcess | None = None
        self._is_killed = False
        self._settings: ArticleSettings | None = None  # those that it was sent

    def parse(
        self, batch: Sequence[_Given], how: _How, check: Callable[[], None] = lambda: None
    ) -> Iterator[list[FileRead]]:
        """Yield the files of a batch as they are read; a file that ends the process is refused."""
        limits, settings, now = how
        suspect: _Given | None = None
        while batch:
            self.start()
            if self._is_killed:  # only now: a process that is just being started must not be killed
                return
            asked, done = time.time_ns(), 0
            with suppress(EOFError, OSError):
                # Settings may have thousands of authors: they are sent once.
                new = None if settings is self._settings else settings
                self._connection.send((batch, limits, new, now))
                self._settings = settings
                while done < len(batch):
                    check()
                    if not self._connection.poll(_TURN):
                        continue
                    count, read = self._connection.recv()
                    done += count
                    yield read
            begun = os.read(self._begun.fileno(), BATCH)  # an index for each file
            if done == len(batch) or self._is_killed:
                return
            status = self._end()
            at = max(done, begun[-1]) if begun else done  # none if it was killed while it waited
            file = batch[at]
            if status not in _OF_TIMERS and file != suspect:
                # The kernel may have killed it, or earlier files may have filled its memory.
                suspect, batch = file, batch[done:]
                continue
            yield from self.parse(batch[done:at], how, check)
            yield [_refused(self._seeds, file[0].path, status, limits, asked)]
            batch = batch[at + 1 :]

    def start(self) -> None:
        """Start the process unless there is one."""
        if self._process is not None:
            return
        context = _start_method()
        self._connection, theirs = context.Pipe()
        self._begun, begun = context.Pipe(duplex=False)
        arguments = self._seeds, theirs, begun, self._connection
        process = context.Process(target=_work, args=arguments, daemon=True)
        process.start()
        self._process, self._settings = process, None
        # No other process may hold these ends, or the end of the process would not be noticed.
        theirs.close()
        begun.close()

    def kill(self) -> None:
        """End the process, which another thread may wait for; `close` is to follow."""
        self._is_killed = True
        process = self._process
        if process is not None:
            process.kill()

    def close(self) -> None:
        """End the process."""
        self.kill()
        self._end()
        self._is_killed = False

    def _end(self) -> int | None:
        """Wait for the end of the process; return its exit status, a signal as its negative."""
        process, self._process = self._process, None
        if process is None:
            return None
        self._connection.close()
        self._begun.close()
        process.join()
        return process.exitcode


def _refused(seeds: str, path: str, status: int | None, limits: Limits, asked: int) -> FileRead:
    """Return the result for a file that ended its process; `asked` is when, in nanoseconds."""
    signature = AGAIN
    if status == -signal.SIGPROF:
        message = f"takes more than {limits.seconds:g} s of processor time to read"
        hint = "shorten it, or raise ingest.seconds_per_file and save it again"
    elif status == -signal.SIGALRM:
        message = f"takes more than {limits.seconds * _PATIENCE:g} s by the clock to read"
        hint = "the next scan reads it again; shorten it unless the machine was busy"
    elif status in _OF_MEMORY:
        message = f"takes more than {limits.memory} MiB of memory to read"
        hint = "shorten it, or raise ingest.memory_per_file and save it again"
    else:
        message = "crashes the process that reads it"
        hint = "move it away, and report the defect with this file"
    # The file would do these again; by the clock, the machine may just have been busy.
    if status == -signal.SIGPROF or status in _OF_MEMORY:
        with suppress(OSError):
            signature = signature_when_read(os.stat(os.path.join(seeds, path)), asked)
    problem = Problem(path, 1, 1, "file", Code.UNREADABLE, message, hint)
    return FileRead(path, signature, UNREADABLE, None, (problem,), refused=True)


def _start_method() -> _Context:
    """Return how processes are started: by fork if that is safe, which it is not if other threads
    may hold a lock; otherwise by forkserver, which has to import everything first."""
    with suppress(OSError):
        if len(os.listdir("/proc/self/task")) == 1:
            return multiprocessing.get_context("fork")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    return context


def _work(seeds: str, connection: Connection, begun: Connection, other_end: Connection) -> None:
    """Read batches until the process that sends them ends, or ends this process."""
    other_end.close()
    tune_parser()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)  # not the handler of the forking process
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for that process
    mapped = mapped_memory()
    settings = DEFAULTS
    with suppress(EOFError, OSError):
        try:
            while True:
                batch, limits, new, now = connection.recv()
                settings = new or settings
                how = limits, settings, now
                limit_memory(mapped, limits.memory * 1024 * 1024)
                for count, read in _parse(seeds, batch, how, begun.fileno()):
                    connection.send((count, read))
        except MemoryError:
            os._exit(_OUT_OF_MEMORY)


def _parse(
    seeds: str,
    batch: Sequence[_Given],
    how: _How,
    begun: int,
) -> Iterator[tuple[int, list[FileRead]]]:
    """Yield the number of checked files and those that were read, each within its limits.

    A file that exceeds a limit of time ends this process at once: a signal handler in Python would
    only be called after the running C function has returned.
    """
    limits, settings, now = how
    sent, count = time.monotonic(), 0
    read: list[FileRead] = []
    for index, (scanned, known) in enumerate(batch, 1):
        os.write(begun, bytes((index - 1,)))
        setitimer(ITIMER_PROF, limits.seconds)
        setitimer(ITIMER_REAL, limits.seconds * _PATIENCE)
        file = parse_file(seeds, scanned, known, settings, now)
        setitimer(ITIMER_PROF, 0)
        setitimer(ITIMER_REAL, 0)
        count += 1
        if file is not None:
            read.append(file)
        if index == len(batch) or time.monotonic() - sent > _SEND_AFTER:
            yield count, read
            sent, count, read = time.monotonic(), 0, []


def parse_file(
    seeds: str,
    scanned: ScannedFile,
    known: Known = None,
    settings: ArticleSettings = DEFAULTS,
    now: float = math.inf,
) -> FileRead | None:
    """Read a file by some settings, in this process; return None if it was deleted meanwhile.

    `known` is the digest of its content in the catalog. Links to articles whose date is after `now`
    are left out, if the settings hold such articles. Raises MemoryError.
    """
    path = scanned.path
    try:
        # The file is read as a whole, so a buffer would only cost time.
        with open(os.path.join(seeds, path), "rb", buffering=0) as file:
            # From before reading: writing meanwhile changes the signature.
            status = os.fstat(file.fileno())
            signature = signature_when_read(status, time.time_ns())
            # A read without limit takes a buffer of the size of the file.
            data = file.read(LARGEST + 1 if status.st_size > LARGEST else -1)
    except FileNotFoundError:
        return None
    except OSError as error:
        if known is not None and known[0] == UNREADABLE:
            return FileRead(path, AGAIN, UNREADABLE, None, same=True)
        problem = unreadable_problem(Unreadable(path, error.strerror or str(error)))
        return FileRead(path, AGAIN, UNREADABLE, None, (problem,), refused=True)
    digest = blake2b(data, digest_size=16).digest()
    if known == (digest, False):
        return FileRead(path, signature, digest, None, same=True)
    by = rule_index(settings).digest_of(path)
    try:
        others = OtherFiles(seeds, path, settings, now)
        normalized = normalize(read(path, data), settings, others.size_of, others.address_of)
    except ArticleError as error:
        return FileRead(path, signature, digest, None, error.problems, refused=True, settings=by)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - one file must not keep all others out
        problem = defect_problem(path, error)
        return FileRead(path, signature, digest, None, (problem,), refused=True, settings=by)
    return FileRead(
        path,
        signature,
        digest,
        mentions(normalized.entries),
        normalized.problems,
        reread=known == (digest, True),
        settings=by,
        again=others.appears,
    )
