"""Make HTTP responses of representations and errors."""

import logging
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive

from feeds import query_params
from feeds.errors import (
    MovedFeed,
    Overloaded,
    RequestError,
    SelectionTooSlow,
    TokenNeeded,
    UnknownFeed,
)
from feeds.feed_path import FeedPath
from feeds.locale import Message
from feeds.locale.locales import locale_of
from feeds.model import Site
from feeds.render.html.site_pages import error_page, unlock_page
from feeds.selection.site_view import SiteView
from feeds.server import auth
from feeds.server.http import conditional
from feeds.server.http.cache import Render
from feeds.server.http.ready_responses import ReadyDocument, ReadyResponse, ReadyResponses
from feeds.server.http.representation import Document, Encoded, FeedKeys, Representation
from feeds.server.metrics import CLIENT_LEFT, LENGTH
from feeds.server.state import service_of
from feeds.util.text import shorten

# For warnings that any client can cause: repeated ones are only counted.
log: Final = logging.getLogger("feeds.requests")

# CORS, for programs in browsers; nosniff, for feeds that quote HTML.
ALWAYS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "X-Content-Type-Options": "nosniff",
}
# Scripts and styles are our own files; only pictures of articles come from elsewhere.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE_TYPE: Final = "text/html; charset=utf-8"
_ALL_ENTRIES: Final[FeedKeys] = frozenset((("all", 0),))
_MOST_SHOWN: Final = 100  # characters of a path that does not exist
_RETRY_AFTER: Final = "5"
_RETRY_TOO_SLOW: Final = "60"
_REALM: Final = "private feeds"
# What a page keeps of its address when it is opened with a token.
_UNLOCKED: Final = frozenset((*query_params.NAMES, "before")) - {"token"}
_TITLES: Final = {
    400: Message("This address has a mistake"),
    404: Message("Not found"),
    410: Message("No longer available"),
    414: Message("This address is too long"),
}


def cache_control(max_age: int, *, private: bool = False) -> str:
    """Return how long a response is fresh, and how long it may be used stale: RFC 5861."""
    if private:
        return f"private, max-age={max_age}"
    return (
        f"public, max-age={max_age}, stale-while-revalidate={max_age}, "
        f"stale-if-error={max(86400, max_age)}"
    )


def cache_tag(site: Site, path: str = "") -> tuple[str, str]:
    """Return the header with which a CDN can be told to drop a site or one feed."""
    name = site.base_url.partition("://")[2]
    return "Cache-Tag", f"{name},{name}{path}" if path else name


def coding_of(request: Request) -> str:
    """Return the coding that the client prefers."""
    accepted = request.headers.getlist("accept-encoding")
    ready = service_of(request).cache.ready
    return ready.coding(", ".join(accepted).encode("latin-1") if accepted else None)


async def serve(request: Request, address: str, render: Render) -> Response:
    """Respond with the document cached for an address, or else with that of `render`."""
    documents = service_of(request).documents
    representation = await documents.get(address, render, receive_of(request))
    return await respond(request, address, representation)


def receive_of(request: Request) -> Receive | None:
    """Return what tells that the client has left, None for one that expects to be asked for
    a body: to receive would ask."""
    return None if "expect" in request.headers else request.receive


async def respond(request: Request, address: str, representation: Representation) -> Response:
    """Return the 200 or 304 in the coding that the client prefers.

    A document that is requested by its canonical address is made ready for the fast path too.
    """
    service = service_of(request)
    cache, headers = service.cache, request.headers
    coding = coding_of(request)
    encoded = await service.documents.encoded(address, representation, coding)
    if_match = headers.getlist("if-match")
    if conditional.precondition_failed(
        ", ".join(if_match) if if_match else None,
        headers.get("if-unmodified-since"),
        encoded.etag,
        representation.modified,
    ):
        message = Message("The document has changed since the version that the request is for.")
        return error_response(request, 412, Message("Precondition failed"), message)
    request.scope[LENGTH] = representation.length
    if _can_be_ready(request, address, representation) and cache.is_cached(address, representation):
        make_ready(cache.ready, address, representation, coding).count_sent(coding)
    tags = headers.getlist("if-none-match")
    joined = ", ".join(tags) if tags else None
    # A list changes when a token opens other sets, which no date shows.
    depends = "Authorization" in representation.document.vary and auth.token_of(request)
    if not conditional.not_modified(
        joined,
        None if depends else headers.get("if-modified-since"),
        representation.digest,
        representation.modified,
    ):
        return _full(representation, encoded)
    matched = conditional.matched_tag(joined, representation.digest) if joined else None
    tag = representation.not_modified_tag(matched, coding) if matched else encoded.etag
    return _not_modified(representation, tag)


