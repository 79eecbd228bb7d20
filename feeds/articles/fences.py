"""Front matter between two lines, in YAML, TOML or JSON: where it is, or was meant to be. Pure.

YAML stands between lines `---` (the last may be `...`), TOML between lines `+++`. The first line
may name the language, as in `---toml`.
"""

import re
from typing import Final, Literal, NamedTuple

from feeds.articles import field_names
from feeds.errors import ArticleError
from feeds.problems import Code, Problem, Severity

Language = Literal["yaml", "toml", "json"]

_LANGUAGES: Final[dict[str, Language]] = {
    "---": "yaml",
    "---yaml": "yaml",
    "---yml": "yaml",
    "---toml": "toml",
    "---json": "json",
    "+++": "toml",
    "+++toml": "toml",
}
_PROGRAMS: Final = {
    "js": "JavaScript",
    "javascript": "JavaScript",
    "ts": "TypeScript",
    "typescript": "TypeScript",
    "coffee": "CoffeeScript",
    "coffeescript": "CoffeeScript",
}
_FENCE: Final = re.compile(r"^(---|\+\+\+)[ \t]*([A-Za-z]*)[ \t]*$", re.MULTILINE)
_ENDS: Final = {
    "---": re.compile(r"(?:---|\.\.\.)[ \t]*$", re.MULTILINE),
    "+++": re.compile(r"\+\+\+[ \t]*$", re.MULTILINE),
}
# What people and editors write for such a line, and a key as it follows the first one.
_NEAR_FENCE: Final = re.compile(
    r"^(?:[^\S\n]|\\)*(?:[-‐-―−_=*~`+]{2,}|—|- - -|\.\.\.)[^\S\n]*(?:(?:\w+|#.*)[^\S\n]*)?$",
    re.MULTILINE,
)
_KEY: Final = re.compile(r"\n[ \t]*[\"“”]?[A-Za-z_][\w-]*[\"“”]?\s*[:=]")
# Fields that articles need; text without any of them is not front matter.
_NEEDED: Final = re.compile(
    rf"^[ \t]*[\"“”]?(?:{'|'.join((*field_names.TITLE, *field_names.URL, *field_names.PUBLISHED))})"
    r"[\"“”]?\s*[:=]",
    re.MULTILINE | re.IGNORECASE,
)
# Lines of YAML alone, up to the line `---` right below them.
_FIELDS: Final = re.compile(r"(?:(?:[ \t]|- |[\w\"-]+[ \t]*:).*\n)++(?=---[ \t]*$)", re.MULTILINE)
_COMMENTS: Final = re.compile(r"(?:<!--(?:(?!-->).)*+-->\s*)++", re.DOTALL)
# As YAML has it; header lines are in any case, and a line may stand below them.
_NEEDED_IN_YAML: Final = re.compile(_NEEDED.pattern, re.MULTILINE)
_BLANK_LINE: Final = re.compile(r"\n[ \t]*\n")
_NOTHING: Final = re.compile("")
_LONGEST_FENCE: Final = 20  # characters of it in a message


class Fenced(NamedTuple):
    """Front matter and the body below it, not read yet.

    `source` begins on `line` of its file. Front matter that is not `closed` may go over into the
    body.
    """

    language: Language
    source: str
    line: int
    body: str
    closed: bool
    problems: tuple[Problem, ...]


class _Lines(NamedTuple):
    """The line before front matter, and the one after it."""

    opening: re.Match[str]
    closing: re.Match[str] | None


def find(path: str, content: str, *, has_body: bool) -> Fenced | None:
    """Return the front matter of a file, or None if it has none between two lines.

    Lines that were meant to be such are errors. Raises ArticleError for programs.
    """
    start = 0 if content[:3] in _ENDS else len(content) - len(content.lstrip())
    opening = _FENCE.match(content, start)
    language = _LANGUAGES.get(opening[1] + opening[2].lower()) if opening else None
    if opening and language and (closing := _end(content, opening.end(), opening[1])):
        line = content.count("\n", 0, start) + 1
        source, body = content[opening.end() : closing.start()], content[closing.end() :].strip()
        return Fenced(language, source, line, body, closed=True, problems=())
    if opening:
        _refuse_programs(path, content, opening)
    if has_body:
        return _with_mistakes(path, content, start, opening if language else None)
    if not opening or not language:
        return None
    line = content.count("\n", 0, start) + 1
    return Fenced(language, content[opening.end() :], line, "", closed=True, problems=())


