"""Count the responses of a serving process until they are written to the store. Pure.

All numbers are limited, because clients choose their names. No address of a client is stored, only
a hash that cannot be computed again after its day.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Final, NamedTuple

from feeds.stats.user_agents import BROWSERS, parse

_MOST_AGENTS: Final = 500
_MOST_TARGETS: Final = 2000
_MOST_POLLERS: Final = 50_000
_LONGEST_TARGET: Final = 500  # characters; longer addresses are not those of known feeds
_FORMATS: Final = (".rss", ".atom", ".json")
OTHERS: Final = "Others"


class Served(NamedTuple):
    """A response that was sent.

    `sent` and `whole` are bytes of its body, as sent and of the document without a
    coding; `conditional` says that the request had a validator.
    """

    target: str
    status: int
    sent: int
    whole: int
    conditional: bool
    user_agent: str
    clients: Iterable[str] = ()


@dataclass(slots=True)
class Totals:
    """All responses together; `sent` and `saved` are bytes of bodies.

    Bytes are saved by 304 and by content codings.
    """

    requests: int = 0
    not_modified: int = 0
    errors: int = 0
    sent: int = 0
    saved: int = 0


@dataclass(slots=True)
class AgentCounters:
    """The requests of one program for feeds."""

    requests: int = 0
    conditional: int = 0
    not_modified: int = 0


@dataclass(slots=True)
class Counters:
    """The responses of a part of one day, whose salt hashes clients.

    `agents` are by name, `targets` by address. `subscribers` has the latest number
    that a program names for an address. `pollers` are hashes of clients that send
    validators and name no number of subscribers.
    """

    salt: bytes = b""
    totals: Totals = field(default_factory=Totals)
    agents: dict[str, AgentCounters] = field(default_factory=dict)
    targets: Counter[str] = field(default_factory=Counter)
    subscribers: dict[tuple[str, str], int] = field(default_factory=dict)
    pollers: set[bytes] = field(default_factory=set)

    def add(self, served: Served, times: int = 1) -> None:
        """Count a response that was sent several times."""
        totals = self.totals
        totals.requests += times
        totals.not_modified += times * (served.status == 304)
        totals.errors += times * (served.status >= 400)
        totals.sent += times * served.sent
        totals.saved += times * max(0, served.whole - served.sent)
        path = served.target.partition("?")[0]
        if (
            served.status in (200, 226, 304)
            and path.endswith(_FORMATS)
            and len(served.target) <= _LONGEST_TARGET
        ):
            self._add_feed(served, times)

    def _add_feed(self, served: Served, times: int) -> None:
        if served.target in self.targets or len(self.targets) < _MOST_TARGETS:
            self.targets[served.target] += times
        name, subscribers = parse(served.user_agent)
        if name not in self.agents and len(self.agents) >= _MOST_AGENTS:
            name = OTHERS
        agent = self.agents.setdefault(name, AgentCounters())
        agent.requests += times
        agent.conditional += times * served.conditional
        agent.not_modified += times * (served.status == 304)
        if subscribers is not None:
            key = name, served.target
            if key in self.subscribers or len(self.subscribers) < _MOST_TARGETS:
                self.subscribers[key] = subscribers
        elif name != BROWSERS and served.conditional and len(self.pollers) < _MOST_POLLERS:
            for client in served.clients:
                seen = f"{client}\0{served.user_agent}".encode()
                self.pollers.add(blake2b(seen, key=self.salt, digest_size=8).digest())

    def take(self) -> "Counters":
        """Return the counts and begin again with none."""
        taken = Counters(self.salt, self.totals, self.agents, self.targets,
                         self.subscribers, self.pollers)  # fmt: skip
        self.totals, self.agents, self.targets = Totals(), {}, Counter()
        self.subscribers, self.pollers = {}, set()
        return taken
