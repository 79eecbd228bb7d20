"""The application: routes, methods, headers that every response has."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Sequence
from typing import Final
from urllib.parse import unquote, urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as AsgiMessage

from feeds.errors import FeedsError, NobodyWaits, Overloaded, RequestError, SelectionTooSlow
from feeds.locale import Message
from feeds.locale.locales import locale_of
from feeds.server import responses
from feeds.server.background import Background, tasks
from feeds.server.metrics import MetricsMiddleware
from feeds.server.routes import compose, feed, lists, search, static, status, well_known
from feeds.server.state import Service

METHODS: Final = "GET, HEAD, OPTIONS"


def create_app(
    service: Service, status_token: str = "", background: Background | None = None
) -> ASGIApp:
    """Return the application of one serving process."""
    background = background or Background(tasks(service))

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[dict[str, object]]:
        running = asyncio.create_task(background.run())
        try:
            # uvicorn hands this to its protocols, and so to the fast path.
            yield {"ready": service.cache.ready}
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            service.metrics.write_last()
            service.close()
            for log in logging.getLogger("uvicorn.access").handlers:
                log.flush()  # uvicorn's workers end by a signal, without Python's flushing

    app = Starlette(
        routes=[
            Route("/", lists.front),
            Route("/feeds.opml", lists.opml),
            Route("/feeds.json", lists.index),
            Route("/sitemap.xml", lists.sitemap),
            Route("/robots.txt", well_known.robots),
            Route("/favicon.ico", well_known.favicon),
            Route("/.well-known/security.txt", well_known.security),
            Route("/status", status.status),
            Route("/healthz", status.alive),
            Route("/readyz", status.ready),
            Route("/all", feed.feed),
            Route("/all.{suffix}", feed.feed),
            Route("/topics/{names}", feed.feed),
            Route("/providers/{names}", feed.feed),
            Route("/sets/{name}.opml", lists.set_opml),
            Route("/sets", lists.sets),
            Route("/sets/", lists.moved),
            Route("/sets/{name}", feed.feed),
            Route("/schema/{name}.json", static.schema),
            Route("/stories/{entry}", feed.feed),
            Route("/topics", lists.topics),
            Route("/topics/", lists.moved),
            Route("/providers", lists.providers),
            Route("/providers/", lists.moved),
            Route("/search", search.search),
            Route("/search/", lists.moved),
            Route("/compose", compose.compose),
            Route("/compose/", lists.moved),
            Route("/static/{name}", static.static),
            Route("/{path:path}", feed.feed),
        ],
        exception_handlers={
            RequestError: responses.request_error,
            SelectionTooSlow: responses.too_slow,
            Overloaded: responses.overloaded,
            NobodyWaits: responses.left,
            FeedsError: responses.unavailable,
            HTTPException: responses.http_error,
            Exception: responses.unexpected,
        },
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    app.state.service = service
    app.state.background = background
    app.state.status_token = status_token
    return _Base(MetricsMiddleware(_Methods(app, service), service.metrics), service, app.routes)


class _Base:
    """Remove the path of `base_url` from that of a request: some proxies do so themselves, others
    do not.

    If that path begins like one of the application's own, such as `/topics`, it is removed only
    before another of these.
    """

    def __init__(self, app: ASGIApp, service: Service, routes: Sequence[BaseRoute]) -> None:
        self._app = app
        self._service = service
        paths = [route.path for route in routes if isinstance(route, Route)]
        self._own = {path.split("/")[1] for path in paths} - {"", "{path:path}"}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        base = urlsplit(self._service.config.site.base_url).path
        self._service.cache.ready.base = base.encode()
        if base and scope["type"] == "http":
            scope = self._without(base, scope)
        await self._app(scope, receive, send)

    def _without(self, base: str, scope: Scope) -> Scope:
        path, start = scope["path"], unquote(base)
        rest = path[len(start) :]
        if not (path.startswith(start) and rest[:1] in ("", "/")):
            return scope
        first = rest[1:].partition("/")[0]
        if start.split("/")[1] in self._own and not self._own & {first, first.partition(".")[0]}:
            return scope
        depth = base.count("/") + 1  # in the target, characters may have another encoding
        parts = (scope.get("raw_path") or path.encode()).split(b"/", depth)
        return {**scope, "path": rest or "/", "raw_path": b"/" + b"".join(parts[depth:])}


class _Methods:
    """Respond to requests without a host, with other methods and with OPTIONS, on every path; add
    nosniff."""

    def __init__(self, app: ASGIApp, service: Service) -> None:
        self._app = app
        self._service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not _names_one_host(scope):
            refused = self._refusal(400, Message("A request names one host."), {})
            await refused(scope, receive, send)
            return
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD"):
            await self._app(scope, receive, _with_nosniff(send))
            return
        if scope["method"] == "OPTIONS":
            await options(Request(scope))(scope, receive, send)
            return
        message = Message("This address answers GET, HEAD and OPTIONS.")
        await self._refusal(405, message, {"Allow": METHODS})(scope, receive, send)

    def _refusal(self, status: int, message: Message, headers: dict[str, str]) -> Response:
        text = locale_of(self._service.config.site.language).say(message)
        headers = {**headers, **responses.ALWAYS}
        return Response(f"{text}\n", status, headers, "text/plain; charset=utf-8")


def _names_one_host(scope: Scope) -> bool:
    """Return whether a request of HTTP/1.1 has exactly one Host: RFC 9112 3.2."""
    hosts = [name for name, _ in scope["headers"]].count(b"host")
    return hosts == 1 or (hosts == 0 and bool(scope["http_version"] != "1.1"))


def options(request: Request) -> Response:
    """Return what is allowed here, for people and for browsers' CORS preflights."""
    headers = {"Allow": METHODS, **responses.ALWAYS}
    if "access-control-request-method" in request.headers:
        headers["Access-Control-Allow-Methods"] = METHODS
        headers["Access-Control-Max-Age"] = "86400"
        if request.headers.get("access-control-request-headers"):
            headers["Access-Control-Allow-Headers"] = "If-None-Match, If-Modified-Since, A-IM"
    return Response(status_code=204, headers=headers)


def _with_nosniff(send: Send) -> Send:
    async def send_with_nosniff(message: AsgiMessage) -> None:
        if message["type"] == "http.response.start":
            names = {name for name, _ in message["headers"]}
            if b"x-content-type-options" not in names:
                message["headers"] = [*message["headers"], (b"x-content-type-options", b"nosniff")]
        await send(message)

    return send_with_nosniff
