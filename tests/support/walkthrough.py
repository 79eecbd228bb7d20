"""A page of the documentation, followed step by step as a reader would."""

import re
import shlex
import subprocess
import sys
import sysconfig
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final, NamedTuple

from tests.support.waiting import LONGEST_WAIT, wait_for

_BLOCK: Final = re.compile(
    r"^(?P<before>[^\n]*)\n\n```(?P<language>\w*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL
)
_FILE: Final = re.compile(r"`([\w./-]+\.\w+)`")
_COMMAND: Final = re.compile(r"^\$ (.+)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)
_TOKEN: Final = re.compile(r"feeds_[\w-]{20,}")
_TOKEN_ID: Final = re.compile(r"\b[0-9a-f]{8}\b")
_ADDRESS: Final = re.compile(r"http://127\.0\.0\.1:[1-9]\d*")
SHELL: Final = ("sh", "console")


class Block(NamedTuple):
    """A block of code, its language, and the line of text above it."""

    before: str
    language: str
    code: str


def blocks_of(text: str) -> list[Block]:
    """Return the blocks of a page in their order."""
    return [Block(**match.groupdict()) for match in _BLOCK.finditer(text)]


class Walk(AbstractContextManager["Walk"]):
    """A folder in which a page is followed: files are written, commands run, servers started.

    A block whose text above names one file and ends in a colon is that file, or what to add at
    its end. Blocks in `sh` are run and have to succeed; those in `console` have to print what
    they show. `feeds serve` as the last command of a line runs on, until the next one or the
    end, at a port that is free.
    """

    def __init__(self, folder: Path) -> None:
        self.cwd = folder
        self._log = folder / "server.log"
        self._server: subprocess.Popen[bytes] | None = None
        self._token, self._token_id = "feeds_…", "00000000"
        commands = folder / "commands"
        commands.mkdir()
        for name, arguments in (("feeds", "-m feeds"), ("python3", "")):
            (commands / name).write_text(f'#!/bin/sh\nexec {sys.executable} {arguments} "$@"\n')
            (commands / name).chmod(0o755)
        self._environment = {
            "PATH": f"{commands}:/usr/bin:/bin",
            "LC_ALL": "C.UTF-8",
            "HOME": str(folder),
            "PYTHONUNBUFFERED": "1",
            # pip installs from what the environment of the tests has, and asks no index.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",
            "PYTHONPATH": sysconfig.get_path("purelib"),
        }

    def __exit__(self, *_: object) -> None:
        self._stop()

    def follow(self, block: Block) -> None:
        """Do what a block says; raise AssertionError where that does not work."""
        if block.language == "sh":
            for line in block.code.splitlines():
                self._run(line)
        elif block.language == "console":
            for line, expected in _COMMAND.findall(block.code):
                self._compare(line, expected)
        else:
            self._write(block)

    def _write(self, block: Block) -> None:
        names = _FILE.findall(block.before)
        assert len(names) == 1, f"no single file is named above the block: {block.before!r}"
        assert block.before.endswith(":"), f"no colon above the block: {block.before!r}"
        path = self.cwd / names[0].removeprefix("/srv/feeds/")
        path.parent.mkdir(parents=True, exist_ok=True)
        added = "at the end of" in block.before
        before = path.read_text(encoding="utf-8") if added else ""
        path.write_text(f"{before}\n{block.code}" if added else block.code, encoding="utf-8")

    def _compare(self, line: str, expected: str) -> None:
        """Run a line until it prints what is expected: a server may not have read a file yet."""
        printed = ""

        def as_shown() -> bool:
            nonlocal printed
            printed = self._shown(self._output(line))
            return printed == self._shown(expected)

        if self._server is None or line.startswith("feeds token create"):
            assert as_shown(), f"{line} prints:\n{printed}"
        else:
            wait_for(as_shown, f"what {line} is said to print")

    def _shown(self, output: str) -> str:
        if (token := _TOKEN.search(output)) and (token_id := _TOKEN_ID.search(output)):
            self._token, self._token_id = token[0], token_id[0]
        output = _TOKEN_ID.sub("00000000", _TOKEN.sub("feeds_…", output))
        output = _ADDRESS.sub("http://127.0.0.1:8000", output)
        return re.sub(r"in \d+\.\d s", "in 0.0 s", output).strip()

    def _run(self, line: str) -> None:
        before, _, last = line.partition("#")[0].strip().rpartition(" && ")
        if not re.fullmatch(r"\S*feeds serve", last):
            self._output(line)
            return
        if before:
            self._output(before)
        self._serve(last)

    def _output(self, line: str) -> str:
        """Return what a line prints, in the order in which it comes; keep the folder it ends in."""
        line = _TOKEN_ID.sub(self._token_id, line.replace("feeds_…", self._token))
        ended = self._log.with_suffix(".folder")
        done = subprocess.run(
            ["bash", "-c", f"{line}\nstatus=$?; pwd >{shlex.quote(str(ended))}; exit $status"],
            cwd=self.cwd,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=LONGEST_WAIT,
            check=False,
        )
        assert done.returncode == 0, f"{line} ends with {done.returncode}:\n{done.stdout}"
        self.cwd = Path(ended.read_text(encoding="utf-8").strip())
        return done.stdout

    def _serve(self, command: str) -> None:
        self._stop()
        with self._log.open("wb") as log:
            self._server = subprocess.Popen(
                ["bash", "-c", f"exec {command}"],
                cwd=self.cwd,
                env=self._environment | {"FEEDS_PORT": "0"},
                stdout=log,
                stderr=log,
            )
        found = wait_for(self._address, "the server's address in its log")
        self._environment["FEEDS_PORT"] = found[0].rpartition(":")[2]

    def _address(self) -> re.Match[str] | None:
        written = self._log.read_text(encoding="utf-8")
        assert self._server is not None
        assert self._server.poll() is None, f"the server has ended: {written}"
        return _ADDRESS.search(written) if "startup complete" in written else None

    def _stop(self) -> None:
        if self._server is not None:
            self._server.terminate()
            assert self._server.wait(LONGEST_WAIT) == 0
            self._server = None
            del self._environment["FEEDS_PORT"]
