"""Every block of code in README, CONTRIBUTING and docs/ is run or checked by a test.

test_walkthroughs.py follows the pages in its table from block to block. For all others, CHECKED
names a test for each page and language; it goes through all such blocks of the page.
"""

import re
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from uuid import UUID

import pytest
from lxml import etree

from feeds.cli import terminal
from feeds.config import load
from feeds.errors import ConfigError
from feeds.ingest.pool import Limits, _refused
from feeds.model import Format, Tombstone
from feeds.problems import Code, Problem
from feeds.render import render
from tests.docs import test_commands, test_http, test_pages, test_production, test_sets
from tests.docs.test_commands import run
from tests.docs.test_from import PAGES as GENERATORS
from tests.docs.test_walkthroughs import PAGES as FOLLOWED
from tests.support.docs import DOCS, README, blocks, resolved, text
from tests.support.examples import full
from tests.support.paths import ROOT, SEEDS


def fences() -> Iterator[tuple[str, str]]:
    """Yield page and language of each block that no page to follow has."""
    for page in (README, ROOT / "CONTRIBUTING.md", *DOCS.rglob("*.md")):
        if page not in (*FOLLOWED.values(), *GENERATORS):
            opening = re.findall(r"^```(\w*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
            yield from ((page.name, language) for language in opening[::2])


def test_contributors_install_what_ci_installs() -> None:
    (block,) = blocks((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), "sh")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    for command in ("-m venv .venv", "--require-hashes -r requirements-dev.txt", "--no-deps"):
        assert command in block
        assert command in script


@pytest.mark.parametrize("page", ["articles.md", "commands.md"])
def test_a_line_of_text_has_the_form_that_the_program_prints(page: str) -> None:
    form = Problem("path", "line", "column", "field", Code.MISSING, "message", "hint", "severity")  # type: ignore[arg-type]
    (hostile,) = _refused("", "hostile.md", -signal.SIGPROF, Limits(), 0).problems
    printed = {str(form), str(hostile), terminal.line(12_800, 100_000, 5.0)}
    shown = {
        re.sub(r"^[\d-]+ [\d:]+Z INFO +", "", block.strip())
        for block in blocks(text(page), "text")
        if not block.startswith("Title:")  # an article, of which the page of articles says more
    }
    assert shown
    assert shown <= printed


def test_cron_can_run_what_the_page_says(tmp_path: Path) -> None:
    (line,) = blocks(text("commands.md"), "crontab")
    *times, command = line.strip().split(maxsplit=5)
    assert all(re.fullmatch(r"[\d*/,-]+", one) for one in times)
    shutil.copytree(SEEDS, tmp_path / "seeds")
    assert run(command.replace("/srv/feeds", str(tmp_path)), tmp_path) == ""
    assert (tmp_path / "ingest.log").read_text().endswith(" s\n")


def test_a_command_of_the_page_runs(tmp_path: Path) -> None:
    (tmp_path / "seeds").mkdir()
    for block in blocks(text("commands.md"), "sh"):
        assert "0 files" in run(block, tmp_path)


def test_a_file_of_authors_and_an_error_are_as_shown(tmp_path: Path) -> None:
    authors, error = blocks(text("configuration.md"), "text")
    (tmp_path / "authors.yaml").write_text(authors)
    (tmp_path / "articles.yaml").write_text("base: https://example.org\nauthors: authors.yaml\n")
    read = load(tmp_path).articles.authors
    assert [one.name for one in read.values()] == ["Jo Doe", "Kim Roe"]
    assert read["kim"].avatar == "https://example.org/images/kim.png"
    (tmp_path / "site.yaml").write_text("titel: News\n")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    (problem,) = raised.value.problems
    assert str(problem).replace(str(tmp_path), "config") == error.strip()


def test_a_withdrawn_article_is_named_as_shown() -> None:
    (shown,) = blocks(text("http.md"), "xml")
    gone = Tombstone(UUID(int=1), datetime(2026, 1, 5, 9, tzinfo=UTC))
    document = etree.fromstring(render(replace(full(), deleted=(gone,)), Format.ATOM))
    (element,) = document.iter("{http://purl.org/atompub/tombstones/1.0}deleted-entry")
    assert re.findall(r'(\w+)="', shown) == list(element.attrib)
    assert f'when="{element.get("when")}"' in shown


def test_a_token_is_made_as_shown(tmp_path: Path) -> None:
    """With the tenth of the sets on the page, for which it is."""
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "sets.yaml").write_text(blocks(text("sets.md"), "yaml")[9])
    (block,) = blocks(text("sets.md"), "console")
    assert "feeds_" in run(block.removeprefix("$ "), tmp_path)


def test_the_picture_names_packages() -> None:
    (picture,) = blocks(text("architecture.md"), "text")
    named = picture.splitlines()[0].split(" ─▶ ")[1:-1]
    assert [name for name in named if resolved(f"feeds.{name.strip()}") is None] == []


CHECKED: Final[dict[tuple[str, str], Callable[..., None]]] = {
    ("CONTRIBUTING.md", "sh"): test_contributors_install_what_ci_installs,
    ("articles.md", "markdown"): test_pages.test_a_sample_article_is_good,
    ("articles.md", "text"): test_a_line_of_text_has_the_form_that_the_program_prints,
    ("commands.md", "console"): test_commands.test_the_examples_print_what_they_show,
    ("commands.md", "crontab"): test_cron_can_run_what_the_page_says,
    ("commands.md", "sh"): test_a_command_of_the_page_runs,
    ("commands.md", "text"): test_a_line_of_text_has_the_form_that_the_program_prints,
    ("configuration.md", "text"): test_a_file_of_authors_and_an_error_are_as_shown,
    ("configuration.md", "yaml"): test_pages.test_a_sample_configuration_is_good,
    (
        "http.md",
        "json",
    ): test_http.test_the_samples_of_json_have_the_keys_that_are_sent,
    ("http.md", "xml"): test_a_withdrawn_article_is_named_as_shown,
    ("sets.md", "console"): test_a_token_is_made_as_shown,
    (
        "sets.md",
        "yaml",
    ): test_sets.test_every_sample_of_the_page_is_a_good_configuration,
    ("architecture.md", "text"): test_the_picture_names_packages,
    ("production.md", "yaml"): test_production.test_the_sample_of_site_yaml_is_good,
    ("production.md", "ini"): test_production.test_systemd_accepts_the_unit,
    ("production.md", "nginx"): test_production.test_nginx_accepts_its_configuration,
    ("production.md", "caddyfile"): test_production.test_caddy_leads_to_the_service,
    ("production.md", "dockerfile"): test_production.test_the_image_is_made_of_parts,
    ("production.md", "sh"): test_production.test_docker_knows_the_options,
}


def test_every_block_is_checked_by_a_test_and_no_other_is_listed() -> None:
    assert set(fences()) == set(CHECKED)
