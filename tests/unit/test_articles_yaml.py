"""articles.yaml and the file of authors: to settings, or to problems by line and column."""

from pathlib import Path

import pytest

from feeds.article_settings import DEFAULTS, ArticleSettings
from feeds.config import Config, inspect, load
from feeds.model import Person
from tests.support.paths import DATA


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    (tmp_path / "seeds/data").mkdir(parents=True)
    return tmp_path / "config"


def loaded(folder: Path, **files: str) -> Config:
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    return load(folder, seeds=folder.parent / "seeds")


def problems(folder: Path, **files: str) -> list[str]:
    """Return all problems, without the folder they are in."""
    for name, content in files.items():
        (folder / f"{name}.yaml").write_text(content)
    found = inspect(folder, seeds=folder.parent / "seeds").problems
    return [str(problem).replace(f"{folder.parent}/", "") for problem in found]


def settings(folder: Path, written: str) -> ArticleSettings:
    return loaded(folder, articles=written).articles


def test_without_articles_yaml_all_is_as_usual(folder: Path) -> None:
    assert load(folder).articles == ArticleSettings(languages=("en",))
    assert settings(folder, "# nothing yet\n") == ArticleSettings(languages=("en",))
    assert ArticleSettings() == DEFAULTS


def test_every_key_takes_effect(folder: Path) -> None:
    (folder / "authors.yaml").write_text("jo: Jo Doe\n")
    found = settings(
        folder,
        """
base: https://example.org/
permalink: /:section/:year/:month/:day/:slug/
timezone: Europe/Berlin
future: show
include: content/news/**
exclude: ["**/_index.md", README.md]
fields: {title: [newstitle], url: link.href, date: [day]}
shortcodes: drop
authors: authors.yaml
authors_email: true
rules:
  - path: "content/news/local/**"
    defaults: {topics: [Local]}
  - path: "**"
    overrides: {published: true}
  - path: "content/news/**"
    defaults: {provider: {name: Example News, domain: example.org}, topics: [News]}
""",
    )
    assert (found.base, found.permalink) == (
        "https://example.org",
        "/:section/:year/:month/:day/:slug/",
    )
    assert (found.timezone, found.future) == ("Europe/Berlin", "show")
    assert found.include == ("content/news/**",)
    assert found.exclude == ("**/_index.md", "README.md", "/authors.yaml")
    assert found.fields == {"title": ("newstitle",), "url": ("link.href",), "published": ("day",)}
    assert (found.drop_shortcodes, found.authors_email) == (True, True)
    assert found.authors == {"jo": Person("Jo Doe")}
    assert [rule.path for rule in found.rules] == ["**", "content/news/**", "content/news/local/**"]
    assert found.rules[0].overrides == {"published": "true"}
    assert found.rules[1].defaults["provider"] == {"name": "Example News", "domain": "example.org"}


def test_two_words_for_one_field_add_up(folder: Path) -> None:
    found = settings(folder, "fields: {date: day, title: [a, b], published: [born, day]}")
    assert found.fields == {"published": ("day", "born", "day"), "title": ("a", "b")}


def test_of_rules_with_equally_certain_paths_the_last_comes_last(folder: Path) -> None:
    paths = ["/a*", "/a/*", "?", "/b*", "a*"]
    rules = "".join(f"- {{path: '{path}', defaults: {{x: y}}}}\n" for path in paths)
    found = settings(folder, f"rules:\n{rules}").rules
    assert [rule.path for rule in found] == ["?", "a*", "/a*", "/b*", "/a/*"]


def test_dates_without_a_zone_have_that_of_the_site(folder: Path) -> None:
    config = loaded(folder, site="timezone: Asia/Tokyo")
    assert (config.site.timezone, config.articles.timezone) == ("Asia/Tokyo", "Asia/Tokyo")
    config = loaded(folder, articles="timezone: America/Lima")
    assert (config.site.timezone, config.articles.timezone) == ("Asia/Tokyo", "America/Lima")


def test_the_languages_are_those_of_the_site_and_of_its_sets(folder: Path) -> None:
    sets = "a: {language: fr, include: {topics: AI}}\nb: {language: de, include: {topics: AI}}\n"
    config = loaded(folder, site="language: de", sets=sets)
    assert config.articles.languages == ("de", "fr")


