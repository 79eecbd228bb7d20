"""Private sets as `feeds serve` serves them: tokens made, used and revoked while it runs."""

import http.client
import json
import socket
from base64 import b64encode
from pathlib import Path

import pytest

from tests.support.examples import article
from tests.support.folders import configure, put
from tests.support.processes import run, serve
from tests.support.waiting import LONGEST_WAIT

pytestmark = pytest.mark.slow


SETS = {"drafts": {"unpublished": "only", "private": True, "include": {"topics": "AI"}},
        "open": {"include": {"topics": "AI"}}}  # fmt: skip


def raw(port: int, target: bytes, *headers: bytes) -> tuple[int, dict[str, str], bytes]:
    """What a server answers to a target sent as it is."""
    lines = (b"GET " + target + b" HTTP/1.1", b"Host: localhost", b"Connection: close", *headers)
    with socket.create_connection(("127.0.0.1", port), timeout=LONGEST_WAIT) as connection:
        connection.sendall(b"\r\n".join(lines) + b"\r\n\r\n")
        answer = http.client.HTTPResponse(connection)
        answer.begin()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read()


def test_tokens_are_made_and_revoked_while_it_serves_and_are_in_no_log(tmp_path: Path) -> None:
    seeds = put(tmp_path / "seeds", article(1, topics=["AI"], published=False),
                article(2, topics=["AI"], content="café"))  # fmt: skip
    config, data = configure(tmp_path / "config", sets=SETS), tmp_path / "data"
    common = ("--config", config, "--data", data)
    with serve(data, seeds=seeds, config=config) as server:
        server.wait_until_ready()
        port = server.port
        made = run("token", "create", "drafts", "--note", "Ada\n\x1b[31m", *common)
        secret = made.stdout.strip()
        assert made.returncode == 0
        assert secret.startswith("feeds_")
        listed = run("token", "list", "--data", data)
        id, set, _, note = listed.stdout.rstrip("\n").split("\t")
        assert (set, note) == ("drafts", "Ada [31m")
        assert secret not in listed.stdout

        with_token = f"/sets/drafts.json?token={secret}".encode()
        basic = b"Authorization: Basic " + b64encode(f"x:{secret}".encode())
        for target, header in [
            (with_token, b"X: y"),
            (with_token.replace(b"token", b"%74oken"), b"X: y"),
            (b"/sets/drafts.json", basic),
            (b"/sets/drafts.json", b"Authorization: Bearer " + secret.encode()),
        ]:
            for _ in range(3):  # by either path
                status, headers, body = raw(port, target, header)
                assert status == 200
                assert headers["cache-control"].startswith("private, ")
                assert len(json.loads(body)["items"]) == 1
        status, headers, _ = raw(port, b"/sets/Drafts.json?token=" + secret.encode())
        assert (status, headers["location"]) == (301, f"/sets/drafts.json?token={secret}")
        status, headers, _ = raw(
            port, with_token, b"If-None-Match: " + raw(port, with_token)[1]["etag"].encode()
        )
        assert (status, headers["cache-control"]) == (304, "private, max-age=300")
        assert raw(port, b"/sets/drafts.json")[0] == 401
        assert raw(port, b"/sets/open.json?token=" + secret.encode())[0] == 200
        assert raw(port, b"/all.json?Token=" + secret.encode())[0] == 200  # as people mistype it
        # Bytes that no address may have, and credentials that are none.
        assert raw(port, "/all.json?q=café".encode())[0] == 400
        assert raw(port, b"/sets/drafts.json", b"Authorization: Basic \xe9\xff")[0] == 401

        wrong = run("token", "revoke", "drafts", "nosuch", "--data", data)
        assert wrong.returncode == 2
        assert run("token", "revoke", "drafts", id, "--data", data).returncode == 0
        assert raw(port, with_token)[0] == 401
    log = server.written()
    assert "/sets/drafts.json?token=…" in log
    assert secret not in log
    assert secret.removeprefix("feeds_") not in log
    assert "Traceback" not in log


def test_a_token_is_only_made_for_a_set_that_is_private(tmp_path: Path) -> None:
    config, data = configure(tmp_path / "config", sets=SETS), tmp_path / "data"
    common = ("--config", config, "--data", data)
    for name, said in [("open", "is public, so it needs no token"), ("drfts", "perhaps you meant")]:
        ran = run("token", "create", name, *common)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert said in ran.stderr
    assert not data.exists()
    assert run("token", "revoke", "drafts", "--data", data).returncode == 2
    data.mkdir()
    (data / "tokens.json").write_text("{")
    for arguments in [("list",), ("create", "drafts", *common[:2]), ("revoke", "drafts", "x")]:
        ran = run("token", *arguments, "--data", data)
        assert ran.returncode == 2
        assert "tokens.json: cannot be read" in ran.stderr
        assert "Traceback" not in ran.stderr
