"""Errors of YAML's syntax, in words for whoever wrote the file. Pure."""

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
     "write key: value, or indent the line if it goes on from the one above"),
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
