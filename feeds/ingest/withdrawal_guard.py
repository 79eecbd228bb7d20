"""Which withdrawals wait for a person.

A folder that was emptied, half copied or not mounted looks just like one whose
articles were deleted. So a deletion of a large part of all files is not
believed at once.
"""

from collections.abc import Callable, Collection
from typing import Final

from feeds.catalog.writer import Writer

# Files that may always be withdrawn: in a small folder every file is a large part.
ALWAYS_ALLOWED: Final = 5
WINDOW: Final = 3600  # seconds within which deletions count together


def must_wait(gone: int, remaining: int, recent: int, share: float) -> bool:
    """Return whether deleted files are withdrawn only once a person says so.

    `gone` files were deleted and `remaining` are still there; `recent` were withdrawn
    within the window. `share`, from 0 to 1, is how much of all files may be withdrawn
    within it. The deletion of all files always waits.
    """
    if not gone:
        return False
    if not remaining:
        return True
    if share and gone + recent <= ALWAYS_ALLOWED:
        return False
    return gone + recent > share * (gone + remaining + recent)


class WithdrawalGuard:
    """Knows for one catalog what was withdrawn lately, and what waits for a person.

    `recent` are the times of withdrawals, in seconds since 1970, and how many they were.
    `waiting` are deleted files whose articles are still served, and `moving` files whose
    articles are still served at the addresses that they had by other settings. `share` is as
    for `must_wait`; `now` gives the time.
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
        # Times far in the future are of a clock that was wrong.
        self.recent = [pair for pair in self.recent if abs(now - pair[0]) < WINDOW]
        return must_wait(gone, remaining, sum(count for _, count in self.recent), self.share)

    def allowed(self, gone: list[str], remaining: int) -> list[str]:
        """Return those of many deleted files that may be withdrawn now."""
        if not self.must_wait(len(gone), remaining):
            return gone
        # A file without an entry of its own has moved, or was written again elsewhere.
        losing = set(self._writer.last_mentioning(gone))
        if not self.must_wait(len(losing), remaining):
            return gone
        return [path for path in gone if path not in losing]

    def must_keep(self, moving: Collection[str]) -> bool:
        """Return whether the articles of some files are so many that they keep their addresses
        until a person accepts that these are withdrawn."""
        return self.must_wait(len(moving), self._writer.files - len(moving))

    def note(self, count: int) -> None:
        """Record that so many files were withdrawn, for the next start too."""
        if count:
            self.recent.append((self._now(), count))
            self._writer.record_withdrawals(self.recent)

    def record(self) -> None:
        """Record in the catalog what waits."""
        if (self.waiting, self.moving) != self._recorded:
            self._writer.record_waiting(self.waiting, self.moving)
            self._recorded = self.waiting.copy(), self.moving.copy()
