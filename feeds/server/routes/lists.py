"""Lists of feeds: front page, topics, providers, OPML, the machine-readable index, sitemap."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from typing import Final
from urllib.parse import quote
from xml.sax.saxutils import escape

from starlette.requests import Request
from starlette.responses import Response

from feeds.catalog.payload import moment
from feeds.errors import BadParameter, MovedFeed, UnknownFeed
from feeds.feed_path import FeedPath
from feeds.locale import Message
from feeds.model import FeedSummary, Format
from feeds.render.html import site_pages
from feeds.render.html.stories import grouped
from feeds.render.opml import opml as opml_document
from feeds.selection import listing, loader, story
from feeds.selection.feed_index_builder import feed_index
from feeds.selection.resolver import resolve, set_name, unknown_set
from feeds.selection.site_view import EVERYTHING, SiteView
from feeds.server import auth
from feeds.server.admission import Demand
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import PAGE_POLICY, cache_tag, coding_of, serve
from feeds.server.state import service_of
from feeds.util import process_tuning
from feeds.util.process_tuning import in_low_priority_thread

Headers = tuple[tuple[str, str], ...]
Render = Callable[[SiteView], bytes]

_PAGE_HEADERS: Final[Headers] = (("Content-Security-Policy", PAGE_POLICY),)
_VARY_BY_READER: Final = "Accept-Encoding, Authorization"
# Articles of which the front page is made: several may belong to one story.
_LATEST: Final = 4 * site_pages.FRONT_STORIES
_LONGEST_NUMBER: Final = 6  # digits of a page
# Of one sitemap: https://www.sitemaps.org/protocol.html allows 50,000 and 50 MB. An address has
# less than 2,048 characters there, so this many take less than 50 MB.
_MOST_ADDRESSES: Final = 20_000
_LARGE: Final = 1 << 18  # bytes of a list that is compressed before it is cached


async def front(request: Request) -> Response:
    """GET /"""
    service = service_of(request)

    def render(view: SiteView) -> bytes:
        # Like lists of feeds, the page of the site is there however large the catalog is.
        view = replace(view, reader=view.reader.unlimited())
        # Related coverage has its place on the card of the article that names it.
        spec = replace(resolve(view, FeedPath("all")), limit=_LATEST, related=False)
        newest = story.with_coverage(view, loader.load(view, spec, service.now()))
        sets = _public_sets(view)
        index = feed_index(view)
        largest = listing.largest(view, index, "providers", site_pages.FRONT_PROVIDERS)
        shown = site_pages.FrontPage(
            listing.everything(view, index),
            sets[: site_pages.FRONT_SETS],
            listing.tree(view, index, site_pages.FRONT_TOPICS, site_pages.FRONT_SUBTOPICS),
            listing.with_icons(view, largest),
            {"sets": len(sets), "topics": len(index.topics), "providers": len(index.providers)},
            [lead for lead, _ in grouped(newest.entries)][: site_pages.FRONT_STORIES],
        )
        return site_pages.front_page(view.config.site, shown, view.reader.check_wanted)

    return await _listed(request, "/", "text/html", render, _PAGE_HEADERS)


async def topics(request: Request) -> Response:
    """GET /topics"""
    return await _index(request, "topics")


async def moved(request: Request) -> Response:
    """GET the address of a list or of a form with a slash at its end."""
    query = quote(request.scope["query_string"], safe="=&%+,:")
    path = request.scope["path"].rstrip("/")
    raise MovedFeed(path + (f"?{query}" if query else ""), use=False)


async def providers(request: Request) -> Response:
    """GET /providers"""
    return await _index(request, "providers")


async def sets(request: Request) -> Response:
    """GET /sets"""
    return await _index(request, "sets")


async def _index(request: Request, kind: str) -> Response:
    """Respond with a page of the list of all topics, providers or feed sets: `?page=2`."""
    number = _page_number(request)
    start = (number - 1) * site_pages.PAGE_LENGTH

    def render(view: SiteView) -> bytes:
        index, public_sets = feed_index(view), _public_sets(view)
        total = len(public_sets if kind == "sets" else index.table(kind))
        if not 0 <= start < max(total, 1):
            message = Message("There is no page %(number)s.", number=str(number))
            raise UnknownFeed(message, (f"/{kind}",))
        if kind == "sets":
            rows = [(0, feed) for feed in public_sets[start : start + site_pages.PAGE_LENGTH]]
        else:
            rows = listing.page(view, index, kind, start, site_pages.PAGE_LENGTH)
        if kind == "providers":
            rows = [(0, feed) for feed in listing.with_icons(view, [feed for _, feed in rows])]
        listed = site_pages.IndexPage(rows, number, total)
        return site_pages.index_page(view.config.site, kind, listed, view.reader.check_wanted)

    address = f"/{kind}" + (f"?page={number}" if number != 1 else "")
    return await _listed(request, address, "text/html", render, _PAGE_HEADERS)


def _public_sets(view: SiteView) -> list[FeedSummary]:
    return [feed for feed in listing.sets(view) if not feed.private]


def _page_number(request: Request) -> int:
    written = request.query_params.get("page", "1")
    if not written.isascii() or not written.isdigit() or len(written) > _LONGEST_NUMBER:
        raise BadParameter(Message("page must be a whole number, 1 or more."))
    return int(written)


async def opml(request: Request) -> Response:
    """GET /feeds.opml: all feeds, private sets if a token opens them."""
    format = _format(request)
    opened, token = auth.opened_sets(request), auth.token_in_address(request)

    def render(view: SiteView) -> bytes:
        site = view.config.site
        feeds = _opened(listing.summaries(view), opened, token)
        return opml_document(site, site.title, feeds, format)

    address = f"/feeds.opml?format={format}"
    return await _listed(
        request, address, "text/x-opml", render, private=opened, vary=_VARY_BY_READER
    )


async def set_opml(request: Request) -> Response:
    """GET /sets/NAME.opml: the feeds of a set."""
    format = _format(request)
    config = service_of(request).config
    name = set_name(FeedPath.parse(request.scope["path"].removesuffix(".opml")))
    is_private = auth.require_token(request, name)
    opened, token = auth.opened_sets(request), auth.token_in_address(request)
    if name not in config.sets:
        raise unknown_set(config, request.path_params["name"])
    path = FeedPath("sets", (name,))
    address = f"{path}.opml"
    if request.scope["path"] != f"{path.decoded}.opml":
        raise MovedFeed(address + (f"?format={format}" if format != Format.RSS else ""))

    def render(view: SiteView) -> bytes:
        feed_set = view.config.sets.get(name)  # of a configuration that may be newer
        if feed_set is None:
            raise unknown_set(view.config, name)
        auth.check_still_public(feed_set.private, is_private)
        members = _opened(listing.members(view, name), opened, token)
        return opml_document(view.config.site, feed_set.title, members, format)

    return await _listed(
        request,
        f"{address}?format={format}",
        "text/x-opml",
        render,
        private=opened,
        parts=("site", f"set/{name}"),
        vary=_VARY_BY_READER,
    )


async def index(request: Request) -> Response:
    """GET /feeds.json: all feeds, private sets if a token opens them."""
    opened, token = auth.opened_sets(request), auth.token_in_address(request)

    def render(view: SiteView) -> bytes:
        return index_document(view, _opened(listing.summaries(view), opened, token))

    return await _listed(
        request, "/feeds.json", "application/json", render, private=opened, vary=_VARY_BY_READER
    )


def index_document(view: SiteView, feeds: Iterable[FeedSummary]) -> bytes:
    """Return the machine-readable index of feeds."""
    base = view.config.site.base_url
    rows = (
        {
            "path": str(feed.path),
            "title": feed.title,
            "description": feed.description,
            "entries": feed.entries,
            "changed": feed.changed.isoformat() if feed.changed else None,
            "page": base + feed.address(),
            **{str(format): base + feed.address(format) for format in Format},
        }
        for feed in feeds
    )
    # A line for each: indenting further takes json five times as long.
    document = BytesIO()
    document.write(b'{"title": %b, "feeds": [' % _json(view.config.site.title))
    for number, row in enumerate(rows):
        document.write(b",\n" if number else b"\n")
        document.write(_json(row))
    document.write(b"\n]}\n")
    return document.getvalue()


async def sitemap(request: Request) -> Response:
    """GET /sitemap.xml: the public pages of feeds; of many, an index of the parts: `?page=2`."""
    number = _page_number(request) if "page" in request.query_params else None

    def render(view: SiteView) -> bytes:
        pages = listing.public_pages(view, feed_index(view))
        starts = range(0, len(pages), _MOST_ADDRESSES)
        if number is not None and not 1 <= number <= len(starts):
            message = Message("There is no page %(number)s.", number=str(number))
            raise UnknownFeed(message, ("/sitemap.xml",))
        base = view.config.site.base_url
        if number is None and len(starts) > 1:
            newest = (max(page[2] for page in pages[start:][:_MOST_ADDRESSES]) for start in starts)
            parts = enumerate(newest, 1)
            return _sitemap(
                ("sitemapindex", "sitemap"),
                ((f"{base}/sitemap.xml?page={part}", changed) for part, changed in parts),
            )
        start = starts[(number or 1) - 1]
        return _sitemap(
            ("urlset", "url"),
            (
                (f"{base}{FeedPath(kind, (name,) if name else ())}", changed)
                for kind, name, changed in pages[start : start + _MOST_ADDRESSES]
            ),
        )

    address = "/sitemap.xml" + (f"?page={number}" if number is not None else "")
    return await _listed(request, address, "application/xml", render)


def _sitemap(names: tuple[str, str], addresses: Iterable[tuple[str, int]]) -> bytes:
    """Return a document of addresses and when they changed, in seconds since 1970, if known."""
    outer, inner = names
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<{outer} xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    for address, changed in addresses:
        dated = f"<lastmod>{moment(changed).isoformat()}</lastmod>" if changed else ""
        lines.append(f"<{inner}><loc>{escape(address)}</loc>{dated}</{inner}>")
    return "\n".join((*lines, f"</{outer}>\n")).encode()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _format(request: Request) -> Format:
    written = request.query_params.get("format", "rss")
    if written not in list(Format):
        raise BadParameter(Message("format must be rss, atom or json."))
    return Format(written)


def _opened(
    feeds: Iterable[FeedSummary], opened: Sequence[str], token: str
) -> Iterator[FeedSummary]:
    """Yield feeds without the private sets that were not opened.

    The addresses of those that were opened have the token in the address of the request.
    """
    paths = {FeedPath("sets", (name,)) for name in opened}
    for feed in feeds:
        if feed.private and feed.path in paths:
            yield replace(feed, token=token)
        elif not feed.private:
            yield feed


async def _listed(
    request: Request,
    address: str,
    media_type: str,
    render: Render,
    headers: Headers = (),
    private: Sequence[str] = (),
    parts: Sequence[str] = ("site", "sets"),
    vary: str = "Accept-Encoding",
) -> Response:
    """Respond with a list of feeds.

    Any change of an entry may change it, and so may changes of `parts` of the configuration.
    With `private` sets in it, it has a key of its own in the cache.
    """
    service = service_of(request)
    coding = coding_of(request)
    if private:
        token = auth.token_in_address(request)
        address = auth.private_key(address, quote("+".join(private)), token)

    async def make(demand: Demand) -> Representation:
        def work(view: SiteView) -> Representation:
            # Entries decide titles too: topics and providers have their commonest spelling.
            changed = feed_index(view).total.modified
            return Representation(
                Document(
                    render(view),
                    f"{media_type}; charset=utf-8",
                    view.departures([EVERYTHING], parts=parts).modified([changed]),
                    frozenset((("all", 0), *((part, 0) for part in parts))),
                    view.levels(),
                    (cache_tag(view.config.site), *headers),
                    settings=frozenset(parts),
                    max_age=view.config.max_age,
                    private=bool(private),
                    vary=vary,
                ),
                service.now(),
            )

        representation = await service.catalog.read(work, demand)
        if representation.length > _LARGE:
            # Before it is cached: without a coding, a list of all feeds would evict hundreds
            # of documents.
            await in_low_priority_thread(representation.encode, coding)
            await in_low_priority_thread(process_tuning.trim)
        return representation

    return await serve(request, address, make)
