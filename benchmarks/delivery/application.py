"""A Starlette application for feeds as one would write it, with nothing left out.

Any feed by its name, in a coding that the client takes, and 304 for a tag or a
date that it has: what RFC 9110 asks of whoever serves feeds. All that can be made
ready beforehand is: documents, headers, dates.
"""

import gzip
import os
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from benchmarks.delivery.document import Served

_SERVED: Final = Served.read(Path(os.environ["DELIVERY_DOCUMENT"]))
_PLAIN: Final = Served(
    _SERVED.target,
    _SERVED.etag.replace("gzip", "identity"),
    tuple((name, value) for name, value in _SERVED.headers if name != "content-encoding"),
    gzip.decompress(_SERVED.body),
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A document in one coding, ready to be sent."""

    body: bytes
    etag: str
    modified: datetime
    full: dict[str, str]
    same: dict[str, str]

    @classmethod
    def of(cls, one: Served) -> "Ready":
        """All of it, from what is served."""
        full = dict(one.headers) | {"etag": one.etag}
        modified = parsedate_to_datetime(full["last-modified"])
        return cls(one.body, one.etag, modified, full, dict(one.same_headers()))


_FEEDS: Final = {
    _SERVED.target.strip("/"): {"gzip": Ready.of(_SERVED), "identity": Ready.of(_PLAIN)}
}


async def feed(request: Request) -> Response:
    """200; 304 where the client has the document; 404."""
    codings = _FEEDS.get("{name}.{format}".format(**request.path_params))
    if codings is None:
        raise HTTPException(404)
    found = codings["gzip" if takes_gzip(request) else "identity"]
    if has(request, found):
        return Response(status_code=304, headers=found.same)
    return Response(found.body, headers=found.full)


def takes_gzip(request: Request) -> bool:
    """Whether the client wants gzip: RFC 9110 12.5.3, weights of zero minded."""
    for one in request.headers.get("accept-encoding", "").split(","):
        coding, _, weight = one.partition(";")
        if coding.strip().lower() in ("gzip", "*"):
            return weight.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def has(request: Request, found: Ready) -> bool:
    """Whether the client has the document: RFC 9110 13.2.2, a tag before a date."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        return found.etag in (tag.strip().removeprefix("W/") for tag in tags.split(","))
    since = request.headers.get("if-modified-since")
    try:
        return since is not None and found.modified <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False


application = Starlette(routes=[Route("/{name}.{format}", feed)])
