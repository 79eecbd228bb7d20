"""Every background task survives an exception that nobody foresaw, and readiness shows it."""

import asyncio
import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from feeds.config.reloader import ConfigReloader
from feeds.server.admission import Demand
from feeds.server.app import create_app
from feeds.server.background import FOLLOWER, Background, Rerenderer, Task, tasks
from feeds.server.documents import Documents
from feeds.server.http.cache import RepresentationCache
from feeds.server.http.representation import Document, Representation
from feeds.server.responses import make_ready
from feeds.server.state import Service
from feeds.util.supervise import Backoff
from tests.support.application import ingest
from tests.support.examples import BASE, article
from tests.support.folders import configure, put
from tests.support.paths import NOWHERE
from tests.support.requests import ask
from tests.support.waiting import wait_for

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NAMES = [task.name for task in tasks(Service(ConfigReloader(NOWHERE, BASE), NOWHERE))]


@dataclass
class Failing:
    """Makes one task fail, as long as `is_failing`; counts the other steps."""

    name: str
    is_failing: bool = True
    now: float = 1000.0
    failures: int = 0
    resumed: Counter[str] = field(default_factory=Counter)

    def wrap(self, task: Task) -> Task:
        async def step() -> None:
            if task.name == self.name and self.is_failing:
                self.failures += 1
                raise RuntimeError(f"nobody foresaw failure {self.failures}")
            self.resumed[task.name] += 1
            await task.step()

        return replace(task, step=step, delay=0.0)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0.001)

    @contextmanager
    def serving(self, data: Path, config: Path = NOWHERE) -> Iterator[TestClient]:
        service = Service(ConfigReloader(config, BASE), data)
        background = Background(
            list(map(self.wrap, tasks(service))), Backoff(), lambda: self.now, self.sleep
        )
        app = create_app(service, background=background)
        with TestClient(app, base_url=BASE, follow_redirects=False) as client:
            yield client


@pytest.mark.parametrize("name", NAMES)
def test_a_task_that_fails_is_logged_with_a_traceback_and_resumes_its_work(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seeds, config = put(tmp_path / "seeds", article(1)), configure(tmp_path / "config")
    ingest(seeds, tmp_path / "data")
    task = Failing(name)
    with task.serving(tmp_path / "data", config) as client:
        assert ask(client, "/all.rss").status == 200
        wait_for(lambda: task.failures >= 3, "some failures")
        assert task.resumed[name] == 0
        task.is_failing = False
        wait_for(lambda: task.resumed[name] > 0, "the work to be resumed")
        put(seeds, article(1), article(2))
        ingest(seeds, tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: ask(client, "/all.rss").body.count(b"<item>") == 2, "the new article")
        configure(config, site={"title": "Changed"})
        wait_for(lambda: b"Changed" in ask(client, "/all.rss").body, "the new configuration")
    assert f"{name} failed and restarts in 0.5 s" in caplog.text
    assert f"{name} failed and restarts in 2.0 s" in caplog.text
    assert "Traceback" in caplog.text
    assert "RuntimeError: nobody foresaw failure 3" in caplog.text


def test_a_server_whose_follower_stays_down_is_not_ready_until_it_works_again(
    tmp_path: Path,
) -> None:
    seeds = put(tmp_path / "seeds", article(1))
    ingest(seeds, tmp_path / "data")
    follower = Failing(FOLLOWER)
    with follower.serving(tmp_path / "data") as client:
        assert ask(client, "/all.rss").body.count(b"<item>") == 1
        wait_for(lambda: follower.failures >= 3, "some failures")
        follower.now += 4.9
        answer = ask(client, "/readyz")
        assert (answer.status, json.loads(answer.body)["ready"]) == (200, True)
        follower.now += 0.1
        answer = ask(client, "/readyz")
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) > 0
        state = json.loads(answer.body)
        assert (state["ready"], state["follower"]) == (False, "down for 5 s; the log says why")
        assert ask(client, "/healthz").status == 200
        follower.is_failing = False
        wait_for(lambda: ask(client, "/readyz").status == 200, "the follower to work again")
        assert json.loads(ask(client, "/readyz").body)["follower"] == "working"
        put(seeds, article(1), article(2))
        ingest(seeds, tmp_path / "data", now=1_700_000_000)
        wait_for(lambda: ask(client, "/all.rss").body.count(b"<item>") == 2, "the change")


def test_other_tasks_that_are_down_leave_a_server_ready(tmp_path: Path) -> None:
    ingest(put(tmp_path / "seeds", article(1)), tmp_path / "data")
    statistics = Failing("writing statistics")
    with statistics.serving(tmp_path / "data") as client:
        wait_for(lambda: statistics.failures >= 3, "some failures")
        statistics.now += 1000
        assert ask(client, "/readyz").status == 200


def test_a_popular_document_that_a_request_renders_first_is_made_ready_as_it_is_now() -> None:
    """The request may spell the address in another way, so that only the cache has it."""

    async def run() -> None:
        cache = RepresentationCache()
        documents, bodies = Documents(cache), [b"old", b"new"]

        async def render(_: Demand) -> Representation:
            document = Document(bodies.pop(0), "text/plain", LONG_AGO, frozenset(), frozenset())
            return Representation(document)

        old = await documents.get("/all.rss", render)
        await documents.encoded("/all.rss", old, "gzip")
        ready = make_ready(cache.ready, "/all.rss", old, "gzip").select(
            "gzip", None, None, head=False
        )
        assert ready is not None
        ready.sent_by_fast_path += 1
        cache.drop(lambda document: True)
        new = await documents.get("/all.rss", render)
        await Rerenderer(documents).step()
        document = cache.ready.documents[b"/all.rss"]
        assert (document.representation, new.body) == (new, b"new")
        assert document.has("gzip")

    asyncio.run(run())
