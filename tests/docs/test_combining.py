"""docs/how-to/combine-and-filter.md: each address finds what the page says."""

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.support.application import ingest, serving
from tests.support.docs import code, codes, rows, text
from tests.support.requests import ask

ARTICLE = """---
title: Police cameras and facial recognition
url: https://{provider}/1
date: 2020-01-11T08:00:00Z
topics: [AI, Law]
---
"""
SETS = "law:\n  title: Law\n  include: {topics: [Law]}\n"


@pytest.mark.parametrize("row", rows(text("combine-and-filter.md")), ids=lambda row: row[0])
def test_an_address_is_the_one_of_a_feed(row: list[str], tmp_path: Path) -> None:
    """In each format and as a page; what a browser encodes otherwise is redirected."""
    for folder in ("seeds", "config"):
        (tmp_path / folder).mkdir()
    for provider in ("bbc.co.uk", "ft.com"):
        written = ARTICLE.format(provider=provider)
        (tmp_path / "seeds" / f"{provider}.md").write_text(written)
    (tmp_path / "config" / "sets.yaml").write_text(SETS)
    ingest(tmp_path / "seeds", tmp_path / "data")
    with serving(tmp_path / "data", tmp_path / "config") as client:
        for suffix in (".rss", ".atom", ".json", ""):
            address = code(row[1]).replace(".rss", suffix)
            answer = ask(client, quote(address, safe="/?=&+,:"))
            if answer.status == 301:
                answer = ask(client, answer.headers["location"])
            assert answer.status == 200


def test_another_spelling_leads_to_the_address(tmp_path: Path) -> None:
    other, canonical = next(
        codes(line) for line in text("combine-and-filter.md").splitlines() if "leads to" in line
    )
    (tmp_path / "seeds").mkdir()
    (tmp_path / "seeds" / "a.md").write_text(ARTICLE.format(provider="bbc.co.uk"))
    ingest(tmp_path / "seeds", tmp_path / "data")
    with serving(tmp_path / "data") as client:
        answer = ask(client, other)
        assert (answer.status, answer.headers["location"]) == (301, canonical)
