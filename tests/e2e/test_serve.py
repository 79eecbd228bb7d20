"""`feeds serve` as people run it: processes, sockets, certificates, signals."""

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from tests.support.paths import CONFIG, SEEDS
from tests.support.processes import children

PATIENCE = 60  # seconds until a machine must have got anywhere


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def served(data: Path, *options: str, seeds: Path = SEEDS) -> Iterator[subprocess.Popen[str]]:
    command = [
        sys.executable, "-m", "feeds", "serve", "--seeds", str(seeds), "--data", str(data),
        *(() if "--config" in options else ("--config", str(CONFIG))), *options,
    ]  # fmt: skip
    with (data.parent / "log").open("a") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, text=True)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(PATIENCE)


def until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            if condition():
                return
        except (OSError, http.client.HTTPException):
            pass
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def get(connection: http.client.HTTPConnection, path: str) -> tuple[int, bytes]:
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def ready(connect: Callable[[], http.client.HTTPConnection]) -> Callable[[], bool]:
    return lambda: get(connect(), "/readyz")[0] == 200


def at(port: int) -> Callable[[], http.client.HTTPConnection]:
    """Connections to a port of this machine."""
    return lambda: http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)


def command_line(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def ingest_of(pid: int) -> int:
    return next((one for one in children(pid) if " ingest " in command_line(one)), 0)


def alive(pid: int) -> bool:
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return False


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def test_it_serves_at_a_unix_socket(tmp_path: Path) -> None:
    path = f"/tmp/feeds-{os.getpid()}.sock"
    with served(tmp_path / "data", "--uds", path):
        until(ready(lambda: UnixConnection(path)), "never ready")
        answers = [get(UnixConnection(path), "/topics/ai.atom") for _ in range(3)]
        assert answers[0][0] == 200
        assert answers[0] == answers[1] == answers[2]  # both lanes
    lines = lines_of(tmp_path, "/topics/ai.atom")
    assert [line.partition('"')[2] for line in lines] == [
        'GET /topics/ai.atom HTTP/1.1" 200 OK'
    ] * 3


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "Address already in use"), ("192.0.2.1", "Cannot assign")]
)
def test_an_address_that_cannot_be_had_is_named_with_its_cure(
    tmp_path: Path, host: str, why: str
) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with served(tmp_path / "data", "--host", host, "--port", str(port)) as process:
            assert process.wait(PATIENCE) == 2
    said = (tmp_path / "log").read_text()
    assert said.startswith(f"{host}:{port}: cannot listen there: {why}")
    assert said.endswith("--host and --port name another place\n")
    assert said.count("\n") == 1


def test_it_serves_with_a_certificate(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    try:
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-keyout", str(key), "-out", str(certificate)],
            check=True, capture_output=True,
        )  # fmt: skip
    except FileNotFoundError:
        pytest.skip("openssl is not installed, so there is no certificate to serve with")
    port = free_port()
    trusting = ssl.create_default_context(cafile=str(certificate))
    trusting.check_hostname = False

    def connect() -> http.client.HTTPConnection:
        return http.client.HTTPSConnection("127.0.0.1", port, context=trusting)

    options = ("--ssl-certfile", str(certificate), "--ssl-keyfile", str(key))
    with served(tmp_path / "data", "--port", str(port), *options):
        until(ready(connect), "never ready")
        bodies = [get(connect(), "/topics/ai.atom") for _ in range(3)]
        assert bodies[0][0] == 200
        assert bodies[0] == bodies[1] == bodies[2]  # both lanes
        assert f'href="https://127.0.0.1:{port}/topics/ai.atom"'.encode() in bodies[0][1]
    told = f"no base_url, so links in feeds lead to https://127.0.0.1:{port};"
    assert told in (tmp_path / "log").read_text()


