"""The elements of HTML and MathML: which of them feeds keep, what becomes of the others, and what
their attributes say. Pure.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from turbohtml import Element, Node, Text

# What feed readers show, and the attributes of each. The W3C validator warns of anything beyond
# (frames and styles among it): https://validator.w3.org/feed/docs/warning/SecurityRisk.html
KEPT: Final[dict[str, frozenset[str]]] = {
    name: frozenset(("dir", "id", "lang", "title", *attributes.split()))
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
_DIVISIONS: Final = (
    "address article aside center details dialog fieldset footer form header hgroup legend main "
    "nav search section summary".split()
)
RENAMED: Final[dict[str, str]] = {
    **dict.fromkeys(_DIVISIONS, "div"),
    **dict.fromkeys(("dir", "menu"), "ul"),
    **dict.fromkeys(("listing", "plaintext", "xmp"), "pre"),
    "bdo": "span",
    "strike": "s",
}
# What begins a line of its own: words before and after it are apart.
BLOCKS: Final = frozenset(
    "blockquote body br caption dd dir div dl dt figcaption figure h1 h2 h3 h4 h5 h6 hr html "
    "listing li menu ol p plaintext pre table tbody td tfoot th thead tr ul xmp".split()
).union(_DIVISIONS)
# Removed with their text, which is for programs or part of a form. Of an element that is in none
# of these tables, what is within it stays.
REMOVED: Final = frozenset(
    "button datalist noembed noframes optgroup option script select style svg template textarea "
    "title".split()
)
# What is within these does not end a paragraph that they are in.
SCOPES: Final = ("applet", "marquee", "object")
VOID: Final = frozenset(("br", "col", "hr", "img"))
HOLDS_PARAGRAPHS: Final = frozenset("blockquote dd div figcaption figure li td th".split())
# Elements that a browser shows as separate objects within a line: they separate words.
SEPARATE: Final = frozenset(
    "applet button canvas embed input keygen label marquee meter object output progress select "
    "svg textarea".split()
)
# What leads somewhere by itself.
LINKING: Final = "a, audio, embed, iframe, img, object, video"

# Where scripts that load an image, a film or a frame when it is scrolled to find its address.
_LATE: Final = re.compile(
    r"data-(?:(?:[a-z]+-)?(?:actual|cf|defer|ez|lazy|ll|orig|original|real)-?)?src|"
    r"data-(?:echo|lazy|lazyload|original)"
).fullmatch
_LATE_SET: Final = re.compile(r"data-(?:[a-z]+-){0,2}srcset").fullmatch
_IS_PICTURE: Final = re.compile(r"[^\s{}]+\.(?:avif|gif|jpe?g|png|svg|webp)(?:[?#]\S*)?").fullmatch
_NEXT_CANDIDATE: Final = re.compile(r"(?<=\d[wx]),\s*|,\s+")

# How a line of text has what MathML shows by position.
_FORMS: Final[dict[str, str]] = {
    "mfrac": "{}/{}", "mover": "{}^{}", "mroot": "{}^(1/{})", "msqrt": "√{}", "msub": "{}_{}",
    "msubsup": "{}_{}^{}", "msup": "{}^{}", "munder": "{}_{}", "munderover": "{}_{}^{}",
}  # fmt: skip
_NO_PART: Final = REMOVED | {"annotation", "annotation-xml"}
_SIDES: Final = ("height", "width")
_NO_SIZE: Final = ("0", "0px", "1", "1px")
_ENDS_WITH_SPACE: Final = ("mspace", "mtd")
_TABLE: Final = re.compile(r"(<table\b|</table\b)", re.IGNORECASE)
_PART_OF_TABLE: Final = re.compile(
    r"<(/?)(?:caption|tbody|td|tfoot|th|thead|tr)(?=[\s/>])", re.IGNORECASE
)
_UNDISPLAYED: Final = re.compile(r"display\s*:\s*none\b", re.IGNORECASE).search
_IS_ONE: Final = re.compile(r"\w+|.", re.DOTALL).fullmatch


def without_stray_cells(source: str) -> str:
    """Return HTML with the parts of tables that stand in no table as `div`.

    The parser drops their tags, and the words before and after would join.
    """
    if not _PART_OF_TABLE.search(source):
        return source
    pieces = _TABLE.split(source)
    depth = 0
    for index, piece in enumerate(pieces):
        if index % 2:
            depth = max(0, depth - 1) if piece.startswith("</") else depth + 1
        elif not depth:
            pieces[index] = _PART_OF_TABLE.sub(r"<\1div", piece)
    return "".join(pieces)


def late_addresses(element: Element) -> Iterator[str]:
    """Yield the addresses that only a script would load: those of sets last."""
    attributes = _attributes(element)
    for name, value in attributes.items():
        if _LATE(name) and ("/" in value or "." in value):  # and not `true`
            yield value
    yield from (largest(value) for name, value in attributes.items() if _LATE_SET(name))


def pictures(element: Element) -> Iterator[str]:
    """Yield what looks like the address of an image in the attributes of a site's own scripts."""
    for name, value in _attributes(element).items():
        if name.startswith("data-") and _IS_PICTURE(value):
            yield value


