"""Create the tables of release 0.1.

It describes them literally and imports nothing of the program, so that it makes
the same tables whatever the program becomes. 0.1 is not released yet: until
then, a change of the tables edits this file and gives it a new `revision`
(`REVISION` in `feeds.catalog.schema` is the same). Later changes are new files.
"""

import sqlalchemy as sa
from alembic import op

revision = "0_1_draft_5"
down_revision = None

# SQLite gives only INTEGER PRIMARY KEY the rowid, which is 64 bits wide.
_key = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Create all tables and their indexes."""
    _articles()
    _entries()
    _names()
    _counters()
    _logs()


def _articles() -> None:
    op.create_table(
        "files",
        sa.Column("id", _key, primary_key=True, autoincrement=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("signature", sa.BigInteger, nullable=False),
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


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("position", _key, primary_key=True, autoincrement=False),
        sa.Column("key", sa.BigInteger, nullable=False),
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
    op.create_index("entries_key", "entries", ["key"], unique=True)
    op.create_index("entries_quality", "entries", ["quality"])
    op.create_index("entries_heat", "entries", ["heat"])
    op.execute(
        "CREATE VIRTUAL TABLE documents USING fts5"
        "(text, content='', columnsize=0, tokenize=\"ascii tokenchars '+#'\")"
    )


def _names() -> None:
    for table, address in (("topics", "slug"), ("providers", "domain")):
        op.create_table(
            table,
            sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
            sa.Column(address, sa.Text, nullable=False),
            sa.Column("name", sa.Text, nullable=False),
            sa.UniqueConstraint(address, name=f"{table}_{address}"),
        )
    op.create_table(
        "spellings",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("public", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )


def _counters() -> None:
    op.create_table(
        "counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "topic_sets",
        sa.Column("topics", sa.Text, primary_key=True),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "topic_moves",
        sa.Column("seq", _key, primary_key=True, autoincrement=True),
        sa.Column("topics", sa.Text, nullable=False),
        sa.Column("tier", sa.SmallInteger, nullable=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_autoincrement=True,
    )


def _logs() -> None:
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
        "last_removals",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("public", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
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
    op.create_table(
        "settings",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("value", sa.Text, nullable=False),
    )
