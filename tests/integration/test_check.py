"""`feeds check`: the forms in which it prints problems, how it groups them, and how it ends."""

import json
import os
import re
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from feeds.cli.check import annotation
from feeds.problems import Code, Problem, Severity
from tests.support.cases import cases
from tests.support.commands import Run
from tests.support.examples import Fields, article
from tests.support.folders import configure, put
from tests.support.paths import CONFIG, DATA, SEEDS

BAD: Fields = {"title": "No address", "date": "yesterday"}
CASES = sorted((DATA / "check").iterdir())


@pytest.mark.parametrize("format", ["text", "json", "github"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_folder_gives_what_is_expected_beside_it(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, case: Path, format: str
) -> None:
    shutil.copytree(case, tmp_path / "case")
    monkeypatch.chdir(tmp_path / "case")
    expected = (case / f"expected.{format}").read_text()
    status, out, err = run("check", "--format", format)
    assert out == expected
    problems = json.loads(run("check", "--format=json").out)
    severities = [problem["severity"] for problem in problems]
    refused = {problem["path"] for problem in problems if problem["severity"] == "error"}
    doubtful = {problem["path"] for problem in problems} - refused
    errors = severities.count("error")
    assert status == (1 if errors else 0)
    counts = re.fullmatch(
        r"(\d+) files? checked: (\d+) with errors, (\d+) with warnings only\n", err
    )
    assert counts is not None
    files = len([path for path in case.rglob("*") if path.parent.name in ("seeds", "config")])
    assert tuple(map(int, counts.groups())) == (files, len(refused), len(doubtful))


def test_problems_of_one_kind_are_grouped_past_five(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DATA / "check" / "many-of-one-kind")
    grouped, each = run("check"), run("check", "--all")
    assert (grouped.status, grouped.err) == (each.status, each.err)
    *shown, more, more_errors = grouped.out.splitlines()
    assert more == (
        "and 2 more warnings for date (date-without-zone); feeds check --all shows each"
    )
    assert more_errors == "and 7 more errors for url (missing); feeds check --all shows each"
    lines = each.out.splitlines()
    assert len(lines) == 7 + 12
    assert [line for line in lines if line in shown] == shown


@pytest.mark.parametrize(
    ("options", "status"), [([], 0), (["--strict"], 1), (["--all", "--strict"], 1)]
)
def test_warnings_count_as_errors_where_that_is_asked_for(
    run: Run, options: list[str], status: int
) -> None:
    put(Path("seeds"), article(3, date="2020-01-01 12:00:00"))
    assert run("check", *options).status == status


def test_options_have_environment_variables(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = DATA / "check" / "many-of-one-kind"
    for name, value in {"STRICT": "1", "ALL": "1", "FORMAT": "github", "SEEDS": "seeds"}.items():
        monkeypatch.setenv(f"FEEDS_{name}", value)
    monkeypatch.chdir(folder)
    status, out, _ = run("check")
    assert status == 1
    assert [line[:6] for line in out.splitlines()].count("::warn") == 7


@pytest.mark.parametrize(
    ("path", "message", "file", "escaped"),
    [
        ("a:b,c.md", "has: a, b", "a%3Ab%2Cc.md", "has: a, b"),
        ("50%.md", "is 50%", "50%25.md", "is 50%25"),
        ("a\r\nb.md", "\n::error::no", "a%0D%0Ab.md", "%0A::error::no"),
        ("\x1b[31m.md", "\x07", r"\x1b[31m.md", r"\x07"),
    ],
)  # fmt: skip
def test_an_annotation_of_github_is_escaped(
    path: str, message: str, file: str, escaped: str
) -> None:
    problem = Problem(path, 1, 2, "x", Code.TAG, message, "go", Severity.WARNING)
    expected = f"::warning file={file},line=1,col=2,title=tag::x: {escaped}; go"
    assert annotation(problem) == expected


def test_annotations_name_files_below_the_working_directory(run: Run, tmp_path: Path) -> None:
    inside, outside = Path("articles").absolute(), tmp_path / "elsewhere"
    for folder, expected in ((inside, "articles/2.json"), (outside, f"{outside}/2.json")):
        put(folder, article(), BAD)
        out = run("check", "--seeds", folder, "--format", "github").out
        assert re.findall(r"file=([^,]+),", out) == [expected] * 2


def test_check_of_what_is_right_says_so_and_prints_nothing(run: Run) -> None:
    assert run("check", "--seeds", SEEDS, "--config", CONFIG) == (
        0,
        "",
        f"{1 + len(list(CONFIG.iterdir()))} files checked: 0 with errors, 0 with warnings only\n",
    )


def test_check_prints_one_line_a_problem(run: Run) -> None:
    put(Path("seeds"), article(), BAD, article(3, date="2020-01-01 12:00:00"))
    status, out, err = run("check", "--seeds", "seeds")
    assert status == 1
    lines = out.splitlines()
    assert len(lines) == 3
    assert [line.split(":")[0] for line in lines] == ["2.json", "2.json", "3.json"]
    for line in lines:
        assert re.fullmatch(r"[^:]+:\d+:\d+: (error|warning): [\w.\[\]]+: [^;]+; .+", line)
    assert err == "3 files checked: 1 with errors, 1 with warnings only\n"


def test_check_reports_an_address_that_two_files_have_and_a_date_to_come(run: Run) -> None:
    later = article(3, date="2999-01-01T00:00:00Z")
    put(Path("seeds"), article(), article(2, url=article()["url"]), later)
    status, out, err = run("check", "--seeds", "seeds")
    assert status == 0
    assert run("check", "--seeds", "seeds", "--strict").status == 1
    assert "url: is also the address of" in out
    assert "date: is more than a year in the future" in out
    assert err == "3 files checked: 0 with errors, 2 with warnings only\n"


def test_check_finds_what_is_wrong_with_the_configuration_too(run: Run) -> None:
    put(Path("seeds"), article())
    config = configure(Path("config"), topics=[{"slug": "ai", "nmae": "AI"}])
    status, out, err = run("check", "--seeds", "seeds")
    assert status == 1
    assert out.startswith(f"{config / 'topics.yaml'}:1:")
    assert "nmae: is not a known key; write name" in out
    assert err == "2 files checked: 1 with errors, 0 with warnings only\n"


def test_check_names_init_where_there_are_no_articles(run: Run) -> None:
    Path("seeds").mkdir()
    assert run("check") == (
        0,
        "",
        (
            "0 files checked: 0 with errors, 0 with warnings only\n"
            "seeds: no articles here; add one, or run feeds init DIR for a sample\n"
        ),
    )


def test_check_counts_files_of_other_kinds(run: Run) -> None:
    Path("seeds").mkdir()
    (Path("seeds") / "page.rst").touch()
    others = "1 more of other kinds (1 .rst)"
    assert run("check").err == (
        f"0 files checked: 0 with errors, 0 with warnings only; {others}\n"
        f"seeds: no articles here, {others}; add one, or run feeds init DIR for a sample\n"
    )


def test_check_names_articles_yaml_where_it_leaves_all_articles_out(run: Run) -> None:
    put(Path("seeds"), article())
    configure(Path("config"), articles={"include": ["posts/**"]})
    assert run("check").err.splitlines()[1:] == [
        "seeds: articles.yaml includes none of the files here; correct its include or exclude"
    ]


def test_check_says_so_where_most_articles_have_no_address(run: Run) -> None:
    seeds = put(Path("seeds"), article())
    (seeds / "2024-05-01-a.md").write_text("---\ntitle: A\n---\nText\n")
    (seeds / "2024-05-01-b.md").write_text("# B\n")
    (seeds / "2024-05-01-c.md").write_text("---\nurl: /c\n---\n# C\n")
    said = (
        "seeds: 3 of 4 files have no address, and articles.yaml has no permalink; "
        "run feeds init DIR --from seeds, or write base: and permalink: there"
    )
    status, _, err = run("check")
    assert (status, err.splitlines()[1:]) == (1, [said])
    configure(Path("config"), articles={"base": "https://example.org", "permalink": "/:slug/"})
    assert said not in run("check").err


def test_check_names_a_refused_permalink_and_not_the_articles_that_it_leaves_without(
    run: Run,
) -> None:
    seeds = put(Path("seeds"), article())
    (seeds / "2024-05-01-a.md").write_text("---\ntitle: A\n---\nText\n")
    (seeds / "2024-05-01-b.md").write_text("---\ntags: [x]\n---\nText\n")
    configure(Path("config"), articles={"base": "https://example.org", "permalink": "/:slg/"})
    status, out, err = run("check")
    assert status == 1
    assert [line.rpartition("/")[2].split(": ")[2] for line in out.splitlines()] == [
        "permalink",
        "title",
    ]
    assert err == "4 files checked: 2 with errors, 0 with warnings only\n"


def test_check_names_each_problem_of_a_folder_and_nothing_else(run: Run) -> None:
    expected = "".join(path.with_name(f"{path.name}.expected").read_text() for path in cases("bad"))
    status, out, err = run("check", "--seeds", DATA / "bad", "--config", CONFIG, "--all")
    assert (status, out) == (1, expected)
    assert "Traceback" not in err


def test_check_prints_json_for_scripts(run: Run) -> None:
    put(Path("seeds"), article(), BAD)
    status, out, _ = run("check", "--seeds", "seeds", "--format", "json")
    assert status == 1
    problems = json.loads(out)
    assert {problem["path"] for problem in problems} == {"2.json"}
    for problem in problems:
        assert set(problem) == {
            *("path", "line", "column", "field", "code", "message", "hint", "severity"),
        }
        assert problem["code"] in set(Code)
        assert problem["line"] >= 1
        assert problem["column"] >= 1


def test_check_prints_an_empty_list_for_scripts_where_nothing_is_wrong(run: Run) -> None:
    put(Path("seeds"), article())
    status, out, _ = run("check", "--seeds", "seeds", "--format", "json")
    assert (status, json.loads(out)) == (0, [])


def test_check_leaves_no_trace(run: Run) -> None:
    put(Path("seeds"), article(), BAD)
    run("check", "--seeds", "seeds")
    assert sorted(os.listdir()) == ["seeds"]


@pytest.mark.parametrize(
    ("days", "message"),
    [
        (-1, "is over, so researchers no longer trust security.txt"),
        (29, "is within 30 days, and then researchers no longer trust security.txt"),
        (32, ""),
    ],
)
def test_the_contact_for_vulnerabilities_is_warned_of_before_its_date_is_over(
    run: Run, days: int, message: str
) -> None:
    expires = (datetime.now(UTC) + timedelta(days)).isoformat()
    security = {"contact": "mailto:security@example.org", "expires": expires}
    put(Path("seeds"), article(1))
    configure(Path("config"), site={"security": security})
    status, out, _ = run("check")
    assert status == 0
    assert [line.partition("warning: ")[2] for line in out.splitlines()] == (
        [f"security.expires: {message}; check the contact, and write a date less than a year ahead"]
        if message
        else []
    )
