"""Pages for developers: what they name exists, and decisions have their parts."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.docs import DOCS, codes, path, prose, resolved, rows, section
from tests.support.paths import ROOT

DECISIONS: Final = sorted((DOCS / "explanation" / "decisions").glob("[!R]*.md"))
INDEX: Final = DOCS / "explanation" / "decisions" / "README.md"
PAGES: Final = [ROOT / "CONTRIBUTING.md", path("architecture.md"), INDEX, *DECISIONS]
PARTS: Final = ("Context", "Decision", "Why", "Measured", "Consequence")
_FOLDERS: Final = ("feeds", "tests", "benchmarks", "docs", "config", "seeds", ".ci", ".github")


def named(page: Path) -> Iterator[str]:
    """Yield what a page names in backquotes, blocks of code aside."""
    yield from codes(prose(page.read_text(encoding="utf-8")))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_modules_and_functions_that_a_page_names_exist(page: Path) -> None:
    names = [name for name in named(page) if re.fullmatch(r"feeds(\.\w+)+", name)]
    assert [name for name in names if resolved(name) is None] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_files_that_a_page_names_exist(page: Path) -> None:
    files = [name for name in named(page) if name.startswith(tuple(f"{f}/" for f in _FOLDERS))]
    assert [file for file in files if not (ROOT / file).exists()] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_a_title_and_its_parts_in_their_order(page: Path) -> None:
    """Paragraphs and tables may follow within a part."""
    text = page.read_text(encoding="utf-8")
    assert re.match(r"# [^\n]+[^.\n]\n\n\*\*Context\.\*\* \S", text)
    parts = re.findall(r"^\*\*(\w+)\.\*\* \S", text, re.MULTILINE)
    assert parts == [part for part in PARTS if part in parts or part != "Measured"]


def test_the_index_has_each_decision_once_by_its_title() -> None:
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", INDEX.read_text(encoding="utf-8"), re.MULTILINE)
    titles = {page.name: page.read_text("utf-8").splitlines()[0][2:] for page in DECISIONS}
    assert sorted(name for _, name in listed) == sorted(titles)
    assert {name: title for title, name in listed} == titles


def test_each_recipe_of_the_justfile_is_described() -> None:
    recipes = re.findall(
        r"^([a-z]+)[^:=\n]*:$", (ROOT / "justfile").read_text("utf-8"), re.MULTILINE
    )
    described = [row[0] for row in rows((ROOT / "CONTRIBUTING.md").read_text("utf-8"))]
    assert described == [f"`just {recipe}`" for recipe in recipes]


def test_every_package_and_module_at_the_top_is_described() -> None:
    top = (ROOT / "feeds").iterdir()
    there = {path.stem for path in top if path.suffix in ("", ".py") and path.stem[0] != "_"}
    table = section("architecture.md", "## Packages")
    assert sorted(codes(row[0])[0] for row in rows(table)) == sorted(there)
