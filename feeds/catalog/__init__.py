"""The catalog: the entries of all articles, in SQLite.

`database` opens it and creates its tables, which `schema` describes. Ingest writes with `writer`;
all others read with `reader`. `query` finds the entries of a feed, by the full-text index in
`documents`. `merge` makes one entry of several files that mention it.
"""
