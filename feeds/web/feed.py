"""A feed in its three formats, and its page."""

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from feeds.errors import MovedFeed, TooLong, UnknownFeed
from feeds.model import Feed, FeedSpec, Format
from feeds.render import pages, render
from feeds.representation import Document, Representation
from feeds.selection import Selection
from feeds.web.answers import PAGE_POLICY, answer, service_of

LONGEST_TARGET = 8000  # bytes: RFC 9110 4.1 asks for this much at least


async def feed(request: Request) -> Response:
    """GET any feed's address."""
    service = service_of(request)
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    if len(raw) + len(request.scope["query_string"]) > LONGEST_TARGET:
        raise TooLong(f"An address has at most {LONGEST_TARGET} bytes.")
    address = raw.decode("latin-1")
    path, format = split_suffix(request.scope["path"])

    async def make() -> Representation:
        return await service.read(
            lambda selection, connection: Representation(
                document(selection, connection, canonical(selection, connection), format)
            )
        )

    def canonical(selection: Selection, connection: Connection) -> FeedSpec:
        spec = _resolved(selection, connection, path, format)
        wanted = spec.path + (f".{format}" if format else "")
        if wanted != address:
            raise MovedFeed(wanted)
        return spec

    representation = await service.cache.get_or_make(address, make)
    return await answer(request, address, representation)


def _resolved(
    selection: Selection, connection: Connection, path: str, format: Format | None
) -> FeedSpec:
    try:
        return selection.resolve(connection, path)
    except UnknownFeed as error:
        # What was perhaps meant, in the format that was asked for.
        suffix = f".{format}" if format else ""
        near = (one if one == "/" else one + suffix for one in error.nearest)
        raise UnknownFeed(str(error), tuple(near)) from None


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
    # By these names a cache in front can be told to let go of a feed or of all.
    headers: tuple[tuple[str, str], ...] = (
        ("Link", links(feed, format)),
        ("Cache-Tag", f"feeds,feeds:{spec.path}"),
    )
    if format is None:
        body, media_type = (pages.story_page if spec.story else pages.feed_page)(feed), "text/html"
        headers = (*headers, ("Content-Security-Policy", PAGE_POLICY))
    else:
        body, media_type = render(feed, format), format.media_type
    assert feed.modified is not None
    return Document(
        body,
        f"{media_type}; charset=utf-8",
        feed.modified,
        selection.places_of(connection, feed),
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
