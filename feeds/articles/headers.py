"""Fields above the body without lines around them: header lines and the head of a page. Pure.

Header lines (`Title: …`) are those of Pelican and MultiMarkdown. They end at the first blank line,
or at one that is neither `Key: value` nor indented. Of the head of an HTML page, `meta` has the
names that Pelican reads, and the times of https://ogp.me/#type_article.
https://docs.getpelican.com/en/stable/content.html#file-metadata
https://fletcher.github.io/MultiMarkdown-6/syntax/metadata.html
"""

import re
from typing import Final, NamedTuple

from turbohtml import Element, parse

from feeds.articles import field_names
from feeds.util.positions import Mark, Path
from feeds.util.yaml_document import (
    MOST_MISTAKES,
    Document,
    Malformed,
    Value,
    key_given_twice,
)

_LINE: Final = re.compile(r" {0,3}([A-Za-z0-9][\w-]*+(?: [\w-]++)*+)[ \t]*+:(?!//)[ \t]*(.*)")
_LONGEST_KEY: Final = 40  # characters
_MOST_KEYS: Final = 1000  # if there are more, they are a text with such lines, not a header
# Lines with none of these are text, such as `Note: …`.
NEEDED: Final = frozenset(("title", "date"))
_NAMES: Final = {name.lower(): name for name in field_names.KNOWN}
# Their values are separated by semicolons, else by commas.
_LISTS: Final = frozenset(("authors", "categories", "keywords", "tags", "topics"))
# Where the head ends; without it, all of a page may be its head.
_END_OF_HEAD: Final = re.compile(r"</head\s*>|<body[\s>]", re.IGNORECASE)
_OF_META: Final = {
    name: name
    for name in "author authors category date description keywords lang modified slug status "
    "summary tags".split()
} | {"article:published_time": "date", "article:modified_time": "modified"}


class Header(NamedTuple):
    """Fields, the body below them, and keys that are given twice."""

    document: Document
    body: str
    mistakes: list[Malformed]


def read_lines(content: str) -> Header | None:
    """Return the header lines that a file begins with, or None if it begins with other text.

    Keys are read without regard to case, spaces in them left out.
    """
    start = len(content) - len(content.lstrip())
    if not _LINE.match(content, start):
        return None
    lines = content[start:].split("\n")
    first = content.count("\n", 0, start) + 1
    marks: dict[str, tuple[Mark, Mark]] = {}
    values: dict[str, list[str]] = {}
    mistakes: list[Malformed] = []
    value: list[str] = []
    end = len(lines)
    for index, line in enumerate(lines):
        match = _LINE.match(line)
        if match and len(match[1]) <= _LONGEST_KEY:
            name = _name(match[1])
            mark = Mark(first + index, match.start(1) + 1)
            value = [match[2]]
            if values.setdefault(name, value) is value:
                marks[name] = mark, Mark(mark.line, match.start(2) + 1)
            elif len(mistakes) < MOST_MISTAKES:
                mistakes.append(key_given_twice(mark, (name,)))
        elif line[:1].isspace() and line.strip():
            value.append(line)
        else:
            end = index
            break
    if not NEEDED & values.keys() or len(values) > _MOST_KEYS:
        return None
    fields = {name: _value(name, " ".join(map(str.strip, value))) for name, value in values.items()}

    body = "\n".join(lines[end:]).strip()
    return Header(_document(fields, marks), body, mistakes)


def read_head(content: str) -> Header:
    """Return the fields that the head of a page gives, and the rest of the page.

    There are no fields without a head.
    """
    end = _END_OF_HEAD.search(content)
    fields: dict[str, Value] = {}
    marks: dict[str, tuple[Mark, Mark]] = {}
    for element in parse(content[: end.start()] if end else content).select(
        "html[lang], head > title, head > meta[content], head > link[rel~=canonical]"
    ):
        name, value = _field(element)
        if name and value.strip() and name not in fields:
            fields[name] = value.strip()
            mark = Mark(element.source_line or 1, (element.source_col or 0) + 1)
            marks[name] = mark, mark

    return Header(_document(fields, marks), content[end.start() :] if end else content, [])


def _field(element: Element) -> tuple[str, str]:
    """Return the name of a field and its value, or an empty name."""
    if element.tag == "title":
        return "title", element.text
    if element.tag == "html":
        return "lang", str(element.attr("lang") or "")
    if element.tag == "link":
        return "url", str(element.attr("href") or "")
    name = str(element.attr("name") or element.attr("property") or "").lower()
    return _OF_META.get(name, ""), str(element.attr("content") or "")


def _document(fields: dict[str, Value], marks: dict[str, tuple[Mark, Mark]]) -> Document:
    """Return fields as a document, with where each key and its value begin."""

    def locate(path: Path, *, key: bool = False) -> Mark:
        return marks[str(path[0])][not key] if path and path[0] in marks else Mark(1, 1)

    return Document(fields, locate)


def _name(key: str) -> str:
    name = key.lower().replace(" ", "")
    return _NAMES.get(name, name)


def _value(name: str, written: str) -> Value:
    written = written.strip()
    if name not in _LISTS or not written:
        return written or None
    items = written.split(";" if ";" in written else ",")
    return [item.strip() for item in items if item.strip()]
