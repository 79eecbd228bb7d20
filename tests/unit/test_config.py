"""A folder of YAML, to one configuration or to every problem in it, by line and column."""

from pathlib import Path

import pytest

from feeds.config import Config, inspect, load
from feeds.errors import ConfigError
from feeds.util.durations import seconds
from tests.support.paths import CONFIG, SHIPPED_CONFIG


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path


def problems(folder: Path, **files: str) -> list[str]:
    """Return the errors in files, without the folder and without the word error."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    try:
        load(folder)
    except ConfigError as error:
        errors = (str(problem).removeprefix(f"{folder}/") for problem in error.problems)
        return [error.replace(" error: ", " ", 1) for error in errors]
    return []


def test_without_any_file_everything_has_its_default(folder: Path) -> None:
    config = load(folder / "nowhere", "http://127.0.0.1:8000")
    assert (config.limit, config.max_age, config.full) == (50, 300, True)
    assert (config.unpublished, config.related) == ("exclude", True)
    assert config.site.base_url == "http://127.0.0.1:8000"


def test_a_configuration_shows_drafts_and_has_topics_within_topics() -> None:
    config = load(CONFIG)
    assert config.unpublished == "include"
    assert config.taxonomy.slugs_within("ai") >= {"ai", "computer-vision"}


def test_the_shipped_configuration_is_good_and_shows_no_drafts() -> None:
    config = load(SHIPPED_CONFIG)
    assert config.unpublished == "exclude"
    assert config.taxonomy.slugs_within("web") >= {"web", "http", "caching"}


def test_every_key_takes_effect(folder: Path) -> None:
    (folder / "site.yaml").write_text(
        """
