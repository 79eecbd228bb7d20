"""The composer: a feed that nobody configured, put together in a form."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from feeds import query_params
from feeds.errors import BadParameter, MovedFeed, RequestError, TooLong, UnknownFeed
from feeds.feed_path import FeedPath, parse_address
from feeds.model import FeedSpec
from feeds.query_params import Parameters
from feeds.render import html
from feeds.render.html import Choice, Composed, said
from feeds.selection import listing, loader
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.http.representation import Representation
from feeds.server.responses import page, problem_page, respond
from feeds.server.state import service_of

_BOXES: Final = 12  # topics and providers to tick
_SHOWN: Final = 10  # entries of the preview
_SCORED: Final = 200  # entries of the histogram
_KINDS: Final = ("article", "video")
_NAMES: Final = tuple(name for name in query_params.NAMES if name != "token")
_LONGEST: Final = 8000  # characters of a query


async def compose(request: Request) -> Response:
    """GET /compose: the parameters are those of a feed."""
    service = service_of(request)
    sent = request.scope["query_string"].decode("latin-1")
    if len(sent) > _LONGEST:
        raise TooLong(f"An address has at most {_LONGEST} bytes.")
    query = query_params.known_part(sent)
    try:
        asked = replace(query_params.parse(query), token="")
        canonical = query_params.write(asked)
        address = "/compose" + (f"?{canonical}" if canonical else "")
        if sent and sent != canonical:  # what a form sends has empty fields
            raise MovedFeed(address, use=False)

        def work(view: SiteView) -> Representation:
            return _composed(view, asked, service.now())

        async def make() -> Representation:
            return await service.catalog.read(work)

        representation = await service.cache.get_or_render(address, make)
    except (BadParameter, UnknownFeed):

        def explain(view: SiteView) -> bytes:
            return _with_problems(view, query)

        return problem_page(await service.catalog.read(explain))
    return await respond(request, address, representation)


def _composed(view: SiteView, asked: Parameters, now: datetime) -> Representation:
    """The form with what comes of it."""
    spec = resolve(view, FeedPath("all"), query_params.write(asked))
    feed = loader.load(view, replace(spec, limit=_SHOWN), now)
    composed = replace(
        _form(view, said(asked), asked),
        feed=replace(feed, spec=spec),
        narrowing=asked,
        qualities=loader.qualities(view, _scored(spec), now),
    )
    body = html.compose_page(view.config.site, composed)
    return page(body, view.last_change(), view, feed.expires)


def _scored(spec: FeedSpec) -> FeedSpec:
    """The same feed whatever the quality of its entries."""
    criteria = tuple(replace(one, min_quality=None) for one in spec.criteria)
    return replace(spec, criteria=criteria, limit=_SCORED)


def _with_problems(view: SiteView, query: str) -> bytes:
    """The form as it was sent, with what is wrong beside each field."""
    written: dict[str, list[str]] = {name: [] for name in _NAMES}
    for name, value in parse_qsl(query, errors="replace"):
        if name in written:
            written[name].append(value)
    problems = {
        name: found for name, values in written.items() if (found := _problem(view, name, values))
    }
    asked = {name: ", ".join(values) for name, values in written.items()}
    composed = replace(_form(view, asked, Parameters()), problems=problems)
    return html.compose_page(view.config.site, composed)


def _problem(view: SiteView, name: str, values: Iterable[str]) -> str:
    """What is wrong with one parameter by itself; empty if nothing is."""
    query = urlencode([(name, value) for value in values])
    try:
        resolve(view, FeedPath("all"), query)
    except UnknownFeed as error:
        near = [name for path in error.nearest for name in parse_address(path)[0].names]
        return f"{error} Perhaps you meant {' or '.join(near)}." if near else str(error)
    except RequestError as error:
        return str(error)
    return ""


def _form(view: SiteView, asked: dict[str, str], chosen: Parameters) -> Composed:
    """The boxes that can be ticked, and what stands in the fields beside them."""
    taxonomy = view.config.taxonomy
    index = feed_index(view)
    topics = {taxonomy.topic_slug(name) for name in chosen.topics}
    providers = {taxonomy.provider_named(name) or name for name in chosen.providers}
    found = {
        kind: [
            Choice(name, feed.title, name in ticked)
            for feed in listing.largest(view, index, kind, _BOXES)
            for name in feed.path.names
        ]
        for kind, ticked in (("topics", topics), ("providers", providers))
    }
    # What is ticked does not stand in the field for others as well.
    asked = dict(asked)
    for name, kind, names in (
        ("topic", "topics", topics),
        ("provider", "providers", providers),
    ):
        boxes = {choice.value for choice in found[kind]}
        if names:
            asked[name] = ", ".join(sorted(names - boxes))
    kinds = [Choice(one, one, one in chosen.kinds) for one in sorted({*_KINDS, *chosen.kinds})]
    return Composed(asked, found["topics"], found["providers"], kinds)
