"""wrk, the load generator: one thread on its own core, a bounded time."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.delivery.processes import LOAD_CORE, pin, program

CONNECTIONS: Final = 32
_HERE: Final = Path(__file__).parent
# Reports exact figures; the second also spells every request differently.
SAME: Final = _HERE / "same.lua"
VARIED: Final = _HERE / "varied.lua"
PACED: Final = _HERE / "paced.lua"


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw."""

    requests: int
    seconds: float
    bytes: int
    p50: float  # milliseconds
    p99: float

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds


def load(
    port: int,
    target: str,
    headers: Sequence[tuple[str, str]],
    seconds: int,
    script: Path = SAME,
) -> Load:
    """Ask for one target as fast as answers come; raises if any was not 2xx or 3xx."""
    command = [program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(script)]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    return _run([*command, f"http://127.0.0.1:{port}{target}"], port, seconds)


def paced(
    port: int, targets: Sequence[str], headers: Sequence[tuple[str, str]], seconds: int
) -> Load:
    """Ask for some targets in turn, a fixed number of times a second."""
    command = [program("wrk"), "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(PACED)]
    command += ["--timeout", "20s"]
    for name, value in headers:
        command += ["-H", f"{name}: {value}"]
    return _run([*command, f"http://127.0.0.1:{port}/", "--", *targets], port, seconds)


def _run(command: Sequence[str], port: int, seconds: int) -> Load:
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=seconds + 30,
        check=True,
        preexec_fn=lambda: pin(LOAD_CORE),  # no other thread runs here
    )
    seen = json.loads(done.stdout.splitlines()[-1])
    failed = {name: count for name, count in seen["errors"].items() if count}
    if failed or not seen["requests"]:
        raise RuntimeError(f"port {port}: wrk saw {failed or 'no answer'}")
    return Load(
        seen["requests"],
        seen["microseconds"] / 1e6,
        seen["bytes"],
        seen["p50"] / 1000,
        seen["p99"] / 1000,
    )
