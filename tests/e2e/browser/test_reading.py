"""The news at a glance: how far it is to the first article, dates, pictures, addresses."""

import pytest
from playwright.sync_api import expect

from tests.e2e.browser.conftest import Open

pytestmark = pytest.mark.slow

PICTURE = "https://pictures.example/11.jpg"  # of the newest article
EXACT = "11 January 2020, 12:00 UTC"  # its date


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (390, 844)])
def test_the_front_page_begins_with_an_article(
    width: int, height: int, scripts: bool, visit: Open
) -> None:
    size = {"width": width, "height": height}
    page = visit("/", viewport=size, java_script_enabled=scripts)
    box = page.locator(".headline").first.bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= height


def test_dates_are_relative_with_the_exact_date_as_their_title(visit: Open) -> None:
    page = visit("/all")
    for now, shown in [
        ("2020-01-11T12:00:30Z", "this minute"),
        ("2020-01-11T15:59:00Z", "3 hours ago"),
        ("2020-01-12T13:00:00Z", "yesterday"),
        ("2023-01-20T13:00:00Z", "3 years ago"),
        ("2020-01-11T11:58:00Z", "in 2 minutes"),
    ]:
        page.clock.set_fixed_time(now)
        page.reload()
        date = page.locator(".entry time").first
        expect(date).to_have_text(shown)
        expect(date).to_have_attribute("title", EXACT)
        expect(date).to_have_attribute("datetime", "2020-01-11T12:00:00+00:00")


def test_without_scripts_the_exact_date_is_there_on_one_line(visit: Open) -> None:
    page = visit("/all", java_script_enabled=False, viewport={"width": 320, "height": 640})
    for date in page.locator("time").all():
        assert (date.text_content() or "").endswith("UTC")
        box = date.bounding_box()
        assert box is not None
        assert box["height"] < 30
    expect(page.locator(".entry time").first).to_have_text(EXACT)


def test_dates_on_a_time_line_stay_exact(visit: Open) -> None:
    page = visit("/topics/computer-vision")
    page.get_by_role("link", name="Full coverage (4)").click()
    assert "1 January 2020, 12:00 UTC" in page.locator(".timeline time").all_inner_texts()


def test_a_broken_picture_disappears(visit: Open, complaints: list[str]) -> None:
    page = visit("/")
    expect(page.locator(f'img[src="{PICTURE}"]')).to_have_count(1)
    page.route(PICTURE, lambda route: route.abort())
    page.reload()
    expect(page.locator(f'img[src="{PICTURE}"]')).to_have_count(0)
    expect(page.locator("img.shot")).not_to_have_count(0)
    assert all("Failed to load resource" in complaint for complaint in complaints)
    complaints.clear()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
@pytest.mark.parametrize("path", ["/all", "/topics/ai?min_quality=1&q=title&since=365d&limit=100"])
def test_an_address_can_be_read_whole_on_a_phone(path: str, scripts: bool, visit: Open) -> None:
    size = {"width": 390, "height": 844}
    page = visit("/", viewport=size, java_script_enabled=scripts)
    page.goto(page.url.rstrip("/") + path)
    for field in page.locator(".address textarea").all():
        assert field.evaluate(
            "field => field.scrollWidth <= field.clientWidth"
            " && field.scrollHeight <= field.clientHeight"
        )
