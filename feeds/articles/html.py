"""Markdown and HTML from articles, to HTML that is safe and valid in a feed. Pure.

HTML is parsed once, to the tree that a browser builds of it (HTML standard, section 13.2). What
a feed keeps is decided on that tree, by the tables below and by `_Writer`, which also writes it.
nh3 sanitizes what was written: it stands behind the tables in case they are wrong, and changes
nothing else.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from html import escape
from io import StringIO
from posixpath import basename
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import nh3
from markdown_it import MarkdownIt
from turbohtml import Element, Node, Text, parse_fragment

from feeds.problems import Code
from feeds.util import text, urls

_DEEPEST: Final = 500  # elements within each other
# nh3 takes the square of the length of a text with many references or no-break spaces; comments,
# which it removes, divide a long text into short ones.
_PIECE: Final = 4096
_LARGEST: Final = 2 * 1024 * 1024  # bytes of content
# And that of the length of an attribute with them; and `urlsplit`, of a host with many accents.
_LONGEST_ATTRIBUTE: Final = 8192

# What feed readers show, and the attributes of each. The W3C validator warns of anything beyond
# (frames and styles among it): https://validator.w3.org/feed/docs/warning/SecurityRisk.html
_KEPT: Final[dict[str, frozenset[str]]] = {
    name: frozenset(("dir", "lang", "title", *attributes.split()))
    for names, attributes in (
        ("abbr b bdi br caption cite code col colgroup dd del dfn div dl dt em figcaption", ""),
        ("figure h1 h2 h3 h4 h5 h6 hr i ins kbd p pre rp rt ruby s samp small span strong", ""),
        ("sub sup table tbody tfoot thead tr tt u ul var", ""),
        ("a", "href hreflang"),
        ("blockquote q", "cite"),
        ("img", "alt height src width"),
        ("li", "value"),
        ("ol", "reversed start type"),
        ("td th", "colspan rowspan"),
    )
    for name in names.split()
}
# Blocks that readers do not show become a div: without one, the words before and after would
# join. The others are old names, and `bdo`, of which the validator warns.
_RENAMED: Final[dict[str, str]] = {
    **dict.fromkeys(
        "address article aside center details dialog fieldset footer form header hgroup legend "
        "main nav search section summary".split(),
        "div",
    ),
    **dict.fromkeys(("dir", "menu"), "ul"),
    **dict.fromkeys(("listing", "plaintext", "xmp"), "pre"),
    "bdo": "span",
    "strike": "s",
}
# Removed with their text, which is for programs or part of a form. Of an element that is in none
# of these tables, what is within it stays.
_REMOVED: Final = frozenset(
    "button datalist noembed noframes optgroup option script select style svg template textarea "
    "title".split()
)
# What is within these does not end a paragraph that they are in.
_SCOPES: Final = ("applet", "marquee", "object")
_VOID: Final = frozenset(("br", "col", "hr", "img"))
_HOLDS_PARAGRAPHS: Final = frozenset("blockquote dd div figcaption figure li td th".split())
_ADDRESSES: Final = frozenset(("cite", "href", "src"))
_SCHEMES: Final = ("http", "https", "mailto")
_PLAIN: Final = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z]+(?:/|$)").match
_HAS_SCHEME: Final = re.compile(rf"(?:{'|'.join(_SCHEMES)}):", re.IGNORECASE).match
# Where scripts that load an image when it is scrolled to find its address.
_LAZY: Final = ("data-src", "data-lazy-src", "data-original")
_SETS: Final = ("data-srcset", "data-lazy-srcset", "srcset")
_NEXT_CANDIDATE: Final = re.compile(r"(?<=\d[wx]),\s*|,\s+")

# How a line of text has what MathML shows by position.
_OPERATORS: Final = {"mfrac": "/", "msub": "_", "msup": "^"}

_CLEANER: Final = nh3.Cleaner(
    tags=set(_KEPT),
    attributes={name: set(attributes) for name, attributes in _KEPT.items()},
    url_schemes=set(_SCHEMES),
    link_rel=None,
)


_TOO_DEEP: Final = f"nests more than {_DEEPEST} elements"
# Formatting elements that are left open are opened again in each paragraph, and so multiply.
_TOO_LARGE: Final = f"is more than {_LARGEST} bytes of HTML when every element is closed"


class TooMuch(Exception):
    """HTML that no feed takes: it nests too deep or is too long."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(message)
        self.code = code


class Content(NamedTuple):
    """HTML for feeds, and the https address of the first frame in it; empty if there is none."""

    html: str
    embed: str


def from_markdown(source: str) -> str:
    """Return Markdown (CommonMark, tables, strikethrough) as HTML; HTML in it stays as it is."""
    return str(_markdown().render(source))


