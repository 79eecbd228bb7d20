"""A catalog knows by `PARSER_VERSION` whether its files were read as they are now: whoever
changes what a file gives has to raise it.

`python -m tests.unit.test_parser_version` records what all cases of articles give.
"""

import json
from hashlib import blake2b
from typing import Any

from feeds.article_settings import DEFAULTS
from feeds.articles import PARSER_VERSION
from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import scan
from tests.support.paths import ROOT
from tests.unit.test_sites import SITES, settings_of

DATA = ROOT / "tests" / "data"
RECORD = DATA / "parser-version.json"


def now() -> dict[str, Any]:
    """The version, and digests of what each case gives the catalog."""
    folders = [(DATA / name, DEFAULTS) for name in ("articles", "bad")]
    folders += [(site / "files", settings_of(site)) for site in SITES]
    files = {
        f"{folder.relative_to(DATA)}/{one.path}": blake2b(
            repr(one.mentions).encode(), digest_size=8
        ).hexdigest()
        for folder, settings in folders
        for found in sorted(scan(folder))
        if (one := parse_file(str(folder), found, settings=settings)) is not None
        and not one.path.endswith(".expected.yaml")
    }
    return {"version": PARSER_VERSION, "files": files}


def differing(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Cases that give something else than they did, though the version is the same."""
    if before["version"] != after["version"]:
        return []
    old, new = before["files"], after["files"]
    return [path for path in old.keys() & new.keys() if old[path] != new[path]]


def test_what_a_file_gives_changes_with_the_version_alone() -> None:
    recorded = json.loads(RECORD.read_text())
    assert differing(recorded, now()) == [], "raise PARSER_VERSION"
    assert recorded == now(), "run python -m tests.unit.test_parser_version"


def test_a_change_under_the_same_version_is_seen() -> None:
    before = now()
    changed, gone = list(before["files"])[:2]
    files = {**before["files"], changed: "other", "new.md": "new"}
    del files[gone]
    after = {"version": PARSER_VERSION, "files": files}
    assert differing(before, after) == [changed]
    assert differing(before, {**after, "version": f"{PARSER_VERSION}+"}) == []


if __name__ == "__main__":
    if RECORD.exists() and (files := differing(json.loads(RECORD.read_text()), now())):
        raise SystemExit(f"raise PARSER_VERSION: others come of {files}")
    RECORD.write_text(json.dumps(now(), indent=0) + "\n")
