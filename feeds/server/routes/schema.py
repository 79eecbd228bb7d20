"""The JSON Schemas of the configuration, for editors that complete and check YAML."""

from starlette.requests import Request
from starlette.responses import Response

from feeds.config import json_schema
from feeds.errors import UnknownFeed
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import answer, service_of

_MAX_AGE = 86400


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
                max_age=_MAX_AGE,
            )
        )

    representation = await service_of(request).cache.get_or_make(address, make)
    return await answer(request, address, representation)
