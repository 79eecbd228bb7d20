"""Explain syntax errors of YAML to the author of the file. Pure."""

import re
from typing import Final, NamedTuple

DEEPEST: Final = 32  # lists and mappings within each other


class Explanation(NamedTuple):
    """What is wrong, and what to do about it; `at_context` where libyaml's context begins."""

    message: str
    hint: str
    at_context: bool = False


# A part of libyaml's message; the message and the hint that people get instead.
_MESSAGES: Final = (
    ("mapping values are not allowed", "has a colon where YAML expects none",
     "line the key up with the others, or put text with a colon in quotes"),
    ("cannot start any token", "has a tab, or a sign that no value begins with",
     "indent with spaces, and put values that begin with a sign in quotes"),
    ("a tab character that violates", "is indented with a tab", "indent with spaces"),
    ("did not find expected ',' or", "is a list or mapping that is never closed",
     "close the bracket, or put the value in quotes"),
    ("did not find expected '-'", "is indented as an item of the list above, but has no dash",
     "begin it with a dash, or line it up with the other keys"),
    ("did not find expected key", "is indented unlike the lines around it, or has a stray quote",
     "line it up with the other keys; quotes within a quoted value are doubled"),
    ("could not find expected ':'", "is a line without a colon",
     "write key: value, or indent the line if it continues the one above"),
    ("maximum nesting depth", f"is nested deeper than {DEEPEST} levels", "flatten it"),
)  # fmt: skip


def explain(problem: str, context: str) -> Explanation:
    """Return what libyaml means by a problem and the context that it names."""
    if "quoted scalar" in context:
        if "escape" in problem or "hexdecimal" in problem or "Unicode" in problem:
            return Explanation(
                "has a backslash that has no meaning there", "write it twice, or take it out"
            )
        hint = "close the quote"
        return Explanation("begins with a quote that is never closed", hint, at_context=True)
    at_context = problem.startswith(("did not find expected ','", "could not find expected ':'"))
    cause = problem or context or "is not valid YAML"
    for part, message, hint in _MESSAGES:
        if part in cause:
            return Explanation(message, hint, at_context)
    return Explanation(cause, "correct the YAML; quotes around the value often help")


class Mistake(NamedTuple):
    """A mistake in a line: its column (0 if libyaml knows it), and the line as it was meant."""

    column: int
    message: str
    hint: str
    repaired: str


# A list in brackets up to what YAML takes for a comment and its author for an item.
_COMMENT: Final = re.compile(r"\s*(?:- +)?[\w-]+: +[\[{][^#\]}]*(?<=[\[{, ])#(?=\w)")
# A key of a first level, and a colon of East Asian width behind it.
_WIDE: Final = re.compile(r"((?:- +)?[A-Za-z_][\w-]*)\s*：\s*(.*)$")
# A key with what stands before it, and its value with the space before it.
_KEY: Final = re.compile(r"(\s*(?:-\s+)?)([A-Za-z_][\w-]*)(\s*):(\s*)(.*)$")
_OF_TEMPLATES: Final = ("{{", "{%")
_SIGNS: Final = "*&@`%!|>,]}#"
_LONGEST: Final = 80  # characters of a value in a hint
# Spaces that editors and keyboards write for ordinary ones; to YAML they are letters.
ODD_SPACES: Final = "\u00a0\u2007\u202f\u3000"
_ORDINARY: Final = dict.fromkeys(map(ord, ODD_SPACES), " ")


