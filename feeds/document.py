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
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.error import MarkedYAMLError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from feeds.errors import Code

Value = str | None | list["Value"] | dict[str, "Value"]
Path = Sequence[str | int]

DEEPEST: Final = 32
MOST_VALUES: Final = 50_000

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

    def __init__(self, mark: Mark, field: str, code: Code, what: str, cure: str) -> None:
        super().__init__(what)
        self.mark, self.field, self.code, self.what, self.cure = mark, field, code, what, cure


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its value and where each part of it stands."""

    value: Value
    locate: Callable[[Path], Mark]


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """One YAML document. `first_line` is the line of the file that `text` begins on."""
    root = _compose(text, first_line)
    if root is None:
        return Document(None, lambda path: Mark(first_line, 1))
    builder = _Builder(first_line)
    value = builder.build(root, ())
    return Document(value, lambda path: _locate(root, path, first_line))


def parse_json(text: str) -> Document:
    """One JSON document, read as JSON: libyaml refuses some of its escapes."""
    duplicates: list[str] = []

    def mapping(pairs: list[tuple[str, Value]]) -> Value:
        keys = [key for key, _ in pairs]
        duplicates.extend(key for key in dict.fromkeys(keys) if keys.count(key) > 1)
        return dict(pairs)

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
        raise _too_deep(Mark(1, 1)) from None

    def locate(path: Path) -> Mark:
        try:
            root = _compose(text, 1)
        except Malformed:
            return Mark(1, 1)
        return _locate(root, path, 1) if root is not None else Mark(1, 1)

    if duplicates:
        raise _duplicate(_second_mark(text, duplicates[0]), duplicates[0])
    return Document(_as_typed(value), locate)


class _Parser(CParser):
    """libyaml's composer, without resolution of plain scalars and with a depth limit."""

    def __init__(self, text: str, first_line: int) -> None:
        super().__init__(text)
        self._depth = 0
        self._first_line = first_line

    def resolve(self, kind: object, value: object, implicit: object) -> str:
        return ""

    def descend_resolver(self, parent: Node | None, index: object) -> None:
        self._depth += 1
        if self._depth > DEEPEST and parent is not None:
            raise _too_deep(_mark(parent, self._first_line))

    def ascend_resolver(self) -> None:
        self._depth -= 1


def _compose(text: str, first_line: int) -> Node | None:
    try:
        root: Node | None = _Parser(text, first_line).get_single_node()
    except MarkedYAMLError as error:
        place = error.problem_mark or error.context_mark
        mark = Mark(place.line + first_line, place.column + 1) if place else Mark(first_line, 1)
        what = error.problem or error.context or "is no YAML"
        raise Malformed(mark, "yaml", Code.SYNTAX, what, _yaml_cure(what)) from None
    except YAMLError as error:
        raise Malformed(
            Mark(first_line, 1), "yaml", Code.SYNTAX, str(error).splitlines()[0], "correct the YAML"
        ) from None
    return root


def _yaml_cure(what: str) -> str:
    if "mapping values are not allowed" in what:
        return "put the value in quotes if it contains a colon and a space"
    if "cannot start any token" in what:
        return "indent with spaces, not tabs, and put values that begin with a sign in quotes"
    if "expected a single document" in what:
        return "keep one document in the file"
    if "undefined alias" in what:
        return "put the value in quotes if it begins with *"
    return "correct the YAML; quotes around the value often help"


class _Builder:
    """Values of a node graph, with every limit counted after aliases are resolved."""

    def __init__(self, first_line: int) -> None:
        self._first_line = first_line
        self._left = MOST_VALUES

    def build(self, node: Node, path: tuple[str | int, ...]) -> Value:
        kind = node.__class__
        if node.tag and node.tag not in _CORE_TAGS and node.tag != "!":
            raise Malformed(
                _mark(node, self._first_line),
                field_name(path),
                Code.TAG,
                f"has the tag {node.tag}",
                "write the plain value",
            )
        self._left -= 1
        if self._left < 0:
            raise Malformed(
                _mark(node, self._first_line),
                field_name(path),
                Code.TOO_MANY_VALUES,
                f"is value number {MOST_VALUES + 1}",
                "split the article into several files",
            )
        if kind is ScalarNode:
            # `style` is None or empty for plain scalars alone.
            if (
                node.value in _NULLS
                and not getattr(node, "style", None)
                and node.tag in ("", _NULL_TAG)
            ):
                return None
            return str(node.value)
        if len(path) > DEEPEST:  # only an alias to its own parent gets here
            raise _too_deep(_mark(node, self._first_line))
        if kind is MappingNode:
            return self._mapping(node, path)
        return [self.build(item, (*path, index)) for index, item in enumerate(node.value)]

    def _mapping(self, node: Node, path: tuple[str | int, ...]) -> Value:
        built: dict[str, Value] = {}
        for key, value in node.value:
            if key.__class__ is not ScalarNode:
                raise Malformed(
                    _mark(key, self._first_line),
                    field_name(path),
                    Code.SYNTAX,
                    "has a key that is a list or a mapping",
                    "use plain words as keys",
                )
            name = key.value
            if name in built:
                raise _duplicate(_mark(key, self._first_line), name, path)
            built[name] = self.build(value, (*path, name))
        return built


_NULL_TAG: Final = "tag:yaml.org,2002:null"


def field_name(path: Path) -> str:
    """`("related", 3, "title")` as people write it: `related[3].title`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "document"


def _locate(root: Node, path: Path, first_line: int) -> Mark:
    node = root
    for part in path:
        if isinstance(node, MappingNode) and isinstance(part, str):
            found = next((v for k, v in node.value if k.value == part), None)
        elif isinstance(node, SequenceNode) and isinstance(part, int) and part < len(node.value):
            found = node.value[part]
        else:
            found = None
        if found is None:
            break
        node = found
    return _mark(node, first_line)


def _mark(node: Node, first_line: int) -> Mark:
    return Mark(node.start_mark.line + first_line, node.start_mark.column + 1)


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


def _as_typed(value: object, depth: int = 0) -> Value:
    if depth > DEEPEST:
        raise _too_deep(Mark(1, 1))
    if isinstance(value, dict):
        return {str(key): _as_typed(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_typed(item, depth + 1) for item in value]
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None else str(value)
