"""What readers see of a shortcode or a component: an image, a player, a link. Pure."""

import re
from functools import lru_cache
from html import escape
from typing import Final

_ARGUMENT: Final = re.compile(
    r"""(?:(?P<key>[\w-]+)\s*[=:]\s*)?(?:(?<!\\)"(?P<double>(?:[^"\\]|\\.)*+)"|'(?P<single>[^']*)'|"""
    r"""`(?P<raw>[^`]*)`|(?P<bare>[^\s"'`,()=|]+))""",
    re.DOTALL,
)
_LITERAL_ADDRESS: Final = re.compile(
    r"""["']([^"'\n]*)["']\s*\|\s*(?:\w*url|prepend\s*:\s*site\.\w+)"""
).fullmatch
_BASE: Final = re.compile(
    r"(?:site\.(?:baseurl|url|base_url)|config\.base_url|SITEURL|baseurl)"
).fullmatch
# Where the address of a link begins: `](`, `[1]: `, `href="`.
_LINK: Final = re.compile(r"""(?:\]\(\s*<?|\]:[ \t]*<?|=["']?)(?:\{\{[^{}]*\}\})*$""").search
_LONGEST_BASE: Final = 100  # characters
_GOES_ON: Final = re.compile(r"[ \t]*\n[ \t>]*[^\s>]").match  # without a blank line
_TAG: Final = re.compile(r"</?([A-Za-z][\w-]*)").match
# With which a block of HTML begins that ends at a blank line, in CommonMark.
_BLOCKS: Final = frozenset(
    "address article aside blockquote center dd details dialog div dl dt figcaption figure footer "
    "form h1 h2 h3 h4 h5 h6 header hr iframe li main nav ol p section summary table tbody td tfoot "
    "th thead tr ul".split()
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

    Of one that leads to a file it is the name that links have for that, such as `@/blog/post.md`.
    """
    named, others = arguments(rest)
    first = next(iter(others), "")
    if name in _REFERENCES:
        path = named.get("path") or first
        return _address_of_file(f"_posts/{path}" if name == "post_url" else path)
    if name in _FIGURES:
        # As Hugo does; elsewhere the title is shown to a mouse only.
        return _image(named, named.get("title", "") if name == "figure" else "")
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


def shown_by_output(inside: str) -> str | None:
    """Return the address that an expression of a template writes; None if it has to be run."""
    if address := _LITERAL_ADDRESS(inside):
        return address[1]
    return "" if _BASE(inside) else None


def takes_next_line(body: str, start: int, end: int, html: str, paragraph: int) -> bool:
    """Return whether Markdown would take the next line for HTML if this HTML stood in a place.

    No generator does so: it writes its HTML later, and MDX has Markdown within HTML. `paragraph`
    is where one begins behind what was dropped.
    """
    tag = _TAG(html)
    if not tag or not _GOES_ON(body, end):
        return False
    line = body.rfind("\n", 0, start) + 1
    above = body[body.rfind("\n", 0, max(line - 1, 0)) + 1 : line]
    is_first = line == paragraph or not above.strip(" \t>\n")
    return not body[line:start].strip(" \t>") and (is_first or tag[1] in _BLOCKS)


@lru_cache(maxsize=64)
def end_of(name: str, *, is_hugo: bool) -> re.Pattern[str]:
    """Return a pattern for what closes a shortcode or a tag."""
    if is_hugo:
        return re.compile(rf"\{{\{{[<%]\s*/\s*{name}\s*[>%]\}}\}}")
    return re.compile(rf"\{{%-?\s*end{name}\s*-?%\}}")


def is_in_link(body: str, start: int) -> bool:
    """Return whether a place is where Markdown or HTML has the address of a link, perhaps behind
    the base of it that a template writes."""
    return _LINK(body[max(0, start - _LONGEST_BASE) : start]) is not None


def trimmed(inside: str) -> str:
    """Return the inside of a tag without space and the dashes that take space away."""
    return inside.strip().removeprefix("-").removesuffix("-").strip()


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


def _image(attributes: dict[str, str], title: str = "") -> str:
    """Return an image, with a title and its caption if it has them; an empty string without its
    address."""
    source = attributes.get("src")
    if not source:
        return ""
    image = f'<img src="{escape(source)}" alt="{escape(attributes.get("alt", ""))}" />'
    lines = (title, attributes.get("caption"))
    caption = "<br />".join(escape(line, quote=False) for line in lines if line)
    return f"<figure>{image}<figcaption>{caption}</figcaption></figure>" if caption else image


def _player(site: str, id: str) -> str:
    """Return the player of a film, or an empty string without its id."""
    return f'<iframe src="{_PLAYERS[site]}{id}"></iframe>' if _IS_ID(id) else ""


def _address_of_file(path: str) -> str:
    """Return how a body names the file that a link leads to: as Zola does, `@/blog/post.md`."""
    if path.startswith(("#", "http:", "https:")):
        return path
    return f"@/{path.removeprefix('@').lstrip('/')}".replace(" ", "%20")
