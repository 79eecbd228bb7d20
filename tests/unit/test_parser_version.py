"""A catalog knows by `READING` whether its files were read as they are now: who changes
what a file gives has to raise it.

`python -m tests.unit.test_parser_version` records what all cases of articles give.
"""

import json
from hashlib import blake2b
from typing import Any

from feeds.ingest.pool import READING, parse_batch
from feeds.ingest.scanner import scan
from tests.support.paths import ROOT

DATA = ROOT / "tests" / "data"
RECORD = DATA / "reading.json"


def now() -> dict[str, Any]:
    """The version, and digests of what each case gives the catalog."""
    files = {
        f"{folder}/{one.path}": blake2b(repr(one.mentions).encode(), digest_size=8).hexdigest()
        for folder in ("articles", "bad")
        for one in parse_batch(
            str(DATA / folder), [(found, None) for found in sorted(scan(DATA / folder))]
        )
        if not one.path.endswith(".expected.yaml")
    }
    return {"reading": READING, "files": files}


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Cases that give something else than they did, though the version is the same."""
    if before["reading"] != after["reading"]:
        return []
    old, new = before["files"], after["files"]
    return [path for path in old.keys() & new.keys() if old[path] != new[path]]


def test_what_a_file_gives_changes_with_the_version_alone() -> None:
    recorded = json.loads(RECORD.read_text())
    assert differing(recorded, now()) == [], "raise READING in feeds/ingest/parse.py"
    assert recorded == now(), "run python -m tests.unit.test_parser_version"


def test_a_change_under_the_same_version_is_seen() -> None:
    before = now()
    changed, gone = list(before["files"])[:2]
    files = {**before["files"], changed: "other", "new.md": "new"}
    del files[gone]
    after = {"reading": READING, "files": files}
    assert differing(before, after) == [changed]
    assert differing(before, {**after, "reading": f"{READING}+"}) == []


if __name__ == "__main__":
    if RECORD.exists() and (files := differing(json.loads(RECORD.read_text()), now())):
        raise SystemExit(f"raise READING in feeds/ingest/parse.py: others come of {files}")
    RECORD.write_text(json.dumps(now(), indent=0) + "\n")
