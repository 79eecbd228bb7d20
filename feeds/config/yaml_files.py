"""Read the files of the configuration, and report mistakes in them by line and column."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from feeds.config.schema import FILES as SCHEMAS
from feeds.config.schema import ProviderItem, SetItem, TopicItem
from feeds.config.value_types import LONGEST_SHOWN, shown
from feeds.problems import Code, Problem, Severity
from feeds.util import text
from feeds.util.json_document import parse_json
from feeds.util.positions import Path as Location
from feeds.util.positions import field_name
from feeds.util.suggest import suggest
from feeds.util.yaml_document import Document, Malformed, Value, parse_yaml

FILES: Final = tuple(f"{name}.yaml" for name in SCHEMAS)

_Item = TypeVar("_Item", TopicItem, ProviderItem, SetItem)
_Model = TypeVar("_Model", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file of the configuration; `path` is the path that problems show."""

    path: str
    document: Document

    def problem(
        self,
        location: Location,
        code: Code,
        message: str,
        hint: str,
        *,
        severity: Severity = Severity.ERROR,
        of_key: bool = False,
    ) -> Problem:
        """Return a problem with the value at a location, or with its key."""
        mark, field = self.document.locate(location, key=of_key), field_name(location)
        return Problem(self.path, mark.line, mark.column, field, code, message, hint, severity)


@dataclass(frozen=True, slots=True)
class Located(Generic[_Item]):
    """An item of a list or a mapping; `key` is its number or its name there.

    If it is not `whole`, its invalid keys are left out, so that other mistakes can still be found.
    """

    item: _Item
    file: YamlFile
    key: int | str
    whole: bool = True

    def problem(
        self,
        location: str | Location,
        code: Code,
        message: str,
        hint: str,
        *,
        severity: Severity = Severity.ERROR,
    ) -> Problem:
        """Return a problem with a key of the item, or with the value at a location in it."""
        below: Location = (location,) if isinstance(location, str) else location
        return self.file.problem((self.key, *below), code, message, hint, severity=severity)


def is_read(path: Path) -> bool:
    """Return whether a file belongs to the configuration: editors leave temporary files in the
    folder."""
    return not path.name.startswith(".") and path.suffix in (".yaml", ".yml")


def read_folder(folder: Path, problems: list[Problem]) -> dict[str, YamlFile]:
    """Return the files of a folder by name; those that cannot be used become problems."""
    paths = sorted(filter(is_read, folder.iterdir())) if folder.is_dir() else []
    files = {}
    for path in paths:
        if path.name in FILES and (file := read_file(path, problems)):
            files[path.name] = file
    for path in paths:
        if path.name not in FILES and path.name != named_authors(files):
            close = suggest(path.name, FILES) or list(FILES)
            hint = f"rename it to {' or '.join(close)}, or move it away"
            if "author" in path.name.lower():
                hint = "name it under authors: in articles.yaml, or move it away"
            message = "is not a file of the configuration"
            problems.append(Problem(str(path), 1, 1, "file", Code.UNKNOWN_KEY, message, hint))
    return files


def named_authors(files: Mapping[str, YamlFile]) -> object:
    """Return the path of the file of authors that articles.yaml gives, valid or not."""
    file = files.get("articles.yaml")
    value = None if file is None else file.document.value
    return value.get("authors") if isinstance(value, dict) else None


def read_file(path: Path, problems: list[Problem]) -> YamlFile | None:
    """Return a file of YAML or JSON; None, with a problem, if it cannot be used."""
    document = _read(path)
    if isinstance(document, Problem):
        problems.append(document)
        return None
    return YamlFile(str(path), document)