def test_a_start_does_not_ask_for_a_base_url_that_is_set(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text("base_url: https://feeds.example.org\n")
    port = free_port()
    options = ("--port", str(port), "--config", str(tmp_path))  # the last of both counts
    with served(tmp_path / "data", *options):
        until(ready(at(port)), "never ready")
    assert "base_url" not in (tmp_path / "log").read_text()


def test_a_certificate_that_is_none_is_said_to_be_so(tmp_path: Path) -> None:
    wrong = tmp_path / "cert.pem"
    wrong.write_text("nothing")
    tried = subprocess.run(
        [sys.executable, "-m", "feeds", "serve", "--seeds", str(SEEDS), "--data",
         str(tmp_path / "data"), "--ssl-certfile", str(wrong)],
        capture_output=True, text=True, timeout=PATIENCE,
    )  # fmt: skip
    assert tried.returncode == 2
    assert "cert.pem" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_several_workers_all_follow_a_change_and_end_on_sigterm(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://example.org/a\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("Before"))
    port = free_port()
    connect = at(port)

    def titles() -> set[str]:
        """What twenty connections are told: enough to reach every worker."""
        found = set()
        for _ in range(20):
            items = json.loads(get(connect(), "/all.json")[1])["items"]
            found |= {item["title"] for item in items}
        return found

    with served(tmp_path / "data", "--port", str(port), "--workers", "2", seeds=seeds) as process:
        until(ready(connect), "never ready")
        until(lambda: titles() == {"Before"}, "never served")
        (seeds / "a.md").write_text(article.format("Afterwards"))
        until(lambda: titles() == {"Afterwards"}, "not every worker followed")
        below = children(process.pid)
        process.terminate()
        assert process.wait(PATIENCE) == 0
        until(lambda: not any(map(alive, below)), "a process was left behind")


def test_an_ingest_that_dies_is_started_again(tmp_path: Path) -> None:
    port = free_port()

    connect = at(port)
    with served(tmp_path / "data", "--port", str(port)) as process:
        until(ready(connect), "never ready")
        first = ingest_of(process.pid)
        assert first
        os.kill(first, signal.SIGKILL)
        until(lambda: ingest_of(process.pid) not in (0, first), "it was not started again")
        assert get(connect(), "/all.rss")[0] == 200


def test_an_ingest_beside_a_server_is_nicer_than_the_server(tmp_path: Path) -> None:
    port = free_port()
    with served(tmp_path / "data", "--port", str(port)) as process:
        until(ready(at(port)), "never ready")
        server, ingest = (
            os.getpriority(os.PRIO_PROCESS, pid) for pid in (process.pid, ingest_of(process.pid))
        )
        assert ingest > server or server == 19


def test_an_ingest_ends_when_its_server_is_killed(tmp_path: Path) -> None:
    port = free_port()

    connect = at(port)
    with served(tmp_path / "data", "--port", str(port)) as process:
        until(ready(connect), "never ready")
        ingest = ingest_of(process.pid)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not alive(ingest), "it was left behind")


def lines_of(folder: Path, path: str) -> list[str]:
    """What the access log says of a path."""
    return [line for line in (folder / "log").read_text().splitlines() if f" {path} " in line]


@pytest.mark.parametrize(
    ("believed", "forwarded", "named"),
    [
        ("127.0.0.1", ["192.0.2.7"], "192.0.2.7:0"),
        ("127.0.0.0/8", ["192.0.2.7, 127.0.0.9"], "192.0.2.7:0"),
        ("127.0.0.1", ["192.0.2.7", "198.51.100.9"], "198.51.100.9:0"),
        ("*", ["192.0.2.7, 198.51.100.9"], "192.0.2.7:0"),
        ("192.0.2.1", ["192.0.2.7"], None),  # someone pretends to be a proxy
    ],
)
def test_a_proxy_that_is_believed_names_the_client_in_both_lanes(
    tmp_path: Path, believed: str, forwarded: list[str], named: str | None
) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), "--forwarded-allow-ips", believed):
        until(ready(connect), "never ready")
        with socket.create_connection(("127.0.0.1", port), PATIENCE) as connection:
            own = "{}:{}".format(*connection.getsockname())
            fields = "".join(f"X-Forwarded-For: {one}\r\n" for one in forwarded)
            for _ in range(4):  # the first goes through the application
                asked = f"GET /topics/ai.atom HTTP/1.1\r\nHost: x\r\n{fields}\r\n"
                connection.sendall(asked.encode())
                assert connection.recv(1 << 20).startswith(b"HTTP/1.1 200 ")
                until(lambda: not waiting(connection), "an answer that has no end")
            connection.sendall(b"GET /topics/ai.atom HTTP/1.1\r\nHost: x\r\n\r\n")
            assert connection.recv(1 << 20)
    clients = [line.split('"')[0].split()[-1] for line in lines_of(tmp_path, "/topics/ai.atom")]
    assert clients == [named or own] * 4 + [own]


