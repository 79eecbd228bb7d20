"""The statistics: added up over processes, bounded, without addresses of clients."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Site
from feeds.render.html.status import SystemState, status_page
from feeds.stats import store
from feeds.stats.counters import OTHERS, Counters, Served
from feeds.stats.report import DAY, HOUR
from feeds.stats.store import FILE, StatsStore
from feeds.util.sqlite_file import those_put_aside
from tests.support.html_pages import check
from tests.support.waiting import wait_for

NOW = 20_000 * DAY + 5 * HOUR
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; like FeedFetcher-Google)"


def served(**changes: object) -> Served:
    response = Served("/all.rss", 200, 100, 1000, True, "NetNewsWire", ("192.0.2.1",))
    return response._replace(**changes)  # type: ignore[arg-type]


def counted(*responses: Served, salt: bytes = b"salt") -> Counters:
    counters = Counters(salt)
    for response in responses:
        counters.add(response)
    return counters


def test_requests_and_bytes_are_added_up(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    one = counted(served(), served(status=304, sent=0), served(status=404, whole=100))
    store.add(one, NOW)
    store.add(counted(served()), NOW)
    last = store.report(NOW).hours[-1]
    assert (last.requests, last.not_modified, last.errors) == (4, 1, 1)
    assert (last.sent, last.saved) == (300, 900 + 1000 + 900)


def test_the_last_day_has_24_hours_and_the_last_month_30_days(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    for hours in (0, 1, 23, 24, 24 * 29, 24 * 31):
        store.add(counted(served()), NOW - hours * HOUR)
    report = store.report(NOW)
    assert [one.requests for one in report.hours] == [1] + [0] * 21 + [1, 1]
    assert len(report.days) == 30
    assert sum(one.requests for one in report.days) == 5


def test_a_day_has_a_bounded_number_of_rows_of_what_clients_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = tuple((table, key, order, 10) for table, key, order, _ in store._BOUNDS)
    monkeypatch.setattr(store, "_BOUNDS", bounds)
    statistics = StatsStore(tmp_path)
    statistics.add(counted(*[served()] * 5, served(user_agent=FEEDLY.format(42))), NOW)
    for start in range(0, 100, 20):
        made_up = [
            served(
                target=f"/all.rss?q={number}",
                user_agent=agent,
                clients=(f"192.0.2.{number}",),
            )
            for number in range(start, start + 20)
            for agent in (f"A{number}x/1", f"C{number}x/1 (1 subscriber)")
        ]
        statistics.add(counted(*made_up), NOW)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        for table, *_ in bounds:
            rows = database.execute(f"SELECT count(*) FROM {table}").fetchone()
            assert rows == (10,), table
    report = statistics.report(NOW)
    assert report.targets[0] == ("/all.rss", 6)
    assert report.agents[0].name == "NetNewsWire"
    assert report.subscribers == 42 + 9
    assert report.hours[-1].requests == 206


def test_addresses_that_are_too_long_are_counted_without_their_name(tmp_path: Path) -> None:
    statistics = StatsStore(tmp_path)
    statistics.add(counted(served(target="/all.rss?q=" + "a" * 490)), NOW)
    report = statistics.report(NOW)
    assert report.targets == ()
    assert report.hours[-1].requests == 1


def test_subscribers_are_the_newest_number_of_each_service_for_each_feed(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(
        counted(
            served(user_agent=FEEDLY.format(5)),
            served(user_agent=FEEDLY.format(7)),
            served(user_agent=FEEDLY.format(20), target="/topics/ai.atom"),
            served(user_agent="Feedbin feed-id:1 - 3 subscribers"),
        ),
        NOW,
    )
    report = store.report(NOW)
    assert report.subscribers == 30
    assert {one.name: one.subscribers for one in report.agents} == {"Feedly": 27, "Feedbin": 3}
    assert report.readers[-1] == (NOW // DAY, 30, 0)


def test_a_service_that_no_longer_comes_is_no_longer_counted(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served(user_agent=FEEDLY.format(5))), NOW)
    store.add(counted(served()), NOW + DAY)
    assert store.report(NOW + DAY).subscribers == 5
    store.add(counted(served()), NOW + 2 * DAY)
    report = store.report(NOW + 2 * DAY)
    assert report.subscribers == 0
    assert [subscribers for _, subscribers, _ in report.readers] == [5, 5, 0]


def test_other_clients_are_distinguished_and_counted_once_a_day_by_all_processes(
    tmp_path: Path,
) -> None:
    store = StatsStore(tmp_path)
    salt = store.salt(NOW)
    assert store.salt(NOW + HOUR) == salt
    for _ in range(2):  # two processes
        store.add(
            counted(
                served(),
                served(clients=("192.0.2.2",)),
                served(user_agent="curl/8"),
                salt=salt,
            ),
            NOW,
        )
    assert store.report(NOW).pollers == 3


def test_who_is_not_polite_is_no_reader_yet(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served(conditional=False), served(target="/all")), NOW)
    assert store.report(NOW).pollers == 0


def test_nothing_is_left_of_an_address(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    salt = store.salt(NOW)
    store.add(counted(served(clients=("192.0.2.77",)), salt=salt), NOW)
    assert b"192.0.2.77" not in everything(tmp_path)
    store.salt(NOW + DAY)
    store.add(counted(served()), NOW + DAY)
    with sqlite3.connect(tmp_path / FILE) as database:
        salts = [one for (one,) in database.execute("SELECT salt FROM salts")]
        days = [one for (one,) in database.execute("SELECT DISTINCT day FROM pollers")]
        assert salt not in salts
        assert days == [NOW // DAY + 1]
    database.close()


def everything(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


def test_readers_without_validators_are_named_after_some_requests(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    sloppy = [served(user_agent="Sloppy/1", conditional=False)] * 10
    rare = [served(user_agent="Rare/1", conditional=False)] * 9
    store.add(counted(*sloppy, *rare, served()), NOW)
    assert [one.name for one in store.report(NOW).without_validators] == ["Sloppy"]


def test_a_flood_of_names_and_addresses_is_bounded() -> None:
    counters = Counters(b"salt")
    for number in range(3000):
        counters.add(served(user_agent=f"Bot{number}/1", target=f"/x{number}.rss"))
        counters.add(
            served(user_agent=f"Feedly{number}/1 (3 subscribers)", target=f"/{number}.rss")
        )
    assert len(counters.agents) == 501
    assert OTHERS in counters.agents
    assert len(counters.targets) == len(counters.subscribers) == 2000
    assert counters.totals.requests == 6000


def test_what_is_older_than_five_weeks_goes(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served()), NOW)
    store.add(counted(served()), NOW + 40 * DAY)
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM hours").fetchone() == (1,)
    database.close()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([200, 304, 404]), st.integers(0, 5000)), max_size=20))
def test_counting_at_once_and_one_by_one_is_the_same(given: list[tuple[int, int]]) -> None:
    responses = [served(status=status, sent=sent) for status, sent in given]
    one_by_one, at_once = Counters(b"s"), Counters(b"s")
    for one in responses:
        one_by_one.add(one)
        one_by_one.add(one)
        at_once.add(one, 2)
    assert one_by_one == at_once


def test_the_page_says_how_many_entries_came_in_an_hour_a_day_and_a_week(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    for back, entries in ((8 * DAY, 500), (DAY, 940), (2 * HOUR, 1010), (HOUR, 1003)):
        store.add(Counters(b"salt"), NOW - back, entries)
    state = SystemState(NOW, True, scanned=True, entries=1000)
    words = check(status_page(Site("News", "https://a.example"), state, store.report(NOW))).words
    for span, grown in (("hour", "−3"), ("day", "+60"), ("week", "+500")):
        assert f"In the last {span}{grown} entries" in " ".join(words.split("\n"))


def test_growth_is_not_shown_before_it_is_known(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(Counters(b"salt"), NOW, 1000)
    state = SystemState(NOW, True, scanned=True, entries=1000)
    page = check(status_page(Site("News", "https://a.example"), state, store.report(NOW)))
    assert "In the last" not in page.words


# --- a file that cannot be used ----------------------------------------------------------


def test_statistics_of_another_version_are_put_aside_and_taken_over(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served(), served(user_agent=FEEDLY.format(5))), NOW, 70)
    salt, before = store.salt(NOW), store.report(NOW)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA journal_mode = WAL")  # as before the first release
        database.execute("PRAGMA user_version = 0")
    assert store.report(NOW) == before
    assert store.salt(NOW) == salt
    assert "they are of version 0, not 1" in caplog.text
    store.add(counted(served()), NOW)
    (aside,) = those_put_aside(tmp_path / FILE)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([FILE, aside.name])


def test_of_damaged_statistics_is_taken_over_what_can_be_read(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served()), NOW)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        size = database.execute("PRAGMA page_size").fetchone()[0]
        page = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'targets'")
        start = (page.fetchone()[0] - 1) * size
    whole = (tmp_path / FILE).read_bytes()
    (tmp_path / FILE).write_bytes(whole[:start] + b"\xff" * size + whole[start + size :])
    report = store.report(NOW)
    assert report.targets == ()
    assert [line.name for line in report.agents] == ["NetNewsWire"]
    store.add(counted(served()), NOW)
    assert store.report(NOW).targets == (("/all.rss", 1),)
    assert len(those_put_aside(tmp_path / FILE)) == 1


@pytest.mark.parametrize("file", [b"garbage" * 1000, b"SQLite format 3\0" + b"x" * 5000])
def test_a_file_that_is_no_database_is_put_aside(tmp_path: Path, file: bytes) -> None:
    for _ in range(2):  # the second time, one that was put aside is there already
        (tmp_path / FILE).write_bytes(file)
        store = StatsStore(tmp_path)
        store.add(counted(served()), NOW)
        assert store.report(NOW).hours[-1].requests == 1
    (aside,) = those_put_aside(tmp_path / FILE)
    assert aside.read_bytes() == file


def test_rows_of_wrong_types_are_not_taken_over(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("CREATE TABLE sizes (hour INTEGER PRIMARY KEY, entries)")
        database.execute("INSERT INTO sizes VALUES (?, 70), (?, 'many')", (NOW // HOUR, 1))
        database.execute("CREATE TABLE hours (hour INTEGER PRIMARY KEY, requests)")
        database.execute("INSERT INTO hours VALUES (?, 5)", (NOW // HOUR,))
        database.commit()
    report = StatsStore(tmp_path).report(NOW)
    assert report.entries == ((NOW // HOUR, 70),)
    assert report.hours[-1].requests == 0


def test_processes_that_find_it_unusable_at_once_replace_it_once(tmp_path: Path) -> None:
    store = StatsStore(tmp_path)
    store.add(counted(served()), NOW)
    with closing(sqlite3.connect(tmp_path / FILE)) as database:
        database.execute("PRAGMA user_version = 7")
    program = (
        "import sys; from pathlib import Path; from feeds.stats.counters import Counters, Served;"
        "from feeds.stats.store import StatsStore; counters = Counters();"
        "counters.add(Served('/all.rss', 200, 1, 1, True, 'NetNewsWire'));"
        "StatsStore(Path(sys.argv[1])).add(counters, int(sys.argv[2]))"
    )
    command = [sys.executable, "-c", program, str(tmp_path), str(NOW)]
    processes = [subprocess.Popen(command) for _ in range(4)]
    assert [process.wait() for process in processes] == [0] * 4
    assert store.report(NOW).hours[-1].requests == 5
    assert len(those_put_aside(tmp_path / FILE)) == 1


def test_a_file_that_is_deleted_while_threads_use_it_harms_nobody(tmp_path: Path) -> None:
    """With a write-ahead log it ended the process: see `store`."""
    ended = threading.Event()
    errors: list[BaseException] = []

    def use() -> None:
        store = StatsStore(tmp_path)
        while not ended.is_set():
            try:
                store.add(counted(served()), NOW)
                store.report(NOW)
            except sqlite3.OperationalError:
                pass  # what was deleted is lost
            except BaseException as error:
                errors.append(error)
                raise

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for _ in range(50):
        wait_for((tmp_path / FILE).exists, "the file")
        (tmp_path / FILE).unlink()
    ended.set()
    for thread in threads:
        thread.join()
    assert errors == []
    StatsStore(tmp_path).add(counted(served()), NOW)
    assert StatsStore(tmp_path).report(NOW).hours[-1].requests >= 1
