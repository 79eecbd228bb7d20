"""The whole way over a real socket: articles in, feeds out, a change, the end."""

import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from feeds.model import Format
from tests.support.examples import article
from tests.support.feed_readers import read, subscribe
from tests.support.folders import configure, put
from tests.support.valid import complaints
from tests.support.waiting import wait_for


@contextmanager
def served(folder: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """`feeds serve` over a folder; gives its address and its process."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = {"seeds": folder / "seeds", "config": folder / "config", "data": folder / "data"}
    command = [sys.executable, "-m", "feeds", "serve", "--port", str(port)]
    command += [f"--{name}={value}" for name, value in options.items()]
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.kill()
        process.wait(30)


def fetch(address: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()
    except OSError:  # not listening yet
        return 0, b""


def titles(address: str) -> list[str]:
    status, body = fetch(address)
    return [one.title for one in read(body, Format.ATOM).entries] if status == 200 else []


def test_articles_go_in_and_feeds_come_out_until_the_end(tmp_path: Path) -> None:
    put(tmp_path / "seeds", article(1, topics=["AI"]), article(2, topics=["AI", "Law"]))
    configure(tmp_path / "config", site={"title": "By hand"})
    with served(tmp_path) as (base, process):
        wait_for(lambda: fetch(f"{base}/readyz")[0] == 200, "readiness")
        assert fetch(f"{base}/healthz") == (200, b"ok\n")
        for format in Format:
            address = f"{base}/topics/ai.{format}"
            status, body = fetch(address)
            assert status == 200
            assert complaints(body, format, address) == []
            assert [one.title for one in read(body, format).entries] == ["Title 2", "Title 1"]
        assert subscribe(fetch(f"{base}/all.rss")[1]).title == "By hand"
        assert fetch(f"{base}/topics/nowhere.rss")[0] == 404

        put(tmp_path / "seeds", article(1, topics=["AI"], title="Changed"))
        wait_for(
            lambda: titles(f"{base}/topics/ai.atom") == ["Title 2", "Changed"], "the changed title"
        )
        (tmp_path / "seeds" / "2.json").unlink()
        wait_for(
            lambda: titles(f"{base}/topics/ai.atom") == ["Changed"],
            "the withdrawal of the second article",
        )
        (tmp_path / "seeds" / "3.md").write_text("---\ntitle: broken\n---\n")
        (tmp_path / "seeds" / "4.md").write_text(
            "---\ntitle: New\nurl: https://x.example/\ndate: 2020-02-02\ntopics: AI\n---\nBody.\n"
        )
        wait_for(lambda: titles(f"{base}/topics/ai.atom") == ["New", "Changed"], "the new article")

        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    log = (tmp_path / "log").read_text()
    assert re.search(r"^3\.md:\d+:\d+: url: .+; .+$", log, re.MULTILINE)
    assert "Traceback" not in log
    # Ingest has ended with the server: another may write now.
    options = [f"--{name}={tmp_path / name}" for name in ("seeds", "config", "data")]
    again = subprocess.run([sys.executable, "-m", "feeds", "ingest", *options], capture_output=True)
    assert again.returncode == 0, again.stderr
