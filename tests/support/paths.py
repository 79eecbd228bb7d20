"""Where the tests find the project's own folders."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
DATA: Final = ROOT / "tests" / "data"
# One article with 22 related ones, all drafts, and a configuration that shows drafts.
SEEDS: Final = DATA / "drafts" / "seeds"
CONFIG: Final = DATA / "drafts" / "config"
# What a fresh clone serves: its articles change, so tests should not count them.
SHIPPED_SEEDS: Final = ROOT / "seeds"
SHIPPED_CONFIG: Final = ROOT / "config"
# Made up for the tests; and real news, where there is a corpus beside this checkout.
NEWS: Final = [
    folder
    for folder in (DATA / "news", ROOT.parent / "shared" / "corpus" / "news")
    if folder.is_dir()
]
NOWHERE: Final = Path("/nonexistent")
