"""The commands as people and scripts run them: what they print where, and how they end."""

import json
import os
import re
from pathlib import Path

import pytest

from feeds import __version__
from feeds.model import Format
from tests.support.application import ingest, serving
from tests.support.commands import Run
from tests.support.examples import BASE, Fields, article
from tests.support.folders import configure, put
from tests.support.paths import CONFIG
from tests.support.requests import SUFFIXES, ask, every_feed

BAD: Fields = {"title": "No address", "date": "yesterday"}


# --- the program -----------------------------------------------------------------------

COMMANDS = ["serve", "ingest", "check", "list", "show"]


def test_the_program_has_a_version(run: Run) -> None:
    assert run("--version") == (0, f"{__version__}\n", "")


def test_the_program_by_itself_says_what_it_can_do(run: Run) -> None:
    status, out, err = run()
    assert (status, out) == (2, "")
    for command in COMMANDS:
        assert command in err
    asked = run("--help")
    assert (asked.status, asked.out.strip(), asked.err) == (0, err.strip(), "")
    for group in (err, run("token", "--help").out):
        assert "..." not in group.partition("Commands:")[2]  # no sentence is cut off


@pytest.mark.parametrize("command", COMMANDS)
def test_help_names_every_option_and_its_environment_variable(
    run: Run, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    status, out, _ = run(command, "--help")
    assert status == 0
    out = " ".join(out.split())
    options = set(re.findall(r"--[a-z][a-z-]+", out)) - {"--help"}
    assert len(options) >= 3
    for option in options:
        name = option.removeprefix("--no-") if option == "--no-access-log" else option[2:]
        assert re.search(f"env var: FEEDS_{name.replace('-', '_').upper()}[];]", out)


# --- mistakes --------------------------------------------------------------------------

MISTAKES = [
    ["nonsense"],
    ["--nonsense"],
    ["show"],
    ["show", "/all", "/all"],
    ["list", "--format", "xml"],
    ["check", "--seeds", "nowhere"],
    ["check", "--seeds", "file"],
    ["check", "--seeds", "seeds", "--config", "nowhere"],
    ["check", "--seeds", "seeds", "--config", "file"],
    ["ingest", "--seeds", "nowhere", "--data", "new"],
    ["ingest", "--seeds", "seeds", "--data", "file"],
    ["ingest", "--seeds", "seeds", "--data", "file/below"],
    ["ingest", "--seeds", "seeds", "--data", "new", "--config", "broken"],
    ["ingest", "--seeds", "seeds", "--data", "new", "--config", "nowhere"],
    ["ingest", "--processes", "-1"],
    ["list", "--data", "nowhere"],
    ["list", "--data", "file"],
    ["list", "--data", "garbage"],
    ["list", "--data", "data", "--config", "broken"],
    ["list", "--data", "data", "--config", "nowhere"],
    ["show", "/all.rss", "--data", "nowhere"],
    ["show", "/all.rss", "--data", "garbage"],
    ["show", "/all.rss", "--data", "data", "--config", "broken"],
    ["show", "/al.rss", "--data", "data"],
    ["show", "", "--data", "data"],
    ["show", "/topics/%ff%00", "--data", "data"],
    ["show", "/topics/" + "x+y" * 300, "--data", "data"],
    ["show", "/all.rss", "--data", "data", "--port", "x"],
    ["show", "/all.rss", "--data", "data", "--port", "65536"],
    ["show", "/topics/\x1b[31m", "--data", "data"],
    ["list", "--data", "\x1b[31m"],
    ["check", "--seeds", "\x1b[31m"],
    ["check", "--seeds", "seeds", "--config", "\x1b[31m"],
    ["\x1b[31m"],
    ["list", "--\x1b[31m"],
    ["serve", "--seeds", "nowhere"],
    ["serve", "--seeds", "seeds", "--config", "broken"],
    ["serve", "--seeds", "seeds", "--data", "file"],
]


@pytest.mark.parametrize("arguments", MISTAKES, ids=" ".join)
def test_a_mistake_is_one_message_never_a_traceback(run: Run, arguments: list[str]) -> None:
    put(Path("seeds"), article())
    ingest(Path("seeds"), Path("data"))
    configure(Path("broken"), site={"titel": "x"})
    Path("file").write_text("x")
    Path("garbage").mkdir()
    Path("garbage/catalog.db").write_bytes(b"no database at all" * 500)
    status, out, err = run(*arguments)
    assert status == 2
    assert out == ""
    assert err.strip()
    assert "Traceback" not in err
    assert "\x1b" not in err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["check", "--seeds", "nowhere"],
            "error: nowhere: No such file or directory; name the folder",
        ),
        (
            ["list", "--data", "nowhere"],
            "error: nowhere: no articles have been read yet; run feeds ingest",
        ),
        (
            ["list", "--format", "xml"],
            "error: --format: 'xml' is not one of 'text', 'json'; see feeds",
        ),
        (["show", "/all", "--port", "x"], "error: --port: is 'x'; write a whole number; see feeds"),
        (
            ["show", "/all", "--port", "65536"],
            "error: --port: is '65536'; write a number of at most 65535; see feeds show --help",
        ),
        (["show"], "error: PATH is missing; see feeds show --help"),
        (["init"], "error: DIR is missing; see feeds init --help"),
        (["show", "/all", "--prot", "1"], "error: No such option: --prot"),
        (["nonsense"], "error: No such command 'nonsense'; see feeds --help"),
        (["show", "/al.rss"], "error: There is no feed at /al. Perhaps you meant /all"),
        (
            ["show", "/topics/aii.atom"],
            "error: There is no topic 'aii'. Perhaps you meant /topics/ai.atom.",
        ),
        (["show", "/"], "error: There is no feed at /. feeds list names all feeds."),
        (["list", "--config", "broken"], "broken/site.yaml:1:2: error: titel: is not a known key"),
    ],
    ids=str,
)
def test_a_message_says_what_is_wrong_and_what_to_do(
    run: Run, seed: Path, arguments: list[str], said: str
) -> None:
    configure(Path("broken"), site={"titel": "x"})
    if len(arguments) == 1 or arguments[-1] in ("xml", "x", "65536", "1"):
        assert run(*arguments).err.startswith(said)
        return
    data = [] if "--data" in arguments or "--seeds" in arguments else ["--data", seed]
    config = [] if "--config" in arguments else ["--config", CONFIG]
    err = run(*arguments, *data, *config).err
    assert err.startswith(said)


