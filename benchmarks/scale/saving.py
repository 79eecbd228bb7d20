"""One article saved, until its new bytes are served.

Articles are saved as editors do it, written beside and renamed, while a client
polls several feeds that they are in. The clock starts when the file has its
name and stops when a feed's answer has the new title. Saves come further apart
than a second: a document that is asked for all the time is made anew at most
once a second, which one article saved never meets.

An article can also be held until its date: then the clock starts at that second.
"""

import math
import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.articles import USUAL
from benchmarks.scale.served import Served

_PATIENCE: Final = 30.0
_PAUSE: Final = 1.3
_HELD: Final = 2.0  # seconds at least, and up to one more
_POLL: Final = 0.002
_TOPICS: Final = USUAL.topics[0], USUAL.topics[20]
_ARTICLE: Final = """\
---
title: {title}
excerpt: Saved while the service runs.
publishedDateTime: {date}
sourceUrl: https://{domain}/{name}
provider:
  name: {provider}
  domain: {domain}
topics:
  - {topics[0]}
  - {topics[1]}
quality: 50
published: true
---
"""
_PROVIDER: Final = USUAL.providers[0]
_DOMAIN: Final = _PROVIDER.lower().replace(" ", "") + ".example"
_FEEDS: Final = (
    "/all.rss",
    "/topics/ai.atom",
    "/topics/{second}.json",
    "/topics/ai+{second}.rss",
    f"/providers/{_DOMAIN}.atom",
)


class Saving:
    """Saves and polls at one service; `seconds` by feed and save, and `late` after a date."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._number = 0
        self.seconds: list[float] = []
        self.late: list[float] = []
        second = _TOPICS[1].lower().replace(" ", "-")
        self._feeds = [feed.format(second=second) for feed in _FEEDS]
        for feed in self._feeds:
            status, _ = served.get(feed)
            assert status == 200, (feed, status)

    def trial(self) -> None:
        """Save one article, by turns a new one and one that was there; wait for all feeds."""
        self._save(time.time())
        started = time.time()
        self.seconds += [at - started for at in self._served_at()]
        time.sleep(_PAUSE)

    def appearance(self) -> None:
        """Save one article with a date ahead, and wait for all feeds."""
        date = math.ceil(time.time() + _HELD)
        self._save(date)
        self.late += [at - date for at in self._served_at()]
        if min(self.late) < 0:
            raise ValueError("an article was served before its date")
        time.sleep(_PAUSE)

    def _save(self, date: float) -> None:
        self._number += 1
        fresh = self._number % 3 == 0
        name = f"saved-{self._number if fresh else self._number % 3}"
        self._title = f"Saved {os.urandom(6).hex()}"
        content = _ARTICLE.format(
            title=self._title,
            date=datetime.fromtimestamp(date, UTC).isoformat(timespec="seconds"),
            domain=_DOMAIN,
            name=name,
            provider=_PROVIDER,
            topics=_TOPICS,
        )
        path = self._path(name)
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text(content)
        os.replace(beside, path)

    def _served_at(self) -> list[float]:
        """Wait until the article is in all feeds; return when it was in each."""
        deadline = time.time() + _PATIENCE
        times, waiting = [], list(self._feeds)
        while waiting:
            for feed in list(waiting):
                _, body = self._served.get(feed)
                if self._title.encode() in body:
                    times.append(time.time())
                    waiting.remove(feed)
            if time.time() > deadline:
                raise TimeoutError(f"not served after {_PATIENCE:.0f} s in {waiting}")
            time.sleep(_POLL)
        return times

    def tidy(self) -> None:
        """Take away what was saved, and wait until it is no longer served."""
        for path in self._served.place.seeds.glob("saved-*.md"):
            path.unlink()
        deadline = time.perf_counter() + _PATIENCE
        while b"Saved while the service runs" in self._served.get(self._feeds[0])[1]:
            if time.perf_counter() > deadline:
                raise TimeoutError("what was taken away is still served")
            time.sleep(0.1)

    def _path(self, name: str) -> Path:
        return self._served.place.seeds / f"{name}.md"
