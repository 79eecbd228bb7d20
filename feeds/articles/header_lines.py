"""Header lines, as Pelican and MultiMarkdown have them: `Title: …` above the body. Pure.

They end at the first blank line, or at one that is neither `Key: value` nor indented.
https://docs.getpelican.com/en/stable/content.html#file-metadata
https://fletcher.github.io/MultiMarkdown-6/syntax/metadata.html
"""

import re
from typing import Final, NamedTuple

from feeds.articles import field_names
from feeds.util.positions import Mark, Path
from feeds.util.yaml_document import Document, Malformed, Value, key_given_twice

_LINE: Final = re.compile(r" {0,3}([A-Za-z0-9][\w-]*+(?: [\w-]++)*+)[ \t]*+:(?!//)[ \t]*(.*)")
_LONGEST_KEY: Final = 40  # characters
# Lines with none of these are text, such as `Note: …`.
_NEEDED: Final = frozenset(("title", "date"))
_NAMES: Final = {name.lower(): name for name in field_names.KNOWN}
# Their values are separated by semicolons, else by commas.
_LISTS: Final = frozenset(("authors", "categories", "keywords", "tags", "topics"))


class Header(NamedTuple):
    """The fields of header lines, the body below them, and keys that are given twice.

    `is_yaml` says that they may be YAML as well: it has keys in lower case.
    """

    document: Document
    body: str
    mistakes: list[Malformed]
    is_yaml: bool


def read(content: str) -> Header | None:
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
    mistakes = []
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
            else:
                mistakes.append(key_given_twice(mark, (name,)))
        elif line[:1].isspace() and line.strip():
            value.append(line)
        else:
            end = index
            break
    if not _NEEDED & values.keys():
        return None
    fields = {name: _value(name, " ".join(map(str.strip, value))) for name, value in values.items()}

    def locate(path: Path, *, key: bool = False) -> Mark:
        return marks[str(path[0])][not key] if path and path[0] in marks else Mark(1, 1)

    body = "\n".join(lines[end:]).strip()
    return Header(
        Document(fields, locate),
        body,
        mistakes,
        is_yaml=lines[0].partition(":")[0] in field_names.KNOWN,
    )


def _name(key: str) -> str:
    name = key.lower().replace(" ", "")
    return _NAMES.get(name, name)


def _value(name: str, written: str) -> Value:
    written = written.strip()
    if name not in _LISTS or not written:
        return written or None
    items = written.split(";" if ";" in written else ",")
    return [item.strip() for item in items if item.strip()]