def _read(path: Path) -> Document | Problem:
    try:
        parse = parse_json if path.suffix == ".json" else parse_yaml
        return parse(path.read_bytes().decode("utf-8-sig"))
    except OSError as error:
        message, hint = f"cannot be read: {error.strerror}", "make it readable"
        return Problem(str(path), 1, 1, "file", Code.UNREADABLE, message, hint)
    except UnicodeDecodeError as error:
        line, column = text.place(error.object[: error.start].decode("utf-8-sig"))
        message, hint = "is not UTF-8", "save it as UTF-8"
        return Problem(str(path), line, column, "file", Code.NOT_UTF8, message, hint)
    except Malformed as error:
        mark, field = error.mark, error.field
        return Problem(
            str(path), mark.line, mark.column, field, error.code, error.message, error.hint
        )


def items(
    files: Mapping[str, YamlFile],
    name: str,
    kind: type[_Item],
    problems: list[Problem],
    *,
    named: bool = False,
) -> list[Located[_Item]]:
    """Return the valid items of a file: a list, or if `named` a mapping from slugs.

    Everything else in it becomes a problem.
    """
    file = files.get(name)
    if file is None or file.document.value is None:
        return []
    values: Iterable[tuple[int | str, Value]]
    match file.document.value:
        case dict() as mapping if named:
            problems += _check_names(file, mapping)
            values = ((key, {} if item is None else item) for key, item in mapping.items())
        case list() as sequence if not named:
            values = enumerate(sequence)
        case _ if named:
            hint = "write a name and a colon, and what belongs to it indented below"
            problems.append(file.problem((), Code.NOT_A_MAPPING, "is not a mapping", hint))
            return []
        case _:
            hint = "begin each item with a dash"
            problems.append(file.problem((), Code.NOT_A_LIST, "is not a list", hint))
            return []
    located = []
    for key, value in values:
        item, whole = validated(file, kind, value, (key,), problems)
        if item is not None:
            located.append(Located(item, file, key, whole))
    return located


def _check_names(file: YamlFile, names: Iterable[str]) -> Iterator[Problem]:
    """Yield names that are not slugs."""
    for name in names:
        right = text.slug(name)
        if right != name or not name:
            shown_name = text.shorten(name, LONGEST_SHOWN) or "an empty name"
            message = f"{shown_name} cannot be used in an address"
            hint = f"write {right}" if right else "write a word such as london-police"
            yield file.problem((name,), Code.BAD_VALUE, message, hint, of_key=True)


def validated(
    file: YamlFile, kind: type[_Model], value: object, location: Location, problems: list[Problem]
) -> tuple[_Model | None, bool]:
    """Return the model of a value without its invalid keys, and whether all its keys are valid.

    None if nothing is left. Invalid keys become problems.
    """
    value = _without_nulls(value)
    try:
        return kind.model_validate(value), True
    except ValidationError as error:
        details = error.errors(include_url=False)
        problems.extend(_problem(file, kind, location, detail) for detail in details)
        for detail in details:
            _remove(value, detail["loc"])
    try:
        return kind.model_validate(value), False
    except ValidationError:
        return None, False


def _without_nulls(value: object) -> object:
    """Return a copy without keys that have no value, which count as absent.

    Only `private` stays, and is then refused: without the key, the set would be public.
    """
    if isinstance(value, dict):
        return {
            key: _without_nulls(item)
            for key, item in value.items()
            if item is not None or key == "private"
        }
    return value


def _remove(value: object, location: Location) -> None:
    """Remove the innermost key of a mapping that leads to a location."""
    for number, key in enumerate(location, 1):
        if not isinstance(value, dict):
            return
        below = value.get(key)
        if not isinstance(below, dict) or number == len(location):
            value.pop(key, None)
        value = below


def _problem(
    file: YamlFile, kind: type[BaseModel], location: Location, detail: Mapping[str, Any]
) -> Problem:
    code, message, hint = _explained(kind, detail)
    is_unknown = code is Code.UNKNOWN_KEY
    return file.problem((*location, *detail["loc"]), code, message, hint, of_key=is_unknown)


