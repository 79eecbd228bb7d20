"""Follow the configuration while the service runs.

A change is applied as a whole or not at all: one with an error is reported, and the last good
configuration stays in use. A snapshot of that is stored in a file, for processes of the server that
are started while the folder has an error.
"""

import asyncio
import json
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from watchfiles import watch

from feeds.config.loader import Config, inspect, load
from feeds.config.yaml_files import is_read
from feeds.errors import ConfigError
from feeds.problems import Code, Problem

log: Final = logging.getLogger("feeds")
logging.getLogger("watchfiles.main").setLevel(logging.ERROR)  # it logs every change

# Paths, sizes, times of change and inodes of the files; None where there is no folder.
_Signature = tuple[tuple[str, int, int, int], ...] | None

# An editor that saves in place empties a file and fills it again, and half of a file may be valid
# YAML. So a file must not have changed for this long, in nanoseconds; for the longer time if a set
# would become public or disappear.
_SETTLED: Final = 200_000_000
_SETTLED_LONG: Final = 600_000_000
_NEVER: Final = object()  # the signature of a folder that has not been read yet
_STEP: Final = 125  # milliseconds: watchfiles reports changes after one or two of these
_POLL: Final = 0.25  # seconds between checks if the system reports no changes
# Seconds between checks in any case, for changes that are not reported: if a folder above the
# parent is renamed, or if watchfiles clears its list at the moment of a change.
_SAFETY: Final = 5.0
_MOST_LINKS: Final = 40  # links that are followed to a file, as in Linux


