"""Fixtures that many tests share; helpers are in tests/support."""

import logging
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from feeds.cli import main
from tests.support.application import ingest
from tests.support.commands import Ran, Run
from tests.support.paths import NEWS, SEEDS

# Machines are noisy: examples are counted, never timed.
settings.register_profile("feeds", deadline=None)
settings.load_profile("feeds")


@pytest.fixture(params=NEWS, ids=lambda folder: folder.parent.name)
def news(request: pytest.FixtureRequest) -> Path:
    """Return a folder of news as a publisher has it: those in tests/data, and the corpus."""
    folder: Path = request.param
    return folder


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a file into a folder of articles and returns the folder."""

    def write_article(name: str, content: str) -> Path:
        path = tmp_path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return tmp_path / "seeds"

    return write_article


@pytest.fixture
def logging_as_before() -> Iterator[None]:
    """Undo what a test does to loggers: a command sets them up for its whole process."""
    loggers = [logging.getLogger(name) for name in ("feeds", "uvicorn", "uvicorn.access")]
    before = [(one.level, one.propagate, one.handlers[:]) for one in loggers]
    yield
    for logger, (level, propagate, handlers) in zip(loggers, before, strict=True):
        logger.setLevel(level)
        logger.propagate, logger.handlers = propagate, handlers


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
    tmp_path: Path,
    logging_as_before: None,
) -> Run:
    """Return a function that runs `feeds` with arguments, in an empty folder."""
    for name in [name for name in os.environ if name.startswith("FEEDS_")]:
        monkeypatch.delenv(name)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")

    def feeds(*arguments: object) -> Ran:
        monkeypatch.setattr(sys, "argv", ["feeds", *map(str, arguments)])
        status: object = 0
        try:
            main()
        except SystemExit as ended:
            status = ended.code or 0
        sys.stdout.flush()
        captured = capfdbinary.readouterr()
        assert isinstance(status, int)
        return Ran(status, captured.out.decode(), captured.err.decode())

    return feeds


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """Return a data folder whose catalog has one article, a draft, and its coverage."""
    ingest(SEEDS, tmp_path / "data")
    return tmp_path / "data"
