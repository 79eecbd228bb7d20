"""Whatever comes in, entries come out or our own error, and every entry can be published."""

import re
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from lxml import etree

from feeds.article_settings import ArticleSettings
from feeds.articles import frontmatter
from feeds.articles.field_names import ALIASES
from feeds.articles.frontmatter import FrontMatter, read
from feeds.articles.normalize import normalize
from feeds.articles.permalink import is_no_article
from feeds.errors import ArticleError
from feeds.ingest.scanner import SUFFIXES
from feeds.model import Entry
from feeds.util.positions import Mark
from feeds.util.yaml_document import Document

NAMES = sorted({name for names in ALIASES.values() for name in names})
HOSTILE = [
    "", " ", "\x00", "\ud800", "]]>", "<script>alert(1)</script>", "&#0;", "&lt;", "\u202e",
    "x" * 9999,
    "javascript:alert(1)", "https://example.org/a", "http://[::1]/", "//example.org", "https://",
    "https://exa\tmple.org/", "https://example.org/%", "2020-01-24T18:11:00Z", "0001-01-01",
    "9999-12-31T23:59:59-23:59", "Fri, 24 Jan 2020 18:11:00 GMT", "true", "no", "nan", "1e999",
    "-1", "example.org", "www.example.org", "<iframe src=//evil>", "<iframe src='https://a/b' ",
    "a, b,, c", "&#11;", "<p>&#xFFFF;&#x1f;</p>", "<iframe src='https://a/b'><![x]></iframe>",
    "24 Jan 2020 99999999999:11:00 +0000", "<!-- <iframe src='https://a/b'>", "[cbc.ca:80]",
    "/a/b", "../../x", "//evil.example", "/{x}/:slug", "{{ x }}", "2024-05-01-x", "urn:a:b",
    "de-DE",
    "# Heading\n\n<img src=x onerror=y>", "\ufffe", "\x85", "\u2028", "C++", "+", "..",
]  # fmt: skip
texts = st.sampled_from(HOSTILE) | st.text(max_size=40)
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | texts,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*NAMES, "name", "domain", "width"]), inner, max_size=5)
    ),
    max_leaves=12,
)
articles = st.builds(
    lambda fields, base: base | fields,
    st.dictionaries(st.sampled_from(NAMES), values, max_size=8),
    st.sampled_from(
        [{}, {"title": "A", "url": "https://example.org/a", "date": "2020-01-24T18:11:00Z"}]
    ),
)


SITES = st.builds(
    ArticleSettings,
    base=st.sampled_from(["", "https://example.org", "https://example.org/blog"]),
    permalink=st.sampled_from(
        ["", "/:slug/", "/:section/:year/:month/:day/:title", "/:lang/:sections/:path.html",
         "/{name}/{provider.name}/:filename", "/{tags}:nothing"]
    ),
    timezone=st.sampled_from(["", "UTC", "Europe/Berlin", "Pacific/Apia"]),
    include=st.sampled_from([(), ("content/**",), ("content/a/*.md", "content"), ("*.md",)]),
    languages=st.sampled_from([(), ("en",), ("en", "fr")]),
)  # fmt: skip
PATHS = st.sampled_from(
    ["a.md", "index.md", "content/a/2024-05-01-a.fr.md", "content/index.fr.md", "2024/05/01/x",
     "content/a/b/9999-12-31-Ü ?#%/index.md", "0001-01-01-x.md", ".fr.md", "content/..md"]
)  # fmt: skip


def written(fields: dict[str, Any], body: str = "", path: str = "a.md") -> FrontMatter:
    document = Document(fields, lambda path, *, key=False: Mark(1, 1))
    return FrontMatter(path, fields, body, document, ())


def texts_of(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [found for item in value for found in texts_of(item)]
    return []


def assert_can_be_published(entry: Entry) -> None:
    for text in texts_of(entry):
        etree.Element("x").text = text  # lxml refuses what XML 1.0 forbids
        text.encode()
    assert entry.title
    addresses = [entry.url, entry.amp_url, entry.amp_cache_url, *(i.url for i in entry.images)]
    for address in filter(None, addresses):
        assert re.fullmatch(r"https?://[!-~]+", address), address
    assert not re.search(
        r"<script|<[^>]*(?:\son\w+=|javascript:)|<iframe", entry.content, re.IGNORECASE
    )
    assert entry.updated is None or entry.updated >= entry.published


@settings(max_examples=300)
@given(articles, texts, PATHS, SITES)
def test_any_fields_give_entries_that_can_be_published_or_our_error(
    fields: dict[str, Any], body: str, path: str, site: ArticleSettings
) -> None:
    try:
        entries = normalize(written(fields, body, path), site).entries
    except ArticleError as error:
        assert error.problems
        assert any(problem.is_error for problem in error.problems)
        return
    assert entries or is_no_article(fields)
    for entry in entries:
        assert_can_be_published(entry)


# Each form of front matter, open and closed, around what hypothesis writes.
FORMS = [
    b"%s", b"---\n%s\n---\n", b"---\n%s", b"---toml\n%s\n---\n", b"---json\n{%s}\n---\n",
    b"+++\n%s\n+++\n", b"+++\na = %s\n+++\n", b"+++\n%s", b"----\ntitle: %s\n----\n",
    b"{%s}", b'{"title": "A", %s}\n\nText', b"Title: A\n%s\n\nText",
    b"<head><title>A</title><meta name=date content=%s></head>",
]  # fmt: skip
# What they are made of, in any order.
PARTS = [
    "---", "+++", "...", "\n", "\n", "title", "date", ":", "=", " ", "[", "]", "[[", "]]", "{", "}",
    ",", '"', '"""', "\'\'\'", "'", "#", "a", ".", "1", "0x", "2020-01-24", "T18:11:00Z", "true",
    "\\", "- ", "toml", "json", "js", "<!--", "-->", "<title>", "<body>", "é", "\u00a0",
]  # fmt: skip


@settings(max_examples=1000)
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "ignore"))
    | st.lists(st.sampled_from(PARTS), max_size=60).map(lambda parts: "".join(parts).encode()),
    st.sampled_from(FORMS),
    st.sampled_from(sorted(SUFFIXES)),
)
@example(b"*\n\r(", b"---\n%s\n---\n", ".md")  # a line end of its own to YAML, which counts them
@example(b"\n\r(", b"---\n%s\n---\n", ".md")
def test_any_bytes_give_fields_or_our_error(data: bytes, form: bytes, suffix: str) -> None:
    try:
        normalize(frontmatter.read(f"a{suffix}", form.replace(b"%s", data)))
    except ArticleError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)


