"""Serve the files of the program: style sheet, script, icon, JSON Schemas."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from feeds.config import json_schema
from feeds.errors import UnknownFeed
from feeds.locale import Message
from feeds.render.html.environment import StaticFile, static_file_at
from feeds.server.admission import Demand
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import serve

# RFC 8246. The address has a digest of the file in it.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
# A date as good as any other: at one address there is only ever one file.
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SCHEMA_MAX_AGE: Final = 86400  # seconds
_NOTHING: Final[frozenset[Any]] = frozenset()


async def static(request: Request) -> Response:
    """GET /static/{name}"""
    address = request.scope["path"]
    file = static_file_at(address)
    if file is None:
        raise UnknownFeed(Message("There is no such file."), ("/",))
    return await _respond(request, address, partial(document, file))


def document(file: StaticFile) -> Document:
    """Return a file as a document that no change affects."""
    body, media_type = file.body, file.media_type
    return Document(body, media_type, _ALWAYS, _NOTHING, _NOTHING, cache_control=_FOR_EVER)


async def schema(request: Request) -> Response:
    """GET /schema/NAME.json"""
    name = request.path_params["name"]
    if name not in json_schema.NAMES:
        nearest = tuple(f"/schema/{name}.json" for name in json_schema.NAMES)
        raise UnknownFeed(Message("There is no such schema."), nearest)
    return await _respond(request, f"/schema/{name}.json", partial(_schema, name))


def _schema(name: str) -> Document:
    body, modified = json_schema.published(name)
    media_type = "application/schema+json"
    return Document(body, media_type, modified, _NOTHING, _NOTHING, max_age=_SCHEMA_MAX_AGE)


async def _respond(request: Request, address: str, load: Callable[[], Document]) -> Response:
    async def render(_: Demand) -> Representation:
        return Representation(load())

    return await serve(request, address, render)
