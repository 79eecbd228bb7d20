"""Where the tests find the project's own folders."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
SEEDS: Final = ROOT / "seeds"
CONFIG: Final = ROOT / "config"
DATA: Final = ROOT / "tests" / "data"
# Made up for the tests; and real news, where there is a corpus beside this checkout.
NEWS: Final = [
    folder
    for folder in (DATA / "news", ROOT.parent / "shared" / "corpus" / "news")
    if folder.is_dir()
]
NOWHERE: Final = Path("/nonexistent")
