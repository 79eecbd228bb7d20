"""The last good configuration of a server, in one file.

Processes of the server that are started later, while its folder is not good, begin with
it. The file is replaced whole, so that nobody reads half of it.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from feeds.config.loader import Config, load
from feeds.config.yaml_files import is_read


def read_texts(folder: Path) -> dict[str, str]:
    """Return the texts of a folder's files by name. Raises OSError or UnicodeDecodeError."""
    return {path.name: path.read_bytes().decode() for path in folder.iterdir() if is_read(path)}


def save(file: Path, texts: dict[str, str]) -> None:
    """Save the texts of good files; if that fails, the snapshot before stays."""
    new = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        new.write_text(json.dumps(texts), encoding="utf-8")
        new.replace(file)


def restore(file: Path, default_base_url: str) -> Config | None:
    """Return the configuration of a snapshot; None if there is none."""
    try:
        texts = json.loads(file.read_text(encoding="utf-8"))
        with TemporaryDirectory(prefix="feeds-") as folder:
            for name, text in texts.items():
                Path(folder, name).write_bytes(text.encode())
            return load(Path(folder), default_base_url)
    except (OSError, ValueError):
        return None
