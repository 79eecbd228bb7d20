"""Authors and recordings of a site, from its folder to its feeds, through the commands."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from feeds.model import Format
from tests.support.commands import Run
from tests.support.feed_readers import ATOM, DC, ITUNES, read, subscribe
from tests.support.folders import configure
from tests.support.valid import complaints

ARTICLES = {"base": "https://example.org", "permalink": "/:path/", "authors": "authors.yaml"}
SITE = {"base_url": "https://feeds.example.org", "podcast": {"category": "News"}}
EPISODE = """\
---
title: The first episode
date: 2024-05-01T10:00:00Z
authors: [jane, Bob Ray <bob@example.org>]
audio: {url: one.mp3, duration: "12:34"}
video: https://video.example/watch?v=1
lang: de
---
Text.
"""


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder of a page bundle with its recording, and of a file of authors."""
    folder = tmp_path / "seeds"
    (folder / "episode").mkdir(parents=True)
    (folder / "episode" / "index.md").write_text(EPISODE)
    (folder / "episode" / "one.mp3").write_bytes(b"x" * 4321)
    person = {"name": "Jane Doe", "email": "jane@example.org", "url": "https://jane.example/"}
    (folder / "authors.yaml").write_text(json.dumps({"jane": person}))
    return folder


def documents(run: Run, seeds: Path, folder: Path, **settings: Any) -> dict[Format, bytes]:
    """Return the documents of the feed of everything."""
    config = configure(folder / "config", site=SITE, articles={**ARTICLES, **settings})
    where = ("--config", config, "--data", folder / "data")
    assert run("ingest", "--seeds", seeds, *where).status == 0
    return {format: run("show", f"/all.{format}", *where).out.encode() for format in Format}


def test_all_formats_have_the_authors_and_the_recording(
    run: Run, seeds: Path, tmp_path: Path
) -> None:
    found = documents(run, seeds, tmp_path)
    for format, document in found.items():
        address = f"https://feeds.example.org/all.{format}"
        assert complaints(document.strip(), format, address) == []
        (entry,) = read(document.strip(), format).entries
        assert entry.authors == ("Jane Doe", "Bob Ray")
        assert (entry.publisher, entry.language) == ("example.org", "de")
        (file,) = entry.files
        assert (file.url, file.type) == ("https://example.org/episode/one.mp3", "audio/mpeg")
        assert (file.length, file.duration) == (4321, 754)
        assert '<a href="https://video.example/watch?v=1">' in entry.content
        assert b"jane@" not in document
        assert b"bob@" not in document
        if format is not Format.JSON:
            assert subscribe(document.strip()).entries == (entry,)
    item = next(ET.fromstring(found[Format.RSS].strip()).iter("item"))
    assert [one.text for one in item.iter(f"{DC}creator")] == ["Jane Doe", "Bob Ray"]
    assert item.findtext(f"{ITUNES}duration") == "754"
    assert [one.get("length") for one in item.iter("enclosure")] == ["4321"]


def test_email_addresses_of_authors_are_published_where_the_configuration_says_so(
    run: Run, seeds: Path, tmp_path: Path
) -> None:
    documents(run, seeds, tmp_path)
    found = documents(run, seeds, tmp_path, authors_email=True)
    (entry,) = ET.fromstring(found[Format.ATOM].strip()).iter(f"{ATOM}entry")
    addresses = [one.text for one in entry.iter(f"{ATOM}email")]
    assert addresses == ["jane@example.org", "bob@example.org"]
    again = documents(run, seeds, tmp_path)
    assert b"jane@" not in again[Format.ATOM]


def test_check_tells_of_a_recording_whose_length_nobody_knows(
    run: Run, seeds: Path, tmp_path: Path
) -> None:
    (seeds / "episode" / "one.mp3").unlink()
    config = configure(tmp_path / "config", site=SITE, articles=ARTICLES)
    out = run("check", "--seeds", seeds, "--config", config).out
    assert "episode/index.md:5:8: warning: audio: has no length, so it is 0 in RSS" in out
