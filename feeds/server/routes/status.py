"""Show operators whether the service is alive and ready, what is wrong, and how many readers it
has."""

import hmac
import sqlite3
import time
from functools import partial
from ipaddress import ip_address
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from feeds.catalog import change_log, schedule
from feeds.catalog import files as catalog_files
from feeds.catalog.database import is_check_due, is_locked
from feeds.catalog.files import Holdings, Waiting
from feeds.catalog.schedule import Held
from feeds.errors import CatalogError, CatalogUnusable
from feeds.locale import Message
from feeds.problems import Problem
from feeds.render.html.status import SystemState, status_page
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.site_view import SiteView
from feeds.server import auth
from feeds.server.admission import Demand
from feeds.server.background import FOLLOWER, Background
from feeds.server.responses import PAGE_POLICY, error_response
from feeds.server.state import Service, service_of
from feeds.util.process_tuning import in_low_priority_thread

_NEVER_KEPT: Final = {"Cache-Control": "no-store"}
_FOLLOWER_PATIENCE: Final = 5.0  # seconds that it may be down
_MOST_PROBLEMS: Final = 200
_MOST_HELD: Final = 20  # articles that appear next
# A request with a header that begins like this has come through a proxy from another client.
_FORWARDED: Final = ("x-forwarded-", "x-real-ip", "forwarded", "via")
_LOCAL_NAMES: Final = ("localhost", "127.0.0.1", "::1")


async def alive(request: Request) -> Response:
    """GET /healthz: the process answers."""
    return Response("ok\n", headers=_NEVER_KEPT, media_type="text/plain")


async def ready(request: Request) -> Response:
    """GET /readyz: the catalog can be read and followed, and a first scan has ended.

    After a restart that is so at once: the existing catalog can be served while a scan finds the
    changes since then.
    """
    service = service_of(request)
    # Everyone may see their number; their text may name private sets, so only /status has it.
    problems = len(service.live.problems)
    config = {"config": "refused; the last good one stays in force" if problems else "good"}
    background: Background = request.app.state.background
    seconds_down = background.seconds_down(FOLLOWER)
    is_followed = seconds_down < _FOLLOWER_PATIENCE
    follower = "working" if is_followed else f"down for {seconds_down:.0f} s; the log says why"
    try:
        _check_damage(service)
        look = partial(_scanned, start=service.start)
        demand = Demand("operator")
        scanned, since_start, waiting = await service.catalog.read(look, demand, unscanned=True)
        state = {
            "catalog": "reachable",
            "first_scan": "done" if scanned else "running",
            "scan_since_start": "done" if since_start else "running",
            "waiting_withdrawals": waiting,
        }
    except CatalogError:
        scanned = False
        state = {"catalog": "damaged" if is_check_due(service.data) else "unreachable"}
    is_ready = scanned and is_followed
    return JSONResponse(
        {"ready": is_ready, **state, "follower": follower, **config, "config_problems": problems},
        200 if is_ready else 503,
        _NEVER_KEPT if is_ready else {**_NEVER_KEPT, "Retry-After": "5"},
    )


def _scanned(view: SiteView, start: str) -> tuple[bool, bool, int]:
    """Return whether a first scan has ended, ever and since the server was started, and how
    many articles wait to be withdrawn, or to have their old addresses withdrawn."""
    ever = view.reader.meta(view.connection, "scanned") is not None
    ended = view.reader.meta(view.connection, "start")
    view.reader.check(view.connection)
    waiting = catalog_files.waiting(view.connection)
    return ever, ever and ended == (start or ended), waiting.number


def _check_damage(service: Service) -> None:
    """Raise CatalogUnusable if any process has found damage."""
    if is_check_due(service.data):
        raise CatalogUnusable("The catalog is damaged. Ingest checks it, and rebuilds it.")


async def status(request: Request) -> Response:
    """GET /status: only for the operator."""
    token: str = request.app.state.status_token
    if not (_has_token(request, token) if token else _is_here(request)):
        return _refused(request, token)
    service = service_of(request)
    metrics = service.metrics
    await metrics.write()
    now = int(time.time())
    try:
        report = await in_low_priority_thread(metrics.store.report, now)
    except (sqlite3.Error, OSError):
        report = None
    site = service.config.site
    body = status_page(site, await _state(request, now), report)
    headers = {
        "Cache-Control": "no-store",
        "Content-Security-Policy": PAGE_POLICY,
        "Referrer-Policy": "no-referrer",  # its address may have the token
    }
    return Response(body, 200, headers, "text/html; charset=utf-8")


async def _state(request: Request, now: int) -> SystemState:
    service = service_of(request)

    def look(view: SiteView) -> tuple[bool, int, Holdings, list[Problem], int, Waiting, Held]:
        return (
            view.reader.meta(view.connection, "scanned") is not None,
            change_log.newest_date(view.connection),
            catalog_files.holdings(view.connection),
            catalog_files.problems(view.connection, _MOST_PROBLEMS),
            feed_index(view).count_nonempty(),
            catalog_files.waiting(view.connection),
            schedule.held(view.connection, _MOST_HELD),
        )

    config = tuple(str(problem) for problem in service.live.problems)
    ingesting = await in_low_priority_thread(is_locked, service.data)
    try:
        _check_damage(service)
        read = await service.catalog.read(look, Demand("operator"), unscanned=True)
    except CatalogError as error:
        return SystemState(now, ingesting, str(error), config=config)
    scanned, changed, holdings, problems, feeds, waiting, held = read
    return SystemState(now, ingesting, "", scanned, changed, holdings.files, holdings.refused,
                 holdings.entries, feeds, tuple(problems), config,
                 tuple(service.catalog.slow_sets()), waiting.deleted, waiting.moving,
                 tuple(waiting.sentences),
                 tuple(held.lines(service.config.site.timezone)),
                 tuple(service.content_limit.exceeding()))  # fmt: skip


# --- who may see it ------------------------------------------------------------


def _has_token(request: Request, token: str) -> bool:
    """The token as `?token=`, as a bearer's, or as the password that a browser asks for."""
    return hmac.compare_digest(auth.token_of(request).encode(), token.encode())


def _is_here(request: Request) -> bool:
    """Whether the request comes from the server's own machine, and not through a proxy.

    A proxy on the same machine uses the loopback address too. It is recognised by a forwarding
    header, by another host name, or by HTTP/1.0, which nginx uses unless it is configured
    otherwise.
    """
    if request.client is None or request.scope.get("http_version") == "1.0":
        return False
    if any(name.startswith(_FORWARDED) for name in request.headers):
        return False
    host = request.headers.get("host", "").rpartition(":")
    name = host[0] if host[0] and host[2].isdigit() else request.headers.get("host", "")
    try:
        local = ip_address(request.client.host).is_loopback
    except ValueError:
        return False
    return local and name.strip("[]").lower() in _LOCAL_NAMES


def _refused(request: Request, token: str) -> Response:
    message = (
        Message(
            "This page is for the operator of this site. Enter the token as the password, or add "
            "?token= and the token to the address."
        )
        if token
        else Message(
            "This page is for the operator of this site. Open it on the server itself, or set "
            "FEEDS_STATUS_TOKEN when you start the server."
        )
    )
    refused = error_response(request, 401, Message("For the operator"), message)
    refused.headers["Cache-Control"] = "no-store"
    refused.headers["WWW-Authenticate"] = 'Basic realm="status", charset="UTF-8"'
    if not token and "text/html" in request.headers.get("accept", ""):
        # For Basic, a browser would open a dialog over the page, and no password would help.
        refused.headers["WWW-Authenticate"] = 'Bearer realm="status"'
    return refused
