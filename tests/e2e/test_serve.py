"""`feeds serve` as people run it: processes, sockets, certificates, signals."""

import http.client
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from feeds import __version__
from tests.support.folders import configure
from tests.support.paths import CONFIG, SEEDS
from tests.support.processes import Server, alive, children, get, run, serve
from tests.support.waiting import LONGEST_WAIT, wait_for

pytestmark = pytest.mark.slow


ARTICLE = "---\ntitle: {}\nurl: https://x.example/{}\ndate: 2020-01-01T00:00:00Z\n---\n"


def one_article(folder: Path, title: str) -> Path:
    """Write a folder with one article, a.md."""
    folder.mkdir(exist_ok=True)
    (folder / "a.md").write_text(ARTICLE.format(title, 1))
    return folder


def shows(server: Server, title: str) -> bool:
    return title.encode() in server.get("/all.rss")[1]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server for tests that leave it as it is."""
    with serve(tmp_path_factory.mktemp("served") / "data") as started:
        started.wait_until_ready()
        yield started


# --- where it listens --------------------------------------------------------------------


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self._path)


def test_it_serves_at_a_unix_socket(tmp_path: Path) -> None:
    # The path of such a socket is limited to some hundred bytes.
    with TemporaryDirectory() as folder, serve(tmp_path / "data", "--uds", f"{folder}/s") as server:

        def ask(path: str) -> tuple[int, bytes]:
            return get(UnixConnection(f"{folder}/s"), path)

        server.wait_for(lambda: ask("/readyz")[0] == 200, "readiness")
        responses = [ask("/topics/ai.atom") for _ in range(3)]
        assert responses[0][0] == 200
        assert responses[0] == responses[1] == responses[2]  # both paths
    lines = server.lines_of("/topics/ai.atom")
    assert [line.partition('"')[2] for line in lines] == [
        'GET /topics/ai.atom HTTP/1.1" 200 OK'
    ] * 3


@pytest.mark.parametrize("workers", ["1", "2"])
def test_port_0_takes_a_free_port_for_all_processes_and_links_name_it(
    tmp_path: Path, workers: str
) -> None:
    with serve(tmp_path / "data", "--workers", workers) as server:
        server.wait_until_ready()
        assert f"running on http://127.0.0.1:{server.port}: " in server.written()
        for _ in range(5):  # each from any of the processes
            status, body = server.get("/topics/ai.atom")
            assert status == 200
            assert f'href="http://127.0.0.1:{server.port}/topics/ai.atom"'.encode() in body


def test_a_unix_socket_that_a_killed_server_left_is_replaced(tmp_path: Path) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "s")
        with socket.socket(socket.AF_UNIX) as left:
            left.bind(str(path))
        path.chmod(0o660)
        with serve(tmp_path / "data", "--uds", str(path), "--workers", "2") as server:
            server.wait_for(
                lambda: get(UnixConnection(str(path)), "/readyz")[0] == 200, "readiness"
            )
            assert path.stat().st_mode & 0o777 == 0o660
        assert not path.exists()


@pytest.mark.parametrize(
    ("host", "why"), [("127.0.0.1", "Address already in use"), ("192.0.2.1", "Cannot assign")]
)
def test_an_address_that_cannot_be_had_is_named_with_a_hint(
    tmp_path: Path, host: str, why: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        options = ("--seeds", SEEDS, "--config", CONFIG, "--data", tmp_path / "data")
        tried = run("serve", *options, "--host", host, "--port", port)
    assert (tried.returncode, tried.stdout) == (2, "")
    assert tried.stderr.startswith(f"error: {host}:{port}: cannot listen there: {why}")
    assert tried.stderr.endswith("choose another address with --host and --port\n")
    assert tried.stderr.count("\n") == 1


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
    trusting = ssl.create_default_context(cafile=str(certificate))
    trusting.check_hostname = False
    options = ("--ssl-certfile", str(certificate), "--ssl-keyfile", str(key))
    with serve(tmp_path / "data", *options) as server:

        def ask(path: str) -> tuple[int, bytes]:
            connection = http.client.HTTPSConnection("127.0.0.1", server.port, context=trusting)
            return get(connection, path)

        server.wait_for(lambda: ask("/readyz")[0] == 200, "readiness")
        responses = [ask("/topics/ai.atom") for _ in range(3)]
        assert responses[0][0] == 200
        assert responses[0] == responses[1] == responses[2]  # both paths
        link = f'href="https://127.0.0.1:{server.port}/topics/ai.atom"'
        assert link.encode() in responses[0][1]
    links = f"no base_url, so links in feeds lead to https://127.0.0.1:{server.port};"
    assert links in server.written()


@pytest.mark.parametrize("options", [("--uds", "{}/s"), ("--host", "0.0.0.0"), ("--host", "::")])
def test_links_that_lead_nowhere_are_an_error_in_one_line(
    tmp_path: Path, options: tuple[str, str]
) -> None:
    with TemporaryDirectory() as folder:
        option, value = options
        with serve(tmp_path / "data", option, value.format(folder)) as server:
            server.wait_for(lambda: "no reader" in server.written(), "the line")
    (line,) = (line for line in server.written().splitlines() if "base_url" in line)
    assert " ERROR " in line
    assert ", which no reader can open; set it to" in line


def test_a_start_does_not_ask_for_a_base_url_that_is_set(tmp_path: Path) -> None:
    config = configure(tmp_path / "config", site={"base_url": "https://feeds.example.org"})
    with serve(tmp_path / "data", config=config) as server:
        server.wait_until_ready()
    assert "base_url" not in server.written()


def test_a_file_that_is_no_certificate_is_reported(tmp_path: Path) -> None:
    wrong = tmp_path / "cert.pem"
    wrong.write_text("nothing")
    tried = run("serve", "--seeds", SEEDS, "--data", tmp_path / "data", "--ssl-certfile", wrong)
    assert tried.returncode == 2
    assert "cert.pem" in tried.stderr
    assert "Traceback" not in tried.stderr


def test_a_second_server_on_one_catalog_refuses(server: Server) -> None:
    options = ("--seeds", SEEDS, "--config", CONFIG, "--data", server.data)
    second = run("serve", *options, "--port", 0)
    assert second.returncode == 2
    holder = f"another feeds process (pid {server.ingest()}) is ingesting into this catalog"
    assert holder in second.stderr


# --- the log -----------------------------------------------------------------------------

LOG_LINE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ (INFO   |WARNING|ERROR  ) (\S.*)")


@pytest.mark.parametrize("workers", ["1", "2"])
def test_all_processes_log_in_one_form_and_the_start_says_what_is_served(
    tmp_path: Path, workers: str
) -> None:
    seeds = one_article(tmp_path / "seeds", "One")
    (seeds / "bad.md").write_text("---\ntitel: Two\n---\n")
    (seeds / "repaired.md").write_text(ARTICLE.format("Three", 3).replace("T00:00:00Z", " 12:00"))
    config = configure(tmp_path / "config", site={"language": "sv"})
    where = {"seeds": seeds, "config": config}
    options = ("--workers", workers, "--no-access-log")
    with serve(tmp_path / "data", *options, **where) as server:
        server.wait_until_ready()
        wait_for(lambda: "3 files, 3 read, 1 refused" in server.written(), "the summary")
        configure(config, topics=[{"slug": "ai", "nmae": "AI"}])
        wait_for(lambda: "nmae: is not a" in server.written(), "the problem of the configuration")
    configure(config, topics=[{"slug": "ai", "name": "AI"}])
    with serve(tmp_path / "data", *options, log=tmp_path / "second", **where) as second:
        second.wait_until_ready()
    logged = []
    for written in (server.written(), second.written()):
        for line in written.splitlines():
            match = LOG_LINE.fullmatch(line)
            assert match, line
            logged.append((match[1].strip(), match[2]))
    for port, articles in (
        (server.port, "no articles read yet"),
        (second.port, "3 articles in the catalog"),
    ):
        served = f"feeds {__version__} running on http://127.0.0.1:{port}: {articles}"
        assert ("INFO", f"{served}, configuration in {config}, fast path on") in logged
    title = "bad.md:2:1: error: title: the article has no title; rename titel to title"
    zone = "repaired.md:4:7: warning: date: has no time zone; treated as UTC; end it with Z"
    assert ("ERROR", title) in logged
    assert [level for level, message in logged if message.startswith(zone)] == ["WARNING"]
    language = f"{config / 'site.yaml'}:1:14: warning: language: pages are not translated into sv"
    told = [level for level, message in logged if message.startswith(language)]
    assert len(told) >= 2  # at each start, and beside the errors of a change
    assert set(told) == {"WARNING"}
    assert any(level == "ERROR" and "topics.yaml:1:" in message for level, message in logged)


# --- changes -----------------------------------------------------------------------------


def test_several_workers_all_follow_a_change_and_end_on_sigterm(tmp_path: Path) -> None:
    seeds = one_article(tmp_path / "seeds", "Before")

    def titles(server: Server) -> set[str]:
        """Ask with twenty connections: enough to reach every worker."""
        bodies = [json.loads(server.get("/all.json")[1]) for _ in range(20)]
        return {item["title"] for body in bodies for item in body["items"]}

    with serve(tmp_path / "data", "--workers", "2", seeds=seeds) as server:
        server.wait_until_ready()
        server.wait_for(lambda: titles(server) == {"Before"}, "the article")
        one_article(seeds, "Afterwards")
        server.wait_for(lambda: titles(server) == {"Afterwards"}, "every worker to follow")
        below = server.children()
        server.process.terminate()
        assert server.process.wait(LONGEST_WAIT) == 0
        wait_for(lambda: not any(map(alive, below)), "the end of all processes")


def test_a_restart_serves_at_once_and_says_when_it_has_looked_at_every_file(
    tmp_path: Path,
) -> None:
    seeds = one_article(tmp_path / "seeds", "One")

    def scan(server: Server, which: str) -> object:
        return json.loads(server.get("/readyz")[1]).get(which)

    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_for(lambda: scan(server, "scan_since_start") == "done", "the end of the scan")
        assert scan(server, "first_scan") == "done"
    # The folder is away: what was taken in before is served, and the state tells.
    seeds.rename(tmp_path / "away")
    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_until_ready()
        assert server.get("/all.rss")[0] == 200
        assert scan(server, "scan_since_start") == "running"
        (tmp_path / "away" / "b.md").write_text(ARTICLE.format("Two", 2))
        (tmp_path / "away").rename(seeds)
        server.wait_for(lambda: scan(server, "scan_since_start") == "done", "the end of the scan")
        server.wait_for(lambda: shows(server, "Two"), "the new article")


def test_a_server_without_watching_follows_what_cron_takes_in(tmp_path: Path) -> None:
    seeds, data = one_article(tmp_path / "seeds", "One"), tmp_path / "data"
    with serve(data, "--no-watch", seeds=seeds) as server:
        server.wait_until_ready()
        wait_for(lambda: not server.ingest(), "the end of the first ingest")
        for number, title in enumerate(("Two", "Three"), 2):
            (seeds / f"{number}.md").write_text(ARTICLE.format(title, number))
            ran = run("ingest", "--seeds", seeds, "--data", data, "--config", CONFIG)
            assert (ran.returncode, ran.stderr) == (0, "")
            assert f"{number} files, 1 read" in ran.stdout
            server.wait_for(lambda: shows(server, title), f"the article {title}")


# --- proxies, the access log -------------------------------------------------------------


def clients(server: Server, *forwarded: str) -> list[str]:
    """Ask five times over one connection, the last time without a proxy's header fields.

    Return the clients that the access log names, and the connection itself as "own".
    """
    fields = "".join(f"X-Forwarded-For: {one}\r\n" for one in forwarded)
    before = len(server.lines_of("/topics/ai.atom"))
    with socket.create_connection(("127.0.0.1", server.port), LONGEST_WAIT) as connection:
        own = "{}:{}".format(*connection.getsockname())
        for headers in [fields] * 4 + [""]:  # the first may go through the application
            connection.sendall(f"GET /topics/ai.atom HTTP/1.1\r\nHost: x\r\n{headers}\r\n".encode())
            with http.client.HTTPResponse(connection) as response:
                response.begin()
                assert response.status == 200
                assert response.read()
    wait_for(lambda: len(server.lines_of("/topics/ai.atom")) == before + 5, "five lines of log")
    lines = server.lines_of("/topics/ai.atom")[before:]
    return [line.split('"')[0].split()[-1].replace(own, "own") for line in lines]


@pytest.mark.parametrize(
    ("believed", "named"),
    [
        ("127.0.0.1", {"192.0.2.7": "192.0.2.7:0", "192.0.2.7|198.51.100.9": "198.51.100.9:0"}),
        ("127.0.0.0/8", {"192.0.2.7, 127.0.0.9": "192.0.2.7:0"}),
        ("*", {"192.0.2.7, 198.51.100.9": "192.0.2.7:0"}),
        ("*", {"[2001:db8::7]:443": "2001:db8::7:443", "fe80::1%eth0": "fe80::1%eth0:0"}),
        # What is not an address is not written: anybody can send it.
        ("*", dict.fromkeys(("unknown", "localhost:80", "x" * 500, "1.2.3.4 GET /", "ä"), "-")),
        ("*", dict.fromkeys(("192.0.2.7:99999", "192.0.2.7:-1", "192.0.2", "fe80::1%a b"), "-")),
        ("192.0.2.1", {"192.0.2.7": "own"}),  # someone pretends to be a proxy
    ],
)
def test_a_proxy_that_is_believed_names_the_client_in_both_paths(
    tmp_path: Path, believed: str, named: dict[str, str]
) -> None:
    with serve(tmp_path / "data", "--forwarded-allow-ips", believed) as server:
        server.wait_until_ready()
        for forwarded, client in named.items():
            assert clients(server, *forwarded.split("|")) == [client] * 4 + ["own"]


def test_each_worker_has_its_own_ready_responses_and_both_paths_give_the_same(
    tmp_path: Path,
) -> None:
    with serve(tmp_path / "data", "--workers", "3", "--cache-size", "1") as server:
        server.wait_until_ready()
        responses = {server.get("/topics/ai.atom") for _ in range(60)}
    assert len(responses) == 1
    assert responses.pop()[0] == 200


def test_the_access_log_has_both_paths_alike(server: Server) -> None:
    paths = ["/topics/ai.atom", "/topics/ai.atom?limit=5", "/all.rss?q=face%20police"]
    for path in paths * 3:  # the first of each goes through the application
        server.get(path)
    for path in paths:
        wait_for(lambda: len(server.lines_of(path)) == 3, f"three lines about {path}")
        lines = [line.partition('"')[2] for line in server.lines_of(path)]
        assert lines == [f'GET {path} HTTP/1.1" 200 OK'] * 3


# --- processes that die, the end ---------------------------------------------------------


def test_an_ingest_that_dies_is_started_again(tmp_path: Path) -> None:
    with serve(tmp_path / "data") as server:
        server.wait_until_ready()
        first = server.ingest()
        assert first
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: server.ingest() not in (0, first), "another ingest")
        assert server.get("/all.rss")[0] == 200


def test_an_ingest_beside_a_server_is_nicer_than_the_server(server: Server) -> None:
    serving, ingest = (
        os.getpriority(os.PRIO_PROCESS, pid) for pid in (server.process.pid, server.ingest())
    )
    assert ingest > serving or serving == 19


@pytest.mark.parametrize("when", ["at the start", "while it reads", "while it watches"])
def test_an_ingest_ends_when_its_server_is_killed(tmp_path: Path, when: str) -> None:
    seeds = one_article(tmp_path / "seeds", "One")
    if when == "while it reads":
        for number in range(5000):
            (seeds / f"{number}.md").write_text(ARTICLE.format(number, number))
    with serve(tmp_path / "data", seeds=seeds) as server:
        if when == "while it watches":
            server.wait_until_ready()
        ingest = wait_for(server.ingest, "the ingest")
        below = [ingest]
        if when == "while it reads":
            below += wait_for(lambda: children(ingest), "the processes that read")
        server.process.kill()
        server.process.wait(LONGEST_WAIT)
        wait_for(lambda: not any(map(alive, below)), "the end of the ingest")
    # So that another can take its place.
    assert run("ingest", f"--seeds={seeds}", f"--data={tmp_path / 'data'}").returncode == 0


def test_a_worker_that_dies_is_started_again(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "--workers", "2") as server:
        server.wait_until_ready()
        wait_for(lambda: len(server.workers()) == 2, "two workers")
        before = server.workers()
        os.kill(min(before), signal.SIGKILL)
        wait_for(lambda: len(server.workers() - {min(before)}) == 2, "another worker")
        (new,) = server.workers() - before
        server.wait_until_ready()
        # The new one answers too: the other one stands still.
        os.kill(max(before), signal.SIGSTOP)
        try:
            server.wait_for(lambda: answers(server, new), "a response of the new worker")
        finally:
            os.kill(max(before), signal.SIGCONT)


def answers(server: Server, pid: int) -> bool:
    """Return whether a connection is answered while all other workers stand still."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=1) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        return connection.recv(12) == b"HTTP/1.1 200" and alive(pid)


