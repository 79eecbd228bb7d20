"""`feeds init --from`: what it finds out about the site of each generator, and writes down.

Each folder in tests/data/generators has a site of the shape that the generator's own starter or
documentation has, and what is to be found.
"""

import os
import shutil
from pathlib import Path
from typing import Any, Final

import pytest

from feeds.cli.init_from import recognise
from feeds.cli.init_from.literals import first, javascript, python
from feeds.cli.init_from.permalinks import eleventy, hexo, hugo, jekyll, literal, pelican
from feeds.cli.init_from.site import Site
from feeds.cli.init_from.survey import LARGEST_CONFIGURATION, glimpse, survey
from feeds.cli.init_from.written import configuration
from feeds.config import inspect
from feeds.util.yaml_document import parse_yaml
from tests.support.paths import DATA

CASES: Final = sorted((DATA / "generators").iterdir())


def found(site: Site) -> dict[str, Any]:
    """What was found out, without what is empty."""
    everything = {
        "generator": site.generator,
        "found_by": site.found_by,
        "content": site.content,
        "values": {key: value for key, (value, _) in site.values.items()},
        "missing": site.missing,
        "guess": site.guess,
        "include": site.include,
        "exclude": list(site.exclude),
        "rules": site.rules,
        "notes": site.notes + site.survey.notes,
        "articles": [one.path for one in site.articles],
    }
    return {key: value for key, value in everything.items() if value}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_site_is_recognised_by_its_configuration_and_shapes(case: Path) -> None:
    expected = parse_yaml((case / "expected.yaml").read_text(encoding="utf-8")).value
    assert found(recognise(survey(case / "site"))) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_configuration_that_is_written_is_valid(case: Path, tmp_path: Path) -> None:
    site = recognise(survey(case / "site"))
    for name, text in configuration(site, "").items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    loaded = inspect(tmp_path, seeds=case / "site" / site.content)
    assert [str(problem) for problem in loaded.problems] == []
    settings = loaded.config.articles
    known = {key: value for key, (value, _) in site.values.items()}
    is_whole = "base" in known and "permalink" in known
    assert settings.base == (known["base"] if is_whole else "")
    assert settings.permalink == (known["permalink"] if is_whole else "")
    assert settings.exclude == tuple(site.exclude)
    assert settings.include == tuple(site.include)
    assert settings.drop_shortcodes
    assert {rule.path: rule.defaults["permalink"] for rule in settings.rules} == site.rules
    assert loaded.config.site.title == known.get("title", "News")


def test_what_is_asked_for_is_a_comment_that_says_why() -> None:
    site = recognise(survey(DATA / "generators" / "eleventy-computed" / "site"))
    lines = configuration(site, "")["articles.yaml"].splitlines()
    asked = "# base: https://example.org   # the address of your site: could not be read from "
    assert f"{asked}eleventy.config.js" in lines
    assert any(line.startswith("# permalink: /posts/:path/") for line in lines)


@pytest.mark.parametrize(
    ("text", "keys", "value"),
    [
        ("export default { site: 'https://a.example' }", ["site"], "https://a.example"),
        ("const url = `https://a.example`; f({ site: url })", ["site"], "https://a.example"),
        ("f({ site: process.env.SITE })", ["site"], None),
        ("f({ site: process.env.SITE || 'https://a.example' })", ["site"], None),
        ("f({ site: `https://${host}` })", ["site"], None),
        ("f({ site: 'https://' + host })", ["site"], None),
        ("f({ site: dev ? 'https://a.example' : 'https://b.example' })", ["site"], None),
        ("// site: 'https://a.example'\n/* site: 'x' */ f({})", ["site"], None),
        ("f({ a: { site: 'deep' }, site: 'flat' })", ["site"], "flat"),
        ("f({ a: /['\"`/]/g, site: 'x' })", ["site"], "x"),
        ("f({ a: b / 2, c: 'd / e', site: 'x' })", ["site"], "x"),
        ("f({ 'site': \"it\\u0027s\" })", ["site"], "it's"),
        ("f({ blog: { path: 'news' }, docs: { path: 'manual' } })", ["blog", "path"], "news"),
        ("f({ plugins: [['plugin', { path: 'news' }]] })", ["plugin", "path"], "news"),
        ("config.setInputDirectory('src')", ["setInputDirectory"], "src"),
        ("const config: Config = { i18n: { locales: ['fr', 'en'] } }", ["i18n", "locales"], "fr"),
        ("export const TITLE: string = 'x' as const;", ["TITLE"], "x"),
        ("f({ slash: false, n: 3 })", ["slash"], "false"),
        ("", ["site"], None),
        ("}}}]]]))) f({ site: 'x' })", ["site"], "x"),
    ],
)
def test_a_program_in_javascript_is_read_as_text(
    text: str, keys: list[str], value: str | None
) -> None:
    assert first(javascript(text), *keys) == value


