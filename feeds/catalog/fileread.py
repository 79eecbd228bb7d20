"""What became of a file when it was read: from the process that reads to the one that writes."""

from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from feeds.catalog.merge import Mention
from feeds.problems import Problem

# In place of a signature: the file is to be read again whatever its status is.
AGAIN: Final = 0
# In place of a digest, and none of any content: the file is there and could not be read,
# or is to be read again.
UNREADABLE: Final = b""


@dataclass(frozen=True, slots=True)
class FileRead:
    """A file as it is now. `mentions` is None if it was refused or says the `same` as before."""

    path: str
    signature: int
    digest: bytes
    mentions: tuple[Mention, ...] | None
    problems: tuple[Problem, ...] = ()
    refused: bool = False
    same: bool = False

    def __reduce__(self) -> tuple[Any, ...]:
        """Its way from one process to another: Python packs each named tuple by a call
        of its own, plain ones all at once."""
        plain = None if self.mentions is None else tuple(map(tuple, self.mentions))
        rest = self.problems, self.refused, self.same
        return _received, (self.path, self.signature, self.digest, plain, *rest)


def _received(
    path: str, signature: int, digest: bytes, plain: tuple[tuple[Any, ...], ...] | None, *rest: Any
) -> FileRead:
    mentions = None if plain is None else tuple(map(_mention, plain))
    return FileRead(path, signature, digest, mentions, *rest)


# `Mention._make` for values that are known to be all there.
_mention: Final = partial(tuple.__new__, Mention)
