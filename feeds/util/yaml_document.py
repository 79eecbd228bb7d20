"""Parse untrusted YAML to strings, lists and mappings. Pure.

Only PyYAML's C parser is used: it is ten times as fast as the Python one, and
an article may be large. Scalars stay as their author typed them (YAML 1.1
would make `no` False, `1e3` a float and `12:30:45` 45045): whoever reads a
field knows its type. An empty plain scalar, `~` and `null` are None.

Refused, with the position: tags beyond the YAML core, duplicate keys, keys that
are no scalars, nesting beyond `DEEPEST`, more than `MOST_VALUES` values after
aliases are resolved, and aliases that stand for more than `MOST_ALIASED` characters.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple, Protocol

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

from feeds.problems import Code
from feeds.util.positions import Locator, Mark, Path, Start, field_name
from feeds.util.yaml_syntax import (
    DEEPEST,
    ODD_SPACES,
    Mistake,
    explain,
    explain_line,
    explain_spaces,
)

Value = str | None | list["Value"] | dict[str, "Value"]

MOST_VALUES: Final = 50_000
MOST_MISTAKES: Final = 20  # after each, the document is parsed again
MOST_ALIASED: Final = 4 * 1024 * 1024  # characters that aliases stand for, as in the largest file

# Line breaks to libyaml, which knows YAML 1.1; to YAML 1.2, JSON and every editor
# they are not. https://yaml.org/spec/1.2.2/#54-line-break-characters
_BREAKS: Final = "\x85\u2028\u2029"
_NO_BREAKS: Final = dict.fromkeys(map(ord, _BREAKS), " ")
_NULLS: Final = frozenset(("", "~", "null", "Null", "NULL"))
_NULL_TAG: Final = "tag:yaml.org,2002:null"
_CORE_TAGS: Final = frozenset(
    f"tag:yaml.org,2002:{name}" for name in "str int float bool null seq map timestamp".split()
)


class Malformed(Exception):
    """A document that cannot be used: where and why, and what to do about it."""

    def __init__(
        self, mark: Mark, field: str, code: Code, message: str, hint: str, repaired: str = ""
    ) -> None:
        """`repaired` is the line of YAML, or all of the JSON, as it was probably meant."""
        super().__init__(message)
        self.mark, self.field, self.code, self.message, self.hint = mark, field, code, message, hint
        self.repaired = repaired


class Locate(Protocol):
    """Return where the value at a path begins, or its key."""

    def __call__(self, path: Path, *, key: bool = False) -> Mark: ...


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed document: its value, and where each part of it stands.

    `text` is that of YAML, which begins on `first_line` of its file; empty for JSON.
    """

    value: Value
    locate: Locate
    text: str = ""
    first_line: int = 1

    def rest(self, path: Path) -> str:
        """Return the text of YAML from where a value begins; empty for JSON.

        It takes time in proportion to the length of the document.
        """
        if not self.text:
            return ""
        line, column = self.locate(path)
        return self.text.split("\n", line - self.first_line)[-1][column - 1 :]


class Salvaged(NamedTuple):
    """The rest of a document with mistakes, if there is any, and all of the mistakes.

    It is `whole` if all that was wrong could be read as it was meant.
    """

    document: Document | None
    mistakes: list[Malformed]
    whole: bool


def parse_yaml(text: str, first_line: int = 1) -> Document:
    """Parse one YAML document, whose text begins on a line of its file. Raises Malformed."""
    mistakes: list[Malformed] = []
    document = _parse(text, first_line, mistakes)
    if mistakes:
        raise mistakes[0]
    return document


def salvage_yaml(text: str, first_line: int = 1) -> Salvaged:
    """Find every mistake in one YAML document: a line with one is read as it was probably
    meant, or left out."""
    written = text.translate(_NO_BREAKS).split("\n")
    lines = list(written)
    found: list[Malformed] = []
    whole = True
    last = 0  # the line of the last mistake that could not be repaired for certain
    for _ in range(MOST_MISTAKES):
        mistakes: list[Malformed] = []
        try:
            document = _parse("\n".join(lines), first_line, mistakes)
        except Malformed as error:
            line = error.mark.line
            index = line - first_line
            if error.repaired and line < last:  # the cause of what was found after it
                found = [mistake for mistake in found if mistake.mark < error.mark]
                lines[index:] = written[index:]
                last = 0
            # What cannot be repaired on the next line is a consequence of that mistake.
            if not found or error.repaired or line > last + 1:
                found.append(error)
            is_end = error.code is not Code.SYNTAX or len(mistakes) == MOST_MISTAKES
            if is_end or line < last or index >= len(lines):
                found += mistakes
                break
            whole = whole and bool(error.repaired)
            repaired = error.repaired if line > last else ""
            # How far a line has to be indented is not certain.
            if not repaired or repaired.lstrip() == lines[index].lstrip():
                last = line
            lines[index] = repaired
        else:
            return Salvaged(document, sorted(found + mistakes, key=lambda one: one.mark), whole)
    return Salvaged(None, sorted(found, key=lambda one: one.mark), whole=False)


