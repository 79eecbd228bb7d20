"""The JSON Schemas that are shipped with the package, made of the models.

`python -m feeds.config.json_schema` writes them anew; a test holds them current.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feeds.config.schema import FILES, json_schema

NAMES: Final = tuple(FILES)
FOLDER: Final = Path(__file__).parent / "json_schemas"


def published(name: str) -> tuple[bytes, datetime]:
    """A schema as it is shipped, and when it was installed."""
    path = FOLDER / f"{name}.json"
    return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def made(name: str) -> bytes:
    """A schema as the models are now."""
    return (json.dumps(json_schema(name), indent=1, ensure_ascii=False) + "\n").encode()


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.json").write_bytes(made(name))


if __name__ == "__main__":
    main()
