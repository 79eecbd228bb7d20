"""README, tutorial and how-to guides: what they say is done, and each block works."""

import shutil
from pathlib import Path
from typing import Final

import pytest

from feeds.config import load
from feeds.ingest.scanner import scan
from tests.support.docs import DOCS, README
from tests.support.paths import DATA, ROOT
from tests.support.walkthrough import Block, Walk, blocks_of

# What is in a clone and an installation needs.
_CLONE: Final = (
    "README.md", "LICENSE", "pyproject.toml", "hatch_build.py", "feeds", "seeds", "config",
)  # fmt: skip
PAGES: Final = {
    "README.md": README,
    "tutorial.md": DOCS / "tutorial.md",
    **{name: DOCS / "how-to" / name for name in ("private-drafts.md", "topic-hierarchy.md")},
}
# Done by `.ci/run`, which test_ci_runs_the_readmes_own_test_command holds to it.
TESTS: Final = ".venv/bin/pytest"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed_from_its_first_block_to_its_last(page: str, tmp_path: Path) -> None:
    """From a clone, beside which there is a site; a guide, from a folder of `feeds init`."""
    with Walk(tmp_path) as walk:
        if page in ("README.md", "tutorial.md"):
            walk.cwd = clone(tmp_path / "clone")
            shutil.copytree(DATA / "generators" / "hugo" / "site", walk.cwd / "site")
        else:
            walk.follow(Block("", "sh", "feeds init folder && cd folder\n"))
            if page == "private-drafts.md":  # is about a site that is served
                walk.follow(Block("", "sh", "feeds ingest\n"))
        for block in blocks_of(PAGES[page].read_text(encoding="utf-8")):
            if TESTS not in block.code:
                walk.follow(block)
        assert load(walk.cwd / "config").site.title
        assert list(scan(walk.cwd / "seeds"))


def clone(folder: Path) -> Path:
    """Make a copy of what an installation needs."""
    folder.mkdir()
    for name in _CLONE:
        if (ROOT / name).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        else:
            shutil.copy(ROOT / name, folder / name)
    return folder
