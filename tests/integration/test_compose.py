"""The composer: a form, what is wrong with it, and the feed that comes of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from feeds.config import load
from feeds.render.html.compose import histogram
from feeds.util.text import slug
from tests.support.application import ingest, serving, site
from tests.support.examples import BASE, article
from tests.support.folders import configure, put
from tests.support.html_pages import Page, check
from tests.support.requests import ask

ARTICLES = [
    article(1, topics=["AI"], quality=10, excerpt="police cameras"),
    article(2, topics=["AI", "Tea"], quality=60, excerpt="police met"),
    article(3, topics=["Tea"], quality=90, type="video"),
    article(4, topics=["Coffee"], provider={"domain": "cbc.ca", "name": "CBC"}),
]


@pytest.fixture(scope="module")
def composing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    with site(tmp_path_factory.mktemp("site"), *ARTICLES) as client:
        yield client


def composed(client: TestClient, query: str) -> Page:
    answer = ask(client, f"/compose?{query}" if query else "/compose")
    assert answer.status == 200
    return check(answer.body)


def yaml_of(page: Page) -> str:
    return page.words.partition("feed has a name of its own.\n")[2].partition("\nCopy")[0]


def entries(client: TestClient, address: str) -> list[str]:
    return [item["title"] for item in json.loads(ask(client, address).body)["items"]]


def address_of(page: Page) -> str:
    found = [one["href"] for one in page.all("link") if one.get("type") == "application/feed+json"]
    return found[0].removeprefix(BASE)


@pytest.mark.parametrize(
    ("query", "address", "titles"),
    [
        ("", "/all.json", [4, 3, 2, 1]),
        ("topic=ai", "/topics/ai.json", [2, 1]),
        ("topic=ai,tea", "/topics/ai+tea.json", [3, 2, 1]),
        ("provider=cbc.ca", "/providers/cbc.ca.json", [4]),
        ("topic=ai&min_quality=50", "/topics/ai.json?min_quality=50", [2]),
        ("type=video", "/all.json?type=video", [3]),
        ("q=police", "/all.json?q=police", [2, 1]),
        ("q=met%20police", "/all.json?q=met%20police", [2]),
        ("topic=ai&not_topic=tea", "/topics/ai.json?not_topic=tea", [1]),
        ("since=2020-01-03", "/all.json?since=2020-01-03", [4, 3]),
        ("topic=tea&limit=1&content=summary", "/topics/tea.json?limit=1&content=summary", [3]),
    ],
)
def test_a_choice_has_one_address_and_a_set_with_the_same_entries(
    query: str, address: str, titles: list[int], composing: TestClient, tmp_path: Path
) -> None:
    page = composed(composing, query)
    assert address_of(page) == address
    found = entries(composing, address)
    assert found == [f"Title {number}" for number in titles]
    # The YAML, pasted.
    (tmp_path / "sets.yaml").write_text(yaml_of(page))
    load(tmp_path)
    name = yaml_of(page).partition(":")[0]
    seeds = put(tmp_path / "seeds", *ARTICLES)
    ingest(seeds, tmp_path / "data")
    with serving(tmp_path / "data", tmp_path) as client:
        assert entries(client, f"/sets/{name}.json") == found


def test_a_set_of_very_many_choices_has_a_title_that_can_be_pasted(tmp_path: Path) -> None:
    names = [f"A topic of a long name, the {number}th" for number in range(20)]
    with site(tmp_path / "site", article(1, topics=names)) as client:
        chosen = ",".join(slug(name) for name in names)
        (tmp_path / "sets.yaml").write_text(yaml_of(composed(client, f"topic={chosen}")))
    (one,) = load(tmp_path).sets.values()
    assert len(one.title) <= 500
    assert one.title.endswith("…")


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("topic=ai&topic=&provider=&q=&type=&min_quality=&since=", "/compose?topic=ai"),
        ("topic=ai&topic=tea", "/compose?topic=ai,tea"),
        ("topic=&q=", "/compose"),
        ("utm_source=x&topic=ai", "/compose?topic=ai"),
        ("token=secret&topic=ai", "/compose?topic=ai"),
        ("topic=ai&token=secret", "/compose?topic=ai"),
        ("token=secret", "/compose"),
    ],
)
def test_what_a_form_sends_leads_to_an_address_to_pass_on(
    sent: str, canonical: str, composing: TestClient
) -> None:
    answer = ask(composing, f"/compose?{sent}")
    assert answer.status == 301
    assert answer.headers["location"] == canonical
    assert ask(composing, canonical).status == 200


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("topic=aii", "topic", "There is no topic 'aii'. Perhaps you meant ai."),
        ("provider=cbc.c", "provider", "Perhaps you meant cbc.ca."),
        ("not_topic=nothing-like-it", "not_topic", "There is no topic"),
        ("type=%21", "type", "type is words such as article or video"),
        ("min_quality=lots", "min_quality", "min_quality is a number such as 50, not 'lots'."),
        ("q=%21%21", "q", "q is words that must all occur"),
        ("since=soon", "since", "since is a span such as 12h or 7d"),
        ("limit=999", "limit", "limit is a whole number from 1 to 200"),
        ("content=some", "content", "content is summary or full"),
    ],
)
def test_what_is_wrong_is_shown_beside_its_field(
    query: str, field: str, said: str, composing: TestClient
) -> None:
    answer = composing.get(f"/compose?topic=tea&{query}", follow_redirects=True)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = check(answer.content)
    assert said in page.words
    problems = [one for one in page.elements if one[1].get("id") == f"problem-{field}"]
    assert len(problems) == 1
    wrong = [one["name"] for tag in ("input", "select") for one in page.all(tag)
             if one.get("aria-invalid")]  # fmt: skip
    assert wrong == ([] if field == "type" else [field])
    assert "Something in the form is not right yet." in page.words


@pytest.mark.parametrize(
    ("field", "hint"),
    [
        ("topic", "Names separated by commas."),
        ("provider", "Domains such as bbc.co.uk"),
        ("q", "All must occur."),
    ],
)
def test_a_field_is_described_by_its_hint(field: str, hint: str, composing: TestClient) -> None:
    """Who hears a page hears with the field what is written above it."""
    page = composed(composing, "")
    assert hint in page.words
    described = [one["aria-describedby"] for one in page.all("input")
                 if one.get("id") == f"f-{field}"]  # fmt: skip
    assert described == [f"hint-{field} problem-{field}"]


def test_what_was_written_is_there_to_be_mended(composing: TestClient) -> None:
    page = check(ask(composing, "/compose?topic=aii&q=police&limit=999").body)
    values = {one.get("name"): one.get("value") for one in page.all("input") if "value" in one}
    assert (values["topic"], values["q"], values["limit"]) == ("aii", "police", "999")


def test_what_is_chosen_is_ticked(composing: TestClient) -> None:
    page = composed(composing, "topic=ai&type=video")
    ticked = {one["value"] for one in page.all("input") if "checked" in one}
    assert ticked == {"ai", "video"}


def test_a_box_with_letters_beyond_ascii_leads_to_its_topic(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["Überwachung"])) as client:
        boxes = composed(client, "").all("input")
        (value,) = (one["value"] for one in boxes if one.get("name") == "topic" and "value" in one
                    and one.get("type") == "checkbox")  # fmt: skip
        page = composed(client, f"topic={quote(value)}")
        assert address_of(page) == "/topics/%C3%BCberwachung.json"
        assert [one["value"] for one in page.all("input") if "checked" in one] == [value]


def test_the_page_is_cached_and_changes_with_what_it_shows(composing: TestClient) -> None:
    answer = ask(composing, "/compose?topic=ai")
    tag = {"if-none-match": answer.headers["etag"]}
    assert ask(composing, "/compose?topic=ai", headers=tag).status == 304


def test_the_histogram_shows_qualities_whatever_the_minimum(composing: TestClient) -> None:
    page = composed(composing, "min_quality=80")
    assert "from 10 " in str(page.all("svg"))
    assert "to 90'" in str(page.all("svg"))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60))
def test_every_score_is_in_a_bar(scores: list[float]) -> None:
    chart, low, high = histogram(scores)
    assert float(low) <= float(high)
    assert not low.endswith(".0")
    assert not high.endswith(".0")
    assert len(chart.bars) == 20
    assert all(0 <= bar.lower <= 120 and 0 <= bar.x <= 100 for bar in chart.bars)


@settings(max_examples=40)
@given(
    values=st.dictionaries(
        st.sampled_from("topic provider type q since limit content min_quality x".split()),
        st.text(max_size=12),
        max_size=4,
    )
)
def test_whatever_is_sent_is_answered_with_a_page_or_led_on(
    values: dict[str, str], composing: TestClient
) -> None:
    answer = composing.get("/compose", params=values)
    assert answer.status_code in (200, 301, 400)
    if answer.status_code != 301:
        check(answer.content)


def test_private_sets_are_not_shown(tmp_path: Path) -> None:
    sets: dict[str, Any] = {"secret": {"include": {"topics": ["AI"]}, "private": True}}
    configure(tmp_path / "config", sets=sets)
    with site(tmp_path, *ARTICLES, sets=sets) as client:
        for path in ("/", "/compose", "/search?q=secret", "/topics"):
            assert b"/sets/secret" not in ask(client, path).body
