"""Whole folders with settings, as generators of sites have them, to the expected entries.

A case is a folder in `data/sites`: `settings.yaml` has what `ArticleSettings` has, `files` the
folder of articles, and `expected.yaml` for each file what its entry has, of what it names, and
its problems where it names them. A file without entry has only problems, or nothing if it is no
article.
"""

from pathlib import Path
from typing import Any

import pytest
import yaml

from feeds.article_settings import ArticleSettings
from feeds.articles.frontmatter import read
from feeds.articles.normalize import Normalized, normalize
from feeds.errors import ArticleError
from feeds.ingest.other_files import OtherFiles
from tests.support.paths import DATA
from tests.unit.test_articles import described

SITES = sorted((DATA / "sites").iterdir())
CASES = {
    f"{site.name}/{path}": (site, path, expected)
    for site in SITES
    for path, expected in yaml.safe_load((site / "expected.yaml").read_text()).items()
}


def settings_of(site: Path) -> ArticleSettings:
    written: dict[str, Any] = yaml.safe_load((site / "settings.yaml").read_text())
    lists = {name: tuple(value) for name, value in written.items() if isinstance(value, list)}
    return ArticleSettings(**written | lists)


def read_case(site: Path, path: str) -> Normalized:
    folder, settings = site / "files", settings_of(site)
    address_of = OtherFiles(str(folder), path, settings).address_of
    try:
        return normalize(read(path, (folder / path).read_bytes()), settings, address_of=address_of)
    except ArticleError as error:
        return Normalized((), error.problems)


@pytest.mark.parametrize("case", CASES)
def test_a_file_of_a_site_becomes_the_expected_entry(case: str) -> None:
    site, path, expected = CASES[case]
    normalized = read_case(site, path)
    found: dict[str, Any] = next(iter(described(normalized)), {})
    problems = [str(problem).removeprefix(f"{path}:") for problem in normalized.problems]
    named = {name: found.get(name) for name in expected if name != "problems"}
    assert (named, problems if "problems" in expected else []) == (
        {name: value for name, value in expected.items() if name != "problems"},
        expected.get("problems", []),
    )
    assert bool(found) == bool(named)


@pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)
def test_every_file_of_a_site_is_expected(site: Path) -> None:
    files = {str(path.relative_to(site / "files")) for path in (site / "files").rglob("*.*")}
    assert files == {path for of, path, _ in CASES.values() if of == site}
