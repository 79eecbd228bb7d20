"""`feeds serve`: an ingest process, and one or more processes that serve the catalog."""

import logging
import os
import socket
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final
from uuid import uuid4

import typer
import uvicorn
from uvicorn.supervisors import multiprocess

from feeds import __version__
from feeds.catalog.database import database_errors, fold_log, identity, locked, open_to_read
from feeds.catalog.files import holdings
from feeds.catalog.reader import Reader
from feeds.cli.logs import LOGGING, configure, log
from feeds.cli.options import (
    CONFIG_SNAPSHOT,
    DEFAULT_CACHE_SIZE,
    DEFAULT_CONFIG,
    DEFAULT_CONTENT_LIMIT,
    DEFAULT_DATA,
    DEFAULT_HOST,
    DEFAULT_PORT,
    DEFAULT_QUERY_TIME_LIMIT,
    DEFAULT_SEEDS,
    START,
    CacheSize,
    ConfigFolder,
    ContentLimitSize,
    Data,
    FollowLinks,
    Host,
    Poll,
    Port,
    QueryTimeLimit,
    Seeds,
    check_config_folder,
    default_base_url,
)
from feeds.cli.sockets import is_unspecified, listening, port_of
from feeds.cli.supervisor import exiting_on_sigterm, ingesting
from feeds.config import load
from feeds.errors import CatalogError, CatalogUnusable, FeedsError, SeedsUnreadable
from feeds.ingest.scanner import check_readable
from feeds.server import protocol
from feeds.util.text import many

_GRACE: Final = 10  # seconds that responses in flight and an ingest have to end
_STARTUP_FAILURE: Final = 3  # exit status of a server whose application cannot start, as uvicorn's
# Seconds without a response to a health check after which a worker is killed. uvicorn's 5 are too
# few on a busy machine: workers that take longer to start would be killed again and again.
_SILENCE: Final = 120
_PATIENCE: Final = 5  # seconds to wait for the end of an ingest whose server was killed


def serve(
    seeds: Seeds = DEFAULT_SEEDS,
    config: ConfigFolder = DEFAULT_CONFIG,
    data: Data = DEFAULT_DATA,
    host: Host = DEFAULT_HOST,
    port: Port = DEFAULT_PORT,
    workers: Annotated[
        int,
        typer.Option("--workers", envvar="FEEDS_WORKERS", min=1, help="How many processes serve."),
    ] = 1,
    no_watch: Annotated[
        bool,
        typer.Option(
            "--no-watch", envvar="FEEDS_NO_WATCH", help="Scan the folder once, then only serve."
        ),
    ] = False,
    poll: Poll = False,
    follow_links: FollowLinks = False,
    cache_size: CacheSize = DEFAULT_CACHE_SIZE,
    query_time_limit: QueryTimeLimit = DEFAULT_QUERY_TIME_LIMIT,
    content_limit: ContentLimitSize = DEFAULT_CONTENT_LIMIT,
    access_log: Annotated[
        bool,
        typer.Option(
            "--access-log/--no-access-log",
            envvar="FEEDS_ACCESS_LOG",
            help="Log every request to standard output.",
        ),
    ] = True,
    uds: Annotated[
        Path | None,
        typer.Option(
            "--uds", envvar="FEEDS_UDS", help="Listen on this Unix socket instead of host and port."
        ),
    ] = None,
    forwarded_allow_ips: Annotated[
        str,
        typer.Option(
            "--forwarded-allow-ips",
            envvar="FEEDS_FORWARDED_ALLOW_IPS",
            help="Proxies whose X-Forwarded-For and -Proto are trusted: addresses, networks or *.",
        ),
    ] = "127.0.0.1,::1",
    ssl_certfile: Annotated[
        Path | None,
        typer.Option(
            "--ssl-certfile", envvar="FEEDS_SSL_CERTFILE", help="The TLS certificate, a PEM file."
        ),
    ] = None,
    ssl_keyfile: Annotated[
        Path | None,
        typer.Option(
            "--ssl-keyfile",
            envvar="FEEDS_SSL_KEYFILE",
            help="The private key of the TLS certificate, a PEM file.",
        ),
    ] = None,
    status_token: Annotated[
        str | None,
        typer.Option(
            "--status-token",
            envvar="FEEDS_STATUS_TOKEN",
            help="The token that opens /status from anywhere, not only from this machine.",
        ),
    ] = None,
) -> None:
    """Serve a folder of articles, and follow its changes.

    One process reads the articles into the catalog, the others serve feeds from it.
    """
    configure()
    _check_tls(ssl_certfile, ssl_keyfile)
    check_config_folder(config)
    settings = load(config, "", seeds, warn=lambda problem: log.warning("%s", problem))
    _check_folders(seeds, data)
    with listening(host, port, uds) as listeners:
        if uds is None:
            port = port_of(listeners[0])
        address = default_base_url(host, port, tls=ssl_certfile is not None)
        if not settings.site.base_url:
            is_nowhere = uds is not None or is_unspecified(listeners[0])
            log.log(
                logging.ERROR if is_nowhere else logging.WARNING,
                "%s: no base_url, so links in feeds lead to %s%s; "
                "set it to the address at which readers reach this server",
                config / "site.yaml",
                address,
                ", which no reader can open" if is_nowhere else "",
            )
        # Serving processes find their options here.
        os.environ |= {
            "FEEDS_CONFIG": str(config.absolute()),
            "FEEDS_SEEDS": str(seeds.absolute()),
            "FEEDS_DATA": str(data.absolute()),
            "FEEDS_HOST": host,
            "FEEDS_PORT": str(port),
            "FEEDS_SSL_CERTFILE": str(ssl_certfile or ""),
            "FEEDS_CACHE_SIZE": str(cache_size),
            "FEEDS_QUERY_TIME_LIMIT": str(query_time_limit),
            "FEEDS_CONTENT_LIMIT": str(content_limit),
            "FEEDS_POLL": str(int(poll)),
            "FEEDS_STATUS_TOKEN": status_token or "",
            START: uuid4().hex,
        }
        serving = protocol.choose()
        server = uvicorn.Config(
            "feeds.cli.worker:application",
            factory=True,
            workers=workers,
            log_config=LOGGING,
            access_log=access_log,
            server_header=False,
            ws="none",
            http=serving.http,
            forwarded_allow_ips=forwarded_allow_ips,
            ssl_certfile=ssl_certfile,
            ssl_keyfile=ssl_keyfile,
            timeout_graceful_shutdown=_GRACE,
            timeout_worker_healthcheck=_SILENCE,
        )
        log.info(
            "feeds %s running on %s: %s, configuration in %s, fast path %s",
            __version__,
            address if uds is None else uds,
            _articles(data),
            config,
            "on" if serving.is_fast else f"off, because {serving.reason}",
        )
        options = _ingest_options(seeds, config, data, watching=not no_watch, poll=poll)
        options += ["--follow-links"] * follow_links
        ingest = ingesting(options, _GRACE, watching=not no_watch)
        # uvicorn ends gracefully on SIGTERM and then raises it again. That must not end this
        # process before ingest has ended too.
        with exiting_on_sigterm(), _closing(data), _config_snapshot(), ingest:
            _run(server, listeners)


