"""A bare ASGI application that sends ready-made bytes: what uvicorn itself can do."""

import os
from pathlib import Path
from typing import Final

from starlette.types import Receive, Scope, Send

from benchmarks.delivery.document import Served

_SERVED: Final = Served.read(Path(os.environ["DELIVERY_DOCUMENT"]))
_FULL: Final = [(name.encode(), value.encode()) for name, value in _SERVED.full_headers()]
_SAME: Final = [(name.encode(), value.encode()) for name, value in _SERVED.same_headers()]
_TAG: Final = _SERVED.etag.encode()


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Any GET: 200, or 304 where the tag is the document's."""
    if scope["type"] != "http":
        return
    same = (b"if-none-match", _TAG) in scope["headers"]
    status, headers, body = (304, _SAME, b"") if same else (200, _FULL, _SERVED.body)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
