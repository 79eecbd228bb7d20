"""Where the tests find the project's own folders."""

from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
SEEDS: Final = ROOT / "seeds"
CONFIG: Final = ROOT / "config"
DATA: Final = ROOT / "tests" / "data"
CORPUS: Final = ROOT.parent / "shared" / "corpus"
NOWHERE: Final = Path("/nonexistent")