def _parse(text: str, first_line: int, mistakes: list[Malformed]) -> Document:
    """As `parse_yaml`, but mistakes that leave a document are only added to `mistakes`."""
    if any(character in text for character in _BREAKS):
        text = text.translate(_NO_BREAKS)
    builder = _Builder(text, first_line, mistakes)
    try:
        value = builder.document()
    except MarkedYAMLError as error:
        raise _malformed(error, text.split("\n"), first_line) from None
    except YAMLError as error:
        message = str(error).splitlines()[0]
        mark = Mark(first_line, 1)
        raise Malformed(mark, "yaml", Code.SYNTAX, message, "correct the YAML") from None
    document = Document(
        value, Locator(value, builder.starts, Mark(first_line, 1)), text, first_line
    )
    if isinstance(value, str) or any(space in text for space in ODD_SPACES):
        for mark in _misread(document, value, ()):
            if mistake := explain_spaces(text.split("\n")[mark.line - first_line]):
                raise _of_line(mistake, mark.line)
    return document


def _misread(document: Document, value: Value, path: Path) -> Iterator[Mark]:
    """Yield where a value is that has a part of YAML in it: its author used odd spaces, or none."""
    if isinstance(value, str):
        if not path or value.startswith(tuple(f"-{space}" for space in ODD_SPACES)):
            yield document.locate(path)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _misread(document, item, (*path, index))
    elif isinstance(value, dict):
        for key, item in value.items():
            if key != key.strip():
                yield document.locate((*path, key), key=True)
            yield from _misread(document, item, (*path, key))


def _malformed(error: MarkedYAMLError, lines: Sequence[str], first_line: int) -> Malformed:
    """Return what is wrong where libyaml stumbles, or on the line before."""
    message, hint, at_context = explain(error.problem or "", error.context or "")
    at = error.problem_mark or error.context_mark
    if at_context:
        at = error.context_mark or at
    if at is None:
        return Malformed(Mark(first_line, 1), "yaml", Code.SYNTAX, message, hint)
    # Within quotes, libyaml alone knows what is wrong, unless they are never closed.
    is_quoted = "quoted scalar" in (error.context or "")
    for number in () if is_quoted and not at_context else (at.line - 1, at.line):
        line = lines[number] if 0 <= number < len(lines) else ""
        mistake = explain_line(line, is_before=number < at.line)
        if mistake and not (at_context and number < at.line):
            column = mistake.column or at.column + 1
            return _of_line(mistake._replace(column=column), number + first_line)
    return Malformed(Mark(at.line + first_line, at.column + 1), "yaml", Code.SYNTAX, message, hint)


def _of_line(mistake: Mistake, line: int) -> Malformed:
    _, message, hint, repaired = mistake
    return Malformed(Mark(line, mistake.column), "yaml", Code.SYNTAX, message, hint, repaired)


