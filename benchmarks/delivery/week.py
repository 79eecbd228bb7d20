"""A week of polling in minutes: readers of mixed habits, a publisher who goes on publishing.

The clock of the week is made up; requests and answers are real, and so are the
publisher's files, their ingest and the server's following it. Polls of one
moment go over a few kept connections, in batches: what readers hold is their
own, the connection is not. Every answer is looked at: a 304 for a reader who
has another version than the feed's, or a body that is not the feed's, ends it.
"""

import time
from argparse import Namespace
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from benchmarks.articles import Article, article
from benchmarks.delivery.asking import Connection, get, request
from benchmarks.delivery.ours import Server, Site
from benchmarks.delivery.processes import LOAD_CORE, pin, until
from benchmarks.delivery.readers import HOUR, Reader, readers
from benchmarks.delivery.table import mebibytes, table
from benchmarks.generate import articles, write

WEEK: Final = 7 * 24 * HOUR
STEP: Final = 6 * HOUR  # from one visit of the publisher to the next
NEW: Final = 4  # articles each time
CORRECTED: Final = 2
FEEDS: Final = 40
FORMATS: Final = ("rss", "atom", "json")
BATCH: Final = 16  # requests on their way at a time
START: Final = datetime(2026, 1, 5, tzinfo=UTC)


@dataclass(slots=True)
class Tally:
    """What became of some polls."""

    polls: int = 0
    same: int = 0  # 304
    sent: int = 0  # bytes, heads included
    plain: int = 0  # bytes had every answer been the whole document as it is

    def add(self, other: "Tally") -> None:
        """Count these too."""
        self.polls += other.polls
        self.same += other.same
        self.sent += other.sent
        self.plain += other.plain


@dataclass(frozen=True, slots=True)
class Version:
    """A feed as it is now."""

    digest: str
    size: int  # of a whole answer that is not compressed


def run(place: Path, wanted: Namespace) -> None:
    """Simulate and print."""
    site = Site(place)
    made = list(articles(wanted.articles, seed=1))
    site.fill(made)
    tallies: dict[str, Tally] = defaultdict(Tally)
    started = time.monotonic()
    with site.served() as server:
        pin(LOAD_CORE)
        feeds = [f"{path}.{FORMATS[n % 3]}" for n, path in enumerate(server.feeds()[:FEEDS])]
        polling = readers(wanted.readers, feeds, seed=1)
        connection = Connection(server.port)
        polls, changes = 0, 0
        for step in range(WEEK // STEP):
            if step:
                changes += publish(site, server, made, step)
            now = versions(server, feeds)
            due = list(schedule(polling, step * STEP, (step + 1) * STEP))
            due = due[: max(0, wanted.most_requests - polls)]
            for start in range(0, len(due), BATCH):
                poll(connection, due[start : start + BATCH], now, tallies)
            polls += len(due)
        connection.close()
        busy = server.busy()
    full = polls >= wanted.most_requests
    print(
        f"{wanted.readers:,} readers of {len(feeds)} feeds, {changes} articles added or corrected"
        f" in {WEEK // STEP} visits; {time.monotonic() - started:.0f} s, of the serving process's"
        f" core {busy:.1f} s" + ("; cut short at --most-requests" if full else "")
    )
    print(report(tallies))


def schedule(polling: list[Reader], start: float, end: float) -> Iterator[tuple[Reader, str]]:
    """Who asks for what between two moments, in order."""
    moments: list[tuple[float, int]] = []
    for number, reader in enumerate(polling):
        moment = reader.first + max(0, -(-(start - reader.first) // reader.interval)) * (
            reader.interval
        )
        while moment < end:
            moments.append((moment, number))
            moment += reader.interval
    for _, number in sorted(moments):
        for feed in polling[number].feeds:
            yield polling[number], feed


def publish(site: Site, server: Server, made: list[Article], step: int) -> int:
    """New articles, and corrections of the latest; waits until they are served."""
    # HTTP's dates have seconds: by its date alone, no one could tell a change from
    # what was read in the same second (RFC 9110 8.8.2.2). Weeks are longer than this one.
    time.sleep(1.01 - time.time() % 1)
    before = get(server.port, "/all.json").etag
    moment = START + timedelta(seconds=step * STEP)
    new = []
    for number in range(NEW):
        one = article(1, 1_000_000 + step * NEW + number)
        published = moment - timedelta(minutes=number)
        new.append(replace(one, public=True, story=replace(one.story, published=published)))
    corrected = [
        replace(one, story=replace(one.story, title=f"{one.story.title} (corrected)"))
        for one in made[-CORRECTED:]
    ]
    made += new
    write(site.seeds, [*new, *corrected])
    until(lambda: get(server.port, "/all.json").etag != before, "the new articles are served")
    settle(server)
    return len(new) + len(corrected)


def settle(server: Server) -> None:
    """Wait until nothing changes any more: one visit may be several transactions."""
    quiet = 0
    last = ""
    while quiet < 5:
        time.sleep(0.1)
        now = get(server.port, "/all.json").etag + get(server.port, "/feeds.json").etag
        quiet = quiet + 1 if now == last else 0
        last = now


def versions(server: Server, feeds: list[str]) -> dict[str, Version]:
    """What each feed is now, asked for as it is."""
    found = {}
    for feed in feeds:
        reply = get(server.port, feed)
        found[feed] = Version(digest(reply.etag), reply.size)
    return found


def digest(tag: str) -> str:
    """What a tag says of the document, whatever its coding."""
    return tag.strip('"').partition("-")[0]


def poll(
    connection: Connection,
    batch: list[tuple[Reader, str]],
    now: dict[str, Version],
    tallies: dict[str, Tally],
) -> None:
    """Ask, and look at what comes."""
    # One reader may be in a batch twice for one feed: it has not seen the first
    # answer when it asks again, and no matter.
    connection.send(b"".join(request(feed, *reader.headers(feed)) for reader, feed in batch))
    moment = time.time()
    for reader, feed in batch:
        reply = connection.receive()
        version = now[feed]
        if reply.status == 304:
            assert digest(reader.seen[feed].tag) == version.digest, (
                f"{feed}: a wrong 304 for {reader.headers(feed)}"
            )
        else:
            assert (reply.status, digest(reply.etag)) == (200, version.digest), feed
        reader.take(feed, reply, moment)
        one = Tally(1, int(reply.status == 304), reply.size, version.size)
        tallies[reader.habit].add(one)
        tallies["all"].add(one)


def report(tallies: dict[str, Tally]) -> str:
    """By habit."""
    rows = []
    for name, one in sorted(tallies.items(), key=lambda item: (item[0] == "all", -item[1].polls)):
        rows.append(
            [
                name,
                f"{one.polls:,}",
                f"{one.same / one.polls:.1%}",
                mebibytes(one.sent),
                mebibytes(one.plain - one.sent),
                f"{1 - one.sent / one.plain:.1%}",
            ]
        )
    head = ["says of what it has", "polls", "304", "sent", "saved", "of all"]
    return table(head, rows)
