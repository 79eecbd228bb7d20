"""The access log: lines in order, whole, and without tokens."""

import asyncio
import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.server.protocol.access_log import AccessLog, request_line
from feeds.server.tokens import Tokens
from tests.support.application import ingest, serving
from tests.support.paths import SEEDS
from tests.support.waiting import wait_for

LINE = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}Z (\S*) "([^"]*)" (\d+)(?: (.*))?')


class Pieces(io.BytesIO):
    """What is below standard output, and what it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[bytes] = []

    def write(self, data: Any, /) -> int:
        self.pieces.append(bytes(data))
        return super().write(data)

    def text(self) -> str:
        return self.getvalue().decode()


def log_to(out: Pieces, encoding: str = "utf-8") -> AccessLog:
    return AccessLog(io.TextIOWrapper(out, encoding))


@contextmanager
def logger(*handlers: logging.Handler) -> Iterator[logging.Logger]:
    """One as `feeds serve` sets uvicorn's up."""
    made = logging.getLogger(f"test.{uuid4()}")
    made.setLevel(logging.INFO)
    made.propagate = False
    for handler in handlers:
        made.addHandler(handler)
    yield made


def test_what_uvicorn_says_and_what_is_put_together_are_lines_alike() -> None:
    out = Pieces()
    log = log_to(out)
    with logger(log) as one:
        one.info('%s - "%s %s HTTP/%s" %d', "192.0.2.7:80", "GET", "/all.rss?limit=3", "1.1", 304)
    log.add("192.0.2.7:80", request_line("GET", "/all.rss?limit=3", "1.1", 304))
    first, second = out.text().splitlines()
    assert first.partition(" 192")[2] == second.partition(" 192")[2]
    found = LINE.fullmatch(first)
    assert found
    line = ("192.0.2.7:80", "GET /all.rss?limit=3 HTTP/1.1", "304", "Not Modified")
    assert found.groups() == line


def test_a_status_that_has_no_name_is_a_number() -> None:
    assert request_line("GET", "/", "1.1", 299) == '"GET / HTTP/1.1" 299'


@pytest.mark.parametrize(
    ("target", "shown"),
    [
        ("/sets/x.rss?token=secret", "/sets/x.rss?token=…"),
        ("/sets/x.rss?limit=2&Token=secret&q=a", "/sets/x.rss?limit=2&Token=…&q=a"),
        ("/sets/x.rss?%74oken=secret", "/sets/x.rss?%74oken=…"),
        ("/sets/x.rss?tokens=open", "/sets/x.rss?tokens=open"),
        ("/token=open", "/token=open"),
    ],
)
def test_tokens_are_hidden(target: str, shown: str) -> None:
    assert request_line("GET", target, "1.1", 200) == f'"GET {shown} HTTP/1.1" 200 OK'


@pytest.mark.parametrize(
    "slip",
    [
        "/sets/x.rss&token={}",
        "/sets/x.rss%3Ftoken={}",
        "/sets/x.rss?q=a&amp;token={}",
        "/sets/x.rss??token={}",
        "/sets/x.rss?x=1;token={}",
        "/sets/x.rss?token%3d{}",
        "/sets/x.rss?api_key={}",
        "/sets/x.rss?{}",
        "/nowhere/{}/there",
    ],
)
def test_a_token_is_hidden_wherever_a_wrong_address_has_it(slip: str, tmp_path: Path) -> None:
    secret, _ = Tokens(tmp_path).create("x", "", datetime(2020, 1, 1, tzinfo=UTC))
    for written in (secret, secret.replace("_", "%5F"), secret.upper()):
        line = request_line("GET", slip.format(written), "1.1", 404)
        assert line == f'"GET {slip.format("…")} HTTP/1.1" 404 Not Found'


@given(
    st.lists(
        st.text(st.characters(min_codepoint=33, max_codepoint=126) | st.just("…"), max_size=5000)
    )
)
def test_lines_come_in_order_and_in_pieces_that_stay_whole(lines: list[str]) -> None:
    out = Pieces()
    log = log_to(out)

    async def talk() -> None:
        for line in lines:
            log.add("", line)
        log.flush()

    asyncio.run(talk())
    assert [line.split(" ", 2)[2].strip() for line in out.text().splitlines()] == lines
    for piece in out.pieces:
        assert piece.endswith(b"\n")
        assert len(piece) <= 4096 or piece.count(b"\n") == 1


def test_lines_wait_for_each_other_and_not_for_long() -> None:
    out = Pieces()
    log = log_to(out)

    async def talk() -> None:
        log.add("first", "of two")
        log.add("second", "of two")
        assert not out.pieces
        await asyncio.to_thread(wait_for, lambda: out.pieces, "the lines")

    asyncio.run(talk())
    assert len(out.pieces) == 1
    assert out.text().count("of two") == 2


def test_they_do_not_pile_up_while_the_loop_is_busy() -> None:
    out = Pieces()
    log = log_to(out)

    async def talk() -> None:
        for number in range(2500):
            log.add("client", str(number))
        assert out.text().count("\n") == 2000

    asyncio.run(talk())


def test_what_standard_output_cannot_write_is_written_otherwise() -> None:
    out = Pieces()
    log = log_to(out, "latin-1")
    log.add("client", request_line("GET", "/sets/x.rss?token=secret", "1.1", 200))
    assert r"?token=\u2026 HTTP" in out.text()


def test_nothing_waits_once_the_server_has_ended(tmp_path: Path) -> None:
    out = Pieces()
    log = log_to(out)
    ingest(SEEDS, tmp_path / "data")
    logger = logging.getLogger("uvicorn.access")
    logger.addHandler(log)
    try:
        with serving(tmp_path / "data") as client:
            assert client.portal
            client.portal.call(log.add, "client", "said last")
            assert not out.pieces
        assert out.text().endswith("client said last\n")
    finally:
        logger.removeHandler(log)


def test_output_that_nobody_reads_stops_nothing() -> None:
    out = Pieces()
    log = log_to(out)
    out.close()
    log.add("client", "said")


def test_only_a_log_that_has_all_lines_to_itself_is_written_to_directly() -> None:
    mine, other = AccessLog(sys.stdout), logging.StreamHandler()
    with logger(mine) as alone:
        assert AccessLog.of(alone) is mine
        alone.setLevel(logging.WARNING)
        assert AccessLog.of(alone) is None
    with logger(mine, other) as both, logger(other) as foreign, logger() as none:
        assert {AccessLog.of(one) for one in (both, foreign, none)} == {None}
    with logger(mine) as passed_on:
        passed_on.propagate = True
        assert AccessLog.of(passed_on) is None