class ConfigReloader:
    """Hold the configuration of a folder, as of its last good state.

    `snapshot` is a file in which the processes of one server remember that state. `seeds` is
    the folder of articles, where the file of authors may be. `poll` is for file systems that
    report no changes. Raises ConfigError if the folder is not good and
    there is no snapshot.

    `recheck_in` says after how many seconds `refresh` has to be called again because files
    had just changed; None if it need not be.
    """

    def __init__(
        self,
        folder: Path,
        default_base_url: str,
        snapshot: Path | None = None,
        seeds: Path | None = None,
        *,
        poll: bool = False,
    ) -> None:
        self._folder = folder
        self._default_base_url = default_base_url
        self._snapshot = snapshot
        self._seeds = seeds
        self._poll = poll
        self._authors: tuple[Path, ...] = ()  # where the file of authors may be
        self._lock = threading.Lock()  # of `refresh`
        self._seen: object = None
        self.problems: tuple[Problem, ...] = ()
        self.recheck_in: float | None = None
        self.config: Config = self._first()

    def _first(self) -> Config:
        snapshot = self._snapshot
        base, seeds = self._default_base_url, self._seeds
        last = None if snapshot is None else _restore(snapshot, base, seeds)
        if last is not None:
            self._seen = _NEVER  # so that `refresh` treats the folder as changed
            return last
        before: object = None
        while before != self._authors:  # until the signature was taken before reading
            before, self._seen = self._authors, self._signature()
            config, problems = self._inspect()
        if config is None:
            raise ConfigError(problems)
        self._save_snapshot()
        return config

    def _inspect(self) -> tuple[Config | None, tuple[Problem, ...]]:
        """Return the configuration of the folder, or None and what is wrong with it."""
        loaded = inspect(self._folder, self._default_base_url, self._seeds)
        self._authors = loaded.authors
        problems = tuple(loaded.problems)
        is_refused = any(problem.is_error for problem in problems)
        return (None if is_refused else loaded.config), problems

    def _with_authors(self, config: Config) -> Config:
        """Return a configuration with the present authors if their folder is missing now."""
        if self._seeds is None or self._seeds.is_dir() or not self._authors:
            return config
        authors = config.articles.authors or self.config.articles.authors
        return replace(config, articles=replace(config.articles, authors=authors))

    def _signature(self) -> _Signature:
        """Return a value that changes if the contents of a file do; links are followed."""
        try:
            paths = [*sorted(filter(is_read, self._folder.iterdir())), *self._authors]
        except OSError:
            return None
        signature = tuple(map(_file_signature, paths))
        if self._authors and self._seeds and not self._seeds.is_dir():
            signature += ((str(self._seeds), -1, 0, 0),)  # not deleted: its folder is missing
        return signature

    def _save_snapshot(self) -> None:
        if self._snapshot is None:
            return
        with suppress(OSError, UnicodeDecodeError):
            texts = _read_texts(self._folder, self._authors)
            if self._signature() == self._seen:  # else other authors were loaded
                _save(self._snapshot, texts)

    def refresh(self, report: Callable[[Sequence[Problem]], None]) -> bool:
        """Check the folder again; return whether the configuration has changed.

        Problems of a folder that is refused are reported once. May be called from any thread.
        """
        with self._lock:
            return self._refresh(report)

    def _refresh(self, report: Callable[[Sequence[Problem]], None]) -> bool:
        self.recheck_in = None
        signature = self._signature()
        if signature == self._seen:
            return False
        wait = _seconds_to_settle(signature, _SETTLED)
        config, problems = self._load(signature)
        if self._signature() != signature:  # half of a change may have been read
            self.recheck_in = _SETTLED / 1e9
            return False
        if config is None:
            if wait:
                self.recheck_in = wait
                return False
            self._seen = signature
            report(problems)
            self.problems = problems
            return False
        if self._opens_or_removes_a_set(config):
            wait = _seconds_to_settle(signature, _SETTLED_LONG)
        if wait and not self._closes_a_set(config):
            self.recheck_in = wait
            return False
        first, self._seen = self._seen is _NEVER, signature
        self.problems = ()
        self._save_snapshot()
        changed = config.digests != self.config.digests
        if changed or not first:
            self.config = self._with_authors(config)
        return changed

    def _load(self, signature: _Signature) -> tuple[Config | None, tuple[Problem, ...]]:
        """Return the configuration of the folder, or None and what is wrong with it."""
        if signature is None:  # the folder is gone: all settings would be defaults
            return None, (_gone(self._folder),)
        return self._inspect()

    def _opens_or_removes_a_set(self, config: Config) -> bool:
        """Return whether a private set would become public or a set would disappear: the editor may
        not have written the line `private`, or the set itself, yet."""
        opens = not _public(config) <= _public(self.config)
        return opens or not set(self.config.sets) <= set(config.sets)

    def _closes_a_set(self, config: Config) -> bool:
        """Return whether a configuration only makes public sets private."""
        public, before = _public(config), _public(self.config)
        return public < before <= public.union(config.sets)

    # --- following -----------------------------------------------------------

    async def follow(self, look: Callable[[], Awaitable[None]]) -> None:
        """Await `look` at once, and then whenever it should call `refresh`, until cancelled."""
        loop, changed, ended = asyncio.get_running_loop(), asyncio.Event(), threading.Event()
        failures: list[Exception] = []

        def notify() -> None:
            with suppress(RuntimeError):  # the loop has been closed
                loop.call_soon_threadsafe(changed.set)

        def work() -> None:
            try:
                self._watch(notify, ended)
            except Exception as error:  # noqa: BLE001 - it is raised below
                failures.append(error)
                notify()

        # A daemon, so that a process whose loop ends without cancelling this can exit.
        threading.Thread(target=work, name="configuration", daemon=True).start()
        try:
            while not failures:
                await look()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.recheck_in):
                        await changed.wait()
                changed.clear()
            raise failures[0]
        finally:
            ended.set()

    def _watch(self, notify: Callable[[], None], ended: threading.Event) -> None:
        """Call `notify` whenever the folder may have changed, until `ended` is set."""
        if not self._poll:
            try:
                _watch(self._folder, lambda: self._authors, notify, ended)
            # RuntimeError is what watchfiles raises if the system gives it no queue of changes,
            # and for names of files that are not UTF-8; ValueError is for such a folder.
            except (OSError, RuntimeError, ValueError) as error:
                log.warning("%s is polled: the system reports no changes: %s", self._folder, error)
        while not ended.wait(_POLL):
            notify()


def _public(config: Config) -> set[str]:
    """Return the names of the sets that need no token."""
    return {name for name, feed_set in config.sets.items() if not feed_set.private}


def _gone(folder: Path) -> Problem:
    message, hint = "is gone; its last content stays in use", "put it back, or restart without it"
    return Problem(str(folder), 1, 1, "folder", Code.UNREADABLE, message, hint)


def _seconds_to_settle(signature: _Signature, nanoseconds: int) -> float:
    """Return in how many seconds no file will have changed for the given time; 0 if that is so
    already.

    Times in the future come from another clock and are ignored.
    """
    now = time.time_ns()
    ages = [now - changed for _, _, changed, _ in signature or () if changed <= now]
    return max(0, nanoseconds - min(ages, default=nanoseconds)) / 1e9


def _file_signature(path: Path) -> tuple[str, int, int, int]:
    try:
        status = path.stat()
    except OSError:  # a broken link, or a file that is just being replaced
        return str(path), -1, 0, 0
    return str(path), status.st_size, status.st_mtime_ns, status.st_ino


# --- watching ------------------------------------------------------------------