def sanitize(source: str, base: str, title: str = "") -> Content:
    """Return what feeds show of some HTML; relative addresses are resolved against `base`.

    `title` is that of the article: frames without one of their own are linked by it. The HTML
    is empty if a reader would see nothing of it. Raises TooMuch.
    """
    writer = _Writer(base, title)
    writer.write_children(parse_fragment(source, positions=False), 0)
    if not writer.visible:
        return Content("", "")
    # Character references such as &#11; are characters by now.
    content = text.clean(_CLEANER.clean(writer.written.getvalue())).strip()
    if len(content.encode()) > _LARGEST:
        raise TooMuch(Code.TOO_LARGE, _TOO_LARGE)
    return Content(content, writer.embed)


@lru_cache(maxsize=1)
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")


class _Writer:
    """Writes what feeds show of a tree."""

    def __init__(self, base: str, title: str = "") -> None:
        self.written = StringIO()
        self.visible = False
        self.embed = ""
        self._base = base
        self._title = title
        self._open: list[str] = []  # names of elements that are not closed yet
        self._after_link: list[str] = []  # links that stood within a link
        self._image = ""  # the address of the last image
        self._source = ""  # the address for an image that a `source` beside it gives

    def write_children(self, node: Node, depth: int) -> None:
        """Write what is within a node that is itself within `depth` elements.

        Raises TooMuch. One call for each level: Python allows about a thousand.
        """
        for child in node.children:
            if isinstance(child, Text):
                self._write_text(child.data)
                continue
            if not isinstance(child, Element):
                continue  # a comment or a processing instruction
            tag = child.tag
            if tag in _REMOVED or (tag == "span" and _is_drawing(child)):
                continue
            if depth >= _DEEPEST:
                raise TooMuch(Code.TOO_DEEP, _TOO_DEEP)
            if self.written.tell() > _LARGEST:
                raise TooMuch(Code.TOO_LARGE, _TOO_LARGE)
            if special := _SPECIAL.get(tag):
                special(self, child, depth + 1)
                continue
            name = _RENAMED.get(tag, tag)
            if name == "p" and next(child.iter_elements(_SCOPES), None) is not None:
                name = "div"  # what is in these may have paragraphs of its own
            if name not in _KEPT:
                self.write_children(child, depth + 1)
                continue
            self.written.write(self._start_tag(name, child))
            if name in _VOID:
                continue
            self._open.append(name)
            self.write_children(child, depth + 1)
            self._close()

    def _close(self) -> None:
        name = self._open.pop()
        self.written.write(f"</{name}>")
        if name == "a":
            self.written.writelines(self._after_link)
            self._after_link.clear()

    def _write_text(self, data: str) -> None:
        self.visible = self.visible or text.is_visible(data)
        self.written.write(escape(data[:_PIECE], quote=False))
        for start in range(_PIECE, len(data), _PIECE):
            self.written.write(f"<!---->{escape(data[start : start + _PIECE], quote=False)}")

    def _start_tag(self, name: str, element: Element, address: str = "") -> str:
        """Return a start tag with the attributes that feeds keep; `address` is that of an image."""
        # Parsers drop the first newline of preformatted text, and one is dropped already.
        end = ">\n" if name == "pre" and element.text.startswith("\n") else ">"
        given = element.attrs
        if not given:
            return f"<{name}{end}"
        kept = _KEPT[name]
        values = {key: element.attr(key) or "" for key in given if key in kept}
        if address:
            values["src"] = address
        for key in _ADDRESSES.intersection(values):
            values[key] = self._address(values[key])
            if not values[key]:
                del values[key]
        values = {key: value[:_LONGEST_ATTRIBUTE] for key, value in values.items()}
        attributes = "".join(f' {key}="{escape(value)}"' for key, value in values.items())
        return f"<{name}{attributes}{end}"

    def _address(self, value: str | None) -> str:
        """Return a whole http, https or mailto address, or an empty string."""
        value = (value or "").strip()
        if len(value) > _LONGEST_ATTRIBUTE:
            return ""
        if _PLAIN(value):
            return value
        try:
            address = value if _HAS_SCHEME(value) else urljoin(self._base, value)
            parts = urlsplit(address)
            if parts.scheme != "mailto":
                urls.domain(parts.hostname or "")
        except ValueError:
            return ""
        return address if parts.scheme in _SCHEMES else ""

    def _first_address(self, values: Iterable[str | None]) -> str:
        return next(filter(None, (self._address(value) for value in values if value)), "")

    def write_frame(self, frame: Element, _depth: int) -> None:
        """Write a link to what a frame shows: readers show no frames."""
        source = (frame.attr("data-src") or frame.attr("src") or "").strip()
        if len(source) > _LONGEST_ATTRIBUTE:
            return
        if source.startswith("//"):
            source = f"https:{source}"
        try:
            address = urls.usable(urljoin(self._base, source)) if source else ""
        except ValueError:
            return
        if address:
            self._write_link(
                address, frame.attr("title"), self._title or urls.shown(urls.host_of(address))
            )
        if address.startswith("https:") and not self.embed:
            self.embed = address

    def write_film(self, film: Element, depth: int) -> None:
        """Write a link to a film or a recording, or else what stands in its place."""
        sources = (film, *film.select("source"))
        address = self._first_address(source.attr("src") for source in sources)
        if not address:
            self.write_children(film, depth + 1)
            return
        name = unquote(basename(urlsplit(address).path)) or urls.shown(urls.host_of(address))
        poster = self._first_address([film.attr("poster")])
        image = f'<img src="{escape(poster)}" alt=""> ' if poster else ""
        self._write_link(address, film.attr("title") or film.attr("aria-label"), name, image)

    def _write_link(self, address: str, title: str | None, name: str, image: str = "") -> None:
        """Write a link, in a paragraph where one may stand, and behind a link that it is within."""
        self.visible = True
        shown = text.one_line(title or "")[:_PIECE]
        label = escape(shown if text.is_visible(shown) else name, quote=False)
        link = f'<a href="{escape(address)}">{image}{label}</a>'
        if "a" in self._open:
            self._after_link.append(f" {link}")
        else:
            alone = _HOLDS_PARAGRAPHS.issuperset(self._open)
            self.written.write(f"<p>{link}</p>" if alone else link)

    def write_picture(self, picture: Element, depth: int) -> None:
        """Write the image of a picture."""
        self._source = ""
        self.write_children(picture, depth + 1)
        self._source = ""

    def write_source(self, source: Element, _depth: int) -> None:
        """Remember the first address of a picture: its image may have none of its own."""
        self._source = self._source or self._first_address(_from_sets(source))

    def write_image(self, image: Element, _depth: int) -> None:
        """Write an image that has an address, also where only a script would look for it."""
        own = (*map(image.attr, _LAZY), image.attr("src"), *_from_sets(image), self._source)
        address = self._first_address(own)
        # In `noscript` a lazy image is given once more.
        if address and not (address == self._image and image.closest("noscript")):
            self.visible = True
            self._image = address
            self.written.write(self._start_tag("img", image, address))

    def write_formula(self, formula: Element, _depth: int) -> None:
        """Write a formula in MathML as the TeX that it was made of, or else as its text."""
        tex = formula.select_one('annotation[encoding="application/x-tex"]')
        if tex is None:
            formula.remove("annotation, annotation-xml")
            for element in formula.find_all([*_OPERATORS]):
                _put_between(element, _OPERATORS[element.tag])
        shown = tex.text if tex is not None else formula.attr("alttext") or formula.text
        self._write_text(" ".join(shown.split()))

    def write_reading(self, reading: Element, depth: int) -> None:
        """Write how ruby text is read, in parentheses for readers that do not know ruby."""
        before = reading.previous_sibling
        if isinstance(before, Text) and before.data.isspace():
            before = before.previous_sibling
        has_own = isinstance(before, Element) and before.tag == "rp"
        self.written.write("" if has_own else "<rp>(</rp>")
        self.written.write(self._start_tag("rt", reading))
        self.write_children(reading, depth + 1)
        self.written.write("</rt>" if has_own else "</rt><rp>)</rp>")


