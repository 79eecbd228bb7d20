"""The bytes of an article file, to its fields and its body. Pure.

A file is YAML front matter between two lines `---` with a Markdown body after
it, or one bare YAML or JSON mapping.
"""

import re
from dataclasses import dataclass
from typing import Final

from feeds.errors import ArticleError
from feeds.problems import Code, Problem, Severity
from feeds.util import text as texts
from feeds.util.json_document import parse_json
from feeds.util.positions import Mark
from feeds.util.yaml_document import Document, Malformed, Value, parse_yaml

LARGEST: Final = 4 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
# Over bytes this costs a tenth of a search over text: no control character but
# tab and line ends, nor a byte that the C1 controls or the noncharacters begin
# with; then these themselves, two patterns whose first byte is quickly found.
_ORDINARY: Final = bytes({*range(0x20, 0x100), 0x09, 0x0A, 0x0D} - {0x7F, 0xC2, 0xEF})
_CONTROL: Final = re.compile(b"\xc2[\x80-\x84\x86-\x9f]")
_NONCHARACTER: Final = re.compile(b"\xef\xbf[\xbe\xbf]")
_WITH_BODY: Final = (".md", ".markdown", ".txt")  # others are YAML or JSON to their end
_FENCE: Final = re.compile(r"^---[ \t]*\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """An article as its author wrote it: fields, body, and where each field stands."""

    path: str
    fields: dict[str, Value]
    body: str
    document: Document
    problems: tuple[Problem, ...]


def read(path: str, data: bytes) -> FrontMatter:
    """Take a file apart. `path` only names it in problems.

    Raises ArticleError if it is not UTF-8, not YAML or JSON, or no mapping.
    """
    content, problems = _decode(path, data)
    start = len(content) - len(content.lstrip())
    opening = _FENCE.match(content, start)
    closing = _next_fence(content, opening.end()) if opening else None
    line = content.count("\n", 0, start) + 1
    unclosed: tuple[Problem, ...] = ()
    if opening and closing is None and path.lower().endswith(_WITH_BODY):
        unclosed = (_never_closed(path, line),)
    try:
        if opening:
            end = closing.start() if closing else len(content)
            document = parse_yaml(content[opening.end() : end], line)
        elif not content.strip():
            document = parse_yaml("")
        else:
            document = parse_json(content) if path.lower().endswith(".json") else _bare(content)
    except Malformed as error:
        raise ArticleError([*unclosed, _problem(path, error)]) from None
    body = content[closing.end() :].strip() if closing else ""
    if not isinstance(document.value, dict):
        raise ArticleError(
            [
                _problem(
                    path,
                    Malformed(
                        Mark(1, 1),
                        "document",
                        Code.NO_FRONT_MATTER,
                        *_no_mapping(content, document),
                    ),
                )
            ]
        )
    return FrontMatter(path, document.value, body, document, (*problems, *unclosed))


def _no_mapping(content: str, document: Document) -> tuple[str, str]:
    """Return the message and the hint for a file that has no fields."""
    if not content.strip():
        return "is empty", "write an article, or delete the file"
    if isinstance(document.value, list):
        return "is a list, and a file is one article", "write title:, url: and date: without a dash"
    hint = "begin the file with a line ---, then title: and the other fields, then a line ---"
    return "has no front matter", hint


def _decode(path: str, data: bytes) -> tuple[str, tuple[Problem, ...]]:
    if len(data) > LARGEST:
        raise ArticleError(
            [
                Problem(
                    path,
                    1,
                    1,
                    "file",
                    Code.TOO_LARGE,
                    f"is {len(data)} bytes long",
                    f"keep an article below {LARGEST} bytes",
                )
            ]
        )
    while data.startswith(_BOM):  # tools that join files leave several
        data = data.removeprefix(_BOM)
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        # Up to there it is UTF-8.
        line, column = texts.place(data[: error.start].decode())
        message = f"has the byte 0x{data[error.start]:02x}, which is not UTF-8"
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            message = "is UTF-16, not UTF-8"
        raise ArticleError(
            [Problem(path, line, column, "file", Code.NOT_UTF8, message, "save it as UTF-8")]
        ) from None
    if b"\r" in data and b"\n" not in data:
        content = content.replace("\r", "\n")
    if _is_clean(data):
        return content, ()
    at = texts.first_forbidden(content)
    if at is None:
        return content, ()
    line = content.count("\n", 0, at) + 1
    column = at - content.rfind("\n", 0, at)
    message = f"has the character U+{ord(content[at]):04X}, which no feed can carry; it was removed"
    problem = Problem(
        path,
        line,
        column,
        "file",
        Code.CONTROL_CHARACTER,
        message,
        "delete it",
        Severity.WARNING,
    )
    return texts.clean(content), (problem,)


def _is_clean(data: bytes) -> bool:
    odd = data.translate(None, _ORDINARY)
    if not odd:
        return True
    return not (odd.strip(b"\xc2\xef") or _CONTROL.search(data) or _NONCHARACTER.search(data))


def _never_closed(path: str, line: int) -> Problem:
    """What stands below may be read as fields, and the body is lost without a word."""
    message = "is never closed, so all of the file is read as fields"
    hint = "write a line --- after the last field"
    return Problem(path, line, 1, "front matter", Code.UNCLOSED, message, hint, Severity.WARNING)


def _next_fence(content: str, start: int) -> re.Match[str] | None:
    """The next line `---`. Found by its text: a pattern would try every character."""
    at = start
    while (at := content.find("\n---", at)) >= 0:
        found = _FENCE.match(content, at + 1)
        if found:
            return found
        at += 1
    return None


def _bare(content: str) -> Document:
    if not content.lstrip().startswith("{"):
        return parse_yaml(content)
    try:
        return parse_json(content)
    except Malformed as in_json:
        try:
            return parse_yaml(content)  # YAML's flow style begins with a brace too
        except Malformed as in_yaml:
            # It is in the language in which more of it is right.
            raise max(in_json, in_yaml, key=lambda one: (one.mark.line, one.mark.column)) from None


def _problem(path: str, error: Malformed) -> Problem:
    return Problem(
        path, error.mark.line, error.mark.column, error.field, error.code, error.message, error.hint
    )
