"""Tokens of private sets: kept as digests, in a file that no two writers spoil."""

import json
import stat
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds.errors import FeedsError
from feeds.server.tokens import FILE, Tokens

NOW = datetime(2020, 1, 1, 12, 30, 15, 999, tzinfo=UTC)


def test_a_token_opens_its_own_set_and_no_other(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path)
    secret, token = tokens.create("drafts", "Ada's reader", NOW)
    other, _ = tokens.create("press", "", NOW)
    assert secret.startswith("feeds_")
    assert len(secret) > 40
    assert (token.set, token.note, token.created) == (
        "drafts", "Ada's reader", "2020-01-01T12:30:15+00:00",
    )  # fmt: skip
    assert tokens.opens("drafts", secret)
    assert not tokens.opens("press", secret)
    assert tokens.opened_by(other) == {"press"}
    for wrong in ("", "feeds_", secret[:-1], secret + "x", secret.upper(), token.id, token.digest,
                  f" {secret}", "\0", "\ud800", "é" * 10_000):  # fmt: skip
        assert tokens.opened_by(wrong) == frozenset()


def test_the_file_does_not_hold_the_secret_and_is_readable_by_its_owner_alone(
    tmp_path: Path,
) -> None:
    secret, _ = Tokens(tmp_path / "data").create("drafts", "", NOW)
    for path in (tmp_path / "data").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
        assert secret.removeprefix("feeds_") not in path.read_text()
    assert not list((tmp_path / "data").glob("*.new"))


def test_a_revoked_token_opens_nothing_from_then_on_for_whoever_looks(tmp_path: Path) -> None:
    tokens, serving = Tokens(tmp_path), Tokens(tmp_path)
    secret, token = tokens.create("drafts", "", NOW)
    kept, _ = tokens.create("drafts", "", NOW)
    other, _ = tokens.create("press", "", NOW)
    assert serving.opens("drafts", secret)
    assert tokens.revoke("press", token.id) == 0
    assert tokens.revoke("drafts", token.id) == 1
    assert tokens.revoke("drafts", token.id) == 0
    assert not serving.opens("drafts", secret)
    assert serving.opens("drafts", kept)
    assert tokens.revoke("drafts", None) == 1
    assert not serving.opens("drafts", kept)
    assert serving.opens("press", other)


def test_no_token_is_lost_when_many_are_made_at_once(tmp_path: Path) -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path;"
        "from feeds.server.tokens import Tokens; tokens = Tokens(Path(sys.argv[1]));"
        "print(*(tokens.create('a', '', datetime.now(UTC))[0] for _ in range(20)))"
    )
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True
        )
        for _ in range(4)
    ]
    secrets = [secret for one in running for secret in one.communicate()[0].split()]
    tokens = Tokens(tmp_path)
    assert len(secrets) == len(set(secrets)) == len(tokens.all()) == 80
    assert all(tokens.opens("a", secret) for secret in secrets)
    assert len({token.id for token in tokens.all()}) == 80


ROW = {"id": "1", "set": "a", "created": "", "note": "", "digest": "00"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"5", b'"tokens"', b'{"a": 1}', b"[1]", b'["a"]', b"[{}]", b"\xff\xfe",
     b"[" * 100_000, json.dumps([{**ROW, "digest": 5}]).encode(),
     json.dumps([{**ROW, "digest": "é"}]).encode(), json.dumps([{**ROW, "more": 1}]).encode(),
     json.dumps([{**ROW, "set": None}]).encode()],
)  # fmt: skip
def test_a_damaged_file_is_reported_and_opens_nothing(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)
    tokens = Tokens(tmp_path)
    for _ in range(2):
        with pytest.raises(FeedsError, match=r"tokens\.json: cannot be read"):
            tokens.opens("a", "x")
    with pytest.raises(FeedsError, match="restore it, or delete it"):
        tokens.create("a", "", NOW)
    assert (tmp_path / FILE).read_bytes() == content


def test_without_a_file_there_are_no_tokens(tmp_path: Path) -> None:
    assert Tokens(tmp_path / "nowhere").all() == ()
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(FeedsError, match="choose a folder with --data"):
        Tokens(tmp_path / "file" / "data").create("a", "", NOW)
