"""Fill in the templates of pages, and give their style sheet, script and icon addresses.

Every value is escaped, and no script or style is written into a page. Links
within the site begin at its root, so that pages work under any name of the
server; the addresses of feeds, which readers keep, are absolute.

A static file is served at an address with a digest of its bytes in it, so that
it may be cached for ever: other bytes have another address.
"""

from dataclasses import dataclass
from functools import lru_cache, partial
from hashlib import blake2b
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from feeds.locale.locales import Locale, locale_of
from feeds.model import Format, Media, Site
from feeds.render import Check, go_on
from feeds.render.entry_content import body
from feeds.render.html.stories import has_both
from feeds.util import dates, text
from feeds.util.urls import shown

STATIC_FOLDER: Final = "/static/"
_FORMATS: Final = tuple(Format)
_LONGEST_TITLE: Final = 300  # characters
_LONGEST_SUMMARY: Final = 600
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "ico": "image/vnd.microsoft.icon",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class StaticFile:
    """A file of the package, as it is served."""

    path: str
    media_type: str
    body: bytes


def page(template: str, site: Site, check: Check = go_on, **values: object) -> bytes:
    """Return a page of a site in UTF-8, from a template and the values that it names.

    `check` is called now and then, at least before each entry, and may end it by an exception.
    """
    root = urlsplit(site.base_url).path.rstrip("/")
    static = {name.replace(".", "_"): root + file.path for name, file in static_files().items()}
    filled = _environment(site.language, site.timezone).get_template(template)
    written = []
    for piece in filled.generate(formats=_FORMATS, site=site, root=root, static=static, **values):
        check()
        written.append(piece)
    return "".join(written).encode()


@lru_cache(maxsize=1)
def static_files() -> dict[str, StaticFile]:
    """Return the static files by their own names: `style.css`, `script.js`, `icon.svg` …"""
    folder = files("feeds.render.html").joinpath("static")
    return {file.name: _static_file(file.name, file.read_bytes()) for file in folder.iterdir()}


def static_file_at(path: str) -> StaticFile | None:
    """Return the file that is served at a path."""
    return next((file for file in static_files().values() if file.path == path), None)


def _static_file(name: str, body: bytes) -> StaticFile:
    stem, _, suffix = name.rpartition(".")
    digest = blake2b(body, digest_size=6).hexdigest()
    return StaticFile(f"{STATIC_FOLDER}{stem}.{digest}.{suffix}", _MEDIA_TYPES[suffix], body)


@lru_cache(maxsize=1)
def _environment(language: str, timezone: str) -> Environment:
    """Return the environment of a language and a time zone, which compiles each template once.

    There is one at a time, since a process serves one site.
    """
    locale = locale_of(language)
    local = partial(dates.in_zone, zone=timezone)
    environment = Environment(
        loader=PackageLoader("feeds.render.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = locale.translations
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        words.gettext, words.ngettext, newstyle=True, pgettext=words.pgettext
    )
    # Of the interface: articles and titles have their own.
    environment.globals |= {"lang": locale.language, "dir": locale.direction}
    environment.filters |= {
        "day": lambda moment: locale.day(local(moment)),
        "minute": lambda moment: locale.minute(local(moment)),
        "clock": lambda moment: locale.clock(local(moment)),
        "grouped": locale.number,
        "title": lambda words: text.shorten(words, _LONGEST_TITLE),
        "summary": lambda words: text.shorten(words, _LONGEST_SUMMARY),
        "initial": initial,
        "domain": shown,
        "kind": locale.kind,
        "has_both": has_both,
        "action": partial(action, locale),
        "playing_time": playing_time,
        "content": partial(body, full=True),
        "zip": zip,
    }
    return environment


def action(locale: Locale, file: Media) -> str:
    """Return what to do with a file, or with a page on which to watch or to listen."""
    match file.type.partition("/")[0]:
        case "audio":
            return locale.gettext("Listen")
        case "video":
            return locale.gettext("Watch")
        case "":
            return locale.pgettext("a page", "Open")
    return locale.gettext("Download")


def playing_time(seconds: int) -> str:
    """Return how long a recording plays, as `1:02:03` or `2:03`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def initial(name: str) -> str:
    """Return the first letter or digit of a name, which is shown where it has no icon."""
    return next((c for c in name if c.isalnum()), "•").upper()
