"""Articles that appear and expire while `feeds serve` runs, and across its restarts."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.support.processes import Server, serve

pytestmark = pytest.mark.slow

ARTICLE = "---\ntitle: Title {}\nurl: https://x.example/{}\ndate: {}\n{}---\n{}\n"


def at(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def write(seeds: Path, number: int, date: float, more: str = "", body: str = "") -> None:
    seeds.mkdir(exist_ok=True)
    (seeds / f"{number}.md").write_text(ARTICLE.format(number, number, at(date), more, body))


def shows(server: Server, number: int) -> bool:
    return f"Title {number}".encode() in server.get("/all.atom")[1]


def links_to(server: Server, number: int) -> bool:
    answer = json.loads(server.get("/all.json")[1])
    link = f'<a href="https://x.example/{number}">the second</a>'
    return any(link in item["content_html"] for item in answer["items"])


def test_an_article_appears_and_another_expires_by_itself(tmp_path: Path) -> None:
    seeds, date = tmp_path / "seeds", int(time.time()) + 6
    write(seeds, 1, date - 3600, body="[the second](2.md)")
    write(seeds, 2, date)
    write(seeds, 3, date - 3600, f"expires: {at(date)}\n")
    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_until_ready()
        # A busy machine may take longer than that to begin.
        early = shows(server, 2), not shows(server, 3)
        assert time.time() >= date or early == (False, False)
        server.wait_for(lambda: shows(server, 2), "the article at its date")
        assert time.time() >= date
        server.wait_for(lambda: not shows(server, 3), "the end of the article")
        server.wait_for(lambda: links_to(server, 2), "the link to the article")
        answer = server.get("/all.atom")[1].decode()
        assert "deleted-entry" in answer
        assert at(date) in answer
        assert shows(server, 1)


def test_an_article_appears_after_a_restart_while_its_folder_is_gone(tmp_path: Path) -> None:
    seeds, date = tmp_path / "seeds", int(time.time()) + 10
    write(seeds, 1, date - 3600)
    write(seeds, 2, date)
    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_until_ready()
    seeds.rename(tmp_path / "elsewhere")
    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_for(lambda: shows(server, 2), "the article at its date")
        assert time.time() >= date
        assert shows(server, 1)
