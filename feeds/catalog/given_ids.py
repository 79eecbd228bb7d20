"""Ids that articles give themselves: decide which entry has each of them in feeds.

Each id belongs to one entry. Of several that give it, public ones come before drafts, drafts before
what is held until its date, and then the one whose canonical address sorts first has it, whatever
the order of files; for the others, feeds write the URN of their address. The URN of another entry
can be used only while that entry does not exist.
"""

# ruff: noqa: S608 - only our own names are put into statements

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from feeds.catalog import payload as payloads
from feeds.catalog import schema as t
from feeds.catalog.bulk import insert_rows, json_array, run_rows
from feeds.catalog.merge import Mention, key_of
from feeds.model import Entry
from feeds.util import urls

# In place of an address, if an id is made from the address of another article.
OF_ITS_ADDRESS: Final = "the article at the address that it is made of"
_URN: Final = "urn:uuid:"
_ALL: Final = 2  # public entries, drafts, and what is held


class Claim(NamedTuple):
    """A row of the table: an entry that gives itself an id."""

    guid: str
    hidden: int  # 0 public, 1 a draft, 2 held until its date
    url: str  # canonical
    key: int
    urn_of: int | None  # the key of the entry whose URN the id is, if it is one


class SharedId(NamedTuple):
    """An entry that does not get the id that it gives itself, because another entry has it."""

    path: str  # of the file that describes the entry
    guid: str
    holder: str  # the canonical address of the other, or `OF_ITS_ADDRESS`


def claim(mention: Mention, tier: int) -> Claim | None:
    """Return the claim of an entry to the id that it gives itself, None if it gives none."""
    if not mention.guid:
        return None
    id = _uuid_of(mention.guid)
    if id is not None and id.bytes == mention.id:
        return None  # which feeds write anyway
    urn_of = key_of(id.bytes) if id is not None else None
    url = urls.canonical(payloads.load(mention.payload)["url"])
    return Claim(mention.guid, 1 - (tier >> 1), url, mention.key, urn_of)


def _uuid_of(guid: str) -> UUID | None:
    """Return the UUID of a URN, None of any other id."""
    if guid.lower().startswith(_URN):
        with suppress(ValueError):
            return UUID(guid[len(_URN) :])
    return None


# --- reading -----------------------------------------------------------------------------


def resolved(connection: Connection, entries: Sequence[Entry]) -> Sequence[Entry]:
    """Return entries with the ids that feeds write, for what is related to them too.

    The given id of a draft is not shown where an article lists it as related.
    """
    claiming = [key_of(entry.id.bytes) for entry in entries if entry.guid]
    own = _held(connection, claiming) if claiming else {}
    related = {_key(other.id) for entry in entries for other in entry.related}
    others = {}
    if related and connection.scalar(_ANY):
        others = _held(connection, related, hidden=0)
    if not claiming and not others:
        return entries
    return [
        entry._replace(
            guid=own.get(key_of(entry.id.bytes), "") if entry.guid else "",
            related=tuple(
                other._replace(guid=others.get(_key(other.id), "")) for other in entry.related
            ),
        )
        for entry in entries
    ]


def _key(id: str) -> int:
    return key_of(UUID(id).bytes)


def _held(connection: Connection, keys: Iterable[int], hidden: int = _ALL) -> dict[int, str]:
    """Return the given ids that feeds write for entries, by their keys; others have none."""
    rows = connection.execute(_HELD_BY_KEY, {"keys": json_array(keys), "hidden": hidden})
    return {key: guid for guid, key in rows}


def find(connection: Connection, guid: str) -> UUID | None:
    """Return the id of the entry that has a given id, of one that only gives it, or of one that
    had it when it was withdrawn; None if there is none."""
    id: bytes | None = connection.scalar(_FIND, {"guid": guid})
    return UUID(bytes=id) if id is not None else None


def held_of(connection: Connection, ids: Sequence[str], tiers: Sequence[int]) -> set[str]:
    """Return those of some ids that are of an entry in feeds of some tiers: that gives itself the
    id, or from whose address it is made."""
    hidden = max((1 - (tier >> 1) for tier in tiers), default=0)
    by_key = {key_of(id.bytes): guid for guid in ids if (id := _uuid_of(guid))}
    values = {"guids": json_array(ids), "hidden": hidden}
    held = {row.guid for row in connection.execute(_HELD_BY_GUID, values)}
    values = {"keys": json_array(by_key), "tiers": json_array(tiers)}
    return held | {by_key[key] for key in connection.scalars(_THERE, values)}


