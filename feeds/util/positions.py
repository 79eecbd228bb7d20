"""Where the keys and values of a YAML or JSON document stand in its file. Pure."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

Path = Sequence[str | int]


class Mark(NamedTuple):
    """A position in a file; line and column count from 1."""

    line: int
    column: int


class Start(NamedTuple):
    """Where a key or a value begins. A value may have an anchor, or be the alias of one."""

    mark: Mark
    anchor: str = ""
    alias: str = ""


@dataclass(slots=True)
class _Node:
    """A value: where it begins, and where the keys and values within it do."""

    mark: Mark
    items: dict[str | int, tuple[Mark, "_Node"]] = field(default_factory=dict)


class Locator:
    """Locates what is in the value of a document.

    `starts` gives where each of its keys and values begins, in the order of the document. It is
    called when the first position is asked for.
    """

    def __init__(self, value: object, starts: Callable[[], Iterable[Start]], first: Mark) -> None:
        self._value = value
        self._starts = starts
        self._first = first
        self._anchors: dict[str, _Node] = {}

    def __call__(self, path: Path, *, key: bool = False) -> Mark:
        """Return where the value at a path begins, or its key; else the nearest value around it."""
        node, mark = self._root, self._root.mark
        for number, part in enumerate(path, 1):
            if part not in node.items:
                break
            key_mark, node = node.items[part]
            mark = key_mark if key and number == len(path) else node.mark
        return mark

    @cached_property
    def _root(self) -> _Node:
        starts = iter(self._starts())
        first = next(starts, None)
        return _Node(self._first) if first is None else self._node(self._value, first, starts)

    def _node(self, value: object, start: Start, starts: Iterator[Start]) -> _Node:
        if start.alias:
            return self._anchors[start.alias]
        node = _Node(start.mark)
        if isinstance(value, dict):
            for key, item in value.items():
                key_mark = next(starts).mark
                node.items[key] = key_mark, self._node(item, next(starts), starts)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                below = self._node(item, next(starts), starts)
                node.items[index] = below.mark, below
        if start.anchor:
            self._anchors[start.anchor] = node
        return node


def field_name(path: Path) -> str:
    """Return a path as people write it: `related[3].title` for `("related", 3, "title")`."""
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{part}" if name else part
    return name or "document"
