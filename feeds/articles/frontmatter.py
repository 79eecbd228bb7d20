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
from feeds.util.json_document import parse_json, salvage_json
from feeds.util.positions import Mark
from feeds.util.yaml_document import (
    Document,
    Malformed,
    Salvaged,
    Value,
    parse_yaml,
    salvage_yaml,
)

LARGEST: Final = 4 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
# Over bytes this costs a tenth of a search over text: no control character but
# tab and line ends, nor a byte that the C1 controls or the noncharacters begin
# with; then these themselves, two patterns whose first byte is quickly found.
_ORDINARY: Final = bytes({*range(0x20, 0x100), 0x09, 0x0A, 0x0D} - {0x7F, 0xC2, 0xEF})
_CONTROL: Final = re.compile(b"\xc2[\x80-\x84\x86-\x9f]")
_NONCHARACTER: Final = re.compile(b"\xef\xbf[\xbe\xbf]")
_WITH_BODY: Final = (".md", ".markdown", ".txt")  # others are YAML or JSON to their end
_FENCE: Final = re.compile(r"^---[ \t]*$", re.MULTILINE)
# What people and editors write for such a line, and a key as it follows the first one.
_NEAR_FENCE: Final = re.compile(
    r"^(?:[^\S\n]|\\)*(?:[-‐-―−_=*~`]{2,}|—|- - -|\.\.\.)[^\S\n]*(?:(?:ya?ml|#.*)[^\S\n]*)?$",
    re.MULTILINE,
)
_KEY: Final = re.compile(r"\n[ \t]*[\"“”]?[A-Za-z_][\w-]*[\"“”]?\s*:")
# Fields without such lines: comments, then a key, a quote or a brace.
_FIELDS: Final = re.compile(r"(?:\s*#.*\n)*+\s*(?:[A-Za-z_][\w-]*\s*:|[\"“]|\{[^{%])")
_NO_FRONT_MATTER: Final = (
    "has no front matter",
    "begin the file with a line ---, then title: and the other fields, then a line ---",
)
_NOTHING: Final = re.compile("")
_LONGEST_FENCE: Final = 20  # characters of it in a message


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """An article as its author wrote it: fields, body, and where each field stands.

    If there is an error among `problems`, the article is refused, and its fields are read only
    to find its other mistakes. `whole` says that no field had to be left out for that.
    """

    path: str
    fields: dict[str, Value]
    body: str
    document: Document
    problems: tuple[Problem, ...]
    whole: bool = True


def read(path: str, data: bytes) -> FrontMatter:
    """Take a file apart. `path` only names it in problems.

    Raises ArticleError if nothing of it can be read.
    """
    content, problems = _decode(path, data)
    has_body = path.lower().endswith(_WITH_BODY)
    start = len(content) - len(content.lstrip())
    opening, closing = _fences(content, start, has_body=has_body)
    line = content.count("\n", 0, opening.start() if opening else start) + 1
    for fence, end in ((opening, "begins"), (closing, "ends")):
        if fence and not _FENCE.fullmatch(fence[0]):
            problems.append(_wrong_fence(path, content, fence, end))
    if opening and opening.start() > start:
        message, hint = "stands below other text", "take away what is above its first line ---"
        code = Code.NO_FRONT_MATTER
        problems.append(Problem(path, line, 1, "front matter", code, message, hint))
    source, body = content, ""
    if opening:
        source = content[opening.end() : closing.start() if closing else len(content)]
        body = content[closing.end() :].strip() if closing else ""
        if has_body and not closing:
            problems.append(_never_closed(path, line))
    try:
        salvaged = Salvaged(_parse(path, source, line, is_yaml=bool(opening)), [], whole=True)
    except Malformed as error:
        if error.code is Code.SYNTAX and has_body and not (opening or _FIELDS.match(content)):
            mark = Mark(line, 1)
            reason = Malformed(mark, "document", Code.NO_FRONT_MATTER, *_NO_FRONT_MATTER)
            raise ArticleError([*problems, _problem(path, reason)]) from None
        first_line = line if opening else 1
        if has_body and not closing:  # what follows a first mistake may be the body
            fields = "\n".join(source.split("\n")[: error.mark.line - first_line])
            document = salvage_yaml(fields, first_line).document
            salvaged = Salvaged(document, [error], whole=False)
        else:
            salvaged = _salvaged(source, first_line, error)
    problems += [_problem(path, error) for error in salvaged.mistakes]
    document = salvaged.document
    if document is None or (salvaged.mistakes and not isinstance(document.value, dict)):
        raise ArticleError(problems)
    if not isinstance(document.value, dict):
        message, hint = _no_mapping(path, content, document, has_front_matter=bool(closing))
        mark = document.locate(()) if isinstance(document.value, list) else Mark(1, 1)
        reason = Malformed(mark, "document", Code.NO_FRONT_MATTER, message, hint)
        raise ArticleError([*problems, _problem(path, reason)])
    return FrontMatter(path, document.value, body, document, tuple(problems), salvaged.whole)


