"""Search for feeds and articles."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import quote, urlencode

from starlette.requests import Request
from starlette.responses import Response

from feeds.errors import BadParameter
from feeds.feed_path import FeedPath
from feeds.model import Feed
from feeds.render.html.site_pages import SearchResults, search_page
from feeds.selection import listing, loader, story
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.http.representation import Representation
from feeds.server.responses import page, problem_page, serve
from feeds.server.state import service_of
from feeds.util.text import cut, one_line

_MOST_FEEDS: Final = 30
_MOST_ARTICLES: Final = 20
_LONGEST: Final = 200  # characters


async def search(request: Request) -> Response:
    """GET /search: `q` are words, all of which must occur.

    The words are the key in the cache, in one spelling.
    """
    service = service_of(request)
    words = " ".join(one_line(request.query_params.get("q", "")).lower().split())
    if len(words) > _LONGEST:
        found = SearchResults(cut(words, _LONGEST), longest=_LONGEST)
        return problem_page(search_page(service.config.site, found))

    def work(view: SiteView) -> Representation:
        feeds = listing.search(view, words, _MOST_FEEDS)
        now = service.now()
        found = SearchResults(words, feeds, _articles(view, words, now), _MOST_ARTICLES)
        return page(search_page(view.config.site, found), view.last_change(), view, now)

    address = f"/search?q={quote(words)}"
    return await serve(request, address, partial(service.catalog.read, work))


def _articles(view: SiteView, words: str, now: datetime) -> Feed | None:
    """Return the newest articles that have all the words; None without a word to search."""
    try:
        spec = resolve(view, FeedPath("all"), urlencode({"q": words}))
    except BadParameter:  # only signs, or more words than a feed takes
        return None
    if not spec.query:
        return None
    feed = loader.load(view, replace(spec, limit=_MOST_ARTICLES), now)
    return story.with_coverage(view, replace(feed, spec=spec))
