"""Fill in the templates of pages, and give their style sheet, script and icon addresses.

Every value is escaped, and no script or style is written into a page. Links
within the site begin at its root, so that pages work under any name of the
server; the addresses of feeds, which readers keep, are absolute.

A static file is served at an address with a digest of its bytes in it, so that
it may be cached for ever: other bytes have another address.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache, partial
from hashlib import blake2b
from importlib.resources import files
from typing import Final
from urllib.parse import urlsplit

from babel.numbers import format_decimal
from jinja2 import Environment, PackageLoader, StrictUndefined

from feeds.model import Format, Media, Site
from feeds.render import Check, go_on
from feeds.render.entry_content import content
from feeds.util import dates, text

STATIC_FOLDER: Final = "/static/"
_FORMATS: Final = tuple(Format)
_LONGEST_TITLE: Final = 300  # characters
_LONGEST_SUMMARY: Final = 600
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
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
    filled = _environment(site.timezone).get_template(template)
    written = []
    for piece in filled.generate(formats=_FORMATS, site=site, root=root, static=static, **values):
        check()
        written.append(piece)
    return "".join(written).encode()


@lru_cache(maxsize=1)
def static_files() -> dict[str, StaticFile]:
    """Return the static files by their own names: `style.css`, `script.js`, `icon.svg`."""
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
def _environment(timezone: str) -> Environment:
    """Return the environment of a time zone, which compiles each template once.

    There is one at a time, since a process serves one site.
    """
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
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    environment.filters |= {
        "day": lambda moment: day(local(moment)),
        "minute": lambda moment: minute(local(moment)),
        "clock": lambda moment: clock(local(moment)),
        "grouped": partial(format_decimal, locale="en"),  # 12,345
        "title": lambda words: text.shorten(words, _LONGEST_TITLE),
        "summary": lambda words: text.shorten(words, _LONGEST_SUMMARY),
        "initial": initial,
        "action": action,
        "playing_time": playing_time,
        "content": partial(content, full=True),
        "zip": zip,
    }
    return environment


def day(moment: datetime) -> str:
    """Return a date as `24 January 2020`."""
    return f"{moment.day} {moment:%B %Y}"


def clock(moment: datetime) -> str:
    """Return a time with its zone as `18:11 UTC`."""
    return f"{moment:%H:%M %Z}"


def minute(moment: datetime) -> str:
    """Return both as `24 January 2020, 18:11 UTC`."""
    return f"{day(moment)}, {clock(moment)}"


def action(file: Media) -> str:
    """Return what to do with a file, or with a page on which to watch or to listen."""
    kind = file.type.partition("/")[0]
    return {"audio": "Listen", "video": "Watch", "": "Open"}.get(kind, "Download")


def playing_time(seconds: int) -> str:
    """Return how long a recording plays, as `1:02:03` or `2:03`."""
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def initial(name: str) -> str:
    """Return the first letter or digit of a name, which is shown where it has no icon."""
    return next((c for c in name if c.isalnum()), "•").upper()
