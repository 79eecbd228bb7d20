"""A site behind a real socket, and the system's Chromium in front of it."""

import asyncio
import shutil
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
import uvicorn
import uvloop
from playwright.sync_api import Browser, Page, Request, Route, sync_playwright

from feeds.config.reloader import ConfigReloader
from feeds.server.app import create_app
from feeds.server.protocol.fast_path import FastPathProtocol
from feeds.server.state import Service
from tests.e2e.browser.articles import ARTICLES, CONFIG
from tests.support.application import ingest
from tests.support.examples import Fields
from tests.support.folders import configure, put

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
_OPTIONS: Final = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
    "--disable-background-networking --disable-component-update --disable-sync"
).split()
# What stands in for the pictures of articles, which come from elsewhere.
_PICTURE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="600" height="400">'
    '<rect width="600" height="400" fill="#7a9"/></svg>'
)

Open = Callable[..., Page]


@contextmanager
def serving_at_a_socket(
    folder: Path, articles: Sequence[Fields] = ARTICLES, **config: Any
) -> Iterator[str]:
    """Serve the site as `feeds serve` does, at an address that it knows; yield the address.

    `config` has files that differ from those of `CONFIG`.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    settings = configure(folder / "config", **{**CONFIG, **config})
    ingest(put(folder / "seeds", *articles), folder / "data")
    service = Service(ConfigReloader(settings, address), folder / "data")
    options: dict[str, Any] = {
        "http": FastPathProtocol, "lifespan": "on", "ws": "none", "log_config": None,
        "access_log": False,
    }  # fmt: skip
    server = uvicorn.Server(uvicorn.Config(create_app(service), **options))
    thread = threading.Thread(target=lambda: uvloop.run(server.serve(sockets=[listening])))
    thread.start()
    try:
        yield address
    finally:
        server.should_exit = True
        thread.join(20)
        listening.close()


# As long as it is open, it keeps an event loop running in this thread, in which
# no other test could run one of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    if program is None:
        pytest.skip("no browser: install chromium to test pages in one")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=_OPTIONS)
        yield found
        found.close()
    # It leaves its own, closed, as the one of this thread.
    asyncio.set_event_loop(None)


@pytest.fixture(scope="package")
def address(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving_at_a_socket(tmp_path_factory.mktemp("site")) as found:
        yield found


@pytest.fixture
def complaints() -> list[str]:
    """Return the list for what a browser complains about; it must be empty after a test."""
    return []


@pytest.fixture
def visit(browser: Browser, address: str, complaints: list[str]) -> Iterator[Open]:
    """Return a function that opens pages, of the site or of one at another address; they may ask
    no other site, and nothing may fail.
    """
    contexts = []

    def open_page(path: str, at: str = address, **options: Any) -> Page:
        def answer(route: Route, request: Request) -> None:
            if request.url.startswith(at):
                route.continue_()
            elif request.resource_type == "image":
                route.fulfill(content_type="image/svg+xml", body=_PICTURE)
            else:
                complaints.append(f"asked elsewhere: {request.url}")
                route.abort()

        context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        contexts.append(context)
        context.route("**", answer)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.goto(at + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
