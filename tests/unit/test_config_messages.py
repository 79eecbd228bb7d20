"""Whatever a configuration has in a wrong place is reported in the words of this project.

The places come from the models, so a new field is covered by itself; the sentences that may not
appear come from pydantic.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, get_args, get_origin

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticKnownError, core_schema

from feeds.config import inspect
from feeds.config.schema import FILES

WRONG: Final[list[Any]] = [
    "some text", "", " ", "x" * 600, "-1", "1.5", "1e999", "9" * 5000, "true",
    None, [], [None], ["a", "b"], [["a"]], ["x"] * 1001, {}, {"a": "b"},
]  # fmt: skip


def placed(kind: Any, wrong: Any) -> Iterator[Any]:
    """Yield documents of a type, each with a wrong value in another place."""
    yield wrong
    arguments = get_args(kind)
    if get_origin(kind) is tuple and arguments[-1] is Ellipsis:
        yield from ([document] for document in placed(arguments[0], wrong))
    elif get_origin(kind) is dict:
        yield from ({"name": document} for document in placed(arguments[1], wrong))
        yield {str(wrong): {}}
    elif isinstance(kind, type) and issubclass(kind, BaseModel):
        for name, field in kind.model_fields.items():
            for document in placed(field.annotation, wrong):
                yield document if name == "root" else {name: document}
    else:  # a union, or a type with metadata
        for argument in arguments:
            yield from placed(argument, wrong)


def sentences_of_pydantic() -> Iterator[str]:
    """Yield how pydantic begins its messages, up to what is put into them."""
    for name in get_args(core_schema.ErrorType):
        try:
            template = PydanticKnownError(name).message_template
        except (TypeError, ValueError):
            template = ""  # of those that need a context
        if beginning := template.partition("{")[0].strip():
            yield beginning
    yield from ("Value error", "Input should", "should have", "should be", "required", "permitted")


@pytest.mark.parametrize("name", FILES)
def test_every_wrong_value_is_reported_in_plain_words(tmp_path: Path, name: str) -> None:
    foreign = set(sentences_of_pydantic())
    path = tmp_path / f"{name}.yaml"
    reported = set()
    for wrong in WRONG:
        for document in placed(FILES[name], wrong):
            path.write_text(json.dumps(document), encoding="utf-8")
            for problem in inspect(tmp_path).problems:
                assert problem.line >= 1, document
                assert problem.field, document
                reported.add((problem.message, problem.hint))
    assert reported
    for message, hint in reported:
        assert not any(sentence in f"{message}; {hint}" for sentence in foreign), message
        assert hint, message
        assert hint not in ("correct it", message), message
        assert "\n" not in message + hint
        assert len(message) < 500, message
