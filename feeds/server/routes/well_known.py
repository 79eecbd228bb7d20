"""Files that browsers, crawlers and researchers ask any server for: `robots.txt` and its like.

None of them needs the catalog.
"""

from collections.abc import Callable
from datetime import UTC, timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from feeds.config import Config
from feeds.errors import UnknownFeed
from feeds.locale import Message
from feeds.render.html.environment import static_files
from feeds.server.admission import Demand
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import ALWAYS, cache_control, cache_tag, serve
from feeds.server.state import service_of

Write = Callable[[Config], bytes]

_TEXT: Final = "text/plain; charset=utf-8"
_NOTHING: Final[frozenset[Any]] = frozenset()
_ICON: Final = "/favicon.ico"
_ICON_MAX_AGE: Final = 86400  # seconds
# Forms and the operator's page, and pages with a query: there is no end of those. `Allow` is for
# pages of lists, and for feeds with a query, since some readers obey this file. The longest rule
# that matches counts: RFC 9309 2.2.2.
_RULES: Final = (
    ("Disallow", "/compose"),
    ("Disallow", "/search"),
    ("Disallow", "/status"),
    ("Disallow", "/*?"),
    ("Allow", "/*?page="),
    ("Allow", "/*.rss?"),
    ("Allow", "/*.atom?"),
    ("Allow", "/*.json?"),
)


async def robots(request: Request) -> Response:
    """GET /robots.txt: RFC 9309."""
    return await _serve(request, "/robots.txt", _TEXT, _robots)


async def security(request: Request) -> Response:
    """GET /.well-known/security.txt: RFC 9116."""
    return await _serve(request, "/.well-known/security.txt", _TEXT, _security)


async def favicon(request: Request) -> Response:
    """GET /favicon.ico: redirect to the icon that is configured, else send one in that format.

    Not the SVG: Safari and many feed readers show none.
    """
    config = service_of(request).config
    icon, base = urlsplit(config.site.icon), urlsplit(config.site.base_url)
    leads_here = (icon.hostname, icon.path) == (base.hostname, base.path + _ICON)
    if config.site.icon and not leads_here:
        headers = {
            "Location": config.site.icon,
            "Cache-Control": cache_control(_ICON_MAX_AGE),
            **ALWAYS,
        }
        return Response(f"The icon is at {config.site.icon}.\n", 302, headers, _TEXT)
    file = static_files()["favicon.ico"]
    return await _serve(request, _ICON, file.media_type, lambda _: file.body, _ICON_MAX_AGE)


def _robots(config: Config) -> bytes:
    base = urlsplit(config.site.base_url).path
    rules = (f"{field}: {base}{path}" for field, path in _RULES)
    sitemap = f"Sitemap: {config.site.base_url}/sitemap.xml"
    return _lines("User-agent: *", *rules, "", sitemap)


def _security(config: Config) -> bytes:
    """Return the file as it is configured. Raises UnknownFeed if it is not."""
    if config.security is None:
        raise UnknownFeed(Message("There is no security.txt here."))
    base, path = config.site.base_url, "/.well-known/security.txt"
    # Only the one at the root of the host counts, which a proxy may have from below a path; and
    # only by https: RFC 9116 2.5.2.
    places = dict.fromkeys((base.removesuffix(urlsplit(base).path) + path, base + path))
    expires = config.security.expires.astimezone(UTC)
    return _lines(
        *(f"Contact: {contact}" for contact in config.security.contact),
        f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {config.site.language}",
        *(f"Canonical: {place}" for place in places if place.startswith("https:")),
    )


def _lines(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


async def _serve(
    request: Request, address: str, media_type: str, write: Write, max_age: int = 0
) -> Response:
    """Respond with what `write` makes of the configuration, fresh for `max_age` seconds or as
    long as the site's feeds are.

    It is as new as this process has it, since nobody knows when a configuration was written;
    half a second more, because a change may come in the same second.
    """
    service = service_of(request)

    async def render(_: Demand) -> Representation:
        config, now = service.config, service.now()
        modified = now.replace(microsecond=0) + timedelta(seconds=0.5)
        return Representation(
            Document(
                write(config),
                media_type,
                modified,
                _NOTHING,
                _NOTHING,
                (cache_tag(config.site),),
                max_age=max_age or config.max_age,
            ),
            now,
        )

    return await serve(request, address, render)