def page(
    body: bytes,
    modified: datetime,
    view: SiteView,
    now: datetime,
    expires: datetime | None = None,
) -> Representation:
    """Return a page for the cache: any change of an entry affects it, and so may the time."""
    return Representation(
        Document(
            body,
            _PAGE_TYPE,
            modified,
            _ALL_ENTRIES,
            view.levels(),
            (cache_tag(view.config.site), ("Content-Security-Policy", PAGE_POLICY)),
            settings=frozenset(("site", "sets")),
            max_age=view.config.max_age,
            expires=expires,
        ),
        now,
    )


def problem_page(body: bytes) -> Response:
    """Return a form with the problems beside its fields."""
    headers = {
        "Cache-Control": "public, max-age=60",
        "Content-Security-Policy": PAGE_POLICY,
        **ALWAYS,
    }
    return Response(body, 400, headers, _PAGE_TYPE)


def _full(representation: Representation, encoded: Encoded) -> Response:
    document = representation.document
    headers = _validators(representation, encoded.etag) | dict(document.headers)
    headers["Content-Type"] = document.media_type
    if encoded.coding != conditional.IDENTITY:
        headers["Content-Encoding"] = encoded.coding
    return Response(encoded.body, 200, headers)


def _not_modified(representation: Representation, tag: str) -> Response:
    """Return a 304 with only the headers that a cache needs: RFC 9110 15.4.5."""
    return Response(status_code=304, headers=_validators(representation, tag))


def _validators(representation: Representation, tag: str) -> dict[str, str]:
    document = representation.document
    return {
        "ETag": tag,
        "Last-Modified": representation.last_modified,
        "Cache-Control": document.cache_control
        or cache_control(document.max_age, private=document.private),
        "Vary": document.vary,
        **ALWAYS,
    }


def _can_be_ready(request: Request, address: str, representation: Representation) -> bool:
    """Return whether the target is the canonical address of a public document, to the byte."""
    if representation.document.private:
        return False
    scope = request.scope
    query: bytes = scope["query_string"]
    target: bytes = (scope.get("raw_path") or b"") + (b"?" + query if query else b"")
    return target == address.encode("latin-1")


def make_ready(
    ready: ReadyResponses, address: str, representation: Representation, coding: str
) -> ReadyDocument:
    """Add the responses for a document, in a stored coding, to those of the fast path."""
    document = ready.add(address.encode("latin-1"), representation)
    if document.has(coding):
        return document
    encoded = representation.encoded(coding)
    assert encoded is not None
    full = _full(representation, encoded)
    response = ReadyResponse(200, full.raw_headers, bytes(full.body))
    document.add(coding, response, _ready_not_modified)
    return document


def _ready_not_modified(representation: Representation, tag: str) -> ReadyResponse:
    return ReadyResponse(304, _not_modified(representation, tag).raw_headers)


# The handlers of errors are coroutines, although they wait for nothing: Starlette runs others in
# threads, for which there may be no file descriptor, and not before those that work are done.


async def request_error(request: Request, error: Exception) -> Response:
    """Respond to an address that names no feed, or names one in another spelling."""
    assert isinstance(error, RequestError)
    if isinstance(error, MovedFeed):
        return _moved(request, error)
    if isinstance(error, TokenNeeded):
        return _token_needed(request, error)
    nearest = error.nearest if isinstance(error, UnknownFeed) else ()
    return error_response(request, error.status, _TITLES[error.status], error.message, nearest)


def _moved(request: Request, error: MovedFeed) -> Response:
    site = service_of(request).config.site
    location = urlsplit(site.base_url).path + error.path
    text = locale_of(site.language).gettext("This feed is at %(path)s.", path=location)
    token = request.query_params.get("token")
    if token and error.use:  # it is needed at the canonical address too
        location += ("&" if "?" in location else "?") + "token=" + quote(token, safe="")
    headers = _caching(request, 86400) | {"Location": location} | ALWAYS
    return Response(f"{text}\n", 301, headers, "text/plain; charset=utf-8")


