"""YAML and JSON from strangers, to strings, lists and mappings. Pure.

Only PyYAML's C parser is used: it is ten times as fast as the Python one, and
an article may be large. Scalars stay as their author typed them (YAML 1.1
would make `no` False, `1e3` a float and `12:30:45` 45045): whoever reads a
field knows its type. An empty plain scalar, `~` and `null` are None.

Refused, with the place: tags beyond the YAML core, duplicate keys, keys that
are no scalars, nesting beyond `DEEPEST` and more than `MOST_VALUES` values
after aliases are resolved.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Protocol

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    StreamEndEvent,
    StreamStartEvent,
)
from yaml.nodes import MappingNode, Node, SequenceNode

from feeds.problems import Code
from feeds.util.text import place

Value = str | None | list["Value"] | dict[str, "Value"]
Path = Sequence[str | int]

DEEPEST: Final = 32
MOST_VALUES: Final = 50_000

# Line breaks to libyaml, which knows YAML 1.1; to YAML 1.2, JSON and every editor
# they are not. https://yaml.org/spec/1.2.2/#54-line-break-characters
_BREAKS: Final = "\x85\u2028\u2029"
_NO_BREAKS: Final = dict.fromkeys(map(ord, _BREAKS), " ")
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in "str int float bool null seq map timestamp".split()
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a file; both count from 1."""

    line: int
    column: int


class Malformed(Exception):
    """What is wrong with a document, and where."""

    def __init__(self, mark: Mark, field: str, code: Code, message: str, hint: str) -> None:
        super().__init__(message)
        self.mark, self.field, self.code, self.message, self.hint = mark, field, code, message, hint


