"""A configuration that is followed while the service runs.

A change is taken whole or not at all: one with an error is reported, and the
last good configuration goes on.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from feeds.config.load import Config, load
from feeds.errors import ConfigError, Problem

_Signature = tuple[tuple[str, int, int, int], ...]

# Who saves in place empties a file and fills it again: half of one may be good YAML.
_SETTLED: Final = 100_000_000  # nanoseconds since its last change


class LiveConfig:
    """The configuration of a folder, as of its last good state.

    Raises ConfigError at the start if that is not good.
    """

    def __init__(self, folder: Path, default_base_url: str) -> None:
        self._folder = folder
        self._default_base_url = default_base_url
        self._seen = _signature(folder)
        self.config: Config = load(folder, default_base_url)
        self.problems: tuple[Problem, ...] = ()

    def refresh(self, report: Callable[[Problem], None]) -> bool:
        """Look at the folder again; whether there is another configuration now."""
        signature = _signature(self._folder)
        if signature == self._seen or _is_being_written(signature):
            return False
        self._seen = signature
        try:
            found = load(self._folder, self._default_base_url)
        except ConfigError as error:
            self.problems = error.problems
            for problem in error.problems:
                report(problem)
            return False
        self.problems = ()
        changed = found.digests != self.config.digests
        self.config = found
        return changed


def _is_being_written(signature: _Signature) -> bool:
    """Whether a file changed a moment ago; times to come are of another clock."""
    now = time.time_ns()
    return any(0 <= now - changed < _SETTLED for _, _, changed, _ in signature)


def _signature(folder: Path) -> _Signature:
    """What differs when a file does: names, sizes, times of change, identities."""
    found = []
    try:
        for path in sorted(folder.iterdir()):
            if path.suffix in (".yaml", ".yml"):
                status = path.stat()
                found.append((path.name, status.st_size, status.st_mtime_ns, status.st_ino))
    except OSError:
        pass  # a folder or file that is just being replaced: seen again in a moment
    return tuple(found)
