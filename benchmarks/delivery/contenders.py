"""The servers that ours is held against, each on the core that ours has."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.delivery.asking import get
from benchmarks.delivery.document import Served
from benchmarks.delivery.processes import SERVER_CORE, Missing, free_port, program, running, until

_HERE: Final = Path(__file__).parent
_ROOT: Final = _HERE.parents[1]

# Two processes would be two on one core: nginx's master only watches, so it is left out.
_NGINX: Final = """\
worker_processes 1; daemon off; master_process off;
pid {place}/nginx.pid; error_log {place}/nginx.err;
events {{ worker_connections 1024; }}
http {{
  access_log off; sendfile on; tcp_nopush on; etag on; server_tokens off;
  types {{ application/rss+xml rss; }}
  keepalive_requests 1000000000; keepalive_timeout 60;
  gzip_static on; gzip_vary on; open_file_cache max=1000 inactive=1h; open_file_cache_valid 1h;
  client_body_temp_path {place}/t1; proxy_temp_path {place}/t2; fastcgi_temp_path {place}/t3;
  uwsgi_temp_path {place}/t4; scgi_temp_path {place}/t5;
  server {{ listen 127.0.0.1:{port}; root {place}/html; }}
}}
"""


@dataclass(frozen=True, slots=True)
class Contender:
    """A server that runs."""

    name: str
    port: int
    pid: int


@contextmanager
def nginx(place: Path, served: Served) -> Iterator[Contender]:
    """nginx with gzip_static and the very same compressed bytes."""
    port, binary = free_port(), program("nginx")
    file = place / "html" / served.target.lstrip("/")
    file.parent.mkdir(parents=True)
    file.write_bytes(b"never sent: every request takes gzip\n")
    Path(f"{file}.gz").write_bytes(served.body)
    os.chmod(place, 0o755)
    settings = place / "nginx.conf"
    settings.write_text(_NGINX.format(place=place, port=port))
    command = [binary, "-p", str(place), "-c", str(settings), "-e", str(place / "nginx.err")]
    with _started("nginx, gzip_static", command, port, place, served) as one:
        yield one


@contextmanager
def bare_asgi(place: Path, served: Served) -> Iterator[Contender]:
    """The least that runs on uvicorn."""
    with _on_uvicorn("bare ASGI app", "benchmarks.delivery.bare", place, served) as one:
        yield one


@contextmanager
def starlette(place: Path, served: Served) -> Iterator[Contender]:
    """A Starlette application that serves feeds, negotiates and answers conditions."""
    with _on_uvicorn("Starlette endpoint", "benchmarks.delivery.application", place, served) as one:
        yield one


@contextmanager
def one_document(place: Path, served: Served) -> Iterator[Contender]:
    """Starlette with one route that knows one document in one coding."""
    name = "Starlette, one document"
    with _on_uvicorn(name, "benchmarks.delivery.endpoint", place, served) as one:
        yield one


@contextmanager
def go(place: Path, served: Served) -> Iterator[Contender]:
    """Go net/http, built without any module."""
    port, binary = free_port(), place / "go-server"
    subprocess.run(
        [program("go"), "build", "-o", str(binary), str(_HERE / "main.go")],
        check=True,
        timeout=300,
        env={
            **os.environ,
            "GO111MODULE": "off",
            "GOFLAGS": "",
            "GOPROXY": "off",
            "GOTOOLCHAIN": "local",
            "GOCACHE": str(place / "go-cache"),
            "GOPATH": str(place / "go-path"),
            "CGO_ENABLED": "0",
        },
    )
    command = [str(binary), str(_written(place, served)), f"127.0.0.1:{port}"]
    with _started("Go net/http", command, port, place, served, {"GOMAXPROCS": "1"}) as one:
        yield one


OTHERS: Final[tuple[Callable[[Path, Served], AbstractContextManager[Contender]], ...]] = (
    nginx,
    bare_asgi,
    starlette,
    one_document,
    go,
)


@contextmanager
def _on_uvicorn(name: str, module: str, place: Path, served: Served) -> Iterator[Contender]:
    port = free_port()
    command = [
        *(sys.executable, "-m", "uvicorn", f"{module}:application", "--port", str(port)),
        *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--no-server-header"),
        *("--log-level", "warning", "--lifespan", "off"),
    ]
    environment = {
        "DELIVERY_DOCUMENT": str(_written(place, served)),
        "PYTHONPATH": str(_ROOT),
    }
    with _started(name, command, port, place, served, environment) as one:
        yield one


@contextmanager
def _started(
    name: str,
    command: list[str],
    port: int,
    place: Path,
    served: Served,
    environment: dict[str, str] | None = None,
) -> Iterator[Contender]:
    with running(command, SERVER_CORE, place / "log", environment) as process:
        until(lambda: get(port, served.target).status == 200, f"{name} answers", 60)
        yield Contender(name, port, process.pid)


def _written(place: Path, served: Served) -> Path:
    path = place / "document.json"
    served.write(path)
    return path


def folder(place: Path, number: int) -> Path:
    """A folder for a contender's own files."""
    made = place / f"contender-{number}"
    made.mkdir()
    return made


__all__ = [
    "OTHERS",
    "Contender",
    "Missing",
    "bare_asgi",
    "folder",
    "go",
    "nginx",
    "one_document",
    "starlette",
]
