"""docs/reference/articles.md: every field and code; every problem is reported as it says."""

import errno
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from feeds.article_settings import FIELDS, ArticleSettings
from feeds.articles import field_names
from feeds.articles.frontmatter import LARGEST, read
from feeds.articles.normalize import normalize
from feeds.errors import ArticleError
from feeds.ingest.lint import ArticleLinter
from feeds.ingest.pool import parse_file
from feeds.ingest.scanner import SUFFIXES, ScannedFile, scan, unreadable_problem
from feeds.problems import Code, Problem
from tests.support.docs import code, codes, prose, rows, section, text

_TABLES = rows(section("articles.md", "## Problems"))
PROBLEMS = [row for row in _TABLES if len(row) == 4]
# What only all articles show.
REVIEWED = [row for row in _TABLES if len(row) == 3]
NEEDED = {
    "title": b"title: Cameras",
    "url": b"url: https://example.org/cameras",
    "date": b"date: 2020-01-24T18:11:00Z",
}
# What takes more room than a table has.
HEAD = b"---\ntitle: Cameras\nurl: https://example.org/cameras\ndate: 2020-01-24T18:11:00Z\n---\n"
LONG: dict[str, bytes] = {
    "a title of 600 characters": b"title: " + 600 * b"x",
    "40 lists in each other": b"---\n" + 40 * b"[" + 40 * b"]" + b"\n---",
    "a list of 60,000 values": b"---\n[" + 60_000 * b"a," + b"]\n---",
    "`title:` in two lines": b"title: Cameras\ntitle: Police",
    "a `.md` file without the second line `---`": b"---\n" + b"\n".join(NEEDED.values()),
    "`Draft: true` beside `draft: false`": b"draft: false\nDraft: true",
    "lines `----` for `---`": HEAD.replace(b"---", b"----"),
    "front matter without its first line `---`": HEAD.removeprefix(b"---"),
    "text alone": b"Text alone.\n",
    "front matter between `---js` and `---`": b"---js\n{title: 1}\n---\n",
    "`date = 2015-11-3` in TOML": b"+++\ndate = 2015-11-3\n+++\n",
    "`title: Cameras` in TOML": b"+++\ntitle: Cameras\n+++\n",
    "a number of 5,000 digits in TOML": b"+++\nquality = " + 5_000 * b"9" + b"\n+++\n",
    "TOML of more than 256 KiB": b"+++\na = '" + 262_144 * b"x" + b"'\n+++\n",
    "a file with the byte 07": b"summary: a\x07b",
    "a file in Latin-1": b"summary: Caf\xe9",
    "a file of more than 4 MiB": b"x" * (LARGEST + 1),
    "`{{< tweet 1 >}}` in a body, with `shortcodes: drop`": HEAD + b"a {{< tweet 1 >}}",
    "a body with 600 `div` in each other": HEAD + 600 * b"<div>",
    "a body of 300 `b` that are never closed, in 3,000 paragraphs": HEAD
    + b"".join(b"<b title=%d>" % number for number in range(300))
    + 3000 * b"<p>x",
}


def test_every_field_is_documented_with_its_names_in_their_order() -> None:
    table = section("articles.md", "## Fields").partition("\n### ")[0]
    assert {name: tuple(codes(names)) for name, names, *_ in rows(table)} == field_names.ALIASES
    assert set(FIELDS) < field_names.ALIASES.keys()


def test_every_suffix_of_an_article_is_documented() -> None:
    sentence = next(line for line in text("articles.md").splitlines() if "is an article" in line)
    assert set(codes(sentence)) == SUFFIXES


def test_every_code_is_documented() -> None:
    configuration = [
        *rows(section("configuration.md", "## Errors")),
        *rows(section("configuration.md", "## Warnings")),
    ]
    documented = {code(row[0]) for row in (*PROBLEMS, *REVIEWED, *configuration)}
    assert documented == {str(one) for one in Code}


def test_every_code_is_named_on_the_page_of_articles() -> None:
    assert {str(one) for one in Code} <= set(codes(prose(section("articles.md", "## Problems"))))


def article(written: bytes) -> bytes:
    """A whole article around one line; a line that replaces another stands for it."""
    if written.startswith((b"---", b"+++")):
        return written
    name = written.partition(b":")[0].decode("latin-1")
    if not name.isalpha() or b":" not in written:
        return written
    replaced = {"titel": "title"}.get(name, name)
    lines = [line for field, line in NEEDED.items() if field != replaced]
    return b"\n".join([b"---", *lines, written, b"---", b""])


def problems_in(data: bytes) -> tuple[Problem, ...]:
    try:
        return normalize(read("a.md", data), ArticleSettings(drop_shortcodes=True)).problems
    except ArticleError as error:
        return error.problems


def said(problem: Problem) -> str:
    return f"{problem.field}: {problem.message}; {problem.hint}"


@pytest.mark.parametrize("row", [pytest.param(row, id=row[1]) for row in REVIEWED])
def test_what_only_all_articles_show_is_reported_as_documented(
    row: list[str], tmp_path: Path
) -> None:
    named, written, reported = row
    other = "url: https://www.example.org/cameras/?utm_source=x"
    line = code(written) if ":" in code(written) else other
    first = b"summary: First"
    if code(named) == Code.SHARED_ID:
        first, line = b"id: tag:example.org,2026:a", "id: tag:example.org,2026:a"
        reported = reported.replace("example.org/a", "example.org/cameras")
    (tmp_path / "a.md").write_bytes(article(first))
    (tmp_path / "b.md").write_bytes(
        article(line.encode()).replace(
            b"/cameras\n", b"/cameras-b\n" if line != other else b"/cameras\n"
        )
    )
    linter = ArticleLinter(tmp_path, datetime(2026, 1, 1, tzinfo=UTC), hold=True)
    for file in filter(None, (parse_file(str(tmp_path), one) for one in sorted(scan(tmp_path)))):
        linter.add(file)
    (found,) = linter.warnings()
    assert (code(named), reported, "warning") == (str(found.code), said(found), found.severity)
    lines = (tmp_path / "b.md").read_text().splitlines()
    assert (found.path, lines[found.line - 1]) == ("b.md", line)


@pytest.mark.parametrize("row", [pytest.param(row, id=row[1]) for row in PROBLEMS])
def test_a_problem_is_reported_as_documented(row: list[str], tmp_path: Path) -> None:
    named, written, reported, severity = row
    if "whose name" in written or code(named) == Code.LINK_OUT:
        if code(named) == Code.LINK_OUT:
            (tmp_path / "linked").symlink_to(tmp_path.parent)
        else:
            (tmp_path / "\udce9.md").touch()
        looked = scan(tmp_path)
        assert list(looked) == []
        found = tuple(map(unreadable_problem, looked.unreadable))
    elif code(named) == Code.UNREADABLE:
        # A folder in its place: a file that may not be read is no obstacle to root.
        (tmp_path / "folder.md").mkdir()
        unread = parse_file(str(tmp_path), ScannedFile("folder.md", 0, 0))
        assert unread is not None
        found = unread.problems
        reported = reported.replace(os.strerror(errno.EACCES), os.strerror(errno.EISDIR))
    else:
        found = problems_in(article(LONG.get(written) or code(written).encode()))
    assert (code(named), reported, severity) in [
        (str(one.code), said(one), one.severity) for one in found
    ]
