"""From representations and errors to HTTP answers."""

import logging
from datetime import datetime
from typing import Final
from urllib.parse import quote, urlsplit

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from feeds.errors import MovedFeed, RequestError, TokenNeeded, UnknownFeed
from feeds.model import Site
from feeds.render import html
from feeds.selection import Selection
from feeds.server.http import conditional
from feeds.server.http.ready_responses import Answer, Rack, Racked
from feeds.server.http.representation import Coded, Document, Places, Representation
from feeds.server.state import Service
from feeds.util.process_tuning import in_low_priority_thread

log: Final = logging.getLogger("feeds")

WHOLE: Final = "feeds.whole"  # in a scope: bytes of the document without coding

# CORS, for programs in browsers; nosniff, for feeds that quote HTML.
ALWAYS: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "ETag, Last-Modified, Link",
    "X-Content-Type-Options": "nosniff",
}
# Scripts and styles are files of ours; nothing comes from elsewhere but pictures of articles.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' http: https:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
_PAGE_TYPE: Final = "text/html; charset=utf-8"
_EVERYWHERE: Final[Places] = frozenset((("all", 0),))
_RETRY_AFTER: Final = "5"
_REALM: Final = "private feeds"
_TITLES: Final = {400: "Bad request", 404: "Not found", 410: "Gone", 414: "Address too long"}


def service_of(request: Request) -> Service:
    """The state of this process."""
    service: Service = request.app.state.service
    return service


def cache_control(max_age: int, *, private: bool = False) -> str:
    """How long an answer is fresh, and how much longer it will do: RFC 5861."""
    if private:
        return f"private, max-age={max_age}"
    return (
        f"public, max-age={max_age}, stale-while-revalidate={max_age}, "
        f"stale-if-error={max(86400, max_age)}"
    )


def cache_tag(site: Site, path: str = "") -> tuple[str, str]:
    """By these names a cache in front can be told to let go of a site or of one feed."""
    name = site.base_url.partition("://")[2]
    return "Cache-Tag", f"{name},{name}{path}" if path else name


def coding_of(request: Request) -> str:
    """The coding that the client likes best."""
    accepted = request.headers.getlist("accept-encoding")
    rack = service_of(request).cache.rack
    return rack.coding(", ".join(accepted).encode("latin-1") if accepted else None)


async def answer(request: Request, address: str, representation: Representation) -> Response:
    """200 or 304, in the coding the client likes best; the rack gets it too."""
    cache = service_of(request).cache
    headers = request.headers
    coding = coding_of(request)
    coded = await cache.coded(
        address,
        representation,
        coding,
        lambda: in_low_priority_thread(representation.code, coding),
    )
    if_match = headers.getlist("if-match")
    if conditional.failed(
        ", ".join(if_match) if if_match else None,
        headers.get("if-unmodified-since"),
        coded.etag,
        representation.modified,
    ):
        said = "The document is another by now than the request is for."
        return refusal(request, 412, "Precondition failed", said)
    request.scope[WHOLE] = representation.length
    plain = _is_plain(request, address, representation)
    if plain and cache.keeps(address, representation):
        put_on_rack(cache.rack, address, representation, coding).sent(coding)
    tags = headers.getlist("if-none-match")
    joined = ", ".join(tags) if tags else None
    if not conditional.not_modified(
        joined,
        headers.get("if-modified-since"),
        representation.digest,
        representation.modified,
    ):
        return _full(representation, coded)
    matched = conditional.matched_tag(joined, representation.digest) if joined else None
    echoed = representation.echoed(matched, coding) if matched else coded.etag
    return _not_modified(representation, echoed)


def page(
    body: bytes,
    modified: datetime,
    selection: Selection,
    expires: datetime | None = None,
) -> Representation:
    """A page as it is kept: any change of an entry touches it, and so may time."""
    return Representation(
        Document(
            body,
            _PAGE_TYPE,
            modified,
            _EVERYWHERE,
            selection.publicity(),
            (cache_tag(selection.config.site), ("Content-Security-Policy", PAGE_POLICY)),
            settings=frozenset(("site", "sets")),
            max_age=selection.config.max_age,
            expires=expires,
        )
    )


def problem_page(body: bytes) -> Response:
    """A form sent back with what is wrong beside its fields."""
    headers = {
        "Cache-Control": "public, max-age=60",
        "Content-Security-Policy": PAGE_POLICY,
        **ALWAYS,
    }
    return Response(body, 400, headers, _PAGE_TYPE)


def _full(representation: Representation, coded: Coded) -> Response:
    document = representation.document
    sent = _validators(representation, coded.etag) | dict(document.headers)
    sent["Content-Type"] = document.media_type
    if coded.coding != conditional.IDENTITY:
        sent["Content-Encoding"] = coded.coding
    return Response(coded.body, 200, sent)