class _Builder:
    """Builds values from libyaml's events, and keeps where each key and value begins.

    That is faster than composing nodes first, and every limit is checked before
    anything is built. Nothing here resolves plain scalars.
    """

    def __init__(self, text: str, first_line: int, mistakes: list[Malformed]) -> None:
        self._mistakes = mistakes
        # libyaml's marks of keys and values, in the order of the document; by their indexes
        # there, the anchors of values and the aliases that stand for one.
        self._marks: list[Any] = []
        self._anchored: dict[int, str] = {}
        self._aliased: dict[int, str] = {}
        self._next: Callable[[], Any] = CParser(text).get_event
        self._first_line = first_line
        self._left = MOST_VALUES
        self._aliased_left = MOST_ALIASED
        # With the number of values in each, and that of their characters.
        self._anchors: dict[str, tuple[Value, int, int]] = {}

    def document(self) -> Value:
        """Return the value of the only document, or None if there is none."""
        event = self._next()
        while isinstance(event, StreamStartEvent | DocumentStartEvent):
            event = self._next()
        if event.__class__ is StreamEndEvent:
            return None
        self._marks.append(event.start_mark)
        value = self._value(event, ())
        self._next()  # the document's end
        after = self._next()
        if after.__class__ is not StreamEndEvent:
            self._note(
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
        if anchor is not None:
            self._anchored[len(self._marks) - 1] = anchor
        if tag is not None and tag not in _CORE_TAGS:
            is_text = kind is ScalarEvent
            hint = "leave the tag out" + ", or put the value in quotes" * is_text
            self._note(event, path, Code.TAG, f"has the tag {tag}", hint)
        if len(path) > DEEPEST:
            raise too_deep(self._mark(event))
        self._left -= 1
        if kind is ScalarEvent:
            value = None if event.value in _NULLS and tag in (None, _NULL_TAG) else event.value
        elif kind is MappingStartEvent:
            value = self._mapping(path)
        else:
            value = self._list(path)
        if self._left < 0:
            raise too_many_values(self._mark(event), path)
        if anchor is not None:
            self._anchors[anchor] = value, left - self._left, _characters(value)
        return value

    def _mapping(self, path: tuple[str | int, ...]) -> Value:
        built: dict[str, Value] = {}
        next_event, keep_mark = self._next, self._marks.append
        while (event := next_event()).__class__ is not MappingEndEvent:
            keep_mark(event.start_mark)
            if event.__class__ is not ScalarEvent:
                problem = "has a key that is not a plain word"
                raise MarkedYAMLError(problem=problem, problem_mark=event.start_mark)
            name = event.value
            if name in built:
                self._add(key_given_twice(self._mark(event), (*path, name)))
                self._skip((*path, name))
                continue
            event = next_event()
            keep_mark(event.start_mark)
            # Most values by far, so without a call and a path: as in `_value`.
            if event.__class__ is ScalarEvent and event.tag is None and event.anchor is None:
                self._left -= 1
                value = event.value
                built[name] = None if not event.style and value in _NULLS else value
            else:
                built[name] = self._value(event, (*path, name))
        return built

    def _skip(self, path: tuple[str | int, ...]) -> None:
        """Pass over the value of a key that was given before, and forget where both are."""
        marks = len(self._marks) - 1
        event = self._next()
        self._marks.append(event.start_mark)
        self._value(event, path)
        del self._marks[marks:]
        self._anchored = {at: name for at, name in self._anchored.items() if at < marks}
        self._aliased = {at: name for at, name in self._aliased.items() if at < marks}

    def _list(self, path: tuple[str | int, ...]) -> Value:
        built: list[Value] = []
        next_event, keep_mark = self._next, self._marks.append
        while (event := next_event()).__class__ is not SequenceEndEvent:
            keep_mark(event.start_mark)
            built.append(self._value(event, (*path, len(built))))
            if self._left < 0:
                break  # the caller raises, with the position where the list begins
        return built

    def _alias(self, event: Any, path: tuple[str | int, ...]) -> Value:
        """Return the value of an anchor, counted as often as it is used."""
        anchored = self._anchors.get(event.anchor)
        if anchored is None:
            message = f"uses *{event.anchor}, which is not defined before it"
            hint = "put the value in quotes if it begins with *"
            self._note(event, path, Code.SYNTAX, message, hint)
            return None
        value, size, characters = anchored
        self._left -= size
        self._aliased_left -= characters
        if self._aliased_left < 0:
            message = f"stands for more than {MOST_ALIASED} characters with the aliases before it"
            hint = "write the values out, in several files"
            raise self._malformed(event, path, Code.TOO_LARGE, message, hint)
        self._aliased[len(self._marks) - 1] = event.anchor
        return value

    def starts(self) -> Iterator[Start]:
        """Yield where each key and value begins."""
        for index, mark in enumerate(self._marks):
            at = Mark(mark.line + self._first_line, mark.column + 1)
            yield Start(at, self._anchored.get(index, ""), self._aliased.get(index, ""))

    def _note(
        self, event: Any, path: tuple[str | int, ...], code: Code, message: str, hint: str
    ) -> None:
        self._add(self._malformed(event, path, code, message, hint))

    def _add(self, mistake: Malformed) -> None:
        """Note a mistake that leaves a document; raise it if there are too many."""
        if len(self._mistakes) == MOST_MISTAKES:
            raise mistake
        self._mistakes.append(mistake)

    def _malformed(
        self, event: Any, path: tuple[str | int, ...], code: Code, message: str, hint: str
    ) -> Malformed:
        return Malformed(self._mark(event), field_name(path), code, message, hint)

    def _mark(self, event: Any) -> Mark:
        return Mark(event.start_mark.line + self._first_line, event.start_mark.column + 1)


def _characters(value: Value) -> int:
    """Return the number of characters in a value, those of aliases in it counted again."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, dict):
        return sum(len(key) + _characters(item) for key, item in value.items())
    return sum(map(_characters, value)) if value else 0


def too_deep(mark: Mark) -> Malformed:
    """Return the error for more than `DEEPEST` lists and mappings within each other."""
    message = f"is nested deeper than {DEEPEST} levels"
    return Malformed(mark, "document", Code.TOO_DEEP, message, "flatten it")


def too_many_values(mark: Mark, path: Path = ()) -> Malformed:
    """Return the error for more than `MOST_VALUES` values, at a list or mapping of them."""
    message = f"has more than {MOST_VALUES} values"
    hint = "split it into several files"
    return Malformed(mark, field_name(path), Code.TOO_MANY_VALUES, message, hint)


def key_given_twice(mark: Mark, path: Path) -> Malformed:
    """Return the error for a key that its mapping has already; `path` ends in it."""
    hint = "keep one of the two"
    return Malformed(mark, field_name(path), Code.DUPLICATE_KEY, "is given twice", hint)
