"""The commands as processes: on terminals, in pipes, at full disks."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from feeds import __version__
from tests.support.application import ingest
from tests.support.examples import article
from tests.support.folders import configure, put
from tests.support.paths import CONFIG

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("program", [["-m", "feeds"], ["-c", "import feeds.cli; feeds.cli.main()"]])
def test_the_program_is_a_module_too(program: list[str]) -> None:
    ran = subprocess.run([sys.executable, *program, "--version"], capture_output=True, text=True)
    assert (ran.returncode, ran.stdout) == (0, f"{__version__}\n")


def test_ingest_does_without_what_only_servers_need() -> None:
    """Each start of it would pay for that."""
    asked = "import sys; from feeds.cli.app import program; program('ingest'); print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert "feeds.cli.ingest" in ran.stdout.split()
    seldom = {"alembic", "feedgen", "jinja2", "rich", "starlette", "uvicorn"}
    assert not (seldom | {"sqlalchemy.dialects.postgresql"}) & set(ran.stdout.split())


def terminal(columns: int, *arguments: object, status: int = 0, no_color: str = "1") -> str:
    """What a command shows on a terminal of some width, without colours unless they are asked for.

    `no_color` is the variable NO_COLOR: empty, it asks for nothing.
    """
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key != "COLUMNS"}
    process = subprocess.Popen(
        [sys.executable, "-m", "feeds", *map(str, arguments)],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment | {"TERM": "xterm", "NO_COLOR": no_color},
    )
    os.close(theirs)
    shown = b""
    try:
        while data := os.read(ours, 1 << 16):
            shown += data
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(ours)
    assert process.wait(30) == status
    text = shown.decode().replace("\r", "")
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text) if no_color else text


@pytest.mark.parametrize("columns", [30, 80, 200])
def test_list_is_a_table_on_a_terminal_with_whole_addresses(seed: Path, columns: int) -> None:
    shown = terminal(columns, "list", "--data", seed, "--config", CONFIG).splitlines()
    assert shown[0].split() == ["Path", "Title", "Entries", "Last", "change", "(UTC)"]
    assert "/providers/biometricupdate.com" in [line.split()[0] for line in shown if line.strip()]
    row = next(line for line in shown if line.startswith("/topics/ai "))
    assert row.split() == ["/topics/ai", "AI", "23", "2020-01-24", "23:06"]


def test_a_private_set_is_marked_in_the_table(seed: Path, tmp_path: Path) -> None:
    sets = {"ours": {"include": {"topics": "AI"}, "private": True}}
    config = configure(tmp_path / "config", sets=sets)
    shown = terminal(120, "list", "--data", seed, "--config", config)
    assert re.search(r"^/sets/ours +ours \(private\)", shown, re.MULTILINE)


def test_long_lines_of_results_are_broken_between_words(seed: Path) -> None:
    article = "https://www.bbc.co.uk/news/uk-51237665"
    shown = terminal(40, "explain", article, "/topics/ai", "--data", seed, "--config", CONFIG)
    assert max(len(line) for line in shown.splitlines()) <= 60  # an id is not broken
    assert "    has computer-vision)" in shown or "computer-vision)\n" in shown


def bad_folder(folder: Path) -> list[str]:
    """Options for a folder with an article that has an error and warnings."""
    put(
        folder / "seeds",
        {**article(), "date": "2020-01-24 18:11", "quality": "high", "related": [{}]},
    )
    return ["--seeds", str(folder / "seeds"), "--config", str(configure(folder / "config"))]


@pytest.mark.parametrize("columns", [40, 80])
def test_problems_on_a_terminal_are_wrapped_between_words(tmp_path: Path, columns: int) -> None:
    options = bad_folder(tmp_path)
    shown = terminal(columns, "check", *options, status=1)
    assert all(len(line) <= columns for line in shown.splitlines())
    piped = subprocess.run(
        [sys.executable, "-m", "feeds", "check", *options],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    ).stdout  # fmt: skip
    assert "; write a number such as 47\n" in piped
    problems = re.sub(r"; (?=[^;\n]*$)", " hint: ", piped, flags=re.MULTILINE)
    assert shown.split() == problems.split()


def test_errors_and_warnings_stand_out_on_a_terminal_alone(tmp_path: Path) -> None:
    options = bad_folder(tmp_path)
    shown = terminal(80, "check", *options, status=1, no_color="")
    assert "\x1b[1;31merror\x1b[0m: " in shown
    assert "\x1b[1;33mwarning\x1b[0m: " in shown
    assert "\x1b[1m1.json:1:" in shown
    ingested = terminal(80, "ingest", *options, "--data", tmp_path / "data", no_color="")
    assert "\x1b[1;33mWARNING\x1b[0m " in ingested
    assert "\x1b[1;31merror\x1b[0m: " in terminal(80, "show", status=2, no_color="")
    assert "\x1b" not in terminal(80, "check", *options, status=1).replace("\x1b[0m", "")
    piped = subprocess.run(
        [sys.executable, "-m", "feeds", "show"], capture_output=True, check=False
    )
    assert piped.stderr == b"error: PATH is missing; see feeds show --help\n"


def test_a_title_on_a_terminal_is_text_whatever_is_in_it(tmp_path: Path) -> None:
    topics = ["[bold]x[/bold]", "[/no]", ":smile:", "[link=x]y"]
    config = configure(tmp_path / "config")
    ingest(put(tmp_path / "seeds", article(topics=topics)), tmp_path / "data")
    shown = terminal(120, "list", "--data", tmp_path / "data", "--config", config)
    for topic in topics:
        assert topic in shown


def test_ingest_shows_a_bar_on_a_terminal_and_leaves_one_line(tmp_path: Path) -> None:
    seeds = put(tmp_path / "seeds", *(article(number) for number in range(1, 9)))
    config = configure(tmp_path / "config")
    options = ("--seeds", seeds, "--data", tmp_path / "data", "--config", config)
    shown = terminal(80, "ingest", *options)
    assert "Reading articles" in shown
    assert "8 files, 8 read, entries: 8 new" in shown


@pytest.mark.parametrize("command", [["show", "/all.rss"], ["list"], ["--version"], ["--help"]])
@pytest.mark.parametrize("buffered", [True, False])
def test_what_is_shown_may_be_cut_off(seed: Path, command: list[str], buffered: bool) -> None:
    """As by `feeds show … | head`; what is short is written at the very end."""
    options = [] if command[0].startswith("-") else ["--data", str(seed), "--config", str(CONFIG)]
    process = subprocess.Popen(
        [sys.executable, "-m", "feeds", *command, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=buffering(buffered),
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    err = process.stderr.read()
    process.stderr.close()
    process.wait(30)
    assert err == b""


@pytest.mark.parametrize("buffered", [True, False])
def test_a_full_disk_at_standard_output_is_reported(seed: Path, buffered: bool) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "feeds", "list", "--data", seed, "--config", CONFIG],
            stdout=full, stderr=subprocess.PIPE, env=buffering(buffered), check=False,
        )  # fmt: skip
    assert done.stderr == b"error: standard output cannot be written: No space left on device\n"
    assert done.returncode == 2


def buffering(buffered: bool) -> dict[str, str]:
    """The environment, in which Python writes at once or at the end."""
    others = {key: value for key, value in os.environ.items() if key != "PYTHONUNBUFFERED"}
    return others if buffered else others | {"PYTHONUNBUFFERED": "1"}