def test_processes_that_die_are_started_again_with_the_last_good_configuration(
    tmp_path: Path,
) -> None:
    config = configure(tmp_path / "config", site={"title": "Mine", "base_url": "https://x.example"})
    with serve(tmp_path / "data", "--workers", "2", config=config) as server:
        server.wait_until_ready()
        for how in ("refused", "gone"):
            if how == "refused":
                configure(config, site={"titel": "Bad"})
            else:
                config.rename(tmp_path / "away")
            workers, ingest = server.workers(), server.ingest()
            for pid in workers:
                os.kill(pid, signal.SIGSTOP)
            time.sleep(1.5)  # so that they die while they are asked, twice a second, if they live
            for pid in (ingest, *workers):
                os.kill(pid, signal.SIGKILL)
            wait_for(lambda: len(server.workers() - workers) == 2, "two other workers")
            server.wait_for(lambda: server.get("/all.json")[0] == 200, "a response")
            assert json.loads(server.get("/all.json")[1])["title"] == "Mine"
            wait_for(lambda: server.ingest() not in (0, ingest), "another ingest")
    assert "Traceback" not in server.written()
    assert "titel" in server.written()


def test_workers_end_when_their_server_is_killed(tmp_path: Path) -> None:
    with serve(tmp_path / "data", "--workers", "2") as server:
        server.wait_until_ready()
        below = server.children()
        server.process.kill()
        server.process.wait(LONGEST_WAIT)
        wait_for(lambda: not any(map(alive, below)), "the end of all processes")
    # So that another can take its place.
    with serve(tmp_path / "data", "--workers", "2", "--port", str(server.port)) as another:
        another.wait_until_ready()


