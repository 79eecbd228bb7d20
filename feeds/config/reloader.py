"""A configuration that is followed while the service runs.

A change is taken whole or not at all: one with an error is reported, and the
last good configuration goes on.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from feeds.config.files import is_read
from feeds.config.loader import Config, load
from feeds.config.snapshot import contents, keep, recalled
from feeds.errors import ConfigError
from feeds.problems import Code, Problem

# None where there is no folder.
_Signature = tuple[tuple[str, int, int, int], ...] | None

# Who saves in place empties a file and fills it again: half of one may be good YAML.
# Nanoseconds since its last change, and where a set would be for all that was not.
_SETTLED: Final = 200_000_000
_SETTLED_FOR_ALL: Final = 600_000_000
_NEVER: Final = object()  # has a folder been looked at


class LiveConfig:
    """The configuration of a folder, as of its last good state.

    `kept` is where processes of one server remember that. Raises ConfigError at the
    start if the folder is not good and nothing is kept.
    """

    def __init__(self, folder: Path, default_base_url: str, kept: Path | None = None) -> None:
        self._folder = folder
        self._default_base_url = default_base_url
        self._kept = kept
        self._seen: object = None
        self.problems: tuple[Problem, ...] = ()
        self.config: Config = self._first()

    def _first(self) -> Config:
        last = None if self._kept is None else recalled(self._kept, self._default_base_url)
        if last is not None:
            self._seen = _NEVER  # so that the next look takes it for a change, or refuses it
            return last
        self._seen = _signature(self._folder)
        config = load(self._folder, self._default_base_url)
        self._keep()
        return config

    def _keep(self) -> None:
        if self._kept is None:
            return
        with suppress(OSError, UnicodeDecodeError):
            said = contents(self._folder)
            if _signature(self._folder) == self._seen:  # else it is another by now
                keep(self._kept, said)

    def refresh(self, report: Callable[[Problem], None]) -> bool:
        """Look at the folder again; whether there is another configuration now."""
        signature = _signature(self._folder)
        if signature == self._seen:
            return False
        settled = not _has_changed_within(_SETTLED, signature)
        try:
            found = self._load(signature)
        except ConfigError as error:
            if settled:
                self._seen = signature
                self.problems = error.problems
                for problem in error.problems:
                    report(problem)
            return False
        if self._opens_a_set(found):
            settled = not _has_changed_within(_SETTLED_FOR_ALL, signature)
        if not settled and not self._closes_a_set(found):
            return False
        first, self._seen = self._seen is _NEVER, signature
        self.problems = ()
        self._keep()
        changed = found.digests != self.config.digests
        if changed or not first:
            self.config = found
        return changed

    def _load(self, signature: _Signature) -> Config:
        if signature is None:  # there was a folder, and without it all would be as by default
            raise ConfigError([_gone(self._folder)])
        return load(self._folder, self._default_base_url)

    def _opens_a_set(self, found: Config) -> bool:
        """Whether a set would be for all that is not now: perhaps the line that says it is
        private has still to be written."""
        return not _public(found) <= _public(self.config)

    def _closes_a_set(self, found: Config) -> bool:
        """Whether this does nothing worse than to make private what is for all."""
        public, before = _public(found), _public(self.config)
        return public < before <= public.union(found.sets)


def _public(config: Config) -> set[str]:
    """The names of the sets that are for all."""
    return {name for name, one in config.sets.items() if not one.private}


def _gone(folder: Path) -> Problem:
    message, hint = "is gone; what it said goes on", "put it back, or start again without it"
    return Problem(str(folder), 1, 1, "folder", Code.UNREADABLE, message, hint)


def _has_changed_within(nanoseconds: int, signature: _Signature) -> bool:
    """Whether a file changed a moment ago; times to come are of another clock."""
    now = time.time_ns()
    return any(0 <= now - changed < nanoseconds for _, _, changed, _ in signature or ())


def _signature(folder: Path) -> _Signature:
    """What differs when a file does: names, sizes, times of change, identities."""
    found = []
    try:
        paths = sorted(folder.iterdir())
    except OSError:
        return None
    for path in paths:
        if not is_read(path):
            continue
        try:
            status = path.stat()
        except OSError:  # a link to nowhere, or just being replaced
            found.append((path.name, -1, 0, 0))
        else:
            found.append((path.name, status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(found)
