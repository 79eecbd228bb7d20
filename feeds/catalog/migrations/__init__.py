"""Alembic's folder: each file in `versions` changes the tables from one release to the next."""