ODD_NAMES = {
    b"latin-1-\xe9.md": (
        r"latin-1-\udce9.md:1:1: error: file: has a name that is not UTF-8; rename it"
    ),
    b"two\nlines.md": r"two\nlines.md:1:1: error: url: the article has no ",
    b"red\x1b[31m.md": r"red\x1b[31m.md:1:1: error: url: the article has no ",
}


def odd_names(folder: Path, good: Fields) -> Path:
    """A folder with a good article, and files whose names not every file system takes."""
    put(folder, good)
    for name in ODD_NAMES:
        try:
            Path(os.fsdecode(bytes(folder / "x").removesuffix(b"x") + name)).write_text("no")
        except OSError:
            pytest.skip("this file system takes no such names")
    return folder


def test_check_spells_out_names_that_a_terminal_would_obey(run: Run, tmp_path: Path) -> None:
    seeds = odd_names(tmp_path / "odd", article())
    checked = run("check", "--seeds", seeds, "--config", configure(tmp_path / "config"))
    assert checked.status == 1
    told = checked.out.splitlines()
    assert len(told) == len(ODD_NAMES)
    for expected in ODD_NAMES.values():
        assert any(line.startswith(expected) for line in told), expected
    listed = run("check", "--seeds", seeds, "--config", tmp_path / "config", "--format", "json")
    assert {os.fsencode(one["path"]) for one in json.loads(listed.out)} == set(ODD_NAMES)


def test_ingest_takes_what_is_good_beside_files_with_odd_names(run: Run, tmp_path: Path) -> None:
    seeds = odd_names(tmp_path / "odd", article())
    for entries in ("1 new", "0 new"):
        done = run("ingest", "--seeds", seeds, "--config", configure(tmp_path / "config"))
        assert done.status == 0
        assert entries in done.out
        assert ODD_NAMES[b"latin-1-\xe9.md"] in done.err


# --- ingest ----------------------------------------------------------------------------


def test_ingest_prints_one_line_and_reports_as_check_does(run: Run) -> None:
    put(Path("seeds"), article(), BAD)
    checked = run("check", "--seeds", "seeds").out
    status, out, err = run("ingest", "--seeds", "seeds", "--data", "data")
    assert status == 0
    assert len(out.splitlines()) == 1
    assert out.startswith("2 files, 2 read, 1 refused, entries: 1 new")
    assert re.sub(r"^\S+ \S+Z ERROR   ", "", err, flags=re.MULTILINE) == checked


def test_ingest_counts_files_with_warnings_and_not_their_problems(run: Run) -> None:
    put(Path("seeds"), article(date="2020-01-01", quality="high"), BAD)
    assert run("ingest").out.startswith("2 files, 2 read, 1 refused, 1 repaired, entries: 1 new")


def test_ingest_counts_files_of_other_kinds(run: Run) -> None:
    put(Path("seeds"), article())
    (Path("seeds") / "picture.png").touch()
    (Path("seeds") / "page.rst").touch()
    out = run("ingest").out
    assert out.startswith("1 file, 2 more of other kinds (1 .rst, 1 .png), 1 read, entries: 1 new")


def test_ingest_names_init_where_there_are_no_articles(run: Run) -> None:
    Path("seeds").mkdir()
    err = run("ingest").err
    assert err.endswith("seeds: no articles here; add one, or run feeds init DIR for a sample\n")


