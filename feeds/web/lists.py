"""What there is to subscribe to: front page, topics, providers, OPML, machine-readable index."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from feeds.catalog.payload import moment
from feeds.errors import BadParameter, UnknownFeed
from feeds.model import FeedSummary, Format
from feeds.render import pages
from feeds.render.opml import opml as opml_document
from feeds.representation import Document, Representation
from feeds.selection import Selection
from feeds.web.answers import PAGE_POLICY, answer, service_of

Headers = tuple[tuple[str, str], ...]

_OF_PAGES: Final[Headers] = (("Content-Security-Policy", PAGE_POLICY),)
_LATEST: Final = 6  # articles on the front page
_LONGEST_NUMBER: Final = 6  # digits of a page


async def front(request: Request) -> Response:
    """GET /"""

    def render(selection: Selection, connection: Connection, feeds: list[FeedSummary]) -> bytes:
        spec = replace(selection.resolve(connection, "/all"), limit=_LATEST)
        largest = pages.largest(feeds)
        icons = {one.path: one for one in selection.icons(connection, largest)}
        shown = [icons.get(feed.path, feed) for feed in feeds]
        return pages.front(selection.config.site, shown, selection.load(connection, spec).entries)

    return await _listed(request, "/", "text/html", render, _OF_PAGES)


async def topics(request: Request) -> Response:
    """GET /topics"""
    return await _index(request, "topics")


async def providers(request: Request) -> Response:
    """GET /providers"""
    return await _index(request, "providers")


async def _index(request: Request, kind: str) -> Response:
    """All topics or all providers, page by page: `?page=2`."""
    number = _page_number(request)

    def render(selection: Selection, connection: Connection, feeds: list[FeedSummary]) -> bytes:
        found = pages.listed(kind, pages.grouped(feeds)[kind], number)
        if found is None:
            raise UnknownFeed(f"There is no page {number}.", (f"/{kind}",))
        if kind == "providers":
            icons = selection.icons(connection, [feed for _, feed in found.feeds])
            found = replace(found, feeds=[(0, feed) for feed in icons])
        return pages.index_page(selection.config.site, kind, found)

    address = f"/{kind}" + (f"?page={number}" if number > 1 else "")
    return await _listed(request, address, "text/html", render, _OF_PAGES)


def _page_number(request: Request) -> int:
    written = request.query_params.get("page", "1")
    if not written.isascii() or not written.isdigit() or len(written) > _LONGEST_NUMBER:
        raise BadParameter("page is a number from 1 on.")
    return int(written)


async def opml(request: Request) -> Response:
    """GET /feeds.opml"""
    written = request.query_params.get("format", "rss")
    if written not in list(Format):
        raise BadParameter("format is rss, atom or json.")
    format = Format(written)

    def render(selection: Selection, connection: Connection, feeds: list[FeedSummary]) -> bytes:
        site = selection.config.site
        return opml_document(site, site.title, feeds, format)

    return await _listed(request, f"/feeds.opml?format={format}", "text/x-opml", render)


async def index(request: Request) -> Response:
    """GET /feeds.json"""
    return await _listed(request, "/feeds.json", "application/json", index_document)


def index_document(selection: Selection, connection: Connection, feeds: list[FeedSummary]) -> bytes:
    """The machine-readable index of feeds."""
    base = selection.config.site.base_url
    listed = [
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
    ]
    document = {"title": selection.config.site.title, "feeds": listed}
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


async def _listed(
    request: Request,
    address: str,
    media_type: str,
    render: Callable[[Selection, Connection, list[FeedSummary]], bytes],
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
                    render(selection, connection, feeds),
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
