"""The composer: a form for a feed that is not configured."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Final
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.responses import Response

from feeds import query_params
from feeds.errors import BadParameter, MovedFeed, TooLong, UnknownFeed
from feeds.feed_path import FeedPath, Kind, parse_address
from feeds.locale import Message
from feeds.model import FeedSpec, FeedSummary
from feeds.query_params import Parameters
from feeds.render.html.compose import Choice, ComposeForm, Picker, compose_page, form_texts
from feeds.selection import listing, loader
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.resolver import provider_domains, resolve, topic_slugs
from feeds.selection.site_view import SiteView
from feeds.server.admission import SharedTask
from feeds.server.http.representation import Representation
from feeds.server.responses import page, problem_page, receive_of, serve
from feeds.server.routes.feed import LONGEST_TARGET
from feeds.server.state import service_of
from feeds.util.text import one_line

_BOXES: Final = 12  # topics, and as many providers, to tick
_SHOWN: Final = 10  # entries of the preview
_SCORED: Final = 200  # entries of the histogram
_COUNTED: Final = 1000  # entries up to which their number is shown
_LONGEST_SEARCH: Final = 100  # characters
_KINDS: Final = ("article", "video")
_NAMES: Final = tuple(name for name in query_params.NAMES if name != "token")

Canonical = Callable[[SiteView, Iterable[str]], tuple[str, ...]]
# What is chosen by ticking boxes, by the name of its parameter.
_PICKED: Final[Mapping[str, tuple[Kind, Canonical]]] = {
    "topic": ("topics", topic_slugs),
    "provider": ("providers", provider_domains),
    "not_topic": ("topics", topic_slugs),
    "not_provider": ("providers", provider_domains),
}


async def compose(request: Request) -> Response:
    """GET /compose: the parameters are those of a feed, and `find_topic` and its like are words
    in the names of topics and providers to choose from."""
    service = service_of(request)
    sent = request.scope["query_string"].decode("latin-1")
    if len(sent) > LONGEST_TARGET:
        raise TooLong(Message("An address can have at most %(most)s bytes.", most=LONGEST_TARGET))
    query = query_params.known_part(sent)
    words = {name: _words(request.query_params.get(f"find_{name}", "")) for name in _PICKED}
    try:
        parameters = replace(query_params.parse(query), token="")
        narrowed = query_params.write(parameters)
        find = urlencode({f"find_{name}": said for name, said in words.items() if said})
        canonical = "&".join(filter(None, (narrowed, find)))
        address = "/compose" + (f"?{canonical}" if canonical else "")
        if sent and sent != canonical:  # what a form sends has empty fields
            raise MovedFeed(address, use=False)

        def work(view: SiteView) -> Representation:
            spec = resolve(view, FeedPath("all"), narrowed)
            return _composed(view, spec, parameters, words, service.now())

        return await serve(request, address, partial(service.catalog.read, work))
    except (BadParameter, UnknownFeed):
        problems = partial(_with_problems, query=query, words=words)
        read = partial(service.catalog.read, problems)
        return problem_page(await SharedTask(read).result(receive_of(request)))


def _words(written: str) -> str:
    """Return the words of a search by name in one spelling, which is part of the cache key."""
    return " ".join(one_line(written).lower()[:_LONGEST_SEARCH].split())


def _composed(
    view: SiteView,
    spec: FeedSpec,
    parameters: Parameters,
    words: Mapping[str, str],
    now: datetime,
) -> Representation:
    """Return the form with a preview of its feed."""
    feed = loader.load(view, replace(spec, limit=_SHOWN), now)
    matches = loader.count(view, spec, now, most=_COUNTED + 1)
    names = {
        "topic": parameters.topics,
        "provider": parameters.providers,
        "not_topic": parameters.not_topics,
        "not_provider": parameters.not_providers,
    }
    composed = replace(
        _form(view, form_texts(parameters), names, parameters.kinds, words),
        feed=replace(feed, spec=spec),
        parameters=parameters,
        qualities=loader.qualities(view, _scored(spec), now),
        matches=min(matches, _COUNTED),
        counted_all=matches <= _COUNTED,
    )
    body = compose_page(view.config.site, composed)
    modified = view.last_change(loader.aged(view, spec, now))
    return page(body, modified, view, now, feed.expires)


def _scored(spec: FeedSpec) -> FeedSpec:
    """Return the same feed without a lower bound of quality."""
    criteria = tuple(replace(part, min_quality=None) for part in spec.criteria)
    return replace(spec, criteria=criteria, limit=_SCORED)


def _with_problems(view: SiteView, query: str, words: Mapping[str, str]) -> bytes:
    """Return the form as it was sent, with the problems beside its fields."""
    written: dict[str, list[str]] = {name: [] for name in _NAMES}
    for name, value in parse_qsl(query, errors="replace"):
        if name in written:
            written[name].append(value)
    texts = {name: ", ".join(values) for name, values in written.items()}
    names = {name: _split(texts[name]) for name in _PICKED}
    kinds = _split(texts["type"])
    form = _form(view, texts, names, kinds, words)
    problems: dict[str, Sequence[str]] = {}
    for name, values in written.items():
        boxes = form.kinds if name == "type" else form.pickers[name].boxes if name in names else ()
        unknown = [box.name for box in boxes if box.unknown]
        if unknown or not _is_good(name, values):
            problems[name] = unknown
    return compose_page(view.config.site, replace(form, problems=problems))


def _split(written: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(str.strip, written.split(",")))))


def _is_good(name: str, values: Sequence[str]) -> bool:
    """Return whether a parameter may have these values, as far as that depends on no name."""
    try:
        query_params.parse(urlencode([(name, value) for value in values]))
    except BadParameter:
        return False
    return True


def _form(
    view: SiteView,
    texts: Mapping[str, str],
    names: Mapping[str, Sequence[str]],
    kinds: Sequence[str],
    words: Mapping[str, str],
) -> ComposeForm:
    """Return the form, of the texts of fields and the names that are chosen."""
    pickers = {name: _picker(view, name, chosen, words[name]) for name, chosen in names.items()}
    boxes = [
        Choice(kind, kind, kind in kinds, unknown=not _is_good("type", [kind]))
        for kind in sorted({*_KINDS, *kinds})
    ]
    return ComposeForm(texts, pickers, boxes, view.config.limit)


def _picker(view: SiteView, parameter: str, names: Sequence[str], words: str) -> Picker:
    """Return boxes for the largest topics or providers, those chosen, and those looked for."""
    kind, canonical = _PICKED[parameter]
    index = feed_index(view)
    boxes = {
        box.value: box
        for feed in listing.largest(view, index, kind, _BOXES)
        for box in _choices(feed)
    }
    meant: dict[str, Choice] = {}
    for name in names:
        try:
            (value,) = canonical(view, (name,))
            boxes[value] = Choice(value, _title(view, kind, value), chosen=True)
        except UnknownFeed as error:
            boxes[name] = Choice(name, name, chosen=True, unknown=True)
            near = [near for path in error.nearest for near in parse_address(path)[0].names]
            meant |= {value: Choice(value, _title(view, kind, value)) for value in near}
    matches = listing.search(view, words, len(boxes) + _BOXES + 1, (kind,))
    found = [box for feed in matches for box in _choices(feed) if box.value not in boxes | meant]
    # Suggested names are shown once more, so that they are seen.
    found = [box for value, box in meant.items() if not _is_chosen(boxes, value)] + found
    more = len(found) > _BOXES
    total = len(index.table(kind))
    return Picker(list(boxes.values()), words, found[:_BOXES], more, total)


def _is_chosen(boxes: Mapping[str, Choice], value: str) -> bool:
    return value in boxes and boxes[value].chosen


def _title(view: SiteView, kind: Kind, name: str) -> str:
    return view.topic(name).name if kind == "topics" else view.provider(name)[0]


def _choices(feed: FeedSummary) -> list[Choice]:
    return [Choice(name, feed.title) for name in feed.path.names]
