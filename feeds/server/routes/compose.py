"""The composer: a form that puts together a feed which nobody has configured."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from feeds import query_params
from feeds.errors import BadParameter, MovedFeed, RequestError, TooLong, UnknownFeed
from feeds.feed_path import FeedPath, parse_address
from feeds.locale.message import Message
from feeds.model import FeedSpec
from feeds.query_params import Parameters
from feeds.render.html.compose import Choice, ComposeForm, compose_page, form_texts
from feeds.selection import listing, loader
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.resolver import resolve
from feeds.selection.site_view import SiteView
from feeds.server.admission import SharedTask
from feeds.server.http.representation import Representation
from feeds.server.responses import page, problem_page, receive_of, serve
from feeds.server.routes.feed import LONGEST_TARGET
from feeds.server.state import service_of

_BOXES: Final = 12  # topics, and as many providers, to tick
_SHOWN: Final = 10  # entries of the preview
_SCORED: Final = 200  # entries of the histogram
_KINDS: Final = ("article", "video")
_NAMES: Final = tuple(name for name in query_params.NAMES if name != "token")


async def compose(request: Request) -> Response:
    """GET /compose: the parameters are those of a feed."""
    service = service_of(request)
    sent = request.scope["query_string"].decode("latin-1")
    if len(sent) > LONGEST_TARGET:
        raise TooLong(Message("An address has at most %(most)s bytes.", most=LONGEST_TARGET))
    query = query_params.known_part(sent)
    try:
        parameters = replace(query_params.parse(query), token="")
        canonical = query_params.write(parameters)
        address = "/compose" + (f"?{canonical}" if canonical else "")
        if sent and sent != canonical:  # what a form sends has empty fields
            raise MovedFeed(address, use=False)

        def work(view: SiteView) -> Representation:
            spec = resolve(view, FeedPath("all"), canonical)
            return _composed(view, spec, parameters, service.now())

        return await serve(request, address, partial(service.catalog.read, work))
    except (BadParameter, UnknownFeed):
        problems = partial(service.catalog.read, partial(_with_problems, query=query))
        return problem_page(await SharedTask(problems).result(receive_of(request)))


def _composed(
    view: SiteView, spec: FeedSpec, parameters: Parameters, now: datetime
) -> Representation:
    """Return the form with a preview of its feed."""
    feed = loader.load(view, replace(spec, limit=_SHOWN), now)
    composed = replace(
        _form(view, form_texts(parameters), parameters),
        feed=replace(feed, spec=spec),
        parameters=parameters,
        qualities=loader.qualities(view, _scored(spec), now),
    )
    body = compose_page(view.config.site, composed)
    modified = view.last_change(loader.aged(view, spec, now))
    return page(body, modified, view, now, feed.expires)


def _scored(spec: FeedSpec) -> FeedSpec:
    """Return the same feed without a lower bound of quality."""
    criteria = tuple(replace(part, min_quality=None) for part in spec.criteria)
    return replace(spec, criteria=criteria, limit=_SCORED)


def _with_problems(view: SiteView, query: str) -> bytes:
    """Return the form as it was sent, with the problems beside its fields."""
    written: dict[str, list[str]] = {name: [] for name in _NAMES}
    for name, value in parse_qsl(query, errors="replace"):
        if name in written:
            written[name].append(value)
    problems = {
        name: problem
        for name, values in written.items()
        if (problem := _problem(view, name, values))
    }
    texts = {name: ", ".join(values) for name, values in written.items()}
    composed = replace(_form(view, texts, Parameters()), problems=problems)
    return compose_page(view.config.site, composed)


def _problem(view: SiteView, name: str, values: Iterable[str]) -> str:
    """Return the problem with one parameter by itself; empty if there is none."""
    query = urlencode([(name, value) for value in values])
    try:
        resolve(view, FeedPath("all"), query)
    except UnknownFeed as error:
        near = [name for path in error.nearest for name in parse_address(path)[0].names]
        return f"{error} Perhaps you meant {' or '.join(near)}." if near else str(error)
    except RequestError as error:
        return str(error)
    return ""


def _form(view: SiteView, texts: dict[str, str], chosen: Parameters) -> ComposeForm:
    """Return the form: boxes that can be ticked, and the text of the fields beside them."""
    taxonomy = view.config.taxonomy
    index = feed_index(view)
    topics = {taxonomy.topic_slug(name) for name in chosen.topics}
    providers = {taxonomy.provider_named(name) or name for name in chosen.providers}
    boxes = {
        kind: [
            Choice(name, feed.title, name in ticked)
            for feed in listing.largest(view, index, kind, _BOXES)
            for name in feed.path.names
        ]
        for kind, ticked in (("topics", topics), ("providers", providers))
    }
    # The text field has the names that have no box.
    texts = dict(texts)
    for field, kind, names in (("topic", "topics", topics), ("provider", "providers", providers)):
        if names:
            texts[field] = ", ".join(sorted(names - {box.value for box in boxes[kind]}))
    kinds = [Choice(kind, kind, kind in chosen.kinds) for kind in sorted({*_KINDS, *chosen.kinds})]
    return ComposeForm(texts, boxes["topics"], boxes["providers"], kinds)