@pytest.mark.parametrize(
    ("end", "options"),
    [
        (signal.SIGTERM, ("--workers", "1")),
        (signal.SIGINT, ("--workers", "1")),
        (signal.SIGTERM, ("--workers", "2")),
        (signal.SIGINT, ("--workers", "2")),
        (signal.SIGTERM, ("--no-watch",)),
    ],
)
def test_the_end_leaves_one_closed_file(
    tmp_path: Path, end: signal.Signals, options: tuple[str, ...]
) -> None:
    with serve(tmp_path / "data", *options) as server:
        server.wait_until_ready()
        assert server.get("/all.rss")[0] == 200
        server.process.send_signal(end)
        assert server.process.wait(LONGEST_WAIT) == 0
    assert sorted(one.name for one in (tmp_path / "data").iterdir()) == [
        "audience.db",
        "catalog.db",
        "ingest.lock",
    ]
    assert "Traceback" not in server.written()
    assert "KeyboardInterrupt" not in server.written()


def test_responses_in_flight_are_finished_before_the_end(tmp_path: Path) -> None:
    seeds = tmp_path / "seeds"
    seeds.mkdir()
    text = "word " * 20_000  # a document larger than what sockets hold
    for number in range(60):
        (seeds / f"{number}.md").write_text(f"{ARTICLE.format('T', number)}{number} {text}")
    with serve(tmp_path / "data", seeds=seeds) as server:
        server.wait_until_ready()
        whole = server.get("/all.rss")[1]
        for path in ("ASGI", "fast"):
            with closing(server.connection()) as slow:
                slow.request("GET", "/all.rss")
                response = slow.getresponse()
                assert response.status == 200
                assert response.length == len(whole)
                if path == "fast":
                    server.process.terminate()
                    server.wait_for(lambda: not listens(server), "the end of listening")
                assert response.read() == whole
        assert server.process.wait(LONGEST_WAIT) == 0


def listens(server: Server) -> bool:
    try:
        socket.create_connection(("127.0.0.1", server.port)).close()
    except ConnectionRefusedError:
        return False
    return True