_SPECIAL: Final[dict[str, Callable[[_Writer, Element, int], None]]] = {
    "audio": _Writer.write_film,
    "iframe": _Writer.write_frame,
    "img": _Writer.write_image,
    "math": _Writer.write_formula,
    "picture": _Writer.write_picture,
    "rt": _Writer.write_reading,
    "source": _Writer.write_source,
    "video": _Writer.write_film,
}


def _is_drawing(span: Element) -> bool:
    """Return whether KaTeX drew this beside the MathML of the same formula."""
    return "katex-html" in (span.attr("class") or "").split()


def _put_between(element: Element, sign: str) -> None:
    """Put a sign between the two elements within one."""
    second = [child for child in element.children if isinstance(child, Element)][1:2]
    for child in second:
        child.insert_before(Text(sign))


def _from_sets(element: Element) -> Iterator[str]:
    """Yield the address of the largest image of each `srcset` of an element.

    https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute
    """
    for value in map(element.attr, _SETS):
        if value:
            candidates = [part.split() for part in _NEXT_CANDIDATE.split(value) if part.strip()]
            yield max(candidates, key=_size, default=[""])[0]


def _size(candidate: list[str]) -> float:
    """Return how wide or dense an image of a `srcset` is: 2 for `["a.png", "2x"]`."""
    try:
        return float(candidate[1][:-1])
    except (IndexError, ValueError):
        return 1
