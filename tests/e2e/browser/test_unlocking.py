"""The page of a private feed in a browser: a form for the token, and no dialog over it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, CDPSession, Page

from feeds.server.tokens import Tokens
from tests.e2e.browser.articles import CONFIG, SIZES
from tests.e2e.browser.conftest import serving_at_a_socket
from tests.e2e.browser.test_access import RULES, findings
from tests.support.folders import configure
from tests.support.waiting import wait_for

pytestmark = pytest.mark.slow

SETS = {"drafts": {"title": "To review", "private": True, "include": {"topics": "Tea"}}}


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Serve a site with a private set; yield its address and a token."""
    folder = tmp_path_factory.mktemp("private")
    configure(folder / "config", **CONFIG, sets=SETS)
    with serving_at_a_socket(folder) as address:
        token, _ = Tokens(folder / "data").create("drafts", "", datetime.now(UTC))
        yield address, token


def opened(browser: Browser, **options: Any) -> Page:
    return browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options}).new_page()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without scripts"])
def test_the_token_opens_the_page(
    browser: Browser, private: tuple[str, str], scripts: bool
) -> None:
    address, token = private
    page = opened(browser, java_script_enabled=scripts)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.headers.get("referer", "")))
    page.goto(f"{address}/sets/drafts?limit=5")
    assert page.get_by_role("heading", level=1).inner_text() == "This feed is private"
    page.get_by_label("Token").fill("feeds_wrong")
    page.get_by_role("button", name="Open the feed").click()
    page.get_by_role("alert").wait_for()
    problem = page.get_by_role("alert").inner_text()
    assert problem.startswith("This token does not open the feed.")
    assert page.get_by_label("Token").input_value() == ""
    page.get_by_label("Token").fill(f"  {token} ")
    page.keyboard.press("Enter")
    page.get_by_role("heading", level=1, name="To review").wait_for()
    assert "limit=5" in page.url
    page.get_by_role("link", name="Topics", exact=True).click()
    page.get_by_role("heading", level=1, name="Topics").wait_for()
    assert not any(token in referrer for referrer in asked)
    page.context.close()


def test_no_dialog_of_the_browser_opens_over_the_form(
    browser: Browser, private: tuple[str, str]
) -> None:
    address, _ = private
    page = opened(browser)
    dialogs = challenges(page.context.new_cdp_session(page))
    page.goto(f"{address}/sets/drafts")
    page.goto(f"{address}/sets/drafts?token=feeds_wrong")
    assert dialogs == []
    page.goto(f"{address}/sets/drafts.rss")  # for comparison: there, it would open one
    wait_for(lambda: dialogs == ["basic"], "a challenge that a browser has a dialog for")
    page.context.close()


def challenges(session: CDPSession) -> list[str]:
    """Return a list to which each challenge is added that the browser has a dialog for."""
    found: list[str] = []

    def refuse(event: dict[str, Any]) -> None:
        found.append(event["authChallenge"]["scheme"])
        response = {"response": "CancelAuth"}
        session.send(
            "Fetch.continueWithAuth",
            {"requestId": event["requestId"], "authChallengeResponse": response},
        )

    def go_on(event: dict[str, Any]) -> None:
        session.send("Fetch.continueRequest", {"requestId": event["requestId"]})

    session.on("Fetch.authRequired", refuse)
    session.on("Fetch.requestPaused", go_on)
    session.send("Fetch.enable", {"handleAuthRequests": True})
    return found


@pytest.mark.parametrize("query", ["", "?token=feeds_wrong"], ids=["at first", "again"])
def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    browser: Browser, private: tuple[str, str], query: str
) -> None:
    address, _ = private
    page = opened(browser, color_scheme="light")
    page.goto(f"{address}/sets/drafts{query}")
    assert findings(page, RULES) == []
    page.emulate_media(color_scheme="dark")
    assert findings(page, ["color-contrast"]) == []
    for width, height in SIZES.values():
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.context.close()
