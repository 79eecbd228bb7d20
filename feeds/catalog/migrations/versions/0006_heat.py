"""An index of the entries that have a heat: feeds in order of it need not read all others."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Related coverage has no heat, so few entries are in it."""
    op.create_index(
        "entries_heat",
        "entries",
        ["tier", "heat", "published"],
        sqlite_where=sa.text("heat IS NOT NULL"),
        postgresql_where=sa.text("heat IS NOT NULL"),
    )
