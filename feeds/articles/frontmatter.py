"""The bytes of an article file, to its fields and its body. Pure.

A file has front matter in YAML or TOML between two lines, in JSON, in header lines or in the head
of an HTML page, or has none; a body in Markdown or HTML is below it. Or it is one bare YAML or
JSON mapping.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from feeds.articles import fences, headers
from feeds.errors import ArticleError
from feeds.problems import Code, Problem, Severity
from feeds.util import text as texts
from feeds.util.json_document import end_of_object, parse_json, salvage_json
from feeds.util.positions import Mark
from feeds.util.toml_document import parse_toml
from feeds.util.yaml_document import (
    Document,
    Malformed,
    Salvaged,
    Value,
    parse_yaml,
    salvage_yaml,
)

Syntax = Literal["markdown", "html"]

LARGEST: Final = 4 * 1024 * 1024
_BOM: Final = b"\xef\xbb\xbf"
# Over bytes this costs a tenth of a search over text: no control character but
# tab and line ends, nor a byte that the C1 controls or the noncharacters begin
# with; then these themselves, two patterns whose first byte is quickly found.
_ORDINARY: Final = bytes({*range(0x20, 0x100), 0x09, 0x0A, 0x0D} - {0x7F, 0xC2, 0xEF})
_CONTROL: Final = re.compile(b"\xc2[\x80-\x84\x86-\x9f]")
_NONCHARACTER: Final = re.compile(b"\xef\xbf[\xbe\xbf]")
# Of files that may have a body. Others are YAML or JSON to their end.
WITH_BODY: Final = frozenset((".md", ".mdx", ".markdown", ".html", ".txt"))
# A brace and a key, in JSON or nearly so: in Markdown, `{` may begin other things.
_OBJECT: Final = re.compile(
    r"""\s*\{\s*(?:["“”'][^"“”'\n]*["“”']\s*:|[A-Za-z_][\w-]*\s*:|\}\s*$)""", re.MULTILINE
)
_TOML: Final = re.compile(r"[\w.-]+\s*=").match
_BLANK_LINE: Final = re.compile(r"\S[ \t]*\n[ \t]*\n\s*\S").search
_SALVAGEABLE: Final = frozenset((Code.SYNTAX, Code.TAG, Code.DUPLICATE_KEY))
_NO_DOCUMENT: Final = Document({}, lambda path, *, key=False: Mark(1, 1))
_NO_ARTICLE: Final = "or exclude the file in articles.yaml"


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """An article as its author wrote it: fields, body, and where each field stands.

    A file without front matter has no fields. `syntax` is that of the body. If there is an error
    among `problems`, the article is refused, and its fields are read only to find its other
    mistakes. `whole` says that no field had to be left out for that.
    """

    path: str
    fields: dict[str, Value]
    body: str
    document: Document
    problems: tuple[Problem, ...]
    whole: bool = True
    syntax: Syntax = "markdown"


class _Parts(NamedTuple):
    """What could be read of the fields of a file, and its body."""

    fields: Salvaged
    body: str = ""
    problems: tuple[Problem, ...] = ()


def read(path: str, data: bytes) -> FrontMatter:
    """Take a file apart. `path` names it in problems, and its suffix says what it may be.

    Raises ArticleError if nothing of it can be read.
    """
    content, problems = _decode(path, data)
    suffix = path[path.rfind(".") :].lower()
    has_body = suffix in WITH_BODY
    fenced = None if suffix == ".json" else fences.find(path, content, has_body=has_body)
    if not content or content.isspace():
        parts = _Parts(Salvaged(Document(None, _NO_DOCUMENT.locate), [], whole=True))
    elif fenced:
        parts = _Parts(_of_fenced(fenced), fenced.body, fenced.problems)
    elif has_body:
        parts = _above_body(path, content, suffix)
    elif suffix == ".json":
        parts = _Parts(_read(parse_json, salvage_json, content))
    else:
        parts = _Parts(_bare(content))
    document, mistakes, whole = parts.fields
    problems += parts.problems
    problems += [_problem(path, error) for error in mistakes]
    if document is None or (mistakes and not isinstance(document.value, dict)):
        raise ArticleError(problems)
    fields = document.value
    if fields is None and fenced and has_body:
        fields = {}
    if not isinstance(fields, dict) or not (fields or has_body):
        message, hint = _no_mapping(content, fields, suffix)
        mark = document.locate(()) if isinstance(fields, list) else Mark(1, 1)
        reason = Malformed(mark, "document", Code.NO_FRONT_MATTER, message, hint)
        raise ArticleError([*problems, _problem(path, reason)])
    syntax: Syntax = "html" if suffix == ".html" else "markdown"
    return FrontMatter(path, fields, parts.body, document, tuple(problems), whole, syntax)


def _of_fenced(fenced: fences.Fenced) -> Salvaged:
    """Read front matter between two lines."""
    source, line = fenced.source, fenced.line
    if fenced.language != "yaml":
        source = "\n" * (line - 1) + source  # so that all stands on the lines of the file
    if fenced.language == "toml":
        return _read(parse_toml, None, source)
    if fenced.language == "json":
        return _read(parse_json, salvage_json, source)
    try:
        return Salvaged(parse_yaml(source, line), [], whole=True)
    except Malformed as error:
        if error.code not in _SALVAGEABLE:
            return Salvaged(None, [error], whole=False)
        if fenced.closed:
            return salvage_yaml(source, line)
        # What follows a first mistake may be the body.
        above = "\n".join(source.split("\n")[: error.mark.line - line])
        return Salvaged(salvage_yaml(above, line).document, [error], whole=False)


def _decode(path: str, data: bytes) -> tuple[str, list[Problem]]:
    """Return the text of a file, and what is wrong with its characters."""
    if len(data) > LARGEST:
        # The rest was not read, so the length is not known here.
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
    message = (
        f"has the character U+{ord(content[at]):04X}, which feeds cannot contain; it was removed"
    )
    code, severity = Code.CONTROL_CHARACTER, Severity.WARNING
    problems.append(Problem(path, line, column, "file", code, message, "delete it", severity))
    return texts.clean(content), problems


def _is_clean(data: bytes) -> bool:
    odd = data.translate(None, _ORDINARY)
    if not odd:
        return True
    return not (odd.strip(b"\xc2\xef") or _CONTROL.search(data) or _NONCHARACTER.search(data))


def _above_body(path: str, content: str, suffix: str) -> _Parts:
    """Read fields that a file with a body begins with, if it does, other than between two lines."""
    if _OBJECT.match(content):
        end = end_of_object(content)
        if end >= 0:
            return _Parts(_bare(content[:end]), content[end:].strip())
        line = content.count("\n", 0, content.index("{")) + 1
        return _Parts(_bare(content), "", (fences.never_closed(path, line, "}"),))
    if suffix == ".html":
        header: headers.Header | None = headers.read_head(content)
    else:
        header = headers.read_lines(content)
    if header is None:
        return _Parts(Salvaged(_NO_DOCUMENT, [], whole=True), content.strip())
    if suffix != ".html" and not _BLANK_LINE(content):
        bare = _bare(content)
        value = bare.document and bare.document.value
        if not bare.mistakes and isinstance(value, dict) and headers.NEEDED & value.keys():
            return _Parts(bare)  # YAML alone
    return _Parts(Salvaged(header.document, header.mistakes, whole=True), header.body)


def _bare(content: str) -> Salvaged:
    """Read a mapping in YAML or JSON, without lines around it."""
    if not content.lstrip().startswith("{"):
        return _read(parse_yaml, salvage_yaml, content)
    in_json = _read(parse_json, salvage_json, content)
    if not in_json.mistakes:
        return in_json
    in_yaml = _read(parse_yaml, salvage_yaml, content)  # its flow style begins with a brace too
    if not in_yaml.mistakes:
        return in_yaml
    # It is in the language in which more of it is right.
    return max(in_json, in_yaml, key=lambda one: one.mistakes[0].mark)


def _read(
    parse: Callable[[str], Document], salvage: Callable[[str], Salvaged] | None, source: str
) -> Salvaged:
    """Read fields; of those that cannot be used, find the other mistakes."""
    try:
        return Salvaged(parse(source), [], whole=True)
    except Malformed as error:
        if salvage is None or error.code not in _SALVAGEABLE:
            return Salvaged(None, [error], whole=False)
        return salvage(source)


def _no_mapping(content: str, value: Value, suffix: str) -> tuple[str, str]:
    """Return the message and the hint for a file that has no fields."""
    if not content.strip():
        return "is empty", "write an article, or delete the file"
    is_list = isinstance(value, list)
    message = "is a list, but a file is one article" if is_list else "has no fields"
    if suffix == ".json":
        hint = "without [ and ]" if is_list else 'such as {"title": …, "url": …, "date": …}'
        return message, f"write one article, {hint}, {_NO_ARTICLE}"
    if isinstance(value, str) and _TOML(value):
        return "has TOML between lines ---", "write a line +++ for each of the two"
    hint = "write title:, url: and date:" + " without a dash" * is_list
    if suffix not in WITH_BODY:
        return message, f"{hint}, {_NO_ARTICLE}"
    return message if is_list else "has front matter without fields", hint


def _problem(path: str, error: Malformed) -> Problem:
    return Problem(
        path, error.mark.line, error.mark.column, error.field, error.code, error.message, error.hint
    )
