"""Configuration files: read, validated, and what is wrong with them by line and column."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from feeds.config.schema import FILES as SCHEMAS
from feeds.config.schema import ProviderItem, SetItem, TopicItem
from feeds.problems import Code, Problem, Severity
from feeds.util import text
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Document, Malformed, Value, field_name, parse_yaml
from feeds.util.yaml_document import Path as Place

FILES: Final = tuple(f"{name}.yaml" for name in SCHEMAS)


@dataclass(frozen=True, slots=True)
class Source:
    path: str
    text: str
    document: Document

    def problem(
        self,
        place: Place,
        code: Code,
        message: str,
        hint: str,
        *,
        severity: Severity = Severity.ERROR,
        of_key: bool = False,
    ) -> Problem:
        mark = self.document.locate(place, key=of_key)
        name = field_name(place)
        return Problem(self.path, mark.line, mark.column, name, code, message, hint, severity)


def is_read(path: Path) -> bool:
    """Whether a file of the folder is of the configuration: editors leave others there."""
    return not path.name.startswith(".") and path.suffix in (".yaml", ".yml")


def read_folder(folder: Path, problems: list[Problem]) -> Iterator[tuple[str, Source]]:
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if not is_read(path):
            continue
        if path.name not in FILES:
            close = suggest(path.name, FILES) or list(FILES)
            problems.append(
                Problem(
                    str(path),
                    1,
                    1,
                    "file",
                    Code.UNKNOWN_KEY,
                    "is no file of the configuration",
                    f"rename it to {' or '.join(close)}, or move it away",
                )
            )
            continue
        try:
            content = path.read_bytes().decode("utf-8-sig")
            yield path.name, Source(str(path), content, parse_yaml(content))
        except OSError as error:
            problems.append(
                Problem(
                    str(path),
                    1,
                    1,
                    "file",
                    Code.UNREADABLE,
                    f"cannot be read: {error.strerror}",
                    "make it readable",
                )
            )
        except UnicodeDecodeError as error:
            line, column = text.place(error.object[: error.start].decode("utf-8-sig"))
            problems.append(
                Problem(
                    str(path), line, column, "file", Code.NOT_UTF8, "is not UTF-8",
                    "save it as UTF-8",
                )
            )  # fmt: skip
        except Malformed as error:
            problems.append(
                Problem(
                    str(path),
                    error.mark.line,
                    error.mark.column,
                    error.field,
                    error.code,
                    error.message,
                    error.hint,
                )
            )


_Item = TypeVar("_Item", TopicItem, ProviderItem, SetItem)


@dataclass(frozen=True, slots=True)
class Placed(Generic[_Item]):
    """An item of a list or a mapping, and where it stands: its number or its name.

    One that is not `whole` is what is good of it: enough to find what else is wrong.
    """

    item: _Item
    source: Source
    key: int | str
    whole: bool = True

    def problem(
        self,
        place: str | Place,
        code: Code,
        message: str,
        hint: str,
        *,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        below: Place = (place,) if isinstance(place, str) else place
        return self.source.problem((self.key, *below), code, message, hint, severity=severity)


def items(
    sources: Mapping[str, Source], name: str, kind: type[_Item], problems: list[Problem]
) -> list[Placed[_Item]]:
    """The items of a list."""
    source, value = _content(sources, name)
    if source is None or value is None:
        return []
    if not isinstance(value, list):
        problems.append(
            source.problem((), Code.NOT_A_LIST, "is no list", "begin each item with a dash")
        )
        return []
    return _placed(source, enumerate(value), kind, problems)


def named_items(
    sources: Mapping[str, Source], name: str, kind: type[_Item], problems: list[Problem]
) -> list[Placed[_Item]]:
    """The items of a mapping, each under a name that will do as an address."""
    source, value = _content(sources, name)
    if source is None or value is None:
        return []
    if not isinstance(value, dict):
        hint = "write a name and a colon, and what belongs to it indented below"
        problems.append(source.problem((), Code.NOT_A_MAPPING, "is no mapping", hint))
        return []
    for key in value:
        right = text.slug(key)
        if right != key or not key:
            message = f"{key or 'an empty name'} will not do as an address"
            hint = f"write {right}" if right else "write a word such as london-police"
            problems.append(source.problem((key,), Code.BAD_VALUE, message, hint, of_key=True))
    named = ((key, {} if item is None else item) for key, item in value.items())
    return _placed(source, named, kind, problems)


def _content(sources: Mapping[str, Source], name: str) -> tuple[Source | None, Value]:
    source = sources.get(name)
    return source, None if source is None else source.document.value


def _placed(
    source: Source,
    found: Iterable[tuple[int | str, Value]],
    kind: type[_Item],
    problems: list[Problem],
) -> list[Placed[_Item]]:
    placed = []
    for key, value in found:
        item, whole = validated(source, kind, value, (key,), problems)
        if item is not None:
            placed.append(Placed(item, source, key, whole))
    return placed


_Model = TypeVar("_Model", bound=BaseModel)


def validated(
    source: Source, kind: type[_Model], value: object, place: Place, problems: list[Problem]
) -> tuple[_Model | None, bool]:
    """What is good of a value, if anything, and whether that is all of it."""
    # A key without a value is as good as absent, but for one that keeps others out.
    given = _without_nulls(value)
    try:
        return kind.model_validate(given), True
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems.extend(_problem(source, kind, place, detail) for detail in details)
        for detail in details:
            _take_out(given, detail["loc"])
    try:
        return kind.model_validate(given), False
    except ValidationError:
        return None, False


def _without_nulls(value: object) -> object:
    if isinstance(value, dict):
        return {
            key: _without_nulls(item)
            for key, item in value.items()
            if item is not None or key == "private"
        }
    return value


def _take_out(value: object, place: Place) -> None:
    """Take the key out of a mapping that leads to a place, the innermost there is."""
    for number, key in enumerate(place, 1):
        if not isinstance(value, dict):
            return
        below = value.get(key)
        if not isinstance(below, dict) or number == len(place):
            value.pop(key, None)
        value = below


def _problem(
    source: Source, kind: type[BaseModel], place: Place, detail: Mapping[str, Any]
) -> Problem:
    loc = (*place, *detail["loc"])
    context = detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            keys = _keys(kind, detail["loc"][:-1])
            close = suggest(str(loc[-1]), keys, score=50)
            hint = f"write {close[0]}" if close else f"the keys here are {', '.join(keys)}"
            message = "is no key of the configuration"
            return source.problem(loc, Code.UNKNOWN_KEY, message, hint, of_key=True)
        case "missing":
            return source.problem(loc, Code.MISSING, "is missing", f"add {loc[-1]}:")
        case "literal_error":
            return source.problem(
                loc,
                Code.BAD_VALUE,
                f"is {_shown(detail['input'])}",
                f"write {context['expected']}".replace("'", ""),
            )
        case "value_error":
            message, _, hint = str(context["error"]).partition("; ")
            return source.problem(loc, Code.BAD_VALUE, message, hint)
        case "greater_than_equal" | "less_than_equal":
            bound = "at least" if "ge" in context else "at most"
            return source.problem(
                loc,
                Code.BAD_VALUE,
                f"is {_shown(detail['input'])}",
                f"write a number of {bound} {context.get('ge', context.get('le'))}",
            )
        case "int_parsing" | "int_type" | "int_from_float":
            return source.problem(
                loc, Code.NOT_A_NUMBER, f"is {_shown(detail['input'])}", "write a whole number"
            )
        case "bool_parsing" | "bool_type":
            return source.problem(
                loc, Code.NOT_A_FLAG, f"is {_shown(detail['input'])}", "write true or false"
            )
        case "float_parsing" | "float_type" | "finite_number":
            return source.problem(
                loc, Code.NOT_A_NUMBER, f"is {_shown(detail['input'])}", "write a number"
            )
        case "string_type":
            return source.problem(loc, Code.NOT_TEXT, "is no text", "write one line of text")
        case "model_type" | "model_attributes_type":
            return source.problem(
                loc,
                Code.NOT_A_MAPPING,
                "is no mapping",
                f"its keys are {', '.join(_keys(kind, detail['loc']))}",
            )
        case "too_short" | "string_too_short":
            return source.problem(
                loc, Code.BAD_VALUE, "is empty", "write something, or leave it out"
            )
        case "too_long" | "string_too_long":
            message = f"is longer than {context['max_length']}"
            return source.problem(
                loc, Code.BAD_VALUE, message, f"keep it to {context['max_length']}"
            )
        case "tuple_type":
            return source.problem(loc, Code.NOT_A_LIST, "is no list", "write [one, two]")
        case _:
            return source.problem(
                loc, Code.BAD_VALUE, f"is {_shown(detail['input'])}: {detail['msg']}", "correct it"
            )


def _shown(value: object) -> str:
    if value is None:
        return "empty"
    return repr(value) if isinstance(value, str) and len(value) < 60 else "not what is expected"


def _keys(kind: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that are known at a place."""
    for part in loc:
        field_info = kind.model_fields.get(str(part))
        inner = field_info.annotation if field_info else None
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            kind = inner
    return list(kind.model_fields)
