"""docs/reference/http.md: every route, status, header and key of the JSON extension."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from starlette.routing import Route

from feeds.config.reloader import ConfigReloader
from feeds.errors import RequestError
from feeds.feed_path import FeedPath
from feeds.model import Entry, Feed, FeedEntry, FeedSpec, Format, Image, Provider, Related, Site
from feeds.render import render
from feeds.server.app import create_app
from feeds.server.http.conditional import CODINGS
from feeds.server.state import Service
from tests.support.application import ingest, serving
from tests.support.docs import blocks, code, codes, rows, section
from tests.support.paths import CONFIG, SEEDS

NOW = datetime(2020, 1, 24, tzinfo=UTC)
# Answers that are no error about an address.
OTHER_STATUSES = {200, 204, 304, 401, 405, 412, 413, 431, 500, 503}


def test_every_route_is_documented_and_no_other(tmp_path: Path) -> None:
    application: Any = create_app(Service(ConfigReloader(CONFIG, ""), tmp_path))
    while not hasattr(application, "routes"):
        application = application._app
    routes = {one.path.replace(":path}", "}") for one in application.routes if type(one) is Route}
    table = section("http.md", "## Routes").partition("\n\nEach feed")[0]
    assert {route for row in rows(table) for route in codes(row[0])} == routes


def test_every_format_is_documented() -> None:
    table = rows(section("http.md", "## Routes").partition("Each feed")[2].partition("\n###")[0])
    found = {code(address).removeprefix("FEED."): code(media) for address, _, media in table[:-1]}
    assert found == {str(format): format.media_type for format in Format}


def test_every_status_is_documented_and_no_other() -> None:
    waiting: list[type[RequestError]] = [RequestError]
    refusals = set()
    while waiting:
        one = waiting.pop()
        refusals.add(one.status)
        waiting += one.__subclasses__()
    listed = {int(row[0]) for row in rows(section("http.md", "## Statuses"))}
    assert listed == refusals | OTHER_STATUSES


def test_every_header_of_a_document_is_documented(tmp_path: Path) -> None:
    listed = {code(row[0]).lower() for row in rows(section("http.md", "## Headers"))}
    ingest(SEEDS, tmp_path)
    sent: set[str] = set()
    with serving(tmp_path) as client:
        for path in ("/", "/all", "/all.rss", "/all.json", "/feeds.opml", "/feeds.json"):
            answer = client.get(path)
            assert answer.status_code == 200
            sent |= {name.lower() for name in answer.headers}
    assert sent == listed


def test_every_coding_is_documented() -> None:
    sentence = section("http.md", "## Codings").split("\n")[1]
    assert re.findall("|".join(CODINGS), sentence) == list(CODINGS)


def test_every_key_of_the_json_extension_is_documented_and_no_other() -> None:
    document = json.loads(render(everything(), Format.JSON))
    found = {*paths(document["_feeds"]), *paths(document["items"][0]["_feeds"])}
    listed = [code(row[0]) for row in rows(section("http.md", "### The JSON Feed extension"))]
    assert set(listed) == found
    assert len(listed) == len(found)


def test_the_samples_of_json_have_the_keys_that_are_sent(tmp_path: Path) -> None:
    ingest(SEEDS, tmp_path)
    with serving(tmp_path) as client:
        for path in ("/feeds.json", "/readyz"):
            sample = json.loads(blocks(section("http.md", f"### {path}"), "json")[0])
            assert set(paths(sample)) == set(paths(client.get(path).json()))


def everything() -> Feed:
    """A feed of one entry that has all an entry can have."""
    entry = Entry(
        id=UUID(int=1),
        url="https://example.org/cameras",
        title="Cameras",
        published=NOW,
        provider=Provider("example.org", "Example News", "https://example.org/icon.png"),
        summary="Cameras at the station",
        content="<p>Cameras</p>",
        embed="https://example.org/player",
        amp_url="https://example.org/cameras.amp",
        amp_cache_url="https://cdn.example.org/cameras.amp",
        topics=("AI",),
        tags=("Police",),
        quality=47,
        heat=-1,
        images=(Image("https://example.org/a.jpg", 120, 80, "A camera", "Example News"),),
        related=(Related(str(UUID(int=2)), "https://example.com/a", "Police", "Example"),),
    )
    site = Site("AI news", "https://feeds.example.org", copyright="© Example News")
    shown = FeedEntry(entry, entry.provider, NOW, ())
    return Feed(FeedSpec(FeedPath.parse("/all")), site, "AI news", "All of it", (shown,), NOW, NOW)


def paths(value: dict[str, Any], before: str = "") -> Iterator[str]:
    """Every key, as `images[].url`."""
    for name, inner in value.items():
        yield f"{before}{name}"
        for one in inner if isinstance(inner, list) else ():
            yield from paths(one, f"{before}{name}[].")