@pytest.mark.parametrize(
    ("path", "zone"),
    [("9999-12-31T23-30-a.md", "America/New_York"), ("1000-01-01-a.md", "Europe/Berlin")],
)
def test_a_date_in_a_path_that_no_feed_can_carry_is_none(path: str, zone: str) -> None:
    with pytest.raises(ArticleError):
        normalize(read(path, b"# A"), ArticleSettings("https://a.example", "/:slug", zone))


@given(texts, PATHS, SITES.filter(lambda site: bool(site.base and site.permalink)))
def test_no_permalink_leaves_the_site(slug: str, path: str, site: ArticleSettings) -> None:
    fields = {"title": "A", "date": "2024-05-01", "slug": slug, "name": slug, "tags": [slug]}
    try:
        (entry, *_) = normalize(written(fields, path=path), site).entries
    except ArticleError:
        return
    assert entry.url.startswith(f"{site.base}/")
    path = entry.url.removeprefix(f"{site.base}/").removesuffix("/")
    assert not {"", ".", ".."} & {unquote(name) for name in path.split("/")}


@given(articles)
def test_a_draft_makes_none_of_its_related_coverage_public(fields: dict[str, Any]) -> None:
    try:
        entries = normalize(written(fields | {"draft": "true"})).entries
    except ArticleError:
        return
    assert not any(entry.public for entry in entries)


@given(articles)
def test_the_same_fields_give_the_same_entries(fields: dict[str, Any]) -> None:
    def once() -> object:
        try:
            return normalize(written(fields)).entries
        except ArticleError as error:
            return error.problems

    assert once() == once()


@pytest.mark.parametrize(
    ("written", "public"),
    [
        *((f"{name}: false", False) for name in (
            "published", "Published", "PUBLISHED", "publised", "pubilshed", "publish", "publishd",
            "isPublished", "is_published", "is-published", "publishes",
        )),
        *((f"{name}: true", False) for name in (
            "draft", "Draft", "dratf", "drafts", "draf", "isDraft", "is_draft", "unpublished",
            "Unpublished", "unpublish", "notPublished", "not_published",
        )),
        *((f"{name}: no", True) for name in ("draft", "isDraft", "unpublished", "republished")),
        *((f"{name}: yes", True) for name in ("published", "publised", "republished")),
        *((written, False) for written in (
            "hidden: true", "unlisted: Yes", "Hidden: TRUE", "isHidden: 1", "is_unlisted: on",
            "hiden: true", "private: true", "status: draft", "status: Hidden", "status: private",
            "status: pending", "status: in review", "status: [published]", "Status: draft",
            "visibility: private", "visibility: [public]", "Visibility: unlisted",
            "password: secret", "password: false", "Password: x", "hidden: perhaps",
            "published: true\nstatus: draft", "status: published\ndraft: true",
            "visibility: public\nhidden: true", "unlisted: false\nhidden: true",
            "hidden: false\nunlisted: true",
        )),
        *((written, True) for written in (
            "hidden: false", "unlisted: no", "status: Published", "status: publish",
            "status: public", "visibility: Public", "status:", "password:", "visibility: ''",
            "Status: published", "hidden:",
        )),
        # What is no flag's value says nothing of publication, however it is called.
        *((written, True) for written in (
            "publisher: BBC News", "Publisher: {name: BBC}", "publishers: [BBC]", "raft: x",
            "publishedBy: Ann", "publishedOn: 2020-01-01", "craft: beer", "drafted: Ann",
        )),
        # One that is given is not overruled by one that is misspelt.
        ("published: true\npublised: false", True),
        ("draft: false\nisDraft: true", True),
        ("published: true\nunpublished: true", False),
        # One that is empty is as good as absent.
        ("draft:\nDraft: true", False),
        ('published: ""\nPublished: false', False),
    ],
)  # fmt: skip
def test_no_draft_becomes_public_by_a_slip_and_no_article_a_draft(
    written: str, public: bool
) -> None:
    text = f"title: A\nurl: https://example.org/a\ndate: 2020-01-24T18:11:00Z\n{written}\n"
    found = normalize(read("a.yaml", text.encode()))
    assert [entry.public for entry in found.entries] == [public]
    assert {problem.line for problem in found.problems} <= {4, 4 + written.count("\n")}
    assert not any("publisher" in problem.hint for problem in found.problems)


@pytest.mark.parametrize("name", ["9999-12-31T23-30-a.md", "0999-01-01-a.md"])
def test_a_date_in_a_name_beyond_the_years_that_count_is_none(name: str) -> None:
    content = b"---\ntitle: A\nurl: https://example.org/a\n---\n"
    with pytest.raises(ArticleError, match="no date"):
        normalize(read(name, content), ArticleSettings(timezone="America/Lima"))
