"""One serving process: uvicorn imports this, and options come through the environment."""

import multiprocessing
import os
import signal
import threading
from pathlib import Path

from starlette.types import ASGIApp

from feeds.cli.options import (
    DEFAULT_CONTENT_LIMIT,
    DEFAULT_QUERY_TIME_LIMIT,
    START,
    config_snapshot,
    served_base_url,
)
from feeds.config.reloader import ConfigReloader
from feeds.server.app import create_app
from feeds.server.documents import ContentLimit
from feeds.server.state import Service
from feeds.util import process_tuning


def application() -> ASGIApp:
    """Return the application, for `feeds serve` and for any other ASGI server."""
    _end_with_supervisor()
    process_tuning.tune_server()
    poll = os.environ.get("FEEDS_POLL") == "1"
    folder, seeds = Path(os.environ["FEEDS_CONFIG"]), os.environ.get("FEEDS_SEEDS")
    reloader = ConfigReloader(
        folder, served_base_url(), config_snapshot(), Path(seeds) if seeds else None, poll=poll
    )
    cache_bytes = int(os.environ["FEEDS_CACHE_SIZE"]) * 1024 * 1024
    start = os.environ.get(START, "")
    limit = float(os.environ.get("FEEDS_QUERY_TIME_LIMIT", DEFAULT_QUERY_TIME_LIMIT))
    data = Path(os.environ["FEEDS_DATA"])
    content_limit = int(os.environ.get("FEEDS_CONTENT_LIMIT", DEFAULT_CONTENT_LIMIT)) << 20
    service = Service(
        reloader,
        data,
        cache_bytes,
        start=start,
        query_time_limit=limit,
        content_limit=ContentLimit(content_limit),
    )
    app = create_app(service, os.environ.get("FEEDS_STATUS_TOKEN", ""))
    process_tuning.freeze_loaded()
    return app


def _end_with_supervisor() -> None:
    """End gracefully if the supervisor is killed, because the next server needs its port."""
    supervisor = multiprocessing.parent_process()
    if supervisor is None:
        return

    def wait() -> None:
        supervisor.join()
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="supervisor", daemon=True).start()
