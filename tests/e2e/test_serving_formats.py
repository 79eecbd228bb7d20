"""The whole way over a real socket: articles in, feeds out, a change, the end."""

import re
import signal
from pathlib import Path

import pytest

from feeds.model import Format
from tests.support.examples import article
from tests.support.feed_readers import read, subscribe
from tests.support.folders import configure, put
from tests.support.processes import Server, run, serve
from tests.support.valid import complaints
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


def titles(server: Server) -> list[str]:
    status, body = server.get("/topics/ai.atom")
    return [one.title for one in read(body, Format.ATOM).entries] if status == 200 else []


def test_articles_go_in_and_feeds_come_out_until_the_end(tmp_path: Path) -> None:
    put(tmp_path / "seeds", article(1, topics=["AI"]), article(2, topics=["AI", "Law"]))
    configure(tmp_path / "config", site={"title": "By hand"})
    folders = {name: tmp_path / name for name in ("seeds", "config")}
    with serve(tmp_path / "data", **folders) as server:
        server.wait_until_ready()
        assert server.get("/healthz") == (200, b"ok\n")
        for format in Format:
            path = f"/topics/ai.{format}"
            status, body = server.get(path)
            assert status == 200
            assert complaints(body, format, f"http://127.0.0.1:{server.port}{path}") == []
            assert [one.title for one in read(body, format).entries] == ["Title 2", "Title 1"]
        assert subscribe(server.get("/all.rss")[1]).title == "By hand"
        assert server.get("/topics/nowhere.rss")[0] == 404

        put(tmp_path / "seeds", article(1, topics=["AI"], title="Changed"))
        wait_for(lambda: titles(server) == ["Title 2", "Changed"], "the changed title")
        (tmp_path / "seeds" / "2.json").unlink()
        wait_for(
            lambda: titles(server) == ["Changed"],
            "the withdrawal of the second article",
        )
        (tmp_path / "seeds" / "3.md").write_text("---\ntitle: broken\n---\n")
        (tmp_path / "seeds" / "4.md").write_text(
            "---\ntitle: New\nurl: https://x.example/\ndate: 2020-02-02\ntopics: AI\n---\nBody.\n"
        )
        wait_for(lambda: titles(server) == ["New", "Changed"], "the new article")

        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(LONGEST_WAIT) == 0
    log = server.written()
    assert re.search(r" ERROR   3\.md:\d+:\d+: error: url: .+; .+$", log, re.MULTILINE)
    assert "Traceback" not in log
    # Ingest has ended with the server: another may write now.
    again = run("ingest", *(f"--{name}={tmp_path / name}" for name in ("data", *folders)))
    assert again.returncode == 0, again.stderr