def test_ingest_again_finds_nothing_to_do(run: Run) -> None:
    put(Path("seeds"), article())
    run("ingest", "--seeds", "seeds", "--data", "data")
    _, out, err = run("ingest", "--seeds", "seeds", "--data", "data")
    assert re.match("1 file, 0 read, entries: 0 new, 0 updated, 0 withdrawn", out)
    assert err == ""


def test_options_come_from_the_environment_too(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put(Path("articles"), article())
    configure(Path("settings"), site={"title": "By environment"})
    for name, value in {"SEEDS": "articles", "DATA": "data", "CONFIG": "settings"}.items():
        monkeypatch.setenv(f"FEEDS_{name}", value)
    assert run("ingest").status == 0
    monkeypatch.setenv("FEEDS_FORMAT", "json")
    assert json.loads(run("list").out)[0]["title"] == "By environment"


# --- list ------------------------------------------------------------------------------


def test_list_prints_fields_separated_by_tabs(run: Run, seed: Path) -> None:
    status, out, err = run("list", "--data", seed, "--config", CONFIG)
    assert (status, err) == (0, "")
    rows = [line.split("\t") for line in out.splitlines()]
    assert len(rows) == 25
    assert rows[1] == ["/topics/ai", "AI", "23", "2020-01-24T23:06:00+00:00", "public"]


def test_list_prints_json_for_scripts(run: Run, seed: Path) -> None:
    rows = json.loads(run("list", "--data", seed, "--config", CONFIG, "--format", "json").out)
    assert rows[1] == {
        "path": "/topics/ai",
        "title": "AI",
        "entries": 23,
        "changed": "2020-01-24T23:06:00+00:00",
        "private": False,
    }


def test_list_marks_private_sets(run: Run, seed: Path) -> None:
    private = {"include": {"topics": "AI"}, "private": True}
    config = configure(Path("config"), sets={"ours": private})
    listed = run("list", "--data", seed, "--config", config).out.splitlines()
    (ours,) = (line for line in listed if line.startswith("/sets/ours\t"))
    assert ours.endswith("\tprivate")
    rows = json.loads(run("list", "--data", seed, "--config", config, "--format", "json").out)
    assert [row["path"] for row in rows if row["private"]] == ["/sets/ours"]


def test_a_token_where_no_server_looks_is_reported(run: Run) -> None:
    configure(Path("config"), sets={"desk": {"members": ["/all"], "private": True}})
    made = run("token", "create", "desk")
    assert made.status == 0
    assert "\nwarning: .feeds: has no catalog, so no server reads tokens here yet; " in made.err
    Path("seeds").mkdir()
    run("ingest")
    assert "warning" not in run("token", "create", "desk").err


def test_list_of_a_site_without_entries(run: Run, seed: Path) -> None:
    assert run("list", "--data", seed).out == "/all\tNews\t0\t-\tpublic\n"
    rows = json.loads(run("list", "--data", seed, "--format", "json").out)
    assert rows == [
        {"path": "/all", "title": "News", "entries": 0, "changed": None, "private": False}
    ]


# --- show ------------------------------------------------------------------------------


def test_show_prints_every_feed_byte_for_byte_as_it_is_served(run: Run, tmp_path: Path) -> None:
    config = configure(tmp_path / "config", site={"base_url": BASE})
    fields = article(topics=["AI", "Überwachung"], excerpt="“quoted”", provider={"domain": "x.org"})
    ingest(put(tmp_path / "seeds", fields), tmp_path / "data")
    with serving(tmp_path / "data", config) as client:
        for path in every_feed(client):
            for suffix in SUFFIXES:
                shown = run("show", path + suffix, "--data", tmp_path / "data", "--config", config)
                assert (shown.status, shown.err) == (0, "")
                assert shown.out.encode() == ask(client, path + suffix).body


@pytest.mark.parametrize(
    "path",
    ["/topics/AI.atom", "topics/ai.atom", "/topics/%61i.ATOM", "/topics/ai.atom?utm_source=x"],
)
def test_show_takes_other_spellings(run: Run, seed: Path, path: str) -> None:
    options = ("--data", seed, "--config", CONFIG)
    assert run("show", path, *options) == run("show", "/topics/ai.atom", *options)


def test_show_links_to_where_the_site_is_served(run: Run, seed: Path) -> None:
    options = ("--data", seed, "--config", CONFIG)
    assert "http://127.0.0.1:8000/all.rss" in run("show", "/all.rss", *options).out
    elsewhere = run("show", "/all.rss", *options, "--host", "::1", "--port", "80").out
    assert "http://[::1]:80/all.rss" in elsewhere


@pytest.mark.parametrize("format", list(Format))
def test_show_prints_drafts_as_the_configuration_says(run: Run, seed: Path, format: Format) -> None:
    with_drafts = run("show", f"/all.{format}", "--data", seed, "--config", CONFIG).out
    without = run("show", f"/all.{format}", "--data", seed).out
    assert "London" in with_drafts
    assert "London" not in without
