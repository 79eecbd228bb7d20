"""docs/explanation/architecture.md: the code calls the steps of both journeys in that order."""

import re
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from inspect import unwrap
from itertools import pairwise
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Final

import pytest

from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import scan
from tests.support.application import ingest
from tests.support.docs import README, blocks, resolved, section
from tests.support.servers import LAST, request, servers
from tests.support.waiting import wait_for

ARTICLE: Final = "## From an article to the catalog"
REQUEST: Final = "## From a request to bytes"
MOST_STEPS: Final = 10

Calls = dict[CodeType, int]


def steps(heading: str) -> list[str]:
    """Return the functions that the numbered lines below a heading begin with."""
    return re.findall(r"^\d+\. `(feeds[\w.]+)`", section("architecture.md", heading), re.MULTILINE)


def code_of(name: str) -> CodeType:
    """Return the code of a function or method by its dotted name."""
    function: Any = resolved(name)
    code: CodeType = unwrap(function).__code__
    return code


@contextmanager
def recorded() -> Iterator[Calls]:
    """Record the functions that this thread, and threads that it starts, call meanwhile.

    Yields a mapping that is filled in the order of their first calls.
    """
    calls: Calls = {}

    def note(frame: FrameType, event: str, argument: object) -> None:
        if event == "call":
            calls.setdefault(frame.f_code, len(calls))

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield calls
    finally:
        sys.setprofile(None)
        threading.setprofile(None)


def disorder(names: list[str], calls: Calls) -> list[str]:
    """Return what is wrong with steps: those never called, and those called too early."""
    positions = {name: calls.get(code_of(name)) for name in names}
    absent = [f"{name} is not called" for name, position in positions.items() if position is None]
    called = [(name, position) for name, position in positions.items() if position is not None]
    early = [
        f"{name} is called before {before}"
        for (before, first), (name, second) in pairwise(called)
        if second < first
    ]
    return absent + early


@pytest.mark.parametrize("heading", [ARTICLE, REQUEST])
def test_a_journey_has_at_most_ten_steps(heading: str) -> None:
    assert 5 <= len(steps(heading)) <= MOST_STEPS


@pytest.fixture
def seeds(tmp_path: Path) -> Path:
    """A folder with the sample article of the README."""
    [article] = blocks(README.read_text(encoding="utf-8"), "markdown")
    folder = tmp_path / "seeds"
    folder.mkdir()
    (folder / "cameras.md").write_text(article, encoding="utf-8")
    return folder


def test_an_article_takes_the_steps_of_its_journey(seeds: Path, tmp_path: Path) -> None:
    names = steps(ARTICLE)
    # Those of a process that reads: what it calls cannot be recorded here.
    first = names.index("feeds.ingest.pool.parse_file")
    after = names.index("feeds.catalog.writer.Writer.apply")
    with recorded() as calls:
        ingest(seeds, tmp_path)
    assert disorder(names[:first] + names[after:], calls) == []
    with recorded() as calls:
        for file in scan(seeds):
            parse_file(str(seeds), file)
    assert disorder(names[first:after], calls) == []


def test_a_request_takes_the_steps_of_its_journey(
    seeds: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Threads that earlier tests have started are not recorded.
    threads = ThreadPoolExecutor(2)
    monkeypatch.setattr("feeds.util.process_tuning._low_priority_threads", threads)
    ingest(seeds, tmp_path)
    raw = request("/topics/ai.rss", "Accept-Encoding: gzip")
    with recorded() as calls, servers(tmp_path) as both:

        def is_sent_by_the_fast_path() -> bool:
            assert both.ask(both.fast, [raw, LAST]).startswith(b"HTTP/1.1 200 OK")
            return both.service.cache.ready.served > 0

        # Mostly the second. The follower, when it first looks, drops what is ready.
        wait_for(is_sent_by_the_fast_path, "a response of the fast path")
    threads.shutdown()
    assert disorder(steps(REQUEST), calls) == []


def test_a_wrong_order_and_a_function_that_is_not_called_are_found() -> None:
    names = ["feeds.util.dates.parse", "feeds.util.text.slug", "feeds.util.text.one_line"]
    calls = {code_of(names[1]): 0, code_of(names[0]): 1}
    assert disorder(names, calls) == [
        "feeds.util.text.one_line is not called",
        "feeds.util.text.slug is called before feeds.util.dates.parse",
    ]
