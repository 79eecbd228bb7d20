"""A feed put together by a person: with a script while they type, without one by a button."""

import pytest

from tests.e2e.browser.conftest import Open

pytestmark = pytest.mark.slow


def test_the_preview_follows_what_is_chosen(visit: Open, address: str) -> None:
    page = visit("/compose")
    page.get_by_role("checkbox", name="Police").check()
    page.get_by_role("link", name="The page of this feed").wait_for()
    page.wait_for_url("**/compose?topic=police")
    assert page.get_by_label("RSS 2.0", exact=True).input_value() == f"{address}/topics/police.rss"
    page.get_by_label("Words").fill("nonsuch")
    page.wait_for_url("**/compose?topic=police&q=nonsuch")
    page.get_by_text("Nothing so far; what comes will be in it.").wait_for()
    page.get_by_label("Words").fill("")
    page.get_by_text("3 articles so far.").wait_for()
    assert page.locator("#outcome .entry").count() == 3


def test_what_is_wrong_is_shown_beside_the_field_while_one_types(
    visit: Open, complaints: list[str]
) -> None:
    page = visit("/compose")
    field = page.get_by_label("Minimum quality")
    field.fill("lots")
    page.get_by_text("min_quality is a number such as 50, not 'lots'.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("one => one === document.activeElement")
    field.fill("5")
    page.get_by_role("link", name="The page of this feed").wait_for()
    assert field.get_attribute("aria-invalid") is None
    assert all("400" in one for one in complaints)
    complaints.clear()


def test_what_was_composed_can_be_opened_again(visit: Open) -> None:
    page = visit("/compose?topic=police&type=article&since=365d")
    assert page.get_by_role("checkbox", name="Police").is_checked()
    assert page.get_by_role("checkbox", name="article").is_checked()
    assert page.get_by_label("Period").input_value() == "365d"


def test_the_yaml_is_copied_with_one_click(visit: Open) -> None:
    page = visit("/compose?topic=police", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the YAML").click()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith('police:\n  title: "Police"\n  include:\n    topics: ["police"]')


def test_without_a_script_the_form_is_a_form(visit: Open, address: str) -> None:
    page = visit("/compose", java_script_enabled=False)
    page.get_by_role("checkbox", name="Police").check()
    page.get_by_label("Type").get_by_label("article").check()
    page.get_by_role("button", name="Show the feed").click()
    assert page.url == f"{address}/compose?topic=police&type=article"
    assert page.get_by_text("3 articles so far.").count() == 1
    page.get_by_role("link", name="The page of this feed").click()
    assert page.url == f"{address}/topics/police?type=article"


@pytest.mark.parametrize("width", [320, 1600])
def test_the_composer_is_laid_out_for_the_screen(width: int, visit: Open) -> None:
    page = visit("/compose?topic=police", viewport={"width": width, "height": 800})
    form, outcome = page.locator("#compose").bounding_box(), page.locator("#outcome").bounding_box()
    assert form is not None
    assert outcome is not None
    if width > 1000:
        assert outcome["x"] > form["x"] + form["width"]
    else:
        assert outcome["y"] > form["y"] + form["height"]