def largest(candidates: str) -> str:
    """Return the address of the largest image of a `srcset`, or an empty string.

    https://html.spec.whatwg.org/multipage/images.html#parsing-a-srcset-attribute
    """
    split = [part.split() for part in _NEXT_CANDIDATE.split(candidates) if part.strip()]
    return max(split, key=_size, default=[""])[0]


def _size(candidate: list[str]) -> float:
    """Return how wide or dense an image of a `srcset` is: 2 for `["a.png", "2x"]`."""
    try:
        return float(candidate[1][:-1])
    except (IndexError, ValueError):
        return 1


def in_one_line(formula: Element, levels: int) -> str:
    """Return the text of MathML with signs for what it shows by position: `(a+b)/c`.

    Signs are written down to a depth of `levels`; below it there is only the text.
    """
    if not levels:
        return formula.text
    parts: list[str] = []
    for child in formula.children:
        if isinstance(child, Text):
            parts.append(child.data)
        elif isinstance(child, Element) and child.tag not in _NO_PART:
            parts.append(in_one_line(child, levels - 1))
    form = _FORMS.get(formula.tag, "")
    given = ["".join(parts)] if form.count("{}") == 1 else [part for part in parts if part.strip()]
    if not form or form.count("{}") != len(given):
        return "".join(parts) + (" " if formula.tag in _ENDS_WITH_SPACE else "")
    lines = (" ".join(part.split()) for part in given)
    return form.format(*(line if _IS_ONE(line) else f"({line})" for line in lines))


def shown_as(element: Element) -> str:
    """Return the name under which an element is kept, or an empty string."""
    name = RENAMED.get(element.tag, element.tag)
    if name == "p" and next(element.iter_elements(SCOPES), None) is not None:
        return "div"  # what is in these may have paragraphs of its own
    if name in KEPT:
        return name
    if element.attr("dir") is None and element.attr("lang") is None:
        return ""
    has_blocks = next(element.iter_elements(tuple(BLOCKS)), None) is not None
    return "div" if has_blocks or name in BLOCKS else "span"


def element_before(node: Node) -> Element | None:
    """Return the element right before a node, or None if text stands between."""
    return _next_element(node, lambda node: node.previous_sibling)


def element_after(node: Node) -> Element | None:
    """Return the element right after a node, or None if text stands between."""
    return _next_element(node, lambda node: node.next_sibling)


def _next_element(node: Node, step: Callable[[Node], Node | None]) -> Element | None:
    other = step(node)
    while other is not None and not isinstance(other, Element):
        if isinstance(other, Text) and not other.data.isspace():
            return None
        other = step(other)
    return other


def is_unseen(element: Element) -> bool:
    """Return whether an element with attributes is not to be shown.

    It is hidden, and neither MathML, which Wikipedia hides behind a drawing of it, nor an image
    that a script will show; or it is such a drawing.
    """
    if element.attr("hidden") in (None, "until-found") and not _is_undisplayed(element):
        return _is_drawing(element)
    return not (_has_formula(element) or next(late_addresses(element), ""))


def _is_undisplayed(element: Element) -> bool:
    style = element.attr("style")
    return style is not None and _UNDISPLAYED(style) is not None


def _is_drawing(element: Element) -> bool:
    """Return whether an element shows a formula that is written from what stands beside it.

    KaTeX, MathJax and Wikipedia put MathML for screen readers beside a drawing that is hidden
    from these; MathJax 2 puts a preview and a drawing before a script with the TeX.
    """
    if element.attr("aria-hidden") == "true":
        return any(map(_has_formula, (element_before(element), element_after(element))))
    if not _is_by_mathjax(element):
        return False
    second = element_after(element)
    if second is None or not _is_by_mathjax(second):
        return is_tex(second)
    return "MathJax_Preview" in (element.attr("class") or "") or is_tex(element_after(second))


def _has_formula(element: Element | None) -> bool:
    return element is not None and (element.tag == "math" or element.select_one("math") is not None)


def _is_by_mathjax(element: Element) -> bool:
    return "MathJax" in (element.attr("class") or "")


def is_tex(element: Element | None) -> bool:
    return (
        element is not None
        and element.tag == "script"
        and (element.attr("type") or "").startswith("math/tex")
    )


def only_image(element: Element) -> Element | None:
    """Return the image that is all that an element shows, or None."""
    if element.tag == "img":
        return element
    return None if element.text.strip() else element.select_one("img")


def is_beacon(frame: Element) -> bool:
    """Return whether a frame is only there to be fetched: it is not seen."""
    return _is_undisplayed(frame) or any(frame.attr(side) in _NO_SIZE for side in _SIDES)


def addresses(element: Element) -> Iterator[str | None]:
    """Yield what may be the address of what an element shows."""
    yield from late_addresses(element)
    yield element.attr("src")
    if element.tag == "object":
        yield element.attr("data")


def _attributes(element: Element) -> dict[str, str]:
    return {name: element.attr(name) or "" for name in element.attrs}
