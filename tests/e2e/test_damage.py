"""A catalog whose pages are overwritten while it is served."""

import json
import os
import re
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from feeds.catalog.database import CHECK, FILE
from feeds.util.sqlite_file import those_put_aside
from tests.support.examples import article
from tests.support.folders import put
from tests.support.paths import CONFIG
from tests.support.processes import Server, run, serve
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

PAGE = 8192


def overwrite(data: Path, *shares: float) -> None:
    """Overwrite pages of a catalog in place, where a share of it lies before them.

    Its log is folded before: pages that are in the log would be read from there.
    """
    path = data / FILE
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    pages = path.stat().st_size // PAGE
    with path.open("r+b") as file:
        for share in shares:
            file.seek(int(pages * share) * PAGE)
            file.write(os.urandom(2 * PAGE))


def content(server: Server) -> object:
    """Return what a feed says of its entries, which its own time is no part of."""
    return json.loads(server.get("/all.json?limit=200")[1])["items"]


@pytest.mark.parametrize("shares", [(0.2,), (0.4, 0.5, 0.6), (0.7, 0.9), (0.0,)])
def test_a_catalog_damaged_while_it_is_served_is_rebuilt(
    tmp_path: Path, shares: tuple[float, ...]
) -> None:
    articles = [
        article(
            1, url=f"https://x.example/{number}", title=f"T{number}", topics=[f"T {number % 9}"]
        )
        for number in range(1, 301)
    ]
    seeds, data = put(tmp_path / "seeds", *articles), tmp_path / "data"
    assert run("ingest", "--seeds", seeds, "--data", data, "--config", CONFIG).returncode == 0
    with serve(data, seeds=seeds, config=CONFIG) as server:
        server.wait_until_ready()
        server.wait_for(lambda: b'"scan_since_start":"done"' in server.get("/readyz")[1], "a scan")
        before, cached = content(server), server.get("/topics/t-1.atom")
        overwrite(data, *shares)
        seen = []

        def is_rebuilt() -> bool:
            status, body = server.get("/readyz")
            seen.append((status, json.loads(body)["catalog"]))
            assert server.get("/topics/t-1.atom") == cached
            server.get(f"/all.rss?limit={len(seen) % 200 + 1}")
            return status == 200 and len(those_put_aside(data / FILE)) == 1

        wait_for(is_rebuilt, "another catalog")
        assert seen[-2][0] == 503
        assert content(server) == before
        assert server.get("/topics/t-1.atom") == cached
        aside = r"the catalog is damaged \(.*\); it is put aside as .* and rebuilt"
        assert re.search(aside, server.written())
        # Written once the transaction is, so perhaps later than /readyz knows of it.
        # How many entries can be read depends on which pages are damaged.
        said = r"the catalog was rebuilt; \d+ entries keep their dates"
        server.wait_for(lambda: re.search(said, server.written()), "what was taken over")
        assert not (data / CHECK).exists()
    assert "Traceback" not in server.written()
