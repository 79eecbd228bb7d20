"""What there is to subscribe to: front page, OPML, machine-readable index."""

import json
from collections.abc import Callable
from io import BytesIO

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from feeds.catalog.payload import moment
from feeds.errors import BadParameter
from feeds.model import FeedSummary, Format
from feeds.render import pages
from feeds.render.opml import opml as opml_document
from feeds.representation import Document, Representation
from feeds.selection import Selection
from feeds.web.answers import PAGE_POLICY, answer, service_of

Headers = tuple[tuple[str, str], ...]


async def front(request: Request) -> Response:
    """GET /"""

    def render(selection: Selection, feeds: list[FeedSummary]) -> bytes:
        return pages.front(selection.config.site, feeds)

    return await _listed(
        request, "/", "text/html", render, (("Content-Security-Policy", PAGE_POLICY),)
    )


async def opml(request: Request) -> Response:
    """GET /feeds.opml"""
    written = request.query_params.get("format", "rss")
    if written not in list(Format):
        raise BadParameter("format is rss, atom or json.")
    format = Format(written)

    def render(selection: Selection, feeds: list[FeedSummary]) -> bytes:
        site = selection.config.site
        return opml_document(site, site.title, feeds, format)

    return await _listed(request, f"/feeds.opml?format={format}", "text/x-opml", render)


async def index(request: Request) -> Response:
    """GET /feeds.json"""
    return await _listed(request, "/feeds.json", "application/json", index_document)


def index_document(selection: Selection, feeds: list[FeedSummary]) -> bytes:
    """The machine-readable index of feeds."""
    base = selection.config.site.base_url
    listed = (
        {
            "path": feed.path,
            "title": feed.title,
            "description": feed.description,
            "entries": feed.entries,
            "changed": feed.changed.isoformat() if feed.changed else None,
            "page": f"{base}{feed.path}",
            **{str(format): f"{base}{feed.path}.{format}" for format in Format},
        }
        for feed in feeds
    )
    # A line for each: indenting further takes json five times as long.
    document = BytesIO()
    document.write(b'{"title": %b, "feeds": [' % _json(selection.config.site.title))
    for number, one in enumerate(listed):
        document.write(b",\n" if number else b"\n")
        document.write(_json(one))
    document.write(b"\n]}\n")
    return document.getvalue()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


async def _listed(
    request: Request,
    address: str,
    media_type: str,
    render: Callable[[Selection, list[FeedSummary]], bytes],
    headers: Headers = (),
) -> Response:
    """A list of all feeds: any change of an entry may change it."""
    service = service_of(request)

    async def make() -> Representation:
        def work(selection: Selection, connection: Connection) -> Representation:
            feeds = selection.feeds(connection)
            newest = max((feed.changed for feed in feeds if feed.changed), default=moment(0))
            departed = selection.last_departure(connection)
            return Representation(
                Document(
                    render(selection, feeds),
                    f"{media_type}; charset=utf-8",
                    max(newest, departed),
                    frozenset((("all", 0),)),
                    selection.publicity(),
                    (("Cache-Tag", "feeds"), *headers),
                )
            )

        return await service.read(work)

    representation = await service.cache.get_or_make(address, make)
    return await answer(request, address, representation)
