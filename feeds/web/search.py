"""Looking for feeds and articles."""

from typing import Final
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from feeds.render import pages
from feeds.render.pages import Found
from feeds.representation import Representation
from feeds.selection import Selection
from feeds.text import one_line
from feeds.web.answers import answer, service_of
from feeds.web.page import page, problem_page

_MOST_FEEDS: Final = 30
_LONGEST: Final = 200  # characters


async def search(request: Request) -> Response:
    """GET /search: `q` are words, of which all must occur.

    Kept under its words in one spelling, however they are written.
    """
    service = service_of(request)
    words = " ".join(one_line(request.query_params.get("q", "")).lower().split())
    too_long = len(words) > _LONGEST
    address = f"/search?q={quote('' if too_long else words)}"

    async def make() -> Representation:
        return await service.read(work)

    def work(selection: Selection, connection: Connection) -> Representation:
        found = Found(words, selection.search_feeds(connection, words, _MOST_FEEDS))
        modified = selection.last_change(connection)
        return page(pages.search_page(selection.config.site, found), modified, selection)

    if too_long:
        problem = f"Write at most {_LONGEST} characters."
        found = Found(words[:_LONGEST], problem=problem)
        return problem_page(pages.search_page(service.config.site, found))
    return await answer(request, address, await service.cache.get_or_make(address, make))