def _parse(path: str, source: str, line: int, *, is_yaml: bool) -> Document:
    """Read the fields of a file. Raises Malformed."""
    if is_yaml:
        return parse_yaml(source, line)
    if not source.strip():
        return parse_yaml("")
    return parse_json(source) if path.lower().endswith(".json") else _bare(source)


def _salvaged(source: str, line: int, error: Malformed) -> Salvaged:
    """Find the other mistakes of fields that cannot be used."""
    if error.code not in (Code.SYNTAX, Code.TAG, Code.DUPLICATE_KEY):
        return Salvaged(None, [error], whole=False)  # beyond a limit
    return salvage_json(source) if error.field == "json" else salvage_yaml(source, line)


def _no_mapping(
    path: str, content: str, document: Document, *, has_front_matter: bool
) -> tuple[str, str]:
    """Return the message and the hint for a file that has no fields."""
    is_json = path.lower().endswith(".json")
    if not content.strip():
        return "is empty", "write an article, or delete the file"
    if isinstance(document.value, list) and is_json:
        return "is a list, and a file is one article", "write one article, without [ and ]"
    if isinstance(document.value, list):
        return "is a list, and a file is one article", "write title:, url: and date: without a dash"
    if is_json:
        return "has no fields", 'write {"title": …, "url": …, "date": …}'
    if has_front_matter:
        return "has front matter without fields", "write title:, url: and date: between its lines"
    return _NO_FRONT_MATTER


def _decode(path: str, data: bytes) -> tuple[str, list[Problem]]:
    """Return the text of a file, and what is wrong with its characters."""
    if len(data) > LARGEST:
        # No more of it was read: how long it is, nobody knows here.
        message, hint = f"is longer than {LARGEST >> 20} MiB", "shorten it"
        raise ArticleError([Problem(path, 1, 1, "file", Code.TOO_LARGE, message, hint)])
    while data.startswith(_BOM):  # tools that join files leave several
        data = data.removeprefix(_BOM)
    problems = []
    try:
        content = data.decode()
    except UnicodeDecodeError as error:
        # Up to there it is UTF-8.
        line, column = texts.place(data[: error.start].decode())
        message = f"has the byte 0x{data[error.start]:02x}, which is not UTF-8"
        is_utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
        if is_utf_16:
            message = "is UTF-16, not UTF-8"
        hint = "save it as UTF-8"
        problems.append(Problem(path, line, column, "file", Code.NOT_UTF8, message, hint))
        if is_utf_16:
            raise ArticleError(problems) from None
        content = data.decode(errors="replace")
    if b"\r" in data:  # also a line end to YAML where it stands alone
        content = content.replace("\r\n", "\n").replace("\r", "\n")
    at = None if _is_clean(data) else texts.first_forbidden(content)
    if at is None:
        return content, problems
    line = content.count("\n", 0, at) + 1
    column = at - content.rfind("\n", 0, at)
    message = f"has the character U+{ord(content[at]):04X}, which no feed can carry; it was removed"
    code, severity = Code.CONTROL_CHARACTER, Severity.WARNING
    problems.append(Problem(path, line, column, "file", code, message, "delete it", severity))
    return texts.clean(content), problems


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


def _fences(
    content: str, start: int, *, has_body: bool
) -> tuple[re.Match[str] | None, re.Match[str] | None]:
    """Return the lines around the front matter, or what was meant to be such a line."""
    opening, closing = _FENCE.match(content, start), None
    if opening:
        closing = _next_fence(content, opening.end())
        if has_body and not closing:
            closing = _NEAR_FENCE.search(content, opening.end())
        return opening, closing
    opening = _NEAR_FENCE.match(content, content.rfind("\n", 0, start) + 1)
    if opening and _KEY.match(content, opening.end()):
        return opening, _NEAR_FENCE.search(content, opening.end())
    closing = _next_fence(content, start) if has_body else None
    if closing and _KEY.match(f"\n{content[start : closing.start()]}"):
        return _NOTHING.match(content, start), closing
    if closing and _KEY.match(content, closing.end()):
        opening, closing = closing, _next_fence(content, closing.end())
        return (opening, closing) if closing else (None, None)
    return None, None


def _next_fence(content: str, start: int) -> re.Match[str] | None:
    """Return the next line `---`, found by its text: a pattern would try every character."""
    at = start
    while (at := content.find("\n---", at)) >= 0:
        found = _FENCE.match(content, at + 1)
        if found:
            return found
        at += 1
    return None


def _wrong_fence(path: str, content: str, fence: re.Match[str], end: str) -> Problem:
    line = content.count("\n", 0, fence.start()) + 1
    written, hint = fence[0].strip(), "write ---, three hyphens and nothing else"
    message = f"{end} with the line {written[:_LONGEST_FENCE]} instead of ---"
    if written == "---":
        message = f"{end} with a line --- that is indented"
    elif not written:
        message, hint = "begins without a line ---", "write --- above the first field"
    return Problem(path, line, 1, "front matter", Code.NO_FRONT_MATTER, message, hint)


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
