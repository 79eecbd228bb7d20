"""The project's own pages, taken apart: sections, tables, code."""

import re
from importlib import import_module
from pathlib import Path
from typing import Final

from tests.support.paths import ROOT

README: Final = ROOT / "README.md"
DOCS: Final = ROOT / "docs"
_CODE: Final = re.compile(r"`([^`]+)`")


def path(page: str) -> Path:
    """Return the path of a page of docs/ by its name, whichever part it stands in."""
    (found,) = DOCS.rglob(page)
    return found


def text(page: str) -> str:
    """Return the text of a page of docs/ by its name."""
    return path(page).read_text(encoding="utf-8")


def section(page: str, heading: str) -> str:
    """Return the text below a heading, up to the next one of its level or above."""
    level = heading.partition(" ")[0]
    found = text(page).split(f"\n{heading}\n")
    assert len(found) == 2, f"{page} has {heading} {len(found) - 1} times"
    return re.split(rf"\n#{{1,{len(level)}}} ", found[1])[0]


def rows(markdown: str) -> list[list[str]]:
    """Return the rows of all tables, without their heads."""
    tables = re.findall(r"^\|.*\n\|[ -|]+\n((?:\|.*(?:\n|\Z))*)", markdown, re.MULTILINE)
    return [
        [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        for table in tables
        for line in table.splitlines()
    ]


def codes(cell: str) -> list[str]:
    """Return all texts in backquotes."""
    return _CODE.findall(cell)


def code(cell: str) -> str:
    """Return the first text in backquotes."""
    return codes(cell)[0]


def prose(markdown: str) -> str:
    """Return a text without its blocks of code."""
    return re.sub(r"^```.*?^```$", "", markdown, flags=re.MULTILINE | re.DOTALL)


def blocks(markdown: str, language: str) -> list[str]:
    """Return the blocks of code in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", markdown, re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """Return the fragments that lead to a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in headings}


def resolved(name: str) -> object:
    """Return the module, class or function of a dotted name, or None."""
    try:
        return import_module(name)
    except ModuleNotFoundError:
        module, _, attribute = name.rpartition(".")
        return getattr(resolved(module), attribute, None) if module else None
