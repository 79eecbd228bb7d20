"""The least that Starlette can do: one route, one document in one coding, a comparison of tags."""

import os
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.delivery.document import Served

_SERVED: Final = Served.read(Path(os.environ["DELIVERY_DOCUMENT"]))
_FULL: Final = dict(_SERVED.full_headers())
_SAME: Final = dict(_SERVED.same_headers())


async def feed(request: Request) -> Response:
    """200, or 304 where the client has the document."""
    tags = request.headers.get("if-none-match", "")
    if _SERVED.etag in (tag.strip() for tag in tags.split(",")):
        return Response(status_code=304, headers=_SAME)
    return Response(_SERVED.body, headers=_FULL)


application = Starlette(routes=[Route(_SERVED.target, feed)])
