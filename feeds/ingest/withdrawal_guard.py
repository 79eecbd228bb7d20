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