def _caching(request: Request, max_age: int) -> dict[str, str]:
    """Return how long a response without a document may be cached, in seconds.

    A response to a request with a token must not be cached, because it differs from that for
    others. Nor may its address, which may contain the token, be sent on as a referrer.
    """
    if "token" in request.query_params:
        return {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    if "authorization" in request.headers:  # RFC 9111 3.5: `public` would open it to all
        return {"Cache-Control": "no-store"}
    return {"Cache-Control": f"public, max-age={max_age}"}


def _token_needed(request: Request, error: TokenNeeded) -> Response:
    """Ask for a name and a password, which is the token: RFC 9110 11.6.1."""
    if _is_page_in_browser(request):
        return _unlock(request)
    response = error_response(request, error.status, Message("This feed is private"), error.message)
    response.headers["WWW-Authenticate"] = f'Basic realm="{_REALM}", charset="UTF-8"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _is_page_in_browser(request: Request) -> bool:
    """Return whether a browser asks for the page of a feed, not for a feed or an OPML list."""
    path = request.scope["path"].rstrip("/")
    is_page = not FeedPath.parse(path).suffix and not path.endswith(".opml")
    return is_page and "text/html" in request.headers.get("accept", "")


def _unlock(request: Request) -> Response:
    """Ask a person for a token, by a form that opens the address again with it.

    The scheme is Bearer, since for Basic a browser opens a dialog of its own over the page.
    """
    is_wrong = bool(auth.token_of(request))
    challenge = f'Bearer realm="{_REALM}"' + (', error="invalid_token"' if is_wrong else "")
    headers = {
        "WWW-Authenticate": challenge,  # RFC 6750 3
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",  # its address may have a token
        "Content-Security-Policy": PAGE_POLICY,
        "Vary": "Accept",
        **ALWAYS,
    }
    fields = [pair for pair in request.query_params.multi_items() if pair[0] in _UNLOCKED]
    site = service_of(request).config.site
    return Response(unlock_page(site, fields, is_wrong=is_wrong), 401, headers, _PAGE_TYPE)


async def unavailable(request: Request, error: Exception) -> Response:
    """Respond if the catalog cannot be read and nothing is cached, or if the tokens cannot be
    read."""
    log.warning("%s", error)
    response = error_response(
        request,
        503,
        Message("Not available at the moment"),
        Message("The feeds are not available at the moment. Please try again in a few seconds."),
    )
    response.headers["Retry-After"] = _RETRY_AFTER
    return response


async def too_slow(request: Request, error: Exception) -> Response:
    """Respond to a selection that takes longer than the time limit, and would do so again."""
    assert isinstance(error, SelectionTooSlow)
    response = error_response(request, 503, Message("This takes too long"), error.message)
    response.headers["Retry-After"] = _RETRY_TOO_SLOW
    return response


async def overloaded(request: Request, error: Exception) -> Response:
    """Respond to a request that would have to wait for too long."""
    assert isinstance(error, Overloaded)
    response = error_response(request, 503, Message("Too busy at the moment"), error.message)
    response.headers["Retry-After"] = _RETRY_AFTER
    return response


async def left(request: Request, error: Exception) -> Response:
    """Respond to a client that has disconnected: the response is neither sent nor counted."""
    return Response(status_code=CLIENT_LEFT)


async def http_error(request: Request, error: Exception) -> Response:
    """Respond to what Starlette itself refuses: a path with a line break, which no route has."""
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        path = repr(shorten(request.scope["path"], _MOST_SHOWN))
        message = Message("There is no feed at %(path)s.", path=path)
        return await request_error(request, UnknownFeed(message))
    return error_response(request, error.status_code, error.detail, f"{error.detail}.")


async def unexpected(request: Request, error: Exception) -> Response:
    """Respond to a defect of the program: the traceback is in the log, not in the response."""
    message = Message("This is a fault of this site. Please try again later.")
    return error_response(request, 500, Message("Something went wrong"), message)


def error_response(
    request: Request, status: int, title: str, message: str, nearest: tuple[str, ...] = ()
) -> Response:
    """Return an error as plain text, for a browser as a page; `nearest` are paths that exist."""
    headers = _caching(request, 60) | {"Vary": "Accept"} | ALWAYS
    if status >= 500 or status == 412:  # about one request, not about an address
        headers["Cache-Control"] = "no-store"
    site = service_of(request).config.site
    locale = locale_of(site.language)
    title, message = locale.say(title), locale.say(message)
    if "text/html" in request.headers.get("accept", ""):
        headers["Content-Security-Policy"] = PAGE_POLICY
        body = error_page(site, status, title, message, nearest)
        return Response(body, status, headers, _PAGE_TYPE)
    if nearest:
        paths = locale.pairwise("or", nearest)
        message += " " + locale.gettext("Perhaps you meant %(paths)s.", paths=paths)
    return Response(f"{message}\n", status, headers, "text/plain; charset=utf-8")