def _with_mistakes(
    path: str, content: str, start: int, opening: re.Match[str] | None
) -> Fenced | None:
    """Return front matter without one of the lines around it, or with another one; None if
    there is none. `opening` is its first line if it is as it should be."""
    if opening:
        if not _KEY.match(content, opening.end()):
            return None  # a line across the page
        lines = _Lines(opening, _NEAR_FENCE.search(content, opening.end()))
    elif meant := _meant(content, start):
        lines = meant
    else:
        return None
    first, last = lines
    line = content.count("\n", 0, first.start()) + 1
    right = "+++" if "+" in first[0] else "---"
    problems = []
    if not first[0] or not _FENCE.fullmatch(first[0]):
        problems.append(_wrong_fence(path, content, first, "begins", right))
    if last and not _ENDS[right].fullmatch(last[0]):
        problems.append(_wrong_fence(path, content, last, "ends", right))
    if first.start() > start:
        message, hint = "comes after other text", "remove the text above its first line ---"
        code = Code.NO_FRONT_MATTER
        problems.append(Problem(path, line, 1, "front matter", code, message, hint))
    if not last:
        problems.append(never_closed(path, line, f"a line {right}"))
    language: Language = "toml" if right == "+++" else "yaml"
    if opening and opening[2]:
        language = _LANGUAGES[opening[1] + opening[2].lower()]
    source = content[first.end() : last.start() if last else len(content)]
    body = content[last.end() :].strip() if last else ""
    return Fenced(language, source, line, body, bool(last), tuple(problems))


def _refuse_programs(path: str, content: str, opening: re.Match[str]) -> None:
    """Raise ArticleError for front matter in a programming language."""
    if program := _PROGRAMS.get(opening[2].lower()):
        line = content.count("\n", 0, opening.start()) + 1
        message = f"has its front matter in {program}, which is not run"
        hint = "write it in YAML, between two lines ---"
        code = Code.NO_FRONT_MATTER
        raise ArticleError([Problem(path, line, 1, "document", code, message, hint)])


def _end(content: str, start: int, fence: str) -> re.Match[str] | None:
    """Return the line that ends front matter, found by its text: a pattern would try every
    character."""
    first = None
    limit = len(content)
    for sign in ("\n---", "\n...") if fence == "---" else ("\n+++",):
        at = start
        while (at := content.find(sign, at, limit)) >= 0:
            if found := _ENDS[fence].match(content, at + 1):
                first, limit = found, at
                break
            at += 1
    return first


def _meant(content: str, start: int) -> _Lines | None:
    """Return the lines around what was meant to be front matter, if it has a needed field."""
    opening = _NEAR_FENCE.match(content, content.rfind("\n", 0, start) + 1)
    if opening and _KEY.match(content, opening.end()):
        blank = _BLANK_LINE.search(content, opening.end())
        if _NEEDED.search(content, opening.end(), blank.start() if blank else len(content)):
            return _Lines(opening, _NEAR_FENCE.search(content, opening.end()))
        return None
    fields = _FIELDS.match(content, start)
    if fields and _NEEDED_IN_YAML.search(content, start, fields.end()):
        nothing = _NOTHING.match(content, start)
        assert nothing is not None
        return _Lines(nothing, _ENDS["---"].match(content, fields.end()))
    if comments := _COMMENTS.match(content, start):
        opening = _FENCE.match(content, comments.end())
        if opening and not opening[2] and (closing := _end(content, opening.end(), opening[1])):
            return _Lines(opening, closing)
    return None


def _wrong_fence(path: str, content: str, fence: re.Match[str], end: str, right: str) -> Problem:
    line = content.count("\n", 0, fence.start()) + 1
    signs = "plus signs" if right == "+++" else "hyphens"
    written, hint = fence[0].strip(), f"write {right}, three {signs} and nothing else"
    message = f"{end} with the line {written[:_LONGEST_FENCE]} instead of {right}"
    if written == right:
        message = f"{end} with a line {right} that is indented"
    elif not written:
        message, hint = "does not begin with a line ---", "write --- above the first field"
    return Problem(path, line, 1, "front matter", Code.NO_FRONT_MATTER, message, hint)


def never_closed(path: str, line: int, end: str) -> Problem:
    """Return the warning for front matter that begins on a line and has no end.

    What stands below may be read as fields, and the body is lost without a word.
    """
    message = "is never closed, so the whole file is read as fields"
    hint = f"write {end} after the last field"
    return Problem(path, line, 1, "front matter", Code.UNCLOSED, message, hint, Severity.WARNING)
