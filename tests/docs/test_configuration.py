"""docs/reference/configuration.md: every file, key and default, and errors as they are reported."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from feeds.config import load
from feeds.config.schema import ArticlesFile, ProviderItem, SetItem, SiteFile, TopicItem
from feeds.config.yaml_files import FILES
from feeds.errors import ConfigError
from feeds.util.durations import seconds
from tests.support.docs import blocks, code, codes, rows, section, text

MODELS: dict[str, type[BaseModel]] = {
    "site.yaml": SiteFile,
    "articles.yaml": ArticlesFile,
    "topics.yaml": TopicItem,
    "providers.yaml": ProviderItem,
    "sets.yaml": SetItem,
}
ERRORS = rows(section("configuration.md", "## Errors"))


def keys(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, FieldInfo]]:
    """Every key of a file, those of a part with a dot."""
    for name, info in model.model_fields.items():
        parts = [info.annotation]
        if info.default is None:  # a part that may be missing
            parts = [part for part in get_args(info.annotation) if part is not type(None)]
        match parts:
            case [type() as part] if issubclass(part, BaseModel):
                yield from keys(part, f"{prefix}{name}.")
            case _:
                yield prefix + name, info


def documented(file: str) -> dict[str, list[str]]:
    """The rows of a file's table, by key."""
    table = section("configuration.md", f"## {file}").partition("\n### ")[0]
    return {code(row[0]): row for row in rows(table)}


KEYS = [(file, *key) for file, model in MODELS.items() for key in keys(model)]


def test_every_file_is_documented() -> None:
    listed = re.findall(r"^\| \[(.+?)\]", text("configuration.md"), re.MULTILINE)
    assert set(listed) == set(MODELS) == set(FILES)


@pytest.mark.parametrize("file", MODELS)
def test_every_key_is_documented_and_no_other(file: str) -> None:
    assert list(documented(file)) == [name for name, _ in keys(MODELS[file])]


@pytest.mark.parametrize(("file", "name", "info"), KEYS, ids=[f"{one[0]} {one[1]}" for one in KEYS])
def test_a_key_has_the_default_and_the_choices_that_are_documented(
    file: str, name: str, info: FieldInfo
) -> None:
    _, kind, default, *_ = documented(file)[name]
    assert (default == "required") == info.is_required()
    if info.default and isinstance(info.default, str | int):
        written = seconds(code(default)) if name == "defaults.max_age" else code(default)
        assert str(written) == str(info.default)
    choices = [one for one in get_args(info.annotation) if isinstance(one, str)]
    assert not choices or sorted(codes(kind)) == sorted(choices)


@pytest.mark.parametrize("file", MODELS)
def test_the_sample_of_a_file_has_every_key(file: str) -> None:
    sample = "".join(blocks(section("configuration.md", f"## {file}"), "yaml"))
    written = set(re.findall(r"^[ -]*(\w+):", sample, re.MULTILINE))
    assert {name.rpartition(".")[2] for name, _ in keys(MODELS[file])} <= written


@pytest.mark.parametrize("row", [pytest.param(row, id=row[2]) for row in ERRORS])
def test_an_error_is_reported_as_documented(row: list[str], tmp_path: Path) -> None:
    named, file, written, reported = row
    (tmp_path / file).write_text(code(written), encoding="utf-8")
    with pytest.raises(ConfigError) as raised:
        load(tmp_path)
    assert (code(named), reported) in [
        (str(one.code), f"{one.field}: {one.message}; {one.hint}") for one in raised.value.problems
    ]
