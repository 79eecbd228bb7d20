"""What a serving process has answered since it last wrote it down. Pure.

Everything here is bounded: clients can call themselves what they like. No
address of a client is kept, only a hash that means nothing once its day is over.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from feeds.stats.user_agents import BROWSERS, agent

_MOST_AGENTS: Final = 500
_MOST_TARGETS: Final = 2000
_MOST_POLLERS: Final = 50_000
_FORMATS: Final = (".rss", ".atom", ".json")
OTHERS: Final = "Others"


class Answered(NamedTuple):
    """One answer: to what, how, and how long the document would have been without coding."""

    target: str
    status: int
    sent: int
    whole: int
    conditional: bool
    user_agent: str
    clients: Iterable[str] = ()


@dataclass(slots=True)
class Sum:
    """Answers added up; bytes are those of bodies."""

    requests: int = 0
    same: int = 0  # 304
    errors: int = 0
    sent: int = 0
    saved: int = 0  # by 304 and by coding


@dataclass(slots=True)
class Reader:
    """What one program did."""

    requests: int = 0
    conditional: int = 0
    same: int = 0


@dataclass(slots=True)
class Tally:
    """Counts of one stretch of time within one day, whose salt hashes clients."""

    salt: bytes = b""
    sum: Sum = field(default_factory=Sum)
    readers: dict[str, Reader] = field(default_factory=dict)
    targets: Counter[str] = field(default_factory=Counter)
    subscribers: dict[tuple[str, str], int] = field(default_factory=dict)
    pollers: set[bytes] = field(default_factory=set)

    def add(self, one: Answered, times: int = 1) -> None:
        """Count an answer that was given some times."""
        total = self.sum
        total.requests += times
        total.same += times * (one.status == 304)
        total.errors += times * (one.status >= 400)
        total.sent += times * one.sent
        total.saved += times * max(0, one.whole - one.sent)
        path = one.target.partition("?")[0]
        if one.status in (200, 226, 304) and path.endswith(_FORMATS):
            self._of_feed(one, times)

    def _of_feed(self, one: Answered, times: int) -> None:
        if one.target in self.targets or len(self.targets) < _MOST_TARGETS:
            self.targets[one.target] += times
        who = agent(one.user_agent)
        name = who.name
        if name not in self.readers and len(self.readers) >= _MOST_AGENTS:
            name = OTHERS
        reader = self.readers.setdefault(name, Reader())
        reader.requests += times
        reader.conditional += times * one.conditional
        reader.same += times * (one.status == 304)
        if who.subscribers is not None:
            key = name, one.target
            if key in self.subscribers or len(self.subscribers) < _MOST_TARGETS:
                self.subscribers[key] = who.subscribers
        elif name != BROWSERS and one.conditional and len(self.pollers) < _MOST_POLLERS:
            for client in one.clients:
                seen = f"{client}\0{one.user_agent}".encode()
                self.pollers.add(blake2b(seen, key=self.salt, digest_size=8).digest())

    def take(self) -> "Tally":
        """What was counted; counting begins anew."""
        taken = Tally(self.salt, self.sum, self.readers, self.targets,
                      self.subscribers, self.pollers)  # fmt: skip
        self.sum, self.readers, self.targets = Sum(), {}, Counter()
        self.subscribers, self.pollers = {}, set()
        return taken
