"""Decide which withdrawals wait for a person.

A folder that was emptied, half copied or not mounted looks just like one whose articles were
deleted. So if a large part of all files is missing, their articles are not withdrawn at once.
"""

from collections.abc import Callable, Collection
from typing import Final

from feeds.catalog.writer import Writer

# Files that may always be withdrawn: in a small folder every file is a large part.
ALWAYS_ALLOWED: Final = 5
WINDOW: Final = 3600  # seconds within which deletions are added up


def must_wait(gone: int, remaining: int, recent: int, share: float) -> bool:
    """Return whether deleted files are withdrawn only after a person has confirmed it.

    `gone` files were deleted and `remaining` are still there; `recent` were withdrawn within the
    window. `share`, from 0 to 1, is the part of all files that may be withdrawn within it. The
    deletion of all files always waits.
    """
    if not gone:
        return False
    if not remaining:
        return True
    if share and gone + recent <= ALWAYS_ALLOWED:
        return False
    return gone + recent > share * (gone + remaining + recent)


class WithdrawalGuard:
    """Remember for one catalog the recent withdrawals, and those that wait for a person.

    `recent` has the times of withdrawals, in seconds since 1970, and the number at each. `waiting`
    are deleted files whose articles are still served, and `moving` files whose articles are still
    served at the addresses that they had by earlier settings. `share` is as for `must_wait`; `now`
    gives the time.
    """

    def __init__(self, writer: Writer, now: Callable[[], int], share: float) -> None:
        self.share = share
        self.recent = writer.recent_withdrawals()
        self.waiting: set[str] = set()
        self.moving = writer.moving()
        self._writer = writer
        self._now = now
        # `waiting` and `moving` as the catalog has them.
        self._recorded: tuple[set[str], set[str]] | None = None

    def must_wait(self, gone: int, remaining: int) -> bool:
        """Return whether so many files wait: see the function of this name."""
        now = self._now()
        # Times far in the future come from a wrong clock.
        self.recent = [pair for pair in self.recent if abs(now - pair[0]) < WINDOW]
        return must_wait(gone, remaining, sum(count for _, count in self.recent), self.share)

    def allowed(self, gone: list[str], remaining: int) -> list[str]:
        """Return those of many deleted files that may be withdrawn now."""
        if not self.must_wait(len(gone), remaining):
            return gone
        # If a file has no entry of its own, its articles are in another file.
        losing = set(self._writer.last_mentioning(gone))
        if not self.must_wait(len(losing), remaining):
            return gone
        return [path for path in gone if path not in losing]

    def must_keep(self, moving: Collection[str]) -> bool:
        """Return whether the articles of some files are too many to change their addresses before a
        person has accepted it."""
        return self.must_wait(len(moving), self._writer.files - len(moving))

    def note(self, count: int) -> None:
        """Record the number of files that were withdrawn, also for the next start."""
        if count:
            self.recent.append((self._now(), count))
            self._writer.record_withdrawals(self.recent)

    def record(self) -> None:
        """Record in the catalog which files wait."""
        if (self.waiting, self.moving) != self._recorded:
            self._writer.record_waiting(self.waiting, self.moving)
            self._recorded = self.waiting.copy(), self.moving.copy()
