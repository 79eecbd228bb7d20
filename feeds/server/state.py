"""The parts of one serving process, held together: what a request or a task needs is here.

Belongs to the event loop. The parts say themselves which threads they use.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from starlette.requests import Request

from feeds.config import Config
from feeds.config.reloader import ConfigReloader
from feeds.server.catalog_access import CatalogAccess
from feeds.server.documents import ContentLimit, Documents
from feeds.server.follower import Follower
from feeds.server.http.cache import RepresentationCache
from feeds.server.metrics import Metrics
from feeds.server.tokens import Tokens


class Service:
    """The state of one serving process."""

    def __init__(
        self,
        live: ConfigReloader,
        data: Path,
        cache_bytes: int = 64 * 1024 * 1024,
        compress_after: int = 50,
        start: str = "",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        query_time_limit: float | None = None,
        content_limit: ContentLimit | None = None,
    ) -> None:
        """Hold the parts; nothing is opened before it is needed.

        `compress_after` is the number of responses in one coding after which it is worth
        compressing it better. `start` names the start of the server that this process
        belongs to, empty if it has no ingest beside it. `query_time_limit` is in seconds.
        """
        self.live = live
        self.data = data
        self.start = start
        self.now = clock
        self.compress_after = compress_after
        self.cache = RepresentationCache(cache_bytes)
        self.documents = Documents(self.cache)
        self.content_limit = content_limit or ContentLimit()
        self.catalog = CatalogAccess(data, live, query_time_limit)
        self.follower = Follower(data, self.catalog, live, self.cache, clock)
        self.metrics = Metrics(data, self.catalog, self.cache.ready)
        self.tokens = Tokens(data)

    @property
    def config(self) -> Config:
        """The configuration in force."""
        return self.live.config

    def close(self) -> None:
        """Close the catalog for good."""
        self.follower.close()
        self.catalog.close(for_good=True)


def service_of(request: Request) -> Service:
    """Return the state of the process that serves a request."""
    service: Service = request.app.state.service
    return service
