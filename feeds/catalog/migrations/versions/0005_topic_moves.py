"""The latest changes of how many entries have which topics together."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Empty: who adds the sets up now needs none of what was before."""
    op.create_table(
        "topic_moves",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            primary_key=True,
            autoincrement=True,
        ),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("tier", sa.SmallInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )
