"""Two versions of a document have not one date: a 304 by date is for what was sent under it."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from feeds.catalog.database import open_to_write
from feeds.catalog.writer import Writer
from feeds.config import load
from feeds.ingest.pipeline import Pipeline
from tests.support.application import serving
from tests.support.examples import BASE, Fields, article
from tests.support.folders import configure, put
from tests.support.requests import Response, ask
from tests.support.waiting import wait_for

SECOND = 1_600_000_000
FEEDS = ["/all.rss", "/all.atom", "/all.json", "/all", "/topics/ai.atom"]
LISTS = ["/", "/topics", "/providers", "/feeds.opml", "/feeds.json", "/search?q=title", "/compose"]
OTHERS = ["/all.rss?since=3000d", "/all.json?min_quality=1", "/sets/s.atom"]
SET = {"title": "S", "include": {"topics": "AI"}}


class Site:
    """A folder, an ingest of it, and two serving processes, all with one clock."""

    def __init__(self, folder: Path, ingest: Pipeline) -> None:
        self.seeds, self.config, self._ingest = folder / "seeds", folder / "config", ingest
        self.second = SECOND
        self.workers: list[TestClient] = []

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.second, UTC)

    def write(self, name: str, fields: Fields | None) -> None:
        """Change an article, and let ingest see it."""
        path = self.seeds / f"{name}.json"
        path.write_text(json.dumps(fields)) if fields else path.unlink()
        self.scan()

    def configure(self, **files: Any) -> None:
        """Change the configuration, which ingest does not see before the next scan."""
        configure(self.config, **files)

    def scan(self) -> None:
        self._ingest.scan(load(self.config, BASE).digests, accept=True)


@contextmanager
def running(folder: Path, *articles: Fields, **config: Any) -> Iterator[Site]:
    seeds, data = put(folder / "seeds", *articles), folder / "data"
    configure(folder / "config", **config)
    with open_to_write(data) as engine, ExitStack() as stack:
        site: Site
        ingest = Pipeline(seeds, Writer(engine), print, processes=1, clock=lambda: site.second)
        site = Site(folder, ingest)
        site.scan()
        for _ in range(2):
            client = serving(data, folder / "config", site.clock)
            site.workers.append(stack.enter_context(client))
        yield site


def new(number: int, **fields: Any) -> Fields:
    """Return an article of a topic and a host of its own, so that lists show it too."""
    given = {"topics": ["AI", f"Title {number}"], "quality": 9, **fields}
    return article(number + 1, url=f"https://title{number}.example/", **given)


class History:
    """The versions of a document, as two workers have sent them, and the state of a 304."""

    def __init__(self, site: Site, address: str) -> None:
        self.site, self.address = site, address
        self.versions = [[ask(worker, address) for worker in site.workers]]

    def change(self, change: Callable[[], None]) -> None:
        """Make another version; no older one is then taken for it."""
        before = {response.body for version in self.versions for response in version}
        change()
        for worker in self.site.workers:
            wait_for(lambda: ask(worker, self.address).body not in before, "another version")
        for worker in self.site.workers:
            assert not any(self.unmodified(worker))
        self.versions.append([ask(worker, self.address) for worker in self.site.workers])

    def unmodified(self, worker: TestClient) -> list[bool]:
        """Return for each version so far whether it gets a 304 by its date."""
        since = [sent.headers["last-modified"] for version in self.versions for sent in version]
        return [
            ask(worker, self.address, headers={"if-modified-since": date}).status == 304
            for date in since
        ]

    def dates(self) -> list[int]:
        """Return the dates of all versions, in seconds; of one version all workers say one."""
        dates = [{seconds(sent) for sent in version} for version in self.versions]
        assert all(len(date) == 1 for date in dates)
        return [date.pop() for date in dates]


def seconds(response: Response) -> int:
    return int(parsedate_to_datetime(response.headers["last-modified"]).timestamp())


@pytest.mark.parametrize("address", [*FEEDS, *LISTS, *OTHERS])
def test_changes_within_a_second_have_dates_of_their_own(tmp_path: Path, address: str) -> None:
    with running(tmp_path, new(0), sets={"s": SET}) as site:
        history = History(site, address)
        site.second += 60
        for number in range(1, 5):
            history.change(partial(site.write, f"a{number}", new(number)))
            if number <= 2:  # later ones are more than a second ahead of the clock
                worker = site.workers[0]
                assert history.unmodified(worker)[-2:] == [True, True]
        dates = history.dates()
        assert len(set(dates[:3])) == 3
        assert max(dates) == site.second + 1
        site.second += 60
        with serving(tmp_path / "data", tmp_path / "config", site.clock) as restarted:
            assert not any(history.unmodified(restarted)[:-2])
            latest = ask(restarted, address)
            since = {"if-modified-since": latest.headers["last-modified"]}
            assert ask(restarted, address, headers=since).status == 304


def test_an_entry_that_grows_too_old_as_another_changes(tmp_path: Path) -> None:
    old, address = new(0, date="2020-09-13T12:19:59Z"), "/all.rss?since=1d"
    with running(tmp_path, old, new(1, date="2020-09-13T12:25:00Z")) as site:
        history = History(site, address)
        site.second += 86400 - 400
        history.change(lambda: None)  # at this second it has left
        history.change(partial(site.write, "a", new(2, date="2020-09-14T10:00:00Z")))
        assert history.dates()[1:] == [site.second, site.second]
        history.change(partial(site.write, "b", new(3, date="2020-09-14T10:00:00Z")))
        assert history.unmodified(site.workers[0])[-2:] == [True, True]


def test_another_spelling_of_a_name_dates_what_shows_it(tmp_path: Path) -> None:
    spelled = [article(n, topics=["AI"], provider={"name": "Daily"}) for n in (2, 3)]
    with running(tmp_path, new(0), *spelled, new(1, topics=["Law"])) as site:
        histories = [History(site, address) for address in ("/topics/law.rss", "/", "/all.json")]
        site.write("1", new(0, topics=["Ai"]))
        others = [article(n, topics=["aI"], provider={"name": "DAILY"}) for n in (2, 3)]
        site.write("2", others[0])
        histories[1].change(partial(site.write, "3", others[1]))


@pytest.mark.parametrize(
    ("address", "changed"),
    [
        ("/sets/s.rss", {"sets": {"s": {**SET, "title": "B"}}}),
        ("/all.rss", {"site": {"title": "B"}}),
        ("/", {"site": {"title": "B"}}),
    ],
)
def test_a_configuration_that_is_not_dated_yet_gives_no_304_by_date(
    tmp_path: Path, address: str, changed: dict[str, Any]
) -> None:
    with running(tmp_path, new(0), sets={"s": SET}, site={"title": "A"}) as site:
        site.second += 60
        history = History(site, address)
        assert all(history.unmodified(site.workers[0]))
        history.change(partial(site.configure, **changed))
        site.scan()
        wait_for(lambda: seconds(ask(site.workers[0], address)) == site.second, "its date")
        assert not any(history.unmodified(site.workers[0]))


def test_a_server_at_another_address_dates_its_documents_again(tmp_path: Path) -> None:
    with running(tmp_path, new(0)) as site:
        before = ask(site.workers[0], "/all.rss")
    elsewhere = load(tmp_path / "config", "https://elsewhere.example").digests
    with open_to_write(tmp_path / "data") as engine:
        Pipeline(tmp_path / "seeds", Writer(engine), print, 1, lambda: SECOND).scan(elsewhere)
    with serving(tmp_path / "data", tmp_path / "config", site.clock) as client:
        since = {"if-modified-since": before.headers["last-modified"]}
        assert ask(client, "/all.rss", headers=since).status == 200


def test_a_list_by_token_is_not_revalidated_by_date(tmp_path: Path) -> None:
    sets = {"s": {**SET, "private": True}}
    with running(tmp_path, new(0), sets=sets) as site:
        for headers, query in (({"authorization": "Bearer x"}, ""), ({}, "?token=x")):
            listed = ask(site.workers[0], f"/feeds.json{query}", headers=headers)
            since = {"if-modified-since": listed.headers["last-modified"]}
            again = ask(site.workers[0], f"/feeds.json{query}", headers=headers | since)
            assert again.status == 200
