"""JSON from anybody, to the same values as YAML gives and under the same limits. Pure.

It is read as JSON: libyaml refuses some of its escapes.
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Final

from feeds.problems import Code
from feeds.util.positions import Locator, Mark, Start
from feeds.util.yaml_document import (
    MOST_MISTAKES,
    MOST_VALUES,
    Document,
    Malformed,
    Salvaged,
    Value,
    key_given_twice,
    salvage_yaml,
    too_deep,
    too_many_values,
)
from feeds.util.yaml_syntax import DEEPEST

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s,:\[\]{}"]+', re.DOTALL)

# A text, closed or not, or a brace.
_BRACE: Final = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|[{}]', re.DOTALL)


def end_of_object(text: str) -> int:
    """Return where the JSON object ends that a text begins with, or -1 if it never does."""
    depth = 0
    for token in _BRACE.finditer(text):
        depth += (token[0] == "{") - (token[0] == "}")
        if depth <= 0:
            return token.end()
    return -1


def parse_json(text: str) -> Document:
    """Parse one JSON document. Raises Malformed."""
    has_repeated = False

    def mapping(pairs: list[tuple[str, Value]]) -> Value:
        nonlocal has_repeated
        built = dict(pairs)
        has_repeated = has_repeated or len(built) < len(pairs)
        return built

    try:
        value: object = json.loads(
            text, object_pairs_hook=mapping, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError as error:
        mark = Mark(error.lineno, error.colno)
        message, hint = _explained(text, error)
        repaired = _repaired(text, error.pos)
        raise Malformed(mark, "json", Code.SYNTAX, message, hint, repaired) from None
    except RecursionError:
        raise too_deep(_first_too_deep(text)) from None
    typed = Values(lambda: _first_too_deep(text)).value(value)
    if has_repeated:
        tokens = _tokens(text)
        if repeated := _repeated_key(tokens, next(tokens)[0]):
            raise repeated
    return Document(typed, Locator(typed, lambda: _starts(text), Mark(1, 1)))


def salvage_json(text: str) -> Salvaged:
    """Find the mistakes in a JSON document, up to one that hides what follows."""
    mistakes: list[Malformed] = []
    repaired = text
    while repaired and len(mistakes) < MOST_MISTAKES:
        try:
            return Salvaged(parse_json(repaired), mistakes, whole=True)
        except Malformed as error:
            if error.code is Code.DUPLICATE_KEY and not mistakes:
                return salvage_yaml(text)  # which finds all of them
            mistakes.append(error)
            repaired = error.repaired
    # YAML has the same form, and knows what most mistakes were meant to be.
    in_yaml = salvage_yaml(text)
    return Salvaged(in_yaml.document, mistakes, in_yaml.whole and not in_yaml.mistakes)


def _repaired(text: str, position: int) -> str:
    """Return a document as it was meant, with all else in its place; empty if that is not known."""
    before, after = text[:position].rstrip(), text[position:].lstrip()
    if comment := re.match(r"(?://|#)[^\n]*|/\*.*?\*/", after, re.DOTALL):
        start = len(text) - len(after)
        return text[:start] + re.sub(r"[^\n]", " ", comment[0]) + after[comment.end() :]
    if before.endswith(",") and after[:1] in ("]", "}", ","):
        return f"{before[:-1]} {text[len(before) :]}"
    if (before[-1:].isalnum() or before[-1:] in ('"', "]", "}")) and after[:1] == '"':
        # In the place of a space, if there is one, so that all else keeps its column.
        return f"{before},{text[len(before) + (text[len(before)] == ' ') :]}"
    return ""


def _explained(text: str, error: json.JSONDecodeError) -> tuple[str, str]:
    """Return the message and the hint for a mistake in the syntax."""
    before, after = text[: error.pos].rstrip(), text[error.pos :].lstrip()
    if not after:
        return "ends before it is complete", "close what is open, with } or ]"
    if after.startswith(("//", "/*", "#")):
        return "has a comment, which JSON does not allow", "take it out"
    if before.endswith((",", "[", "{")) and after[0] in "]},":
        return f"has a comma before {after[0]}", "take the comma out"
    if not text[error.pos].isascii() and text[error.pos].isspace():
        return "has a no-break space between its values", "write an ordinary space"
    if after[0] in "'“”„‘’«»":
        return f"has the quote {after[0]}, which JSON does not know", 'write "'
    if before.endswith(":") and after[0] in ",}":
        return "has a key without a value", "write a value, or null, or take the key out"
    if error.msg.startswith("Expecting value") and (word := re.match(r"[\w.+-]{1,40}", after)):
        hint = "write a text in double quotes, a number, true, false or null"
        return f"has {word[0]}, which is not a value in JSON", hint
    if (digits := re.search(r"-?0$", before)) and after[0].isdecimal():
        return f"has a number that begins with {digits[0]}", "write it without that zero"
    if error.msg.startswith("Expecting property name"):
        return "has a key without quotes", 'write keys in double quotes: "title"'
    if after[0] in "]}" and "','" in error.msg:
        return f"has {after[0]} where another bracket is open", "close { with }, and [ with ]"
    if before[-1:].isalnum() and len(before) == error.pos and "','" in error.msg:
        return "has a value without quotes", "put it in double quotes"
    if "','" in error.msg:
        return "has no comma between two values", 'write a comma, or \\" for a quote in the text'
    if "':'" in error.msg:
        return "has a key without a colon", 'write "title": and the value'
    if error.msg.startswith("Extra data") and after[0] == ":":
        return "has a key outside of braces", "begin the file with {, and end it with }"
    if error.msg.startswith("Extra data"):
        return "continues after its end", "keep one article in the file, and nothing after it"
    if error.msg.startswith("Invalid control"):
        return "has a line break or a tab in its text", "write \\n or \\t for it"
    if error.msg.startswith("Invalid \\"):
        return "has a backslash that has no meaning there", "write it twice, or take it out"
    if error.msg.startswith("Unterminated"):
        return "has a text that is never closed", 'close it with "'
    return error.msg[:1].lower() + error.msg[1:], "correct the JSON"


class Values:
    """Values of JSON and TOML as YAML gives them: text, lists and mappings."""

    def __init__(self, first_too_deep: Callable[[], Mark]) -> None:
        self._first_too_deep = first_too_deep
        self._left = MOST_VALUES

    def value(self, value: object, depth: int = 0) -> Value:
        """Return a value within `depth` lists and mappings. Raises Malformed beyond a limit."""
        self._left -= 1
        if self._left < 0:
            raise too_many_values(Mark(1, 1))
        if depth > DEEPEST and isinstance(value, dict | list):
            raise too_deep(self._first_too_deep())
        if isinstance(value, dict):
            return {str(key): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if value is None else str(value)


def _first_too_deep(text: str) -> Mark:
    depth = 0
    for sign, mark in _tokens(text):
        depth += (sign in "[{") - (sign in "]}")
        if depth > DEEPEST + 1:
            return mark
    return Mark(1, 1)


def _repeated_key(
    tokens: Iterator[tuple[str, Mark]], first: str, path: tuple[str | int, ...] = ()
) -> Malformed | None:
    """Return the error for the first key that its mapping has already.

    `first` is the sign that the value at `path` begins with.
    """
    keys: set[str] = set()
    if first in "[{":
        for index, (sign, mark) in enumerate(tokens):
            if sign in "]}":
                break
            part: str | int = index
            if first == "{":
                part = str(json.loads(sign))
                if part in keys:
                    return key_given_twice(mark, (*path, part))
                keys.add(part)
                sign, _ = next(tokens)  # noqa: PLW2901 - that of its value
            if error := _repeated_key(tokens, sign, (*path, part)):
                return error
    return None


def _starts(text: str) -> Iterator[Start]:
    return (Start(mark) for sign, mark in _tokens(text) if sign not in "]}")


def _tokens(text: str) -> Iterator[tuple[str, Mark]]:
    """Yield the brackets, keys and values of sound JSON, each where it begins."""
    line, line_start, position = 1, 0, 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        breaks = text.count("\n", position, start)
        if breaks:
            line += breaks
            line_start = text.rfind("\n", position, start) + 1
        position = start
        yield match[0], Mark(line, start - line_start + 1)
