"""Markdown and HTML from articles, to HTML that is safe and valid in a feed. Pure."""

import re
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

import nh3
from markdown_it import MarkdownIt

from feeds.util import text, urls

# What feed readers show; the W3C validator warns of anything beyond (iframes
# and style attributes among it): https://validator.w3.org/feed/docs/warning/SecurityRisk.html
_TAGS: Final = frozenset(
    "a abbr b blockquote br caption cite code col colgroup dd del dfn div dl dt em figcaption "
    "figure h1 h2 h3 h4 h5 h6 hr i img ins kbd li ol p pre q s samp small span strong sub sup "
    "table tbody td tfoot th thead tr tt u ul var".split()
)
_ATTRIBUTES: Final = {
    "a": {"href", "title", "hreflang"},
    "img": {"src", "alt", "title", "width", "height"},
    "blockquote": {"cite"},
    "q": {"cite"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_ADDRESSES: Final = frozenset(("href", "src", "cite"))
# Elements that are closed by themselves, or by the next of their kind.
_UNNESTED: Final = frozenset("br col dd dt hr img input li link meta p td th tr wbr".split())
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_COMMENT: Final = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
# The first tag alone: what is within a frame may be anything.
_OPENING: Final = re.compile(r"""<iframe\b(?:[^>"']|"[^"]*"|'[^']*')*>""", re.IGNORECASE)
_IFRAME: Final = re.compile(r"<iframe\b.*?(?:</iframe\s*>|/>|\Z)", re.IGNORECASE | re.DOTALL)
# An image whose address was removed, as one of data: is; attributes are as nh3 writes them.
_NO_IMAGE: Final = re.compile(r"""<img(?:\s+(?!src=)[a-z]+="[^"]*")*\s*/?>""")
_BLANK: Final = re.compile(r"\s+")


def from_markdown(source: str) -> str:
    """HTML of Markdown, as it is: HTML may stand in it."""
    return str(_markdown().render(source))


def sanitise(source: str, base: str) -> str:
    """HTML with only what readers show; relative addresses join `base`. Frames become
    links to what they frame."""
    if "<iframe" in source.lower():
        # What is commented out is for nobody, and an open frame in it not for the rest.
        source = _COMMENT.sub("", source)
        source = _IFRAME.sub(lambda frame: _framed_link(frame[0], base), source)

    def attribute(tag: str, name: str, value: str) -> str | None:
        if name in _ADDRESSES and not value.startswith(("https:", "http:", "mailto:")):
            try:
                return urljoin(base, value)
            except ValueError:
                return None
        return value

    cleaned = nh3.clean(
        source,
        tags=set(_TAGS),
        attributes=_ATTRIBUTES,
        attribute_filter=attribute,
        url_schemes={"http", "https", "mailto"},
        link_rel=None,
    )
    if "<img" in cleaned:
        cleaned = _NO_IMAGE.sub("", cleaned)
    # References such as &#11; are characters by now.
    return text.clean(cleaned).strip()


def depth(source: str) -> int:
    """How many elements of some HTML lie within each other, at most; roughly.

    Whoever builds a tree of it takes the square of this, so it is asked before.
    """
    deepest = open = 0
    for closing, tag in _TAG.findall(source):
        if tag.lower() not in _UNNESTED:
            open = max(0, open - 1) if closing else open + 1
            deepest = max(deepest, open)
    return deepest


def embed_address(source: str, base: str) -> str:
    """The address of the first frame of some HTML over https, or an empty string."""
    if "<iframe" not in source.lower():
        return ""
    for frame in _IFRAME.findall(_COMMENT.sub("", source)):
        address = _Frame.address(frame, base)
        if address.startswith("https:"):
            return address
    return ""


def plain_text(source: str) -> str:
    """The words of sanitised HTML, on one line."""
    collector = _Words()
    collector.feed(source)
    collector.close()
    return _BLANK.sub(" ", "".join(collector.words)).strip()


def _framed_link(frame: str, base: str) -> str:
    address = _Frame.address(frame, base)
    if not address:
        return ""
    return f'<p><a href="{escape(address)}">{escape(urls.host_of(address))}</a></p>'


class _Frame(HTMLParser):
    source: str = ""

    @classmethod
    def address(cls, frame: str, base: str) -> str:
        """What a frame shows, as a whole address; empty if that is none."""
        opening = _OPENING.match(frame)
        parser = cls()
        parser.feed(opening[0] if opening else "")
        address = parser.source.strip()
        if address.startswith("//"):
            address = "https:" + address
        try:
            return urls.usable(urljoin(base, address)) if address else ""
        except ValueError:
            return ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "iframe":
            self.source = dict(attrs).get("src") or ""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("a", "abbr", "b", "cite", "code", "em", "i", "q", "span", "strong", "u"):
            self.words.append(" ")


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
