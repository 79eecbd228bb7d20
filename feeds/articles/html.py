"""HTML from articles, to HTML that is safe and valid in a feed. Pure.

HTML is parsed once, to the tree that a browser builds of it (HTML standard, section 13.2). What
a feed keeps is decided on that tree, by the tables below and by `_Writer`, which also writes it.
nh3 sanitizes what was written: it stands behind the tables in case they are wrong, and changes
nothing else.
"""

import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from html import escape
from io import StringIO
from itertools import chain
from posixpath import basename
from typing import Final, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit

import nh3
from turbohtml import Element, Node, Text, parse, parse_fragment

from feeds.articles import elements
from feeds.articles.anchors import Anchors, Site, Tree
from feeds.articles.elements import BLOCKS, KEPT, REMOVED, SEPARATE
from feeds.problems import Code
from feeds.util import text, urls

_DEEPEST: Final = 500  # elements within each other
# nh3 takes the square of the length of a text with many references or no-break spaces; comments,
# which it removes, divide a long text into short ones.
_PIECE: Final = 4096
_LARGEST: Final = 2 * 1024 * 1024  # bytes of content
# And that of the length of an attribute with them; and `urlsplit`, of a host with many accents.
_LONGEST_ATTRIBUTE: Final = 8192

_NO_SITE: Final = Site()
_ADDRESSES: Final = frozenset(("cite", "href", "src"))
_SCHEMES: Final = ("http", "https", "mailto")
_PLAIN: Final = re.compile(r"https?://(?:[a-z0-9-]+\.)+[a-z]+(?:/|$)").match
_HAS_SCHEME: Final = re.compile(rf"(?:{'|'.join(_SCHEMES)}):", re.IGNORECASE).match
# What the URL Standard removes from addresses (tabs, line ends), and what is not seen in them.
_UNSEEN: Final = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]"
)
# A numeric character reference; in HTML its semicolon may be missing.
_NUMERIC: Final = re.compile("&#([0-9]+|[xX][0-9a-fA-F]+);?")
_OPENS: Final = tuple("([{«“‘¿¡")  # no space is put after these
_CLOSES: Final = tuple(")]}»”’.,:;!?…")  # … and before these
_AS_IT_IS: Final = KEPT.keys() - {"p"}
_DOCUMENT: Final = re.compile(r"<(?:html|body)[\s/>]", re.IGNORECASE).search
# The encoding of what MathML was made of: `application/x-tex`, `LaTeX`, but not `text/plain`.
_TEX: Final = re.compile("tex(?!t)", re.IGNORECASE).search
_CDATA: Final = re.compile(r"%? ?(?:<!\[CDATA\[|\]\]>)")

_CLEANER: Final = nh3.Cleaner(
    tags=set(KEPT),
    attributes={name: set(attributes) for name, attributes in KEPT.items()},
    url_schemes=set(_SCHEMES),
    link_rel=None,
)

_TOO_DEEP: Final = f"nests elements more than {_DEEPEST} deep"
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


def sanitize(source: str, base: str, title: str = "", site: Site = _NO_SITE) -> Content:
    """Return what feeds show of some HTML; relative addresses are resolved against `base`.

    `title` is that of the article: frames without one of their own are linked by it. Paths
    that begin with a slash are resolved against the `site`, which knows other articles too. The
    HTML is empty if a reader would see nothing of it. Raises TooMuch.
    """
    source = elements.without_stray_cells(_NUMERIC.sub(_checked, source))
    # Only a whole document has the attributes of its `html` and `body`.
    parser = parse if _DOCUMENT(source) else parse_fragment
    tree = parser(source, positions=False)
    writer = _Writer(tree, base, title, site)
    writer.write_children(tree, 0)
    if not writer.visible:
        return Content("", "")
    content = text.clean(_CLEANER.clean(writer.written.getvalue())).strip()
    if len(content.encode()) > _LARGEST:
        raise TooMuch(Code.TOO_LARGE, _TOO_LARGE)
    return Content(content, writer.embed)


def _checked(reference: re.Match[str]) -> str:
    """Return a numeric reference, or a character that is removed from all content for one that
    the parser would make U+FFFD."""
    return reference[0] if text.numeric(reference[1]) else "\x01"


