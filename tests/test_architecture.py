"""The imports of every module, lazy ones included, held against docs/architecture.md."""

import ast
import re
import sys
from collections.abc import Iterator
from fnmatch import fnmatchcase
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "feeds"
DOCUMENT = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
_CODE = re.compile(r"`([^`]+)`")


def name_of(path: Path) -> str:
    """`feeds.catalog` for its `__init__.py`, `feeds.text` for `text.py`."""
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


SOURCES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in SOURCES.items()}


def imported(tree: ast.AST) -> Iterator[str]:
    """Everything a module imports, by its full name, wherever in the file it does so."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def module_of(name: str) -> str:
    """Our module that an imported name comes from.

    `feeds.config.load` is a function that the package `feeds.config` hands on,
    and a module: whoever imports it from the package gets the function.
    """
    package, _, last = name.rpartition(".")
    if package in TREES and last in handed_on(package):
        return package
    return name if name in TREES else package


def handed_on(package: str) -> set[str]:
    """Names that a package's `__init__.py` takes from modules, modules of its own aside."""
    return {
        alias.asname or alias.name
        for node in TREES[package].body
        if isinstance(node, ast.ImportFrom) and node.module != package
        for alias in node.names
    }


def ours(module: str) -> set[str]:
    """Our modules that a module of ours imports."""
    names = [name for name in imported(TREES[module]) if name.split(".")[0] == "feeds"]
    return {module_of(name) for name in names}


def libraries(module: str) -> set[str]:
    """Full names from libraries that a module imports."""
    own = {"feeds", *sys.stdlib_module_names}
    return {name for name in imported(TREES[module]) if name.split(".")[0] not in own}


def short(module: str) -> str:
    return module.removeprefix("feeds.")


def rows(heading: str, columns: int) -> list[list[str]]:
    """The rows of all tables below a heading, without their heads."""
    section = DOCUMENT.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:3] == "| `"]
    assert all(len(line) == columns for line in lines), lines
    return lines


MODULES = {
    _CODE.findall(name)[0]: set(_CODE.findall(imports))
    for name, _, imports in rows("Modules", columns=3)
}
LIBRARIES = {
    _CODE.findall(name)[0]: _CODE.findall(where) for name, where, _ in rows("Libraries", columns=3)
}


def test_the_table_has_every_module_once_and_no_other() -> None:
    listed = [_CODE.findall(row[0])[0] for row in rows("Modules", columns=3)]
    assert sorted(listed) == sorted(map(short, SOURCES))


@pytest.mark.parametrize("module", sorted(SOURCES))
def test_a_module_imports_what_the_table_says(module: str) -> None:
    found = {short(other) for other in ours(module)}
    assert found == MODULES.get(short(module)), (
        f"docs/architecture.md should say: {', '.join(f'`{one}`' for one in sorted(found)) or '–'}"
    )


def test_no_module_imports_itself_in_the_end() -> None:
    graph = {module: ours(module) for module in SOURCES}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" > ".join(error.args[1]))
    assert set(order) == set(SOURCES)


def uses(module: str, library: str) -> bool:
    """Whether a module imports a library, or a single name of one."""
    return any(name == library or name.startswith(f"{library}.") for name in libraries(module))


def test_every_library_that_is_imported_is_in_the_table() -> None:
    found = {name.split(".")[0] for module in SOURCES for name in libraries(module)}
    assert found == {name.split(".")[0] for name in LIBRARIES}


@pytest.mark.parametrize("library", [name for name in LIBRARIES if "." not in name])
def test_a_library_is_imported_only_where_the_table_says(library: str) -> None:
    """A row `library.Name` lets a module import that one name and nothing else of it."""
    for module in SOURCES:
        if any(fnmatchcase(short(module), where) for where in LIBRARIES[library]):
            continue
        allowed = {
            name
            for name, places in LIBRARIES.items()
            if name.startswith(f"{library}.")
            and any(fnmatchcase(short(module), where) for where in places)
        }
        taken = {name for name in libraries(module) if name.split(".")[0] == library}
        assert taken <= allowed, f"{short(module)} imports {', '.join(sorted(taken - allowed))}"


@pytest.mark.parametrize("library", sorted(LIBRARIES))
def test_every_place_in_the_table_of_libraries_imports_it(library: str) -> None:
    using = {short(module) for module in SOURCES if uses(module, library)}
    for where in LIBRARIES[library]:
        assert any(fnmatchcase(module, where) for module in using), f"{where} does not"


PURE = sorted(
    module
    for module, tree in TREES.items()
    if re.search(r"\bPure\b", ast.get_docstring(tree) or "")
)
_OUTSIDE = frozenset(
    "asyncio concurrent fcntl io multiprocessing os pathlib random shutil signal socket sqlite3 "
    "sqlalchemy starlette subprocess tempfile threading time urllib.request uuid.uuid4 "
    "uvicorn".split()
)


def test_the_core_says_that_it_is_pure() -> None:
    assert {"feeds.normalise", "feeds.catalog.merge", "feeds.render"} <= set(PURE)


@pytest.mark.parametrize("module", PURE)
def test_a_module_that_calls_itself_pure_reaches_nothing_outside(module: str) -> None:
    reached = {
        name
        for name in imported(TREES[module])
        if any(name == outside or name.startswith(f"{outside}.") for outside in _OUTSIDE)
    }
    assert not reached


def reads_clock(tree: ast.AST) -> bool:
    """Whether a module asks what time it is: the module `time`, or `datetime.now`."""
    return any(name.split(".")[0] == "time" for name in imported(tree)) or any(
        isinstance(node, ast.Attribute) and node.attr in ("now", "today", "utcnow")
        and isinstance(node.value, ast.Name) and node.value.id in ("datetime", "date")
        for node in ast.walk(tree)
    )  # fmt: skip


def test_the_clock_is_read_only_where_the_document_says() -> None:
    sentence = next(line for line in DOCUMENT.splitlines() if line.startswith("The clock ("))
    said = _CODE.findall(sentence.split(" is read in ")[1].split(".  ")[0].split(". ")[0])
    assert sorted(short(name) for name, tree in TREES.items() if reads_clock(tree)) == sorted(said)
