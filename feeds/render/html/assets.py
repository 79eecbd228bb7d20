"""What pages need beside themselves: a style sheet, a script, an icon.

Each is served at an address with a digest of its bytes in it, so that it may be
kept for ever: other bytes have another address.
"""

from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from importlib.resources import files
from typing import Final

FOLDER: Final = "/static/"
_MEDIA_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Static:
    """A file of the package, as it is served."""

    path: str
    media_type: str
    body: bytes


@lru_cache(maxsize=1)
def statics() -> dict[str, Static]:
    """The files by their own names: `style.css`, `script.js`, `icon.svg`."""
    folder = files("feeds.render.html").joinpath("static")
    return {one.name: _static(one.name, one.read_bytes()) for one in folder.iterdir()}


def static_at(path: str) -> Static | None:
    """The file that is served at a path."""
    return next((one for one in statics().values() if one.path == path), None)


def _static(name: str, body: bytes) -> Static:
    stem, _, suffix = name.rpartition(".")
    digest = blake2b(body, digest_size=6).hexdigest()
    return Static(f"{FOLDER}{stem}.{digest}.{suffix}", _MEDIA_TYPES[suffix], body)