class Locate(Protocol):
    """Where the value at a path begins, or its key."""

    def __call__(self, path: Path, *, key: bool = False) -> Mark: ...


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its value and where each part of it stands."""

    value: Value
    locate: Locate


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """One YAML document. `first_line` is the line of the file that `text` begins on."""
    text = _without_breaks(text)
    try:
        value = _Builder(text, first_line).document()
    except MarkedYAMLError as error:
        raise _syntax(error, first_line) from None
    except YAMLError as error:
        message = str(error).splitlines()[0]
        mark = Mark(first_line, 1)
        raise Malformed(mark, "yaml", Code.SYNTAX, message, "correct the YAML") from None
    return Document(value, _locator(text, first_line))


def parse_json(text: str) -> Document:
    """One JSON document, read as JSON: libyaml refuses some of its escapes."""
    duplicates: list[str] = []

    def mapping(pairs: list[tuple[str, Value]]) -> Value:
        built = dict(pairs)
        if len(built) < len(pairs):
            counts = Counter(key for key, _ in pairs)
            duplicates.extend(key for key, count in counts.items() if count > 1)
        return built

    try:
        value: object = json.loads(
            text, object_pairs_hook=mapping, parse_int=str, parse_float=str, parse_constant=str
        )
    except json.JSONDecodeError as error:
        mark = Mark(error.lineno, error.colno)
        raise Malformed(
            mark, "json", Code.SYNTAX, error.msg[:1].lower() + error.msg[1:], "correct the JSON"
        ) from None
    except RecursionError:
        raise _too_deep(_deepest(text)) from None

    if duplicates:
        try:
            parse_yaml(text)  # knows the place, and which mapping has it
        except Malformed as error:
            if error.code is Code.DUPLICATE_KEY:
                raise
        raise _duplicate(_second_mark(text, duplicates[0]), duplicates[0])
    return Document(_Typed(text).value(value), _locator(text, 1))


def _without_breaks(text: str) -> str:
    """The text with nothing that libyaml alone takes for the end of a line."""
    return text.translate(_NO_BREAKS) if any(one in text for one in _BREAKS) else text


class _Builder:
    """Values straight from libyaml's events.

    That is faster than composing nodes first, and every limit is checked before
    anything is built. Nothing here resolves plain scalars.
    """

    def __init__(self, text: str, first_line: int) -> None:
        self._next: Callable[[], Any] = CParser(text).get_event
        self._first_line = first_line
        self._left = MOST_VALUES
        self._anchors: dict[str, tuple[Value, int]] = {}  # and how many values each stands for

    def document(self) -> Value:
        """The value of the only document; None if there is none."""
        event = self._next()
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = self._next()
        if event.__class__ is StreamEndEvent:
            return None
        value = self._value(event, ())
        self._next()  # the document's end
        after = self._next()
        if after.__class__ is not StreamEndEvent:
            raise self._wrong(
                after, (), Code.SYNTAX, "has a second document", "keep one document in the file"
            )
        return value

    def _value(self, event: Any, path: tuple[str | int, ...]) -> Value:
        kind = event.__class__
        if kind is ScalarEvent and event.tag is None and event.anchor is None:
            self._left -= 1
            # `style` is empty for plain scalars alone.
            return None if not event.style and event.value in _NULLS else event.value
        if kind is AliasEvent:
            return self._alias(event, path)
        tag, anchor, left = event.tag, event.anchor, self._left
        if tag is not None and tag not in _CORE_TAGS:
            raise self._wrong(event, path, Code.TAG, f"has the tag {tag}", "leave the tag out")
        if len(path) > DEEPEST:
            raise _too_deep(self._mark(event))
        self._left -= 1
        if kind is ScalarEvent:
            value = None if event.value in _NULLS and tag in (None, _NULL_TAG) else event.value
        elif kind is MappingStartEvent:
            value = self._mapping(path)
        else:
            value = self._list(path)
        if self._left < 0:
            raise self._wrong(
                event,
                path,
                Code.TOO_MANY_VALUES,
                f"goes beyond {MOST_VALUES} values",
                "split it into several files",
            )
        if anchor is not None:
            self._anchors[anchor] = value, left - self._left
        return value

    def _mapping(self, path: tuple[str | int, ...]) -> Value:
        built: dict[str, Value] = {}
        next_event = self._next
        while (event := next_event()).__class__ is not MappingEndEvent:
            if event.__class__ is not ScalarEvent:
                raise self._wrong(
                    event,
                    path,
                    Code.SYNTAX,
                    "has a key that is no plain word",
                    "use plain words as keys",
                )
            name = event.value
            if name in built:
                raise _duplicate(self._mark(event), name, path)
            event = next_event()
            # Most values by far, so without a call and a path: as `_value` has it.
            if event.__class__ is ScalarEvent and event.tag is None and event.anchor is None:
                self._left -= 1
                value = event.value
                built[name] = None if not event.style and value in _NULLS else value
            else:
                built[name] = self._value(event, (*path, name))
        return built

    def _list(self, path: tuple[str | int, ...]) -> Value:
        built: list[Value] = []
        while (event := self._next()).__class__ is not SequenceEndEvent:
            built.append(self._value(event, (*path, len(built))))
            if self._left < 0:
                break  # said by the caller, with the place where the list begins
        return built

    def _alias(self, event: Any, path: tuple[str | int, ...]) -> Value:
        """What an anchor stands for, counted as often as it is used."""
        found = self._anchors.get(event.anchor)
        if found is None:
            raise self._wrong(
                event,
                path,
                Code.SYNTAX,
                f"names *{event.anchor}, which nothing before it defines",
                "put the value in quotes if it begins with *",
            )
        value, size = found
        self._left -= size
        return value

    def _wrong(
        self, event: Any, path: tuple[str | int, ...], code: Code, message: str, hint: str
    ) -> Malformed:
        return Malformed(self._mark(event), field_name(path), code, message, hint)

    def _mark(self, event: Any) -> Mark:
        return Mark(event.start_mark.line + self._first_line, event.start_mark.column + 1)


class _Composer(CParser):
    """libyaml's composer, for the places of values: asked for when there is a problem."""

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: object, index: object) -> None:
        pass

    def ascend_resolver(self) -> None:
        pass


