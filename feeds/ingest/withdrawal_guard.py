"""Which withdrawals wait for a person. Pure.

A folder that was emptied, half copied or not mounted looks just like one whose
articles were deleted. So a deletion of a large part of all files is not
believed at once.
"""

from typing import Final

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
    """Remembers withdrawals for as long as they count: `recent` are their times, in seconds
    since 1970, and how many they were. `share` is as for `must_wait`."""

    def __init__(self, recent: list[tuple[int, int]], share: float) -> None:
        self.recent = recent
        self.share = share

    def must_wait(self, gone: int, remaining: int, now: int) -> bool:
        """Return whether so many files wait: see the function of this name."""
        # Times far in the future are of a clock that was wrong.
        self.recent = [pair for pair in self.recent if abs(now - pair[0]) < WINDOW]
        return must_wait(gone, remaining, sum(count for _, count in self.recent), self.share)
