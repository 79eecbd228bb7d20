"""The JSON Schemas that are shipped with the package, generated from the models.

`python -m feeds.config.json_schema` writes them; a test checks that they are up to date.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from feeds.config.schema import FILES, json_schema

NAMES: Final = tuple(FILES)
FOLDER: Final = Path(__file__).parent / "json_schemas"


def published(name: str) -> tuple[bytes, datetime]:
    """Return a schema as it is shipped, and when it was installed."""
    path = FOLDER / f"{name}.json"
    return path.read_bytes(), datetime.fromtimestamp(path.stat().st_mtime, UTC)


def generated(name: str) -> bytes:
    """Return a schema as the models are now."""
    return (json.dumps(json_schema(name), indent=1, ensure_ascii=False) + "\n").encode()


def main() -> None:
    """Write all of them."""
    FOLDER.mkdir(exist_ok=True)
    for name in NAMES:
        (FOLDER / f"{name}.json").write_bytes(generated(name))


if __name__ == "__main__":
    main()
