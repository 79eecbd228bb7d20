"""Asking the application as servers and clients do, to the byte."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from starlette.testclient import TestClient
from starlette.types import Message

from feeds.model import Format


@dataclass(frozen=True)
class Response:
    """A response as it goes over the wire; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


def ask(
    client: TestClient,
    target: str | bytes,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Send a request whose target no client library has tidied up; return the response.

    The scope is made of it as uvicorn does.
    """
    raw = target if isinstance(target, bytes) else target.encode("latin-1")
    path, _, query = raw.partition(b"?")
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path.decode("latin-1")),
        "raw_path": path,
        "query_string": query,
        "root_path": "",
        "headers": [
            (name.lower().encode(), value.encode("latin-1"))
            for name, value in {"host": "internal:8000", **(headers or {})}.items()
        ],
        "client": ("192.0.2.1", 1234),
        "server": ("internal", 8000),
        "state": {},
    }
    sent: list[Message] = []

    body: list[Message] = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> Message:
        if not body:
            await asyncio.Event().wait()  # the client stays
        return body.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        app: Any = client.app
        await app(scope, receive, send)

    assert client.portal is not None
    client.portal.call(run)
    names = [name.decode() for name, _ in sent[0]["headers"]]
    assert len(names) == len(set(names)), names
    return Response(
        sent[0]["status"],
        {name.decode(): value.decode("latin-1") for name, value in sent[0]["headers"]},
        b"".join(message.get("body", b"") for message in sent[1:]),
    )


def every_feed(client: TestClient) -> list[str]:
    """Return the path of every feed, from the site's own index."""
    return [feed["path"] for feed in client.get("/feeds.json").json()["feeds"]]


def every_address(client: TestClient) -> list[str]:
    """Return every address of a site, from its own index."""
    feeds = [f"{path}{suffix}" for path in every_feed(client) for suffix in SUFFIXES]
    lists = [f"/feeds.opml?format={format}" for format in Format]
    return ["/", "/feeds.opml", "/feeds.json", "/healthz", "/readyz", *lists, *feeds]


SUFFIXES = ("", *(f".{format}" for format in Format))


def everything(client: TestClient) -> dict[str, Response]:
    """Return the response of every address of a site; each must be 200."""
    found = {address: ask(client, address) for address in every_address(client)}
    assert {answer.status for answer in found.values()} == {200}
    return found
