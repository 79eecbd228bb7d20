"""Alembic's folder: what brings a catalog of any release up to date."""
