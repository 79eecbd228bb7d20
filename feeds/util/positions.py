"""Where the keys and values of a YAML or JSON document stand in its file. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from typing import Literal, NamedTuple

Path = Sequence[str | int]


class Mark(NamedTuple):
    """A position in a file; line and column count from 1."""

    line: int
    column: int


class Token(NamedTuple):
    """A bracket, a key or value, or the alias of a value that has the anchor `text`."""

    kind: Literal["{", "}", "[", "]", "text", "alias"]
    text: str
    mark: Mark
    anchor: str = ""


@dataclass(slots=True)
class _Node:
    """A value: where it begins, and where the keys and values within it do."""

    mark: Mark
    items: dict[str | int, tuple[Mark, "_Node"]] = field(default_factory=dict)


class Locator:
    """Locates the values of a document that is known to be sound and not deep.

    `tokens` gives what the parser has read; it is called when the first position is asked for.
    """

    def __init__(self, tokens: Callable[[], Iterator[Token]], start: Mark) -> None:
        self._tokens = tokens
        self._start = start
        self._anchors: dict[str, _Node] = {}
        self._repeated: list[tuple[Path, Mark]] = []

    def __call__(self, path: Path, *, key: bool = False) -> Mark:
        """Return where the value at a path begins, or its key; else the nearest value around it."""
        node, mark = self._root, self._root.mark
        for number, part in enumerate(path, 1):
            if part not in node.items:
                break
            key_mark, node = node.items[part]
            mark = key_mark if key and number == len(path) else node.mark
        return mark

    def first_repeated_key(self) -> tuple[Path, Mark]:
        """Return the path and the position of the first key that its mapping has already."""
        _ = self._root
        return self._repeated[0]

    @cached_property
    def _root(self) -> _Node:
        tokens = self._tokens()
        first = next(tokens, None)
        return _Node(self._start) if first is None else self._node(first, tokens, ())

    def _node(self, token: Token, tokens: Iterator[Token], path: tuple[str | int, ...]) -> _Node:
        if token.kind == "alias":
            return self._anchors.get(token.text) or _Node(token.mark)
        node = _Node(token.mark)
        if token.kind == "{":
            while (key := next(tokens)).kind != "}":
                below = (*path, key.text)
                if key.text in node.items:
                    self._repeated.append((below, key.mark))
                value = self._node(next(tokens), tokens, below)
                node.items.setdefault(key.text, (key.mark, value))
        elif token.kind == "[":
            for index in count():
                if (item := next(tokens)).kind == "]":
                    break
                value = self._node(item, tokens, (*path, index))
                node.items[index] = (value.mark, value)
        if token.anchor:
            self._anchors[token.anchor] = node
        return node


def field_name(path: Path) -> str:
    """Return a path as people write it: `related[3].title` for `("related", 3, "title")`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "document"
