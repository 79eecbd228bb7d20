"""Report which paths of a folder may have changed, as it happens.

The system reports changes, but not all of them: its queue overflows if very many files change at
once, a new folder is not watched yet while its first files are written, and a folder that
disappears and returns is no longer watched. So `changes` yields sets of paths to check, or
`EVERYTHING`, which requests a whole scan.
"""

import logging
import math
import os
import time
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final

from watchfiles import watch

from feeds.errors import SeedsUnreadable
from feeds.ingest.scanner import check_readable, folder_id, is_hidden

EVERYTHING: Final = None

log: Final = logging.getLogger("feeds")

# It logs every signal as an interrupt, after our own last line.
logging.getLogger("watchfiles.main").setLevel(logging.ERROR)

_QUIET: Final = 30  # milliseconds without a change before changes are reported
_GROUPED: Final = 500  # milliseconds after which they are reported even if changes continue
TURN: Final = 0.2  # seconds after which an empty set is yielded: the caller has other work
# Linux drops reports once 16,384 wait, about five for each file that is written. watchfiles does
# not tell, so the reports of such a burst are not relied upon.
_BURST: Final = 1000  # paths
_SETTLED: Final = 1.0  # seconds after which new folders and bursts are checked again
_RESCAN: Final = 600.0  # seconds between whole scans in any case …
_RESCAN_SHARE: Final = 100  # … or this many times as long as one took
# The polling of watchfiles compares whole seconds, so it misses a second change within one.
_POLL: Final = 2.0  # seconds between checks without reports from the system …
_POLL_SHARE: Final = 4  # … or this many times as long as a check took

_UNREPORTED: Final = 60.0  # seconds until reports are tried again

_NOTHING: Final[frozenset[str]] = frozenset()


def changes(
    seeds: Path,
    *,
    poll: bool = False,
    links_have_moved: Callable[[], bool] = lambda: False,
    links_are_refused: Callable[[], bool] = lambda: False,
    is_excluded: Callable[[str], bool] = lambda _path: False,
) -> Iterator[frozenset[str] | None]:
    """Yield paths below the folder that may have changed, or EVERYTHING: at first, and whenever
    reports may be missing. Yields an empty set at intervals.

    `links_have_moved` returns whether the target of a followed link has changed, and
    `links_are_refused` whether there is a link to a folder that must not be followed: the system
    would report all changes behind it, and perhaps those of the folder itself by a path through the
    link. Changes at and below paths for which `is_excluded` is true are not yielded. If the folder
    does not exist or cannot be read, this waits for it. Returns when the process is asked to end.
    """
    missing = False
    reported = ""
    while True:
        try:
            check_readable(seeds)
        except SeedsUnreadable as error:
            if not missing:
                log.warning("%s. Its articles are served until it returns", error)
            missing = True
            yield _NOTHING
            time.sleep(TURN)
            continue
        if missing:
            log.info("%s: the folder is back", seeds)
        missing = False
        if poll or links_are_refused():
            yield from _polled(seeds, math.inf if poll else _UNREPORTED)
            continue
        try:
            if (yield from _reported(seeds, links_have_moved, links_are_refused, is_excluded)):
                return
        except FileNotFoundError:
            continue  # it was deleted meanwhile
        except RuntimeError as error:  # from watchfiles, for the name of a folder that is not UTF-8
            if reported != str(error):
                reported = str(error)
                log.warning(
                    "%s: the system reports no changes: %s; rename the folder named here. "
                    "Until then all files are checked regularly, as with --poll",
                    seeds,
                    error,
                )
            yield from _polled(seeds, _UNREPORTED)
        except OSError as error:
            log.warning(
                "%s: the system reports no changes: %s; raise fs.inotify.max_user_watches. Until "
                "a restart all files are checked regularly, as with --poll",
                seeds,
                error,
            )
            poll = True


def _polled(seeds: Path, seconds: float = math.inf) -> Iterator[frozenset[str] | None]:
    """Yield EVERYTHING at intervals, until the folder is replaced or the time is over."""
    root, end = folder_id(seeds), time.monotonic() + seconds
    while folder_id(seeds) == root and time.monotonic() < end:
        began = time.monotonic()
        yield EVERYTHING
        now = time.monotonic()
        again = now + max(_POLL, _POLL_SHARE * (now - began))
        while time.monotonic() < again:
            time.sleep(TURN)
            yield _NOTHING


def _reported(
    seeds: Path,
    links_have_moved: Callable[[], bool],
    links_are_refused: Callable[[], bool],
    is_excluded: Callable[[str], bool],
) -> Generator[frozenset[str] | None, None, bool]:
    """Yield the reports of the system, until the folder is replaced or must be watched again.

    Returns whether the process was asked to end: watchfiles catches the exception that a signal
    handler raises.
    """
    root, top = folder_id(seeds), os.path.realpath(seeds)
    folders: set[str] = set()  # to be looked at again
    unsettled = False  # everything has to be checked again
    due = rescan = 0.0
    links = time.monotonic() + _SETTLED
    for reported in watch(
        top,
        watch_filter=None,
        step=_QUIET,
        debounce=_GROUPED,
        rust_timeout=round(TURN * 1000),
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if folder_id(seeds) != root:
            return False
        if time.monotonic() >= links:
            if links_have_moved():
                return False  # its target is not watched yet
            links = time.monotonic() + _SETTLED
        below = {path: os.path.relpath(path, top).replace(os.sep, "/") for _, path in reported}
        paths = [
            path
            for path, name in below.items()
            if name == "." or not (is_hidden(name) or is_excluded(name))
        ]
        if any(os.path.islink(path) and os.path.isdir(path) for path in paths):
            return False  # the target of a new link is not watched yet
        shown = frozenset(below[path] for path in paths)
        now = time.monotonic()
        if len(shown) > _BURST or "." in shown:
            unsettled, due = True, now + _SETTLED
            everything = True
        else:
            everything = now >= rescan or (unsettled and now >= due)
        if everything:
            unsettled = unsettled and now < due
            yield EVERYTHING
            if links_are_refused():
                return False
            rescan = time.monotonic() + max(_RESCAN, _RESCAN_SHARE * (time.monotonic() - now))
            continue
        new = {below[path] for path in paths if os.path.isdir(path)}
        if folders and now >= due:
            shown, folders = shown | folders, set()
        if new:
            folders, due = folders | new, now + _SETTLED
        yield shown
    return True
