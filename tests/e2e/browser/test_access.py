"""Everybody can use every page: axe-core, the keyboard, narrow and wide, dark and light."""

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.browser.articles import PAGES, SIZES, STORY
from tests.e2e.browser.conftest import Open

pytestmark = pytest.mark.slow


AXE = Axe()
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
# Every picture is decoded and drawn by then, also those further down the page.
SHIFT = """async () => {
  let total = 0;
  const add = (entries) => {
    for (const entry of entries) if (!entry.hadRecentInput) total += entry.value;
  };
  const observer = new PerformanceObserver((list) => add(list.getEntries()));
  observer.observe({type: "layout-shift", buffered: true});
  for (const image of document.images) {
    image.loading = "eager";
    await image.decode();
  }
  for (let frame = 0; frame < 2; frame++) await new Promise(requestAnimationFrame);
  add(observer.takeRecords());
  return total;
}"""


def findings(page: Page, only: Sequence[str]) -> list[str]:
    """Return what axe-core finds, with the elements concerned."""
    found = AXE.run(page, options={"runOnly": only}).response["violations"]
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing_in_light_and_in_the_dark(path: str, visit: Open) -> None:
    page = visit(path, color_scheme="light")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    assert findings(page, RULES) == []
    page.emulate_media(color_scheme="dark")
    assert findings(page, ["color-contrast"]) == []


@pytest.mark.parametrize("size", SIZES)
def test_nothing_is_wider_than_the_screen(size: str, visit: Open, address: str) -> None:
    width, height = SIZES[size]
    page = visit("/", viewport={"width": width, "height": height})
    for path in PAGES:
        page.goto(address + path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


@pytest.mark.parametrize("path", ["/", "/topics/ai", STORY])
def test_nothing_moves_while_pictures_come(path: str, visit: Open) -> None:
    assert visit(path).evaluate(SHIFT) < 0.01


@pytest.mark.parametrize("path", ["/", "/topics/ai", STORY, "/search?q=vision"])
def test_the_keyboard_reaches_everything_and_shows_where_it_is(path: str, visit: Open) -> None:
    page = visit(path)
    page.keyboard.press("Tab")
    first: Any = page.evaluate("document.activeElement.textContent")
    assert first == "Skip to content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    count: Any = page.evaluate(
        "[...document.querySelectorAll('main a[href], main button, main input, main summary')]"
        ".filter((one) => one.checkVisibility()).length"
    )
    seen = 0
    for _ in range(count + 5):
        page.keyboard.press("Tab")
        inside, outline = page.evaluate(
            "[document.activeElement.closest('main') !== null,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        if inside:
            seen += 1
            assert outline != "none"
    assert seen >= count


def test_the_ends_of_a_time_line_stay_apart_on_a_phone(visit: Open) -> None:
    page = visit(STORY, viewport={"width": 320, "height": 640})
    ends = page.locator(".scale span")
    first, last = ends.first, ends.last
    for one, date in ((first, "10 September 2026"), (last, "24 September 2026")):
        one.evaluate("(one, date) => { one.textContent = date }", date)
    edges = [one.bounding_box() for one in (first, last)]
    assert edges[0] is not None
    assert edges[1] is not None
    assert edges[0]["x"] + edges[0]["width"] + 8 <= edges[1]["x"]


def test_titles_from_right_to_left_stay_within_themselves(visit: Open) -> None:
    page = visit("/topics/ai")
    right_to_left = page.locator("h3", has_text="شرطة لندن")
    assert right_to_left.evaluate("one => getComputedStyle(one).direction") == "rtl"
    overridden = page.locator("h3", has_text="never back")
    assert overridden.evaluate("one => getComputedStyle(one).unicodeBidi") == "isolate"


def test_markup_in_a_title_is_text(visit: Open) -> None:
    page = visit("/topics/police")
    assert page.locator("h3", has_text="<script>alert(1)</script> & <b>bold").count() == 1


def test_a_page_can_be_printed(visit: Open) -> None:
    page = visit("/topics/ai")
    page.emulate_media(media="print")
    assert not page.locator(".masthead").is_visible()
    assert page.locator("h1").is_visible()


@pytest.mark.parametrize("path", ["/", "/topics/ai", STORY, "/compose?topic=ai", "/status"])
def test_paper_is_white_for_who_likes_it_dark(path: str, visit: Open) -> None:
    """Ink for a dark screen is not to be read on it."""
    page = visit(path, color_scheme="dark")
    page.emulate_media(media="print", color_scheme="dark")
    colour: Any = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert colour == "rgb(255, 255, 255)"
    assert findings(page, ["color-contrast"]) == []


def test_on_paper_there_are_addresses_and_the_qr_code_and_nothing_to_press(visit: Open) -> None:
    page = visit("/topics/ai")
    page.emulate_media(media="print")
    assert not page.get_by_text("Choose yours").is_visible()
    assert page.locator(".qr").evaluate("one => one.checkVisibility({contentVisibilityAuto: true})")
    assert page.get_by_label("RSS 2.0").is_visible()
    assert page.locator(".subscribe :is(a, button, summary)").locator("visible=true").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_dark_for_who_likes_it_dark(
    scheme: Literal["light", "dark"], visit: Open
) -> None:
    page = visit("/", color_scheme=scheme)
    colour: Any = page.evaluate("getComputedStyle(document.body).backgroundColor")
    lightness = sum(int(part) for part in colour.strip("rgb()").split(","))
    assert lightness > 600 if scheme == "light" else lightness < 150
