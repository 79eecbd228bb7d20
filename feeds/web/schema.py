"""The JSON Schemas of the configuration, for editors that complete and check YAML."""

from starlette.requests import Request
from starlette.responses import Response

from feeds.config import schemas
from feeds.errors import UnknownFeed
from feeds.representation import Document, Representation
from feeds.web.answers import answer, service_of

_MAX_AGE = 86400


async def schema(request: Request) -> Response:
    """GET /schema/NAME.json"""
    name = request.path_params["name"]
    if name not in schemas.NAMES:
        near = tuple(f"/schema/{one}.json" for one in schemas.NAMES)
        raise UnknownFeed("There is no such schema.", near)
    address = f"/schema/{name}.json"

    async def make() -> Representation:
        body, modified = schemas.published(name)
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
