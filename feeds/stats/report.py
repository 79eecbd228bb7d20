"""The statistics as the operator's page shows them. Pure."""

from dataclasses import dataclass
from typing import Final, NamedTuple

HOUR: Final = 3600  # seconds
DAY: Final = 86400


class Period(NamedTuple):
    """The responses of an hour or of a day, which `number` counts from 1970 on.

    `sent` and `saved` are bytes of bodies.
    """

    number: int
    requests: int
    not_modified: int
    errors: int
    sent: int
    saved: int


class AgentLine(NamedTuple):
    """The requests of a program today and yesterday, and how many people it says it serves."""

    name: str
    requests: int
    conditional: int
    not_modified: int
    subscribers: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """The last 24 hours and the last 30 days, and who reads; see `counters` for the terms."""

    hours: tuple[Period, ...]
    days: tuple[Period, ...]
    readers: tuple[tuple[int, int, int], ...]  # number of the day, subscribers, pollers
    agents: tuple[AgentLine, ...]
    without_validators: tuple[AgentLine, ...]  # programs that never send one
    targets: tuple[tuple[str, int], ...]
    subscribers: int
    pollers: int
    entries: tuple[tuple[int, int], ...]  # number of the hour, entries in the catalog
