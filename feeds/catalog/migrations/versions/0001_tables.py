"""Create the tables of release 0.1.

It describes them literally and imports nothing of the program, so that it makes
the same tables whatever the program becomes. 0.1 is not released yet: until
then, a change of the tables edits this file and gives it a new `revision`
(`REVISION` in `feeds.catalog.schema` is the same). Later changes are new files.
"""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision = "0_1_draft_13"
down_revision = None

_TYPES: Final[dict[str, sa.types.TypeEngine[Any]]] = {
    "small": sa.SmallInteger(),
    "int": sa.Integer(),
    "big": sa.BigInteger(),
    # SQLite gives only INTEGER PRIMARY KEY the rowid, which is 64 bits wide.
    "rowid": sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
    "float": sa.Float(),
    "text": sa.Text(),
    "blob": sa.LargeBinary(),
}


def upgrade() -> None:
    """Create all tables and their indexes."""
    _create("files", "id rowid key, path text unique, signature big, digest blob, settings big, "
                     "good small, problems text, again big null")  # fmt: skip
    _create_partial_index("files_again", "files", "again", "again IS NOT NULL")
    _create("mentions", "id rowid key, key big, flags small, richness small, quality float null, "
                        "heat float null, payload text, appears big null, "
                        "expires big null")  # fmt: skip
    op.create_index("mentions_key", "mentions", ["key"])
    _create_partial_index("mentions_appears", "mentions", "appears", "appears IS NOT NULL")
    _create_partial_index("mentions_expires", "mentions", "expires",
                          "expires IS NOT NULL AND flags < 8")  # fmt: skip
    _create(
        "entries",
        "position rowid key, key big, id blob, winner big, tier small, published big, updated big, "
        "modified big, first_seen big, withdrawn big null, provider int, kind text, "
        "quality float null, heat float null, shown_quality float null, shown_heat float null, "
        "digest blob, topics text",
    )
    op.create_index("entries_key", "entries", ["key"], unique=True)
    _create_partial_index("entries_unseen", "entries", "key", "tier < 0")
    op.create_index("entries_quality", "entries", [sa.text("quality DESC")])
    op.create_index("entries_heat", "entries", [sa.text("heat DESC")])
    op.execute(
        "CREATE VIRTUAL TABLE documents USING fts5"
        "(text, content='', columnsize=0, tokenize=\"ascii tokenchars '+#'\")"
    )
    op.execute("INSERT INTO documents (documents, rank) VALUES ('hashsize', 16777216)")
    _create("topics", "id int key, slug text unique, name text, public_name small")
    _create("providers", "id int key, domain text unique, shown_name text, public_name small")
    _create("spellings", "kind text key, ref int key, public small key, name text key, count int")
    small = {"sqlite_with_rowid": False}
    _create("counts", "kind text key, ref int key, tier small key, entries int, modified big",
            **small)  # fmt: skip
    _create("topic_sets", "topics text key, tier small key, entries int", **small)
    log = {"sqlite_autoincrement": True}
    _create("topic_moves", "seq rowid key auto, topics text, tier small, entries int", **log)
    _create("changes", "seq rowid key auto, kind text, ref int, public small, at big", **log)
    _create("last_removals", "kind text key, ref int key, public small key, at big")
    _create("tombstones", "kind text key, ref int key, tier small key, published big key, "
                          "key big key, at big, guid text", **small)  # fmt: skip
    op.create_index("tombstones_key", "tombstones", ["key"])
    _create("given_ids", "guid text key, hidden small key, url text key, key big, urn_of big null",
            **small)  # fmt: skip
    op.create_index("given_ids_key", "given_ids", ["key"])
    op.create_index("given_ids_urn_of", "given_ids", ["urn_of"])
    _create("settings", "name text key, digest text, at big")
    _create("meta", "name text key, value text")


def _create_partial_index(name: str, table: str, column: str, where: str) -> None:
    op.create_index(name, table, [column], sqlite_where=sa.text(where))


def _create(table: str, columns: str, **options: bool) -> None:
    """Create a table of columns that are written as a name, a type and marks.

    The marks are `key` (of the primary key), `auto` (numbers itself), `unique`, `null`.
    """
    items: list[sa.schema.SchemaItem] = []
    for column in columns.split(", "):
        name, type, *marks = column.split()
        items.append(
            sa.Column(
                name,
                _TYPES[type],
                primary_key="key" in marks,
                autoincrement="auto" in marks,
                nullable="null" in marks,
            )
        )
        if "unique" in marks:
            items.append(sa.UniqueConstraint(name, name=f"{table}_{name}"))
    op.create_table(table, *items, **options)
