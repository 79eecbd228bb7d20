"""A feed in its three formats, and its page."""

from dataclasses import replace
from datetime import datetime

from starlette.requests import Request
from starlette.responses import Response

from feeds import query_params
from feeds.errors import MovedFeed, TooLong, UnknownFeed
from feeds.feed_path import FeedPath
from feeds.model import Feed, FeedSpec, Format
from feeds.render import render
from feeds.selection import loader
from feeds.selection.resolver import resolve, set_name
from feeds.selection.site_view import SiteView
from feeds.server import auth
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import PAGE_POLICY, cache_tag, respond
from feeds.server.routes import pagination
from feeds.server.routes.pagination import Place
from feeds.server.state import service_of

_START = Place()
LONGEST_TARGET = 8000  # bytes: RFC 9110 4.1 asks for this much at least


async def feed(request: Request) -> Response:
    """GET any feed's address."""
    service = service_of(request)
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    query = request.scope["query_string"].decode("latin-1")
    if len(raw) + len(query) > LONGEST_TARGET:
        raise TooLong(f"An address has at most {LONGEST_TARGET} bytes.")
    path = FeedPath.parse(request.scope["path"])
    format = Format(path.suffix) if path.suffix else None
    private = auth.require_token(request, set_name(path))
    meant = query_params.known_part(query)
    address = raw.decode("latin-1") + (f"?{meant}" if meant else "")
    place = pagination.place_of(request) if format is None else _START
    address = place.asked(address)
    # Not in feeds: readers keep them, pass them on and ask again where they asked before.
    token = auth.token_in_address(request) if private and format is None else ""

    async def make() -> Representation:
        now = service.now()
        return await service.catalog.read(
            lambda view: Representation(
                document(view, canonical(view), format, now, place),
                now,
            )
        )

    def canonical(view: SiteView) -> FeedSpec:
        spec = _resolved(view, path, meant)
        wanted = spec.address(format) if format else place.address(spec)
        auth.check_still_public(spec.private, private)  # the configuration may be another by now
        if wanted != address:
            raise MovedFeed(wanted)
        return replace(spec, token=token)

    # Kept apart from what is for all, whatever becomes of the set.
    kept = auth.private_key(address, "private", token) if private else address
    representation = await service.cache.get_or_render(kept, make)
    return await respond(request, kept, representation)


def _resolved(view: SiteView, path: FeedPath, query: str) -> FeedSpec:
    try:
        return resolve(view, path, query)
    except UnknownFeed as error:
        # What was perhaps meant, in the format that was asked for.
        suffix = f".{path.suffix}" if path.suffix else ""
        near = (one if one == "/" else one + suffix for one in error.nearest)
        raise UnknownFeed(str(error), tuple(near)) from None


def document(
    view: SiteView,
    spec: FeedSpec,
    format: Format | None,
    now: datetime,
    place: Place = _START,
) -> Document:
    """A feed as a document, or its page from a place on, as of a moment."""
    if format is None:
        feed, body = pagination.page(view, spec, now, place)
        media_type = "text/html"
    else:
        feed = loader.load(view, spec, now)
        body, media_type = render(feed, format), format.media_type
    headers: tuple[tuple[str, str], ...] = (
        ("Link", links(feed, format)),
        cache_tag(feed.site, str(spec.path)),
    )
    if format is None:
        headers = (*headers, ("Content-Security-Policy", PAGE_POLICY))
    if spec.private:
        headers = (*headers, ("Referrer-Policy", "no-referrer"))  # it may hold the token
    assert feed.modified is not None
    return Document(
        body,
        f"{media_type}; charset=utf-8",
        feed.modified,
        loader.change_keys(view, feed),
        view.publicity(spec.unpublished),
        headers,
        settings=frozenset(("site", f"set/{spec.set}" if spec.set else "site")),
        max_age=spec.max_age,
        expires=feed.expires,
        private=spec.private,
    )


def links(feed: Feed, format: Format | None) -> str:
    """The Link header: RFC 8288. Without a token, for headers are what logs have."""
    if feed.spec.token:
        feed = replace(feed, spec=replace(feed.spec, token=""))
    found = [f'<{feed.url(format)}>; rel="self"']
    found += [
        f'<{feed.url(other)}>; rel="alternate"; type="{other.media_type}"'
        for other in Format
        if other is not format
    ]
    return ", ".join(found)
