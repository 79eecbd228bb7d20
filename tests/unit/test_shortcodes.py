"""What site generators run in bodies is taken out of them; code and words stay.

A case is a body in `data/shortcodes` with what is expected beside it: the body that is left,
and in the last line what was dropped.
"""

from pathlib import Path

import pytest

from feeds.articles.shortcodes import drop
from tests.support.cases import cases


@pytest.mark.parametrize("path", cases("shortcodes"), ids=lambda path: path.name)
def test_a_body_loses_what_is_run_in_it(path: Path) -> None:
    dropped = drop(path.read_text(), lambda name: f"<{name}>", is_mdx=path.suffix == ".mdx")
    expected = path.with_name(f"{path.name}.expected").read_text()
    assert f"{dropped.body}\n=== {dropped.what}\n" == expected


def test_a_thousand_shortcodes_are_counted_and_a_few_are_named() -> None:
    names = "".join(f"{{{{< x{number} >}}}}a" for number in range(1_000))
    assert drop(names).what == "1000 shortcodes (x0, x1, x2, x3, x4, …)"
    assert drop(names).body == 1_000 * "a"


@pytest.mark.parametrize("part", ["<Tabs a={", "{`", "{{< x ", "{% x ", "{# ", "<Tabs '"])
def test_what_never_ends_stays_as_text(part: str) -> None:
    assert drop(100_000 * part, is_mdx=True).body == 100_000 * part


@pytest.mark.parametrize(
    ("body", "left"),
    [
        (f":::{100_000 * ' '}:", f":::{100_000 * ' '}:"),
        (f"<Tabs {100_000 * 'a'}>b", "b"),
        (f"{{{{< x {100_000 * chr(92) + chr(34)} >}}}}b", "b"),
        (f"{{{{< x {100_000 * (chr(92) + chr(34))} >}}}}b", "b"),
        (f"{{{100_000 * (chr(92) + chr(34))}}}b", "b"),
    ],
    ids=["space", "attribute", "slashes", "quotes", "expression"],
)
def test_what_is_very_long_is_read_once(body: str, left: str) -> None:
    assert drop(body, is_mdx=True).body == left
