"""Catalogs made from folders of articles, and the application over them, in-process."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.catalog.database import open_to_read, open_to_write
from feeds.catalog.reader import Reader
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.config.reloader import ConfigReloader
from feeds.ingest.pipeline import Pipeline
from feeds.ingest.report import Report
from feeds.problems import Problem
from feeds.selection.site_view import SiteView
from feeds.server.app import create_app
from feeds.server.state import Service
from tests.support.examples import BASE, Fields
from tests.support.folders import configure, put
from tests.support.paths import CONFIG, NOWHERE, SHIPPED_CONFIG, SHIPPED_SEEDS


def ingest(
    seeds: Path,
    data: Path,
    now: float = 1_600_000_000,
    problems: list[Problem] | None = None,
    settings: ArticleSettings = DEFAULTS,
) -> Report:
    """Scan a folder into a catalog once, at a given time; problems are added to the list."""
    noted = problems if problems is not None else []
    with open_to_write(data) as engine:
        work = Pipeline(seeds, Writer(engine), noted.append, processes=1, clock=lambda: now)
        with closing(work):
            work.use(settings)
            return work.scan({})


def ingest_shipped(data: Path) -> Report:
    """Scan the articles that a fresh clone serves, after the newest of them came out."""
    return ingest(SHIPPED_SEEDS, data, now=1_800_000_000, settings=load(SHIPPED_CONFIG).articles)


@contextmanager
def serving(
    data: Path, config: Path = CONFIG, clock: Callable[[], datetime] | None = None
) -> Iterator[TestClient]:
    """Run the application over a catalog; yield a client of it."""
    live = ConfigReloader(config, BASE)
    service = Service(live, data, clock=clock) if clock else Service(live, data)
    with TestClient(create_app(service), base_url=BASE, follow_redirects=False) as client:
        yield client


@contextmanager
def site(folder: Path, *articles: Fields, clock: Any = None, **config: Any) -> Iterator[TestClient]:
    """Run the application over some articles and some configuration; yield a client of it."""
    seeds, configured = put(folder / "seeds", *articles), configure(folder / "config", **config)
    ingest(seeds, folder / "data", settings=load(configured, BASE).articles)
    with serving(folder / "data", configured, clock) as client:
        yield client


def service_of(client: TestClient) -> Service:
    """Return the state of the application behind a client."""
    application: Any = client.app
    while not hasattr(application, "state"):  # inside of what wraps it
        application = application._app
    service: Service = application.state.service
    return service


@contextmanager
def viewing(data: Path, config: Path = NOWHERE) -> Iterator[SiteView]:
    """Open a catalog; yield a view of it under a configuration."""
    engine = open_to_read(data)
    reader = Reader(engine)
    try:
        with reader.connect() as connection:
            names = reader.names(connection)
            yield SiteView(load(config, BASE), reader, connection, names)
    finally:
        engine.dispose()
