"""The head of an HTML page: its title, address and language, and what `meta` says of it. Pure.

Names of `meta` are those that Pelican reads (`<meta name="date" content="2024-05-01">`), and the
times of https://ogp.me/#type_article.
"""

import re
from typing import Final

from turbohtml import Element, parse

from feeds.util.positions import Mark, Path
from feeds.util.yaml_document import Document, Value

# Where the head ends; without it, all of a page may be its head.
_END: Final = re.compile(r"</head\s*>|<body[\s>]", re.IGNORECASE)
_NAMES: Final = {
    name: name
    for name in "author authors category date description keywords lang modified slug status "
    "summary tags".split()
} | {"article:published_time": "date", "article:modified_time": "modified"}


def read(content: str) -> Document:
    """Return the fields that the head of a page gives; none for a page without head."""
    end = _END.search(content)
    fields: dict[str, Value] = {}
    marks: dict[str, Mark] = {}
    for element in parse(content[: end.start()] if end else content).select(
        "html[lang], head > title, head > meta[content], head > link[rel~=canonical]"
    ):
        name, value = _field(element)
        if name and value.strip() and name not in fields:
            fields[name] = value.strip()
            marks[name] = Mark(element.source_line or 1, (element.source_col or 0) + 1)

    def locate(path: Path, *, key: bool = False) -> Mark:
        return marks.get(str(path[0]), Mark(1, 1)) if path else Mark(1, 1)

    return Document(fields, locate)


def _field(element: Element) -> tuple[str, str]:
    """Return the name of a field and its value, or an empty name."""
    if element.tag == "title":
        return "title", element.text
    if element.tag == "html":
        return "lang", str(element.attr("lang") or "")
    if element.tag == "link":
        return "url", str(element.attr("href") or "")
    name = str(element.attr("name") or element.attr("property") or "").lower()
    return _NAMES.get(name, ""), str(element.attr("content") or "")
