"""JSON from anybody, to the same values as YAML gives and under the same limits. Pure.

It is read as JSON: libyaml refuses some of its escapes.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, Literal, cast

from feeds.problems import Code
from feeds.util.positions import Locator, Mark, Token
from feeds.util.yaml_document import (
    MOST_VALUES,
    Document,
    Malformed,
    Value,
    key_given_twice,
    too_deep,
    too_many_values,
)
from feeds.util.yaml_syntax import DEEPEST

_TOKEN: Final = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]|[^\s,:\[\]{}"]+', re.DOTALL)


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
        message = error.msg[:1].lower() + error.msg[1:]
        mark = Mark(error.lineno, error.colno)
        raise Malformed(mark, "json", Code.SYNTAX, message, "correct the JSON") from None
    except RecursionError:
        raise too_deep(_first_too_deep(text)) from None
    typed = _Values(text).value(value)
    locate = Locator(lambda: _tokens(text), Mark(1, 1))
    if has_repeated:
        path, mark = locate.first_repeated_key()
        raise key_given_twice(mark, path)
    return Document(typed, locate)


class _Values:
    """JSON values as YAML gives them."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MOST_VALUES

    def value(self, value: object, depth: int = 0) -> Value:
        """Return a value within `depth` lists and mappings. Raises Malformed beyond a limit."""
        self._left -= 1
        if self._left < 0:
            raise too_many_values(Mark(1, 1))
        if depth > DEEPEST and isinstance(value, dict | list):
            raise too_deep(_first_too_deep(self._text))
        if isinstance(value, dict):
            return {str(key): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if value is None else str(value)


def _first_too_deep(text: str) -> Mark:
    depth = 0
    for token in _tokens(text):
        depth += (token.kind in "[{") - (token.kind in "]}")
        if depth > DEEPEST + 1:
            return token.mark
    return Mark(1, 1)


def _tokens(text: str) -> Iterator[Token]:
    """Yield the brackets, keys and values of sound JSON."""
    line, line_start, position = 1, 0, 0
    for match in _TOKEN.finditer(text):
        start = match.start()
        breaks = text.count("\n", position, start)
        if breaks:
            line += breaks
            line_start = text.rfind("\n", position, start) + 1
        position = start
        mark = Mark(line, start - line_start + 1)
        written = match[0]
        if written in "[]{}":
            yield Token(cast('Literal["{", "}", "[", "]"]', written), "", mark)
        else:
            key = json.loads(written) if written.startswith('"') else written
            yield Token("text", key, mark)
