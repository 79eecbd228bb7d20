"""pyproject.toml: what is imported is what is declared."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.support.paths import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
# Extras of a dependency that bring what we import, and tools that are commands.
NOT_IMPORTED = {"feeds", "mypy", "ruff", "types-jsonschema", "types-pyyaml", "hatchling"}


def normal(name: str) -> str:
    """A distribution's name without extras and version."""
    return re.split(r"[\[<>=!~; ]", name)[0].lower().replace("_", "-")


def declared(*extras: str) -> set[str]:
    optional = PROJECT["optional-dependencies"]
    return {normal(one) for one in PROJECT["dependencies"]} | {
        normal(one) for extra in extras for one in optional[extra]
    }


def imported(folder: Path) -> set[str]:
    """The distributions whose modules are imported anywhere below a folder."""
    own = {"feeds", "tests", "benchmarks", *sys.stdlib_module_names}
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(str(node.module).split(".")[0])
    found = packages_distributions()
    return {normal(found[name][0]) for name in names - own}


def test_the_package_imports_its_dependencies_and_nothing_else() -> None:
    assert imported(ROOT / "feeds") == declared()


def test_tests_import_nothing_that_the_extra_for_them_lacks() -> None:
    known = declared("test", "dev") | {
        *("httptools", "uvloop"),  # of uvicorn[standard]
        "grimp",  # of import-linter
    }
    assert imported(ROOT / "tests") <= known


def test_every_dependency_for_tests_is_used() -> None:
    wanted = declared("test", "dev") - declared() - NOT_IMPORTED
    # The application's TestClient imports httpx2 itself.
    assert wanted - imported(ROOT / "tests") <= {"httpx2"}


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_a_dependency_has_a_lower_bound(requirement: str) -> None:
    assert ">=" in requirement


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "feeds" / "py.typed").is_file()