class _Writer:
    """Writes what feeds show of a tree."""

    def __init__(self, tree: Tree, base: str, title: str = "", site: Site = _NO_SITE) -> None:
        self.written = StringIO()
        self.visible = False
        self.embed = ""
        self._anchors = Anchors(tree, base, site.address_of)
        self._base = base
        self._site = site.base
        self._title = title
        self._open: list[str] = []  # names of elements that are not closed yet
        self._after_link: list[str] = []  # links that stood within a link
        self._source = ""  # the address for an image that a `source` beside it gives
        self._in_noscript = False
        # Of images that scripts would load or replace: whether each stands in `noscript`.
        self._late: dict[str, bool] = {}
        self._ends_in_word = False  # what is written in this line, before any tag
        self._is_apart = False  # whether the next text begins a new word

    def write_children(self, node: Node, depth: int) -> None:
        """Write the content of a node that is nested in `depth` elements.

        Raises TooMuch. One call for each level: Python allows about a thousand.
        """
        for child in node.children:
            if isinstance(child, Text):
                self._write_text(child.data)
                continue
            if not isinstance(child, Element):
                continue  # a comment or a processing instruction
            if child.attrs and elements.is_unseen(child):
                continue
            tag = child.tag
            special = _SPECIAL.get(tag)
            if tag in REMOVED and not special:
                self._is_apart = self._is_apart or tag in SEPARATE
                continue
            if depth >= _DEEPEST:
                raise TooMuch(Code.TOO_DEEP, _TOO_DEEP)
            if self.written.tell() > _LARGEST:
                raise TooMuch(Code.TOO_LARGE, _TOO_LARGE)
            if special:
                special(self, child, depth + 1)
            elif name := tag if tag in _AS_IT_IS else elements.shown_as(child):
                self.written.write(self._start_tag(name, child))
                if name in BLOCKS:
                    self._ends_in_word = False
                if name in elements.VOID:
                    continue
                self._open.append(name)
                self.write_children(child, depth + 1)
                self._close()
            else:
                self._is_apart = self._is_apart or tag in SEPARATE
                self.write_children(child, depth + 1)
                self._is_apart = self._is_apart or tag in SEPARATE

    def _close(self) -> None:
        name = self._open.pop()
        self.written.write(f"</{name}>")
        if name in BLOCKS:
            self._ends_in_word = False
        if name == "a" and self._after_link:
            self.written.writelines(self._after_link)
            self._after_link.clear()
            self._ends_in_word = self._is_apart = True

    def _write_text(self, data: str, *, apart: bool = False) -> None:
        """Write text; `apart` puts a space between it and the words around it."""
        if apart or self._is_apart:
            self._write_space(data)
        self._ends_in_word = data[-1:] not in _OPENS and not data[-1:].isspace()
        self._is_apart = apart
        self.visible = self.visible or text.is_visible(data)
        self.written.write(escape(data[:_PIECE], quote=False))
        for start in range(_PIECE, len(data), _PIECE):
            self.written.write(f"<!---->{escape(data[start : start + _PIECE], quote=False)}")

    def _write_space(self, following: str) -> None:
        """Write a space if this line ends in a word and another follows."""
        is_word = following[:1] not in _CLOSES and not following[:1].isspace()
        if self._ends_in_word and is_word:
            self.written.write(" ")

    def _start_tag(self, name: str, element: Element, address: str = "") -> str:
        """Return a start tag with the attributes that feeds keep; `address` is that of an image."""
        # Parsers drop the first newline of preformatted text, and one is dropped already.
        end = ">\n" if name == "pre" and element.text.startswith("\n") else ">"
        given = element.attrs
        if not given:
            return f"<{name}{end}"
        kept = KEPT[name]
        values = {key: element.attr(key) or "" for key in given if key in kept and key != "id"}
        if name == "a" and "href" in values:
            linked = self._anchors.address(values.pop("href"))
            values |= {} if linked is None else {"href": linked}
        if anchor := self._anchors.id_of(element):
            values["id"] = anchor
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
        if value and len(value) > _LONGEST_ATTRIBUTE:
            return ""
        value = _UNSEEN.sub("", value or "").strip().replace(" ", "%20")
        if _PLAIN(value):
            return value
        try:
            if self._site and value.startswith("/") and not value.startswith("//"):
                value = urls.on_site(value, self._site)
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
        """Write a link to the source of a frame, because feed readers show no frames."""
        if elements.is_beacon(frame):
            return
        address = self._first_address(elements.addresses(frame))
        with suppress(ValueError):  # of other schemes
            address = urls.usable(address)
            name = self._title or urls.shown(urls.host_of(address))
            self._write_link(address, frame.attr("title"), name)
            if address.startswith("https:") and not self.embed:
                self.embed = address

    def write_film(self, film: Element, depth: int) -> None:
        """Write a link to a film, a recording or another file, or else what stands in its place."""
        within = (child for child in film.children if isinstance(child, Element))
        sources = (film, *(child for child in within if child.tag == "source"))
        address = self._first_address(chain.from_iterable(map(elements.addresses, sources)))
        has_own_link = film.tag == "object" and film.select_one(elements.LINKING) is not None
        if not address or has_own_link:
            self._is_apart = True
            self.write_children(film, depth + 1)
            self._is_apart = True
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
        elif self._holds_paragraphs():
            self.written.write(f"<p>{link}</p>")
            self._ends_in_word = False
        else:
            self._write_space(label)
            self.written.write(link)
            self._ends_in_word = self._is_apart = True

    def _holds_paragraphs(self) -> bool:
        return elements.HOLDS_PARAGRAPHS.issuperset(self._open)

    def write_picture(self, picture: Element, depth: int) -> None:
        """Write the image of a picture."""
        self.write_children(picture, depth + 1)
        self._source = ""

    def write_source(self, source: Element, _depth: int) -> None:
        """Remember the first address of a picture: its image may have none of its own."""
        sets = (
            *elements.late_addresses(source),
            elements.largest(source.attr("srcset") or ""),
        )
        self._source = self._source or self._first_address(sets)

    def write_image(self, image: Element, depth: int) -> None:
        """Write an image that has an address, also where only a script would look for it."""
        late = self._first_address(elements.late_addresses(image))
        own = self._first_address([image.attr("src")])
        others = (
            elements.largest(image.attr("srcset") or ""),
            self._source,
            *elements.pictures(image),
        )
        address = late or own or self._first_address(others)
        is_late = late or not own or self._in_noscript or image.tag != "img"
        # In `noscript` a late image is given once more.
        is_copy = is_late and self._late.setdefault(address, self._in_noscript) != self._in_noscript
        if address and not is_copy:
            self.visible = True
            self.written.write(self._start_tag("img", image, address))
        self.write_children(image, depth + 1)  # of those of AMP

    def write_noscript(self, noscript: Element, depth: int) -> None:
        """Write the content for browsers without scripts, without copies of adjacent images."""
        images = noscript.select("img")
        if len(images) == 1 and not noscript.text.strip():
            for neighbour in (elements.element_before(noscript), elements.element_after(noscript)):
                image = neighbour and elements.only_image(neighbour)
                if image and self._first_address(elements.late_addresses(image)):
                    return
        outer, self._in_noscript = self._in_noscript, True
        self.write_children(noscript, depth + 1)
        self._in_noscript = outer

    def write_input(self, field: Element, _depth: int) -> None:
        """Write whether a task in a list is done; nothing of other parts of forms."""
        self._is_apart = True
        if field.attr("type") == "checkbox" and "li" in self._open:
            self._write_text("☐" if field.attr("checked") is None else "☑", apart=True)

    def write_script(self, script: Element, _depth: int) -> None:
        """Write the TeX of a formula that MathJax would show; nothing of any other script."""
        if elements.is_tex(script):
            tex = _CDATA.sub("", script.text)
            self._write_tex(tex, is_block="mode=display" in (script.attr("type") or ""))

    def write_formula(self, formula: Element, depth: int) -> None:
        """Write a formula in MathML as the TeX that it was made of, or else as its text."""
        annotations = formula.select("annotation")
        tex = next((note.text for note in annotations if _TEX(note.attr("encoding") or "")), "")
        shown = tex or formula.attr("alttext") or elements.in_one_line(formula, _DEEPEST - depth)
        self._write_tex(shown, is_block=formula.attr("display") == "block")

    def _write_tex(self, tex: str, *, is_block: bool) -> None:
        line = " ".join(tex.split())
        if line and is_block and self._holds_paragraphs():
            self.written.write("<p>")
            self._ends_in_word = False
            self._write_text(line)
            self.written.write("</p>")
            self._ends_in_word = False
        elif line:
            self._write_text(line, apart=is_block)

    def write_reading(self, reading: Element, depth: int) -> None:
        """Write how ruby text is read, in parentheses for readers that do not know ruby."""
        if reading.select_one("rt, rtc") is not None:  # it only holds others
            self.write_children(reading, depth + 1)
            return
        before = elements.element_before(reading)
        has_own = before is not None and before.tag == "rp"
        self.written.write("" if has_own else "<rp>(</rp>")
        self.written.write(self._start_tag("rt", reading))
        self.write_children(reading, depth + 1)
        self.written.write("</rt>" if has_own else "</rt><rp>)</rp>")


_SPECIAL: Final[dict[str, Callable[[_Writer, Element, int], None]]] = {
    "amp-anim": _Writer.write_image,
    "amp-audio": _Writer.write_film,
    "amp-iframe": _Writer.write_frame,
    "amp-img": _Writer.write_image,
    "amp-video": _Writer.write_film,
    "audio": _Writer.write_film,
    "embed": _Writer.write_film,
    "iframe": _Writer.write_frame,
    "img": _Writer.write_image,
    "input": _Writer.write_input,
    "math": _Writer.write_formula,
    "noscript": _Writer.write_noscript,
    "object": _Writer.write_film,
    "picture": _Writer.write_picture,
    "rt": _Writer.write_reading,
    "rtc": _Writer.write_reading,
    "script": _Writer.write_script,
    "source": _Writer.write_source,
    "video": _Writer.write_film,
}