def _not_modified(representation: Representation, tag: str) -> Response:
    """RFC 9110 15.4.5: what a cache needs and nothing else."""
    return Response(status_code=304, headers=_validators(representation, tag))


def _validators(representation: Representation, tag: str) -> dict[str, str]:
    document = representation.document
    return {
        "ETag": tag,
        "Last-Modified": representation.last_modified,
        "Cache-Control": document.keep or cache_control(document.max_age, private=document.private),
        "Vary": document.vary,
        **ALWAYS,
    }


def _is_plain(request: Request, address: str, representation: Representation) -> bool:
    """Whether the target is just the canonical address of what is public: nothing else
    is put on the rack."""
    if representation.document.private:
        return False
    scope = request.scope
    query: bytes = scope["query_string"]
    target: bytes = (scope.get("raw_path") or b"") + (b"?" + query if query else b"")
    return target == address.encode("latin-1")


def put_on_rack(rack: Rack, address: str, representation: Representation, coding: str) -> Racked:
    """Put the answers for a document in a coding that is at hand where the fast lane finds them."""
    racked = rack.put(address.encode("latin-1"), representation)
    if racked.has(coding):
        return racked
    coded = representation.coded(coding)
    assert coded is not None
    full = _full(representation, coded)
    racked.put(coding, Answer(200, full.raw_headers, bytes(full.body)), _unmodified)
    return racked


def _unmodified(representation: Representation, tag: str) -> Answer:
    return Answer(304, _not_modified(representation, tag).raw_headers)


def request_error(request: Request, error: Exception) -> Response:
    """An address that names no feed, or another spelling of one."""
    assert isinstance(error, RequestError)
    if isinstance(error, MovedFeed):
        return _moved(request, error)
    if isinstance(error, TokenNeeded):
        return _token_needed(request, error)
    nearest = error.nearest if isinstance(error, UnknownFeed) else ()
    return refusal(request, error.status, _TITLES[error.status], str(error), nearest)


def _moved(request: Request, error: MovedFeed) -> Response:
    location = said = urlsplit(service_of(request).config.site.base_url).path + error.path
    token = request.query_params.get("token")
    if token and error.use:  # whoever has one needs it at the right address too
        location += ("&" if "?" in location else "?") + "token=" + quote(token, safe="")
    headers = _kept(request, 86400) | {"Location": location} | ALWAYS
    return Response(f"This feed is at {said}.\n", 301, headers, "text/plain; charset=utf-8")


def _kept(request: Request, max_age: int) -> dict[str, str]:
    """How long an answer without a document may be kept: not at all what was asked for
    with a token, which others were not told. And it is nobody's business where that
    request came from: its address may have the token in it."""
    if "token" in request.query_params:
        return {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    if "authorization" in request.headers:  # RFC 9111 3.5: `public` would open it to all
        return {"Cache-Control": "no-store"}
    return {"Cache-Control": f"public, max-age={max_age}"}


def _token_needed(request: Request, error: TokenNeeded) -> Response:
    """RFC 9110 11.6.1: readers ask for name and password, where the password is the token."""
    answered = refusal(request, error.status, "A token is needed", str(error))
    answered.headers["WWW-Authenticate"] = f'Basic realm="{_REALM}", charset="UTF-8"'
    answered.headers["Cache-Control"] = "no-store"
    return answered


def unavailable(request: Request, error: Exception) -> Response:
    """What an answer needs cannot be read: the catalog, and nothing is cached; or the tokens."""
    log.warning("%s: %s", request.url.path, error)
    answered = refusal(
        request, 503, "Not available just now", "The feeds are not available just now."
    )
    answered.headers["Retry-After"] = _RETRY_AFTER
    return answered


def http_error(request: Request, error: Exception) -> Response:
    """What Starlette itself refuses."""
    assert isinstance(error, HTTPException)
    return refusal(request, error.status_code, error.detail, f"{error.detail}.")


def unexpected(request: Request, error: Exception) -> Response:
    """A defect of ours: the log has it, the client need not."""
    return refusal(request, 500, "Something went wrong", "Something went wrong on our side.")


def refusal(
    request: Request, status: int, title: str, message: str, nearest: tuple[str, ...] = ()
) -> Response:
    """An error as plain text, or as a page for a browser."""
    headers = _kept(request, 60) | {"Vary": "Accept"} | ALWAYS
    if status >= 500 or status == 412:  # that is of one request, not of an address
        headers["Cache-Control"] = "no-store"
    site = service_of(request).config.site
    if "text/html" in request.headers.get("accept", ""):
        headers["Content-Security-Policy"] = PAGE_POLICY
        page = html.error_page(site, status, title, message, nearest)
        return Response(page, status, headers, _PAGE_TYPE)
    if nearest:
        message += " Perhaps you meant " + " or ".join(nearest) + "."
    return Response(f"{message}\n", status, headers, "text/plain; charset=utf-8")
