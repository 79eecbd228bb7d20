"""Jinja2, as all pages use it: every value escaped, no script or style within.

Links within the site begin at its root, so that pages work under whatever name
the server is reached by; the addresses of feeds, which readers keep, are whole.
"""

from datetime import datetime
from functools import lru_cache
from typing import Final
from urllib.parse import urlsplit

from jinja2 import Environment, PackageLoader, StrictUndefined

from feeds.model import Format, Site
from feeds.render.html.assets import statics
from feeds.util import text

_FORMATS: Final = tuple(Format)
_LONGEST_TITLE: Final = 300
_LONGEST_SUMMARY: Final = 600


def page(template: str, site: Site, **values: object) -> bytes:
    """A page of a site."""
    root = root_of(site)
    found = {name.replace(".", "_"): root + one.path for name, one in statics().items()}
    made = environment().get_template(template)
    return made.render(formats=_FORMATS, site=site, root=root, static=found, **values).encode()


def root_of(site: Site) -> str:
    """The path that all paths of a site begin with; mostly empty."""
    return urlsplit(site.base_url).path.rstrip("/")


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The one environment, its templates compiled once."""
    made = Environment(
        loader=PackageLoader("feeds.render.html"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "day": day,
        "minute": minute,
        "clock": clock,
        "grouped": grouped,
        "title": lambda words: text.shorten(words, _LONGEST_TITLE),
        "summary": lambda words: text.shorten(words, _LONGEST_SUMMARY),
        "initial": initial,
        "zip": zip,
    }
    return made


def day(moment: datetime) -> str:
    """`24 January 2020`."""
    return f"{moment.day} {moment:%B %Y}"


def minute(moment: datetime) -> str:
    """`24 January 2020, 18:11 UTC`."""
    return f"{day(moment)}, {moment:%H:%M} UTC"


def clock(moment: datetime) -> str:
    """`18:11 UTC`."""
    return f"{moment:%H:%M} UTC"


def grouped(number: int) -> str:
    """Thousands apart: `12,345`."""
    return f"{number:,}"


def initial(name: str) -> str:
    """What stands for a name that has no icon: its first letter or digit."""
    return next((c for c in name if c.isalnum()), "•").upper()
