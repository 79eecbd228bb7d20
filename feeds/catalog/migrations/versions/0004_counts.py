"""How many entries every feed has, counted once and kept from then on."""

from collections import Counter

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_EVERYTHING = """
    SELECT 'all', 0, tier, count(*), max(modified) FROM entries
    WHERE tier >= 0 GROUP BY tier
"""
_TOPICS = """
    SELECT 'topic', entry_topics.topic, entries.tier, count(*), max(entries.modified)
    FROM entry_topics JOIN entries ON entries.key = entry_topics.key
    WHERE entries.tier >= 0 GROUP BY entry_topics.topic, entries.tier
"""
_PROVIDERS = """
    SELECT 'provider', provider, tier, count(*), max(modified) FROM entries
    WHERE tier >= 0 GROUP BY provider, tier
"""


def upgrade() -> None:
    """Make both tables and count what there is."""
    counts = op.create_table(
        "counts",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("ref", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sa.Column("modified", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    sets = op.create_table(
        "topic_sets",
        sa.Column("topics", sa.Text, primary_key=True),
        sa.Column("tier", sa.SmallInteger, primary_key=True, autoincrement=False),
        sa.Column("entries", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    connection = op.get_bind()
    columns = [column.name for column in counts.columns]
    for counted in (_EVERYTHING, _TOPICS, _PROVIDERS):
        connection.execute(
            counts.insert().from_select(columns, sa.text(counted).columns(*counts.columns))
        )
    found: Counter[tuple[str, int]] = Counter()
    rows = connection.execute(
        sa.text("SELECT topics, tier, count(*) FROM entries WHERE tier >= 0 GROUP BY topics, tier")
    )
    for topics, tier, count in rows:
        if topics:
            found[",".join(map(str, sorted(map(int, topics.split(","))))), tier] += count
    if found:
        connection.execute(
            sets.insert(),
            [{"topics": topics, "tier": tier, "entries": n} for (topics, tier), n in found.items()],
        )
