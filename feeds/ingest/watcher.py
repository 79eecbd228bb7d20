"""Which paths of a folder may have changed, as it happens.

The system reports changes, but not all of them: its queue runs over when very
much happens at once, a folder is not yet watched while its first files come
in, and of a folder that vanishes and returns nothing is heard again. So what
is given is a set of paths to look at, or `EVERYTHING`, which asks for a rescan.
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
from feeds.ingest.scanner import check, identity, is_hidden

EVERYTHING: Final = None

log: Final = logging.getLogger("feeds")

# It takes any signal for an interrupt, and says so after our last word.
logging.getLogger("watchfiles.main").setLevel(logging.ERROR)

_QUIET: Final = 30  # milliseconds without a change: a save or a `git pull` has drawn breath
_GROUPED: Final = 500  # milliseconds after which changes are given though more come in
_TURN: Final = 200  # milliseconds after which an empty set is given, so that others get a turn
# Linux drops reports once 16,384 wait, five or so for each file that is
# written. watchfiles does not tell, so a burst this large is not relied upon.
_BURST: Final = 1000  # paths
_SETTLED: Final = 1.0  # seconds after which new folders and bursts are looked at once more
_NET: Final = 600.0  # seconds between rescans in any case …
_NET_SHARE: Final = 100  # … or so many times as long as one took
# notify's own polling sees whole seconds only, so a second change within one is lost to it.
_POLL: Final = 2.0  # seconds between looks without reports from the system …
_POLL_SHARE: Final = 4  # … or so many times as long as a look took

_UNREPORTED: Final = 60.0  # seconds until it is tried again whether changes are reported

_NOTHING: Final[frozenset[str]] = frozenset()


def changes(
    seeds: Path,
    *,
    poll: bool = False,
    is_elsewhere: Callable[[], bool] = lambda: False,
) -> Iterator[frozenset[str] | None]:
    """Paths below the folder that may have changed, or EVERYTHING: at first, and
    whenever reports may be missing. An empty set every now and then. It ends
    once the process is told to. `is_elsewhere` tells whether a link that was followed
    leads elsewhere by now.

    A folder that is not there or cannot be read is waited for.
    """
    missing = False
    told = ""
    while True:
        try:
            check(seeds)
        except SeedsUnreadable as error:
            if not missing:
                log.warning("%s. Its articles are served until it returns", error)
            missing = True
            yield _NOTHING
            time.sleep(_TURN / 1000)
            continue
        if missing:
            log.info("%s: the folder is back", seeds)
        missing = False
        if poll:
            yield from _polled(seeds)
            continue
        try:
            if (yield from _reported(seeds, is_elsewhere)):
                return
        except FileNotFoundError:
            continue  # it went while it was being looked at
        except RuntimeError as error:  # watchfiles' own, for the name of a folder that is no UTF-8
            if told != str(error):
                told = str(error)
                log.warning(
                    "%s: changes are not reported: %s; rename the folder that this names. "
                    "Until then all files are looked at every now and then, as with --poll",
                    seeds,
                    error,
                )
            yield from _polled(seeds, _UNREPORTED)
        except OSError as error:
            log.warning(
                "%s: changes are not reported: %s; raise fs.inotify.max_user_watches. Until a "
                "restart all files are looked at every now and then, as with --poll",
                seeds,
                error,
            )
            poll = True


def _polled(seeds: Path, seconds: float = math.inf) -> Iterator[frozenset[str] | None]:
    """Without reports from the system, until the folder is another or time is over."""
    root, end = identity(seeds), time.monotonic() + seconds
    while identity(seeds) == root and time.monotonic() < end:
        began = time.monotonic()
        yield EVERYTHING
        now = time.monotonic()
        again = now + max(_POLL, _POLL_SHARE * (now - began))
        while time.monotonic() < again:
            time.sleep(_TURN / 1000)
            yield _NOTHING


def _reported(
    seeds: Path, is_elsewhere: Callable[[], bool]
) -> Generator[frozenset[str] | None, None, bool]:
    """What the system reports, until the folder is another or has to be watched anew.

    Gives whether it is because the process was told to end: watchfiles keeps
    to itself what a signal's handler raises.
    """
    root, top = identity(seeds), os.path.realpath(seeds)
    folders: set[str] = set()  # to be looked at once more
    unsettled = False  # all is to be looked at once more
    due = net = 0.0
    links = time.monotonic() + _SETTLED
    for reported in watch(
        top,
        watch_filter=None,
        step=_QUIET,
        debounce=_GROUPED,
        rust_timeout=_TURN,
        yield_on_timeout=True,
        raise_interrupt=False,
        ignore_permission_denied=True,
    ):
        if identity(seeds) != root:
            return False
        if time.monotonic() >= links:
            if is_elsewhere():
                return False  # where it leads is not watched yet
            links = time.monotonic() + _SETTLED
        below = {path: os.path.relpath(path, top).replace(os.sep, "/") for _, path in reported}
        paths = [path for path, name in below.items() if not is_hidden(name)]
        if any(os.path.islink(path) and os.path.isdir(path) for path in paths):
            return False  # what a new link leads to is not watched yet
        shown = frozenset(below[path] for path in paths)
        now = time.monotonic()
        if len(shown) > _BURST or "." in shown:
            unsettled, due = True, now + _SETTLED
            all_of_it = True
        else:
            all_of_it = now >= net or (unsettled and now >= due)
        if all_of_it:
            unsettled = unsettled and now < due
            yield EVERYTHING
            net = time.monotonic() + max(_NET, _NET_SHARE * (time.monotonic() - now))
            continue
        new = {below[path] for path in paths if os.path.isdir(path)}
        if folders and now >= due:
            shown, folders = shown | folders, set()
        if new:
            folders, due = folders | new, now + _SETTLED
        yield shown
    return True