class _Worker(multiprocess.Process):
    """A serving process whose death is noticed at once.

    uvicorn leaves the worker's end of their pipe open in the supervisor too. So a health
    check of a worker that dies meanwhile finds no end of file, and lasts for `_SILENCE`.
    """

    def start(self) -> None:
        super().start()
        self.child_conn.close()


def _articles(data: Path) -> str:
    """Return how many articles the catalog has, for the log."""
    try:
        reader = Reader(open_to_read(data))
        with closing(reader), database_errors(data), reader.connect() as connection:
            return f"{many(holdings(connection).files, 'article')} in the catalog"
    except CatalogError:
        return "no articles read yet"


def _run(config: uvicorn.Config, listeners: list[socket.socket]) -> None:
    """Serve until SIGTERM or Ctrl+C, in this process or in several."""
    with suppress(KeyboardInterrupt):
        if config.workers > 1:
            multiprocess.Process = _Worker  # type: ignore[misc]
            multiprocess.Multiprocess(config, listeners).run()
            return
        server = uvicorn.Server(config)
        server.run(listeners)
        if not server.started:
            raise SystemExit(_STARTUP_FAILURE)


def _check_tls(certificate: Path | None, key: Path | None) -> None:
    if key is not None and certificate is None:
        raise FeedsError("--ssl-keyfile needs --ssl-certfile")
    for path in (certificate, key):
        if path is not None and not path.is_file():
            raise FeedsError(f"{path}: no such file")
    if certificate is not None:
        try:
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
        except (ssl.SSLError, OSError) as error:
            raise FeedsError(
                f"{certificate}: cannot be used as a certificate with its key: {error}"
            ) from None


@contextmanager
def _config_snapshot() -> Iterator[None]:
    """Provide a file for the last good configuration, for processes that are started again."""
    try:
        temporary = TemporaryDirectory(prefix="feeds-")
    except OSError:  # nothing can be written here
        yield
        return
    with temporary as folder:
        os.environ[CONFIG_SNAPSHOT] = str(Path(folder, "config.json"))
        yield


@contextmanager
def _closing(data: Path) -> Iterator[None]:
    """At the end, close the catalog for all processes, so that it is a single file."""
    try:
        yield
    finally:
        fold_log(data, _PATIENCE)


def _ingest_options(
    seeds: Path, config: Path, data: Path, *, watching: bool, poll: bool
) -> list[str]:
    """Return the options of the ingest process."""
    folders = ["--seeds", str(seeds), "--config", str(config), "--data", str(data)]
    return folders + ["--watch"] * watching + ["--poll"] * (watching and poll)


def _check_folders(seeds: Path, data: Path) -> None:
    """Report now the errors that ingest would report later. Raises them if there is no
    catalog to serve meanwhile: a drive may be full, or not mounted for a while."""
    try:
        check_readable(seeds)
        with locked(data, _PATIENCE):
            pass
    except (SeedsUnreadable, CatalogUnusable) as error:
        if identity(data) is None:
            raise
        log.warning("%s. The catalog is served as it is", error)
