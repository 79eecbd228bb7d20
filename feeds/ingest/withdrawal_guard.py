"""Which withdrawals wait for a person. Pure.

A folder that was emptied, half copied or not mounted looks just like one whose
articles were deleted. So a deletion of a large part of all files is not
believed at once.
"""

from typing import Final

# So many may always go: in a small folder every file is a large part.
FEW: Final = 5
WINDOW: Final = 3600  # seconds within which deletions count together


def waits(going: int, staying: int, lately: int, share: float) -> bool:
    """Whether files that are gone are withdrawn only once a person says so.

    `going` files are gone and `staying` are still there; `lately` were
    withdrawn within the window. `share` is how many of all may go within it.
    A folder with nothing left in it always waits.
    """
    if not going:
        return False
    if not staying:
        return True
    if share and going + lately <= FEW:
        return False
    return going + lately > share * (going + staying + lately)