# --- writing -----------------------------------------------------------------------------


class GivenIds:
    """What a batch changes of given ids; begun before its entries are written."""

    def __init__(
        self, connection: Connection, claims: Mapping[int, Claim | None], keys: Iterable[int]
    ) -> None:
        """Record which entries have the ids that may get to other entries.

        `claims` are those of entries that give themselves another id than before, or none now;
        `keys` are those of all entries that the batch may change.
        """
        self._connection = connection
        self._claims = claims
        self._guids = {claim.guid for claim in claims.values() if claim}
        if claims or connection.scalar(_ANY):
            values = {"claimed": json_array(claims), "urns": json_array(keys)}
            self._guids.update(connection.scalars(_AFFECTED, values))
        self.before = self._held()

    def _held(self) -> dict[int, str]:
        if not self._guids:
            return {}
        values = {"guids": json_array(self._guids), "hidden": _ALL}
        return {key: guid for guid, key in self._connection.execute(_HELD_BY_GUID, values)}

    def write(self) -> tuple[set[int], list[SharedId]]:
        """Write the claims, after the entries. Return the keys of entries that have another id
        in feeds, and the claims that have come to nothing now."""
        if not self._guids:
            return set(), []
        run_rows(self._connection, _DELETE, [(key,) for key in self._claims])
        insert_rows(self._connection, t.given_ids, [c for c in self._claims.values() if c])
        after = self._held()
        changed = {key for key, _ in self.before.items() ^ after.items()}
        lost = json_array(sorted((self._claims.keys() | self.before.keys()) - after.keys()))
        rows = self._connection.execute(_SHARED, {"keys": lost})
        return changed, [SharedId(*row) for row in rows]


# --- statements --------------------------------------------------------------------------

_HOLDS: Final = (
    "g.hidden <= :hidden AND NOT EXISTS (SELECT 1 FROM given_ids o "
    "WHERE o.guid = g.guid AND (o.hidden, o.url) < (g.hidden, g.url)) "
    "AND NOT EXISTS (SELECT 1 FROM entries e "
    "WHERE e.key = g.urn_of AND e.tier >= 2 - 2 * g.hidden)"
)
_HELD_BY_KEY: Final = text(
    "SELECT g.guid, g.key FROM given_ids g "
    f"WHERE g.key IN (SELECT value FROM json_each(:keys)) AND {_HOLDS}"
)
_HELD_BY_GUID: Final = text(
    "SELECT g.guid, g.key FROM given_ids g "
    f"WHERE g.guid IN (SELECT value FROM json_each(:guids)) AND {_HOLDS}"
)
_THERE: Final = text(
    "SELECT key FROM entries WHERE key IN (SELECT value FROM json_each(:keys)) "
    "AND tier IN (SELECT value FROM json_each(:tiers))"
)
_ANY: Final = text("SELECT EXISTS (SELECT 1 FROM given_ids)")
_AFFECTED: Final = text(
    "SELECT guid FROM given_ids WHERE key IN (SELECT value FROM json_each(:claimed)) "
    "UNION SELECT guid FROM given_ids WHERE urn_of IN (SELECT value FROM json_each(:urns))"
)
_FIND: Final = text(
    "SELECT e.id FROM (SELECT 0 AS gone, hidden, url, key FROM given_ids WHERE guid = :guid "
    "UNION ALL SELECT 1, 0, '', key FROM tombstones WHERE guid = :guid) g "
    "JOIN entries e ON e.key = g.key ORDER BY g.gone, g.hidden, g.url LIMIT 1"
)
_DELETE: Final = "DELETE FROM given_ids WHERE key = ?"
_SHARED: Final = text(
    "SELECT f.path, g.guid, CASE WHEN EXISTS (SELECT 1 FROM entries x WHERE x.key = g.urn_of "
    "AND x.tier >= 2 - 2 * g.hidden) THEN :natural ELSE "
    "(SELECT o.url FROM given_ids o WHERE o.guid = g.guid ORDER BY o.hidden, o.url LIMIT 1) END "
    "FROM given_ids g JOIN entries e ON e.key = g.key JOIN files f ON f.id = e.winner / :size "
    "WHERE g.key IN (SELECT value FROM json_each(:keys)) ORDER BY f.path, g.guid"
).bindparams(size=t.MENTIONS_PER_FILE, natural=OF_ITS_ADDRESS)
