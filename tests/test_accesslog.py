"""The access log: lines in order, whole, and without tokens."""

import asyncio
import io
import logging
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.accesslog import AccessLog, said

LINE = re.compile(r'\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} (\S*) "([^"]*)" (\d+)(?: (.*))?')


class Pieces(io.StringIO):
    """Standard output that remembers what it was given at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


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
    log = AccessLog(out)
    with logger(log) as one:
        one.info('%s - "%s %s HTTP/%s" %d', "192.0.2.7:80", "GET", "/all.rss?limit=3", "1.1", 304)
    log.add("192.0.2.7:80", said("GET", "/all.rss?limit=3", "1.1", 304))
    first, second = out.getvalue().splitlines()
    assert first.partition(" 192")[2] == second.partition(" 192")[2]
    found = LINE.fullmatch(first)
    assert found
    line = ("192.0.2.7:80", "GET /all.rss?limit=3 HTTP/1.1", "304", "Not Modified")
    assert found.groups() == line


def test_a_status_that_has_no_name_is_a_number() -> None:
    assert said("GET", "/", "1.1", 299) == '"GET / HTTP/1.1" 299'


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
    assert said("GET", target, "1.1", 200) == f'"GET {shown} HTTP/1.1" 200 OK'


@given(st.lists(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=5000)))
def test_lines_come_in_order_and_in_pieces_that_stay_whole(lines: list[str]) -> None:
    out = Pieces()
    log = AccessLog(out)

    async def talk() -> None:
        for line in lines:
            log.add("", line)
        log.flush()

    asyncio.run(talk())
    assert [line.split(" ", 2)[2].strip() for line in out.getvalue().splitlines()] == lines
    for piece in out.pieces:
        assert piece.endswith("\n")
        assert len(piece) <= 4096 or piece.count("\n") == 1


def test_lines_wait_for_each_other_and_not_for_long() -> None:
    out = Pieces()
    log = AccessLog(out)

    async def talk() -> None:
        log.add("first", "of two")
        log.add("second", "of two")
        assert not out.pieces
        for _ in range(100):
            if out.pieces:
                return
            await asyncio.sleep(0.05)

    asyncio.run(talk())
    assert len(out.pieces) == 1
    assert out.getvalue().count("of two") == 2


def test_they_do_not_pile_up_while_the_loop_is_busy() -> None:
    out = Pieces()
    log = AccessLog(out)

    async def talk() -> None:
        for number in range(2500):
            log.add("client", str(number))
        assert out.getvalue().count("\n") == 2000

    asyncio.run(talk())


def test_output_that_nobody_reads_stops_nothing() -> None:
    out = Pieces()
    log = AccessLog(out)
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
