"""Decide when articles appear and expire, and find the next of them.

A mention with a date in the future is held: only private feeds can show it. Its flags say so, and
its column `appears` has the date until that has passed. So a published article stays published if
the clock is set back, and queries of the catalog do not depend on the time.
"""

import math
from collections.abc import Iterable, Sequence
from datetime import UTC
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Integer, bindparam, func, select

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array, run_rows
from feeds.catalog.merge import EXPIRED, HELD, OWN, PUBLIC, Mention, key_of
from feeds.locale import Message
from feeds.util import dates

_MOST_TOGETHER: Final = 10_000  # mentions that are settled in one transaction

_m = t.mentions.c
_again = t.files.c.again
_now: Final = bindparam("now", type_=Integer)
# These conditions are those of the partial indexes, to the letter.
_WAITS: Final = _m.appears.is_not(None)
_WILL_EXPIRE: Final = _m.expires.is_not(None) & (_m.flags < 8)
_COLUMNS: Final = select(t.mentions)
_DUE: Final = (
    _COLUMNS.where(_WAITS, _m.appears <= _now)
    .union_all(_COLUMNS.where(_WILL_EXPIRE, _m.expires <= _now))
    .limit(_MOST_TOGETHER)
)
_MISJUDGED: Final = _COLUMNS.where(
    _WAITS, _m.appears > _now, _m.flags.op("&")(HELD) == bindparam("unwanted")
).limit(_MOST_TOGETHER)
_NEXT: Final = select(
    select(func.min(_m.appears)).where(_WAITS).scalar_subquery(),
    select(func.min(_m.expires)).where(_WILL_EXPIRE).scalar_subquery(),
    select(func.min(_again)).where(_again.is_not(None)).scalar_subquery(),
)
_PASSED: Final = select(func.max(t.entries.c.published)).where(
    in_json(t.entries.c.key, "keys"), t.entries.c.tier >= 0
)
_UPDATE: Final = "UPDATE mentions SET flags = ?, appears = ? WHERE id = ?"
_OF_ENTRY: Final = (
    select(_m.flags, _m.appears, _m.expires)
    .join_from(t.entries, t.mentions, _m.id == t.entries.c.winner)
    .where(t.entries.c.key == bindparam("key"))
)
_EXPIRED: Final = select(_m.id).where(_m.key == bindparam("key"), _m.flags >= EXPIRED).limit(1)
# Not those of drafts, which stay drafts after their date.
_COUNT: Final = (
    select(func.count())
    .select_from(t.mentions)
    .join(t.entries, _m.id == t.entries.c.winner)
    .where(_WAITS, _m.flags.op("&")(HELD | PUBLIC) == HELD | PUBLIC)
)
_HELD: Final = (
    select(_m.appears, _m.payload)
    .join_from(t.mentions, t.entries, _m.id == t.entries.c.winner)
    .where(_WAITS, _m.flags.op("&")(HELD | OWN | PUBLIC) == HELD | OWN | PUBLIC)
    .order_by(_m.appears, t.entries.c.key)
    .limit(bindparam("most", type_=Integer))
)


class HeldArticle(NamedTuple):
    """An article that is held until its date, in seconds since 1970."""

    appears: int
    title: str
    url: str


class Held(NamedTuple):
    """How many entries appear at their date, with related coverage, and which articles next.

    Drafts are not among them: after their date they are still drafts.
    """

    entries: int = 0
    articles: tuple[HeldArticle, ...] = ()

    def lines(self, zone: str) -> list[Message]:
        """Return lines for people that say what is held and until when, in UTC and in a time
        zone."""
        if not self.entries:
            return []
        number = Message.counted(
            "%(n)s entry is held until its date",
            "%(n)s entries are held until their date",
            self.entries,
        )
        return [number] + [
            Message(
                "held until %(time)s: %(title)s <%(address)s>",
                time=in_words(one.appears, zone),
                title=one.title,
                address=one.url,
            )
            for one in self.articles
        ]


class Moments(NamedTuple):
    """When an entry appears, if it is held, and when it expires; in seconds since 1970.

    A draft that is held is still a draft after that.
    """

    appears: int | None = None
    expires: int | None = None
    draft: bool = False


# --- what is to be settled --------------------------------------------------------


def judged(mention: Mention, now: int, *, hold: bool) -> tuple[Mention, int | None]:
    """Return a mention with the flags that it has at a time, and its date if that lies ahead."""
    flags = flags_at(mention.flags, mention.appears, mention.expires, now, hold=hold)
    ahead = mention.appears if mention.appears > now and not flags & EXPIRED else None
    return mention._replace(flags=flags), ahead


def flags_at(flags: int, appears: int | None, expires: int | None, now: int, *, hold: bool) -> int:
    """Return the flags of a mention at a time. What expires before its date is never out."""
    flags &= ~(HELD | EXPIRED)
    if expires is not None and expires <= now:
        flags |= EXPIRED
        now = expires - 1
    if hold and appears is not None and appears > now:
        flags |= HELD
    return flags


def passed(connection: Connection, keys: Iterable[int]) -> int:
    """Return the latest date of those of some entries that are published, in seconds since 1970.

    It has passed, whatever the clock says now.
    """
    return connection.scalar(_PASSED, {"keys": json_array(keys)}) or 0


def due(connection: Connection, now: int, *, hold: bool) -> Sequence[Any]:
    """Return rows of mentions that have to be settled: those that are due, and those whose holding
    contradicts the configuration. There may be more."""
    rows = connection.execute(_DUE, {"now": now}).all()
    if rows:
        return list({row.id: row for row in rows}.values())
    return connection.execute(_MISJUDGED, {"now": now, "unwanted": 0 if hold else HELD}).all()


def write(connection: Connection, rows: list[tuple[int, int | None, int]]) -> None:
    """Write flags and dates of mentions, each with its id."""
    run_rows(connection, _UPDATE, rows)


def next_moment(connection: Connection) -> float:
    """Return when the next entry appears or expires, or a file is to be read again, in seconds
    since 1970; infinite if never."""
    moments = connection.execute(_NEXT).one()
    return min((moment for moment in moments if moment is not None), default=math.inf)


# --- what people ask --------------------------------------------------------------


def held(connection: Connection, most: int) -> Held:
    """Return how many entries wait for their date, drafts aside, and those articles that appear
    next, at most so many."""
    number = connection.scalar(_COUNT) or 0
    rows = connection.execute(_HELD, {"most": most}).all() if number else ()
    fields = ((row.appears, payloads.load(row.payload)) for row in rows)
    return Held(number, tuple(HeldArticle(at, one["title"], one["url"]) for at, one in fields))


def moments(connection: Connection, id: UUID) -> Moments:
    """Return when an entry appears and expires."""
    row = connection.execute(_OF_ENTRY, {"key": key_of(id.bytes)}).first()
    if row is None:
        return Moments()
    appears = row.appears if row.flags & HELD else None
    return Moments(appears, row.expires, not row.flags & PUBLIC)


def has_expired(connection: Connection, id: UUID) -> bool:
    """Return whether a file says of a withdrawn entry that it has expired."""
    return connection.execute(_EXPIRED, {"key": key_of(id.bytes)}).first() is not None


def in_words(moment: int, zone: str) -> str:
    """Return a moment for people: in UTC, and by the clocks of another zone."""
    at = payloads.moment(moment)
    text = f"{at:%Y-%m-%d %H:%M:%S} UTC"
    local = dates.in_zone(at, zone)
    return text if local.tzinfo is UTC else f"{text} ({local:%Y-%m-%d %H:%M:%S} {zone})"
