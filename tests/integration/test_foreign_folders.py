"""Folders of other sites, as they are: with five lines of configuration, every article is an entry
with the address, date, title, authors and topics that its site gives it.

The folders stand beside a checkout and are not in a clone; `test_sites.py` has some of its own.
"""

import json
from contextlib import closing
from pathlib import Path
from typing import Any, Final

import feedparser
import pytest

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.ingest.pipeline import Pipeline
from feeds.model import Format
from feeds.problems import Problem
from tests.support.application import serving
from tests.support.examples import BASE
from tests.support.paths import ROOT
from tests.support.valid import complaints

FOLDERS: Final = ROOT.parent / "shared" / "corpus" / "foreign"
EXPECTED: Final[dict[str, dict[str, dict[str, Any]]]] = (
    json.loads((FOLDERS / "expected.json").read_text()) if FOLDERS.is_dir() else {}
)
# What a publisher writes for each in articles.yaml.
CONFIGURED: Final = {
    "zola-rustblog": "base: https://blog.rust-lang.org\npermalink: /{path}/\n",
    "eleventy-18f": "base: https://18f.gsa.gov\npermalink: /:year/:month/:day/:slug/\n",
    "next-nodejs": (
        "base: https://nodejs.org\npermalink: /en/blog/:path\n"
        "include: [apps/site/pages/en/blog/**]\n"
    ),
    "pelican-twir": (
        "base: https://this-week-in-rust.org\npermalink: /blog/:year/:month/:day/:title/\n"
    ),
    "docusaurus-babel": "base: https://babeljs.io\npermalink: /blog/:year/:month/:day/:slug\n",
    "eleventy-base": "base: https://example.com\npermalink: /blog/:slug/\n",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_every_article_of_a_foreign_folder_is_in_valid_feeds(name: str, tmp_path: Path) -> None:
    config, data, problems = tmp_path / "config", tmp_path / "data", list[Problem]()
    config.mkdir()
    (config / "site.yaml").write_text(f"base_url: {BASE}\n")
    (config / "articles.yaml").write_text(CONFIGURED[name] + "shortcodes: drop\n")
    with open_to_write(data) as engine:
        pipeline = Pipeline(FOLDERS / name, Writer(engine), problems.append, processes=1)
        with closing(pipeline):
            pipeline.use(load(config).articles)
            pipeline.scan({})
    refused = {problem.path for problem in problems if problem.is_error}
    with serving(data, config) as client:
        documents = {form: client.get(f"/all.{form}?limit=200").content for form in Format}
    for form, document in documents.items():
        assert complaints(document, form, f"{BASE}/all.{form}?limit=200") == []
        if form is not Format.JSON:
            assert not feedparser.parse(document).bozo
    found = sorted(
        (
            {
                "url": item["url"],
                "date": item["date_published"].replace("+00:00", "Z"),
                "title": item["title"],
                # Without authors the provider stands there.
                "authors": [
                    author["name"]
                    for author in item["authors"]
                    if author["name"] != item["_feeds"]["provider"]["name"]
                ],
                "topics": item.get("tags", []),
            }
            for item in json.loads(documents[Format.JSON])["items"]
        ),
        key=lambda item: str(item["url"]),
    )
    assert found == sorted(EXPECTED[name].values(), key=lambda item: str(item["url"]))
    assert not refused & EXPECTED[name].keys()
