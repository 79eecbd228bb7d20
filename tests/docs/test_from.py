"""docs/how-to/from/: each page makes a site, runs `feeds init --from`, and shows the result."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.docs.test_commands import run
from tests.support.docs import DOCS, blocks

PAGES: Final = sorted((DOCS / "how-to" / "from").glob("[!R]*.md"))
_FILE: Final = re.compile(r"^`([^`\n]+)`:\n\n```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_CONSOLE: Final = re.compile(r"^```console\n\$ (.+)\n((?:.*\n)*?)```", re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_shows_what_the_command_prints_and_writes(page: Path, tmp_path: Path) -> None:
    text = page.read_text(encoding="utf-8")
    before, console, after = re.split(
        r"(?=^```console)|(?=^## What is rec)", text, flags=re.MULTILINE
    )
    for name, content in _FILE.findall(before):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    match = _CONSOLE.search(console)
    assert match
    (begun,) = blocks(before, "sh")
    commands = [line.partition("#")[0].strip() for line in begun.splitlines()]
    assert commands in ([match[1]], [match[1], "cd news && feeds serve"])
    assert run(match[1], tmp_path) == match[2]
    written = _FILE.findall(console)
    assert [name for name, _ in written] == ["news/config/articles.yaml"]
    for name, content in written:
        assert (tmp_path / name).read_text(encoding="utf-8") == content
    assert "## What is not" in after


def test_the_index_lists_each_page_by_its_heading() -> None:
    listed = re.findall(
        r"^- \[(.+)\]\((.+)\)$", (DOCS / "how-to" / "from" / "README.md").read_text(), re.MULTILINE
    )
    headings = {page.name: page.read_text().splitlines()[0].removeprefix("# ") for page in PAGES}
    assert {name: heading for heading, name in listed} == headings
