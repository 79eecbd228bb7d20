"""Files that come with the program: style sheet, script, icon, JSON Schemas."""

from datetime import UTC, datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from feeds.config import json_schema
from feeds.errors import UnknownFeed
from feeds.render.html.environment import StaticFile, static_file_at
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import respond
from feeds.server.state import service_of

# RFC 8246. The address has a digest of the file in it.
_FOR_EVER: Final = "public, max-age=31536000, immutable"
# A date as good as any other: at one address there is only ever one file.
_ALWAYS: Final = datetime(2000, 1, 1, tzinfo=UTC)
_SCHEMA_MAX_AGE: Final = 86400  # seconds


async def static(request: Request) -> Response:
    """GET /static/{name}"""
    address = request.scope["path"]
    found = static_file_at(address)
    if found is None:
        raise UnknownFeed("There is no such file.", ("/",))

    async def make() -> Representation:
        return Representation(document(found))

    return await respond(
        request, address, await service_of(request).cache.get_or_render(address, make)
    )


def document(file: StaticFile) -> Document:
    """A file as a document that no change touches."""
    return Document(
        file.body, file.media_type, _ALWAYS, frozenset(), frozenset(), cache_control=_FOR_EVER
    )


async def schema(request: Request) -> Response:
    """GET /schema/NAME.json"""
    name = request.path_params["name"]
    if name not in json_schema.NAMES:
        near = tuple(f"/schema/{one}.json" for one in json_schema.NAMES)
        raise UnknownFeed("There is no such schema.", near)
    address = f"/schema/{name}.json"

    async def make() -> Representation:
        body, modified = json_schema.published(name)
        return Representation(
            Document(
                body,
                "application/schema+json",
                modified,
                frozenset(),
                frozenset(),
                max_age=_SCHEMA_MAX_AGE,
            )
        )

    representation = await service_of(request).cache.get_or_render(address, make)
    return await respond(request, address, representation)
