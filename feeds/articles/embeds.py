"""What readers see of a shortcode or a component: an image, a player, a link. Pure."""

import re
from html import escape
from typing import Final

_ARGUMENT: Final = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*[=:]\s*)?(?:(?<!\\)"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>[^']*)'|"""
    r"""`(?P<raw>[^`]*)`|(?P<bare>[^\s"'`,()=|]+))""",
    re.DOTALL,
)
_REFERENCES: Final = frozenset(("get_url", "link", "post_url", "ref", "relref"))
_FIGURES: Final = frozenset(("figure", "image", "img"))
_PLAYERS: Final = {
    "vimeo": "https://player.vimeo.com/video/",
    "youtube": "https://www.youtube.com/embed/",
}
_IS_ID: Final = re.compile(r"[\w-]{1,40}").fullmatch


def shown_by_call(name: str, rest: str) -> str:
    """Return what a shortcode or tag shows, by its name and what follows that; or an empty string.

    One that leads to a file gives an address as `address_of_file` has it.
    """
    named, others = arguments(rest)
    first = next(iter(others), "")
    if name in _REFERENCES:
        path = named.get("path") or first
        return _address_of_file(f"_posts/{path}" if name == "post_url" else path)
    if name in _FIGURES:
        return _image(named)
    return _player(name, named.get("id") or first) if name in _PLAYERS else ""


def shown_by_component(name: str, attributes: dict[str, str]) -> str:
    """Return HTML for a component that is a link, an image or a player, or an empty string."""
    lower = name.lower()
    if name == "Link":
        return f'<a href="{escape(attributes.get("to") or attributes.get("href") or "")}">'
    if lower.endswith(("image", "img")):
        return _image(attributes)
    for site in _PLAYERS:
        if site in lower:
            keys = (key for key in attributes if key.lower().endswith("id"))
            return _player(site, attributes.get(next(keys, ""), ""))
    return ""


def arguments(source: str) -> tuple[dict[str, str], list[str]]:
    """Return the arguments of a shortcode: those with a name, and the others."""
    named: dict[str, str] = {}
    others: list[str] = []
    for found in _ARGUMENT.finditer(source):
        value = next(filter(None, found.group("double", "single", "raw", "bare")), "")
        value = value.replace('\\"', '"')
        if found["key"]:
            named.setdefault(found["key"], value)
        else:
            others.append(value)
    return named, others


def _image(attributes: dict[str, str]) -> str:
    """Return an image, with its caption if it has one; an empty string without its address."""
    source = attributes.get("src")
    if not source:
        return ""
    image = f'<img src="{escape(source)}" alt="{escape(attributes.get("alt", ""))}" />'
    caption = attributes.get("caption")
    if not caption:
        return image
    return f"<figure>{image}<figcaption>{escape(caption, quote=False)}</figcaption></figure>"


def _player(site: str, id: str) -> str:
    """Return the player of a film, or an empty string without its id."""
    return f'<iframe src="{_PLAYERS[site]}{id}"></iframe>' if _IS_ID(id) else ""


def _address_of_file(path: str) -> str:
    """Return how a body names the file that a link leads to: as Zola does, `@/blog/post.md`."""
    if path.startswith(("#", "http:", "https:")):
        return path
    return f"@/{path.removeprefix('@').lstrip('/')}".replace(" ", "%20")