def test_a_program_in_python_is_read_as_text(tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    text = (
        f"open({str(mark)!r}, 'w')\n"
        "NAME = 'Bees'\nTITLE = NAME\nURL: str = 'https://a.example'\n"
        "COMPUTED = 'a' + str(1)\nPATHS = ['a', 'b']\nA = B = 1\nx.y = 2\n"
    )
    values = python(text)
    assert values == {
        "NAME": "Bees",
        "TITLE": "Bees",
        "URL": "https://a.example",
        "COMPUTED": None,
        "PATHS": ["a", "b"],
        "A": 1,
        "B": 1,
    }
    assert not mark.exists()


@pytest.mark.parametrize("text", ["def f(:", "(" * 10_000, "-" * 100_000 + "1", "\0"])
def test_what_is_no_python_is_a_syntax_error(text: str) -> None:
    with pytest.raises(SyntaxError):
        python(text)


@pytest.mark.parametrize(
    "text",
    [
        "`\\" * 100_000,
        "'\\" * 100_000,
        "/[" * 100_000,
        "/" * 200_000,
        "{[(" * 60_000,
        "a:{" * 60_000 + "b:'c'",
        "/*" * 100_000,
        "a='b'," * 30_000,
    ],
    ids=lambda text: text[:6],
)
def test_a_hostile_program_is_read_in_one_go(text: str) -> None:
    """In seconds: a scanner that goes back at each sign would take hours."""
    javascript(text)


@pytest.mark.parametrize(
    ("permalink", "pattern", "unknown"),
    [
        (jekyll("date", ""), "/:year/:month/:day/:slug.html", ()),
        (jekyll("pretty", "news"), "/news/:year/:month/:day/:slug/", ()),
        (jekyll("none", ""), "/:slug.html", ()),
        (jekyll("ordinal", ""), "/:year/:y_day/:slug.html", (":y_day",)),
        (jekyll("/:categories/:year/:title/", ""), "/:year/:slug/", ()),
        (jekyll("/blog/:year-:month-:day-:title", ""), "/blog/:year-:month-:day-:slug", ()),
        (jekyll("/:collection/:name", ""), "/:collection/:filename", (":collection",)),
        (hexo(":year/:month/:day/:title/", ""), "/:year/:month/:day/:path/", ()),
        (hexo(":hash/", ""), "/:hash/", (":hash",)),
        (hugo("/:year/:month/:slug/", ":title", ":slug"), "/:year/:month/:title/", ()),
        (hugo("/:sections[1:]/:title", ":title", ""), "/:sections[1:]/:title", (":sections[1:]",)),
        (hugo("/:section/:slugorfilename/", "", ":filename"), "/:section/:filename/", ()),
        (pelican("{slug}.html", ":title", None), "/:title.html", ()),
        (pelican("{date:%Y}/{date:%m}/{slug}/", ":slug", None), "/:year/:month/:slug/", ()),
        (pelican("{date:%b}/{slug}", ":slug", None), "/{date:%b}/:slug", ("{date:%b}",)),
        (pelican("{lang}/{category}/{slug}", ":slug", "{category}"), "/:lang/{category}/:slug", ()),
        (pelican("{category}/{slug}", ":slug", None), "/{category}/:slug", ("{category}",)),
        (pelican("posts/{slug}/index.html", ":slug", None), "/posts/:slug/", ()),
        (eleventy("/blog/{{ page.fileSlug }}/"), "/blog/:slug/", ()),
        (eleventy("{{ page.filePathStem }}.html"), "/:path.html", ()),
        (eleventy("/{{ title | slugify }}/index.html"), "/:title/", ()),
        (eleventy("/{{ page.date | date: '%Y/%m' }}/{{ slug }}/"), "/:year/:month/{slug}/", ()),
        (eleventy("/{{ date | dateFormat('yyyy/LL/dd') }}/x/"), "/:year/:month/:day/x/", ()),
        (
            eleventy("{% if a %}x{% endif %}"),
            "/{% if a %}x{% endif %}",
            ("{% if a %}x{% endif %}",),
        ),
        (eleventy("/{{ a | b }}/"), "/{{ a | b }}/", ("{{ a | b }}",)),
    ],
)
def test_the_permalinks_of_others_become_ours(
    permalink: tuple[str, tuple[str, ...]], pattern: str, unknown: tuple[str, ...]
) -> None:
    assert permalink == (pattern, unknown)


def test_a_path_has_no_placeholder() -> None:
    assert literal("/a:slug/{b}/") == "a%3Aslug/%7Bb%7D"


@pytest.mark.parametrize(
    ("path", "text", "form", "is_dated"),
    [
        ("a.md", "---\ntitle: A\ndate: 2024-05-01\n---\n", "yaml", True),
        ("a.md", "\ufeff---\r\ntitle: A\r\n---\r\ndate: 2024-05-01\r\n", "yaml", False),
        ("a.md", "+++\ntitle = 'A'\n[extra]\ndate = 2024-05-01\n+++\n", "toml", False),
        ("a.md", "+++\npath = '2024/05/01/a'\n+++\n", "toml", True),
        ("a.md", '{\n "title": "A",\n "pubDate": "2024-05-01"\n}\n', "json", True),
        ("a.md", "Title: A\nDate: 2024-05-01\n\nText", "header lines", True),
        ("a.md", "# A title\n\ndate: no", "", False),
        ("2024-05-01-a.md", "text", "", True),
        ("2024/05/01/a.md", "text", "", True),
        ("a-2024-05-01.md", "text", "", True),
        ("a.md", "---toml\ndate = 2024-05-01\n---\n", "toml", True),
        ("a.md", "---\ntitle: A\n...\ndate: 2024-05-01\n", "yaml", False),
        ("2024-05-01-a/index.md", "text", "", True),
        ("a.md", "---js\nconst date = 1\n---\n", "program", False),
        ("a.md", "---\ntitle: never closed", "yaml", False),
        ("a.md", "", "", False),
    ],
)
def test_the_beginning_of_a_file_tells_its_form_and_whether_it_is_dated(
    path: str, text: str, form: str, is_dated: bool
) -> None:
    one = glimpse(path, text)
    assert (one.form, one.has_date) == (form, is_dated)


def test_bad_configurations_are_named_and_the_rest_is_done(tmp_path: Path) -> None:
    posts = tmp_path / "content" / "posts"
    posts.mkdir(parents=True)
    (posts / "2024-05-01-one.md").write_text("---\ntitle: One\n---\n")
    config = tmp_path / "hugo.toml"
    for content, why in (
        (b"baseURL = ", "hugo.toml: Invalid value (at end of document); nothing was taken from it"),
        (b"\xff", "hugo.toml: is not UTF-8; nothing was taken from it"),
        (b"#" * (LARGEST_CONFIGURATION + 1), "hugo.toml: is larger than 1 MiB; nothing was taken"),
    ):
        config.write_bytes(content)
        site = recognise(survey(tmp_path))
        assert site.generator == "Hugo"
        assert any(note.startswith(why) for note in site.survey.notes)
        assert [one.path for one in site.articles] == ["posts/2024-05-01-one.md"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "2024-05-01-one.md").write_text("# One")
    (tmp_path / "a" / "up").symlink_to(tmp_path)
    (tmp_path / "self").symlink_to("self")
    site = recognise(survey(tmp_path))
    assert [one.path for one in site.articles] == ["2024-05-01-one.md"]
    assert site.content == "a"


def test_values_of_strangers_cannot_become_other_keys(tmp_path: Path) -> None:
    shutil.copytree(DATA / "generators" / "hugo" / "site", tmp_path, dirs_exist_ok=True)
    evil = "a\\nbase_url: https://evil.example # \\u0085 \\u2028 : {x} [y] 'z' \\\"q\\\""
    (tmp_path / "hugo.toml").write_text(f'baseURL = "https://a.example"\ntitle = "{evil}"\n')
    odd = tmp_path / "content" / "posts" / "2024-05-01-{a}*[b] #c: d.md"
    odd.write_text("---\nslug: x\n---\n")
    site = recognise(survey(tmp_path))
    (tmp_path / "ours").mkdir()
    for name, text in configuration(site, "").items():
        (tmp_path / "ours" / name).write_text(text, encoding="utf-8")
    loaded = inspect(tmp_path / "ours")
    assert loaded.problems == []
    assert loaded.config.site.title.startswith("a base_url: https://evil.example #")
    assert os.path.isfile(odd)
