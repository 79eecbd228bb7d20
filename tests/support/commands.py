"""`feeds` run within the process of a test."""

from collections.abc import Callable
from typing import NamedTuple


class Ran(NamedTuple):
    """The exit status of a command, and what it printed."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]
