"""Search, selection by score and type, and the configuration part by part."""

import sqlalchemy as sa
from alembic import op

from feeds.catalog import documents

revision = "0002"
down_revision = "0001"

_SOME = 1000


def upgrade() -> None:
    """Give every entry a place and put its words into the full-text index."""
    op.create_table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    _keep_when_configured(op.get_bind())
    op.execute(documents.CREATE)
    op.add_column("entries", sa.Column("place", sa.BigInteger, nullable=False, server_default="0"))
    _index(op.get_bind())
    op.create_index("entries_place", "entries", ["place"], unique=True)
    op.create_index("entries_quality", "entries", ["tier", "quality", "published"])
    op.create_index(
        "entries_kind",
        "entries",
        ["kind", "tier", "published"],
        sqlite_where=sa.text("kind != 'article'"),
        postgresql_where=sa.text("kind != 'article'"),
    )


def _keep_when_configured(connection: sa.Connection) -> None:
    """What all feeds share has a date of its own now; any digest differs from none."""
    if connection.scalar(sa.text("SELECT value FROM meta WHERE name = 'config'")) is None:
        return
    at = connection.scalar(sa.text("SELECT value FROM meta WHERE name = 'config_changed'"))
    connection.execute(
        sa.text("INSERT INTO settings (name, digest, at) VALUES ('site', '', :at)"),
        {"at": int(at or 0)},
    )
    connection.execute(sa.text("DELETE FROM meta WHERE name IN ('config', 'config_changed')"))


def _index(connection: sa.Connection) -> None:
    rows = connection.execute(
        sa.text(
            "SELECT e.key, e.published, m.payload FROM entries e "
            "LEFT JOIN mentions m ON m.id = e.winner"
        )
    )
    taken: set[int] = set()
    while some := rows.fetchmany(_SOME):
        placed = []
        for key, published, payload in some:
            place = next(one for one in documents.places(published, key) if one not in taken)
            taken.add(place)
            placed.append((place, key, payload))
        connection.execute(
            sa.text("UPDATE entries SET place = :place WHERE key = :key"),
            [{"place": place, "key": key} for place, key, _ in placed],
        )
        documents.put_in(
            connection,
            [(place, documents.indexed(payload)) for place, _, payload in placed if payload],
        )
