"""Wait for what another thread or process does."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

LONGEST_WAIT: Final = 60.0  # seconds; far more than a busy machine needs
_PAUSE: Final = 0.01  # seconds between two looks

T = TypeVar("T")


def wait_for(
    condition: Callable[[], T | None],
    awaited: str,
    unless: type[Exception] | tuple[type[Exception], ...] = (),
) -> T:
    """Call `condition` until it returns something true, and return that.

    `awaited` says what is waited for, for the message of a test that fails.
    An exception named in `unless` means that it is too early yet, such as
    ConnectionRefusedError of a server that does not listen so far.
    """
    end = time.monotonic() + LONGEST_WAIT
    while True:
        last: object
        try:
            last = result = condition()
            if result:
                return result
        except unless as error:
            last = error
        assert time.monotonic() < end, (
            f"waited {LONGEST_WAIT:.0f} s for {awaited}; at last there was {last!r}"
        )
        time.sleep(_PAUSE)
