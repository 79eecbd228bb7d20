"""What is kept of the audience: added up over processes, bounded, without addresses."""

import sqlite3
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.model import Site
from feeds.render.html.status import State, status_page
from feeds.stats.counters import OTHERS, Answered, Tally
from feeds.stats.store import DAY, FILE, HOUR, History
from tests.support.html_pages import check

NOW = 20_000 * DAY + 5 * HOUR
FEEDLY = "Feedly/1.0 (+http://www.feedly.com/fetcher.html; {} subscribers; like FeedFetcher-Google)"


def answered(**changes: object) -> Answered:
    made = Answered("/all.rss", 200, 100, 1000, True, "NetNewsWire", ("192.0.2.1",))
    return made._replace(**changes)  # type: ignore[arg-type]


def counted(*answers: Answered, salt: bytes = b"salt") -> Tally:
    tally = Tally(salt)
    for one in answers:
        tally.add(one)
    return tally


def test_requests_and_bytes_are_added_up(tmp_path: Path) -> None:
    history = History(tmp_path)
    one = counted(answered(), answered(status=304, sent=0), answered(status=404, whole=100))
    history.add(one, NOW)
    history.add(counted(answered()), NOW)
    last = history.report(NOW).hours[-1]
    assert (last.requests, last.same, last.errors) == (4, 1, 1)
    assert (last.sent, last.saved) == (300, 900 + 1000 + 900)


def test_the_last_day_has_24_hours_and_the_last_month_30_days(tmp_path: Path) -> None:
    history = History(tmp_path)
    for hours in (0, 1, 23, 24, 24 * 29, 24 * 31):
        history.add(counted(answered()), NOW - hours * HOUR)
    report = history.report(NOW)
    assert [one.requests for one in report.hours] == [1] + [0] * 21 + [1, 1]
    assert len(report.days) == 30
    assert sum(one.requests for one in report.days) == 5


def test_subscribers_are_the_newest_number_of_each_service_for_each_feed(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(
        counted(
            answered(user_agent=FEEDLY.format(5)),
            answered(user_agent=FEEDLY.format(7)),
            answered(user_agent=FEEDLY.format(20), target="/topics/ai.atom"),
            answered(user_agent="Feedbin feed-id:1 - 3 subscribers"),
        ),
        NOW,
    )
    report = history.report(NOW)
    assert report.subscribers == 30
    assert {one.name: one.subscribers for one in report.readers} == {"Feedly": 27, "Feedbin": 3}
    assert report.audience[-1] == (NOW // DAY, 30, 0)


def test_a_service_that_no_longer_comes_is_no_longer_counted(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(counted(answered(user_agent=FEEDLY.format(5))), NOW)
    history.add(counted(answered()), NOW + DAY)
    assert history.report(NOW + DAY).subscribers == 5
    history.add(counted(answered()), NOW + 2 * DAY)
    report = history.report(NOW + 2 * DAY)
    assert report.subscribers == 0
    assert [subscribers for _, subscribers, _ in report.audience] == [5, 5, 0]


def test_other_clients_are_distinguished_and_counted_once_a_day_by_all_processes(
    tmp_path: Path,
) -> None:
    history = History(tmp_path)
    salt = history.salt(NOW)
    assert history.salt(NOW + HOUR) == salt
    for _ in range(2):  # two processes
        history.add(
            counted(
                answered(),
                answered(clients=("192.0.2.2",)),
                answered(user_agent="curl/8"),
                salt=salt,
            ),
            NOW,
        )
    assert history.report(NOW).pollers == 3


def test_who_is_not_polite_is_no_reader_yet(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(counted(answered(conditional=False), answered(target="/all")), NOW)
    assert history.report(NOW).pollers == 0


def test_nothing_is_left_of_an_address(tmp_path: Path) -> None:
    history = History(tmp_path)
    salt = history.salt(NOW)
    history.add(counted(answered(clients=("192.0.2.77",)), salt=salt), NOW)
    assert b"192.0.2.77" not in everything(tmp_path)
    history.salt(NOW + DAY)
    history.add(counted(answered()), NOW + DAY)
    with sqlite3.connect(tmp_path / FILE) as database:
        salts = [one for (one,) in database.execute("SELECT salt FROM salts")]
        days = [one for (one,) in database.execute("SELECT DISTINCT day FROM pollers")]
        assert salt not in salts
        assert days == [NOW // DAY + 1]
    database.close()


def everything(folder: Path) -> bytes:
    return b"".join(one.read_bytes() for one in folder.iterdir())


def test_readers_without_validators_are_named_after_some_requests(tmp_path: Path) -> None:
    history = History(tmp_path)
    sloppy = [answered(user_agent="Sloppy/1", conditional=False)] * 10
    rare = [answered(user_agent="Rare/1", conditional=False)] * 9
    history.add(counted(*sloppy, *rare, answered()), NOW)
    assert [one.name for one in history.report(NOW).silent] == ["Sloppy"]


def test_a_flood_of_names_and_addresses_is_bounded() -> None:
    tally = Tally(b"salt")
    for number in range(3000):
        tally.add(answered(user_agent=f"Bot{number}/1", target=f"/x{number}.rss"))
        tally.add(answered(user_agent=f"Feedly{number}/1 (3 subscribers)", target=f"/{number}.rss"))
    assert len(tally.readers) == 501
    assert OTHERS in tally.readers
    assert len(tally.targets) == len(tally.subscribers) == 2000
    assert tally.sum.requests == 6000


def test_what_is_older_than_five_weeks_goes(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(counted(answered()), NOW)
    history.add(counted(answered()), NOW + 40 * DAY)
    with sqlite3.connect(tmp_path / FILE) as database:
        assert database.execute("SELECT count(*) FROM hours").fetchone() == (1,)
    database.close()


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([200, 304, 404]), st.integers(0, 5000)), max_size=20))
def test_counting_at_once_and_one_by_one_is_the_same(given: list[tuple[int, int]]) -> None:
    answers = [answered(status=status, sent=sent) for status, sent in given]
    one_by_one, at_once = Tally(b"s"), Tally(b"s")
    for one in answers:
        one_by_one.add(one)
        one_by_one.add(one)
        at_once.add(one, 2)
    assert one_by_one == at_once


def test_the_page_says_how_many_entries_came_in_an_hour_a_day_and_a_week(tmp_path: Path) -> None:
    history = History(tmp_path)
    for back, entries in ((8 * DAY, 500), (DAY, 940), (2 * HOUR, 1010), (HOUR, 1003)):
        history.add(Tally(b"salt"), NOW - back, entries)
    state = State(NOW, True, scanned=True, entries=1000)
    words = check(status_page(Site("News", "https://a.example"), state, history.report(NOW))).words
    for span, grown in (("hour", "−3"), ("day", "+60"), ("week", "+500")):
        assert f"In the last {span}{grown} entries" in " ".join(words.split("\n"))


def test_growth_is_not_shown_before_it_is_known(tmp_path: Path) -> None:
    history = History(tmp_path)
    history.add(Tally(b"salt"), NOW, 1000)
    state = State(NOW, True, scanned=True, entries=1000)
    page = check(status_page(Site("News", "https://a.example"), state, history.report(NOW)))
    assert "In the last" not in page.words