class _Watched(NamedTuple):
    """The paths that are watched for a folder, and for files elsewhere.

    `folder` is its real path, empty if it is not there. `entries` are the paths whose changes
    matter: the folder or the first missing part of its path, its files, all links on the way to
    these, and the targets of links. `directories` are those that contain them, by device and inode.
    """

    folder: str
    entries: frozenset[str]
    directories: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, folder: Path, beside: Sequence[Path] = ()) -> "_Watched":
        """Return the paths to watch for a folder. Raises OSError if it disappears meanwhile."""
        entries = {entry for path in (folder, *beside) for entry in _way(path)}
        real = os.path.realpath(folder) if folder.is_dir() else ""
        for path in folder.iterdir() if real else ():
            if is_read(path):
                entries.update(_way(path))
        directories = {os.path.dirname(entry) for entry in entries} | ({real} if real else set())
        found = {path: os.stat(path) for path in directories}
        identities = {path: (status.st_dev, status.st_ino) for path, status in found.items()}
        return cls(real, frozenset(entries), identities)

    def concerns(self, path: str) -> bool:
        """Return whether a change of a path may be one of the configuration."""
        return path in self.entries or os.path.dirname(path) == self.folder


def _way(path: Path) -> Iterator[str]:
    """Yield each link on the way to a file, and its real path, or the first part of it that is
    missing."""
    at, names, links = "/", deque(os.path.join(os.getcwd(), path).split("/")), 0
    while names and os.path.lexists(at):
        name = names.popleft()
        if name == "..":
            at = os.path.dirname(at)
        elif name not in ("", "."):
            holder, at = at, os.path.join(at, name)
            if os.path.islink(at) and links < _MOST_LINKS:
                yield at
                target, links = os.readlink(at), links + 1
                names.extendleft(reversed(target.split("/")))
                at = "/" if target.startswith("/") else holder
    yield at


def _watch(
    folder: Path,
    beside: Callable[[], tuple[Path, ...]],
    notify: Callable[[], None],
    ended: threading.Event,
) -> None:
    """Call `notify` whenever a folder may have changed, as the system reports it.

    `beside` returns files outside of it that are followed too. Returns once `ended` is set. Raises
    OSError, RuntimeError or ValueError if changes cannot be reported.
    """
    while not ended.is_set():
        try:
            _watch_once(folder, beside, notify, ended)
        except FileNotFoundError:  # something disappeared before it was watched
            ended.wait(_STEP / 1000)


def _watch_once(
    folder: Path,
    beside: Callable[[], tuple[Path, ...]],
    notify: Callable[[], None],
    ended: threading.Event,
) -> None:
    """Do the same as `_watch`, until other paths have to be watched."""
    files = beside()
    watched = _Watched.of(folder, files)
    again = 0.0  # at once, for changes before this watch began
    for reported in watch(
        *watched.directories,
        watch_filter=None,
        debounce=_STEP,
        step=_STEP,
        rust_timeout=1,  # so that watchfiles yields an empty set if nothing changes
        yield_on_timeout=True,
        recursive=False,
        ignore_permission_denied=True,
    ):
        if ended.is_set() or beside() != files:
            return
        paths = {path for _, path in reported}
        now = time.monotonic()
        is_moved = not paths.isdisjoint(watched.directories)
        if now >= again or is_moved or any(map(watched.concerns, paths)):
            notify()
            again = now + _SAFETY
            if is_moved or _Watched.of(folder, files) != watched:
                return


def _read_texts(folder: Path, authors: Sequence[Path]) -> dict[str, str]:
    """Return the texts of a folder's files by name, with the file of authors as if it were in the
    folder.

    Raises OSError or UnicodeDecodeError.
    """
    paths = {path.name: path for path in folder.iterdir() if is_read(path)}
    if path := next(filter(Path.exists, authors), None):
        paths[str(authors[0].relative_to(folder))] = path
    return {name: path.read_bytes().decode() for name, path in paths.items()}


def _save(file: Path, texts: dict[str, str]) -> None:
    """Replace a snapshot atomically, so that no process reads half of it; if that fails, the old
    one stays."""
    new = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        new.write_text(json.dumps(texts), encoding="utf-8")
        new.replace(file)


def _restore(file: Path, default_base_url: str, seeds: Path | None) -> Config | None:
    """Return the configuration of a snapshot; None if there is none."""
    try:
        texts = json.loads(file.read_text(encoding="utf-8"))
        with TemporaryDirectory(prefix="feeds-") as folder:
            for name, text in texts.items():
                Path(folder, name).parent.mkdir(parents=True, exist_ok=True)
                Path(folder, name).write_bytes(text.encode())
            return load(Path(folder), default_base_url, seeds)
    except (OSError, ValueError):
        return None
