"""YAML and JSON: values as they were typed, and where each of them stands."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.problems import Code
from feeds.util.json_document import parse_json
from feeds.util.positions import Mark, Path, field_name
from feeds.util.yaml_document import MOST_MISTAKES, Document, Malformed, parse_yaml, salvage_yaml

names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=5)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | names | st.sampled_from(['"', "\\", "a\nb", "é"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4),
    max_leaves=12,
)


def parts(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    yield path, value
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in items:
            yield from parts(item, (*path, key))


def rest(text: str, mark: Mark) -> str:
    """The text from a position on."""
    return "\n".join(text.split("\n")[mark.line - 1 :])[mark.column - 1 :]


def begins(text: str, mark: Mark, value: Any) -> bool:
    start = "[" if isinstance(value, list) else "{" if isinstance(value, dict) else None
    return rest(text, mark).startswith(start or json.dumps(value))


@given(values, st.sampled_from([None, 0, 1, 4]))
def test_each_key_and_value_of_json_is_located(value: Any, indent: int | None) -> None:
    text = json.dumps(value, indent=indent)
    for parse in (parse_json, parse_yaml):
        document = parse(text)
        for path, part in parts(value):
            assert begins(text, document.locate(path), part)
            if path and isinstance(path[-1], str):
                assert begins(text, document.locate(path, key=True), path[-1])


@given(values)
def test_json_and_yaml_give_the_same_values(value: Any) -> None:
    text = json.dumps(value)
    assert parse_json(text).value == parse_yaml(text).value


YAML = """\
first: &shared
  title: "One"
list:
  - *shared
  - title: &name Two
    again: *name
empty:
"""


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        (("first", "title"), (2, 10), (2, 3)),
        (("list", 0), (1, 8), (1, 8)),  # an alias is where its anchor is
        (("list", 0, "title"), (2, 10), (2, 3)),
        (("list", 1, "title"), (5, 12), (5, 5)),
        (("list", 1, "again"), (5, 12), (6, 5)),
        (("list", 1, "missing"), (5, 5), (5, 5)),  # the nearest value around it
        (("list", 9, "title"), (4, 3), (4, 3)),
        (("empty",), (7, 7), (7, 1)),
        ((), (1, 1), (1, 1)),
    ],
)
def test_values_of_yaml_are_located(
    path: Path, value: tuple[int, int], key: tuple[int, int]
) -> None:
    document = parse_yaml(YAML)
    assert document.locate(path) == value
    assert document.locate(path, key=True) == key


def test_lines_count_from_where_the_text_begins_in_its_file() -> None:
    assert parse_yaml("\na: b", 3).locate(("a",)) == (4, 4)
    assert parse_yaml("", 3).locate(("a",)) == (3, 1)
    assert parse_yaml("", 3).value is None


@pytest.mark.parametrize("parse", [parse_json, parse_yaml])
def test_the_first_key_that_is_repeated_is_named_with_its_place(parse: Any) -> None:
    with pytest.raises(Malformed) as refused:
        parse('{"a": [{"b": 1,\n "c": {"d": 1, "d": 2}}], "a": 3}')
    assert (refused.value.field, refused.value.mark) == ("a[0].c.d", (2, 16))


def test_a_path_is_written_as_people_write_it() -> None:
    assert field_name(("related", 3, "title")) == "related[3].title"
    assert field_name(()) == "document"


def test_a_document_has_a_value_for_each_name() -> None:
    document = parse_yaml("a: no\nb: 1e3\nc: 12:30:45\nd: ~\ne: 'null'")
    assert isinstance(document, Document)
    assert document.value == {"a": "no", "b": "1e3", "c": "12:30:45", "d": None, "e": "null"}


@pytest.mark.parametrize(
    "text",
    [
        f"a: &a {'x' * 100_000}\ntopics: [{'*a, ' * 1000}]",
        f"a: &a [{'x' * 50_000}, {{{'y' * 900}: {'z' * 50_000}}}]\ntopics: [{'*a, ' * 1000}]",
        f"a: &a {'x' * 100_000}\nb: &b [{'*a, ' * 30}]\ntopics: [*b, *b]",
    ],
    ids=["of a text", "of a list and a mapping", "of aliases"],
)
def test_aliases_count_by_the_characters_that_they_stand_for(text: str) -> None:
    with pytest.raises(Malformed, match="stands for more than 4194304 characters") as refused:
        parse_yaml(text)
    assert refused.value.code == Code.TOO_LARGE


def test_aliases_within_the_limit_are_their_values() -> None:
    document = parse_yaml(f"a: &a {'x' * 1000}\ntopics: [{'*a, ' * 1000}]")
    assert document.value == {"a": "x" * 1000, "topics": ["x" * 1000] * 1000}


@pytest.mark.parametrize(
    "line", ["k: @x", "k:x", "k: !x y", "k: *x", "k: 'x", "k: [x", "\u00a0k: x"]
)
def test_the_mistakes_that_are_looked_for_are_bounded(line: str) -> None:
    text = "".join(f"{line.replace('k', f'k{number}')}\n" for number in range(1_000))
    assert 0 < len(salvage_yaml(text).mistakes) <= MOST_MISTAKES + 1
