"""Errors of YAML's syntax, in words for whoever wrote the file. Pure."""

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
     "put the value in quotes if it contains a colon and a space"),
    ("cannot start any token", "has a tab, or a sign that no value begins with",
     "indent with spaces, and put values that begin with a sign in quotes"),
    ("a tab character that violates", "is indented with a tab", "indent with spaces"),
    ("did not find expected ',' or", "is a list or mapping that is never closed",
     "close the bracket, or put the value in quotes"),
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
                "has a backslash that means nothing there", "write it twice, or take it out"
            )
        hint = "close the quote"
        return Explanation("begins with a quote that is never closed", hint, at_context=True)
    cause = problem or context or "is no YAML"
    for part, message, hint in _MESSAGES:
        if part in cause:
            return Explanation(message, hint)
    return Explanation(cause, "correct the YAML; quotes around the value often help")


_KEY: Final = re.compile(r"(\s*(?:- +)?)([A-Za-z_][\w-]*):(\s*)(.*?)\s*$")
_SIGNS: Final = "*&@`%!|>,]}#"
_LONGEST: Final = 80  # characters of a value in a hint


def explain_line(line: str, *, is_before: bool) -> tuple[int, str, str] | None:
    """Return the column (0 if libyaml knows it), message and hint for a line that is wrong.

    Where libyaml stumbles over the line after it, `is_before`, only a missing space is certain.
    """
    match = _KEY.match(line)
    if match and match[4] and not match[3] and not match[4].startswith("//"):
        hint = f"write {match[2]}: {match[4][:_LONGEST]}"
        return match.start(4) + 1, "has no space after its colon", hint
    if match and match[3].strip(" \t") == "" and match[3] and not match[3].isascii():
        return match.end(2) + 2, "has a no-break space after its colon", "write an ordinary space"
    if is_before:
        return None
    indent = line[: len(line) - len(line.lstrip())]
    if odd := indent.strip(" "):
        name, kind = ("a tab", "") if odd[0] == "\t" else ("a no-break space", "ordinary ")
        return indent.index(odd[0]) + 1, f"is indented with {name}", f"indent with {kind}spaces"
    if match is None or not match[4]:
        return None
    key, value, column = match[2], match[4], match.start(4) + 1
    sign, hint = value[0], f"write {key}: {_quoted(value)[:_LONGEST]}"
    if sign in "\"'":
        if sign not in value[1:]:
            return None
        if value.endswith(sign) and _opens(value[1:-1], sign):
            hint = f"write {key}: {_quoted(value[1:-1])[:_LONGEST]}"
            return column, "has quotes within its quotes", hint
        return column, "continues after its closing quote", hint
    if sign in "[{":
        is_text = "]}"["[{".index(sign)] in value[:-1]
        kind = "a list" if sign == "[" else "a mapping"
        message = f"begins with {sign}, which begins {kind} in YAML"
        return (column, message, hint) if is_text else None
    if sign in _SIGNS or value.startswith(("- ", "? ", ": ")):
        return column, f"begins with {sign}, which has a meaning in YAML", hint
    if ": " in value or value.endswith(":"):
        return 0, "has a colon where YAML expects none", hint
    return None


def _opens(inner: str, sign: str) -> bool:
    """Return whether the first quote within quotes opens a word, or stands within one."""
    at = inner.find(sign)
    return at >= 0 and (inner[at - 1 : at] in ("", " ") or inner[at + 1 : at + 2].isalnum())


def _quoted(value: str) -> str:
    """Return a text as a quoted scalar."""
    if '"' not in value and "\\" not in value:
        return f'"{value}"'
    return "'" + value.replace("'", "''") + "'"
