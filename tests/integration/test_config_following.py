"""A folder of configuration that is followed: however it changes, that is noticed."""

import asyncio
import logging
import os
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from feeds.config.reloader import ConfigReloader
from tests.support.folders import configure
from tests.support.waiting import LONGEST_WAIT


class Followed:
    """A reloader that is followed; `title` waits for the site to have a title."""

    def __init__(self, folder: Path, seeds: Path | None = None, *, poll: bool) -> None:
        self.reloader = ConfigReloader(folder, "https://feeds.example", seeds=seeds, poll=poll)
        self.looks = 0
        self._looked = asyncio.Event()

    async def look(self) -> None:
        self.reloader.refresh(lambda problems: None)
        self.looks += 1
        self._looked.set()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, which only a look can make true."""
        while not condition():
            self._looked.clear()
            await self._looked.wait()

    async def title(self, title: str) -> None:
        await self.until(lambda: self.reloader.config.site.title == title)

    async def watched(self) -> None:
        """Wait until changes are reported: there is a look as soon as they are."""
        await self.until(lambda: self.looks >= 2)


def following(
    folder: Path,
    steps: Callable[[Followed], Awaitable[None]],
    *,
    seeds: Path | None = None,
    poll: bool = False,
) -> None:
    """Follow a folder while the steps of a test are taken."""

    async def run() -> None:
        followed = Followed(folder, seeds, poll=poll)
        task = asyncio.create_task(followed.reloader.follow(followed.look))
        try:
            async with asyncio.timeout(LONGEST_WAIT):
                await followed.watched()
                await steps(followed)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(run())


@pytest.fixture(autouse=True)
def reported(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """What is noticed has been reported, and not found by a look that comes in any case."""
    monkeypatch.setattr("feeds.config.reloader._SAFETY", 1000.0)
    yield
    assert "is polled" not in caplog.text


def titled(folder: Path, title: str) -> Path:
    return configure(folder, site={"title": title})


@pytest.mark.parametrize("poll", [False, True])
def test_a_file_that_is_written_replaced_or_deleted_is_noticed(tmp_path: Path, poll: bool) -> None:
    folder = titled(tmp_path / "config", "One")

    async def steps(followed: Followed) -> None:
        titled(folder, "Two")
        await followed.title("Two")
        titled(tmp_path / "new", "Three")
        os.replace(tmp_path / "new" / "site.yaml", folder / "site.yaml")
        await followed.title("Three")
        (folder / "site.yaml").unlink()
        await followed.title("News")

    following(folder, steps, poll=poll)


@pytest.mark.parametrize("poll", [False, True])
@pytest.mark.parametrize("below", ["config", "srv/site/config"])
def test_a_folder_that_comes_later_is_noticed(tmp_path: Path, below: str, poll: bool) -> None:
    folder = tmp_path / below

    async def steps(followed: Followed) -> None:
        titled(folder, "Come")
        await followed.title("Come")
        titled(folder, "And changed")
        await followed.title("And changed")

    following(folder, steps, poll=poll)


def test_a_folder_that_goes_is_noticed_and_so_is_its_return(tmp_path: Path) -> None:
    folder = titled(tmp_path / "config", "Here")

    async def steps(followed: Followed) -> None:
        for _ in range(2):
            folder.rename(tmp_path / "away")
            await followed.until(lambda: bool(followed.reloader.problems))
            (tmp_path / "away").rename(folder)
            await followed.until(lambda: not followed.reloader.problems)
        titled(folder, "Changed")
        await followed.title("Changed")

    following(folder, steps)


def test_a_folder_that_is_deleted_and_made_again_at_once_is_followed(tmp_path: Path) -> None:
    folder = titled(tmp_path / "config", "0")

    async def steps(followed: Followed) -> None:
        for number in range(1, 4):
            (folder / "site.yaml").unlink()
            folder.rmdir()
            titled(folder, f"New {number}")
            await followed.title(f"New {number}")
            titled(folder, f"Changed {number}")
            await followed.title(f"Changed {number}")

    following(folder, steps)


@pytest.mark.parametrize("link", ["config", "current/config"])
def test_a_link_that_is_switched_is_noticed_and_what_it_leads_to_is_followed(
    tmp_path: Path, link: str
) -> None:
    """As deployments switch a folder, or one above it, from one release to the next."""
    for number in (1, 2):
        titled(tmp_path / f"releases/{number}/config", f"Release {number}")
    place = tmp_path / Path(link).parts[0]
    below = "config" if link == "config" else ""

    def switch(number: int) -> None:
        (tmp_path / "next").symlink_to(Path("releases", str(number), below))
        os.replace(tmp_path / "next", place)

    switch(1)

    async def steps(followed: Followed) -> None:
        assert followed.reloader.config.site.title == "Release 1"
        for number in (2, 1, 2):
            switch(number)
            await followed.title(f"Release {number}")
            titled(tmp_path / f"releases/{number}/config", "Mended")
            await followed.title("Mended")
            titled(tmp_path / f"releases/{number}/config", f"Release {number}")
            await followed.title(f"Release {number}")

    following(tmp_path / link, steps)


def test_a_config_map_of_kubernetes_is_followed(tmp_path: Path) -> None:
    """Its files are links through `..data`, which is switched from one folder to the next."""
    folder = tmp_path / "config"

    def mount(number: int) -> None:
        titled(folder / f"..{number}", f"Map {number}")
        (folder / "..data_tmp").symlink_to(f"..{number}")
        os.replace(folder / "..data_tmp", folder / "..data")

    mount(1)
    (folder / "site.yaml").symlink_to("..data/site.yaml")

    async def steps(followed: Followed) -> None:
        assert followed.reloader.config.site.title == "Map 1"
        for number in (2, 3):
            mount(number)
            await followed.title(f"Map {number}")
            assert followed.reloader.problems == ()

    following(folder, steps)


@pytest.mark.parametrize("above", ["..", "../config/./..", "{tmp_path}"])
def test_what_a_linked_file_leads_to_is_followed(tmp_path: Path, above: str) -> None:
    titled(tmp_path / "shared", "One")
    (tmp_path / "config").mkdir()
    target = above.format(tmp_path=tmp_path) + "/shared/site.yaml"
    (tmp_path / "config" / "site.yaml").symlink_to(target)

    async def steps(followed: Followed) -> None:
        titled(tmp_path / "shared", "Two")
        await followed.title("Two")

    following(tmp_path / "config", steps)


def test_a_file_beside_the_folder_makes_no_work(tmp_path: Path) -> None:
    folder = titled(tmp_path / "config", "One")

    async def steps(followed: Followed) -> None:
        looks = followed.looks
        for number in range(20):
            (tmp_path / "log").write_text(str(number))
        titled(folder, "Two")
        await followed.title("Two")
        # One that finds the file too new at most, and one once it has settled.
        assert followed.looks - looks <= 3

    following(folder, steps)


def test_a_folder_whose_changes_are_not_reported_is_polled_and_that_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """watchfiles gives up at a name that is not UTF-8."""
    folder = titled(tmp_path / "config", "One")

    async def steps(followed: Followed) -> None:
        (folder / os.fsdecode(b"\xff.yaml.txt")).write_text("")
        await followed.until(lambda: "is polled" in caplog.text)
        for title in ("Two", "Three"):
            titled(folder, title)
            await followed.title(title)

    with caplog.at_level(logging.WARNING):
        following(folder, steps)
    (message,) = (record.getMessage() for record in caplog.records if record.name == "feeds")
    caplog.clear()
    assert message.startswith(f"{folder} is polled: the system reports no changes: ")


def test_what_is_not_reported_is_found_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders above the parent are not watched."""
    monkeypatch.setattr("feeds.config.reloader._SAFETY", 0.0)
    titled(tmp_path / "one/srv/config", "One")
    titled(tmp_path / "two/srv/config", "Two")

    async def steps(followed: Followed) -> None:
        (tmp_path / "one").rename(tmp_path / "zero")
        (tmp_path / "two").rename(tmp_path / "one")
        await followed.title("Two")

    following(tmp_path / "one/srv/config", steps)


