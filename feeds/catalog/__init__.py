"""The catalog: the entries of all articles, in SQLite.

`database` opens it and creates its tables, which `schema` describes. Ingest writes
with `writer`; everybody else reads with `reader`. `query` finds the entries of a
feed, by the full-text index in `documents`. `merge` decides what an entry is if
several files speak of it.
"""