def waiting(connection: socket.socket) -> bool:
    """Whether there was more to read; it is thrown away."""
    connection.settimeout(0.05)
    try:
        return bool(connection.recv(1 << 20))
    except TimeoutError:
        return False
    finally:
        connection.settimeout(PATIENCE)


def test_each_worker_has_a_rack_of_its_own_and_both_lanes_give_the_same(tmp_path: Path) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), "--workers", "3", "--cache-size", "1"):
        until(ready(connect), "never ready")
        answers = {get(connect(), "/topics/ai.atom") for _ in range(60)}
    assert len(answers) == 1
    assert answers.pop()[0] == 200


def test_the_access_log_has_both_lanes_alike(tmp_path: Path) -> None:
    port = free_port()
    paths = ["/topics/ai.atom", "/topics/ai.atom?limit=5", "/all.rss?q=face%20police"]

    connect = at(port)
    with served(tmp_path / "data", "--port", str(port)):
        until(ready(connect), "never ready")
        for path in paths * 3:  # the first of each goes through the application
            get(connect(), path)
    for path in paths:
        lines = [line.partition('"')[2] for line in lines_of(tmp_path, path)]
        assert lines == [f'GET {path} HTTP/1.1" 200 OK'] * 3


# --- workers, restarts, the end ----------------------------------------------------------


def workers_of(pid: int) -> set[int]:
    return {one for one in children(pid) if "spawn_main" in command_line(one)}


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), "--workers", "2") as process:
        until(ready(connect), "never ready")
        until(lambda: len(workers_of(process.pid)) == 2, "there are no two workers")
        before = workers_of(process.pid)
        os.kill(min(before), signal.SIGKILL)
        until(lambda: len(workers_of(process.pid) - {min(before)}) == 2, "none was started again")
        (new,) = workers_of(process.pid) - before
        until(ready(connect), "never ready again")
        # The new one answers too: the other one is gone.
        os.kill(max(before), signal.SIGSTOP)
        try:
            until(lambda: asked_of(port, new), "the new one never answered")
        finally:
            os.kill(max(before), signal.SIGCONT)


def test_processes_that_die_are_started_again_with_the_last_good_configuration(
    tmp_path: Path,
) -> None:
    port, config = free_port(), tmp_path / "config"
    connect = at(port)
    config.mkdir()
    (config / "site.yaml").write_text("title: Mine\nbase_url: https://x.example\n")
    options = ("--port", str(port), "--workers", "2", "--config", str(config))
    with served(tmp_path / "data", *options) as process:
        until(ready(connect), "never ready")
        for how in ("refused", "gone"):
            if how == "refused":
                (config / "site.yaml").write_text("titel: Bad\n")
            else:
                config.rename(tmp_path / "away")
            before = workers_of(process.pid)
            first = ingest_of(process.pid)
            os.kill(first, signal.SIGKILL)
            for one in before:
                os.kill(one, signal.SIGKILL)
            until(lambda b=before: len(workers_of(process.pid) - b) == 2, "no workers")  # type: ignore[misc]
            until(lambda: get(connect(), "/all.json")[0] == 200, "nobody answers")
            assert json.loads(get(connect(), "/all.json")[1])["title"] == "Mine"
            until(lambda f=first: ingest_of(process.pid) not in (0, f), "no ingest")  # type: ignore[misc]
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "titel" in log


def asked_of(port: int, pid: int) -> bool:
    """Whether a connection is answered while all other workers stand still."""
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(12) == b"HTTP/1.1 200" and alive(pid)


def test_workers_end_when_their_server_is_killed(tmp_path: Path) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), "--workers", "2") as process:
        until(ready(connect), "never ready")
        below = children(process.pid)
        process.kill()
        process.wait(PATIENCE)
        until(lambda: not any(map(alive, below)), "a process was left behind")
    # So that another can take its place.
    with served(tmp_path / "data", "--port", str(port), "--workers", "2"):
        until(ready(connect), "never ready again")


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("options", [("--workers", "1"), ("--workers", "2"), ("--no-watch",)])
def test_the_end_leaves_one_closed_file(
    tmp_path: Path, end: signal.Signals, options: tuple[str, ...]
) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), *options) as process:
        until(ready(connect), "never ready")
        assert get(connect(), "/all.rss")[0] == 200
        process.send_signal(end)
        assert process.wait(PATIENCE) == 0
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == [
        "audience.db",
        "catalog.db",
        "ingest.lock",
    ]
    log = (tmp_path / "log").read_text()
    assert "Traceback" not in log
    assert "KeyboardInterrupt" not in log


