"""For whoever watches the service: alive, and ready to be asked."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from feeds.errors import CatalogError
from feeds.server.responses import service_of

_NEVER_KEPT = {"Cache-Control": "no-store"}


async def alive(request: Request) -> Response:
    """GET /healthz: the process answers."""
    return Response("ok\n", headers=_NEVER_KEPT, media_type="text/plain")


async def ready(request: Request) -> Response:
    """GET /readyz: the catalog can be read and a first scan has ended.

    After a restart that is so at once: what was taken in before is good enough
    to be served, while a scan brings in what has changed since.
    """
    service = service_of(request)
    # How many, to everyone; what they are may tell of private sets, so /status has that.
    problems = len(service.live.problems)
    config = {"config": "refused; the last good one goes on" if problems else "good"}
    try:
        scanned, since_start = await service.scanned()
        state = {
            "catalog": "reachable",
            "first_scan": "done" if scanned else "running",
            "scan_since_start": "done" if since_start else "running",
        }
    except CatalogError:
        scanned, state = False, {"catalog": "unreachable"}
    return JSONResponse(
        {"ready": scanned, **state, **config, "config_problems": problems},
        200 if scanned else 503,
        _NEVER_KEPT if scanned else {**_NEVER_KEPT, "Retry-After": "5"},
    )
