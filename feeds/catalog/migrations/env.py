"""Run migrations on the connection that `feeds.catalog.database.upgrade` passes."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
