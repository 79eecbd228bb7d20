"""The shape of the package: imports run one way, few things lie side by side, files are short."""

import ast
import sys
import tomllib
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from graphlib import CycleError, TopologicalSorter
from multiprocessing import get_context
from pathlib import Path
from typing import Final

import grimp
import pytest
from importlinter.cli import lint_imports

from benchmarks import lines
from tests.support.paths import ROOT

PACKAGE: Final = ROOT / "feeds"
PROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
CONTRACTS: Final = PROJECT["tool"]["importlinter"]["contracts"]
SOURCES: Final = {
    path.relative_to(PACKAGE).as_posix(): path.read_text(encoding="utf-8")
    for path in sorted(PACKAGE.rglob("*.py"))
}

WALL_CLOCKS: Final = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today")
# Packages that may ask for the time; everything else is given it as an argument.
READS_CLOCK: Final = ("cli/", "ingest/", "server/")
# … and what other modules measure by it.
MEASURES: Final = {
    "catalog/database.py": {"time.monotonic"},  # waits for another process at most so long
    "catalog/query.py": {"time.monotonic"},  # interrupts a query after so many seconds
    # asks how long ago a file was saved, and for how long it has watched
    "config/reloader.py": {"time.monotonic", "time.time_ns"},
    "util/supervise.py": {"time.monotonic"},  # measures for how long a task has been down
}


def test_imports_keep_the_contracts(monkeypatch: pytest.MonkeyPatch) -> None:
    """See [tool.importlinter] in pyproject.toml; `lint-imports` says which import breaks one.

    In a process of its own: it configures logging, and switches our loggers off.
    """
    monkeypatch.chdir(ROOT)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        status = process.submit(lint_imports, no_cache=True, no_logo=True).result()
    assert status == 0


def test_no_module_imports_itself_in_the_end() -> None:
    """Packages included, which the contract about cycles leaves aside."""
    graph = grimp.build_graph("feeds", cache_dir=None)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        pytest.fail(" > ".join(error.args[1]))


def test_every_dependency_has_a_contract_that_says_where_it_is_imported() -> None:
    held = {
        module
        for contract in CONTRACTS
        if contract.get("source_modules") == ["feeds"]
        for module in contract["forbidden_modules"]
    }
    graph = grimp.build_graph("feeds", include_external_packages=True, cache_dir=None)
    libraries = {
        module
        for module in graph.modules
        if graph.is_module_squashed(module) and module not in sys.stdlib_module_names
    }
    assert libraries == held


def test_the_top_of_the_package_is_small() -> None:
    modules = [path for path in PACKAGE.iterdir() if path.suffix == ".py"]
    packages = [path for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()]
    assert len(modules) <= 9
    assert len(packages) <= 12


def test_files_are_few_and_short() -> None:
    sizes = lines.sizes()
    assert len(sizes) <= 185
    assert {size.path.name: size.lines for size in sizes if size.lines > 400} == {}


@pytest.mark.parametrize("name", [name for name in SOURCES if not name.startswith(READS_CLOCK)])
def test_the_clock_is_read_by_commands_ingest_and_server_alone(name: str) -> None:
    assert set(clock_readings(ast.parse(SOURCES[name]))) == MEASURES.get(name, set())


def clock_readings(tree: ast.Module) -> Iterator[str]:
    """Yield each import and attribute by which a module asks for the time."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield from (f"time.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Attribute):
            name = ast.unparse(node)
            if (name.startswith("time.") and name != "time.sleep") or name.endswith(WALL_CLOCKS):
                yield name


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1", 1),
        ('"""A docstring\n\nof three lines."""\n\nx = 1  # why\n# a comment\n', 1),
        ('def f():\n    """Return nothing."""\n    return """\n\n    a string\n    """\n', 4),
        ("class C:\n    '''A noun.'''\n\n    x = (\n        1,\n    )\n", 4),
    ],
)
def test_blank_lines_comments_and_docstrings_are_no_code_lines(
    source: str, expected: int, tmp_path: Path
) -> None:
    assert lines.code_lines(source) == expected
    (tmp_path / "module.py").write_text(source, encoding="utf-8")
    assert lines.main([str(tmp_path), "--at-most", str(expected)]) == 0
    assert lines.main([str(tmp_path), "--at-most", str(expected - 1)]) == 1
