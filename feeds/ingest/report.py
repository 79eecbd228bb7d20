"""The result and the progress of a scan, as text for people."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from feeds.catalog.changeset import Outcome
from feeds.catalog.files import ACCEPT_COMMAND
from feeds.ingest.scanner import named_others
from feeds.util.text import many


@dataclass(slots=True)
class Report:
    """The result of a scan: numbers of files, the outcome for entries, and the time it took.

    `read` are files that are new or whose content has changed; of these, `refused` ones are not
    used and `repaired` ones have warnings. `waiting` are deleted files whose articles are still
    served, and `moving` ones those that are still served at their old addresses. `others` are the
    numbers of files that are not articles, by suffix.
    """

    files: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    read: int = 0
    refused: int = 0
    repaired: int = 0
    removed: int = 0
    waiting: int = 0
    moving: int = 0
    seconds: float = 0.0
    outcome: Outcome = field(default_factory=Outcome)

    def __str__(self) -> str:
        parts = [many(self.files, "file"), *filter(None, [named_others(self.others)])]
        parts.append(f"{self.read} read")
        if self.refused:
            parts.append(f"{self.refused} refused")
        if self.repaired:
            parts.append(f"{self.repaired} repaired")
        if self.removed:
            parts.append(f"{self.removed} removed")
        if self.waiting:
            parts.append(f"{self.waiting} gone but still served (see {ACCEPT_COMMAND})")
        if self.moving:
            parts.append(f"{self.moving} still at old addresses (see {ACCEPT_COMMAND})")
        parts.append(str(self.outcome))
        return f"{', '.join(parts)} in {self.seconds:.1f} s"


Progress = Callable[[int, int], None]


def silent(done: int, total: int) -> None:
    """Show no progress."""
