"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables of release 0.1."""
    op.create_table(
        "files",
        sa.Column("id", _key, primary_key=True, autoincrement=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("mtime", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("good", sa.SmallInteger, nullable=False),
        sa.Column("problems", sa.Text, nullable=False),
        sa.UniqueConstraint("path", name="files_path"),
    )
    op.create_table(
        "mentions",
        sa.Column("id", _key, primary_key=True, autoincrement=False),
        sa.Column("key", sa.BigInteger, nullable=False),
        sa.Column("flags", sa.SmallInteger, nullable=False),
        sa.Column("richness", sa.SmallInteger, nullable=False),
        sa.Column("quality", sa.Float),
        sa.Column("heat", sa.Float),
        sa.Column("payload", sa.Text, nullable=False),
    )
    op.create_index("mentions_key", "mentions", ["key"])
    op.create_table(
        "entries",
        sa.Column("key", _key, primary_key=True, autoincrement=False),
        sa.Column("id", sa.LargeBinary, nullable=False),
        sa.Column("winner", sa.BigInteger, nullable=False),
        sa.Column("tier", sa.SmallInteger, nullable=False),
        sa.Column("published", sa.BigInteger, nullable=False),
        sa.Column("updated", sa.BigInteger, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("withdrawn", sa.BigInteger),
        sa.Column("provider", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("quality", sa.Float),
        sa.Column("heat", sa.Float),
        sa.Column("shown_quality", sa.Float),
        sa.Column("shown_heat", sa.Float),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("topics", sa.Text, nullable=False),
    )
    op.create_index("entries_newest", "entries", ["tier", "published", "key"])
    op.create_index("entries_provider", "entries", ["provider", "tier", "published", "key"])
    op.create_table(
        "entry_topics",
        sa.Column("topic", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("published", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.BigInteger, primary_key=True, autoincrement=False),
        sqlite_with_rowid=False,
    )
    for table, name in (("topics", "slug"), ("providers", "domain")):
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column(name, sa.Text, nullable=False),
            sa.Column("name", sa.Text, nullable=False),
            sa.UniqueConstraint(name, name=f"{table}_{name}"),
        )
    op.create_table(
        "spellings",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("public", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "changes",
        sa.Column("seq", _key, primary_key=True, autoincrement=True),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("ref", sa.Integer, nullable=False),
        sa.Column("public", sa.SmallInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "departures",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("public", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
