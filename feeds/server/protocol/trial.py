"""Test in memory whether a protocol works with the installed release of uvicorn."""

import asyncio
import re
from datetime import UTC, datetime
from typing import Any, Final

import uvicorn
from uvicorn.server import ServerState

from feeds.server.http.ready_responses import ReadyResponse, ReadyResponses
from feeds.server.http.representation import Document, Representation
from feeds.server.protocol.bounds import BoundedProtocol

# Of uvicorn's connections; its parser's callbacks, and what else there is, the requests show.
_RELIED_ON: Final = (
    "_unset_keepalive_if_required", "access_log", "access_logger", "app", "app_state", "client",
    "connections", "cycle", "flow", "limit_concurrency", "loop", "on_response_complete",
    "parser", "pipeline", "server_state", "tasks", "timeout_keep_alive",
    "timeout_keep_alive_task", "transport",
)  # fmt: skip


class _Recorder(asyncio.Transport):
    """A transport that records the data that is written to it."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def close(self) -> None:
        pass

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def try_out(protocol: type[BoundedProtocol], *, is_fast: bool) -> None:
    """Serve four requests, three of them from ready responses if the protocol is a fast path,
    and raise what goes wrong."""
    asyncio.run(_try_out(protocol, is_fast=is_fast))


async def _try_out(protocol: type[BoundedProtocol], *, is_fast: bool) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 404, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    ready, now = ReadyResponses(), datetime.now(UTC)
    document = Document(b"ready", "text/plain", now, frozenset(), frozenset())
    response = ReadyResponse(200, [(b"content-length", b"5")], document.body)
    ready.add(b"/ready", Representation(document)).add("identity", response, lambda *_: response)
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_config=None, limit_concurrency=9
    )
    state, loop = ServerState(), asyncio.get_running_loop()
    connection, transport = protocol(config, state, {"ready": ready}, loop), _Recorder()
    connection.connection_made(transport)
    missing = [name for name in _RELIED_ON if not hasattr(connection, name)]
    if missing:
        raise AttributeError(f"its connections have no {', '.join(missing)}")
    connection.access_log = False
    for target in (b"/ready", b"/ready", b"/other", b"/ready"):
        connection.data_received(b"GET %b HTTP/1.1\r\nHost: x\r\n\r\n" % target)
        await asyncio.gather(*state.tasks)
    statuses = re.findall(rb"HTTP/1\.1 (\d+)", transport.written)
    ready_status = b"200" if is_fast else b"404"
    if statuses != [ready_status, ready_status, b"404", ready_status]:
        raise RuntimeError(f"the requests of the trial got {transport.written[:200]!r}")
    served = 3 if is_fast else 0
    if ready.served != served or state.total_requests != 4 or connection.is_overdue(loop.time()):
        raise RuntimeError("the requests of the trial were not counted")
    connection.connection_lost(None)
