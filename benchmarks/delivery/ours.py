"""Our server as people run it, over generated articles."""

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.articles import Article
from benchmarks.delivery.asking import get
from benchmarks.delivery.processes import SERVER_CORE, cpu_seconds, free_port, running, until
from benchmarks.generate import write

FEEDS = (sys.executable, "-m", "feeds")


class Site:
    """A publishing folder in a place of its own."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.seeds, self.config, self.data = place / "seeds", place / "config", place / "data"
        self.log = place / "log"
        self.config.mkdir()
        self.config.joinpath("site.yaml").write_text(
            "title: Generated news\nbase_url: https://feeds.example.org\n"
        )

    def folders(self) -> list[str]:
        """Options of any command."""
        return [
            *("--seeds", str(self.seeds)),
            *("--config", str(self.config)),
            *("--data", str(self.data)),
        ]

    def fill(self, articles: Iterable[Article]) -> None:
        """Write articles and ingest them, on all cores."""
        write(self.seeds, articles)
        self.ingest()

    def ingest(self) -> None:
        """One scan."""
        with self.log.open("ab") as log:
            subprocess.run(
                [*FEEDS, "ingest", *self.folders()], check=True, stdout=log, stderr=log, timeout=600
            )

    @contextmanager
    def served(self, *options: str, core: int = SERVER_CORE) -> Iterator["Server"]:
        """`feeds serve` on a core, ready."""
        port = free_port()
        command = [*FEEDS, "serve", *self.folders(), "--port", str(port), "--no-access-log"]
        with running([*command, *options], core, self.log) as process:
            server = Server(port, process.pid)
            until(lambda: get(port, "/readyz").status == 200, "feeds serve is ready")
            if "--no-watch" in options:
                until(lambda: not server.children(), "its ingest has ended")
            yield server


class Server:
    """A running `feeds serve`: one process serves, another may ingest."""

    def __init__(self, port: int, pid: int) -> None:
        self.port, self.pid = port, pid

    def children(self) -> list[int]:
        """Processes it has started and that are still there."""
        return [int(pid) for task in _tasks(self.pid) for pid in _children(task)]

    def feeds(self) -> list[str]:
        """The paths of all feeds with entries, the largest first."""
        found = json.loads(get(self.port, "/feeds.json").decoded())["feeds"]
        found.sort(key=lambda feed: -feed["entries"])
        return [feed["path"] for feed in found if feed["entries"]]

    def busy(self) -> float:
        """Seconds of its core it has used."""
        return cpu_seconds(self.pid)


def _tasks(pid: int) -> list[Path]:
    return sorted(Path(f"/proc/{pid}/task").iterdir())


def _children(task: Path) -> list[str]:
    """Children are listed with the thread that started them: proc(5)."""
    try:
        return task.joinpath("children").read_text().split()
    except OSError:
        return []
