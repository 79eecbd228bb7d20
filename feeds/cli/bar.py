"""The progress bar of a terminal."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text


@contextmanager
def bar() -> Iterator[Callable[[int, int], None]]:
    """Gives what is to be called with how many files are read, and of how many."""
    columns = (
        TextColumn("Reading articles"),
        BarColumn(),
        MofNCompleteColumn(),
        _Rate(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("", total=None)

        def show(done: int, total: int) -> None:
            shown.update(task, completed=done, total=total)

        yield show


class _Rate(ProgressColumn):
    """Files a second."""

    def render(self, task: Task) -> Text:
        """As the bar shows it."""
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")
