"""Cases that are files: an article, with what is expected beside it."""

from pathlib import Path

from feeds.ingest.scanner import SUFFIXES
from tests.support.paths import DATA


def cases(folder: str) -> list[Path]:
    """Return the articles of a folder of tests/data, sorted by name."""
    return sorted(
        path for path in (DATA / folder).iterdir()
        if path.suffix in SUFFIXES and ".expected" not in path.name
    )  # fmt: skip
