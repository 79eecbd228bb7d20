"""Fixtures that many tests share; helpers are in tests/support."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

from tests.support.paths import CORPUS

# Machines are noisy: examples are counted, never timed.
settings.register_profile("feeds", deadline=None)
settings.load_profile("feeds")


@pytest.fixture
def corpus() -> Path:
    """Return the folder of real articles, where it is present."""
    if not CORPUS.is_dir():
        pytest.skip("the corpus of real articles is not beside this checkout")
    return CORPUS


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str, str], Path]:
    """Return a function that writes a file into a folder of articles and returns the folder."""

    def write_article(name: str, content: str) -> Path:
        path = tmp_path / "seeds" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
        return tmp_path / "seeds"

    return write_article
