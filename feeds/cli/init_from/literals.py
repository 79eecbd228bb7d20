"""Read literal values from configurations that are programs, without running them. Pure.

A computed value, such as `process.env.URL`, is not found.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from typing import Final

# A key with the keys of the objects around it, such as ("blog", "path"), and its value.
Literal = tuple[tuple[str, ...], str]

_DEEPEST: Final = 100  # levels of nested objects; deeper ones are ignored
_WORD: Final = re.compile(
    r"""(?P<comment>//[^\n]*|/\*(?s:.*?)(?:\*/|\Z))
    | (?P<string>"(?:[^"\\\n]|\\.)*+(?:"|\\?$)|'(?:[^'\\\n]|\\.)*+(?:'|\\?$)
        |`(?:[^`\\]|\\(?s:.))*+(?:`|\\?\Z))
    | (?P<name>[A-Za-z_$][\w$]*)
    | (?P<number>\d[\d.]*)
    | (?P<mark>[^\s\w])""",
    re.VERBOSE | re.MULTILINE,
)
# After a value, a slash means division; elsewhere it begins a regular expression, in which quotes
# do not begin strings.
_REGULAR_EXPRESSION: Final = re.compile(r"/(?:[^/\\\n\[]|\\.|\[(?:[^\]\\\n]|\\.)*+\])++/\w*")
_ESCAPE: Final = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{1,6})\}?|(?s:(.)))")
_CLOSES: Final = {"}": "{", "]": "[", ")": "("}
# Keywords that are not values, so that a slash after them begins a regular expression.
_OPERATORS: Final = frozenset(("return", "typeof", "case", "default", "in", "of"))


def javascript(text: str) -> list[Literal]:
    """Return the literals of a program in JavaScript or TypeScript, in their order.

    These are strings, numbers and booleans after `key:` or `name =`, and the strings of a list
    each by itself. A name in their place has the literal that the program gave it before.
    """
    found: list[Literal] = []
    names: dict[str, str] = {}
    words = list(_words(text))
    around: list[tuple[str, str]] = []  # each bracket that is open, and the key before it
    key = ""
    is_computed = False
    for index, (kind, word) in enumerate(words):
        following = words[index + 1][1] if index + 1 < len(words) else ";"
        before = words[index - 1][1] if index else ";"
        if kind == "mark":
            if word in "{[(":
                around.append((word, key))
                key = key if word == "(" else ""
            elif word in _CLOSES:
                while around and around.pop()[0] != _CLOSES[word]:
                    pass
            if word in "}],;":
                is_in_list = word == "," and around and around[-1][0] == "["
                key = key if is_in_list else ""
            is_computed = word == "?" or (is_computed and word not in ",;{}")
            continue
        if kind == "name" and following == "=" and before == ":":
            continue  # a type, as in `const site: string = "…"`
        if (following == ":" and not is_computed) or (kind == "name" and following == "="):
            key = (_unquoted(word) if kind == "string" else word) or ""
            continue
        is_argument = before == "(" and index > 1 and words[index - 2][0] == "name"
        is_in_list = bool(around) and around[-1][0] == "[" and before in "[,"
        value = _unquoted(word) if kind == "string" else word
        if kind == "name" and word not in ("true", "false"):
            value = names.get(word)
        if value is None or is_computed or len(around) > _DEEPEST:
            continue
        if following in ".([+`?|&" or not (before in ":=" or is_in_list or is_argument):
            continue
        inner = words[index - 2][1] if is_argument else "" if is_in_list else key
        path = (*(name for _, name in around if name), *([inner] if inner else []))
        found.append((path, value))
        if before == "=":
            names.setdefault(key, value)
        if is_in_list:
            key = value  # `["plugin", {…}]`: what follows belongs to it
    return found


def _words(text: str) -> Iterator[tuple[str, str]]:
    position, ended = 0, False
    searched = 0  # up to here there is no whole regular expression: each line is tried once
    while match := _WORD.search(text, position):
        kind, word = match.lastgroup or "", match[0]
        position = match.end()
        if word == "/" and not ended and position > searched:
            if skipped := _REGULAR_EXPRESSION.match(text, match.start()):
                position, ended = skipped.end(), True
                continue
            searched = text.find("\n", position) % (len(text) + 1)
        if kind == "comment":
            continue
        ended = word in ("}", "]", ")") if kind == "mark" else word not in _OPERATORS
        yield kind, word


def _unquoted(word: str) -> str | None:
    """Return the value of a string; None for a template with a computed part."""
    if word[0] == "`" and "${" in word:
        return None
    return _ESCAPE.sub(_unescaped, word[1:-1])


def _unescaped(match: re.Match[str]) -> str:
    if match[1]:
        number = int(match[1], 16)
        return chr(number) if number < 0x110000 and not 0xD800 <= number < 0xE000 else "\ufffd"
    return {"n": "\n", "t": "\t", "\n": ""}.get(match[2], match[2])


def first(literals: Sequence[Literal], *keys: str) -> str | None:
    """Return the value at a sequence of keys, the least nested one if there are several."""
    fitting = [
        (len(path), value) for path, value in literals if path[-len(keys) :] == keys and value
    ]
    return min(fitting, key=lambda item: item[0])[1] if fitting else None


def python(text: str) -> dict[str, object]:
    """Return the literals that a Python program assigns to names at its top level.

    Raises SyntaxError, with a line, if the text is not Python.
    """
    try:
        tree = ast.parse(text)
    except (ValueError, RecursionError, MemoryError) as error:
        raise SyntaxError(str(error) or "is too deep") from None
    found: dict[str, object] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign) and node.value is not None:
            targets, value = [node.target], node.value
        else:
            continue
        try:
            known = found[value.id] if isinstance(value, ast.Name) else ast.literal_eval(value)
        except (KeyError, ValueError, TypeError, SyntaxError, RecursionError, MemoryError):
            known = None  # computed
        for target in targets:
            if isinstance(target, ast.Name):
                found[target.id] = known
    return found
