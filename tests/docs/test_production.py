"""docs/how-to/production.md: what it configures is accepted by the programs that it is for."""

import re
import shlex
import shutil
import subprocess
from configparser import ConfigParser
from pathlib import Path
from typing import Final

import pytest

from feeds.config import load
from tests.docs.test_commands import COMMANDS
from tests.support.docs import blocks, text
from tests.support.paths import ROOT

PAGE: Final = "production.md"
SERVICE: Final = "127.0.0.1:8000"


def block(language: str) -> str:
    """Return the only block in a language."""
    (found,) = blocks(text(PAGE), language)
    return found


def unit() -> ConfigParser:
    """Return the systemd unit."""
    parser = ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string(block("ini"))
    return parser


def test_the_sample_of_site_yaml_is_good(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(block("yaml"))
    assert load(tmp_path).site.base_url == "https://feeds.example.org"


def test_systemd_accepts_the_unit(tmp_path: Path) -> None:
    """With a program and a user that are on this machine."""
    service = unit()["Service"]
    assert accepted(service["ExecStart"].partition(" ")[2])
    assert service["Environment"].partition("=")[0] in variables()
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    written = block("ini").replace("/opt/feeds/bin/feeds", "/bin/true")
    path = tmp_path / "feeds.service"
    path.write_text(written.replace("User=feeds", "User=root"))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(path)], capture_output=True, text=True
    )
    ours = [line for line in done.stderr.splitlines() if "feeds" in line]
    assert (ours, done.returncode) == ([], 0)


def test_nginx_accepts_its_configuration(tmp_path: Path) -> None:
    written = block("nginx")
    assert f"server {SERVICE};" in written
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        pytest.skip("no nginx here")
    path = tmp_path / "nginx.conf"
    path.write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}}\nhttp {{ access_log off; {written} }}"
    )
    done = subprocess.run(
        [program, "-t", "-p", str(tmp_path), "-c", str(path)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_caddy_leads_to_the_service() -> None:
    assert re.fullmatch(r"[\w.]+ \{\n    reverse_proxy (\S+)\n\}\n", block("caddyfile"))
    assert SERVICE in block("caddyfile")


def test_the_image_is_made_of_parts() -> None:
    """Of instructions, variables and a command that exist; nothing here can build it."""
    lines = block("dockerfile").replace("\\\n", "").splitlines()
    instructions = dict(line.split(maxsplit=1) for line in lines)
    assert list(instructions) == [
        "FROM", "COPY", "RUN", "USER", "WORKDIR", "ENV", "EXPOSE", "VOLUME", "CMD",
    ]  # fmt: skip
    given = {one.partition("=")[0] for one in instructions["ENV"].split()}
    assert given <= variables()
    assert instructions["CMD"] == '["feeds", "serve"]'
    assert subprocess.run(["sh", "-n", "-c", instructions["RUN"]], check=False).returncode == 0
    assert (ROOT / "pyproject.toml").is_file()


def test_docker_knows_the_options() -> None:
    for line in block("sh").splitlines():
        program, command, *arguments = shlex.split(line)
        assert program == "docker"
        if shutil.which("docker") is None:
            pytest.skip("no docker here")
        help = subprocess.run([program, command, "--help"], capture_output=True, text=True).stdout
        options = [one for one in arguments if one.startswith("--")]
        assert [one for one in options if one not in help] == []


def accepted(line: str) -> bool:
    """Return whether `feeds` has the command and the options."""
    words = line.split()
    command = next(name for name in (" ".join(words[:2]), words[0]) if name in COMMANDS)
    known = {name for one in COMMANDS[command].params for name in one.opts}
    return {word for word in words if word.startswith("--")} <= known


def variables() -> set[str]:
    """Return the environment variables of `feeds serve`."""
    return {str(one.envvar) for one in COMMANDS["serve"].params}


@pytest.mark.parametrize("command", re.findall(r"bin/feeds ([^`;|\n]+)`", text(PAGE)))
def test_a_command_in_the_text_is_one_of_the_program(command: str) -> None:
    assert accepted(command)
