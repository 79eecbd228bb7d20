"""The last good configuration of a server, for those of its processes that are started
while its folder has none.

One file, replaced whole, so that nobody reads half of it.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from feeds.config.loader import Config, load
from feeds.config.yaml_files import is_read


def contents(folder: Path) -> dict[str, str]:
    """What the files of a folder say, by name. Raises OSError or UnicodeDecodeError."""
    return {path.name: path.read_bytes().decode() for path in folder.iterdir() if is_read(path)}


def keep(file: Path, said: dict[str, str]) -> None:
    """Remember what good files say; without room for it, what was kept before stays."""
    new = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        new.write_text(json.dumps(said), encoding="utf-8")
        new.replace(file)


def recalled(file: Path, default_base_url: str) -> Config | None:
    """The configuration that was kept; None if there is none."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        with TemporaryDirectory(prefix="feeds-") as folder:
            for name, text in said.items():
                Path(folder, name).write_bytes(text.encode())
            return load(Path(folder), default_base_url)
    except (OSError, ValueError):
        return None
