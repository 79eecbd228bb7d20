"""docs/reference/commands.md: every command, option, variable and status; its examples are run."""

import ast
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from feeds import __version__, cli
from feeds.cli.app import program
from tests.support.docs import blocks, code, codes, rows, section, text
from tests.support.paths import ROOT, SHIPPED_CONFIG, SHIPPED_SEEDS
from tests.support.processes import serve
from tests.support.waiting import wait_for

PROGRAM: Any = typer.main.get_command(program())


def commands(group: Any, prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Every command by its full name: `token create` for one of a group."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


COMMANDS: dict[str, Any] = dict(commands(PROGRAM))
_BAD = """\
---
titel: Cameras at the station
url: https://example.org/cameras
sumary: They will be switched on in March.
date: 2020-01-24
---
"""


def test_every_command_is_documented_and_no_other() -> None:
    listed = re.findall(r"^## feeds (.+)$", text("commands.md"), re.MULTILINE)
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented_with_its_variable_and_default(command: str) -> None:
    options = {
        " ".join((*one.opts, *one.secondary_opts)): (one.envvar, shown(one.default))
        for one in COMMANDS[command].params
        if one.param_type_name == "option"
    }
    listed = {
        " ".join(codes(row[0])): (code(row[1]), row[2].strip("`"))
        for row in rows(section("commands.md", f"## feeds {command}"))
    }
    assert listed == options


def shown(default: object) -> str:
    """A default as the tables write it."""
    names = {True: "on", False: "off", None: "none"}
    if default == "":
        return "none"
    return names[default] if default is None or isinstance(default, bool) else str(default)


def test_the_options_of_the_program_itself_are_documented() -> None:
    for option in PROGRAM.params:
        assert any(name in text("commands.md") for name in option.opts)


def test_every_environment_variable_is_documented() -> None:
    found = {
        node.value
        for path in (ROOT / "feeds").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch("FEEDS_[A-Z_]+", node.value)
    }
    assert found == set(re.findall("FEEDS_[A-Z_]+", text("commands.md")))


def test_every_exit_status_is_documented() -> None:
    table = text("commands.md").partition("\n## ")[0]
    listed = {int(row[0]) for row in rows(table)}
    assert {cli.EXIT_DONE, cli.EXIT_PROBLEMS, cli.EXIT_COULD_NOT} <= listed


@pytest.mark.slow
def test_the_examples_print_what_they_show(tmp_path: Path) -> None:
    """In their order, in a folder with the shipped articles and one that is bad."""
    shutil.copytree(SHIPPED_SEEDS, tmp_path / "seeds")
    shutil.copytree(SHIPPED_CONFIG, tmp_path / "config")
    (tmp_path / "seeds" / "bad.md").write_text(_BAD, encoding="utf-8")
    examples = [
        example
        for block in blocks(text("commands.md"), "console")
        for example in re.findall(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE)
    ]
    assert len(examples) > 5
    for line, expected in examples:
        if line != "feeds serve":
            assert timeless(run(line, tmp_path)) == timeless(expected), line


@pytest.mark.slow
def test_the_log_of_a_server_is_as_shown(tmp_path: Path) -> None:
    """Of a first start, over the shipped articles and one that is bad, and one request."""
    shutil.copytree(SHIPPED_SEEDS, tmp_path / "seeds")
    (tmp_path / "seeds" / "bad.md").write_text(_BAD, encoding="utf-8")
    (shown,) = [
        one for one in blocks(text("commands.md"), "console") if one.startswith("$ feeds serve\n")
    ]
    with serve(tmp_path / "data", seeds=tmp_path / "seeds", config=SHIPPED_CONFIG) as server:
        server.wait_until_ready()
        server.get("/all.rss")
        wait_for(lambda: server.lines_of("/all.rss"), "the line of the access log")
        written = server.written()
    lines = {steady(line) for line in written.splitlines()}
    expected = [steady(line) for line in shown.splitlines()[1:]]
    assert [line for line in expected if line not in lines] == []


def steady(line: str) -> str:
    """A line of a log without times, ports, processes and folders, which differ."""
    line = timeless(re.sub(r"(:\d\d)\.\d+Z", r"\1Z", line))
    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:0", re.sub(r"\[\d+\]", "[0]", line))
    return line.replace(str(SHIPPED_CONFIG), "config")


def run(line: str, folder: Path) -> str:
    """What a shell shows for a line, errors included."""
    program = f'feeds() {{ {sys.executable} -m feeds "$@"; }}'
    return subprocess.run(
        ["bash", "-c", f"{program}; {line}"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        check=False,
    ).stdout


def timeless(output: str) -> str:
    """Output without what differs from run to run."""
    output = re.sub(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ ", "", output, flags=re.MULTILINE)
    return re.sub(r"in \d+\.\d s", "in 0.0 s", output).strip()


def test_the_version_is_printed() -> None:
    assert run("feeds --version", ROOT).strip() == __version__