@pytest.mark.parametrize(
    ("written", "base", "permalink"),
    [
        (
            "base: https://example.org\npermalink: blog/:slug/",
            "https://example.org",
            "/blog/:slug/",
        ),
        ("permalink: https://Example.org/blog/:slug", "https://example.org", "/blog/:slug"),
        (
            "base: https://example.org/en/\npermalink: https://example.org/en/:slug",
            "https://example.org/en",
            "/en/:slug",
        ),
        ("base: http://localhost:8080\npermalink: '/{path}/'", "http://localhost:8080", "/{path}/"),
        ("base: https://a.example\npermalink: '/p?id={id}'", "https://a.example", "/p?id={id}"),
    ],
)
def test_a_permalink_is_a_path_below_the_base(
    folder: Path, written: str, base: str, permalink: str
) -> None:
    found = settings(folder, written)
    assert (found.base, found.permalink) == (base, permalink)


def cases(name: str) -> list[tuple[str, str]]:
    """What is written in a file, and the first problem that it has; a blank line between two."""
    blocks = (DATA / name).read_text().rstrip("\n").split("\n\n")
    return [(written, expected) for written, _, expected in (b.partition("\n=> ") for b in blocks)]


@pytest.mark.parametrize(("written", "expected"), cases("articles-yaml.txt"))
def test_what_is_wrong_is_named_with_its_place_and_its_cure(
    folder: Path, written: str, expected: str
) -> None:
    found = [
        problem.partition("articles.yaml:")[2] for problem in problems(folder, articles=written)
    ]
    assert found[:1] == [expected]


def test_more_rules_than_can_be_compared_with_each_file_are_refused(folder: Path) -> None:
    rule = "- {path: 'a/**', defaults: {topics: x}}\n"
    assert "more than 1000 items" in problems(folder, articles="rules:\n" + rule * 1001)[0]
    assert not problems(folder, articles="rules:\n" + rule * 1000)


AUTHORS = """
jo: Jo Doe
docusaurus:
  name: Sébastien Lorber
  title: Maintainer
  url: https://sebastienlorber.example
  image_url: /img/slorber.png
  socials: {x: slorber}
jekyll:
  name: Jane
  web: https://jane.example
  email: jane@example.org
  picture: https://a.example/j.png
bare:
"""


@pytest.mark.parametrize("name", ["authors.yaml", "data/authors.yml", "data/authors.json"])
@pytest.mark.parametrize("of_seeds", [True, False])
def test_authors_have_the_names_that_generators_of_sites_give_them(
    folder: Path, name: str, of_seeds: bool
) -> None:
    path = (folder.parent / "seeds" if of_seeds else folder) / name
    path.parent.mkdir(exist_ok=True)
    path.write_text('{"jo": "Jo Doe"}' if name.endswith("json") else AUTHORS)
    authors = settings(folder, f"base: https://example.org\nauthors: {name}").authors
    assert authors["jo"] == Person("Jo Doe")
    if name.endswith("json"):
        return
    assert authors["docusaurus"] == Person(
        "Sébastien Lorber",
        "",
        "https://sebastienlorber.example",
        "https://example.org/img/slorber.png",
    )
    jane = Person("Jane", "jane@example.org", "https://jane.example", "https://a.example/j.png")
    assert authors["jekyll"] == jane
    assert authors["bare"] == Person("bare")


def test_a_file_of_authors_beside_the_configuration_comes_before_one_beside_the_articles(
    folder: Path,
) -> None:
    (folder / "a.yaml").write_text("x: Of the configuration")
    (folder.parent / "seeds/a.yaml").write_text("x: Of the articles")
    assert settings(folder, "authors: a.yaml").authors["x"].name == "Of the configuration"
    (folder / "a.yaml").unlink()
    assert settings(folder, "authors: a.yaml").authors["x"].name == "Of the articles"


def test_who_reads_no_articles_needs_no_folder_of_them(folder: Path) -> None:
    (folder / "articles.yaml").write_text("authors: data/authors.yaml")
    assert load(folder).articles.authors == {}


@pytest.mark.parametrize(("written", "expected"), cases("authors-yaml.txt"))
def test_what_is_wrong_with_authors_is_named_in_their_file(
    folder: Path, written: str, expected: str
) -> None:
    (folder / "a.yaml").write_text(written)
    assert problems(folder, articles="authors: a.yaml") == [f"config/a.yaml:{expected}"]


def test_a_link_from_the_articles_to_a_file_elsewhere_is_not_followed(folder: Path) -> None:
    (folder.parent / "secret.yaml").write_text("x: y")
    (folder.parent / "seeds/a.yaml").symlink_to(folder.parent / "secret.yaml")
    (found,) = problems(folder, articles="authors: a.yaml")
    assert "leads out of seeds: seeds/a.yaml is a link; put a copy in its place" in found


def test_a_file_beside_the_others_that_is_not_named_is_still_refused(folder: Path) -> None:
    (folder / "authors.yaml").write_text("jo: Jo")
    (found,) = problems(folder, articles="future: hold")
    assert "is not a file of the configuration; name it under authors: in articles.yaml" in found
