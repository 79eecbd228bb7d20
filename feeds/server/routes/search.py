"""Looking for feeds and articles."""

from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from feeds.errors import BadParameter
from feeds.feed_path import FeedPath
from feeds.model import Feed
from feeds.render import html
from feeds.render.html import Found
from feeds.selection import listing, loader
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.http.representation import Representation
from feeds.server.responses import page, problem_page, respond
from feeds.server.state import service_of
from feeds.util.text import one_line

_MOST_FEEDS: Final = 30
_MOST_ARTICLES: Final = 20
_LONGEST: Final = 200  # characters


async def search(request: Request) -> Response:
    """GET /search: `q` are words, of which all must occur.

    Kept under its words in one spelling, however they are written.
    """
    service = service_of(request)
    now = service.now()
    words = " ".join(one_line(request.query_params.get("q", "")).lower().split())
    too_long = len(words) > _LONGEST
    address = f"/search?q={quote('' if too_long else words)}"

    async def make() -> Representation:
        return await service.catalog.read(work)

    def work(view: SiteView) -> Representation:
        found = Found(
            words,
            listing.search(view, words, _MOST_FEEDS),
            _articles(view, words, now),
        )
        modified = view.last_change()
        return page(html.search_page(view.config.site, found), modified, view)

    if too_long:
        problem = f"Write at most {_LONGEST} characters."
        found = Found(words[:_LONGEST], problem=problem)
        return problem_page(html.search_page(service.config.site, found))
    return await respond(request, address, await service.cache.get_or_render(address, make))


def _articles(view: SiteView, words: str, now: datetime) -> Feed | None:
    """The newest articles that have all the words; None if there is no word among them."""
    try:
        spec = resolve(view, FeedPath("all"), urlencode({"q": words}))
    except BadParameter:  # signs alone, or more words than a feed takes
        return None
    if not spec.query:
        return None
    feed = loader.load(view, replace(spec, limit=_MOST_ARTICLES), now)
    return replace(feed, spec=spec)
