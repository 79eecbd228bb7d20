"""From representations and errors to HTTP answers."""

import logging
from typing import Final
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feeds import conditional
from feeds.errors import RequestError, UnknownFeed
from feeds.render import pages
from feeds.representation import Representation
from feeds.web.service import Service

log: Final = logging.getLogger("feeds")

# CORS, for programs in browsers; nosniff, for feeds that quote HTML.
ALWAYS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "X-Content-Type-Options": "nosniff",
}
PAGE_POLICY: Final = (
    "default-src 'none'; img-src http: https:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_RETRY_AFTER: Final = "5"


def service_of(request: Request) -> Service:
    """The state of this process."""
    service: Service = request.app.state.service
    return service


def cache_control(max_age: int) -> str:
    """How long an answer is fresh, and how much longer it will do."""
    return (
        f"public, max-age={max_age}, stale-while-revalidate={max_age}, "
        f"stale-if-error={max(86400, max_age)}"
    )


def answer(request: Request, representation: Representation) -> Response:
    """200 or 304, in the coding the client likes best."""
    headers = request.headers
    accepted = headers.getlist("accept-encoding")
    coding = conditional.coding(", ".join(accepted) if accepted else None)
    coded = representation.coded(coding)
    document = representation.document
    sent = {
        "ETag": coded.etag,
        "Last-Modified": representation.last_modified,
        "Cache-Control": cache_control(service_of(request).config.max_age),
        "Vary": "Accept-Encoding",
        **ALWAYS,
    }
    tags = headers.getlist("if-none-match")
    if document.status == 200 and conditional.not_modified(
        ", ".join(tags) if tags else None,
        headers.get("if-modified-since"),
        representation.digest,
        representation.modified,
    ):
        return Response(status_code=304, headers=sent)
    sent |= dict(document.headers)
    sent["Content-Type"] = document.media_type
    if coded.coding != conditional.IDENTITY:
        sent["Content-Encoding"] = coded.coding
    return Response(coded.body, document.status, sent)


def moved(request: Request, path: str) -> Response:
    """To the one address of a feed."""
    location = urlsplit(service_of(request).config.site.base_url).path + path
    return Response(
        f"This feed is at {location}.\n",
        301,
        {"Location": location, "Cache-Control": "public, max-age=86400", **ALWAYS},
        "text/plain; charset=utf-8",
    )


def request_error(request: Request, error: Exception) -> Response:
    """An address that names no feed."""
    assert isinstance(error, RequestError)
    nearest = error.nearest if isinstance(error, UnknownFeed) else ()
    titles = {400: "Bad request", 404: "Not found", 410: "Gone", 414: "Address too long"}
    return _refusal(request, error.status, titles[error.status], str(error), nearest)


def catalog_error(request: Request, error: Exception) -> Response:
    """The catalog cannot be read, and nothing is cached."""
    log.warning("%s: %s", request.url.path, error)
    answered = _refusal(
        request, 503, "Not available just now", "The feeds are not available just now."
    )
    answered.headers["Retry-After"] = _RETRY_AFTER
    return answered


def http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses."""
    assert isinstance(error, HTTPException)
    return _refusal(request, error.status_code, error.detail, f"{error.detail}.")


def unexpected(request: Request, error: Exception) -> Response:
    """A defect of ours: the log has it, the client need not."""
    return _refusal(request, 500, "Something went wrong", "Something went wrong on our side.")


def _refusal(
    request: Request, status: int, title: str, message: str, nearest: tuple[str, ...] = ()
) -> Response:
    headers = {
        "Cache-Control": "no-store" if status >= 500 else "public, max-age=60",
        "Vary": "Accept",
        **ALWAYS,
    }
    site = service_of(request).config.site
    if "text/html" in request.headers.get("accept", ""):
        headers["Content-Security-Policy"] = PAGE_POLICY
        page = pages.error_page(site, status, title, message, nearest)
        return Response(page, status, headers, "text/html; charset=utf-8")
    if nearest:
        message += " Perhaps you meant " + " or ".join(nearest) + "."
    return Response(f"{message}\n", status, headers, "text/plain; charset=utf-8")