# What libyaml says, and what a publisher is told instead.
_SAID: Final = (
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


def _syntax(error: MarkedYAMLError, first_line: int) -> Malformed:
    said = error.problem or error.context or "is no YAML"
    place = error.problem_mark or error.context_mark
    quoted = "quoted scalar" in (error.context or "")
    if quoted and ("escape" in said or "hexdecimal" in said or "Unicode" in said):
        message, hint = "has a backslash that means nothing there", "write it twice, or take it out"
    elif quoted and error.context_mark is not None:
        place = error.context_mark  # where the quote opens tells more than where the file ends
        message, hint = "begins with a quote that is never closed", "close the quote"
    else:
        message, hint = next(
            ((message, hint) for part, message, hint in _SAID if part in said),
            (said, "correct the YAML; quotes around the value often help"),
        )
    mark = Mark(place.line + first_line, place.column + 1) if place else Mark(first_line, 1)
    return Malformed(mark, "yaml", Code.SYNTAX, message, hint)


# Halves of characters as JSON escapes them, which YAML does not know: of one length
# with any other escape, and so are the places of all that comes after them.
_HALVES: Final = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_NULL_TAG: Final = "tag:yaml.org,2002:null"


def field_name(path: Path) -> str:
    """`("related", 3, "title")` as people write it: `related[3].title`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "document"


def _locator(text: str, first_line: int) -> Locate:
    """Finds where a value or its key begins, or the nearest value around it.

    The text has been built once, so it is known to be sound and not deep. It is
    composed when the first place is asked for, and once: a file can have a
    problem in each of its values.
    """

    @cache
    def root() -> Node | None:
        try:
            sound = _HALVES.sub(r"\\u0020", _without_breaks(text))
            node: Node | None = _Composer(sound).get_single_node()
        except YAMLError:  # JSON that is no YAML
            return None
        return node

    def locate(path: Path, *, key: bool = False) -> Mark:
        node = root()
        if node is None:
            return Mark(first_line, 1)
        for number, part in enumerate(path, 1):
            below = _below(node, part, key=key and number == len(path))
            if below is None:
                break
            node = below
        return Mark(node.start_mark.line + first_line, node.start_mark.column + 1)

    return locate


def _below(node: Node, part: str | int, *, key: bool) -> Node | None:
    """What a mapping or a list has under a name or a number; or that name itself."""
    if isinstance(node, MappingNode) and isinstance(part, str):
        return next((pair[0 if key else 1] for pair in node.value if pair[0].value == part), None)
    if isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
        found: Node = node.value[part]
        return found
    return None


def _too_deep(mark: Mark) -> Malformed:
    return Malformed(
        mark, "document", Code.TOO_DEEP, f"is nested deeper than {DEEPEST} levels", "flatten it"
    )


def _duplicate(mark: Mark, key: str, path: Path = ()) -> Malformed:
    return Malformed(
        mark, field_name((*path, key)), Code.DUPLICATE_KEY, "is given twice", "keep one of the two"
    )


def _second_mark(text: str, key: str) -> Mark:
    """Where a JSON key stands for the second time."""
    quoted = json.dumps(key, ensure_ascii=False)
    at = text.find(quoted, text.find(quoted) + 1)
    if at < 0:
        return Mark(1, 1)
    return Mark(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


# What opens and closes in JSON, and what has brackets that do neither.
_BRACKETS: Final = re.compile(r'"(?:[^"\\]|\\.)*"|([\[{])|[\]}]', re.DOTALL)


def _deepest(text: str) -> Mark:
    """Where JSON begins to nest too deep."""
    depth = 0
    for found in _BRACKETS.finditer(text):
        if found[1]:
            depth += 1
            if depth > DEEPEST + 1:
                return Mark(*place(text[: found.start()]))
        elif found[0] in ("]", "}"):
            depth -= 1
    return Mark(1, 1)


class _Typed:
    """JSON values as YAML gives them, under the same limits."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._left = MOST_VALUES

    def value(self, value: object, depth: int = 0) -> Value:
        self._left -= 1
        if self._left < 0:
            raise Malformed(
                Mark(1, 1),
                "document",
                Code.TOO_MANY_VALUES,
                f"goes beyond {MOST_VALUES} values",
                "split it into several files",
            )
        if depth > DEEPEST and isinstance(value, dict | list):
            raise _too_deep(_deepest(self._text))
        if isinstance(value, dict):
            return {str(key): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, list):
            return [self.value(item, depth + 1) for item in value]
        if isinstance(value, bool):
            return "true" if value else "false"
        return value if value is None else str(value)
