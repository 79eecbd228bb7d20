"""TOML from anybody, to the same values as YAML gives and under the same limits. Pure.

Dates, numbers, true and false become text, as YAML has them. https://toml.io/en/v1.0.0
"""

import json
import re
import tomllib
from bisect import bisect_right
from collections.abc import Iterator
from functools import cached_property
from typing import Final

from feeds.problems import Code
from feeds.util import text as texts
from feeds.util.json_document import Values
from feeds.util.positions import Mark, Path
from feeds.util.yaml_document import Document, Malformed, key_given_twice, too_deep
from feeds.util.yaml_syntax import DEEPEST, ODD_SPACES

_PART: Final = r"""(?:[\w-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""
_KEY: Final = re.compile(_PART)
_KEYS: Final = rf"[ \t]*({_PART}(?:[ \t]*\.[ \t]*{_PART})*)[ \t]*"
# A table's header or a key with its equals sign, in sound TOML.
_STATEMENT: Final = re.compile(rf"[ \t]*(\[\[?){_KEYS}\]|{_KEYS}=[ \t]*")
# What a value may have in it: texts, comments, brackets and the end of its line.
_TOKEN: Final = re.compile(
    r"""
    "{3}(?:[^\\]|\\.)*?"{3,5} | '{3}.*?'{3,5} | "(?:[^"\\\n]|\\.)*" | '[^'\n]*' | \#[^\n]* |
    [\[\]{}\n]
    """,
    re.DOTALL | re.VERBOSE,
)
# tomllib takes the square of the number of parts of a key, and 20 µs for a short line: so much
# takes 2 seconds at worst. A string of so many words with dots is taken for a key.
LARGEST: Final = 256 * 1024  # characters
_MOST_PARTS: Final = 64
_LONG_KEY: Final = re.compile(
    rf"""(?<![\w\\"'-])(?:(?:[\w\\-]|"[^"\n]*+"|'[^'\n]*+')++[ \t]*+\.[ \t]*+){{{_MOST_PARTS}}}"""
)
_PLACE: Final = re.compile(r"(.*) \(at (?:line (\d+), column (\d+)|end of document)\)", re.DOTALL)
_TWICE: Final = ("Cannot overwrite", "Cannot declare", "Cannot mutate", "Duplicate", "Cannot redef")
_LONG_NUMBER: Final = re.compile(r"(?<![\w.])(?:0[box][0-9a-fA-F_]{3500}|[0-9_]{4300})")
_COMMENT: Final = re.compile(r"\s+#")
_LONGEST: Final = 80  # characters of a value in a hint
_NEVER_CLOSED: Final = ("is a list or table that is never closed", "close it with ] or }")
# Parts of messages of tomllib, with the message and the hint that people get instead.
_MESSAGES: Final = (
    ("Invalid date or datetime", "is not a valid date", "write it like 2020-01-24T18:11:00Z"),
    ("Illegal character '\\n'", "begins with a quote that is never closed",
     'close the quote, or write """ before and after text of several lines'),
    ("Unescaped '\\'", "has a backslash that has no meaning there",
     "write it twice, or put the text in single quotes"),
    ("Unterminated string", "has a text that is never closed", "close the quote"),
    ("Expected '\"", "has a text that is never closed", "close the quote"),
    ('Expected "\'', "has a text that is never closed", "close the quote"),
    ("Unclosed", *_NEVER_CLOSED),
    ("table declaration", "is a table whose name is never closed", "close it with ]"),
    ("Invalid initial character for a key part", "has no key where TOML expects one",
     "write { … } on one line, and no comma before }"),
    ("Invalid statement", "is a line without a key", 'write key = "value"'),
)  # fmt: skip


def parse_toml(text: str) -> Document:
    """Parse a TOML document. Raises Malformed."""
    if len(text) > LARGEST:
        message, hint = f"is longer than {LARGEST >> 10} KiB", "put long texts below it"
        raise Malformed(Mark(1, 1), "front matter", Code.TOO_LARGE, message, hint)
    if text.count(".") >= _MOST_PARTS and (long := _LONG_KEY.search(text)):
        raise too_deep(_mark(text, long.start()))
    try:
        value = Values(lambda: _first_too_deep(text)).value(tomllib.loads(text, parse_float=_float))
    except tomllib.TOMLDecodeError as error:
        raise _malformed(text, str(error)) from None
    except RecursionError:
        raise too_deep(_first_too_deep(text)) from None
    except ValueError:  # Python's own limit for numbers: it would take the square of their length
        long = _LONG_NUMBER.search(text)
        mark = _mark(text, long.start()) if long else Mark(1, 1)
        hint = "put it in quotes if it is text"
        raise Malformed(mark, "toml", Code.TOO_LONG, "is a number that is too long", hint) from None
    return Document(value, _Locator(text))


def _float(written: str) -> str:
    return written.replace("_", "")


class _Locator:
    """Locates keys and their values in sound TOML; of what is within a list in brackets or a
    table in braces, the key that it stands under."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __call__(self, path: Path, *, key: bool = False) -> Mark:
        """Return where the value at a path begins, or its key; else the nearest value around it."""
        for length in range(len(path), 0, -1):
            if marks := self._marks.get(tuple(path[:length])):
                return marks[0 if key and length == len(path) else 1]
        return Mark(1, 1)

    @cached_property
    def _marks(self) -> dict[tuple[str | int, ...], tuple[Mark, Mark]]:
        """By path, where a key and its value begin."""
        text = self._text
        lines = [0, *(match.end() for match in re.finditer("\n", text))]

        def mark(position: int) -> Mark:
            line = bisect_right(lines, position)
            return Mark(line, position - lines[line - 1] + 1)

        marks: dict[tuple[str | int, ...], tuple[Mark, Mark]] = {}
        last: dict[tuple[str | int, ...], int] = {}  # indexes in arrays of tables
        table: tuple[str | int, ...] = ()
        at = 0
        while at < len(text):
            found = _STATEMENT.match(text, at)
            if not found:
                at = text.find("\n", at) + 1 or len(text)
                continue
            keys = list(_keys(found[2] or found[3]))
            path: tuple[str | int, ...] = () if found[2] else table
            for number, part in enumerate(keys, 1):
                path = (*path, part)
                if number == len(keys) and found[1] == "[[":
                    last[path] = last.get(path, -1) + 1
                if path in last:
                    path = (*path, last[path])
            start = mark(found.start(2 if found[2] else 3))
            marks[path] = start, start if found[2] else mark(found.end())
            if found[2]:
                table = path
            at = _end_of_value(text, found.end())
        return marks


def _keys(written: str) -> Iterator[str]:
    """Yield the parts of a dotted key."""
    for part in _KEY.findall(written):
        yield next(iter(tomllib.loads(f"{part} = 1"))) if part[0] in "\"'" else part


def _end_of_value(text: str, start: int) -> int:
    """Return where the line after a value begins."""
    depth = 0
    for token in _TOKEN.finditer(text, start):
        sign = token[0]
        depth += (sign in "[{") - (sign in "]}")
        if sign == "\n" and depth <= 0:
            return token.end()
    return len(text)


def _first_too_deep(text: str) -> Mark:
    """Return the first bracket beyond `DEEPEST`; all before it is sound."""
    depth = 0
    for token in _TOKEN.finditer(text):
        depth += (token[0] in "[{") - (token[0] in "]}")
        if depth > DEEPEST:
            return _mark(text, token.start())
    return Mark(1, 1)


def _mark(text: str, position: int) -> Mark:
    return Mark(text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position))


def _malformed(text: str, error: str) -> Malformed:
    """Return the error for a mistake in the syntax, with what was probably meant."""
    match = _PLACE.fullmatch(error)
    problem = match[1] if match else error
    lines = text.split("\n")
    is_end = not (match and match[2])
    if match and match[2]:
        mark = Mark(int(match[2]), int(match[3]))
    else:  # the end of the last line with something on it
        number = len(text.rstrip().split("\n"))
        mark = Mark(number, len(lines[number - 1]) + 1)
    line = lines[mark.line - 1]
    key, equals, value = (part.strip() for part in line.partition("="))
    of_key = Mark(mark.line, len(line) - len(line.lstrip()) + 1)
    if problem.startswith(_TWICE):
        return key_given_twice(of_key, (key.strip("[] ") or "document",))
    explained = next((words for part, *words in _MESSAGES if part in problem), None)
    if explained:
        message, hint = explained
    elif line[mark.column - 1 : mark.column] in tuple(ODD_SPACES):
        message, hint = "has a no-break space", "write an ordinary space"
    elif is_end and value.startswith(("[", "{")):
        message, hint = _NEVER_CLOSED
    elif equals and _KEY.match(key):
        message, hint = _of_value(key, value)
    elif problem == "Invalid value":
        message, hint = "has text without quotes", "put it in double quotes"
    else:
        mark, (message, hint) = of_key, _of_line(line)
    return Malformed(mark, "toml", Code.SYNTAX, message, hint)


def _of_line(line: str) -> tuple[str, str]:
    """Return the message and the hint for a line without an equals sign."""
    name, colon, value = (part.strip() for part in line.partition(":"))
    if colon and _KEY.fullmatch(name):
        message = "has a colon, where TOML has an equals sign"
        return message, f"write {name} = {_string(value)}"
    return "is a line without an equals sign", 'write key = "value"'


def _of_value(key: str, value: str) -> tuple[str, str]:
    """Return the message and the hint for a value that cannot be read."""
    if not value or value.startswith("#"):
        return "has a key without a value", "write a value, or take the key out"
    if value[0] in "“”„‘’«»":
        return f"has the quote {value[0]}, which TOML does not know", 'write "'
    if value[0] in "\"'":
        hint = 'write \\" for a quote in the text' if value[0] == '"' else "put it in double quotes"
        return "continues after its closing quote", hint
    if value[0] in "[{":
        return "has a value that TOML does not know", "put texts in double quotes, with commas"
    value = _COMMENT.split(value)[0]
    if value.lower() in ("true", "false"):
        return "has a capital letter", f"write {key} = {value.lower()}"
    message = "is not a value in TOML"
    if value[:1].isdecimal():
        message = "is neither a date nor a number in TOML"
    return message, f"write {key} = {_string(value)}"


def _string(value: str) -> str:
    """Return a text as a string of TOML, which is that of JSON, for a hint."""
    if value[:1] in ('"', "'", "[", "{"):
        return texts.shorten(value, _LONGEST)
    return json.dumps(texts.shorten(value, _LONGEST), ensure_ascii=False)
