"""One article saved, until its new bytes are served.

Articles are saved as editors do it, written beside and renamed, while a client
polls several feeds that they are in. The clock starts when the file has its
name and stops when a feed's answer has the new title. Saves come further apart
than a second: a document that is asked for all the time is made anew at most
once a second, which one article saved never meets.
"""

import os
import time
from pathlib import Path
from typing import Final

from benchmarks.articles import USUAL
from benchmarks.scale.served import Served

_PATIENCE: Final = 30.0
_PAUSE: Final = 1.3
_POLL: Final = 0.002
_TOPICS: Final = USUAL.topics[0], USUAL.topics[20]
_ARTICLE: Final = """\
---
title: {title}
excerpt: Saved while the service runs.
publishedDateTime: 2031-01-{day:02}T12:00:00Z
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
    """Saves and polls at one service; `seconds` by feed and save."""

    def __init__(self, served: Served) -> None:
        self._served = served
        self._number = 0
        self.seconds: list[float] = []
        second = _TOPICS[1].lower().replace(" ", "-")
        self._feeds = [feed.format(second=second) for feed in _FEEDS]
        for feed in self._feeds:
            status, _ = served.get(feed)
            assert status == 200, (feed, status)

    def trial(self) -> None:
        """Save one article, by turns a new one and one that was there; wait for all feeds."""
        self._number += 1
        fresh = self._number % 3 == 0
        name = f"saved-{self._number if fresh else self._number % 3}"
        title = f"Saved {os.urandom(6).hex()}"
        content = _ARTICLE.format(
            title=title,
            day=1 + self._number % 28,
            domain=_DOMAIN,
            name=name,
            provider=_PROVIDER,
            topics=_TOPICS,
        )
        path = self._path(name)
        beside = path.with_name(f".{path.name}.tmp")
        beside.write_text(content)
        os.replace(beside, path)
        started = time.perf_counter()
        waiting = list(self._feeds)
        while waiting:
            for feed in list(waiting):
                _, body = self._served.get(feed)
                if title.encode() in body:
                    self.seconds.append(time.perf_counter() - started)
                    waiting.remove(feed)
            if time.perf_counter() - started > _PATIENCE:
                raise TimeoutError(f"{path}: not served after {_PATIENCE:.0f} s in {waiting}")
            time.sleep(_POLL)
        time.sleep(_PAUSE)

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
