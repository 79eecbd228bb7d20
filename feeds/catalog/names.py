"""The names of topics and providers: their ids, and the name that is shown.

Topics are shown in their most frequent spelling, whatever the order of files. Spellings
of drafts are shown only if no public article has or had the topic, and those of what is held
only if no draft has or had it. A provider is shown under a name that more than half of its
domain's public articles give, see `_of_most`; drafts count while there has been no such name
and no public article.

Names are chosen once for each transaction, from all of its batches. Readers see no state in
between, so the order of files within it does not matter.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update

from feeds.catalog import change_log
from feeds.catalog import schema as t
from feeds.catalog.bulk import insert_rows, run_rows
from feeds.util import tokenizer
from feeds.util.text import slug
from feeds.util.urls import shown

LOWEST: Final = -2  # the level of what has expired: see `merge.level_of`
_COUNT: Final = (
    "INSERT INTO spellings (kind, ref, public, name, count) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (kind, ref, public, name) DO UPDATE SET count = excluded.count"
)
_DELETE: Final = "DELETE FROM spellings WHERE kind = ? AND ref = ? AND public = ? AND name = ?"

# Whose spelling it is, see `schema.spellings`, and the spelling.
Spelling = tuple[int, str]
Counts = Mapping[Spelling, int]
# What a table has of a name: the name, and the level of the articles that gave it.
_Shown = tuple[str, int]
_Choose = Callable[[Counts, str, _Shown | None], _Shown]


class NameBook:
    """The topics or the providers: their ids, and how often each has which spelling.

    A table has the id, the slug or domain, and what `choose` returns: the name to show, chosen
    from how often each is given, and from what it returned last, if readers have seen that.
    """

    def __init__(self, kind: str, table: Table, choose: _Choose) -> None:
        self.kind = kind
        self._table = table
        self._columns = [column.name for column in table.columns][2:]
        self._choose = choose
        self._ids: dict[str, int] = {}
        self._addresses: dict[int, str] = {}
        self._shown: dict[int, _Shown] = {}
        # How often each has which spelling, by id.
        self._counts: dict[int, dict[Spelling, int]] = defaultdict(dict)
        self._changed: dict[int, set[Spelling]] = defaultdict(set)  # not written yet
        self._next = 1

    def load(self, connection: Connection) -> None:
        """Read the names that a catalog has."""
        for id, address, shown_name, level in connection.execute(select(*self._table.columns)):
            self._ids[address], self._addresses[id] = id, address
            self._shown[id] = (shown_name, level)
        self._next = max(self._shown, default=0) + 1
        c = t.spellings.c
        rows = connection.execute(
            select(c.ref, c.public, c.name, c.count).where(c.kind == self.kind)
        )
        for ref, public, name, count in rows:
            self._counts[ref][public, name] = count

    def id(self, address: str) -> int:
        """Return the id of a slug or domain, a new one if it has none."""
        id = self._ids.get(address)
        if id is None:
            id = self._ids[address] = self._next
            self._addresses[id] = address
            self._changed[id] = set()
            self._next += 1
        return id

    def is_shown(self, address: str) -> bool:
        """Return whether readers see the same name for all entries with a slug or domain."""
        return bool(self._shown.get(self.id(address), ("",))[0])

    def count(self, address: str, spelling: Spelling, by: int) -> None:
        """Add to the number of times that a slug or domain has a spelling."""
        if by:
            ref = self.id(address)
            self._counts[ref][spelling] = self._counts[ref].get(spelling, 0) + by
            self._changed[ref].add(spelling)

    def write(self, connection: Connection, *, is_first: bool) -> list[tuple[int, int]]:
        """Write the changes; return the ids that have another shown name now, and the level of the
        articles that give it.

        During a first scan readers have not seen any name.
        """
        self._write_counts(connection)
        new: list[tuple[Any, ...]] = []
        changed: list[dict[str, Any]] = []
        renamed: list[tuple[int, int]] = []
        for ref in self._changed:
            address, before = self._addresses[ref], self._shown.get(ref)
            name = self._choose(self._counts[ref], address, None if is_first else before)
            self._shown[ref] = name
            if before is None:
                new.append((ref, address, *name))
            elif name != before:
                changed.append({"b_id": ref, **dict(zip(self._columns, name, strict=True))})
                if name[0] != before[0]:
                    renamed.append((ref, name[1]))
        insert_rows(connection, self._table, new)
        if changed:
            where = self._table.c.id == bindparam("b_id")
            connection.execute(update(self._table).where(where), changed)
        self._changed.clear()
        return renamed

    def _write_counts(self, connection: Connection) -> None:
        counted, unused = [], []
        for ref, spellings in self._changed.items():
            counts = self._counts[ref]
            for spelling in spellings:
                if counts[spelling] > 0:
                    counted.append((self.kind, ref, *spelling, counts[spelling]))
                else:
                    del counts[spelling]
                    unused.append((self.kind, ref, *spelling))
        run_rows(connection, _COUNT, counted)
        run_rows(connection, _DELETE, unused)


def _most_frequent(counts: Counts, slug: str, before: _Shown | None) -> _Shown:
    """Return the spelling of a topic to show, and the highest level of articles that give it.

    A spelling that more people have seen stays, so that the spelling of a draft is not revealed.
    """
    name, level = before or (slug, LOWEST)
    if not counts or (highest := max(level for level, _ in counts)) < level:
        return name, level
    return min(counts, key=lambda spelling: (-spelling[0], -counts[spelling], spelling[1]))[
        1
    ], highest


def _of_most(counts: Counts, domain: str, before: _Shown | None) -> _Shown:
    """Return the name of a provider to show, empty if there is none, and whether it is public.

    It is the name that more than half of a domain's articles give, in its most frequent
    spelling, or else the one `before`. Spellings that differ in case, accents or punctuation
    are one name; one replaces another only if it alone has more than half. A domain that stands
    for a missing name is none.
    """
    name, was_public = before or ("", 0)
    public = int(was_public or any(level > 0 for level, _ in counts))
    if public and not was_public:
        name = ""  # that of a draft must not be revealed
    spellings_of: dict[str, Counter[str]] = defaultdict(Counter)
    for (level, spelling), count in counts.items():
        if level == public:
            spellings_of[_folded(spelling)][spelling] += count
    half = sum(map(Counter.total, spellings_of.values())) / 2
    for folded, spellings in spellings_of.items():
        if spellings.total() > half and shown(domain) not in spellings:
            spelling = min(spellings, key=lambda spelling: (-spellings[spelling], spelling))
            if folded != _folded(name) or spellings[spelling] > half:
                name = spelling
    return name, public


def _folded(name: str) -> str:
    return tokenizer.fold(name) or name


class NameBooks:
    """The names of a catalog: its topics and its providers.

    The names of topics are counted in all mentions, those of providers in entries.
    """

    def __init__(self, connection: Connection) -> None:
        self.topics = NameBook("topic", t.topics, _most_frequent)
        self.providers = NameBook("provider", t.providers, _of_most)
        for book in (self.topics, self.providers):
            book.load(connection)

    def count(
        self,
        topics: Mapping[tuple[int, tuple[str, ...]], int],
        providers: Mapping[tuple[str, Spelling], int],
    ) -> None:
        """Add to the numbers of names: of topics that were named together in public articles or
        drafts, and of domains with the name of a provider."""
        named: Counter[tuple[str, Spelling]] = Counter()
        for (level, names), by in topics.items():
            named.update({(slug(name), (level, name)): by for name in names})
        for (address, spelling), by in named.items():
            self.topics.count(address, spelling, by)
        for (domain, name), by in providers.items():
            self.providers.count(domain, name, by)

    def write(self, connection: Connection, at: int, *, is_first: bool) -> None:
        """Write all names, and give a new date to the documents whose names have changed."""
        site: set[tuple[str, int, int]] = set()  # such a name stands in any document
        changed: set[tuple[str, int, int]] = set()
        for book in (self.topics, self.providers):
            for ref, level in book.write(connection, is_first=is_first):
                # Who sees drafts sees public names too; none of a draft or of what is held
                # dates what others see.
                for seen in (0, 1) if level > 0 else (level,):
                    site.add(("site", 0, seen))
                    if book is self.providers:
                        changed.add(("provider", ref, seen))
        if site:
            change_log.append(connection, site | changed, at)
            if not is_first:
                change_log.record_removals(connection, site, at)
