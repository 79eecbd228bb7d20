"""pyproject.toml and what has to agree with it: imports, extras, lock file, workflow."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.paths import DATA, ROOT

PYPROJECT: Final = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PROJECT: Final = PYPROJECT["project"]
GROUPS: Final = PYPROJECT["dependency-groups"]
LOCK: Final = (ROOT / "requirements-dev.txt").read_text(encoding="utf-8")
# In the group `test`, but imported by something else: Starlette's TestClient, and pytest.
PLUGINS: Final = {"httpx2", "pytest-cov", "pytest-xdist"}


def requirements(*groups: str) -> dict[str, Requirement]:
    """Return the project's requirements and those of its groups, by name of distribution."""
    texts = [*PROJECT["dependencies"], *PYPROJECT["build-system"]["requires"]] + [
        item for group in groups for item in GROUPS[group] if isinstance(item, str)
    ]
    parsed = [Requirement(text) for text in texts]
    return {canonicalize_name(requirement.name): requirement for requirement in parsed}


def imported(folder: Path) -> set[str]:
    """Return the distributions whose modules are imported anywhere below a folder."""
    own = {"feeds", "tests", "benchmarks", "hatch_build", *sys.stdlib_module_names}
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        if path.is_relative_to(DATA):
            continue  # configurations of sites that are programs, which nothing runs
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names.add(str(node.module).split(".")[0])
    distributions = packages_distributions()
    return {canonicalize_name(distributions[name][0]) for name in names - own}


def locked() -> dict[str, str]:
    """Return the version of each distribution in the lock file."""
    return dict(re.findall(r"^([a-z0-9-]+)==([^ ]+)", LOCK, re.MULTILINE))


def test_the_package_imports_its_dependencies_and_nothing_else() -> None:
    assert imported(ROOT / "feeds") == set(requirements()) - {"hatchling"}


def test_tests_import_nothing_that_their_group_lacks() -> None:
    allowed = set(requirements("test")) | {
        *("httptools", "uvloop"),  # of uvicorn[standard]
        "grimp",  # of import-linter
        "pydantic-core",  # of pydantic: the kinds of its errors
    }
    assert imported(ROOT / "tests") <= allowed


def test_every_dependency_for_tests_is_used() -> None:
    wanted = set(requirements("test")) - set(requirements())
    assert wanted - imported(ROOT / "tests") <= PLUGINS


@pytest.mark.parametrize("requirement", PROJECT["dependencies"])
def test_a_dependency_has_a_lower_bound(requirement: str) -> None:
    assert re.search(">=|~=", requirement)


def test_the_package_says_that_it_is_typed() -> None:
    assert (ROOT / "feeds" / "py.typed").is_file()


def test_a_wheel_has_the_files_that_are_no_modules() -> None:
    """Catalogs of translations, templates and static files are read as they are."""
    wheel = pytest.importorskip("hatchling.builders.wheel").WheelBuilder(str(ROOT))
    packed = {str(file.distribution_path) for file in wheel.recurse_included_files()}
    for pattern in ("locale/*.po", "render/html/templates/*", "render/html/static/*"):
        files = [path.relative_to(ROOT).as_posix() for path in (ROOT / "feeds").glob(pattern)]
        assert files
        assert packed.issuperset(files)


def test_each_dependency_group_is_an_extra_too() -> None:
    core = pytest.importorskip("hatchling.metadata.core")
    manager = pytest.importorskip("hatchling.plugin.manager").PluginManager()
    metadata = core.ProjectMetadata(str(ROOT), manager)
    extras: dict[str, Any] = metadata.core.optional_dependencies
    names = {name: {Requirement(text).name.lower() for text in extras[name]} for name in extras}
    assert set(names) == set(GROUPS)
    assert names["test"] | names["lint"] < names["dev"]


@pytest.mark.parametrize("name", sorted(requirements(*GROUPS)))
def test_the_lock_file_has_a_version_that_is_allowed(name: str) -> None:
    assert requirements(*GROUPS)[name].specifier.contains(locked()[name])


def test_the_lock_file_has_hashes_and_no_addresses() -> None:
    assert "://" not in LOCK
    for entry in re.split(r"^(?=[a-z])", re.sub("^ *#.*\n", "", LOCK, flags=re.MULTILINE))[1:]:
        assert "--hash=sha256:" in entry, entry


def test_the_workflow_runs_on_each_python_that_is_claimed() -> None:
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    prefix = "Programming Language :: Python :: 3."
    claimed = [line[-4:] for line in PROJECT["classifiers"] if line.startswith(prefix)]
    assert workflow["jobs"]["run"]["strategy"]["matrix"]["python"] == claimed
    assert f">={claimed[0]}" == PROJECT["requires-python"]