def explain_line(line: str, *, is_before: bool = False) -> Mistake | None:
    """Return what is wrong with a line.

    Where libyaml stumbles over the line after it, `is_before`, only a wrong space or comment is
    certain.
    """
    if mistake := explain_spaces(line):
        return mistake
    if comment := _COMMENT.match(line):
        message, hint = (
            "has # in a list, where a comment begins",
            "put what begins with # in quotes",
        )
        repaired = re.sub(r"(?<=[\[{, ])#(?=\w)", "", line)
        return Mistake(comment.end(), message, hint, repaired)
    if is_before:
        return None
    indent = line[: len(line) - len(line.lstrip())]
    if "\t" in indent:
        repaired = line.replace("\t", "  ", indent.count("\t"))
        column = indent.index("\t") + 1
        return Mistake(column, "is indented with a tab", "indent with spaces", repaired)
    if item := re.match(r"(\s*)-(?=[^\s-])", line):
        repaired = f"{item[0]} {line[item.end() :]}"
        hint = f"write {_shortened(repaired.strip())}"
        return Mistake(item.end(), "has no space after its dash", hint, repaired)
    match = _KEY.match(line.rstrip())
    if match is None or not match[5]:
        return None
    value, column = match[5], match.start(5) + 1
    sign, text = value[0], value
    if sign in "\"'":
        message = "begins with a quote that is never closed"
        if sign in value[1:].replace('\\"', ""):
            message = "continues after its closing quote"
            if value.endswith(sign) and _opens(value[1:-1], sign):
                message, text = "has quotes within its quotes", value[1:-1]
    elif sign in "[{":
        kind, end = ("a list", "]") if sign == "[" else ("a mapping", "}")
        message = f"begins with {sign}, which begins {kind} in YAML"
        if value.endswith(("]", "}")) and not value.startswith(_OF_TEMPLATES):
            return None
        if end not in value:
            message = f"{message}, and no {end} ends it"
    elif sign in _SIGNS or value in ("-", "?") or value.startswith(("- ", "? ", ": ")):
        message = f"begins with {sign}, which has a special meaning in YAML"
    elif ": " in value or value.endswith(":"):
        column, message = 0, "has a colon where YAML expects none"
    else:
        return None
    return Mistake(column, message, f"write {match[2]}: {quoted(text)}", _written(match, text))


def explain_spaces(line: str) -> Mistake | None:
    """Return what is wrong with the spaces of a line with a key or an item."""
    name, plain = "a no-break space", line.translate(_ORDINARY)
    if any(space in line for space in ODD_SPACES):
        indent = line[: len(line) - len(line.lstrip())]
        for column, letter in enumerate(indent, 1):
            if letter in ODD_SPACES:
                hint = "indent with ordinary spaces"
                return Mistake(column, f"is indented with {name}", hint, plain)
        if line.lstrip()[1:2] in ODD_SPACES and line.lstrip().startswith("-"):
            hint = "write an ordinary space"
            return Mistake(len(indent) + 2, f"has {name} after its dash", hint, plain)
    if wide := _WIDE.match(line.rstrip()):
        repaired = f"{wide[1]}: {wide[2]}"
        hint = f"write {_shortened(repaired)}"
        message = "has a full-width colon, which YAML does not know"
        return Mistake(wide.end(1) + 1, message, hint, repaired)
    match = _KEY.match(line.rstrip())
    if match is None:
        return None
    if any(space in match[3] for space in ODD_SPACES):
        return Mistake(match.end(2) + 1, f"has {name} before its colon", "take it out", plain)
    if match[4][:1] in tuple(ODD_SPACES):
        hint = "write an ordinary space"
        return Mistake(match.start(4) + 1, f"has {name} after its colon", hint, plain)
    if match[5] and not match[4] and not match[5].startswith("//"):
        hint = f"write {match[2]}: {_shortened(match[5])}"
        repaired = f"{match[1]}{match[2]}: {match[5]}"
        return Mistake(match.start(5) + 1, "has no space after its colon", hint, repaired)
    return None


def _written(match: re.Match[str], text: str) -> str:
    """Return a line with a text as its value, in quotes."""
    escaped = text.replace("'", "''")
    return f"{match[1]}{match[2]}: '{escaped}'"


def _opens(inner: str, sign: str) -> bool:
    """Return whether the first quote within quotes opens a word, or stands within one."""
    at = inner.find(sign)
    return at >= 0 and (inner[at - 1 : at] in ("", " ") or inner[at + 1 : at + 2].isalnum())


def quoted(value: str) -> str:
    """Return a text as a quoted scalar, shortened for a hint."""
    value = _shortened(value.translate(_ORDINARY))
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"


def _shortened(value: str) -> str:
    return value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