title: "  My   news "
description: What happens
base_url: https://feeds.example.org/
language: pt-BR
author: {name: The Editors, email: editors@example.org, url: "https://example.org/"}
copyright: All rights reserved
icon: https://example.org/icon.png
defaults: {limit: 10, max_age: 1h, content: summary, unpublished: only, related: exclude}
websub: "off"
"""
    )
    config = load(folder)
    site = config.site
    assert (site.title, site.base_url) == ("My news", "https://feeds.example.org")
    assert (site.author.name, site.author.email) == ("The Editors", "editors@example.org")
    assert (site.language, site.copyright) == ("pt-BR", "All rights reserved")
    assert (config.limit, config.max_age, config.full) == (10, 3600, False)
    assert (config.unpublished, config.related) == ("only", False)


def test_names_mean_the_same_in_any_case_and_under_any_alias(folder: Path) -> None:
    (folder / "topics.yaml").write_text(
        "- {slug: ai, name: Artificial Intelligence}\n"
        "- {slug: computer-vision, parent: artificial intelligence, aliases: [Vision, CV]}\n"
    )
    (folder / "providers.yaml").write_text("- {domain: www.cbc.ca, name: CBC, aliases: cbc.com}\n")
    taxonomy = load(folder).taxonomy
    for name in ("computer-vision", "Computer Vision", "VISION", "cv"):
        assert taxonomy.topic_slug(name) == "computer-vision"
    assert taxonomy.topic_slug("artificial INTELLIGENCE") == "ai"
    assert {"ai", "computer-vision", "vision", "cv"} <= taxonomy.slugs_within("ai")
    assert taxonomy.provider_domain("cbc.com") == "cbc.ca"
    assert taxonomy.domains_of("cbc.ca") == {"cbc.ca", "cbc.com"}
    assert taxonomy.topic_slug("Not Listed") == "not-listed"


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        ("site", "titel: News\n",
         "site.yaml:1:1: titel: is not a known key; write title"),
        ("site", "defaults:\n  limt: 5\n",
         "site.yaml:2:3: defaults.limt: is not a known key; write limit"),
        ("site", "security: {contact: [tel:me], expires: 2027-06-30}\n",
         ("site.yaml:1:22: security.contact[0]: is not a way to reach someone; write "
          "mailto:security@example.org, an https address, or tel:+1-201-555-0123")),
        ("site", "security: {contact: http://example.org/, expires: 2027-06-30}\n",
         ("site.yaml:1:21: security.contact[0]: is not a way to reach someone; write "
          "mailto:security@example.org, an https address, or tel:+1-201-555-0123")),
        ("site", "security: {contact: mailto:a@example.org, expires: next year}\n",
         "site.yaml:1:52: security.expires: is not a valid date; write it like 2027-06-30"),
        ("site", "security: {contact: [], expires: 2027-06-30}\n",
         "site.yaml:1:21: security.contact: is empty; write something, or leave it out"),
        ("site", "limit: 5\n",
         "site.yaml:1:1: limit: is not a known key; write it below defaults:"),
        ("sets", "london: {topics: [ai]}\n",
         "sets.yaml:1:10: london.topics: is not a known key; write it below include:"),
        ("site", "defaults: {limit: 500}\n",
         "site.yaml:1:19: defaults.limit: is '500'; write a number of at most 200"),
        ("site", "defaults: {limit: many}\n",
         "site.yaml:1:19: defaults.limit: is 'many'; write a whole number"),
        ("site", "defaults: {max_age: soon}\n",
         ("site.yaml:1:21: defaults.max_age: is not a duration; write a number and a unit, "
          "such as 30s, 5m, 12h or 7d")),
        ("site", "defaults: {unpublished: maybe}\n",
         "site.yaml:1:25: defaults.unpublished: is 'maybe'; write exclude, include or only"),
        ("site", "base_url: example.org\n",
         ("site.yaml:1:11: base_url: is not a complete address; write a complete address, "
          "such as https://example.org")),
        ("site", "language: English please\n",
         "site.yaml:1:11: language: is not a language code; write a code such as en or pt-BR"),
        ("site", "websub: maybe\n",
         "site.yaml:1:9: websub: is not a hub; write builtin, off or the hub's address"),
        ("site", "title: A\ntitle: B\n",
         "site.yaml:2:1: title: is given twice; keep one of the two"),
        ("site", "title:\tA\n\tb: c\n",
         "site.yaml:2:1: yaml: is indented with a tab; indent with spaces"),
        ("site", "- a\n",
         ("site.yaml:1:1: document: is not a mapping; write one or more of its keys below it: "
          "title, description, base_url, language, timezone, author, copyright, icon, defaults, "
          "ingest, podcast, security, websub")),
        ("topics", "- name: No slug\n",
         "topics.yaml:1:3: [0].slug: is missing; add slug:"),
        ("topics", "slug: ai\n",
         "topics.yaml:1:1: document: is not a list; begin each item with a dash"),
        ("topics", "- slug: Computer Vision\n",
         "topics.yaml:1:9: [0].slug: is not a slug; write computer-vision"),
        ("topics", "- {slug: ai}\n- {slug: cv, parent: aii}\n",
         "topics.yaml:2:22: [1].parent: aii is not a topic of topics.yaml; write ai"),
        ("topics", "- {slug: a, parent: b}\n- {slug: b, parent: a}\n",
         ("topics.yaml:1:21: [0].parent: leads back to itself: a > b > a; "
          "give one of them another parent, or none")),
        ("topics", "- {slug: ai}\n- {slug: cv, aliases: [AI]}\n",
         ("topics.yaml:2:24: [1].aliases[0]: AI is already a name of the topic ai; "
          "keep it in one of the two")),
        ("topics", "- {slug: ai}\n- {slug: ai}\n",
         ("topics.yaml:2:10: [1].slug: ai is already a name of the topic ai; "
          "keep it in one of the two")),
        ("providers", "- {domain: not a host}\n",
         "providers.yaml:1:12: [0].domain: has no valid host name; write it like example.org"),
        ("providers", "- {domain: a.org}\n- {domain: b.org, aliases: [www.a.org]}\n",
         ("providers.yaml:2:29: [1].aliases[0]: a.org already belongs to the provider a.org; "
          "keep it in one of the two")),
        ("site", "defaults: {limit: 0}\n",
         "site.yaml:1:19: defaults.limit: is '0'; write a number of at least 1"),
        ("site", "title: ''\n",
         "site.yaml:1:8: title: is empty; write something, or leave it out"),
        ("site", f"title: {'x' * 501}\n",
         "site.yaml:1:8: title: is longer than 500 characters; shorten it"),
        ("site", "ingest: {withdraw_at_most: 200%}\n",
         ("site.yaml:1:28: ingest.withdraw_at_most: is not a percentage; write a number "
          "from 0 to 100 and %, such as 20%")),
        ("topics", '- {slug: "!"}\n',
         ("topics.yaml:1:10: [0].slug: has no letters or digits; write a word such as "
          "computer-vision")),
        ("sets", "a: {include: {min_quality: high}}\n",
         "sets.yaml:1:28: a.include.min_quality: is 'high'; write a number"),
        ("sets", "a: {include: {topics: [[x]]}}\n",
         "sets.yaml:1:24: a.include.topics[0]: is a list; write one line of text"),
        ("sets", "a: {include: {topics: {x: y}}}\n",
         "sets.yaml:1:23: a.include.topics: is not a list; write [one, two]"),
        ("sets", "a: {include: {keywords: '!!'}}\n",
         ("sets.yaml:1:25: a.include.keywords[0]: has no letters or digits; write a word, or "
          "several for a phrase")),
        ("sets", "a: {include: {types: a b}}\n",
         ("sets.yaml:1:22: a.include.types[0]: is not a type; write one word, such as article "
          "or video")),
        ("sets", "a: {include: {types: video}, sort: [1]}\n",
         ("sets.yaml:1:36: a.sort: is a list; write published, quality or heat")),
        ("sets", "- a\n",
         ("sets.yaml:1:1: document: is not a mapping; write a name and a colon, and what belongs "
          "to it indented below")),
        ("sets", "'': {include: {types: video}}\n",
         ("sets.yaml:1:1: document: an empty name cannot be used in an address; write a word such "
          "as london-police")),
    ],
)  # fmt: skip
def test_a_mistake_is_reported_with_its_position_and_hint(
    folder: Path, name: str, content: str, expected: str
) -> None:
    assert expected in problems(folder, **{name: content})


def test_an_unknown_key_is_reported_at_the_key_itself(folder: Path) -> None:
    written = "london:\n  includ:\n    topics: [ai]\nLondon 2:\n  include:\n    topics: [ai]\n"
    assert [one.split(": ", 2)[:2] for one in problems(folder, sets=written)] == [
        ["sets.yaml:2:3", "london.includ"], ["sets.yaml:4:1", "London 2"],
    ]  # fmt: skip


def test_providers_may_share_a_name_which_means_the_first(folder: Path) -> None:
    (folder / "providers.yaml").write_text(
        "- {domain: go.com, name: ABC News}\n- {domain: abc.net.au, name: abc news}\n"
    )
    [told] = inspect(folder).problems
    assert str(told).removeprefix(f"{folder}/") == (
        "providers.yaml:2:30: warning: [1].name: abc news is also the name of go.com, and sets "
        "that use it get go.com; use the domain in sets, or give this provider another name"
    )
    assert load(folder).taxonomy.provider_named("ABC News") == "go.com"
    assert load(folder).taxonomy.provider_named("abc.net.au") == "abc.net.au"


@pytest.mark.parametrize(
    ("name", "content", "fields"),
    [
        ("topics", ("- {slug: portals, parent: nope, prent: x}\n"
                    "- {slug: zz, aliases: [one, Portals], limit: 5}\n"),
         ["[0].parent", "[0].prent", "[1].aliases[1]", "[1].limit"]),
        ("providers", "- {domain: a.org, nam: A}\n- {domain: b.org, aliases: [a.org], icon: x}\n",
         ["[0].nam", "[1].aliases[0]", "[1].icon"]),
        ("sets", "a: {titel: X, members: [/sets/nope, /nope]}\n",
         ["a.titel", "a.members[0]", "a.members[1]"]),
        # What was taken out because it is wrong is not missed as well.
        ("sets", "a: {include: {topic: AI}}\nb: {members: 5}\nc: {include: 5}\n",
         ["a.include.topic", "b.members[0]", "c.include"]),
    ],
)  # fmt: skip
def test_a_mistake_in_an_item_hides_no_other(
    folder: Path, name: str, content: str, fields: list[str]
) -> None:
    told = problems(folder, **{name: content})
    assert [one.split(": ")[1] for one in told] == fields


def test_all_problems_of_all_files_are_reported_at_once(folder: Path) -> None:
    told = problems(folder, site="titel: A\nlanguage: x y\n", topics="- {}\n", provders="- {}\n")
    assert [one.split(":", 1)[0] for one in told] == [
        "provders.yaml", "site.yaml", "site.yaml", "topics.yaml",
    ]  # fmt: skip
    assert "rename it to providers.yaml" in told[0]


def test_a_file_that_is_not_utf_8_is_reported(folder: Path) -> None:
    (folder / "site.yaml").write_bytes("title: Café".encode("latin-1"))
    assert problems(folder) == ["site.yaml:1:11: file: is not UTF-8; save it as UTF-8"]


def test_a_byte_order_mark_and_empty_files_do_no_harm(folder: Path) -> None:
    (folder / "site.yaml").write_bytes(b"\xef\xbb\xbftitle: News\n")
    (folder / "topics.yaml").write_text("# nothing yet\n")
    assert load(folder).site.title == "News"


def test_the_digest_of_a_part_differs_where_it_says_something_else(folder: Path) -> None:
    def digests(site: str, sets: str) -> dict[str, str]:
        (folder / "site.yaml").write_text(site)
        (folder / "sets.yaml").write_text(sets)
        config: Config = load(folder)
        return dict(config.digests)

    sets = "a: {include: {topics: AI}}\nb: {members: [/sets/a]}\nc: {include: {types: video}}\n"
    before = digests("title: A\n", sets)
    assert set(before) == {"server", "site", "sets", "set/a", "set/b", "set/c"}
    assert before == digests("# as it was\ntitle:   A\n", f"# of ours\n{sets}\n")
    after = digests("title: B\n", sets)
    assert {name for name in before if before[name] != after[name]} == {"site"}
    after = digests("title: A\n", sets.replace("AI", "Law"))
    # A bundle is another when one of its members is.
    assert {name for name in before if before[name] != after[name]} == {"set/a", "set/b"}
    elsewhere = load(folder, "https://example.org").digests
    assert {name for name in after if after[name] != elsewhere[name]} == {"server"}
    assert load(folder, "").digests.keys() == before.keys() - {"server"}


def test_an_alias_that_is_a_topics_own_name_is_not_reported(folder: Path) -> None:
    assert problems(folder, topics="- {slug: ai, name: AI, aliases: [ai]}\n") == []


@pytest.mark.parametrize(("written", "found"), [("30s", 30), ("5m", 300), ("7d", 604800)])
def test_durations(written: str, found: int) -> None:
    assert seconds(written) == found


@pytest.mark.parametrize("written", ["", "5", "-5m", "5 years", "1e3s", "99999999999d"])
def test_what_is_no_duration(written: str) -> None:
    with pytest.raises(ValueError, match="is not a duration"):
        seconds(written)
