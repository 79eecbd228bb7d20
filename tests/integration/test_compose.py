"""The composer: a form, what is wrong with it, and the feed that comes of it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
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
from tests.support.processes import run
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
    """Return the form at an address, in whatever spelling."""
    answer = client.get(f"/compose?{query}" if query else "/compose", follow_redirects=True)
    assert answer.status_code == 200
    return check(answer.content)


def yaml_of(page: Page) -> str:
    return page.words.partition("/sets/")[2].partition(".\n")[2].partition("\nCopy")[0]


def ticked(page: Page) -> list[tuple[str, str]]:
    """Return parameters and values of the boxes that are ticked."""
    return [(box["name"], box["value"]) for box in page.all("input") if "checked" in box]


def offered(page: Page, name: str) -> list[str]:
    """Return the values of the boxes of a parameter that are not ticked."""
    return [
        box["value"]
        for box in page.all("input")
        if (box.get("name"), box.get("type")) == (name, "checkbox") and "checked" not in box
    ]


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
    (name,) = load(tmp_path).sets
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
    ("query", "name"),
    [
        ("topic=ai", "ai"),
        ("topic=ai&q=london", "ai-london"),
        ("topic=ai,tea&provider=cbc.ca", "ai-tea-cbc"),
        ("q=%22facial+recognition%22", "facial-recognition"),
        ("type=video", "video"),
        ("", "my-feed"),
        ("min_quality=50&since=7d", "my-feed"),
        ("q=null", "null"),
        ("q=2001", "2001"),
        ("q=" + "+".join(f"word{number}" for number in range(9)),
         "word0-word1-word2-word3-word4-word5"),
    ],
)  # fmt: skip
def test_a_set_is_named_after_what_is_chosen(
    query: str, name: str, composing: TestClient, tmp_path: Path
) -> None:
    page = composed(composing, query)
    (tmp_path / "sets.yaml").write_text(yaml_of(page))
    assert list(load(tmp_path).sets) == [name]
    assert yaml.safe_load(yaml_of(page)).keys() == {name}  # for every parser
    assert f"/sets/{name}." in page.words


def test_check_finds_nothing_to_say_of_composed_sets(composing: TestClient, tmp_path: Path) -> None:
    queries = ["", "topic=ai&q=met", "q=police+met", "topic=tea&min_quality=50", "provider=cbc.ca",
               "type=video&since=2020-01-01&limit=3&content=full"]  # fmt: skip
    config = tmp_path / "config"
    config.mkdir()
    lines = [yaml_of(composed(composing, query)) for query in queries]
    (config / "sets.yaml").write_text("".join(lines))
    checked = run("check", "--seeds", put(tmp_path / "seeds", *ARTICLES), "--config", config)
    assert (checked.returncode, "sets.yaml" in checked.stderr) == (0, False), checked.stderr


@pytest.mark.parametrize(
    ("query", "field", "said"),
    [
        ("topic=aii", "topic", "There is no topic called “aii”: untick it."),
        ("provider=cbc.c", "provider", "There is no provider called “cbc.c”: untick it."),
        ("not_topic=nothing-like-it", "not_topic", "There is no topic called “nothing-like-it”"),
        ("not_provider=bbc.c", "not_provider", "There is no provider called “bbc.c”: untick it."),
        ("type=%21", "type", "There is no kind of article called “!”: untick it."),
        ("min_quality=lots", "min_quality", "Write a number such as 50."),
        ("min_quality=1&min_quality=2", "min_quality", "Write a number such as 50."),
        ("q=%21%21", "q", "Write words such as police or \"facial recognition\": at most 20"),
        ("since=soon", "since", "Choose one of the periods."),
        ("limit=999", "limit", "Write a whole number from 1 to 200."),
        ("content=some", "content", "Choose one of these."),
        ("not_provider=" + ",".join(f"p{number}.example" for number in range(21)),
         "not_provider", "There is no provider called “p20.example”"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_shown_beside_its_field(
    query: str, field: str, said: str, composing: TestClient
) -> None:
    address = f"/compose?type=video&{query}"
    answer = composing.get(address, follow_redirects=True)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    page = check(answer.content)
    assert page.words.count(said) == 2  # beside the field, and in the list that leads there
    ids = [attributes.get("id") for _, attributes in page.elements]
    assert ids.count(f"problem-{field}") == 1
    assert f"#f-{field}" in [link["href"] for link in page.all("a")]
    assert f"f-{field}" in ids
    wrong = {one["name"] for tag in ("input", "select") for one in page.all(tag)
             if one.get("aria-invalid")}  # fmt: skip
    assert wrong == {field}
    assert "1 choice must be corrected." in page.words


def test_what_may_have_been_meant_can_be_ticked(composing: TestClient) -> None:
    page = check(ask(composing, "/compose?topic=coffee,aii").body)
    assert ticked(page) == [("topic", "coffee"), ("topic", "aii")]
    assert "ai" in offered(page, "topic")


def test_more_than_can_be_chosen_is_said_beside_the_boxes(tmp_path: Path) -> None:
    names = [f"topic-{number}" for number in range(21)]
    with site(tmp_path, article(1, topics=names)) as client:
        page = check(ask(client, f"/compose?topic={','.join(names)}").body)
        assert "Tick at most 20." in page.words
        assert sorted(value for _, value in ticked(page)) == sorted(names)


@pytest.mark.parametrize("field", ["topic", "provider", "q", "min_quality", "limit"])
def test_a_field_is_described_by_its_hint(field: str, composing: TestClient) -> None:
    """Who hears a page hears with the field what is written above it."""
    page = composed(composing, "")
    described = [one["aria-describedby"] for tag in ("input", "fieldset") for one in page.all(tag)
                 if one.get("id") == f"f-{field}"]  # fmt: skip
    assert described == [f"hint-{field} problem-{field}"]


def test_what_was_written_is_there_to_be_mended(composing: TestClient) -> None:
    page = check(ask(composing, "/compose?topic=aii&q=police&limit=999").body)
    values = {one.get("name"): one.get("value") for one in page.all("input") if "value" in one}
    assert (values["q"], values["limit"]) == ("police", "999")
    assert ticked(page) == [("topic", "aii")]


def test_a_link_fills_the_form_in(composing: TestClient) -> None:
    page = composed(
        composing,
        "topic=AI&provider=www.cbc.ca&not_topic=tea&not_provider=news.example.com&type=video",
    )
    assert ticked(page) == [
        ("topic", "ai"), ("provider", "cbc.ca"), ("type", "video"), ("not_topic", "tea"),
        ("not_provider", "news.example.com"),
    ]  # fmt: skip
    assert "<details open>" in ask(composing, "/compose?not_topic=tea").body.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("", "4 articles match"),
        ("topic=coffee", "1 article matches"),
        ("q=nonsuch", "0 articles match"),
        ("limit=1", "4 articles match"),
    ],
)
def test_the_number_of_matches_is_told(query: str, said: str, composing: TestClient) -> None:
    page = composed(composing, query)
    assert f"\n{said}\n" in page.words
    assert ("No article matches yet." in page.words) == said.startswith("0 ")


# --- choosing among thousands ------------------------------------------------------


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    articles = [
        article(number, date="2020-01-01", topics=[f"Topic {number}", f"Group {number % 13}"],
                provider={"domain": f"paper{number}.example", "name": f"Paper {number}"})
        for number in range(1, 101)
    ]  # fmt: skip
    hidden = article(101, date="2020-01-01", topics=["Topic of a draft"], published=False)
    with site(tmp_path_factory.mktemp("site"), *articles, hidden) as client:
        yield client


def test_the_largest_are_offered_and_those_found_by_name(large: TestClient) -> None:
    page = composed(large, "")
    assert len(offered(page, "topic")) == len(offered(page, "provider")) == 12
    assert "Search all 113 topics" in page.words
    page = composed(large, "find_topic=topic+77")
    assert offered(page, "topic")[12:] == ["topic-77"]
    assert "1 topic found." in page.words
    page = composed(large, "find_provider=paper+5")
    assert len(offered(page, "provider")) == 12 + 12
    assert "12 providers found." in page.words
    assert len(offered(page, "not_provider")) == 12


def test_very_many_that_are_found_are_not_all_shown(large: TestClient) -> None:
    page = composed(large, "find_topic=topic")
    assert len(offered(page, "topic")) == 24
    assert "The first 12 topics found. Write more of the name to find others." in page.words


def test_nothing_found_by_name_is_said_and_drafts_are_not_found(large: TestClient) -> None:
    for words in ("nonsuch", "draft"):
        page = composed(large, f"find_topic={words}")
        assert f"No other topic has “{words}” in its name." in page.words
        assert len(offered(page, "topic")) == 12


def test_what_is_chosen_stays_whatever_is_looked_for(large: TestClient) -> None:
    page = composed(large, "topic=topic-77,topic-5&find_topic=topic+7")
    assert ticked(page) == [("topic", "topic-77"), ("topic", "topic-5")]
    assert "topic-77" not in offered(page, "topic")
    assert "topic-7" in offered(page, "topic")
    assert address_of(page) == "/topics/topic-5+topic-77.json"


@pytest.mark.parametrize(
    ("sent", "canonical"),
    [
        ("find_topic=", "/compose"),
        ("find_topic=++Topic++7&topic=topic-1&x=1", "/compose?topic=topic-1&find_topic=topic+7"),
        ("find_provider=%C3%9C", "/compose?find_provider=%C3%BC"),
        ("find_topic=" + "x" * 200, "/compose?find_topic=" + "x" * 100),
    ],
)
def test_a_search_in_the_form_has_one_address(sent: str, canonical: str, large: TestClient) -> None:
    answer = ask(large, f"/compose?{sent}")
    assert (answer.status, answer.headers["location"]) == (301, canonical)
    assert ask(large, canonical).status == 200


def test_a_box_with_letters_beyond_ascii_leads_to_its_topic(tmp_path: Path) -> None:
    with site(tmp_path, article(1, topics=["Überwachung"])) as client:
        (value,) = offered(composed(client, ""), "topic")
        page = composed(client, f"topic={quote(value)}")
        assert address_of(page) == "/topics/%C3%BCberwachung.json"
        assert ticked(page) == [("topic", value)]


def test_the_page_is_cached_and_changes_with_what_it_shows(composing: TestClient) -> None:
    answer = ask(composing, "/compose?topic=ai")
    tag = {"if-none-match": answer.headers["etag"]}
    assert ask(composing, "/compose?topic=ai", headers=tag).status == 304


def test_the_histogram_shows_qualities_whatever_the_minimum(composing: TestClient) -> None:
    page = composed(composing, "min_quality=80")
    assert "Scores of the newest 3 articles that have one: from 10 to 90'" in str(page.all("svg"))
    assert "None of these articles has a score." in composed(composing, "topic=coffee").words


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
        st.sampled_from(
            "topic provider type q since limit content min_quality find_topic x".split()
        ),
        st.text(max_size=12),
        max_size=4,
    )
)
def test_whatever_is_sent_is_answered_with_a_page_or_led_on(
    values: dict[str, str], composing: TestClient
) -> None:
    answer = composing.get("/compose", params=values, follow_redirects=True)
    assert answer.status_code in (200, 400)
    assert len(answer.history) <= 1
    check(answer.content)


def test_private_sets_are_not_shown(tmp_path: Path) -> None:
    sets: dict[str, Any] = {"secret": {"include": {"topics": ["AI"]}, "private": True}}
    configure(tmp_path / "config", sets=sets)
    with site(tmp_path, *ARTICLES, sets=sets) as client:
        for path in ("/", "/compose", "/search?q=secret", "/topics"):
            assert b"/sets/secret" not in ask(client, path).body
