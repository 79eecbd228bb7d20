"""The provider of an article: its own, or the host of its url. Pure."""

from contextlib import suppress
from functools import lru_cache
from typing import Final

from feeds.articles import field_names as names
from feeds.articles.fields import LONGEST_NAME, FieldReader, Fields
from feeds.articles.image_fields import read_images
from feeds.model import Provider
from feeds.problems import Code
from feeds.util import text, urls
from feeds.util.positions import Path

_IMAGES: Final = frozenset(names.IMAGES)
_OF_PROVIDER: Final = ("name", "domain", *names.IMAGES)


@lru_cache(maxsize=8192)
def _sound_provider(name: str, domain: str) -> Provider:
    """Return a provider whose name and domain need no change; raise ValueError for another.

    Cached, because most articles are by a few hundred providers.
    """
    if not name or not text.is_line(name) or len(name) > LONGEST_NAME:
        raise ValueError("is a name that has to be cleaned")
    return Provider(urls.without_www(urls.domain(domain)), urls.shown(name))


def read_provider(reader: FieldReader, fields: Fields, path: Path, url: str) -> Provider:
    """Return the provider of the article at a url."""
    value = fields.get("provider")
    if value is None or value == "":
        domain = urls.host_of(url)
        return Provider(domain, urls.shown(domain))
    here = (*path, "provider")
    if isinstance(value, str):
        key, colon, rest = value.partition(":")
        if colon and key in _OF_PROVIDER and not rest[:1].isspace():
            message, hint = "has no space after its colon", f"write {value.replace(':', ': ', 1)}"
            reader.note(here, Code.SYNTAX, message, hint)
        value = {"name": value}
    if not isinstance(value, dict):
        message = "is not a provider; the provider was taken from the url"
        reader.note(here, Code.NOT_A_MAPPING, message, "write provider: {name: …, domain: …}")
        value = {}
    provider = _named_provider(reader, value, here, url)
    reader.note_unknown(value, _OF_PROVIDER, here)
    has_images = not _IMAGES.isdisjoint(value)
    icons = read_images(reader, value, here, url) if has_images else ()
    return provider._replace(icon=icons[0].url) if icons else provider


def _named_provider(reader: FieldReader, fields: Fields, path: Path, url: str) -> Provider:
    """Return a provider by name and domain; without a domain, that of its article's url."""
    name, written = fields.get("name"), fields.get("domain")
    if isinstance(name, str) and isinstance(written, str):
        with suppress(ValueError):  # what is wrong is reported below
            return _sound_provider(name, written)
    domain = ""
    if written:
        with suppress(ValueError):
            domain = urls.without_www(urls.domain(written if isinstance(written, str) else ""))
        if not domain:
            message = "is not a host name; the provider was taken from the url"
            reader.note((*path, "domain"), Code.NOT_A_DOMAIN, message, "write it like example.org")
    domain = domain or urls.host_of(url)
    name = reader.text(fields, ("name",), path, LONGEST_NAME)
    return Provider(domain, urls.shown(name or domain))
