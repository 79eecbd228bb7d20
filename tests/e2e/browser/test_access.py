"""Everybody can use every page: axe-core, the keyboard, narrow and wide, dark and light."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from functools import lru_cache
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.e2e.browser.articles import ARTICLES, CONFIG, OTHER_PAGES, PAGES, SIZES, STORY
from tests.e2e.browser.conftest import Open, serving_at_a_socket

pytestmark = pytest.mark.slow


Site = Callable[..., str]
LANGUAGES = ("en", "de", "ar")  # words that are short, that are long, and from right to left
WIDTHS = (390, 768, 1440)
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
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
    if page.evaluate("!('axe' in window)"):
        page.evaluate(AXE.axe_script)
    found: Any = page.evaluate(
        "only => axe.run({runOnly: only, resultTypes: ['violations']})"
        ".then((results) => results.violations)",
        only,
    )
    return [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.fixture(scope="module")
def site_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Return a function from a language to the address of a site in it, served once."""
    with ExitStack() as servers:

        @lru_cache
        def address(language: str, is_empty: bool = False) -> str:
            config: dict[str, Any] = {
                "site": {**CONFIG["site"], "language": language},
                "sets": {
                    "private": {"title": "Tea", "private": True, "include": {"topics": "Tea"}}
                },
            }
            folder = tmp_path_factory.mktemp(language)
            articles = () if is_empty else ARTICLES
            return servers.enter_context(serving_at_a_socket(folder, articles, **config))

        yield address


def hold_to_rules(page: Page, language: str) -> None:
    """Fail if a page is too wide or axe-core finds anything, at any width, in light or dark."""
    assert page.evaluate("document.documentElement.lang") == language
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
    rules = RULES  # what the others say does not depend on the width or the colours
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        for scheme in SCHEMES:
            page.emulate_media(color_scheme=scheme)
            assert findings(page, rules) == [], (width, scheme)
            rules = ["color-contrast", "target-size"]


@pytest.mark.parametrize("path", PAGES + OTHER_PAGES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_fits_and_axe_finds_nothing_in_light_and_in_the_dark(
    language: str, path: str, visit: Open, site_in: Site, complaints: list[str]
) -> None:
    hold_to_rules(visit(path, at=site_in(language)), language)
    # A browser complains of the errors whose pages it is to show.
    complaints[:] = [one for one in complaints if "responded with a status of 40" not in one]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_site_fits_and_axe_finds_nothing(
    language: str, visit: Open, site_in: Site
) -> None:
    for path in ("/", "/all"):
        hold_to_rules(visit(path, at=site_in(language, is_empty=True)), language)


def test_pages_from_right_to_left_are_mirrored(visit: Open, site_in: Site) -> None:
    def edges(page: Page, selector: str) -> tuple[float, float]:
        box = page.locator(selector).first.bounding_box()
        assert box is not None
        return box["x"], box["x"] + box["width"]

    page = visit(STORY, at=site_in("ar"))
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert edges(page, ".masthead nav")[1] < edges(page, ".brand")[0]
    assert edges(page, "aside")[1] < edges(page, ".run")[0]
    # The first in time, the article, is at the right, as the date below it.
    first, last = edges(page, ".lane circle.mine"), edges(page, "li:last-child > .lane circle")
    assert first[0] > last[1]
    assert edges(page, ".scale span:first-child")[0] > edges(page, ".scale span:last-child")[1]
    assert edges(page, ".timeline .badge")[1] < edges(page, ".timeline > li")[1] - 20
    # A title in English keeps to the side of the page, as a title in Arabic does at the left.
    for at, side in ((site_in("ar"), "right"), (site_in("en"), "left")):
        page = visit("/topics/ai", at=at)
        for title in ("شرطة لندن", "Title 1"):
            shown = page.locator("h3", has_text=title).first
            assert shown.evaluate("one => getComputedStyle(one).textAlign") == side
    page = visit("/topics/ai?min_quality=1", at=site_in("ar"))
    assert page.locator("h1").evaluate("one => getComputedStyle(one).direction") == "rtl"


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
