"""From the front page to a subscribed reader, as a person goes."""

import json
from typing import Any

import pytest

from tests.e2e.browser.articles import STORY
from tests.e2e.browser.conftest import Open

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_two_clicks_lead_from_the_front_page_to_a_reader(
    scripts: bool, visit: Open, address: str
) -> None:
    page = visit("/", java_script_enabled=scripts)
    page.get_by_role("link", name="Artificial Intelligence").click()
    assert page.get_by_role("heading", level=1).inner_text() == "Artificial Intelligence"
    for name in ("Feedly", "Inoreader", "NewsBlur", "The Old Reader"):
        href = page.get_by_role("link", name=name, exact=True).get_attribute("href") or ""
        assert href.startswith("https://")
        assert href.endswith("%2Ftopics%2Fai.rss")
    feed = page.get_by_role("link", name="NetNewsWire").get_attribute("href")
    assert feed == f"feed:{address}/topics/ai.rss"


def test_an_address_is_copied_with_one_click(visit: Open, address: str) -> None:
    page = visit("/topics/ai", permissions=["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy the Atom 1.0 address").click()
    assert page.evaluate("navigator.clipboard.readText()") == f"{address}/topics/ai.atom"
    assert page.get_by_role("status").inner_text() == f"Copied: {address}/topics/ai.atom"


def test_without_scripts_an_address_is_there_to_be_selected(visit: Open, address: str) -> None:
    page = visit("/topics/ai", java_script_enabled=False)
    assert page.get_by_label("RSS 2.0", exact=True).input_value() == f"{address}/topics/ai.rss"
    assert page.locator("button.copy").filter(visible=True).count() == 0


def test_a_reader_finds_the_feeds_of_a_page_by_itself(visit: Open, address: str) -> None:
    page = visit("/topics/ai")
    for link in page.locator("link[rel=alternate]").all():
        href = link.get_attribute("href") or ""
        answer = page.request.get(href)
        assert answer.status == 200
        assert answer.headers["content-type"].startswith(link.get_attribute("type") or "none")
    assert page.locator("link[rel=alternate]").count() == 3


def test_the_qr_code_is_drawn_and_has_a_name(visit: Open, address: str) -> None:
    page = visit("/topics/ai")
    page.get_by_text("Continue on a phone").click()
    code = page.get_by_role("img", name=f"QR code of {address}/topics/ai")
    box: Any = code.locator("svg").bounding_box()
    assert box["width"] == box["height"] > 100


def test_an_article_leads_to_the_full_coverage_of_its_story(visit: Open) -> None:
    page = visit("/topics/computer-vision")
    assert page.locator(".entry").count() == 1
    assert page.locator(".others li").count() == 3
    page.get_by_role("link", name="Full coverage (4)").click()
    assert page.url.endswith(STORY)
    assert page.locator(".timeline > li").count() == 4
    assert page.locator(".lane circle.mine").count() == 1


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_a_search_finds_a_feed(scripts: bool, visit: Open) -> None:
    page = visit("/", java_script_enabled=scripts)
    page.get_by_role("searchbox").fill("vision")
    page.get_by_role("searchbox").press("Enter")
    page.get_by_role("link", name="Computer Vision").first.click()
    assert page.url.endswith("/topics/computer-vision")


def test_a_slash_goes_to_the_search_box(visit: Open) -> None:
    page = visit("/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"


def test_nothing_but_our_own_files_may_run(visit: Open, complaints: list[str]) -> None:
    page = visit("/all")
    answer = page.request.get(page.url)
    policy = answer.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    ran: Any = page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.ran = true";
          return new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => {
              resolve(JSON.stringify([window.ran === true, event.violatedDirective]));
            });
            document.body.append(script);
          });
        }"""
    )
    assert json.loads(ran) == [False, "script-src-elem"]
    (complaint,) = complaints
    assert "Content Security Policy" in complaint
    complaints.clear()
