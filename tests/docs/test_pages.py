"""README, CHANGELOG and docs/: links lead somewhere, commands and samples are good."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from feeds import __version__
from feeds.articles.frontmatter import read
from feeds.articles.normalize import normalize
from feeds.config import load
from tests.support.docs import DOCS, README, anchors, blocks, path, prose
from tests.support.paths import ROOT

CHANGELOG = ROOT / "CHANGELOG.md"
OTHERS = [ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
PAGES = [README, CHANGELOG, *OTHERS, *sorted(DOCS.rglob("*.md"))]


def links() -> Iterator[tuple[Path, str]]:
    """Links from our pages to files of ours."""
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", prose(page.read_text(encoding="utf-8"))):
            if not target.startswith(("http:", "https:", "mailto:")):
                yield page, target


@pytest.mark.parametrize(
    ("page", "target"), [pytest.param(*one, id=f"{one[0].name} to {one[1]}") for one in links()]
)
def test_a_link_leads_to_a_file_and_a_heading_that_exist(page: Path, target: str) -> None:
    file, _, fragment = target.partition("#")
    there = page.parent / file if file else page
    assert there.exists()
    assert not fragment or fragment in anchors(there)


@pytest.mark.parametrize("page", sorted(DOCS.rglob("*.md")), ids=lambda page: page.name)
def test_the_index_leads_to_every_page(page: Path) -> None:
    """From docs/README.md to each page, or to the index of its folder, which lists it."""
    targets = {
        (index.parent / target.partition("#")[0]).resolve()
        for index, target in links()
        if index.name == "README.md"
    }
    assert page in targets


def test_the_changelog_has_a_section_for_this_version() -> None:
    assert re.search(
        rf"^## \[{re.escape(__version__)}\] - (Unreleased|\d{{4}}-\d\d-\d\d)$",
        CHANGELOG.read_text(encoding="utf-8"),
        re.MULTILINE,
    )


def test_ci_runs_the_readmes_own_test_command() -> None:
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111, ".ci/run cannot be executed"
    pattern = re.search(r"grep -E '([^']+)' README\.md", script.read_text(encoding="utf-8"))
    assert pattern, ".ci/run does not look for the command in README.md"
    found = re.findall(pattern[1], README.read_text(encoding="utf-8"), re.MULTILINE)
    assert found == [
        "python3 -m venv .venv && .venv/bin/pip install -e '.[dev]' && .venv/bin/pytest"
    ]


@pytest.mark.parametrize("page", [README, path("articles.md")], ids=lambda page: page.name)
def test_a_sample_article_is_good(page: Path) -> None:
    written = blocks(page.read_text(encoding="utf-8"), "markdown")
    assert written
    for one in written:
        assert not normalize(read("sample.md", one.encode())).problems


@pytest.mark.parametrize("page", [README, path("configuration.md")], ids=lambda page: page.name)
def test_a_sample_configuration_is_good(page: Path, tmp_path: Path) -> None:
    """The last file named before a sample is the one it belongs to."""
    pieces = re.split(
        r"(^```yaml\n.*?^```)", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL
    )
    assert len(pieces) > 1
    for before, block in zip(pieces[::2], pieces[1::2], strict=False):
        name = re.findall(r"(?:site|articles|topics|providers|sets)\.yaml", before)[-1]
        (tmp_path / name).write_text(blocks(block, "yaml")[0], encoding="utf-8")
    load(tmp_path)


def test_no_page_names_a_folder_of_someones_machine() -> None:
    for page in PAGES:
        assert not re.search(r"/(?:home|root|work|tmp|Users)/", page.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", ["bug", "feature"])
def test_an_issue_form_has_what_github_asks_for(name: str) -> None:
    """https://docs.github.com/en/communities/using-templates-to-encourage-useful-issues"""
    path = ROOT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml"
    form = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert {"name", "description", "body"} <= form.keys()
    fields = [one for one in form["body"] if one["type"] != "markdown"]
    assert fields
    assert all(one["attributes"]["label"] for one in fields)
    assert len({one["id"] for one in fields}) == len(fields)
