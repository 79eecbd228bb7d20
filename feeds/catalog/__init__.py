"""The catalog: what has been ingested, in SQLite or PostgreSQL.

`store` opens it and brings it up to date, `writer` is used by ingest alone,
`reader` by everyone who serves. `merge` decides, without I/O, what an entry is
when several files speak of it.
"""
