"""One stamp for what a file looks like; what left a feed for good."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Files are read once more and compared; nothing of theirs has to be parsed again."""
    op.add_column("files", sa.Column("stamp", sa.BigInteger, nullable=False, server_default="0"))
    op.drop_column("files", "size")
    op.drop_column("files", "mtime")
    op.create_table(
        "tombstones",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("published", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index("tombstones_key", "tombstones", ["key"])
