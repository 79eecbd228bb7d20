"""What the tests share: folders of articles, catalogs made of them, the application in-process."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import settings
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import LiveConfig
from feeds.errors import Problem
from feeds.ingest.pipeline import Ingest, Report
from feeds.server.app import create_app
from feeds.server.state import Service

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "seeds"
CONFIG = ROOT / "config"
CORPUS = ROOT.parent / "shared" / "corpus"

# Machines are noisy: examples are counted, never timed.
settings.register_profile("feeds", deadline=None)
settings.load_profile("feeds")


@pytest.fixture
def corpus() -> Path:
    """The folder of real articles, where it is present."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real articles is not beside this checkout")
    return CORPUS


def ingest(
    seeds: Path, data: Path, now: float = 1_600_000_000, problems: list[Problem] | None = None
) -> Report:
    """One scan of a folder into a catalog, at a given time."""
    noted = problems if problems is not None else []
    with open_to_write(data) as engine:
        work = Ingest(seeds, Writer(engine), noted.append, processes=1, clock=lambda: now)
        return work.scan({})


@contextmanager
def serving(
    data: Path, config: Path = CONFIG, clock: Callable[[], datetime] | None = None
) -> Iterator[TestClient]:
    """The application over a catalog, in-process."""
    live = LiveConfig(config, "https://feeds.example.org")
    service = Service(live, data, clock=clock) if clock else Service(live, data)
    with TestClient(
        create_app(service), base_url="https://feeds.example.org", follow_redirects=False
    ) as client:
        yield client


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Write a file into a folder of articles; gives the folder."""

    def write_article(name: str, content: str) -> Path:
        path = tmp_path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return tmp_path / "seeds"

    return write_article
