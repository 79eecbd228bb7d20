"""A feed in its three formats, and its page."""

from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from feeds.model import Feed, FeedSpec, Format
from feeds.render import pages, render
from feeds.representation import Document, Representation
from feeds.selection import Selection
from feeds.web.answers import PAGE_POLICY, answer, moved, service_of


@dataclass
class _Moved(Exception):
    path: str


async def feed(request: Request) -> Response:
    """GET any feed's address."""
    service = service_of(request)
    address = request.scope.get("raw_path", request.url.path.encode()).decode("latin-1")

    async def make() -> Representation:
        path, format = split_suffix(request.scope["path"])

        def work(selection: Selection, connection: Connection) -> Representation:
            spec = selection.resolve(connection, path)
            canonical = spec.path + (f".{format}" if format else "")
            if canonical != address:
                raise _Moved(canonical)
            return Representation(document(selection, connection, spec, format))

        return await service.read(work)

    found = service.cache.get(address)
    try:
        representation = found or await service.cache.get_or_make(address, make)
    except _Moved as elsewhere:
        return moved(request, elsewhere.path)
    answered = answer(request, representation)
    service.cache.grown(address)
    return answered


def split_suffix(path: str) -> tuple[str, Format | None]:
    """A path without a format's suffix, and the format."""
    stem, dot, suffix = path.rpartition(".")
    if dot and stem and suffix.lower() in list(Format):
        return stem, Format(suffix.lower())
    return path, None


def document(
    selection: Selection, connection: Connection, spec: FeedSpec, format: Format | None
) -> Document:
    """A feed as a document, or its page."""
    feed = selection.load(connection, spec)
    headers: tuple[tuple[str, str], ...] = (("Link", links(feed, format)),)
    if format is None:
        body, media_type = pages.feed_page(feed), "text/html"
        headers = (*headers, ("Content-Security-Policy", PAGE_POLICY))
    else:
        body, media_type = render(feed, format), format.media_type
    assert feed.modified is not None
    return Document(
        body,
        f"{media_type}; charset=utf-8",
        feed.modified,
        selection.places(spec),
        selection.publicity(),
        headers,
    )


def links(feed: Feed, format: Format | None) -> str:
    """The Link header: RFC 8288."""
    found = [f'<{feed.url(format)}>; rel="self"']
    found += [
        f'<{feed.url(other)}>; rel="alternate"; type="{other.media_type}"'
        for other in Format
        if other is not format
    ]
    return ", ".join(found)
