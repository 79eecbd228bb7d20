"""The names of topics and providers: their ids, and the spelling that is shown.

Each is shown in its most frequent spelling, whatever the order of files. Spellings
of drafts are shown only if no public article has the name.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Column, Connection, Table, bindparam, select, update

from feeds.catalog import schema as t
from feeds.catalog.bulk import insert_rows, run_rows

_COUNT: Final = (
    "INSERT INTO spellings (kind, ref, public, name, count) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, public, name) DO UPDATE SET count = excluded.count"
)
_DELETE: Final = "DELETE FROM spellings WHERE kind = ? AND ref = ? AND public = ? AND name = ?"

# Whether it is the spelling of public articles (1) or of drafts (0), and the spelling.
Spelling = tuple[int, str]


class NameBook:
    """The topics or the providers: their ids, and how often each has which spelling."""

    def __init__(self, kind: str, table: Table, address: Column[str]) -> None:
        self.kind = kind
        self._table = table
        self._address = address
        self._ids: dict[str, int] = {}
        self._shown: dict[int, str] = {}
        # How often each has which spelling, by id.
        self._counts: dict[int, dict[Spelling, int]] = defaultdict(dict)
        self._next = 1

    @classmethod
    def load(
        cls, connection: Connection, kind: str, table: Table, address: Column[str]
    ) -> "NameBook":
        """Return the names that a catalog has; `address` is the column of slugs or domains."""
        names = cls(kind, table, address)
        for id, name, shown in connection.execute(select(table.c.id, address, table.c.name)):
            names._ids[name], names._shown[id] = id, shown
        names._next = max(names._shown, default=0) + 1
        c = t.spellings.c
        rows = connection.execute(select(c.ref, c.public, c.name, c.count).where(c.kind == kind))
        for ref, public, name, count in rows:
            names._counts[ref][public, name] = count
        return names

    def id(self, address: str) -> int:
        """Return the id of a slug or domain, a new one if it has none."""
        id = self._ids.get(address)
        if id is None:
            id = self._ids[address] = self._next
            self._next += 1
        return id

    def respell(
        self, connection: Connection, spellings: Mapping[tuple[str, Spelling], int]
    ) -> list[int]:
        """Add to the counts of spellings, by address, and write what that changes.

        Return the ids that are shown in another spelling now.
        """
        changed: dict[int, list[Spelling]] = defaultdict(list)
        addresses: dict[int, str] = {}
        for (address, spelling), by in spellings.items():
            if by:
                ref = self.id(address)
                self._counts[ref][spelling] = self._counts[ref].get(spelling, 0) + by
                changed[ref].append(spelling)
                addresses[ref] = address
        if not changed:
            return []
        self._write_counts(connection, changed)
        new: list[tuple[Any, ...]] = []
        renamed: list[tuple[int, str]] = []
        for ref in changed:
            shown = _most_frequent(self._counts[ref])
            if ref not in self._shown:
                self._shown[ref] = shown or addresses[ref]
                new.append((ref, addresses[ref], self._shown[ref]))
            elif shown is not None and shown != self._shown[ref]:
                self._shown[ref] = shown
                renamed.append((ref, shown))
        if new:
            insert_rows(connection, self._table, new)
        if renamed:
            connection.execute(
                update(self._table).where(self._table.c.id == bindparam("b_id")),
                [{"b_id": ref, "name": shown} for ref, shown in renamed],
            )
        return [ref for ref, _ in renamed]

    def _write_counts(self, connection: Connection, changed: dict[int, list[Spelling]]) -> None:
        counted, unused = [], []
        for ref, spellings in changed.items():
            counts = self._counts[ref]
            for spelling in spellings:
                if counts[spelling] > 0:
                    counted.append((self.kind, ref, *spelling, counts[spelling]))
                else:
                    del counts[spelling]
                    unused.append((self.kind, ref, *spelling))
        run_rows(connection, _COUNT, counted)
        run_rows(connection, _DELETE, unused)


def _most_frequent(counts: Mapping[Spelling, int]) -> str | None:
    """Return the spelling to show: no draft must be known from that of a public name."""
    if not counts:
        return None
    return min(counts, key=lambda spelling: (not spelling[0], -counts[spelling], spelling[1]))[1]
