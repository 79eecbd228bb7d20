"""A feed in its three formats, and its page."""

from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from feeds import query_params
from feeds.errors import MovedFeed, TooLong, UnknownFeed
from feeds.feed_path import FeedPath
from feeds.locale import Message
from feeds.model import Feed, FeedSpec, Format
from feeds.render import render
from feeds.selection import loader, story
from feeds.selection.resolver import resolve, set_name
from feeds.selection.site_view import FeedKeys, SiteView
from feeds.server import auth
from feeds.server.documents import ContentLimit
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import PAGE_POLICY, cache_tag, serve
from feeds.server.routes import pagination
from feeds.server.routes.pagination import Cursor
from feeds.server.state import service_of

LONGEST_TARGET: Final = 8000  # bytes: RFC 9110 4.1 recommends to support at least as many
_START: Final = Cursor()


async def feed(request: Request) -> Response:
    """GET any feed's address."""
    service = service_of(request)
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    sent = request.scope["query_string"].decode("latin-1")
    if len(raw) + len(sent) > LONGEST_TARGET:
        raise TooLong(Message("An address can have at most %(most)s bytes.", most=LONGEST_TARGET))
    path = FeedPath.parse(request.scope["path"])
    format = Format(path.suffix) if path.suffix else None
    is_private = auth.require_token(request, set_name(path))
    query = query_params.known_part(sent)
    cursor = Cursor.of(request) if format is None else _START
    requested = cursor.requested(raw.decode("latin-1") + (f"?{query}" if query else ""))
    # A page has the token in its links. Feeds do not, because readers store them and pass them on.
    token = auth.token_in_address(request) if is_private and format is None else ""

    def find(view: SiteView) -> FeedSpec:
        """Return the feed at this address. Raises MovedFeed if another one is canonical."""
        spec = _resolve(view, path, query)
        auth.check_still_public(spec.private, is_private)
        canonical = spec.address(format) if format else cursor.address(spec)
        if canonical != requested:
            raise MovedFeed(canonical)
        return replace(spec, token=token)

    def work(view: SiteView) -> Representation:
        now = service.now()
        made = document(view, find(view), format, now, service.content_limit, cursor)
        return Representation(made, now)

    # A private document has a separate key, even if the set has become public.
    key = auth.private_key(requested, "private", token) if is_private else requested
    return await serve(request, key, partial(service.catalog.read, work))


def _resolve(view: SiteView, path: FeedPath, query: str) -> FeedSpec:
    try:
        return resolve(view, path, query)
    except UnknownFeed as error:
        # Suggestions are in the format that was requested.
        suffix = f".{path.suffix}" if path.suffix else ""
        nearest = (near if near == "/" else near + suffix for near in error.nearest)
        raise UnknownFeed(error.message, tuple(nearest)) from None


def document(
    view: SiteView,
    spec: FeedSpec,
    format: Format | None,
    now: datetime,
    content_limit: ContentLimit,
    cursor: Cursor = _START,
) -> Document:
    """Return a feed as a document in a format, without one its page from a cursor on."""
    keys: FeedKeys = frozenset()
    if format is None:
        feed, body = pagination.page(view, spec, now, cursor)
        media_type = "text/html"
        keys = story.coverage_keys(view, feed.entries)
    else:
        feed = content_limit.apply(loader.load(view, spec, now))
        body, media_type = render(feed, format, view.reader.check_wanted), format.media_type
    headers: tuple[tuple[str, str], ...] = (
        ("Link", links(feed, format)),
        cache_tag(feed.site, str(spec.path)),
    )
    if format is None:
        headers = (*headers, ("Content-Security-Policy", PAGE_POLICY))
    if spec.private:
        headers = (*headers, ("Referrer-Policy", "no-referrer"))  # the address may have the token
    assert feed.modified is not None
    return Document(
        body,
        f"{media_type}; charset=utf-8",
        feed.modified,
        keys | loader.change_keys(view, feed),
        view.levels(spec.unpublished, private=spec.private),
        headers,
        settings=frozenset(("site", f"set/{spec.set}" if spec.set else "site")),
        max_age=spec.max_age,
        expires=feed.expires,
        private=spec.private,
    )


def links(feed: Feed, format: Format | None) -> str:
    """Return the Link header: RFC 8288. Without a token, since headers are written to logs."""
    if feed.spec.token:
        feed = replace(feed, spec=replace(feed.spec, token=""))
    links = [f'<{feed.url(format)}>; rel="self"']
    links += [
        f'<{feed.url(other)}>; rel="alternate"; type="{other.media_type}"'
        for other in Format
        if other is not format
    ]
    return ", ".join(links)
