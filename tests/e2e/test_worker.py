"""A serving process, as it is when it begins to serve."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.application import ingest
from tests.support.paths import CONFIG, SEEDS

pytestmark = pytest.mark.slow


COUNTS = """
import gc
from feeds.cli.worker import application
made = application()
gc.collect()
print(gc.get_freeze_count(), len(gc.get_objects()))
"""


def test_what_stays_is_not_looked_through_for_garbage(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    options = {"CONFIG": CONFIG, "DATA": tmp_path, "HOST": "127.0.0.1", "PORT": 80}
    options["CACHE_SIZE"] = 1
    environment = {f"FEEDS_{name}": str(value) for name, value in options.items()}
    counted = subprocess.run(
        [sys.executable, "-c", COUNTS],
        env=os.environ | environment,
        check=True,
        capture_output=True,
        text=True,
    )
    stay, others = map(int, counted.stdout.split())
    assert stay > 10 * others
