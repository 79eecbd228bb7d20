"""TOML to the values that YAML gives, with positions, within limits."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.problems import Code
from feeds.util import dates
from feeds.util.toml_document import LARGEST, parse_toml
from feeds.util.yaml_document import MOST_VALUES, Malformed, parse_yaml

DOCUMENT = '''
title = "A" # as announced
tags = ["a", "b"]
a."b c".d = [1, {x = """
e = 1
"""}]

[taxonomies]
tags = ["a"]

[[related]]
title = 'B'
[related.provider]
name = "C"

[[related]]
"url" = "https://example.org/d"
'''


def test_values_are_those_of_yaml() -> None:
    in_toml = """
    text = "a"\ncount = 1_000\nhex = 0x10\nshare = 1_0.50\nlarge = 1e3\nyes = true\nno = false
    list = [1, [2], {a.b = 3}]\nday = 2020-01-24\nnothing = ""
    """
    in_yaml = """
    text: a\ncount: 1000\nhex: 16\nshare: 10.50\nlarge: 1e3\nyes: true\nno: false
    list: [1, [2], {a: {b: 3}}]\nday: 2020-01-24\nnothing: ""
    """
    value = parse_toml(in_toml).value
    assert value == parse_yaml("\n".join(map(str.strip, in_yaml.split("\n")))).value


@pytest.mark.parametrize(
    ("path", "key", "value"),
    [
        (("title",), (2, 1), (2, 9)),
        (("tags", 1), (3, 8), (3, 8)),
        (("a", "b c", "d", 1, "x"), (4, 13), (4, 13)),
        (("taxonomies",), (8, 2), (8, 2)),
        (("taxonomies", "tags"), (9, 1), (9, 8)),
        (("related", 0, "title"), (12, 1), (12, 9)),
        (("related", 0, "provider", "name"), (14, 1), (14, 8)),
        (("related", 1, "url"), (17, 1), (17, 9)),
        (("related", 1, "date"), (16, 3), (16, 3)),
        (("nowhere",), (1, 1), (1, 1)),
    ],
)
def test_keys_and_values_are_located(
    path: tuple[str | int, ...], key: tuple[int, int], value: tuple[int, int]
) -> None:
    locate = parse_toml(DOCUMENT).locate
    assert (locate(path, key=True), locate(path)) == (key, value)


@given(st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 30)))  # noqa: DTZ001
def test_a_time_of_toml_is_the_same_time(moment: datetime) -> None:
    moment = moment.replace(tzinfo=UTC)
    value = parse_toml(f"date = {moment.isoformat()}").value
    assert isinstance(value, dict)
    written = value["date"]
    assert isinstance(written, str)
    assert dates.parse(written).moment == moment.replace(microsecond=0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a = " + 10_000 * "[", Code.TOO_DEEP),
        ("a = " + 10_000 * "{a = ", Code.TOO_DEEP),
        ("a = " + 40 * "[" + 40 * "]", Code.TOO_DEEP),
        (".".join(100_000 * "a") + " = 1", Code.TOO_DEEP),
        ("[" + ".".join(100_000 * "a") + "]", Code.TOO_DEEP),
        ("a = {" + ".".join(100_000 * "a") + " = 1}", Code.TOO_DEEP),
        (".".join(10_000 * ['"a b"']) + " = 1", Code.TOO_DEEP),
        ("[" + ".".join(40 * "a") + "]", Code.TOO_DEEP),
        ("a = " + 100_000 * "9", Code.TOO_LONG),
        ("a = 0x" + 100_000 * "f", Code.TOO_LONG),
        ("a = [" + MOST_VALUES * "1," + "]", Code.TOO_MANY_VALUES),
        ("a = '" + LARGEST * "x" + "'", Code.TOO_LARGE),
        ("a = '''" + 10_000 * "\"'", Code.SYNTAX),
    ],
)
def test_what_goes_beyond_a_limit_is_refused(text: str, code: Code) -> None:
    with pytest.raises(Malformed) as refused:
        parse_toml(text)
    assert refused.value.code is code
