"""Which stop words an entry has; and an index of providers that tells it, and topics."""

import sqlalchemy as sa
from alembic import op

from feeds.catalog import documents, stopwords

revision = "0007"
down_revision = "0006"

_SOME = 10_000


def upgrade() -> None:
    """Look through what every entry says."""
    op.drop_index("entries_provider", "entries")
    op.add_column("entries", sa.Column("common", sa.BigInteger, nullable=False, server_default="0"))
    _note(op.get_bind())
    op.create_index(
        "entries_provider", "entries", ["provider", "tier", "published", "key", "topics", "common"]
    )


def _note(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text("SELECT e.key, m.payload FROM entries e JOIN mentions m ON m.id = e.winner")
    )
    while some := rows.fetchmany(_SOME):
        connection.execute(
            sa.text("UPDATE entries SET common = :common WHERE key = :key"),
            [
                {"key": key, "common": stopwords.bits(documents.indexed(payload))}
                for key, payload in some
            ],
        )
