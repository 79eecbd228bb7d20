"""Which positions of entries are taken: see `documents.positions`."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, select

from feeds.catalog import documents
from feeds.catalog import schema as t
from feeds.catalog.bulk import in_json, json_array
from feeds.catalog.changeset import Batch

_TAKEN: Final = select(t.entries.c.position).where(in_json(t.entries.c.position, "positions"))


class TakenPositions:
    """Which positions entries outside a batch have: the likeliest are read ahead."""

    def __init__(self) -> None:
        self._taken: dict[int, bool] = {}
        self._connection: Connection | None = None  # none for an empty catalog

    def __call__(self, position: int) -> bool:
        if self._connection is None:
            return False
        if position not in self._taken:
            self._read([position])
        return self._taken[position]

    def look_up(self, connection: Connection, batch: Batch) -> None:
        """Read ahead the preferred positions of the entries of a batch."""
        self._connection = connection
        self._read(
            [
                next(iter(documents.positions(mention.published, key)))
                for key, mentions in batch.mentions.items()
                for _, mention in mentions
            ]
        )

    def _read(self, positions: Sequence[int]) -> None:
        assert self._connection is not None
        taken = set(self._connection.scalars(_TAKEN, {"positions": json_array(positions)}))
        self._taken |= {position: position in taken for position in positions}