def _explained(kind: type[BaseModel], detail: Mapping[str, Any]) -> tuple[Code, str, str]:
    """Return code, message and hint for an error that pydantic reports of a model."""
    match detail["type"]:
        case "extra_forbidden":
            keys = _keys(kind, detail["loc"][:-1])
            close = suggest(str(detail["loc"][-1]), keys)
            hint = f"write {close[0]}" if close else f"the keys here are {', '.join(keys)}"
            if below := _below(kind, detail["loc"]):
                hint = f"write it below {below}:"
            return Code.UNKNOWN_KEY, "is not a known key", hint
        case "missing":
            return Code.MISSING, "is missing", f"add {detail['loc'][-1]}:"
        case "model_type" | "model_attributes_type":
            keys = _keys(kind, detail["loc"])
            hint = f"write one or more of its keys below it: {', '.join(keys)}"
            return Code.NOT_A_MAPPING, "is not a mapping", hint
        case _:
            return _explained_value(detail)


class Invalid(NamedTuple):
    """A value that is refused, and the reason."""

    value: object
    message: str
    hint: str


def explain_invalid(error: BaseException | None) -> Invalid | None:
    """Return the first refused value of an error of pydantic, None for any other error.

    typer also uses pydantic to check options.
    """
    if not isinstance(error, ValidationError):
        return None
    detail = error.errors(include_url=False)[0]
    _, message, hint = _explained_value(detail)
    return Invalid(detail["input"], message, hint)


def _explained_value(detail: Mapping[str, Any]) -> tuple[Code, str, str]:
    """Return code, message and hint for an error that pydantic reports of a value.

    Its types: https://docs.pydantic.dev/latest/errors/validation_errors/
    """
    is_value, limits = f"is {shown(detail['input'])}", detail.get("ctx", {})
    match detail["type"]:
        case "literal_error":
            return Code.BAD_VALUE, is_value, f"write {limits['expected']}".replace("'", "")
        case "value_error":
            message, _, hint = str(limits["error"]).partition("; ")
            return Code.BAD_VALUE, message, hint
        case "greater_than_equal":
            return Code.BAD_VALUE, is_value, f"write a number of at least {limits['ge']}"
        case "less_than_equal":
            return Code.BAD_VALUE, is_value, f"write a number of at most {limits['le']}"
        case "int_parsing" | "int_parsing_size" | "int_type" | "int_from_float":
            return Code.NOT_A_NUMBER, is_value, "write a whole number"
        case "float_parsing" | "float_type" | "finite_number":
            return Code.NOT_A_NUMBER, is_value, "write a number"
        case "bool_parsing" | "bool_type":
            return Code.NOT_A_FLAG, is_value, "write true or false"
        case "string_type":
            return Code.NOT_TEXT, is_value, "write one line of text"
        case "dict_type":
            hint = "write a key and a colon, and its value after it"
            return Code.NOT_A_MAPPING, "is not a mapping", hint
        case "too_short" | "string_too_short":
            return Code.BAD_VALUE, "is empty", "write something, or leave it out"
        case "too_long" | "string_too_long":
            if isinstance(detail["input"], str):
                message = f"is longer than {limits['max_length']} characters"
                return Code.BAD_VALUE, message, "shorten it"
            message = f"has more than {limits['max_length']} items"
            return Code.BAD_VALUE, message, "leave some of them out"
        case "tuple_type":
            return Code.NOT_A_LIST, "is not a list", "write [one, two]"
        case _:
            return Code.BAD_VALUE, is_value, "correct it"


def _below(kind: type[BaseModel], location: Sequence[str | int]) -> str:
    """Return the first key of a mapping that has the last part of a location among its own."""
    *outer, key = location
    keys = _keys(kind, outer)
    return next((name for name in keys if key in _keys(kind, [*outer, name])), "")


def _keys(kind: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """Return the keys that a model has at a location."""
    for part in location:
        field_info = kind.model_fields.get(str(part))
        inner = field_info.annotation if field_info else None
        for model in (inner, *get_args(inner)):  # for a list, the model of its items
            if isinstance(model, type) and issubclass(model, BaseModel):
                kind = model
    return list(kind.model_fields)