def test_the_thread_that_watches_ends_with_the_task(tmp_path: Path) -> None:
    async def steps(followed: Followed) -> None:
        assert "configuration" in [thread.name for thread in threading.enumerate()]

    following(titled(tmp_path / "config", "One"), steps)
    for thread in threading.enumerate():
        if thread.name == "configuration":
            thread.join(LONGEST_WAIT)
            assert not thread.is_alive()


def test_an_error_that_ends_the_watch_ends_following_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that whoever supervises it starts it again."""

    def broken(folder: Path, _beside: object) -> None:
        raise KeyError(folder.name)

    monkeypatch.setattr("feeds.config.reloader._Watched.of", broken)
    reloader = ConfigReloader(titled(tmp_path / "config", "One"), "https://feeds.example")

    async def look() -> None:
        reloader.refresh(lambda problems: None)

    with pytest.raises(KeyError, match="config"):
        asyncio.run(asyncio.wait_for(reloader.follow(look), LONGEST_WAIT))


def test_a_refused_or_unsettled_change_is_looked_at_again_without_another(tmp_path: Path) -> None:
    folder = tmp_path / "config"
    configure(folder, sets={"board": {"include": {"topics": "AI"}, "private": True}})

    async def steps(followed: Followed) -> None:
        configure(folder, sets={"board": {"include": {"topics": "AI"}}})
        await followed.until(lambda: not followed.reloader.config.sets["board"].private)
        (folder / "sets.yaml").write_text("board: 5\n")
        await followed.until(lambda: bool(followed.reloader.problems))

    following(folder, steps)


@pytest.mark.parametrize("below", ["config/people", "seeds/data"])
def test_a_file_of_authors_is_followed_wherever_it_is(tmp_path: Path, below: str) -> None:
    folder, path = titled(tmp_path / "config", "One"), tmp_path / below / "authors.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / "seeds").mkdir(exist_ok=True)
    path.write_text("jo: Jo\n")

    async def steps(followed: Followed) -> None:
        def name() -> str:
            authors = followed.reloader.config.articles.authors
            return authors["jo"].name if authors else ""

        named = path.relative_to(tmp_path / Path(below).parts[0])
        configure(folder, articles={"authors": str(named)})
        await followed.until(lambda: name() == "Jo")
        path.write_text("jo: Jo Doe\n")
        await followed.until(lambda: name() == "Jo Doe")
        (path.parent / "next").write_text("jo: Jo Roe\n")
        os.replace(path.parent / "next", path)
        await followed.until(lambda: name() == "Jo Roe")
        path.write_text("jo: [\n")
        await followed.until(lambda: bool(followed.reloader.problems))
        assert name() == "Jo Roe"
        path.unlink()
        await followed.until(lambda: "does not exist" in str(followed.reloader.problems))
        assert name() == "Jo Roe"
        path.write_text("jo: Jo again\n")
        await followed.until(lambda: name() == "Jo again")
        assert not followed.reloader.problems

    following(folder, steps, seeds=tmp_path / "seeds")
