"""The tables, for SQLAlchemy Core.

The migrations create the same tables; a test keeps both equal.

Reasons that shape them:

- An entry's `key` is the first 63 bits of its UUID, so it is the same on every
  machine.
- A `mention` is what one file says of one entry. An entry refers to the mention
  that wins, so nothing is stored twice, and what a file did is undone when it is
  deleted. A mention's id is its file's id and its place in the file, so a file's
  mentions are one range.
- Entries are in order of their `position`, newest first. It is the number of an
  entry's row and of its document in the full-text index (see `documents`), which
  finds the entries of a feed.
- Times are seconds since 1970 in UTC.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# The last migration: a catalog whose last one is another is not of this release.
REVISION = "0_1_draft_13"

# SQLite gives only INTEGER PRIMARY KEY the rowid, which is 64 bits wide anyway.
_Key = BigInteger().with_variant(Integer(), "sqlite")

MENTIONS_PER_FILE = 1 << 16

files = Table(
    "files",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=False),
    Column("path", Text, nullable=False),
    # of its status when it was read (see `scanner.stat_signature`), or 0: to be read again
    Column("signature", BigInteger, nullable=False),
    Column("digest", LargeBinary, nullable=False),  # of its content; empty if unreadable
    Column("settings", BigInteger, nullable=False),  # digest of those that it was read by
    # false: refused as it is now; its last good version, if any, is served
    Column("good", SmallInteger, nullable=False),
    Column("problems", Text, nullable=False),  # JSON list
    # when it is to be read again, since an article appears then that it links to: see `schedule`
    Column("again", BigInteger),
    UniqueConstraint("path", name="files_path"),
    Index("files_again", "again", sqlite_where=text("again IS NOT NULL")),
)

mentions = Table(
    "mentions",
    metadata,
    Column("id", _Key, primary_key=True, autoincrement=False),
    Column("key", BigInteger, nullable=False),
    # 1 own, 2 public; as it was last settled: 4 held until its date, 8 expired
    Column("flags", SmallInteger, nullable=False),
    Column("richness", SmallInteger, nullable=False),
    Column("quality", Float),
    Column("heat", Float),
    Column("payload", Text, nullable=False),  # JSON: all that is published, scores aside
    Column("appears", BigInteger),  # its date while that lies ahead: see `schedule`
    Column("expires", BigInteger),
    Index("mentions_key", "key"),
    Index("mentions_appears", "appears", sqlite_where=text("appears IS NOT NULL")),
    Index("mentions_expires", "expires", sqlite_where=text("expires IS NOT NULL AND flags < 8")),
)

entries = Table(
    "entries",
    metadata,
    Column("position", _Key, primary_key=True, autoincrement=False),
    Column("key", BigInteger, nullable=False),
    Column("id", LargeBinary, nullable=False),
    Column("winner", BigInteger, nullable=False),
    # -3 withdrawn or expired; held until its date: -2 mention, -1 article;
    # draft: 0 mention, 1 article; public: 2 mention, 3 article
    Column("tier", SmallInteger, nullable=False),
    Column("published", BigInteger, nullable=False),
    Column("updated", BigInteger, nullable=False),
    Column("modified", BigInteger, nullable=False),  # when the catalog last changed it
    Column("first_seen", BigInteger, nullable=False),
    Column("withdrawn", BigInteger),  # when; of one that expired, that moment
    Column("provider", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    # scores as they are now, for selection and order …
    Column("quality", Float),
    Column("heat", Float),
    # … and as they were when a reader last saw a difference, for documents
    Column("shown_quality", Float),
    Column("shown_heat", Float),
    Column("digest", LargeBinary, nullable=False),
    Column("topics", Text, nullable=False),  # ids, comma-separated, in order
    Index("entries_key", "key", unique=True),
    Index("entries_unseen", "key", sqlite_where=text("tier < 0")),
    # Each ends with the position, as all indexes of SQLite end with the row number.
    Index("entries_quality", text("quality DESC")),
    Index("entries_heat", text("heat DESC")),
)

topics = Table(
    "topics",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("slug", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("public_name", SmallInteger, nullable=False),  # whose it is, as in `spellings`
    UniqueConstraint("slug", name="topics_slug"),
)

providers = Table(
    "providers",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("domain", Text, nullable=False),
    # for all of its entries; empty: each shows the name that its article gives
    Column("shown_name", Text, nullable=False),
    Column("public_name", SmallInteger, nullable=False),  # by public articles, not by drafts
    UniqueConstraint("domain", name="providers_domain"),
)

# How often mentions in public articles (1), drafts (0), held articles (-1) and expired ones (-2)
# have each spelling of a topic, and entries of each kind each name of a provider: see `names`.
spellings = Table(
    "spellings",
    metadata,
    Column("kind", Text, primary_key=True),  # topic, provider
    Column("ref", Integer, primary_key=True, autoincrement=False),
    Column("public", SmallInteger, primary_key=True, autoincrement=False),
    Column("name", Text, primary_key=True),
    Column("count", Integer, nullable=False),
)

# How many entries each feed has, maintained with every batch: a list of feeds
# must not count a million of them. `modified` is when an entry was last added,
# changed or removed.
counts = Table(
    "counts",
    metadata,
    Column("kind", Text, primary_key=True),  # all, topic, provider
    Column("ref", Integer, primary_key=True, autoincrement=False),
    Column("tier", SmallInteger, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    Column("modified", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

# How many entries have just these topics: a topic with subtopics, or with
# aliases, counts an entry once that has several of them.
topic_sets = Table(
    "topic_sets",
    metadata,
    Column("topics", Text, primary_key=True),  # ids, comma-separated, ascending
    Column("tier", SmallInteger, primary_key=True, autoincrement=False),
    Column("entries", Integer, nullable=False),
    sqlite_with_rowid=False,
)

# The latest changes of `topic_sets`: who has added the sets up once continues with
# these. The oldest are deleted.
topic_moves = Table(
    "topic_moves",
    metadata,
    Column("seq", _Key, primary_key=True, autoincrement=True),
    Column("topics", Text, nullable=False),
    Column("tier", SmallInteger, nullable=False),
    Column("entries", Integer, nullable=False),
    sqlite_autoincrement=True,
)

# The change log: which feeds changed, and whether public entries (1), drafts (0) or held
# articles (-1) in them did. The oldest lines are deleted.
changes = Table(
    "changes",
    metadata,
    Column("seq", _Key, primary_key=True, autoincrement=True),
    Column("kind", Text, nullable=False),  # site, all, topic, provider, topicless
    Column("ref", Integer, nullable=False),
    Column("public", SmallInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    sqlite_autoincrement=True,
)

# When an entry was last removed from a feed, which none of those in it can tell.
# After `edited `, when one of them was last changed: that may have removed it from
# a narrower feed.
last_removals = Table(
    "last_removals",
    metadata,
    # all, topic, provider; the same after `edited `; topicless; score; site, of names spelled
    # otherwise
    Column("kind", Text, primary_key=True),
    Column("ref", Integer, primary_key=True, autoincrement=False),
    Column("public", SmallInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)

# Entries that were removed from a feed: the feed, the tier that the entry had, and
# its place in the order. Deleted when the entry is back at that tier or above.
tombstones = Table(
    "tombstones",
    metadata,
    Column("kind", Text, primary_key=True),  # all, topic, provider
    Column("ref", Integer, primary_key=True, autoincrement=False),
    Column("tier", SmallInteger, primary_key=True, autoincrement=False),
    Column("published", BigInteger, primary_key=True, autoincrement=False),
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("guid", Text, nullable=False),  # the given id that feeds wrote, if any
    Index("tombstones_key", "key"),
    sqlite_with_rowid=False,
)

# The ids that entries give themselves. The first row of each id has it: see `given_ids`.
given_ids = Table(
    "given_ids",
    metadata,
    Column("guid", Text, primary_key=True),
    # 0 public, 1 a draft, 2 held until its date
    Column("hidden", SmallInteger, primary_key=True, autoincrement=False),
    Column("url", Text, primary_key=True),  # canonical, of the entry
    Column("key", BigInteger, nullable=False),
    Column("urn_of", BigInteger),  # the key of the entry whose URN the id is, if it is one
    Index("given_ids_key", "key"),
    Index("given_ids_urn_of", "urn_of"),
    sqlite_with_rowid=False,
)

# The parts of the configuration, and when ingest saw each change last: `site` is
# what all feeds share, `server` the version and the base of links; the others are feed sets,
# as `set/NAME`.
settings = Table(
    "settings",
    metadata,
    Column("name", Text, primary_key=True),
    Column("digest", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

# Metadata of the catalog itself.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)
