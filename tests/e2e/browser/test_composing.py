"""A feed put together by a person: with a script while they type, without one by a button."""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Open
from tests.e2e.browser.test_access import RULES, findings

pytestmark = pytest.mark.slow


def test_the_preview_follows_what_is_chosen(visit: Open, address: str) -> None:
    page = visit("/compose")
    page.get_by_role("checkbox", name="Police").check()
    page.wait_for_url("**/compose?topic=police")
    assert page.get_by_label("RSS 2.0", exact=True).input_value() == f"{address}/topics/police.rss"
    page.get_by_label("Words in the article").fill("nonsuch")
    page.wait_for_url("**/compose?topic=police&q=nonsuch")
    page.get_by_text("No article matches yet.").wait_for()
    page.get_by_label("Words in the article").fill("")
    page.get_by_text("3 articles match").wait_for()
    assert page.locator("#outcome .entry").count() == 3


def test_what_is_wrong_is_shown_beside_the_field_while_one_types(
    visit: Open, complaints: list[str]
) -> None:
    page = visit("/compose")
    field = page.get_by_label("Quality score of at least")
    field.fill("lots")
    page.locator("#problem-min_quality", has_text="Write a number such as 50.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    assert field.evaluate("one => one === document.activeElement")
    page.get_by_role("link", name="Quality score of at least").click()
    assert field.evaluate("one => one === document.activeElement")
    field.fill("5")
    page.get_by_role("link", name="Open the page of this feed").wait_for()
    assert field.get_attribute("aria-invalid") is None
    assert all("400" in one for one in complaints)
    complaints.clear()


def test_what_was_composed_can_be_opened_again(visit: Open) -> None:
    page = visit("/compose?topic=police&type=article&since=365d")
    assert page.get_by_role("checkbox", name="Police").is_checked()
    assert page.get_by_role("checkbox", name="Articles").is_checked()
    assert page.get_by_label("Published").input_value() == "365d"


def test_the_number_of_matches_is_on_the_screen_of_a_phone(visit: Open) -> None:
    page = visit("/compose", viewport={"width": 390, "height": 844})
    page.get_by_role("checkbox", name="Police").check()
    number = page.get_by_text("3 articles match")
    for field in ("#f-topic", "#f-q", "#f-min_quality"):
        page.locator(field).scroll_into_view_if_needed()
        box = number.bounding_box()
        assert box is not None
        assert 0 <= box["y"] <= 844 - box["height"]
    page.get_by_role("button", name="Show the feed").click()
    page.locator("#outcome:focus").wait_for()
    expect(page.locator("#outcome > h2")).to_be_in_viewport()


def test_a_topic_that_has_no_box_is_found_and_ticked(visit: Open) -> None:
    page = visit("/compose")
    page.get_by_role("searchbox", name="Search all 19 topics").fill("herb 9")
    page.get_by_text("1 topic found. Tick it to choose it.").wait_for()
    box = page.get_by_role("checkbox", name="Herb 9")
    box.focus()
    page.keyboard.press("Space")
    page.wait_for_url("**/compose?topic=herb-9&find_topic=herb+9")
    page.get_by_text("No other topic has “herb 9” in its name.").wait_for()
    assert box.is_checked()
    assert box.evaluate("one => one === document.activeElement")
    page.get_by_text("1 article matches").wait_for()
    page.keyboard.press("Space")
    page.get_by_text("1 topic found. Tick it to choose it.").wait_for()
    assert not box.is_checked()
    assert box.evaluate("one => one === document.activeElement")


def test_a_box_that_is_ticked_stays_in_its_place(visit: Open) -> None:
    page = visit("/compose")
    police = page.get_by_role("checkbox", name="Police")
    before = police.evaluate_handle("one => one")
    police.check()
    page.wait_for_url("**/compose?topic=police")
    assert police.evaluate("(one, before) => one === before", before)


def test_a_preview_that_stays_the_same_is_not_drawn_again(visit: Open) -> None:
    page = visit("/compose?topic=police")
    page.get_by_label("Number of articles in the feed").evaluate("one => { one.value = '9' }")
    page.get_by_label("Words in the article").fill("said")
    page.wait_for_url("**/compose?topic=police&q=said&limit=9")
    card = page.locator("#outcome .entry").first.evaluate_handle("one => one")
    page.get_by_role("searchbox", name="Search all 19 topics").fill("herb 9")
    page.get_by_text("1 topic found.").wait_for()
    assert page.locator("#outcome .entry").first.evaluate("(one, card) => one === card", card)


def test_without_a_script_a_topic_is_found_and_ticked(visit: Open, address: str) -> None:
    page = visit("/compose?topic=police", java_script_enabled=False)
    page.get_by_role("searchbox", name="Search all 19 topics").fill("Herb 9")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{address}/compose?topic=police&find_topic=herb+9#outcome")
    page.get_by_role("checkbox", name="Herb 9").check()
    page.get_by_role("button", name="Show the feed").click()
    assert page.get_by_text("4 articles match").count() == 1
    assert page.get_by_role("checkbox", name="Herb 9").is_checked()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_a_form_with_errors(
    scheme: Literal["light", "dark"], visit: Open, complaints: list[str]
) -> None:
    address = "/compose?topic=herb-99&min_quality=lots&since=soon&type=%21&find_topic=herb"
    page = visit(address, color_scheme=scheme)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert page.get_by_text("4 choices must be corrected.").is_visible()
    assert findings(page, RULES) == []
    assert all("400" in one for one in complaints)
    complaints.clear()


def test_the_yaml_is_copied_with_one_click(visit: Open) -> None:
    page = visit("/compose?topic=police", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the lines").click()
    copied: str = page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Copied", exact=True).wait_for()
    assert copied.startswith('police:\n  title: "Police"\n  include:\n    topics: ["police"]')


def test_without_a_script_the_form_is_a_form(visit: Open, address: str) -> None:
    page = visit("/compose", java_script_enabled=False)
    page.get_by_role("checkbox", name="Police").check()
    page.get_by_role("checkbox", name="Articles").check()
    page.get_by_role("button", name="Show the feed").click()
    assert page.url == f"{address}/compose?topic=police&type=article#outcome"
    assert page.get_by_text("3 articles match").count() == 1
    page.get_by_role("link", name="Open the page of this feed").click()
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
