"""Two servers over one application: one with the fast path, one without."""

import asyncio
import fcntl
import re
import socket
import termios
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn
import uvloop

from feeds.config.reloader import ConfigReloader
from feeds.server.app import create_app
from feeds.server.protocol.bounds import BoundedProtocol
from feeds.server.protocol.fast_path import FastPathProtocol
from feeds.server.state import Service
from tests.support.paths import CONFIG
from tests.support.waiting import LONGEST_WAIT, wait_for

BASE = "https://feeds.example.org"
DATE = re.compile(rb"\r\ndate: [^\r]+")
NEVER = 1 << 30
LAST = b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"


def request(target: str, *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    head = [f"{method} {target} HTTP/{version}", "Host: x", *fields]
    return ("\r\n".join(head) + "\r\n\r\n").encode("latin-1")


@dataclass
class Servers:
    """The sockets at which the two listen, and the service behind both."""

    service: Service
    fast: str
    asgi: str
    fast_server: uvicorn.Server
    asgi_server: uvicorn.Server

    def ask(self, where: str, pieces: list[bytes]) -> bytes:
        """Send pieces, then read until the server hangs up; return it without dates.

        The server gets each piece by itself, because what it does may depend on that.
        """
        received = b""
        with connected(where) as connection:
            with suppress(ConnectionResetError, BrokenPipeError):  # it need not hear us out
                for piece in pieces:
                    connection.sendall(piece)
                    _taken(connection)
            with suppress(ConnectionResetError):
                while data := connection.recv(1 << 16):
                    received += data
        return DATE.sub(b"", received)


def connected(where: str) -> socket.socket:
    """Connect to one of the two sockets.

    Unix sockets, because what a server wrote before it hung up stays readable
    there; TCP may throw it away with the reset.
    """
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(LONGEST_WAIT)
    connection.connect(where)
    return connection


def _taken(connection: socket.socket) -> None:
    """Wait until the other side has read everything, or for 0.2 s if it does not read now."""
    deadline = time.monotonic() + 0.2
    unread = bytearray(4)
    while time.monotonic() < deadline:
        fcntl.ioctl(connection, termios.TIOCOUTQ, unread)
        if not any(unread):
            return
        time.sleep(0.00005)


@contextmanager
def servers(
    data: Path,
    config: Path = CONFIG,
    asgi: str | type[BoundedProtocol] = "httptools",
    **settings: Any,
) -> Iterator[Servers]:
    """Run both servers in one event loop, in a thread of their own.

    `asgi` is the protocol of the second one.
    """
    service = Service(
        ConfigReloader(config, BASE),
        data,
        settings.pop("cache_bytes", 64 * 1024 * 1024),
        compress_after=settings.pop("compress_after", NEVER),
    )
    app = create_app(service)
    common: dict[str, Any] = {
        "loop": "uvloop", "ws": "none", "server_header": False, "log_config": None,
        "access_log": False, "timeout_keep_alive": 2, **settings,
    }  # fmt: skip
    sockets = TemporaryDirectory()
    paths = [f"{sockets.name}/{name}" for name in ("fast", "asgi")]
    fast = uvicorn.Server(
        uvicorn.Config(app, http=FastPathProtocol, lifespan="on", uds=paths[0], **common)
    )
    other = uvicorn.Server(uvicorn.Config(app, http=asgi, lifespan="off", uds=paths[1], **common))

    async def main() -> None:
        await asyncio.gather(fast.serve(), other.serve())

    thread = threading.Thread(target=lambda: uvloop.run(main()))
    thread.start()
    try:
        wait_for(lambda: fast.started and other.started, "the start of both servers")
        yield Servers(service, paths[0], paths[1], fast, other)
    finally:
        fast.should_exit = other.should_exit = True
        thread.join(LONGEST_WAIT)
        sockets.cleanup()
