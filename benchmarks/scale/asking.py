"""Requests: answered from the cache, over HTTP; and made from the catalog, in-process."""

import random
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from benchmarks.scale.place import Place
from benchmarks.scale.served import Served
from feeds.catalog.database import FILE, open_to_read
from feeds.catalog.reader import Reader
from feeds.config import load
from feeds.feed_path import FeedPath
from feeds.model import Format
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.documents import ContentLimit
from feeds.server.http.representation import Representation
from feeds.server.routes.feed import document

_SHOWN: Final = 50  # entries of a feed that has as many
_FEW: Final = 12  # entries of a feed that has few
_EACH: Final = 8  # feeds of a kind


class Uncached:
    """Feeds made anew: selection, render and a quick compression, as for a first request."""

    def __init__(self, place: Place) -> None:
        self._reader = Reader(open_to_read(place.data))
        with self._reader.connect() as connection:
            names = self._reader.names(connection)
            config = load(place.data.parent / "config", "http://127.0.0.1:8000")
            self._view = SiteView(config, self._reader, connection, names)
        self.paths = _paths(place)

    def make(self, kind: str) -> float:
        """All feeds of a kind, one after the other; gives the seconds for one."""
        paths = self.paths[kind]
        started = time.perf_counter()
        for path in paths:
            with self._reader.connect() as connection:
                view = replace(self._view, connection=connection)
                spec = resolve(view, FeedPath.parse(path))
                made = document(view, spec, Format.ATOM, datetime.now(UTC), ContentLimit())
            Representation(made).encode("gzip")
        return (time.perf_counter() - started) / len(paths)

    def close(self) -> None:
        """Let go of the catalog."""
        self._reader.close()


def cached(served: Served, targets: Sequence[str], requests: int) -> list[float]:
    """Seconds of single requests for documents at hand, one connection, one after the other."""
    seconds = []
    for number in range(requests):
        started = time.perf_counter()
        served.get(targets[number % len(targets)])
        seconds.append(time.perf_counter() - started)
    return seconds


def targets(place: Place) -> list[str]:
    """Feeds of every kind, in RSS."""
    paths = _paths(place)
    return ["/all.rss", *(f"{paths[kind][0]}.rss" for kind in paths if kind != "/all")]


def different(place: Place, most: int) -> list[str]:
    """As many different documents as a place has, up to so many."""
    connection = sqlite3.connect(f"file:{place.data / FILE}?mode=ro", uri=True)
    domains = connection.execute(
        "SELECT domain FROM counts JOIN providers ON id = ref "
        "WHERE kind = 'provider' AND tier = 2 ORDER BY entries DESC LIMIT ?",
        (most,),
    ).fetchall()
    connection.close()
    return [f"/providers/{domain}.{format}" for (domain,) in domains for format in Format][:most]


def _paths(place: Place) -> dict[str, list[str]]:
    """Feeds to ask for, by kind; each kind shows as many entries at every size."""
    connection = sqlite3.connect(f"file:{place.data / FILE}?mode=ro", uri=True)
    topics, providers = (
        connection.execute(
            f"SELECT {name}, sum(entries) n FROM counts JOIN {kind}s ON id = ref "
            "WHERE kind = ? AND tier >= 2 GROUP BY ref ORDER BY n DESC",
            (kind,),
        ).fetchall()
        for kind, name in (("topic", "slug"), ("provider", "domain"))
    )
    connection.close()
    many = [slug for slug, count in topics if count >= _SHOWN][:_EACH]
    few = sorted(topics, key=lambda row: abs(row[1] - _FEW))[:_EACH]
    papers = [domain for domain, count in providers if count >= _SHOWN][:_EACH]
    dice = random.Random(1)
    pairs = ["+".join(sorted(dice.sample(many, 2))) for _ in range(_EACH)]
    return {
        "/all": ["/all"] * _EACH,
        "a topic of very many entries": [f"/topics/{slug}" for slug in many],
        "a topic of few": [f"/topics/{slug}" for slug, _ in few],
        "a provider": [f"/providers/{domain}" for domain in papers],
        "two topics": [f"/topics/{pair}" for pair in pairs],
    }