def test_answers_in_flight_are_finished_before_the_end(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    text = "word " * 20_000  # a document larger than what sockets hold
    for number in range(60):
        head = f"---\ntitle: T\nurl: https://x.example/{number}\ndate: 2020-01-01\n---\n"
        (seeds / f"{number}.md").write_text(f"{head}{number} {text}")
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), seeds=seeds) as process:
        until(ready(connect), "never ready")
        whole = get(connect(), "/all.rss")[1]
        for time_of_asking in range(2):  # the application, then the fast lane
            with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as slow:
                slow.sendall(b"GET /all.rss HTTP/1.1\r\nHost: x\r\n\r\n")
                received = slow.recv(1000)
                if time_of_asking:
                    process.terminate()
                    time.sleep(1)
                length = int(received.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                assert length == len(whole)
                status, _, body = received.partition(b"\r\n\r\n")
                while len(body) < length and (more := slow.recv(1 << 16)):
                    body += more
                assert status.startswith(b"HTTP/1.1 200")
                assert body == whole
        assert process.wait(PATIENCE) == 0


def test_a_restart_serves_at_once_and_says_when_it_has_looked_at_every_file(
    tmp_path: Path,
) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://x.example/{}\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("One", 1))
    port = free_port()
    connect = at(port)

    def scan(which: str) -> object:
        return json.loads(get(connect(), "/readyz")[1]).get(which)

    with served(tmp_path / "data", "--port", str(port), seeds=seeds):
        until(lambda: scan("scan_since_start") == "done", "never scanned")
        assert scan("first_scan") == "done"
    # The folder is away: what was taken in before is served, and the state tells.
    seeds.rename(tmp_path / "away")
    with served(tmp_path / "data", "--port", str(port), seeds=seeds):
        until(ready(connect), "not ready at once")
        assert get(connect(), "/all.rss")[0] == 200
        assert scan("scan_since_start") == "running"
        (tmp_path / "away" / "b.md").write_text(article.format("Two", 2))
        (tmp_path / "away").rename(seeds)
        until(lambda: scan("scan_since_start") == "done", "never scanned")
        until(lambda: b"Two" in get(connect(), "/all.rss")[1], "never served")


def test_a_server_without_watching_follows_what_cron_takes_in(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    article = "---\ntitle: {}\nurl: https://x.example/{}\ndate: 2020-01-01T00:00:00Z\n---\n"
    (seeds / "a.md").write_text(article.format("One", 1))
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port), "--no-watch", seeds=seeds) as process:
        until(ready(connect), "never ready")
        until(lambda: not ingest_of(process.pid), "ingest goes on")
        for number, title in enumerate(("Two", "Three"), 2):
            (seeds / f"{number}.md").write_text(article.format(title, number))
            ran = subprocess.run(
                [sys.executable, "-m", "feeds", "ingest", "--seeds", str(seeds),
                 "--data", str(tmp_path / "data"), "--config", str(CONFIG)],
                capture_output=True, text=True,
            )  # fmt: skip
            assert (ran.returncode, ran.stderr) == (0, "")
            assert f"{number} files, 1 read" in ran.stdout
            until(partial(shows, connect, title), "not served")


def shows(connect: Callable[[], http.client.HTTPConnection], title: str) -> bool:
    return title.encode() in get(connect(), "/all.rss")[1]


def test_a_second_server_on_one_catalog_refuses(tmp_path: Path) -> None:
    port = free_port()
    connect = at(port)
    with served(tmp_path / "data", "--port", str(port)):
        until(ready(connect), "never ready")
        second = subprocess.run(
            [sys.executable, "-m", "feeds", "serve", "--seeds", str(SEEDS), "--config", str(CONFIG),
             "--data", str(tmp_path / "data"), "--port", str(free_port())],
            capture_output=True, text=True, timeout=PATIENCE,
        )  # fmt: skip
        assert second.returncode == 2
        assert "another feeds process is ingesting into this catalog" in second.stderr
